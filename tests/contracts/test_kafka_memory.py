"""What an agent remembers on Kafka: the topic is the truth, the file is a copy that can be thrown away."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.adapters.kafka.memory import STALE_SECONDS, Change, PartitionMemory


class Topic:
    """A partition of a compacted topic. What was compacted away leaves a hole."""

    def __init__(self) -> None:
        self.messages: list[Change | None] = []

    def write(self, changes: list[Change]) -> list[int]:
        self.messages += changes
        return list(range(len(self.messages) - len(changes), len(self.messages)))

    def compact(self) -> None:
        newest = {change.key: place for place, change in enumerate(self.messages) if change}
        self.messages = [
            change if change and newest[change.key] == place else None for place, change in enumerate(self.messages)
        ]


def remember(
    memory: PartitionMemory, topic: Topic, origin: int, changes: dict[str, tuple[bytes, list[int]] | None]
) -> None:
    """What a lane does with one batch."""
    with memory.transaction():
        memory.origin = origin
        for key, change in changes.items():
            memory.delete(key) if change is None else memory.put(key, *change)
        memory.wrote(topic.write(memory.changes()))


def follow(memory: PartitionMemory, topic: Topic, now: float = 1e9) -> int:
    """What a worker does with a partition that it gets. Returns how many messages it read."""
    read = 0
    with memory.transaction():
        for change in topic.messages[memory.resume(len(topic.messages), now) :]:
            if change:
                memory.apply(change.key, change.value)
                read += 1
        memory.reached(len(topic.messages), now)
    return read


def test_a_fresh_disk_gets_everything_and_a_known_one_only_what_is_new(tmp_path: Path) -> None:
    topic, memory = Topic(), PartitionMemory(tmp_path / "3.db", "mark")
    follow(memory, topic)
    remember(memory, topic, 10, {"a": (b"1", [7]), "b": (b"2", [7, 8])})
    remember(memory, topic, 11, {"a": (b"3", [9])})
    memory.close()
    again = PartitionMemory(tmp_path / "3.db", "mark")
    assert follow(again, topic) == 0, "what it wrote itself it does not read again"
    elsewhere = PartitionMemory(tmp_path / "other" / "3.db", "mark")
    assert follow(elsewhere, topic) == 3
    remember(elsewhere, topic, 12, {"b": None, "c": (b"4", [9])})
    assert follow(again, topic) == 2
    for copy in (again, elsewhere):
        assert copy.get("a") == b"3"
        assert copy.get("b") is None
        assert copy.find([7, 8, 9], 5) == [("a", b"3"), ("c", b"4")]
        copy.close()


def test_what_is_not_committed_is_gone_and_what_was_delivered_comes_back(tmp_path: Path) -> None:
    topic, memory = Topic(), PartitionMemory(tmp_path / "0.db", "mark")
    follow(memory, topic)
    with contextlib.suppress(KeyboardInterrupt), memory.transaction():
        memory.put("a", b"1")
        topic.write(memory.changes())
        raise KeyboardInterrupt
    assert memory.get("a") is None
    assert follow(memory, topic) == 1
    assert memory.get("a") == b"1"
    memory.close()


def test_a_change_that_is_taken_back_is_told_as_it_was(tmp_path: Path) -> None:
    topic, memory = Topic(), PartitionMemory(tmp_path / "0.db", "mark")
    remember(memory, topic, 1, {"a": (b"1", [5])})
    with memory.transaction():
        with memory.tentative() as undo:
            memory.put("a", b"2", [6])
            memory.put("new", b"2")
            undo()
        memory.wrote(topic.write(memory.changes()))
    copy = PartitionMemory(tmp_path / "copy.db", "mark")
    follow(copy, topic)
    assert (copy.get("a"), copy.get("new"), copy.find([5, 6], 2)) == (b"1", None, [("a", b"1")])
    memory.close()
    copy.close()


def test_a_worker_that_lost_its_partition_cannot_bring_back_what_is_old(tmp_path: Path) -> None:
    topic = Topic()
    zombie, heir = PartitionMemory(tmp_path / "z.db", "mark"), PartitionMemory(tmp_path / "h.db", "mark")
    remember(heir, topic, 20, {"a": (b"new", [])})
    remember(zombie, topic, 12, {"a": (b"old", [])})
    fresh = PartitionMemory(tmp_path / "f.db", "mark")
    follow(fresh, topic)
    follow(heir, topic)
    assert fresh.get("a") == heir.get("a") == b"new"
    remember(heir, topic, 21, {})
    topic.compact()
    later = PartitionMemory(tmp_path / "l.db", "mark")
    follow(later, topic)
    assert later.get("a") == b"new", "what the zombie wrote last does not survive compaction"
    written = len(topic.messages)
    remember(heir, topic, 22, {})
    assert len(topic.messages) == written
    for memory in (zombie, heir, fresh, later):
        memory.close()


def test_a_worker_that_lost_its_partition_cannot_bring_back_what_was_deleted(tmp_path: Path) -> None:
    topic = Topic()
    zombie, heir = PartitionMemory(tmp_path / "z.db", "mark"), PartitionMemory(tmp_path / "h.db", "mark")
    follow(heir, topic)
    remember(heir, topic, 11, {"a": (b"first", [])})
    remember(heir, topic, 20, {"a": None})
    remember(zombie, topic, 12, {"a": (b"old", [])})
    follow(heir, topic)
    assert heir.get("a") is None
    remember(heir, topic, 21, {})
    later = PartitionMemory(tmp_path / "l.db", "mark")
    follow(later, topic)
    assert later.get("a") is None
    remember(heir, topic, 22, {"a": (b"new", [])})
    follow(later, topic)
    assert later.get("a") == b"new"
    for memory in (zombie, heir, later):
        memory.close()


def other_value(other: PartitionMemory) -> bytes | None:
    with other.transaction():
        other.origin = 7
        other.put("theirs", b"4")
        return other.changes()[0].value


def test_where_another_worker_wrote_in_between_it_is_read(tmp_path: Path) -> None:
    topic, memory, other = Topic(), PartitionMemory(tmp_path / "0.db", "m"), PartitionMemory(tmp_path / "1.db", "m")
    follow(memory, topic)
    remember(other, topic, 5, {"theirs": (b"1", [])})
    remember(memory, topic, 6, {"ours": (b"2", [])})
    assert follow(memory, topic) == 2
    assert memory.get("theirs") == b"1"
    with memory.transaction():
        for key in ("one", "two"):
            memory.put(key, b"3")
        first, second = memory.changes()
        between = Change(b"theirs", other_value(other))
        memory.wrote([topic.write([change])[0] for change in (first, between, second)][::2])
    follow(memory, topic)
    assert memory.get("theirs") == b"4"
    memory.close()
    other.close()


@pytest.mark.parametrize("why", ["stale", "another topic"])
def test_a_copy_that_cannot_be_trusted_is_built_anew(tmp_path: Path, why: str) -> None:
    topic, memory = Topic(), PartitionMemory(tmp_path / "0.db", "mark")
    remember(memory, topic, 1, {"a": (b"1", []), "b": (b"2", [])})
    follow(memory, topic, now=1e9)
    if why == "stale":  # "a" was deleted and even the deletion is compacted away
        topic.messages[0] = None
        assert follow(memory, topic, now=1e9 + STALE_SECONDS + 1) == 1
        assert (memory.get("a"), memory.get("b")) == (None, b"2")
    else:
        assert follow(memory, Topic(), now=1e9) == 0
        assert memory.get("a") is None
    memory.close()


KEYS = st.sampled_from("abcde")
BATCHES = st.lists(st.dictionaries(KEYS, st.none() | st.frozensets(st.integers(0, 4)), max_size=4), max_size=12)


@given(batches=BATCHES, compacted=st.integers(0, 12))
def test_a_rebuilt_copy_finds_the_same_records_in_the_same_order(
    tmp_path_factory: pytest.TempPathFactory, batches: list[dict[str, frozenset[int] | None]], compacted: int
) -> None:
    folder, topic = tmp_path_factory.mktemp("memory"), Topic()
    first = PartitionMemory(folder / "1.db", "mark")
    for origin, batch in enumerate(batches):
        remember(
            first, topic, origin, {k: None if p is None else (str(origin).encode(), list(p)) for k, p in batch.items()}
        )
        if origin == compacted:
            topic.compact()
    second = PartitionMemory(folder / "2.db", "mark")
    follow(second, topic)
    for key in "abcde":
        assert first.get(key) == second.get(key)
    assert first.find([0, 1, 2, 3, 4], 9) == second.find([0, 1, 2, 3, 4], 9)
    first.close()
    second.close()
