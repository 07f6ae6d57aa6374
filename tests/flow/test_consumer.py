"""The consumer of the Kafka runner while messages come in and partitions move at any moment of an assignment."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import faust.transport.consumer
import pytest
from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from agents import FLOW
from pipeline.adapters.kafka.address import parse
from pipeline.metrics import Meters
from pipeline.runners.faust.app import Post, Worker, _app
from pipeline.runners.faust.contiguous import ContiguousConsumer

PART = TP("pages-fetched", 0)
PORTS = {"clock": None, "pages": None}
END = 12
"""Messages there are, and no more come: what is missed is missed for good."""
Events = st.lists(st.sampled_from(["", "fetch some", "fetch all", "rebalance"]), max_size=40)


class _Record(NamedTuple):
    offset: int


class Broker:
    """A partition, what its group committed, and a fetcher. Each time the consumer waits for it, something happens."""

    def __init__(self, events: Sequence[str]) -> None:
        self.consumer = _consumer()
        self.committed = self.position = 0
        self.delivered: list[tuple[int, int]] = []
        self.events = list(events)
        self._inside = False

    async def passes(self) -> None:
        """Time passes."""
        if self.events and not self._inside:
            event, self._inside = self.events.pop(0), True
            if event.startswith("fetch"):
                await self.fetch(END if event == "fetch all" else 3)
            elif event == "rebalance":
                await self.consumer.on_partitions_revoked({PART})
            self._inside = False

    async def fetch(self, count: int) -> None:
        """The fetcher, which nothing holds up: a rebalance that was cut short by another leaves it running."""
        records = [_Record(offset) for offset in range(self.position, min(self.position + count, END))]
        self.position += len(records)
        await self.consumer._deliver(PART, records)

    def deliver(self, tp: TP, term: int, records: Sequence[_Record]) -> None:
        """Handle messages at once."""
        self.delivered += [(term, record.offset) for record in records]
        self.consumer.done(tp, term, [record.offset for record in records], {})  # type: ignore[arg-type]

    # What the consumer asks of Kafka

    async def seek_to_committed(self) -> Mapping[TP, int]:
        await self.passes()
        self.position = self.committed
        await self.passes()
        return {PART: self.committed}

    async def seek_wait(self, offsets: Mapping[TP, int]) -> None:
        await self.passes()
        self.position = offsets[PART]
        await self.passes()

    async def earliest_offsets(self, *_: TP) -> Mapping[TP, int]:
        await self.passes()
        return {PART: 0}

    async def highwaters(self, *_: TP) -> Mapping[TP, int]:
        await self.passes()
        return {PART: END}

    async def notes(self, _: Sequence[TP]) -> Mapping[TP, str]:
        await self.passes()
        return {}

    async def commit(self) -> None:
        await self.passes()
        self.committed = self.consumer.offsets.committable(PART) or self.committed
        self.consumer.offsets.committed(PART, self.committed)


def _consumer() -> ContiguousConsumer:
    post = Post(FLOW[0], 0, "member", Path("/nonexistent"))
    made = _app(post, parse("kafka://127.0.0.1:1"))
    made.receiver, made.pace = None, 0.0  # type: ignore[assignment]
    consumer = made._new_consumer()
    consumer._thread.thread_loop.close()  # nobody runs it
    return consumer


@given(Events)
def test_whatever_happens_in_an_assignment_all_is_delivered_in_the_last_one(events: Sequence[str]) -> None:
    async def run() -> None:
        broker = Broker(events)
        consumer: Any = broker.consumer
        for name in ("seek_to_committed", "seek_wait", "earliest_offsets", "highwaters", "commit"):
            setattr(consumer, name, getattr(broker, name))
        consumer._thread.notes, consumer.receiver = broker.notes, broker
        consumer.assignment = lambda: {PART}
        consumer._ours = lambda _: True
        while not consumer.held or broker.events:
            await (broker.passes() if consumer.held else consumer.perform_seek())
        for _ in range(END):
            await broker.fetch(END)
        last = [offset for term, offset in broker.delivered if term == consumer.term]
        assert last == list(range(END - len(last), END))
        assert {offset for _, offset in broker.delivered} == set(range(END))
        assert consumer.offsets.done(PART) == END

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(faust.transport.consumer.Consumer, "on_partitions_revoked", _nothing)
        asyncio.run(run())


async def _nothing(*_: Any) -> None:
    pass


class Lane:
    """A seat of an earlier or of this term. `meanwhile` happens while it ends."""

    def __init__(self, held: bool, meanwhile: Callable[[], None] = lambda: None) -> None:
        self.held, self.closed, self._meanwhile = lambda: held, False, meanwhile

    async def close(self) -> None:
        self.closed = True
        self._meanwhile()


def test_a_lane_that_begins_while_others_end_goes_on(tmp_path: Path) -> None:
    worker: Any = Worker(Post(FLOW[0], 0, "member", tmp_path), parse("kafka://127.0.0.1:1"), PORTS, Meters())
    other, new = TP("pages-fetched", 1), Lane(held=True)
    old = Lane(held=False)
    worker._seats |= {PART: Lane(held=False, meanwhile=lambda: worker._seats.update({other: new})), other: old}
    asyncio.run(worker._leave())
    assert worker._seats == {other: new}
    assert old.closed
    assert not new.closed
