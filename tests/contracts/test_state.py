"""What every backend of the port `State` must do."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.adapters.kafka.memory import PartitionMemory
from pipeline.adapters.memory import MemoryState
from pipeline.adapters.sqlite.broker import SqliteBroker
from pipeline.adapters.sqlite.database import Database
from pipeline.adapters.sqlite.state import SCHEMA, SqliteState
from pipeline.ports import LONGEST_WAIT, Expiring

NOON = datetime(2030, 5, 1, 12, tzinfo=UTC)


def sqlite() -> Expiring:
    return SqliteBroker(":memory:").state("agent")


def blocks() -> Expiring:
    """The same when all its postings have moved into blocks."""
    database = Database(":memory:", SCHEMA)
    return SqliteState(database, "agent", step=1)


def partition() -> Expiring:
    return PartitionMemory(Path(":memory:"), "agent")


BACKENDS: dict[str, Callable[[], Expiring]] = {
    "memory": MemoryState,
    "sqlite": sqlite,
    "blocks": blocks,
    "partition": partition,
}


@pytest.fixture(params=BACKENDS)
def state(request: pytest.FixtureRequest) -> Expiring:
    return BACKENDS[request.param]()


def test_a_value_comes_back_as_it_was_put(state: Expiring) -> None:
    state.put("a", b"\x00\xff one")
    assert state.get("a") == b"\x00\xff one"
    assert state.get("b") is None


def test_an_empty_value_is_a_value(state: Expiring) -> None:
    state.put("a", b"")
    assert state.get("a") == b""


def test_put_replaces_the_value_and_the_postings(state: Expiring) -> None:
    state.put("a", b"1", [10, 11])
    state.put("a", b"2", [11, 12])
    assert state.get("a") == b"2"
    assert state.find([10], 5) == []
    assert state.find([11], 5) == state.find([12], 5) == [("a", b"2")]


def test_put_without_postings_forgets_them(state: Expiring) -> None:
    state.put("a", b"1", [10])
    state.put("a", b"2")
    assert state.find([10], 5) == []


def test_the_most_shared_come_first_then_the_older(state: Expiring) -> None:
    state.put("old", b"o", [1, 9])
    state.put("young", b"y", [1, 8])
    state.put("near", b"n", [1, 2, 3])
    assert [key for key, _ in state.find([1, 2, 3, 4], 5)] == ["near", "old", "young"]
    assert [key for key, _ in state.find([1, 2, 3, 4], 5, newest=True)] == ["near", "young", "old"]


def test_a_record_keeps_its_age_when_it_is_put_again(state: Expiring) -> None:
    state.put("old", b"o", [1])
    state.put("young", b"y", [1])
    state.put("old", b"p", [1, 2])
    assert state.find([1], 5) == [("old", b"p"), ("young", b"y")]


def test_find_stops_at_the_limit(state: Expiring) -> None:
    for number in range(9):
        state.put(f"k{number}", b"v", [7])
    assert [key for key, _ in state.find([7], 3)] == ["k0", "k1", "k2"]


def test_find_without_postings_finds_nothing(state: Expiring) -> None:
    state.put("a", b"1", [1])
    assert state.find([], 5) == []


def test_a_posting_asked_for_twice_counts_once(state: Expiring) -> None:
    state.put("one", b"1", [1])
    state.put("two", b"2", [2, 3])
    assert [key for key, _ in state.find([1, 1, 1, 2, 3], 5)] == ["two", "one"]


def test_a_posting_counts_with_its_first_64_records(state: Expiring) -> None:
    for number in range(70):
        state.put(f"k{number:02}", b"v", [5])
    state.put("k69", b"w", [5, 6])
    assert [key for key, _ in state.find([5], 100)] == [f"k{number:02}" for number in range(64)]
    assert state.find([6], 100) == [("k69", b"w")]


def test_one_posting_that_many_have_makes_no_find_but_two_do(state: Expiring) -> None:
    for number in range(4):
        state.put(f"k{number}", b"v", [7, 8 if number == 2 else 100 + number])
    state.put("rare", b"v", [9])
    assert [key for key, _ in state.find([7, 8, 9], 9, rare=3)] == ["k2", "rare"]
    assert [key for key, _ in state.find([7, 8, 9], 9, rare=4)] == ["k2", "k0", "k1", "k3", "rare"]
    assert [key for key, _ in state.find([7, 8, 9], 1, rare=3)] == ["k2"]
    state.delete("k0")
    assert [key for key, _ in state.find([7], 9, rare=3)] == ["k1", "k2", "k3"]


def test_deleting_makes_room(state: Expiring) -> None:
    for number in range(65):
        state.put(f"k{number:02}", b"v", [5])
    state.delete("k00")
    assert state.get("k00") is None
    state.put("k65", b"v", [5])
    assert [key for key, _ in state.find([5], 100)] == [*(f"k{number:02}" for number in range(1, 64)), "k65"]


def test_deleting_what_is_not_there_does_nothing(state: Expiring) -> None:
    state.put("a", b"1", [1])
    state.delete("b")
    assert state.find([1], 5) == [("a", b"1")]


def test_a_record_that_comes_back_is_young(state: Expiring) -> None:
    state.put("a", b"1", [1])
    state.put("b", b"2", [1])
    state.delete("a")
    state.put("a", b"3", [1])
    assert state.find([1], 5) == [("b", b"2"), ("a", b"3")]


@pytest.mark.parametrize("posting", [-(2**63), -1, 0, 2**63 - 1])
def test_a_posting_may_be_any_signed_64_bit_number(state: Expiring, posting: int) -> None:
    state.put("a", b"1", [posting])
    assert state.find([posting], 5) == [("a", b"1")]


Operation = tuple[str, frozenset[int] | None]
OPERATIONS = st.lists(st.tuples(st.sampled_from("abcd"), st.none() | st.frozensets(st.integers(0, 5))), max_size=30)


@pytest.mark.parametrize("backend", BACKENDS)
@given(OPERATIONS, st.lists(st.integers(0, 5), max_size=6), st.none() | st.integers(0, 4))
def test_find_agrees_with_a_scan(backend: str, operations: list[Operation], asked: list[int], rare: int | None) -> None:
    state, model = BACKENDS[backend](), dict[str, frozenset[int]]()
    for key, postings in operations:
        if postings is None:
            state.delete(key)
            model.pop(key, None)
        else:
            state.put(key, key.encode(), postings)
            model[key] = postings
    shared = {key: model[key] & set(asked) for key in model}
    listed = {key: min((sum(p in other for other in model.values()) for p in shared[key]), default=0) for key in model}
    told = (key for key in model if len(shared[key]) > 1 or (shared[key] and (rare is None or listed[key] <= rare)))
    scan = sorted(told, key=lambda key: -len(shared[key]))
    assert state.find(asked, 10, rare) == [(key, key.encode()) for key in scan]


DAY = datetime(2031, 3, 10, 23, 59, tzinfo=UTC)


def test_what_belongs_to_an_earlier_day_expires_and_what_belongs_to_none_stays(state: Expiring) -> None:
    state.put("kept", b"k", [1])
    state.put("old", b"o", [1, 2], DAY - timedelta(days=2))
    state.put("older", b"o", [1, 2], DAY - timedelta(days=3))
    state.put("same day", b"s", [1, 2], DAY.replace(hour=0))
    assert state.expire(DAY, 1) == ["older"]
    assert state.expire(DAY, 9) == ["old"]
    assert state.expire(DAY, 9) == []
    assert state.get("old") is None
    assert [key for key, _ in state.find([1, 2], 9)] == ["same day", "kept"]


def test_a_record_that_is_put_again_belongs_to_the_new_day(state: Expiring) -> None:
    state.put("a", b"1", [1], DAY - timedelta(days=5))
    state.put("a", b"2", [1], DAY)
    state.put("b", b"1", [1], DAY - timedelta(days=5))
    state.put("b", b"2", [1])
    assert state.expire(DAY, 9) == []
    assert state.find([1], 9) == [("a", b"2"), ("b", b"2")]


def test_what_expires_makes_room(state: Expiring) -> None:
    for number in range(70):
        state.put(f"k{number:02}", b"v", [5], DAY - timedelta(days=9 if number < 64 else 0))
    assert len(state.expire(DAY, 100)) == 64
    for number in range(70, 90):
        state.put(f"k{number:02}", b"v", [5], DAY)
    found = [key for key, _ in state.find([5], 100)]
    assert found[-20:] == [f"k{number:02}" for number in range(70, 90)]


def test_what_is_kept_for_good_is_found_when_older_ones_expired(state: Expiring) -> None:
    for key in ("a", "b", "c"):
        state.put(key, b"1", [1], DAY - timedelta(days=5))
    state.put("b", b"2", [1])
    assert state.expire(DAY, 9) == ["a", "c"]
    state.put("d", b"1", [1], DAY)
    assert [key for key, _ in state.find([1], 9)] == ["b", "d"]


def test_what_is_due_comes_in_the_order_of_time_until_it_is_put_without(state: Expiring) -> None:
    state.put("late", b"1", due=NOON + timedelta(hours=2))
    state.put("soon", b"2", due=NOON + timedelta(hours=1))
    state.put("never", b"3")
    assert state.due(NOON, 10) == []
    assert state.due(NOON + timedelta(hours=2), 10) == [("soon", b"2"), ("late", b"1")]
    assert state.due(NOON + timedelta(hours=2), 1) == [("soon", b"2")]
    state.put("soon", b"4")
    state.delete("late")
    assert state.due(NOON + timedelta(hours=2), 10) == []


def test_what_is_due_in_many_days_was_put_by_a_wrong_clock(state: Expiring) -> None:
    state.put("a", b"", due=NOON + LONGEST_WAIT)
    state.put("b", b"", due=NOON + LONGEST_WAIT + timedelta(seconds=1))
    assert state.due(NOON, 10) == [("b", b"")]
