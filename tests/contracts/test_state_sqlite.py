"""What the lists of postings in SQLite do beyond the port: reopened, taken back, flooded."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.adapters.memory import MemoryState
from pipeline.adapters.sqlite import postings
from pipeline.adapters.sqlite.database import Database
from pipeline.adapters.sqlite.filters import PARTS, Filter
from pipeline.adapters.sqlite.state import SCHEMA, SqliteState


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path / "state.db", SCHEMA)
    yield opened
    opened.close()


def filled(database: Database, count: int, step: int) -> tuple[SqliteState, MemoryState]:
    """Records with 5 of 300 postings each, here and in memory."""
    state, model, random = SqliteState(database, "a", step), MemoryState(), Random(1)
    for number in range(count):
        found = random.sample(range(300), 5)
        for kept in (state, model):
            kept.put(f"k{number}", b"v", found)
    return state, model


@pytest.mark.parametrize("step", [1, 7, 64])
def test_lists_in_log_and_blocks_are_those_in_memory_and_stay_when_opened_anew(database: Database, step: int) -> None:
    state, model = filled(database, 900, step)
    again = SqliteState(database, "a", step)
    for start in range(0, 300, 3):
        asked = [start, start + 1, start + 2]
        assert state.find(asked, 500) == again.find(asked, 500) == model.find(asked, 500)


def test_a_list_longer_than_a_block_is_whole(database: Database) -> None:
    state = SqliteState(database, "a", step=16)
    for number in range(1500):
        state.put(f"k{number:04}", b"v", [number // 50])
    for posting in range(30):
        assert [key for key, _ in state.find([posting], 99)] == [f"k{posting * 50 + n:04}" for n in range(50)]


@given(st.lists(st.sampled_from(["put", "delete", "undo", "reopen"]), max_size=40), st.sampled_from([1, 3, 50]))
def test_what_is_taken_back_is_never_found_and_what_stays_is(steps: list[str], step: int) -> None:
    database = Database(":memory:", SCHEMA)
    state, model = SqliteState(database, "a", step), MemoryState()
    for number, what in enumerate(steps):
        if what == "reopen":
            state = SqliteState(database, "a", step)
            continue
        with database.transaction(), database.tentative() as undo:
            for kept in (state, model) if what != "undo" else (state,):
                kept.delete(f"k{number - 2}") if what == "delete" else kept.put(f"k{number}", b"v", [1, number % 4])
            if what == "undo":
                undo()
    for posting in range(4):
        assert state.find([posting], 50) == model.find([posting], 50)


def test_a_flood_of_one_posting_is_kept_as_64_entries(database: Database) -> None:
    state = SqliteState(database, "a", step=4)
    for number in range(2000):
        state.put(f"k{number:04}", b"v", [7])
    assert [key for key, _ in state.find([7], 999)] == [f"k{number:04}" for number in range(postings.CAP)]
    assert _entries(database.connection) <= postings.CAP
    (waiting,) = database.connection.execute("SELECT count(*) FROM fresh").fetchone()
    assert waiting <= 4 * postings.PARTS


def test_what_expired_leaves_the_blocks(database: Database) -> None:
    state, day = SqliteState(database, "a", step=1), datetime(2031, 3, 10, tzinfo=UTC)
    for number in range(1000):
        state.put(f"k{number}", b"v", [number], day + timedelta(days=number // 100))
        if number % 100 == 99:
            state.expire(day + timedelta(days=number // 100 - 1), 1000)
    (kept,) = database.connection.execute("SELECT count(*) FROM state").fetchone()
    assert kept == 200
    assert _entries(database.connection) <= 320


def test_what_others_keep_for_good_does_not_keep_what_expired_in_the_blocks(database: Database) -> None:
    state, other, day = (
        SqliteState(database, "a", step=1),
        SqliteState(database, "b"),
        datetime(2031, 3, 10, tzinfo=UTC),
    )
    for number in range(200):
        other.put(f"k{number}", b"v", [number])
        state.put(f"k{number}", b"v", [number], day + timedelta(days=number // 100))
    assert len(state.expire(day + timedelta(days=1), 1000)) == 100
    for number in range(100, 200):
        state.put(f"k{number}", b"w", [number, 7], day + timedelta(days=1))
    assert _entries(database.connection) <= 200
    assert [key for key, _ in other.find([3], 9)] == ["k3"]
    assert state.find([3], 9) == []


@given(st.lists(st.integers(0, (1 << 32) - 1), min_size=1, max_size=300), st.sampled_from([0, 300, 50_000]))
def test_a_filter_lets_through_all_that_was_noted_and_few_others(hashes: list[int], size: int) -> None:
    noted = Filter()
    noted.resize(max(size, len(hashes)))
    for part in range(PARTS):
        of_part = [(hash & (1 << 28) - 1) << 36 for hash in sorted(hashes) if hash >> 28 == part]
        noted.note(part, np.array(of_part, dtype=np.uint64))
    assert noted.among(hashes) == hashes
    others = range(7, 1 << 32, 1 << 20)
    assert len(noted.among(others)) <= len(others) / 8 + len(hashes)
    noted.clear(hashes[0] >> 28)
    assert [hash for hash in hashes if hash >> 28 != hashes[0] >> 28] == noted.among(hashes)


def _entries(connection: sqlite3.Connection) -> int:
    return sum(len(row[0]) // 8 for row in connection.execute("SELECT entries FROM block"))
