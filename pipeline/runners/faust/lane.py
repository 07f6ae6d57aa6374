"""One partition on its way through one agent, batch by batch.

A batch goes in this order, so that a kill at any instant loses nothing: the steps decide; what they emit is delivered;
what the index was given is made durable; what they remembered is delivered to the topic of the memory; the local copy
of it is committed; the messages are acknowledged. A batch that is interrupted comes again and ends the same way, for
ids are made from content and steps give the same answer to the same message.
"""

import asyncio
import contextlib
import logging
import random
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from pipeline.adapters.kafka.address import MESSAGE_BYTES
from pipeline.adapters.kafka.memory import Change, PartitionMemory
from pipeline.broker import Draft, Message
from pipeline.errors import Refused
from pipeline.flow import Agent, Failure
from pipeline.metrics import Meters
from pipeline.runners.faust.guard import Guard, Marker
from pipeline.runners.handle import Dead, Dropped, Handled, Later, bury, handle

LOG = logging.getLogger("pantau.worker")
RETRY_FOR = timedelta(hours=1)
"""How long a message is tried again before it goes to dead letters. Its partition waits meanwhile, so it is shorter
than where messages wait on their own."""
RETRY_AT_MOST = 60.0
"""Seconds between two attempts at most; they double from one second on, with jitter."""
FORGOTTEN = 2000
"""Records that a memory forgets at most each minute, with a batch."""
LARGEST = MESSAGE_BYTES - (1 << 16)
"""Bytes of a body at most: a message without its headers."""


class Item(NamedTuple):
    """A message in hand. `passed` says that it is for another agent; `event` is what is acknowledged."""

    message: Message
    event: Any
    passed: bool = False


class Outside(Protocol):
    """What a lane asks of the worker around it."""

    async def send(self, drafts: Sequence[Draft]) -> None:
        """Return when Kafka has acknowledged all of them."""

    async def remember(self, partition: int, changes: Sequence[Change]) -> list[int]:
        """Write to the topic of the memory; returns the offsets when Kafka has acknowledged all of them."""

    async def acknowledge(self, item: Item) -> None:
        """Let the offset of a message be committed."""

    def pause(self, topic: str, partition: int) -> None:
        """Fetch no more of a partition for now."""

    def resume(self, topic: str, partition: int) -> None:
        """Fetch it again."""

    def moved(self) -> None:
        """Something was done: the watchdog may rest."""

    def fail(self, error: BaseException) -> None:
        """End the process: something is wrong that a restart may cure."""


@dataclass
class Desk:
    """What all lanes of a worker share."""

    agent: Agent
    ports: Mapping[str, Any]
    meters: Meters
    outside: Outside
    marker: Marker
    guard: Guard = field(default_factory=Guard)
    flush: Callable[[], None] = lambda: None
    remember: timedelta = timedelta(days=90)

    def now(self) -> datetime:
        """The time."""
        found: datetime = self.ports["clock"].now()
        return found


class _Lost(Exception):
    """The partition belongs to another worker now."""


class Lane:
    """One partition of one topic, from its assignment to its end. `held` says whether it is still ours."""

    def __init__(
        self, desk: Desk, topic: str, partition: int, memory: PartitionMemory | None, held: Callable[[], bool]
    ) -> None:
        self._desk, self._topic, self._partition = desk, topic, partition
        self._memory, self._held = memory, held
        self._ports = dict(desk.ports) | ({"state": memory} if memory else {})
        self._line: deque[Item] = deque()
        self._busy = False
        self._since: datetime | None = None
        self._forgot: datetime | None = None
        self._retry: asyncio.Task[None] | None = None

    async def take(self, items: Sequence[Item]) -> None:
        """Handle messages; while one of this partition waits for its next attempt they wait behind it."""
        self._line.extend(items)
        if not self._busy:
            await self._work()

    async def close(self) -> None:
        """End: what is in hand comes again to whoever gets the partition."""
        self._line.clear()
        if self._retry:
            self._retry.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._retry
        if self._memory:
            self._memory.close()

    async def _work(self) -> None:
        self._busy = True
        try:
            while self._line and self._held():
                later = await self._batch()
                if later:
                    self._wait(later)
                    return
        except _Lost:
            LOG.warning("a batch is given up: its partition belongs to another worker", extra=self._extra())
        self._line.clear()
        self._busy = False

    async def _batch(self) -> Later | None:
        """Take the line through all that makes it durable. Returns what the first message that is left waits for.

        When the index refuses a document, the line is taken again: then the refusal meets the message it belongs to.
        """
        done: list[Item] = []
        try:
            with self._memory.transaction() if self._memory else contextlib.nullcontext():
                done, drafts, later = await self._decide()
                self._desk.flush()
                await self._desk.outside.send(drafts)
                await self._remember()
        except Refused:
            self._line.extendleft(reversed(done))
            return None
        for item in done:
            await self._desk.outside.acknowledge(item)
        return later

    async def _decide(self) -> tuple[list[Item], list[Draft], Later | None]:
        done: list[Item] = []
        drafts: list[Draft] = []
        while self._line:
            item = self._line[0]
            if not item.passed:
                handled = self._judge(item.message)
                if isinstance(handled.outcome, Later):
                    self._desk.meters.record(self._desk.agent.name, "retry", "", 1)
                    return done, drafts, handled.outcome
                drafts += self._outcome(item.message, handled)
            done.append(self._line.popleft())
            self._since = None
            self._desk.outside.moved()
            await asyncio.sleep(0)  # let commits, timers and rebalances have their turn
        return done, drafts, None

    def _judge(self, message: Message) -> Handled:
        """Run the step. What it remembered is taken back when the message goes to dead letters."""
        with self._tentative(message.offset) as undo:
            handled = self._checked(message, self._handled(message))
            if isinstance(handled.outcome, Dead):
                undo()
        return handled

    def _handled(self, message: Message) -> Handled:
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

    def _outcome(self, message: Message, handled: Handled) -> Sequence[Draft]:
        """Count what became of a message. Returns what has to be sent."""
        name, outcome, meters = self._desk.agent.name, handled.outcome, self._desk.meters
        meters.took(name, handled.took)
        meters.record(name, "in", "", 1)
        self._desk.guard.saw(isinstance(outcome, Dead))
        if isinstance(outcome, Dead):
            meters.record(name, "reject", str(outcome.reason), 1)
            extra = self._extra() | {"trace": message.trace, "reason": str(outcome.reason), "error": outcome.error}
            LOG.warning("dead letter", extra=extra)
            return [bury(self._desk.agent, message, outcome, self._desk.now())]
        if isinstance(outcome, Dropped):
            meters.record(name, "drop", outcome.reason, 1)
            return []
        assert not isinstance(outcome, Later)
        meters.record(name, "out", "", len(outcome))
        return outcome

    async def _remember(self) -> None:
        """Write what changed to the topic of the memory, unless another worker has the partition now.

        Once a minute the memory forgets some of what is too long ago with it.
        """
        if not self._held():
            raise _Lost
        if self._memory:
            now = self._desk.now()
            if self._forgot is None or now - self._forgot >= timedelta(minutes=1):
                self._memory.expire(now - self._desk.remember, FORGOTTEN)
                self._forgot = now
            offsets = await self._desk.outside.remember(self._partition, self._memory.changes())
            self._memory.wrote(offsets)

    def _wait(self, later: Later) -> None:
        """Set up the next attempt. The lane stays busy until its line is empty."""
        first = self._line[0]
        wait = max(later.seconds, min(RETRY_AT_MOST, 2.0**first.message.attempts)) * random.uniform(0.75, 1.25)
        message = first.message._replace(attempts=first.message.attempts + 1)
        self._line[0] = first._replace(message=message)
        LOG.info("try later", extra=self._extra() | {"trace": message.trace, "error": later.error})
        self._desk.outside.pause(self._topic, self._partition)
        self._retry = asyncio.create_task(self._again(wait))

    async def _again(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        try:
            await self._work()
        except Exception as error:  # noqa: BLE001 - nobody waits for this task, so its errors are told here
            self._desk.outside.fail(error)
        if not self._busy and self._held():
            self._desk.outside.resume(self._topic, self._partition)

    def _extra(self) -> dict[str, str]:
        return {"agent": self._desk.agent.name}
