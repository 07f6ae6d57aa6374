"""What goes to Kafka: batches by partition, in order, and counts in the notes of commits."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner.default import murmur2

from pipeline.adapters.kafka import notes
from pipeline.adapters.kafka.wire import Packed, partition_of

outbox = pytest.importorskip("pipeline.runners.faust.outbox", exc_type=ImportError)

REASON = st.text(st.characters(whitelist_categories=["Ll"], whitelist_characters="-"), max_size=12)
KINDS = st.tuples(st.sampled_from(["in", "out", "drop", "reject", "retry"]), REASON)


@given(st.dictionaries(KINDS, st.integers(0, 10**12)))
def test_a_note_gives_back_the_counts(counts: dict[tuple[str, str], int]) -> None:
    assert notes.read(notes.write(counts)) == Counter(counts)


@pytest.mark.parametrize("note", [None, "", "a note of somebody else", "[1, 2]", '{"in": "many"}'])
def test_a_note_of_others_counts_nothing(note: str | None) -> None:
    assert notes.read(note) == Counter()


def test_a_note_of_every_reason_fits_into_a_commit() -> None:
    many = {(outcome, f"a-reason-of-some-length-{n}"): 10**9 for outcome in ("drop", "reject") for n in range(20)}
    assert len(notes.write(many)) < 4096


@given(st.binary(max_size=40), st.integers(1, 50))
def test_workers_and_uploads_choose_the_same_partition(key: bytes, partitions: int) -> None:
    assert partition_of(key, partitions) == (murmur2(key) & 0x7FFFFFFF) % partitions


class Written:
    """A producer that keeps what it is given, with batches that hold three messages of up to ten bytes."""

    def __init__(self) -> None:
        self.batches: list[tuple[str, int, list[bytes]]] = []

    async def partitions_for(self, topic: str) -> set[int]:
        return {0, 1, 2, 3}

    def create_batch(self) -> "Batch":
        return Batch()

    async def send_batch(self, batch: "Batch", topic: str, *, partition: int) -> "asyncio.Future[Any]":
        assert batch.closed
        first = sum(len(values) for name, number, values in self.batches if (name, number) == (topic, partition))
        self.batches.append((topic, partition, batch.values))
        sent: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        sent.set_result(type("Metadata", (), {"offset": 100 + first}))
        return sent


class Batch:
    def __init__(self) -> None:
        self.values: list[bytes] = []
        self.closed = False

    def append(self, *, timestamp: None, key: bytes, value: bytes, headers: Any) -> object | None:
        if self.values and (len(self.values) == 3 or len(value) > 10):
            return None
        self.values.append(value)
        return object()

    def record_count(self) -> int:
        return len(self.values)

    def close(self) -> None:
        self.closed = True


def message(number: int, size: int = 4) -> Packed:
    return Packed("topic", f"key-{number % 5}".encode(), str(number).rjust(size).encode(), [])


def test_messages_of_one_partition_go_together_and_in_order() -> None:
    producer = Written()
    messages = [message(number) for number in range(40)]
    asyncio.run(outbox.Outbox(producer).send(messages))
    found: dict[int, list[bytes]] = {}
    for _, partition, values in producer.batches:
        found.setdefault(partition, []).extend(values)
    wanted: dict[int, list[bytes]] = {}
    for one in messages:
        wanted.setdefault(partition_of(one.key, 4), []).append(one.value or b"")
    assert found == wanted
    assert len(producer.batches) < len(messages) / 2


def test_offsets_come_back_in_the_order_of_the_messages_however_large_they_are() -> None:
    producer = Written()
    messages = [message(number, 20 if number == 4 else 4) for number in range(8)]
    assert asyncio.run(outbox.Outbox(producer).write(2, messages)) == list(range(100, 108))
    assert [value for _, _, values in producer.batches for value in values] == [one.value for one in messages]
    assert asyncio.run(outbox.Outbox(producer).write(2, [])) == []
