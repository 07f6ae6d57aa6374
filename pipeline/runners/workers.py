"""Worker processes for steps that only read: they share the load, and a record that runs wild costs one of them.

A worker gets a batch of messages of one agent and answers with one `Handled` each. The pool gives every message back in
the order in which it was handed in, so the runner can commit in order. A worker that takes too long or dies is
replaced; its batch is tried again one message at a time, and a message that ends a worker alone is given up.
"""

import resource
import signal
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import Connection, wait
from time import monotonic
from typing import Any, NamedTuple

from pipeline.broker import Message
from pipeline.flow import Agent, Failure
from pipeline.runners.handle import Dead, Handled, handle

BATCH = 8
SECONDS_PER_MESSAGE = 20.0
"""Wall clock after which a message is given up. An ordinary page takes under 0.1 s, and machines are busy at times."""
SECONDS_TO_START = 120.0
"""More for the first batch of a worker, which loads its models before its clock starts."""
MEMORY_BYTES = 3 << 30
"""Address space of a worker: libraries and models take about 1 GB of it, a record may take the rest."""
RECYCLE_AFTER = 5_000
"""Messages after which a worker is replaced, against slow leaks of native libraries."""

Setup = Callable[[], tuple[Sequence[Agent], Mapping[str, Any]]]
"""Makes the flow and the reading ports inside a worker. It is sent to the worker, so it must be importable."""


class Ticket:
    """A batch that was handed in; its answers come in any order and are complete when it is `done`."""

    def __init__(self, agent: str, messages: Sequence[Message]) -> None:
        self.agent, self.messages = agent, list(messages)
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
    ticket: Ticket
    start: int
    end: int
    deadline: float


class _Worker:
    """One process and the job it is at."""

    def __init__(self, setup: Setup, seconds: float) -> None:
        self._seconds = seconds
        context = get_context("forkserver")
        context.set_forkserver_preload(["pipeline.runners.workers", "agents"])
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(setup, theirs, seconds), daemon=True)
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
        self.done = 0

    def give(self, ticket: Ticket, start: int, end: int) -> None:
        self.job = _Job(ticket, start, end, self._deadline(end - start) + (0 if self.ready else SECONDS_TO_START))
        self.done += end - start
        with suppress(ConnectionError):  # it has ended: `collect` finds its pipe closed and replaces it
            self.pipe.send((ticket.agent, ticket.messages[start:end]))

    def begin(self) -> None:
        """It has made its ports: its clock starts."""
        self.ready = True
        if self.job:
            self.job = self.job._replace(deadline=self._deadline(self.job.end - self.job.start))

    def _deadline(self, messages: int) -> float:
        return monotonic() + (self._seconds if messages == 1 else self._seconds * 1.5)

    def end(self) -> None:
        self.pipe.close()
        self.process.kill()
        self.process.join()


class Pool:
    """`size` workers. Call `submit` while `free` says so, and `collect` to let answers come in.

    A message may take `seconds`; a worker is replaced after `recycle_after` messages.
    """

    def __init__(
        self,
        size: int,
        setup: Setup,
        seconds: float = SECONDS_PER_MESSAGE,
        recycle_after: int = RECYCLE_AFTER,
    ) -> None:
        self._setup, self._seconds, self._recycle_after = setup, seconds, recycle_after
        self._workers = [self._worker() for _ in range(size)]
        self._waiting: deque[tuple[Ticket, int, int]] = deque()

    def _worker(self) -> _Worker:
        return _Worker(self._setup, self._seconds)

    def free(self) -> bool:
        """Whether another batch would start soon: there is at most one in line for each worker."""
        return len(self._waiting) < len(self._workers)

    def submit(self, agent: str, messages: Sequence[Message]) -> Ticket:
        """Hand in a batch."""
        ticket = Ticket(agent, messages)
        self._waiting.append((ticket, 0, len(messages)))
        self._start()
        return ticket

    def collect(self, seconds: float) -> None:
        """Take in what workers have answered; wait up to `seconds` for the first answer."""
        busy = {worker.pipe: worker for worker in self._workers if worker.job}
        for pipe in wait(list(busy), seconds) if busy else []:
            self._take(busy[pipe])  # type: ignore[index]
        for place, worker in enumerate(self._workers):
            if worker.job and monotonic() > worker.job.deadline:
                self._replace(place, f"it took more than {self._seconds:g} s")
        self._start()

    def _take(self, worker: _Worker) -> None:
        job = worker.job
        assert job is not None
        try:
            answers: list[Handled] | BaseException | None = worker.pipe.recv()
        except (EOFError, ConnectionError):
            worker.process.join(5)
            code = worker.process.exitcode
            self._replace(self._workers.index(worker), f"its worker process ended with exit code {code}")
            return
        if isinstance(answers, BaseException):
            raise answers
        if answers is None:
            worker.begin()
            return
        worker.job = None
        job.ticket.answer(job.start, answers)
        if worker.done >= self._recycle_after:
            worker.end()
            self._workers[self._workers.index(worker)] = self._worker()

    def _replace(self, place: int, why: str) -> None:
        job = self._workers[place].job
        assert job is not None
        self._workers[place].end()
        self._workers[place] = self._worker()
        if job.end - job.start == 1:
            error = f"the step of {job.ticket.agent} was ended: {why}"
            job.ticket.answer(job.start, [Handled(Dead(Failure.LIMITS_EXCEEDED, error), self._seconds)])
            return
        for one in reversed(range(job.start, job.end)):
            self._waiting.appendleft((job.ticket, one, one + 1))

    def _start(self) -> None:
        for worker in self._workers:
            if worker.job is None and self._waiting:
                worker.give(*self._waiting.popleft())

    def close(self) -> None:
        """End the workers."""
        for worker in self._workers:
            worker.end()


def _work(setup: Setup, pipe: Connection, seconds: float) -> None:
    """The life of a worker: answer batches until the pool goes away.

    The alarm is for a worker whose runner was killed while a step held it: nobody else would end it. Its signal has no
    handler, so the kernel ends the process, whatever the step is doing.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    try:
        flow, ports = setup()
        agents = {agent.name: agent for agent in flow}
        pipe.send(None)
        while True:
            name, messages = pipe.recv()
            signal.setitimer(signal.ITIMER_REAL, seconds * 2)
            answers = [handle(agents[name], message, ports) for message in messages]
            signal.setitimer(signal.ITIMER_REAL, 0)
            pipe.send(answers)
    except (EOFError, ConnectionError):
        return
    except Exception as error:  # noqa: BLE001 - an error of the world is raised again in the runner's process
        pipe.send(error)
