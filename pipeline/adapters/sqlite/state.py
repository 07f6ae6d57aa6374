"""The State port in a SQLite file, changed in the same transaction as the topics."""

import sqlite3
from array import array
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from pipeline.adapters.sqlite import postings as lists
from pipeline.adapters.sqlite.postings import PostingLists

DAY = 86400

SCHEMA = (
    "CREATE TABLE state(id INTEGER PRIMARY KEY, agent TEXT NOT NULL, key TEXT NOT NULL, day INTEGER,"
    " value BLOB NOT NULL, postings BLOB NOT NULL)",
    "CREATE UNIQUE INDEX state_key ON state(agent, key)",
    "CREATE INDEX state_day ON state(agent, day) WHERE day IS NOT NULL",
    *lists.SCHEMA,
)
TABLES = ("state", *lists.TABLES)
# `id` is the age of a record. `day` is the day that it belongs to, in days since 1970; without one it is kept for good.


class SqliteState:
    """What one agent remembers. Call it inside a transaction of the database that it was made from."""

    def __init__(self, connection: sqlite3.Connection, agent: str, step: int = lists.STEP) -> None:
        """`step` is for tests: how often postings move from their log into blocks."""
        self._connection, self._agent = connection, agent
        self._lists = PostingLists(connection, agent, step)

    def get(self, key: str) -> bytes | None:
        """See State."""
        row = self._connection.execute(
            "SELECT value FROM state WHERE agent = ? AND key = ?", (self._agent, key)
        ).fetchone()
        return None if row is None else row[0]

    def put(self, key: str, value: bytes, postings: Iterable[int] = (), at: datetime | None = None) -> None:
        """See State. A record that is replaced keeps its age."""
        wanted, day = array("q", sorted(set(postings))), day_of(at)
        row = self._connection.execute(
            "SELECT id, postings FROM state WHERE agent = ? AND key = ?", (self._agent, key)
        ).fetchone()
        if row is None:
            insert = "INSERT INTO state(agent, key, day, value, postings) VALUES (?, ?, ?, ?, ?)"
            id = self._connection.execute(insert, (self._agent, key, day, value, wanted.tobytes())).lastrowid or 0
            there = array("q")
        else:
            id, there = row[0], array("q", row[1])
            update = "UPDATE state SET day = ?, value = ?, postings = ? WHERE id = ?"
            self._connection.execute(update, (day, value, wanted.tobytes(), id))
        self._list(id, there, wanted, at is None)

    def _list(self, id: int, there: "array[int]", wanted: "array[int]", lasting: bool) -> None:
        if there == wanted:
            return
        gone = set(there).difference(wanted)
        if gone:
            self._lists.remove(id, gone)
        if wanted:
            self._lists.add(id, array("q", [posting for posting in wanted if posting not in there]), lasting)

    def find(self, postings: Sequence[int], limit: int) -> list[tuple[str, bytes]]:
        """See State."""
        asked = set(postings)
        counts = self._lists.near(tuple(asked)) if asked else {}
        found: list[tuple[str, bytes]] = []
        for id in sorted(counts, key=lambda id: (-counts[id], id)):
            if len(found) == limit:
                break
            row = self._connection.execute(
                "SELECT key, value, postings FROM state WHERE id = ? AND agent = ?", (id, self._agent)
            ).fetchone()
            if row is not None and not asked.isdisjoint(array("q", row[2])):
                found.append((row[0], row[1]))
        return found

    def delete(self, key: str) -> None:
        """See State."""
        row = self._connection.execute(
            "DELETE FROM state WHERE agent = ? AND key = ? RETURNING id, postings", (self._agent, key)
        ).fetchone()
        if row is not None and row[1]:
            self._lists.remove(row[0], array("q", row[1]))

    def expire(self, before: datetime, limit: int) -> list[str]:
        """Forget what belongs to days before that of `before`, the oldest first; returns the keys, `limit` at most.

        It is not found any more; the lists drop it when they are written the next time.
        """
        old = "SELECT id FROM state WHERE agent = ? AND day < ? ORDER BY day LIMIT ?"
        rows = self._connection.execute(
            f"DELETE FROM state WHERE id IN ({old}) RETURNING key", (self._agent, day_of(before), limit)
        ).fetchall()
        if rows:
            least = "SELECT min(id) FROM state WHERE agent = ? AND day IS NOT NULL"
            (oldest,) = self._connection.execute(least, (self._agent,)).fetchone()
            self._lists.forget(oldest or 0)
        return [key for (key,) in rows]


def day_of(at: datetime | None) -> int | None:
    """The day of a time, in days since 1970; None for none."""
    return None if at is None else int(at.timestamp() // DAY)


def time_of(day: int | None) -> datetime | None:
    """The beginning of a day."""
    return None if day is None else datetime.fromtimestamp(day * DAY, UTC)
