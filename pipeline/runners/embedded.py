"""The embedded runner: the whole flow in one process over a transactional broker, with worker processes for pure steps.

A round is one transaction: what steps emit, what they remember and how far their agents have come are committed
together, so a kill at any instant loses nothing and doubles nothing. Each agent takes up its messages in the order of
their topic; what workers answer is committed in that order too, so order is kept for every key.
"""

import logging
import random
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

from pipeline.broker import Broker, Draft, Ending, Message, Parked, Tally
from pipeline.errors import Misuse, Refused
from pipeline.flow import Agent, Failure, check
from pipeline.metrics import Meters
from pipeline.ports import Clock
from pipeline.runners.handle import Buried, Dead, Dropped, Handled, Later, bury, coming, handle, rouse
from pipeline.runners.workers import BATCH, Pool, Ticket

LOG = logging.getLogger("pantau.runner")
ROUND = 200
"""Messages that an agent takes up in one transaction: its cost does not show, and others soon get to write."""
RETRY_FOR = timedelta(days=1)
"""How long a message is tried again before it goes to dead letters."""
WAKE_SECONDS = 1.0
"""What is due is left for the next round after so long: others want to write to the file meanwhile."""
LONG_ROUND, GAP = 1.0, 0.15
"""Seconds of a round behind which others get to write for so long: SQLite looks ten times a second whether it may."""
EXPIRE_EVERY = timedelta(hours=1)
REPORT_EVERY = timedelta(seconds=2)
RETRY_AT_MOST = 600.0
"""Seconds between two attempts at most; they double from one second on, with jitter."""


class EmbeddedRunner:
    """Drives a flow. `flush` is called before each commit: it makes durable what steps wrote beside the broker. What
    agents remember of a day is forgotten when that is longer ago than `remember`.
    """

    def __init__(
        self,
        flow: Sequence[Agent],
        broker: Broker,
        ports: Mapping[str, Any],
        meters: Meters,
        pool: Pool | None = None,
        flush: Callable[[], None] = lambda: None,
        remember: timedelta = timedelta(days=90),
    ) -> None:
        check(flow)
        self._remember = remember
        self._broker, self._clock, self._meters, self._pool, self._flush = broker, ports["clock"], meters, pool, flush
        self._lanes = [Lane(agent, self._bound(agent, ports), broker, meters, self._clock) for agent in flow]
        self._readers: dict[str, list[str]] = {}
        for agent in flow:
            for topic in agent.reads:
                self._readers.setdefault(topic.name, []).append(agent.name)

    def _bound(self, agent: Agent, ports: Mapping[str, Any]) -> dict[str, Any]:
        missing = agent.ports - ports.keys() - {"state"}
        if missing:
            raise Misuse(f"agent {agent.name} needs the port {min(missing)!r}, which no setting provides")
        own: dict[str, Any] = {"state": self._broker.state(agent.name)} if "state" in agent.ports else {}
        return own | {name: ports[name] for name in agent.ports if name != "state"}

    def drain(self, tick: Callable[[], None] = lambda: None) -> None:
        """Run until nothing moves: every topic is read, or what is left waits to be tried later."""
        while self.round() or self._working():
            tick()

    def run(self, stop: Callable[[], bool], rest: Callable[[float], object]) -> None:
        """Run until `stop` says so. `rest` sleeps for some seconds; it is called when there is nothing to do."""
        expired = reported = datetime.min.replace(tzinfo=UTC)
        while not stop():
            now = self._clock.now()
            if now - expired > EXPIRE_EVERY:
                self._broker.expire(now, self._readers, self._remember)
                expired = now
            if now - reported > REPORT_EVERY:
                self.report()
                reported = now
            began = monotonic()
            if not self.round() and not self._working():
                rest(0.5)
            elif monotonic() - began > LONG_ROUND:
                rest(GAP)

    def round(self) -> int:
        """Let every agent move once, in one transaction. Returns how many messages were taken up."""
        if self._pool:
            for lane in reversed(self._lanes):
                lane.send(self._pool)
            self._pool.collect(0.2 if self._working() else 0)
        try:
            with self._broker.transaction():
                moved = sum(lane.move(here=self._pool is None) for lane in self._lanes)
                if moved:
                    self._flush()
        except Refused:  # the next round meets the refusal again, this time at the message that it belongs to
            for lane in self._lanes:
                lane.rewind()
            return 1
        return moved

    def report(self) -> None:
        """Set the gauges: how far each agent is behind."""
        now = self._clock.now().timestamp()
        reads = [(agent, topic) for topic, agents in self._readers.items() for agent in agents]
        for standing in self._broker.standings(reads):
            self._meters.stand(standing, now)

    def _working(self) -> bool:
        return any(lane.tickets for lane in self._lanes)


class Lane:
    """One agent on its way through its topics."""

    def __init__(self, agent: Agent, ports: Mapping[str, Any], broker: Broker, meters: Meters, clock: Clock) -> None:
        self.agent, self.tickets = agent, deque[Ticket]()
        self._ports, self._broker, self._meters, self._clock = ports, broker, meters, clock
        self._sent: dict[str, int] = {}
        self._drafts: list[Draft] = []
        self._endings: list[Ending] = []
        self._tally: Counter[tuple[str, str]] = Counter()
        self._parked: dict[str, list[Parked]] = {}

    def rewind(self) -> None:
        """Begin again where the last transaction ended."""
        self._sent.clear()
        self.tickets.clear()
        self._drafts, self._endings, self._tally = [], [], Counter()

    def send(self, pool: Pool) -> None:
        """Hand the next batches to worker processes, if the agent's step may run there."""
        if not self.agent.movable:
            return
        for topic in self.agent.reads:
            while pool.free():
                start = self._sent.get(topic.name) or self._broker.position(self.agent.name, topic.name)
                messages = self._broker.read(topic.name, start, BATCH)
                if not messages:
                    break
                self.tickets.append(pool.submit(self.agent.name, messages))
                self._sent[topic.name] = messages[-1].offset + 1

    def move(self, here: bool) -> int:
        """Take up messages and commit what they lead to. `here`: pure steps run in this process too."""
        now = self._clock.now()
        self._parked = {}
        for parked in self._broker.parked(self.agent.name):
            self._parked.setdefault(parked.message.key, []).append(parked)
        moved = self._retry(now)
        if here or not self.agent.movable:
            moved += sum(self._read(topic.name, now) for topic in self.agent.reads)
        while self.tickets and self.tickets[0].done:
            moved += self._settle(self.tickets.popleft(), now)
        moved += self._wake(now)
        self._write(now)
        return moved

    def _read(self, topic: str, now: datetime) -> int:
        messages = self._broker.read(topic, self._broker.position(self.agent.name, topic), ROUND)
        for message in messages:
            self._take(message, now)
        if messages:
            self._broker.advance(self.agent.name, topic, messages[-1].offset + 1)
        return len(messages)

    def _settle(self, ticket: Ticket, now: datetime) -> int:
        results = ticket.results()
        for message, handled in results:
            if not self._behind(message, now):
                self._apply(message, handled, now, None)
        last = results[-1][0]
        self._broker.advance(self.agent.name, last.topic, last.offset + 1)
        return len(results)

    def _take(self, message: Message, now: datetime) -> None:
        if not self._behind(message, now):
            self._apply(message, self._handle(message), now, None)

    def _behind(self, message: Message, now: datetime) -> bool:
        """Whether an earlier message of this key waits. Then this one waits behind it, so that order is kept."""
        line = self._parked.get(message.key)
        if not line:
            return False
        self._set_aside(Parked(message, now, now, "an earlier message of its key waits"))
        return True

    def _set_aside(self, parked: Parked) -> None:
        self._parked.setdefault(parked.message.key, []).append(parked)
        self._broker.park(self.agent.name, parked)

    def _retry(self, now: datetime) -> int:
        tried = 0
        for key, line in list(self._parked.items()):
            while line and line[0].due <= now:
                first = line.pop(0)
                tried += 1
                self._broker.unpark(self.agent.name, first.message)
                if self._apply(first.message, self._handle(first.message), now, first):
                    break
            if not line:
                del self._parked[key]
        return tried

    def _wake(self, now: datetime) -> int:
        """Wake the agent for what is due."""
        if self.agent.wake is None:
            return 0
        woken_for = 0
        for record in coming(self._ports["state"], lambda: now, WAKE_SECONDS):
            woken_for += 1
            with self._broker.tentative() as undo:
                woken = rouse(self.agent, record, self._ports, now, undo)
            if isinstance(woken, Dropped):
                self._tally["drop", woken.reason] += 1
            elif isinstance(woken, Buried):
                self._tally["reject", woken.reason] += len(woken.letters)
                self._drafts += woken.letters
            else:
                self._tally["out", ""] += len(woken)
                self._drafts += woken
        return woken_for

    def _handle(self, message: Message) -> Handled:
        """Run the step. What it remembered is taken back when the message goes to dead letters."""
        if "state" not in self.agent.ports:
            return handle(self.agent, message, self._ports)
        with self._broker.tentative() as undo:
            handled = handle(self.agent, message, self._ports)
            if isinstance(handled.outcome, Dead):
                undo()
            return handled

    def _apply(self, message: Message, handled: Handled, now: datetime, parked: Parked | None) -> bool:
        """Note what became of a message. Returns whether it was set aside (again)."""
        name, outcome = self.agent.name, handled.outcome
        self._meters.took(name, handled.took)
        self._tally["in", ""] += 1
        if isinstance(outcome, Later):
            since = parked.since if parked else now
            if now - since < RETRY_FOR:
                self._later(message, outcome, now, since)
                return True
            outcome = Dead(Failure.RETRIES_EXHAUSTED, f"tried for {RETRY_FOR}: {outcome.error}")
        if isinstance(outcome, Dead):
            self._bury(message, outcome, now)
        elif isinstance(outcome, Dropped):
            self._tally["drop", outcome.reason] += 1
            end = Ending(name, message.topic, message.offset, message.trace, outcome.reason, handled.took, now)
            self._endings.append(end)
        else:
            self._tally["out", ""] += len(outcome)
            self._drafts.extend(outcome)
        return False

    def _later(self, message: Message, later: Later, now: datetime, since: datetime) -> None:
        wait = max(later.seconds, min(RETRY_AT_MOST, 2.0**message.attempts)) * random.uniform(0.75, 1.25)
        due = now + timedelta(seconds=wait)
        self._tally["retry", ""] += 1
        LOG.info("try later", extra={"agent": self.agent.name, "trace": message.trace, "error": later.error})
        self._set_aside(Parked(message._replace(attempts=message.attempts + 1), due, since, later.error))

    def _bury(self, message: Message, dead: Dead, now: datetime) -> None:
        self._tally["reject", str(dead.reason)] += 1
        extra = {"agent": self.agent.name, "trace": message.trace, "reason": str(dead.reason), "error": dead.error}
        LOG.warning("dead letter", extra=extra)
        self._drafts.append(bury(self.agent, message, dead, now))

    def _write(self, now: datetime) -> None:
        """Write all that this move led to."""
        self._broker.append(self._drafts, now)
        self._broker.end(self._endings)
        self._broker.count(Tally(self.agent.name, *kind, times) for kind, times in self._tally.items())
        for (outcome, reason), times in self._tally.items():
            self._meters.record(self.agent.name, outcome, reason, times)
        self._drafts, self._endings, self._tally = [], [], Counter()
