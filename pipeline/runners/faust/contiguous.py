"""A Faust consumer that never skips: it delivers and commits without gaps and seeks back when messages are missing.

Faust's own consumer (0.15.3) loses messages in ordinary rebalances: records that were fetched while partitions move are
dropped, the next record is taken for a hole that compaction left, the hole counts as acknowledged, and the commit
passes it. Where a partition has no commit yet it does not seek at all. None of the topics that agents read is compacted
or transactional, so here a forward jump is always a loss: the consumer seeks back to the offset that is wanted.

Messages also bypass Faust's channels and streams, which cost several times what a small step does: what was fetched
goes to the worker as it came, a list for each partition.

The offsets are kept in `pipeline.runners.faust.offsets`; what is overridden here belongs to the versions in `TESTED`.
"""

import asyncio
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from time import monotonic
from typing import Any, Protocol

from aiokafka import TopicPartition
from aiokafka.errors import CommitFailedError, ConsumerStoppedError
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer, Transport
from faust.types import TP

from pipeline.adapters.kafka import notes
from pipeline.errors import Misuse
from pipeline.runners.faust.offsets import Offsets, Verdict

LOG = logging.getLogger("pantau.worker")
TESTED = {"faust-streaming": "0.15.3", "aiokafka": "0.14.0", "mode-streaming": "0.7.1"}
FULL_SECONDS = 0.05
"""How long to wait for messages while some partitions are paused: one that is resumed is asked for again after it."""
IDLE_SECONDS = 1.0
PACE_BYTES = 1 << 16
"""While messages come in, Kafka answers when it has so many bytes, or after the seconds of `pace`. Each answer, and
each batch that is made of it, has costs of its own: so a trickle is handled a few times a second, a flood never waits,
and what was idle for IDLE_SECONDS begins at once."""
IDLE_WAIT = 1500
"""Milliseconds that a request waits for its first byte; Faust's own number."""


def check_versions() -> None:
    """Raise Misuse unless exactly the versions are installed whose inner workings this module overrides."""
    for package, tested in TESTED.items():
        try:
            found = version(package)
        except PackageNotFoundError:
            found = "missing"
        if found != tested:
            raise Misuse(
                f"{package} is {found}, and only {tested} is known to lose no messages: "
                f"install it with `pip install {package}=={tested}` (or pantau[kafka])"
            )


class Receiver(Protocol):
    """Who gets the messages: the worker."""

    def deliver(self, tp: TP, term: int, records: Sequence[Any]) -> None:
        """Take records of one partition, in order and without a gap since the last ones of this term."""


class _Thread(AIOKafkaConsumerThread):
    """The thread that talks to Kafka, with notes in its commits."""

    consumer: "ContiguousConsumer"

    def pace(self, busy: bool) -> None:
        """Let Kafka answer the next requests at once, or gather messages first. Faust has no setting for it."""
        fetcher = self._ensure_consumer()._fetcher
        fetcher._fetch_min_bytes = PACE_BYTES if busy else 1
        fetcher._fetch_max_wait_ms = int(self.consumer.pace * 1000) if busy else IDLE_WAIT

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        noted = self.consumer.noted
        wanted = {TopicPartition(*tp): (offset, noted.get(tp, "")) for tp, offset in offsets.items()}
        try:
            await self._ensure_consumer().commit(wanted)
        except CommitFailedError as error:
            LOG.warning("a commit came too late, so its messages come again", extra={"error": str(error)})
            return False
        except Exception as error:  # noqa: BLE001 - whatever it is, the process must not go on
            await self.crash(error)
            return False
        return True

    async def notes(self, tps: Iterable[TP]) -> dict[TP, str]:
        """The notes of the last commits."""
        coordinator = self._ensure_consumer()._coordinator
        found = await self.call_thread(coordinator.fetch_committed_offsets, [TopicPartition(*tp) for tp in tps])
        return {TP(tp.topic, tp.partition): committed.metadata for tp, committed in found.items()}


class ContiguousConsumer(Consumer):
    """Delivers and commits contiguously.

    `term` counts assignments: what was delivered in an earlier one is neither acknowledged nor written any more. `held`
    are the partitions of this one, none from the first word of a rebalance until the next assignment has begun.
    `counts` is what became of the messages of each partition, committed with its offset. `heals` counts seeks back,
    `expired` messages that were deleted unread; `asked` is when Kafka was last asked for more, in seconds of the
    monotonic clock. `pace` is for how many seconds Kafka may gather messages while more come in.
    """

    receiver: Receiver
    pace: float

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.offsets: Offsets[TP] = Offsets()
        self.held: frozenset[TP] = frozenset()
        self.term = self.heals = self.expired = 0
        self.counts: dict[TP, notes.Counts] = {}
        self.noted: dict[TP, str] = {}
        self.asked = monotonic()
        self._resumed = asyncio.Event()

    _thread: _Thread

    def _new_consumer_thread(self) -> _Thread:
        return _Thread(self, loop=self.loop, beacon=self.beacon)

    def _ours(self, tp: TP) -> bool:
        return self.app.topics.acks_enabled_for(tp.topic) and not self._is_changelog_tp(tp)

    async def perform_seek(self) -> None:
        """Begin each assigned partition where its group committed, at its first message where it never did.

        Messages may come in meanwhile, and another rebalance may begin. So it is settled what is wanted before
        the last seek: what is fetched after it is delivered, and what was fetched before it is judged. The other way
        round, what came in between would count for nobody, and nobody would miss it until the next message comes.
        """
        term = self.term
        await super().perform_seek()
        tps = [tp for tp in self.assignment() if self._ours(tp)]
        starts = await self._starts(tps)
        found = await self._thread.notes(tps) if tps else {}
        if term == self.term:  # else they were revoked meanwhile, and the next assignment begins by itself
            self.counts = {tp: notes.read(found.get(tp)) for tp in tps}
            self.term += 1
            self.offsets.assign(starts)
            self.held = frozenset(starts)
            await self.seek_wait(starts)

    async def _starts(self, tps: list[TP]) -> dict[TP, int]:
        if not tps:
            return {}
        first, end = await self.earliest_offsets(*tps), await self.highwaters(*tps)
        starts: dict[TP, int] = {}
        for tp in tps:
            committed = self._committed_offset[tp] or first[tp]
            if committed > end[tp]:
                LOG.error("%r ends at %d, before its commit %d: read from its start", tp, end[tp], committed)
                committed = first[tp]
            starts[tp] = committed
        return starts

    async def _drain_messages(self, fetcher: Any) -> None:
        """Fetch until the fetcher ends."""
        while not (self.should_stop or fetcher.should_stop):
            try:
                records = await self._fetched()
            except (ConsumerStoppedError, asyncio.CancelledError):
                if self.app.should_stop:
                    return
                raise
            for tp, found in records.items():
                if not self.flow_active:  # a rebalance has begun: they come again
                    break
                await self._deliver(tp, found)
            await asyncio.sleep(0)

    async def _fetched(self) -> Mapping[TP, Sequence[Any]]:
        self.asked = monotonic()
        if not self.flow_active:
            await self.wait(self.can_resume_flow)  # type: ignore[arg-type]
        active = self._get_active_partitions()
        if active:
            paused = self._paused_partitions
            records = await self._getmany(active, FULL_SECONDS if paused else IDLE_SECONDS)
            self._thread.pace(bool(records) or bool(paused))
            return records
        self._resumed.clear()
        await self.wait(self._resumed, timeout=IDLE_SECONDS)  # type: ignore[arg-type]
        return {}

    def resume_partitions(self, tps: Iterable[TP]) -> None:
        """See Faust's consumer."""
        super().resume_partitions(tps)
        self._resumed.set()

    async def _deliver(self, tp: TP, records: Sequence[Any]) -> None:
        """Pass on what is wanted. After a jump the rest of the records is passed over."""
        taken, term = [], self.term
        for record in records:
            verdict = self.offsets.arrive(tp, record.offset)
            if verdict is Verdict.JUMP:
                verdict = await self._heal(tp, record.offset)
            if verdict is Verdict.DELIVER:
                taken.append(record)
            elif verdict is not Verdict.KNOWN:
                break
        if taken and term == self.term:  # else they come again
            self.receiver.deliver(tp, term, taken)

    async def _heal(self, tp: TP, offset: int) -> Verdict:
        """Seek back to what is wanted, unless retention deleted all of it before it was read."""
        first = (await self.earliest_offsets(tp))[tp]
        missed = self.offsets.expire(tp, first)
        if missed:
            self.expired += missed
            LOG.error("EXPIRED %r: %d messages were deleted before they were read", tp, missed)
        verdict = self.offsets.arrive(tp, offset)
        if verdict is Verdict.JUMP:
            wanted = self.offsets.wanted(tp)
            self.heals += 1
            LOG.warning("HEALED %r: wanted %d, got %d: seeking back", tp, wanted, offset)
            await self.seek_wait({tp: wanted})
        return verdict

    def holds(self, tp: TP, term: int) -> bool:
        """Whether a partition is ours, and in this term."""
        return term == self.term and tp in self.held

    def done(self, tp: TP, term: int, offsets: Iterable[int], counts: notes.Counts) -> None:
        """Note that messages were handled, and what became of them. Those of an earlier term come again."""
        if not self.holds(tp, term):
            return
        for offset in offsets:
            self.offsets.ack(tp, offset)
        self.counts[tp].update(counts)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Commit what is done, so that the next owner begins there."""
        self.term += 1
        self.held = frozenset()
        await self.commit()
        self.offsets.forget(revoked)
        await super().on_partitions_revoked(revoked)

    def _filter_tps_with_pending_acks(self, topics: Iterable[TP | str] | None = None) -> Iterator[TP]:
        return (tp for tp in self.offsets if topics is None or tp in topics or tp.topic in topics)

    def _filter_committable_offsets(self, tps: Iterable[TP]) -> dict[TP, int]:
        found = {tp: self.offsets.committable(tp) for tp in tps}
        wanted = {tp: offset for tp, offset in found.items() if offset is not None}
        self.noted = {tp: notes.write(self.counts[tp]) for tp in wanted}
        return wanted

    async def _commit_offsets(self, offsets: Mapping[TP, int], start_new_transaction: bool = True) -> bool:
        """Commit. Faust's own way draws a table for its log and waits for messages that nobody waits for."""
        assigned = self.assignment()
        held = {tp: offset for tp, offset in offsets.items() if tp in assigned}
        done = bool(held) and await self._commit(held)
        if done:
            for tp, offset in held.items():
                self.offsets.committed(tp, offset)
        return done

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Faust's search for streams that stand still; there are none, and the watchdog looks after the lanes."""


class ContiguousTransport(Transport):
    """Faust's transport with our consumer. `App._new_transport` puts it in."""

    Consumer = ContiguousConsumer
