"""The State port in a SQLite file, changed in the same transaction as the topics."""

import sqlite3
from collections.abc import Iterable, Sequence

POSTING_CAP = 64

SCHEMA = """
CREATE TABLE state(id INTEGER PRIMARY KEY, agent TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL);
CREATE UNIQUE INDEX state_key ON state(agent, key);
CREATE TABLE posting(agent TEXT NOT NULL, posting INTEGER NOT NULL, state INTEGER NOT NULL,
                     PRIMARY KEY(agent, posting, state)) WITHOUT ROWID;
CREATE INDEX posting_state ON posting(state)
"""


class SqliteState:
    """What one agent remembers. Call it inside a transaction of the database that it was made from."""

    def __init__(self, connection: sqlite3.Connection, agent: str) -> None:
        self._connection, self._agent = connection, agent

    def get(self, key: str) -> bytes | None:
        """See State."""
        row = self._connection.execute(
            "SELECT value FROM state WHERE agent = ? AND key = ?", (self._agent, key)
        ).fetchone()
        return None if row is None else row[0]

    def put(self, key: str, value: bytes, postings: Iterable[int] = ()) -> None:
        """See State. A record that is replaced keeps its age."""
        wanted = set(postings)
        (id,) = self._connection.execute(
            "INSERT INTO state(agent, key, value) VALUES (?, ?, ?) "
            "ON CONFLICT(agent, key) DO UPDATE SET value = excluded.value RETURNING id",
            (self._agent, key, value),
        ).fetchone()
        there = {p for (p,) in self._connection.execute("SELECT posting FROM posting WHERE state = ?", (id,))}
        self._connection.executemany(
            "DELETE FROM posting WHERE agent = ? AND posting = ? AND state = ?",
            [(self._agent, posting, id) for posting in there - wanted],
        )
        self._connection.executemany(
            "INSERT INTO posting(agent, posting, state) VALUES (?, ?, ?)",
            [(self._agent, posting, id) for posting in wanted - there],
        )

    def find(self, postings: Sequence[int], limit: int) -> list[tuple[str, bytes]]:
        """See State."""
        shared: dict[int, int] = {}
        for posting in set(postings):
            for (id,) in self._connection.execute(
                "SELECT state FROM posting WHERE agent = ? AND posting = ? ORDER BY state LIMIT ?",
                (self._agent, posting, POSTING_CAP),
            ):
                shared[id] = shared.get(id, 0) + 1
        best = sorted(shared, key=lambda id: (-shared[id], id))[:limit]
        return [self._record(id) for id in best]

    def _record(self, id: int) -> tuple[str, bytes]:
        key, value = self._connection.execute("SELECT key, value FROM state WHERE id = ?", (id,)).fetchone()
        return key, value

    def delete(self, key: str) -> None:
        """See State."""
        for (id,) in self._connection.execute(
            "DELETE FROM state WHERE agent = ? AND key = ? RETURNING id", (self._agent, key)
        ).fetchall():
            self._connection.execute("DELETE FROM posting WHERE state = ?", (id,))
