"""What an agent remembers of one partition: a topic on Kafka is the truth, a SQLite file is the copy that steps use.

The topic `<agent>-state` is compacted and has as many partitions as the topic that the agent reads, so partition 3 of
the one holds what the messages of partition 3 of the other left behind. A worker writes there first, after all that a
message led to was delivered, and then commits its file, which also holds how far it has followed the topic. So a
worker that starts again on its disk reads only what is new, and one on a fresh disk reads the topic once.

Each value carries its origin, the offset of the message that it came from. A value of an older origin never replaces
one of a newer origin, whichever of two workers wrote last. It also carries its age, its postings and its day, so that
the copy finds the same records in the same order everywhere; the lists by posting are built here.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec

from pipeline.adapters.sqlite import state
from pipeline.adapters.sqlite.database import Database
from pipeline.adapters.sqlite.state import Row

STALE_SECONDS = 24 * 3600.0
"""A file that followed its topic longer ago is built anew: the topic keeps what was deleted for twice as long only."""
SCHEMA = (
    *state.SCHEMA,
    'CREATE TABLE followed(one INTEGER PRIMARY KEY CHECK (one = 1), "offset" INTEGER NOT NULL, at REAL NOT NULL,'
    " newest INTEGER NOT NULL)",
    "INSERT INTO followed VALUES (1, 0, 0, 0)",
    "CREATE TABLE gone(key TEXT PRIMARY KEY, origin INTEGER NOT NULL) WITHOUT ROWID",
)
# `gone` holds what steps deleted, so that a worker which lost the partition does not bring it back.


def topic_name(agent: str) -> str:
    """The topic that holds what an agent remembers."""
    return f"{agent}-state"


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """A value in the topic. `postings` are signed 64-bit numbers, little-endian; `day` and the seconds of `due` count
    from 1970.
    """

    origin: int
    age: int
    value: bytes
    postings: bytes = b""
    day: int | None = None
    due: float | None = None


class Change(NamedTuple):
    """A message for the topic; the value None deletes the key."""

    key: bytes
    value: bytes | None


_KEPT = msgspec.msgpack.Decoder(Kept)
_encode = msgspec.msgpack.encode


class PartitionMemory:
    """Implements `State` for one agent and partition. All changes happen inside `transaction`."""

    def __init__(self, path: Path, agent: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path, self._agent = str(path), agent
        self._database = Database(path, SCHEMA)
        self._connection = self._database.connection
        self._state = state.SqliteState(self._database, agent)
        self._changed: dict[str, None] = {}
        self._overwritten: dict[str, None] = {}
        """Keys whose newest message in the topic is older than what is known here."""
        self._state.origin = 0
        (self.newest,) = self._connection.execute("SELECT newest FROM followed").fetchone()
        """The newest origin of all: what is done without a message comes from there."""

    @property
    def origin(self) -> int:
        """The offset of the message that is being handled."""
        return self._state.origin or 0

    @origin.setter
    def origin(self, offset: int) -> None:
        self._state.origin = offset

    # State

    def get(self, key: str) -> bytes | None:
        """See State."""
        return self._state.get(key)

    def find(
        self, postings: Sequence[int], limit: int, rare: int | None = None, *, newest: bool = False
    ) -> list[tuple[str, bytes]]:
        """See State."""
        return self._state.find(postings, limit, rare, newest=newest)

    def put(
        self,
        key: str,
        value: bytes,
        postings: Iterable[int] = (),
        at: datetime | None = None,
        due: datetime | None = None,
    ) -> None:
        """See State."""
        self._state.put(key, value, postings, at, due)
        self._came(key, self.origin)
        self._changed[key] = None

    def delete(self, key: str) -> None:
        """See State."""
        if self._state.get(key) is not None:
            self._state.delete(key)
            self._connection.execute("INSERT OR REPLACE INTO gone VALUES (?, ?)", (key, self.origin))
            self._changed[key] = None

    def horizon(self, now: datetime, remember: timedelta) -> datetime:
        """See SqliteState."""
        return self._state.horizon(now, remember)

    def expire(self, before: datetime, limit: int) -> list[str]:
        """See Expiring. The topic learns of it with the changes of the transaction."""
        gone = self._state.expire(before, limit)
        self._changed |= dict.fromkeys(gone)
        return gone

    def due(self, now: datetime, limit: int) -> list[tuple[str, bytes]]:
        """See Expiring."""
        return self._state.due(now, limit)

    # What the runner does around steps

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside happens or nothing does."""
        self._changed = dict(self._overwritten)
        with self._database.transaction():
            yield

    def tentative(self) -> AbstractContextManager[Callable[[], None]]:
        """Inside a transaction: calling what this yields takes back all that was changed inside."""
        return self._database.tentative()

    def changes(self) -> list[Change]:
        """What the topic has to learn of this transaction. A key whose change was taken back is told as it was, and so
        is one that a worker overwrote which had lost the partition: else compaction would keep the older value.
        """
        return [self._change(key) for key in self._changed]

    def _change(self, key: str) -> Change:
        row = self._state.row(key)
        if row is None:
            return Change(key.encode(), None)
        return Change(key.encode(), _encode(Kept(row.origin or 0, *row[:-1])))

    def wrote(self, offsets: Sequence[int]) -> None:
        """Note where the topic put the changes. Where another worker wrote in between they are read again."""
        start = self.followed()
        if list(offsets) == list(range(start, start + len(offsets))):
            self._follow(start + len(offsets))
        self._overwritten.clear()

    # Following the topic

    def followed(self) -> int:
        """The offset of the next message of the topic that this file does not know."""
        row: tuple[int] = self._connection.execute('SELECT "offset" FROM followed').fetchone()
        return row[0]

    def resume(self, end: int, now: float) -> int:
        """Return from where to follow the topic, which ends at `end`; a copy that cannot be trusted is emptied."""
        (at,) = self._connection.execute("SELECT at FROM followed").fetchone()
        if self.followed() > end or now - at > STALE_SECONDS:
            with self.transaction():
                for table in (*state.TABLES, "gone"):
                    self._connection.execute(f"DELETE FROM {table}")
                self._follow(0)
        return self.followed()

    def apply(self, key: bytes, value: bytes | None) -> None:
        """Take over a message of the topic. Call it inside a transaction."""
        name = key.decode()
        if value is None:
            self._state.delete(name)
            self._connection.execute("DELETE FROM gone WHERE key = ?", (name,))
            return
        kept = _KEPT.decode(value)
        if self._origin_of(name) <= kept.origin:
            row = Row(kept.age, kept.value, kept.postings, kept.day, kept.due, kept.origin)
            self._state.restore(name, row)
            self._came(name, kept.origin)
            self._overwritten.pop(name, None)
        else:
            self._overwritten[name] = None

    def reached(self, offset: int, now: float) -> None:
        """Note that the topic was followed to this offset."""
        self._follow(offset)
        self._connection.execute("UPDATE followed SET at = ?", (now,))

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _origin_of(self, key: str) -> int:
        """Where the value of a key, or its deletion, comes from; 0 for a key that was never there."""
        row = self._state.row(key)
        if row is not None:
            return row.origin or 0
        gone = self._connection.execute("SELECT origin FROM gone WHERE key = ?", (key,)).fetchone()
        return int(gone[0]) if gone else 0

    def _came(self, key: str, origin: int) -> None:
        """Note that a key has a value now."""
        self._connection.execute("DELETE FROM gone WHERE key = ?", (key,))
        self.newest = max(self.newest, origin)

    def _follow(self, offset: int) -> None:
        self._connection.execute('UPDATE followed SET "offset" = ?, newest = ?', (offset, self.newest))
