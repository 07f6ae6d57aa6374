"""The frontier in a SQLite file."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from pipeline.adapters.sqlite.database import Database, translated
from pipeline.frontier import Count
from pipeline.news.crawling.items import Item, Rank
from pipeline.news.crawling.polling import Polled
from pipeline.news.crawling.walking import Walk

N = TypeVar("N")
SCHEMA = (
    "CREATE TABLE source(id TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE walk(id TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE rest(host TEXT PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE note(kind TEXT NOT NULL, id TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID",
    "CREATE TABLE item(key TEXT PRIMARY KEY, url TEXT NOT NULL, host TEXT NOT NULL, source TEXT NOT NULL,"
    " listed INTEGER NOT NULL, seen INTEGER NOT NULL, due INTEGER, rank INTEGER NOT NULL, tries INTEGER NOT NULL,"
    " fetched INTEGER, checked INTEGER, again INTEGER NOT NULL, changes INTEGER NOT NULL, etag TEXT, modified TEXT,"
    " reason TEXT, substance TEXT) WITHOUT ROWID",
    "CREATE INDEX item_due ON item(host, rank, due) WHERE due IS NOT NULL",
    "CREATE INDEX item_new ON item(source) WHERE due IS NOT NULL AND rank = 0",
    "CREATE INDEX item_listed ON item(source, listed)",
    "CREATE INDEX item_seen ON item(seen) WHERE due IS NULL",
)
_TIMES = frozenset({"listed", "seen", "due", "fetched", "checked"})
_AT = tuple(number for number, name in enumerate(Item._fields) if name in _TIMES)
_RANK = Item._fields.index("rank")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ASKED = 500
"""Keys in one query; SQLite takes 999 parameters at least."""
_PUT = f"INSERT OR REPLACE INTO item VALUES ({', '.join('?' * len(Item._fields))})"
_HOSTS = (
    "WITH RECURSIVE hosts(host) AS (SELECT min(host) FROM item WHERE due IS NOT NULL UNION ALL"
    " SELECT (SELECT min(item.host) FROM item WHERE item.host > hosts.host AND item.due IS NOT NULL) FROM hosts"
    " WHERE hosts.host IS NOT NULL) SELECT host, min("
    + ", ".join(
        f"coalesce((SELECT min(due) FROM item WHERE item.host = hosts.host AND rank = {rank.value}"
        f" AND due IS NOT NULL), {1 << 62})"
        for rank in Rank
    )
    + ") FROM hosts WHERE host IS NOT NULL"
)
"""Jumps from host to host in the index of what is due, so that it takes as long as there are hosts, not items."""


class SqliteFrontier:
    """See Frontier. Raises Unavailable with the cure."""

    def __init__(self, path: Path | str) -> None:
        self._database = Database(path, SCHEMA)
        self._connection, self._path = self._database.connection, path
        self._version, self._polled, self._walks = -1, dict[str, Polled](), dict[str, Walk]()
        self._notes: dict[type, dict[str, Any]] = {}

    def polled(self) -> dict[str, Polled]:
        """See Frontier."""
        self._refresh()
        return dict(self._polled)

    def walks(self) -> list[Walk]:
        """See Frontier."""
        self._refresh()
        return sorted(self._walks.values(), key=lambda walk: walk.begun)

    def _refresh(self) -> None:
        """Read all of this again if another process changed the file; the crawler asks all the time."""
        version = int(self._rows("PRAGMA data_version")[0][0])
        if version != self._version:
            sources = [msgspec.msgpack.decode(body, type=Polled) for (body,) in self._rows("SELECT body FROM source")]
            self._polled = {polled.id: polled for polled in sources}
            walks = self._rows("SELECT id, body FROM walk")
            self._walks = {id: msgspec.msgpack.decode(body, type=Walk) for id, body in walks}
            self._notes, self._version = {}, version

    def known(self, keys: Iterable[str]) -> dict[str, Item]:
        """See Frontier."""
        asked, found = list(dict.fromkeys(keys)), list[Item]()
        for start in range(0, len(asked), _ASKED):
            some = asked[start : start + _ASKED]
            found += map(_item, self._rows(f"SELECT * FROM item WHERE key IN ({', '.join('?' * len(some))})", *some))
        return {item.key: item for item in found}

    def record(
        self,
        items: Iterable[Item] = (),
        polled: Polled | None = None,
        walk: Walk | None = None,
        rest: tuple[str, datetime] | None = None,
    ) -> None:
        """See Frontier."""
        with self._database.transaction():
            self._connection.executemany(_PUT, map(_row, items))
            if polled:
                source = (polled.id, msgspec.msgpack.encode(polled))
                self._connection.execute("INSERT OR REPLACE INTO source VALUES (?, ?)", source)
            if walk:
                row = (_id(walk), msgspec.msgpack.encode(walk))
                self._connection.execute("INSERT OR REPLACE INTO walk VALUES (?, ?)", row)
            if rest:
                self._connection.execute("INSERT OR REPLACE INTO rest VALUES (?, ?)", (rest[0], _number(rest[1])))
        if polled:
            self._polled[polled.id] = polled
        if walk:
            self._walks[_id(walk)] = walk

    def rests(self, now: datetime) -> dict[str, datetime]:
        """See Frontier."""
        rows = self._rows("SELECT host, until FROM rest WHERE until > ?", _number(now))
        return {host: _time(until) for host, until in rows}

    def agenda(self) -> dict[str, datetime]:
        """See Frontier."""
        return {host: _time(due) for host, due in self._rows(_HOSTS)}

    def due(self, host: str, now: datetime) -> Item | None:
        """See Frontier."""
        query = "SELECT * FROM item WHERE host = ? AND rank = ? AND due <= ? ORDER BY due LIMIT 1"
        for rank in Rank:
            rows = self._rows(query, host, rank.value, _number(now))
            if rows:
                return _item(rows[0])
        return None

    def waiting(self, source: str) -> int:
        """See Frontier."""
        query = "SELECT count(*) FROM item WHERE source = ? AND due IS NOT NULL AND rank = 0"
        return int(self._rows(query, source)[0][0])

    def counts(self, since: datetime | None = None) -> list[Count]:
        """See Frontier."""
        state = "CASE WHEN fetched IS NOT NULL THEN 'fetched' WHEN due IS NULL THEN 'refused' ELSE 'waiting' END"
        where, values = ("WHERE listed >= ?", [_number(since)]) if since else ("", [])
        query = f"SELECT source, {state}, coalesce(reason, ''), count(*) FROM item {where} GROUP BY 1, 2, 3"
        return sorted(Count(*row) for row in self._rows(query, *values))

    def corrected(self, since: datetime) -> dict[str, int]:
        """See Frontier."""
        query = "SELECT source, count(*) FROM item WHERE listed >= ? AND changes > 0 GROUP BY 1"
        return dict(self._rows(query, _number(since)))

    def latest(self, source: str, limit: int) -> list[Item]:
        """See Frontier."""
        query = "SELECT * FROM item WHERE source = ? ORDER BY listed DESC LIMIT ?"
        return [_item(row) for row in self._rows(query, source, limit)]

    def notes(self, kind: type[N]) -> dict[str, N]:
        """See Frontier."""
        self._refresh()
        if kind not in self._notes:
            rows = self._rows("SELECT id, body FROM note WHERE kind = ?", kind.__name__)
            self._notes[kind] = {id: msgspec.msgpack.decode(body, type=kind) for id, body in rows}
        return dict(self._notes[kind])

    def amend(self, kind: type[N], id: str, change: Callable[[N | None], N | None]) -> N | None:
        """See Frontier."""
        key = (kind.__name__, id)
        with self._database.transaction():
            row = self._connection.execute("SELECT body FROM note WHERE kind = ? AND id = ?", key).fetchone()
            made = change(msgspec.msgpack.decode(row[0], type=kind) if row else None)
            if made is None:
                self._connection.execute("DELETE FROM note WHERE kind = ? AND id = ?", key)
            else:
                self._connection.execute(
                    "INSERT OR REPLACE INTO note VALUES (?, ?, ?)", (*key, msgspec.msgpack.encode(made))
                )
        known = self._notes.get(kind)
        if known is not None and made is None:
            known.pop(id, None)
        elif known is not None:
            known[id] = made
        return made

    @contextmanager
    def together(self) -> Iterator[None]:
        """See Frontier."""
        try:
            with self._database.transaction():
                yield
        except BaseException:
            self._notes = {}
            raise

    def forget(self, before: datetime, limit: int) -> int:
        """See Frontier."""
        old = "SELECT key FROM item WHERE due IS NULL AND seen < ? LIMIT ?"
        with self._database.transaction():
            return self._connection.execute(f"DELETE FROM item WHERE key IN ({old})", (_number(before), limit)).rowcount

    def close(self) -> None:
        """See Frontier."""
        self._database.close()

    def _rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with translated(self._path):
            return self._connection.execute(query, values).fetchall()


def _id(walk: Walk) -> str:
    return f"{walk.source} {walk.since.isoformat()} {walk.until.isoformat()}"


def _number(time: datetime) -> int:
    """Microseconds since 1970."""
    return (time - _EPOCH) // _MICROSECOND


def _time(number: int) -> datetime:
    return _EPOCH + number * _MICROSECOND


def _row(item: Item) -> list[Any]:
    row: list[Any] = list(item)
    for place in _AT:
        row[place] = None if row[place] is None else _number(row[place])
    row[_RANK] = item.rank.value
    return [text.encode("utf-8", "replace").decode() if isinstance(text, str) else text for text in row]


def _item(row: tuple[Any, ...]) -> Item:
    values = list(row)
    for place in _AT:
        values[place] = None if values[place] is None else _time(values[place])
    values[_RANK] = Rank(values[_RANK])
    return Item(*values)
