"""Worker processes for steps that only read: they share the load, and a record that runs wild costs one of them.

A worker gets a batch of messages of one agent and answers with one `Handled` each. The pool gives every message back in
the order in which it was handed in, so the runner can commit in order. Limits of CPU time and memory hold for each
message (`pipeline.runners.limits`); a worker notes where it is, so that the message which exceeded them is known and
given up, and its neighbours are done by the next worker. A worker that ends for any other reason may have been ended
from outside: the message that it was at gets a second worker for itself.
"""

import signal
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from ctypes import c_longlong
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import Connection, wait
from typing import Any, NamedTuple

from pipeline.broker import Message
from pipeline.errors import Unavailable
from pipeline.flow import Agent, Failure
from pipeline.runners.handle import Dead, Handled, handle
from pipeline.runners.limits import LIMITS, Confinement, Limits

BATCH = 8
SECONDS_TO_START = 300.0
"""Wall clock; loading models takes some seconds."""
STARTS = 3
"""Workers in a row that may end before they are ready."""
DEATHS = 2
"""A message under which so many workers ended is given up."""
RECYCLE_AFTER = 5_000
"""Messages after which a worker is replaced, against slow leaks of native libraries."""

Setup = Callable[[], tuple[Sequence[Agent], Mapping[str, Any]]]
"""Makes the flow and the reading ports inside a worker. It is sent to the worker, so it must be importable."""


class Ticket:
    """A batch that was handed in; its answers come in any order and are complete when it is `done`."""

    def __init__(self, agent: str, messages: Sequence[Message]) -> None:
        self.agent, self.messages = agent, list(messages)
        self.deaths: Counter[int] = Counter()
        self._answers: dict[int, Handled] = {}

    def answer(self, start: int, answers: Sequence[Handled]) -> None:
        """Take in the answers to the messages from `start` on."""
        self._answers.update(enumerate(answers, start))

    @property
    def done(self) -> bool:
        """Whether no answer is missing."""
        return len(self._answers) == len(self.messages)

    def results(self) -> list[tuple[Message, Handled]]:
        """Each message with its answer, in the order of the messages."""
        return [(message, self._answers[place]) for place, message in enumerate(self.messages)]


class _Job(NamedTuple):
    """The messages of a ticket from `start` to `end` - 1; `begun`: the count of the worker when it got them."""

    ticket: Ticket
    start: int
    end: int
    begun: int = 0


class _Answers(NamedTuple):
    handled: list[Handled]
    worn: bool


class _Worker:
    """One process and the job it is at. `begun` counts the messages that it took up, in memory shared with it."""

    def __init__(self, setup: Setup, limits: Limits) -> None:
        context = get_context("forkserver")
        context.set_forkserver_preload(["pipeline.runners.workers", "agents"])
        self.pipe, theirs = context.Pipe()
        self.begun = context.RawValue(c_longlong, 0)
        self.process = context.Process(target=_work, args=(setup, theirs, self.begun, limits), daemon=True)
        # A process inherits the signals that are blocked when it starts, the server of the processes too: so Ctrl-C
        # meets no worker, not even one that is just being made. The runner ends its workers itself.
        resource_tracker.ensure_running()  # it would unblock the signal when it starts with the first process
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self.process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()
        self.job: _Job | None = None
        self.ready = False

    def give(self, job: _Job) -> None:
        self.job = job._replace(begun=self.begun.value)
        with suppress(ConnectionError):  # it has ended: `collect` finds its pipe closed and replaces it
            self.pipe.send((job.ticket.agent, job.ticket.messages[job.start : job.end]))

    def at(self, job: _Job) -> int | None:
        """The message of the job that it took up last, None when it took up none."""
        taken = int(self.begun.value) - job.begun
        return job.start + taken - 1 if taken else None

    def end(self) -> None:
        self.pipe.close()
        self.process.kill()
        self.process.join()


class Pool:
    """`size` workers. Call `submit` while `free` says so, and `collect` to let answers come in.

    A worker is replaced after `recycle_after` messages, or when it has grown too much.
    """

    def __init__(self, size: int, setup: Setup, limits: Limits = LIMITS, recycle_after: int = RECYCLE_AFTER) -> None:
        self._setup, self._limits, self._recycle_after = setup, limits, recycle_after
        self._workers = [self._worker() for _ in range(size)]
        self._waiting: deque[_Job] = deque()
        self._unready = 0

    def _worker(self) -> _Worker:
        return _Worker(self._setup, self._limits)

    def free(self) -> bool:
        """Whether another batch would start soon: there is at most one in line for each worker."""
        return len(self._waiting) < len(self._workers)

    def submit(self, agent: str, messages: Sequence[Message]) -> Ticket:
        """Hand in a batch."""
        ticket = Ticket(agent, messages)
        self._waiting.append(_Job(ticket, 0, len(messages)))
        self._start()
        return ticket

    @property
    def begun(self) -> int:
        """Grows while workers get on; starts anew with each worker."""
        return sum(worker.begun.value for worker in self._workers)

    def pipes(self) -> list[Connection]:
        """What becomes readable when `collect` has something to do."""
        return [worker.pipe for worker in self._workers if worker.job]

    def collect(self, seconds: float) -> None:
        """Take in what workers have answered; wait up to `seconds` for the first answer.

        Raises Unavailable when workers cannot start, and what their steps raised about the world.
        """
        busy = {worker.pipe: worker for worker in self._workers if worker.job}
        for pipe in wait(list(busy), seconds) if busy else []:
            self._take(busy[pipe])  # type: ignore[index]
        self._start()

    def _take(self, worker: _Worker) -> None:
        try:
            answers: _Answers | BaseException | None = worker.pipe.recv()
        except (EOFError, ConnectionError):
            worker.process.join(5)
            self._ended(worker)
            return
        if isinstance(answers, BaseException):
            raise answers
        if answers is None:
            worker.ready, self._unready = True, 0
            return
        job, worker.job = worker.job, None
        assert job is not None
        job.ticket.answer(job.start, answers.handled)
        if answers.worn or worker.begun.value >= self._recycle_after:
            self._replace(worker)

    def _ended(self, worker: _Worker) -> None:
        """What a worker that ended was at is done again, but for the message that ended it."""
        job, code = worker.job, worker.process.exitcode
        assert job is not None
        self._replace(worker)
        if not worker.ready:
            self._unready += 1
            if self._unready >= STARTS:
                raise Unavailable(
                    f"{STARTS} worker processes ended with exit code {code} before they were ready: "
                    "see their last lines above; is there memory left on this machine?"
                )
        at = worker.at(job)
        if at is None:
            self._waiting.appendleft(job)
            return
        job.ticket.deaths[at] += 1
        exceeded = self._limits.why(code)
        again = [job._replace(end=at), job._replace(start=at + 1)]
        if exceeded or job.ticket.deaths[at] >= DEATHS:
            why = exceeded or f"its worker process ended with exit code {code}"
            error = f"the step of {job.ticket.agent} was ended: {why}"
            job.ticket.answer(at, [Handled(Dead(Failure.LIMITS_EXCEEDED, error), self._limits.cpu_seconds)])
        else:
            again.insert(1, job._replace(start=at, end=at + 1))
        self._waiting.extendleft(reversed([one for one in again if one.start < one.end]))

    def _replace(self, worker: _Worker) -> None:
        worker.end()
        self._workers[self._workers.index(worker)] = self._worker()

    def _start(self) -> None:
        for worker in self._workers:
            if worker.job is None and self._waiting:
                worker.give(self._waiting.popleft())

    def close(self) -> None:
        """End the workers."""
        for worker in self._workers:
            worker.end()


def _work(setup: Setup, pipe: Connection, begun: Any, limits: Limits) -> None:
    """The life of a worker: answer batches until the pool goes away.

    Its timers also end a worker whose runner was killed while a step held it: nobody else would.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.setitimer(signal.ITIMER_REAL, SECONDS_TO_START)
    try:
        flow, ports = setup()
        agents = {agent.name: agent for agent in flow}
        confinement = Confinement(limits)
        confinement.end()
        pipe.send(None)
        while True:
            name, messages = pipe.recv()
            handled = []
            for message in messages:
                begun.value += 1
                confinement.begin()
                handled.append(handle(agents[name], message, ports))
            confinement.end()
            pipe.send(_Answers(handled, confinement.worn))
    except (EOFError, ConnectionError):
        return
    except Exception as error:  # noqa: BLE001 - an error of the world is raised again in the runner's process
        pipe.send(error)
