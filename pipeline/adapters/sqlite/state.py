"""The State port in a SQLite file, changed in the same transaction as the topics."""

from array import array
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import xxhash

from pipeline.adapters.sqlite import postings as lists
from pipeline.adapters.sqlite.database import Database
from pipeline.adapters.sqlite.postings import PostingLists
from pipeline.ports import LONGEST_WAIT

DAY = 86400

SCHEMA = (
    "CREATE TABLE state(id INTEGER PRIMARY KEY, hash INTEGER NOT NULL, agent TEXT NOT NULL, key TEXT NOT NULL,"
    " day INTEGER, value BLOB NOT NULL, postings BLOB NOT NULL, due REAL, origin INTEGER)",
    "CREATE INDEX state_hash ON state(hash)",
    "CREATE INDEX state_day ON state(agent, day) WHERE day IS NOT NULL",
    "CREATE INDEX state_due ON state(agent, due) WHERE due IS NOT NULL",
    *lists.SCHEMA,
)
TABLES = ("state", *lists.TABLES)
# `id` is the age of a record. `hash` is that of agent and key: its index takes a third of one of the two. `day` is the
# day that it belongs to, in days since 1970; without one it is kept for good. `due` is in seconds since 1970. `origin`
# is the number of the message that the value comes from, for a runner that asks.


class Row(NamedTuple):
    """What is kept of a key. `postings` are signed 64-bit numbers, ascending; `origin` is the number of the message
    that the value comes from.
    """

    id: int
    value: bytes
    postings: bytes
    day: int | None
    due: float | None
    origin: int | None


class SqliteState:
    """What one agent remembers. Call it inside a transaction of the database that it was made from."""

    def __init__(self, database: Database, agent: str, step: int = lists.STEP) -> None:
        """`step` is for tests: how often postings move from their log into blocks."""
        self._database, self._connection, self._agent = database, database.connection, agent
        self._lists = PostingLists(database, agent, step)
        self._turn: int | None = None
        self._absent: set[str] = set()
        """Keys looked up in vain in this turn of the database."""
        self.origin: int | None = None
        """Where what is put comes from."""

    def get(self, key: str) -> bytes | None:
        """See State."""
        row = self.row(key)
        return None if row is None else row.value

    def row(self, key: str) -> Row | None:
        """All that is kept of a key."""
        if self._database.turn is None or self._database.turn != self._turn:
            self._turn, self._absent = self._database.turn, set()
        if key in self._absent:
            return None
        query = "SELECT id, value, postings, day, due, origin FROM state WHERE hash = ? AND agent = ? AND key = ?"
        row = self._connection.execute(query, (self._hash(key), self._agent, key)).fetchone()
        if row is None:
            self._absent.add(key)
            return None
        return Row._make(row)

    def put(
        self,
        key: str,
        value: bytes,
        postings: Iterable[int] = (),
        at: datetime | None = None,
        due: datetime | None = None,
    ) -> None:
        """See State. A record that is replaced keeps its age."""
        listed = array("q", sorted(set(postings))).tobytes()
        self.restore(key, Row(0, value, listed, day_of(at), due.timestamp() if due else None, self.origin))

    def restore(self, key: str, new: Row) -> None:
        """Put a record; a new one gets its number if that is not 0 and nobody has it, else the next."""
        row, id, postings = self.row(key), new.id or None, array("q", new.postings)
        if row is None:
            if id is not None and self._connection.execute("SELECT 1 FROM state WHERE id = ?", (id,)).fetchone():
                id = None
            insert = "INSERT INTO state VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
            values = (id, self._hash(key), self._agent, key, new.day, new.value, new.postings, new.due, new.origin)
            id, there = self._connection.execute(insert, values).lastrowid or 0, array("q")
            self._absent.discard(key)
        else:
            id, there = row.id, array("q", row.postings)
            update = "UPDATE state SET day = ?, value = ?, postings = ?, due = ?, origin = ? WHERE id = ?"
            self._connection.execute(update, (new.day, new.value, new.postings, new.due, new.origin, id))
        self._list(id, there, postings)

    def _hash(self, key: str) -> int:
        return xxhash.xxh3_64_intdigest(f"{self._agent}\0{key}".encode("utf-8", "surrogatepass")) - (1 << 63)

    def _list(self, id: int, there: "array[int]", wanted: "array[int]") -> None:
        if there == wanted:
            return
        gone = set(there).difference(wanted)
        if gone:
            self._lists.remove(id, gone)
        if wanted:
            self._lists.add(
                id, array("q", [posting for posting in wanted if posting not in there]) if there else wanted
            )

    def find(
        self, postings: Sequence[int], limit: int, rare: int | None = None, *, newest: bool = False
    ) -> list[tuple[str, bytes]]:
        """See State."""
        asked = set(postings)
        counts = self._lists.near(tuple(asked), rare) if asked else {}
        best = sorted(counts, key=lambda id: (-counts[id], -id if newest else id))
        found: list[tuple[str, bytes]] = []
        while best and len(found) < limit:
            wanted = limit - len(found)
            found += self._holding(asked, best[:wanted])
            best = best[wanted:]
        return found

    def _holding(self, asked: set[int], ids: Sequence[int]) -> list[tuple[str, bytes]]:
        """Those of these records that hold one of the postings, in this order."""
        # The plus sign keeps SQLite from looking through all that belongs to the agent.
        query = f"SELECT id, key, value, postings FROM state WHERE id IN ({','.join('?' * len(ids))}) AND +agent = ?"
        rows = {row[0]: row[1:] for row in self._connection.execute(query, (*ids, self._agent))}
        there = (rows[id] for id in ids if id in rows)
        return [(key, value) for key, value, listed in there if not asked.isdisjoint(array("q", listed))]

    def delete(self, key: str) -> None:
        """See State."""
        row = self.row(key)
        if row is not None:
            self._connection.execute("DELETE FROM state WHERE id = ?", (row.id,))
            if row.postings:
                self._lists.remove(row.id, array("q", row.postings))

    def horizon(self, now: datetime, remember: timedelta) -> datetime:
        """What is older is forgotten: so long before now, or before the newest day when that is long ago. So copies are
        found in an archive that is read today.
        """
        query = "SELECT max(day) FROM state WHERE agent = ? AND day IS NOT NULL"
        (newest,) = self._connection.execute(query, (self._agent,)).fetchone()
        return (now if newest is None else min(now, datetime.fromtimestamp(newest * DAY, UTC))) - remember

    def expire(self, before: datetime, limit: int) -> list[str]:
        """Forget what belongs to days before that of `before`, the oldest first; returns the keys, `limit` at most.

        It is not found any more; the lists drop it when they are written the next time.
        """
        old = "SELECT id FROM state WHERE agent = ? AND day < ? ORDER BY day LIMIT ?"
        rows = self._connection.execute(
            f"DELETE FROM state WHERE id IN ({old}) RETURNING key", (self._agent, day_of(before), limit)
        ).fetchall()
        if rows:
            self._lists.forget(self._oldest())
        return [key for (key,) in rows]

    def _oldest(self) -> int:
        """The number of the oldest record, looked for from where it was last; 0 when there is none."""
        query = "SELECT id FROM state WHERE id >= ? AND +agent = ? ORDER BY id LIMIT 1"
        row: tuple[int] | None = self._connection.execute(query, (self._lists.oldest, self._agent)).fetchone()
        return row[0] if row else 0

    def due(self, now: datetime, limit: int) -> list[tuple[str, bytes]]:
        """See Expiring."""
        seconds, latest = now.timestamp(), (now + LONGEST_WAIT).timestamp()
        return self._connection.execute(
            "SELECT key, value FROM state WHERE agent = ? AND due IS NOT NULL AND (due <= ? OR due > ?)"
            " ORDER BY due, id LIMIT ?",
            (self._agent, seconds, latest, limit),
        ).fetchall()

    def waiting(self) -> int:
        """How many records are due at some time."""
        query = "SELECT count(*) FROM state WHERE agent = ? AND due IS NOT NULL"
        found: tuple[int] = self._connection.execute(query, (self._agent,)).fetchone()
        return found[0]


def day_of(at: datetime | None) -> int | None:
    """The day of a time, in days since 1970; None for none."""
    return None if at is None else int(at.timestamp() // DAY)
