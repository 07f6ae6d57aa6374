"""The State port in a SQLite file, changed in the same transaction as the topics."""

import sqlite3
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence

POSTING_CAP = 64
VARIABLES = 500
"""Values of one query; older builds of SQLite allow 999."""

SCHEMA = (
    "CREATE TABLE state(id INTEGER PRIMARY KEY, agent TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL,"
    " postings BLOB NOT NULL)",
    "CREATE UNIQUE INDEX state_key ON state(agent, key)",
    "CREATE TABLE posting(agent TEXT NOT NULL, posting INTEGER NOT NULL, ids BLOB NOT NULL,"
    " PRIMARY KEY(agent, posting)) WITHOUT ROWID",
)
# A posting is one row with the ids of its records, the oldest first, as 64-bit numbers: a find reads as many rows as it
# has postings, and a put writes as many, however common they are.


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
        wanted = array("q", sorted(set(postings)))
        row = self._connection.execute(
            "SELECT id, postings FROM state WHERE agent = ? AND key = ?", (self._agent, key)
        ).fetchone()
        if row is None:
            id = self._connection.execute(
                "INSERT INTO state(agent, key, value, postings) VALUES (?, ?, ?, ?)",
                (self._agent, key, value, wanted.tobytes()),
            ).lastrowid
            self._link(id or 0, wanted)
        else:
            self._connection.execute(
                "UPDATE state SET value = ?, postings = ? WHERE id = ?", (value, wanted.tobytes(), row[0])
            )
            there = set(_numbers(row[1]))
            self._unlink(row[0], there.difference(wanted))
            self._link(row[0], [posting for posting in wanted if posting not in there])

    def find(self, postings: Sequence[int], limit: int) -> list[tuple[str, bytes]]:
        """See State."""
        shared: Counter[int] = Counter()
        for ids in self._rows(set(postings)).values():
            shared.update(ids[:POSTING_CAP])
        best = sorted(shared, key=lambda id: (-shared[id], id))[:limit]
        return [self._record(id) for id in best]

    def _record(self, id: int) -> tuple[str, bytes]:
        key, value = self._connection.execute("SELECT key, value FROM state WHERE id = ?", (id,)).fetchone()
        return key, value

    def delete(self, key: str) -> None:
        """See State."""
        row = self._connection.execute(
            "DELETE FROM state WHERE agent = ? AND key = ? RETURNING id, postings", (self._agent, key)
        ).fetchone()
        if row is not None:
            self._unlink(row[0], _numbers(row[1]))

    def _link(self, id: int, postings: Sequence[int]) -> None:
        """Add a record to its postings. Those beyond the cap are kept, for the day when an older one goes."""
        there = self._rows(postings)
        self._write({posting: array("q", sorted([*there.get(posting, ()), id])) for posting in postings})

    def _unlink(self, id: int, postings: Iterable[int]) -> None:
        there = self._rows(postings)
        self._write({posting: array("q", [other for other in ids if other != id]) for posting, ids in there.items()})

    def _write(self, rows: dict[int, "array[int]"]) -> None:
        self._connection.executemany(
            "INSERT OR REPLACE INTO posting(agent, posting, ids) VALUES (?, ?, ?)",
            [(self._agent, posting, ids.tobytes()) for posting, ids in rows.items()],
        )

    def _rows(self, postings: Iterable[int]) -> dict[int, "array[int]"]:
        """The ids of those of the postings that have any."""
        wanted, found = list(postings), {}
        for start in range(0, len(wanted), VARIABLES):
            part = wanted[start : start + VARIABLES]
            marks = ",".join("?" * len(part))
            query = f"SELECT posting, ids FROM posting WHERE agent = ? AND posting IN ({marks})"
            for posting, ids in self._connection.execute(query, (self._agent, *part)):
                found[posting] = _numbers(ids)
        return found


def _numbers(packed: bytes) -> "array[int]":
    numbers = array("q")
    numbers.frombytes(packed)
    return numbers
