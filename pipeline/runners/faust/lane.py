"""One partition on its way through one agent, batch by batch.

A batch goes in this order, so that a kill at any instant loses nothing: the steps decide; what the index was given is
made durable; what they emit is delivered; what they remembered is delivered to the topic of the memory; the local copy
of it is committed; the messages are acknowledged. A batch that is interrupted comes again and ends the same way, for
ids are made from content and steps give the same answer to the same message.
"""

import asyncio
import contextlib
import logging
import random
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from time import monotonic
from typing import Any, NamedTuple, Protocol

from pipeline.adapters.kafka.address import MESSAGE_BYTES
from pipeline.adapters.kafka.memory import Change, PartitionMemory
from pipeline.adapters.kafka.notes import Counts
from pipeline.broker import Draft, Message
from pipeline.errors import Refused
from pipeline.flow import Agent, Failure
from pipeline.metrics import Meters
from pipeline.runners.faust.guard import Guard, Marker
from pipeline.runners.handle import Buried, Dead, Dropped, Handled, Later, bury, coming, handle, rouse

LOG = logging.getLogger("pantau.worker")
RETRY_FOR = timedelta(hours=1)
"""How long a message is tried again before it goes to dead letters. Its partition waits meanwhile, so it is shorter
than where messages wait on their own."""
RETRY_AT_MOST = 60.0
"""Seconds between two attempts at most; they double from one second on, with jitter."""
BATCH, BATCH_BYTES, BATCH_SECONDS = 200, 4 << 20, 0.25
"""What is made durable together at most: messages, bytes that they lead to, and seconds of their steps. A batch costs
some milliseconds, and a message waits for the whole of it."""
AHEAD = 8
"""Messages that another process gets at once."""
FORGOTTEN = 2000
"""Records that a memory forgets at most each minute, with a batch."""
LARGEST = MESSAGE_BYTES - (1 << 16)
"""Bytes of a body at most: a message without its headers."""


class Item(NamedTuple):
    """A message in hand. `passed` says that it is for another agent."""

    message: Message
    passed: bool = False


class Outside(Protocol):
    """What a lane asks of the worker around it."""

    async def send(self, drafts: Sequence[Draft]) -> None:
        """Return when Kafka has acknowledged all of them."""

    async def remember(self, partition: int, changes: Sequence[Change]) -> list[int]:
        """Write to the topic of the memory; returns the offsets when Kafka has acknowledged all of them."""

    def pause(self, topic: str, partition: int) -> None:
        """Fetch no more of a partition for now."""

    def resume(self, topic: str, partition: int) -> None:
        """Fetch it again."""

    def moved(self) -> None:
        """Something was done: the watchdog may rest."""


async def _here(function: Callable[[], Any]) -> Any:
    return function()


@dataclass
class Desk:
    """What all lanes of a worker share.

    hands     runs what may take long: steps and flushes
    aside     runs steps that only read in another process, some messages at a time
    expect    tells the index which articles steps will ask about; this and `flush` are None without an index
    flush     makes durable what the index was given
    refusals  flushes that refused a document: one of any lane
    """

    agent: Agent
    ports: Mapping[str, Any]
    meters: Meters
    outside: Outside
    marker: Marker
    guard: Guard = field(default_factory=Guard)
    hands: Callable[[Callable[[], Any]], Awaitable[Any]] = _here
    aside: Callable[[Sequence[Message]], list[Handled]] | None = None
    expect: Callable[[Sequence[str]], None] | None = None
    flush: Callable[[], None] | None = None
    remember: timedelta = timedelta(days=90)
    refusals: int = 0

    def now(self) -> datetime:
        """The time."""
        found: datetime = self.ports["clock"].now()
        return found


class Ground(Protocol):
    """What a lane stands on: one partition in one assignment."""

    def held(self) -> bool:
        """Whether the partition is still ours in the same assignment."""

    def done(self, items: Sequence[Item], counts: Counts) -> None:
        """Let the offsets of messages be committed, with what became of them."""

    async def memory(self) -> PartitionMemory | None:
        """What the agent remembers of it, up to date with its topic."""


@dataclass
class _Batch:
    """Messages that go through all of it together."""

    done: list[Item] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    counts: Counts = field(default_factory=Counter)
    size: int = 0
    later: Later | None = None

    def complete(self, end: float) -> bool:
        return len(self.done) >= BATCH or self.size >= BATCH_BYTES or monotonic() >= end


class _Lost(Exception):
    """The partition belongs to another worker now."""


class _Again(Exception):
    """Another lane's flush refused a document that may be one of this batch."""


class Lane:
    """One partition of one topic, from its assignment to its end."""

    def __init__(self, desk: Desk, topic: str, partition: int, ground: Ground) -> None:
        self._desk, self._topic, self._partition, self._ground = desk, topic, partition, ground
        self._memory: PartitionMemory | None = None
        self._ports = dict(desk.ports)
        self._line: deque[Item] = deque()
        self._came = self._went = 0  # bytes
        self._open = self._busy = self._closing = self._paused = False
        self._since: datetime | None = None
        self._ahead: dict[int, Handled] = {}  # by offset, where another process did more than one at a time
        self._forgot: datetime | None = None
        self.waiting = False
        """Whether the first message waits for its next attempt."""

    @property
    def oldest(self) -> datetime | None:
        """When the first message that is not done was written. Any thread may ask."""
        try:
            return self._line[0].message.at
        except IndexError:
            return None

    def put(self, items: Sequence[Item]) -> bool:
        """Take messages into the line. Returns whether `work` has to be started for them, or for what is due."""
        self._line.extend(items)
        self._came += sum(len(item.message.body) for item in items)
        self._fit()
        idle, self._busy = not self._busy, True
        return idle

    async def work(self) -> None:
        """Handle the line until it is empty or no longer ours; while a message waits to be tried again all wait."""
        try:
            await self._begin()
            while not self._closing and self._ground.held() and (self._line or self._due()):
                later = await self._batch()
                self._fit()
                if later:
                    await self._wait(later)
        except _Lost:
            LOG.warning("a batch is given up: its partition belongs to another worker", extra=self._extra())
        finally:
            self._busy = False
            if self._closing or not self._ground.held():
                self._line.clear()  # it comes again

    async def _begin(self) -> None:
        if not self._open:
            self._memory = await self._ground.memory()
            self._ports |= {"state": self._memory} if self._memory else {}
            self._open = True

    def end(self) -> None:
        """Take up no further message: what is in hand comes again to whoever gets the partition."""
        self._closing = True

    def close(self) -> None:
        """Let the memory go. Call it when `work` is not running."""
        if self._memory:
            self._memory.close()

    def _fit(self) -> None:
        """Let no more be fetched than may wait in the line."""
        few, size = (BATCH, BATCH_BYTES) if self._paused else (2 * BATCH, 2 * BATCH_BYTES)
        full = self.waiting or len(self._line) >= few or self._came - self._went >= size
        if full != self._paused and self._ground.held():
            (self._desk.outside.pause if full else self._desk.outside.resume)(self._topic, self._partition)
            self._paused = full

    async def _batch(self) -> Later | None:
        """Take the line through all that makes it durable. Returns what the first message that is left waits for.

        When the index refuses a document, all that it was given meanwhile is taken again: then the refusal meets the
        message it belongs to.
        """
        batch, refusals = _Batch(), self._desk.refusals
        try:
            with self._memory.transaction() if self._memory else contextlib.nullcontext():
                await self._desk.hands(partial(self._decide, batch))
                await self._flush(refusals)
                await self._desk.outside.send(batch.drafts)
                await self._remember()
        except (Refused, _Again):
            self._line.extendleft(reversed(batch.done))
            self._went -= sum(len(item.message.body) for item in batch.done)
            return None
        self._settle(batch)
        return batch.later

    async def _flush(self, refusals: int) -> None:
        """Raises Refused, or _Again when another lane's flush refused a document since the batch began."""
        if self._desk.flush is None:
            return
        try:
            await self._desk.hands(self._desk.flush)
        except Refused:
            self._desk.refusals += 1
            raise
        if self._desk.refusals != refusals:
            raise _Again

    def _decide(self, batch: _Batch) -> None:
        """Run the steps of the messages that come next, then wake the agent for what is due."""
        if self._desk.expect:
            near = list(self._line)[:BATCH]  # a copy at once, for the loop may add to the line meanwhile
            self._desk.expect([item.message.trace for item in near])
        self._step(batch)
        if self._memory and self._desk.agent.wake:
            for record in coming(self._memory, self._desk.now, BATCH_SECONDS):
                self._wake(record, self._memory, batch)

    def _step(self, batch: _Batch) -> None:
        end = monotonic() + BATCH_SECONDS
        while self._line and not self._closing and not batch.complete(end):
            item = self._line[0]
            if not item.passed:
                handled = self._judge(item.message)
                if isinstance(handled.outcome, Later):
                    batch.counts["retry", ""] += 1
                    batch.later = handled.outcome
                    return
                self._outcome(item.message, handled, batch)
            batch.done.append(self._line.popleft())
            self._went += len(item.message.body)
            self._since = None
            self._desk.outside.moved()

    def _due(self) -> bool:
        """Whether the agent has to be woken for something."""
        return bool(self._memory and self._desk.agent.wake and self._memory.due(self._desk.now(), 1))

    def _wake(self, record: tuple[str, bytes], memory: PartitionMemory, batch: _Batch) -> None:
        memory.origin = memory.newest
        with memory.tentative() as undo:
            woken = rouse(self._desk.agent, record, self._ports, self._desk.now(), undo)
        if isinstance(woken, Dropped):
            batch.counts["drop", woken.reason] += 1
        elif isinstance(woken, Buried):
            batch.counts["reject", woken.reason] += len(woken.letters)
            batch.drafts += woken.letters
        else:
            batch.counts["out", ""] += len(woken)
            batch.drafts += woken
        self._desk.outside.moved()

    def _judge(self, message: Message) -> Handled:
        """Run the step. What it remembered is taken back when the message goes to dead letters."""
        with self._tentative(message.offset) as undo:
            handled = self._checked(message, self._handled(message))
            if isinstance(handled.outcome, Dead):
                undo()
        return handled

    def _handled(self, message: Message) -> Handled:
        if self._desk.aside:
            if message.offset not in self._ahead:
                near = [item.message for item in list(self._line)[:AHEAD] if not item.passed]
                self._ahead = {one.offset: done for one, done in zip(near, self._desk.aside(near), strict=True)}
            return self._ahead.pop(message.offset)
        fatal = self._desk.marker.fatal(message)
        if fatal:
            return Handled(Dead(Failure.LIMITS_EXCEEDED, fatal), 0.0)
        with self._desk.marker.at(message):
            return handle(self._desk.agent, message, self._ports)

    def _checked(self, message: Message, handled: Handled) -> Handled:
        """A message that was tried for too long or led to one that is too large is dead."""
        outcome = handled.outcome
        if isinstance(outcome, Later):
            now = self._desk.now()
            self._since = self._since or now
            if now - self._since >= RETRY_FOR:
                dead = Dead(Failure.RETRIES_EXHAUSTED, f"tried for {RETRY_FOR}: {outcome.error}")
                return handled._replace(outcome=dead)
        elif not isinstance(outcome, Dead | Dropped):
            large = max((len(draft.body) for draft in outcome), default=0)
            if large > LARGEST:
                error = f"it leads to a message of {large} bytes, and Kafka takes {LARGEST} at most"
                return handled._replace(outcome=Dead(Failure.LIMITS_EXCEEDED, error))
        return handled

    @contextlib.contextmanager
    def _tentative(self, origin: int) -> Iterator[Callable[[], None]]:
        if self._memory is None:
            yield lambda: None
            return
        self._memory.origin = origin
        with self._memory.tentative() as undo:
            yield undo

    def _outcome(self, message: Message, handled: Handled, batch: _Batch) -> None:
        """Note what became of a message, and what has to be sent."""
        outcome, counts = handled.outcome, batch.counts
        self._desk.meters.took(self._desk.agent.name, handled.took)
        self._desk.guard.saw(isinstance(outcome, Dead))
        counts["in", ""] += 1
        if isinstance(outcome, Dead):
            counts["reject", str(outcome.reason)] += 1
            extra = self._extra() | {"trace": message.trace, "reason": str(outcome.reason), "error": outcome.error}
            LOG.warning("dead letter", extra=extra)
            batch.drafts.append(bury(self._desk.agent, message, outcome, self._desk.now()))
        elif isinstance(outcome, Dropped):
            counts["drop", str(outcome.reason)] += 1
        elif not isinstance(outcome, Later):
            counts["out", ""] += len(outcome)
            batch.drafts += outcome
            batch.size += sum(len(draft.body) for draft in outcome)

    async def _remember(self) -> None:
        """Write what changed to the topic of the memory, unless another worker has the partition now.

        Once a minute the memory forgets some of what is too long ago with it.
        """
        if not self._ground.held():
            raise _Lost
        if self._memory:
            now = self._desk.now()
            if self._forgot is None or now - self._forgot >= timedelta(minutes=1):
                self._memory.expire(self._memory.horizon(now, self._desk.remember), FORGOTTEN)
                self._forgot = now
            offsets = await self._desk.outside.remember(self._partition, self._memory.changes())
            self._memory.wrote(offsets)

    def _settle(self, batch: _Batch) -> None:
        """All is durable: the offsets may be committed, and what became of the messages is counted."""
        self._ground.done(batch.done, batch.counts)
        for (outcome, reason), times in batch.counts.items():
            self._desk.meters.record(self._desk.agent.name, outcome, reason, times)

    async def _wait(self, later: Later) -> None:
        """Wait for the next attempt of the first message."""
        first = self._line[0]
        wait = max(later.seconds, min(RETRY_AT_MOST, 2.0**first.message.attempts)) * random.uniform(0.75, 1.25)
        message = first.message._replace(attempts=first.message.attempts + 1)
        self._line[0] = first._replace(message=message)
        LOG.info("try later", extra=self._extra() | {"trace": message.trace, "error": later.error})
        self.waiting = True
        self._fit()
        try:
            await asyncio.sleep(wait)
        finally:
            self.waiting = False
        self._fit()

    def _extra(self) -> dict[str, str]:
        return {"agent": self._desk.agent.name}
