"""A Faust consumer that never skips: it delivers and commits without gaps and seeks back when messages are missing.

Faust's own consumer (0.15.3) loses messages in ordinary rebalances: records that were fetched while partitions move are
dropped, the next record is taken for a hole that compaction left, the hole counts as acknowledged, and the commit
passes it. Where a partition has no commit yet it does not seek at all. None of the topics that agents read is compacted
or transactional, so here a forward jump is always a loss: the consumer seeks back to the offset that is wanted.

The offsets are kept in `pipeline.runners.faust.offsets`; what is overridden here belongs to the versions in `TESTED`.
"""

import logging
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from faust.transport.drivers.aiokafka import Consumer, Transport
from faust.types import TP
from faust.types.tuples import Message, ack_lock
from mode.utils.futures import notify

from pipeline.errors import Misuse
from pipeline.runners.faust.offsets import Offsets, Verdict

LOG = logging.getLogger("pantau.worker")
TESTED = {"faust-streaming": "0.15.3", "aiokafka": "0.14.0", "mode-streaming": "0.7.1"}


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


class ContiguousConsumer(Consumer):
    """Delivers and commits contiguously. `heals` counts seeks back, `expired` messages that were deleted unread."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.offsets: Offsets[TP] = Offsets()
        self.heals = self.expired = 0

    def _ours(self, tp: TP) -> bool:
        return self.app.topics.acks_enabled_for(tp.topic) and not self._is_changelog_tp(tp)

    async def perform_seek(self) -> None:
        """Begin each assigned partition where its group committed, at its first message where it never did."""
        await super().perform_seek()
        tps = [tp for tp in self.assignment() if self._ours(tp)]
        if tps:
            starts = await self._starts(tps)
            await self.seek_wait(starts)
            for tp, start in starts.items():
                self._read_offset[tp] = start or None
            self.offsets.assign(starts)

    async def _starts(self, tps: list[TP]) -> dict[TP, int]:
        first, end = await self.earliest_offsets(*tps), await self.highwaters(*tps)
        starts: dict[TP, int] = {}
        for tp in tps:
            committed = self._committed_offset[tp] or first[tp]
            if committed > end[tp]:
                LOG.error("%r ends at %d, before its commit %d: read from its start", tp, end[tp], committed)
                committed = first[tp]
            starts[tp] = committed
        return starts

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Message]]:
        """Yield messages, each partition without gaps. After a jump the rest of its batch is passed over."""
        jumped: set[TP] = set()
        async for tp, message in super().getmany(timeout):
            if not self._ours(tp):
                yield tp, message
            elif tp not in jumped:
                verdict = self.offsets.arrive(tp, message.offset)
                if verdict is Verdict.JUMP:
                    verdict = await self._heal(tp, message.offset)
                    jumped.add(tp)
                if verdict is Verdict.DELIVER:
                    jumped.discard(tp)
                    yield tp, message

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
            self._read_offset[tp] = wanted or None
        return verdict

    def ack(self, message: Message) -> bool:
        """Note that a message was handled. One of an earlier assignment is not committed; it comes again."""
        with ack_lock:
            if message.acked:
                return False
            message.acked = True
            self._unacked_messages.discard(message)
            notify(self._waiting_for_ack)
            if message.generation_id != self.app.consumer_generation_id:
                return False
            self._n_acked += 1
            return self.offsets.ack(message.tp, message.offset)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Commit what is done, so that the next owner begins there."""
        await self.commit()
        self.offsets.forget(revoked)
        await super().on_partitions_revoked(revoked)

    def _filter_tps_with_pending_acks(self, topics: Iterable[TP | str] | None = None) -> Iterator[TP]:
        return (tp for tp in self.offsets if topics is None or tp in topics or tp.topic in topics)

    def _filter_committable_offsets(self, tps: Iterable[TP]) -> dict[TP, int]:
        found = {tp: self.offsets.committable(tp) for tp in tps}
        return {tp: offset for tp, offset in found.items() if offset is not None}

    async def _commit_offsets(self, offsets: Mapping[TP, int], start_new_transaction: bool = True) -> bool:
        done: bool = await super()._commit_offsets(offsets, start_new_transaction)
        if done:
            for tp, offset in offsets.items():
                self.offsets.committed(tp, offset)
        return done

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """No gap is ever taken for acknowledged."""


class ContiguousTransport(Transport):
    """Faust's transport with our consumer. `App._new_transport` puts it in."""

    Consumer = ContiguousConsumer
