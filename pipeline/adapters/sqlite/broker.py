"""Topics as append-only tables of one SQLite file, with an offset per agent and the agents' state beside them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline.adapters.sqlite import state
from pipeline.adapters.sqlite.database import Database, translated
from pipeline.broker import Draft, Ending, Message, Parked, Standing, Tally
from schemas.topics import BY_NAME, TOPICS

DURABLE = ("synchronous = FULL",)
PRAGMAS = (
    "cache_size = -80000",  # 80 MB
    # Pages that many commits change, as those of the index of keys, go into the file once for 16 MB of the log, not 4.
    "wal_autocheckpoint = 4000",
)
FORGOTTEN = 20_000
"""Records that an agent forgets at once, in about a second; runners ask once an hour."""
_COLUMNS = '"offset", key, trace, schema, body, by, took, at'


def _table(topic: str) -> str:
    return f'"{BY_NAME[topic].name}"'


def _topic_tables() -> Iterator[str]:
    for topic in TOPICS:
        yield (
            f'CREATE TABLE {_table(topic.name)}("offset" INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL,'
            " trace TEXT NOT NULL, schema TEXT NOT NULL, body BLOB NOT NULL, by TEXT NOT NULL, took REAL NOT NULL,"
            " at REAL NOT NULL)"
        )
        yield f'CREATE INDEX "{topic.name}_trace" ON {_table(topic.name)}(trace)'


SCHEMA = (
    *_topic_tables(),
    "CREATE TABLE position(agent TEXT, topic TEXT, position INTEGER NOT NULL, PRIMARY KEY(agent, topic))",
    'CREATE TABLE parked(agent TEXT, topic TEXT, "offset" INTEGER, key TEXT, trace TEXT, schema TEXT, body BLOB,'
    " by TEXT, took REAL, at REAL, attempts INTEGER, due REAL, since REAL, error TEXT,"
    ' PRIMARY KEY(agent, topic, "offset"))',
    'CREATE TABLE ending(agent TEXT, topic TEXT, "offset" INTEGER, trace TEXT, reason TEXT, took REAL, at REAL,'
    ' PRIMARY KEY(agent, topic, "offset"))',
    "CREATE INDEX ending_trace ON ending(trace)",
    "CREATE TABLE tally(agent TEXT, outcome TEXT, reason TEXT, times INTEGER, PRIMARY KEY(agent, outcome, reason))",
    *state.SCHEMA,
)


class SqliteBroker:
    """The Broker of the embedded runner. One object per process; other processes may append while it reads."""

    def __init__(self, path: Path | str, home: Path | None = None, durable: bool = False) -> None:
        """Open the file. `home` is for backends that keep a file beside their topics; here all is in one. `durable`: no
        commit returns before the disk has it.
        """
        self._database = Database(path, SCHEMA, (*PRAGMAS, *DURABLE[:durable]))
        self._connection = self._database.connection
        self._path = str(path)
        self._states: dict[str, state.SqliteState] = {}

    def transaction(self) -> AbstractContextManager[None]:
        """See Broker."""
        return self._database.transaction()

    def tentative(self) -> AbstractContextManager[Callable[[], None]]:
        """See Broker."""
        return self._database.tentative()

    def state(self, agent: str) -> state.SqliteState:
        """See Broker."""
        if agent not in self._states:
            self._states[agent] = state.SqliteState(self._database, agent)
        return self._states[agent]

    def append(self, drafts: Iterable[Draft], at: datetime) -> None:
        """See Broker."""
        rows: dict[str, list[tuple[object, ...]]] = {}
        for draft in drafts:
            rows.setdefault(draft.topic, []).append((*draft[1:], at.timestamp()))
        with self.transaction():
            for topic, lines in rows.items():
                self._connection.executemany(
                    f"INSERT INTO {_table(topic)}(key, trace, schema, body, by, took, at) VALUES (?,?,?,?,?,?,?)",
                    lines,
                )

    def again(self, agent: str, message: Message, at: datetime) -> None:
        """See Topics."""
        self.park(agent, Parked(message, at, at, "handed in again"))

    def read(self, topic: str, start: int, limit: int) -> list[Message]:
        """See Broker."""
        with translated(self._path):
            rows = self._connection.execute(
                f'SELECT {_COLUMNS} FROM {_table(topic)} WHERE "offset" >= ? ORDER BY "offset" LIMIT ?', (start, limit)
            )
            return [_message(topic, row) for row in rows]

    def scan(self, topic: str) -> Iterator[Message]:
        """See Broker."""
        start = 0
        while batch := self.read(topic, start, 500):
            yield from batch
            start = batch[-1].offset + 1

    def position(self, agent: str, topic: str) -> int:
        """See Broker."""
        row = self._one("SELECT position FROM position WHERE agent = ? AND topic = ?", agent, topic)
        return row[0] if row else 1

    def advance(self, agent: str, topic: str, position: int) -> None:
        """See Broker."""
        self._connection.execute("INSERT OR REPLACE INTO position VALUES (?, ?, ?)", (agent, topic, position))

    def end(self, endings: Iterable[Ending]) -> None:
        """See Broker."""
        self._connection.executemany(
            "INSERT OR REPLACE INTO ending VALUES (?,?,?,?,?,?,?)", [(*e[:6], e.at.timestamp()) for e in endings]
        )

    def park(self, agent: str, parked: Parked) -> None:
        """See Broker."""
        m = parked.message
        row = (agent, *m[:8], m.at.timestamp(), m.attempts, parked.due.timestamp(), parked.since.timestamp())
        marks = ",".join("?" * (len(row) + 1))
        self._connection.execute(f"INSERT OR REPLACE INTO parked VALUES ({marks})", (*row, parked.error))

    def unpark(self, agent: str, message: Message) -> None:
        """See Broker."""
        self._connection.execute(
            'DELETE FROM parked WHERE agent = ? AND topic = ? AND "offset" = ?', (agent, message.topic, message.offset)
        )

    def parked(self, agent: str) -> list[Parked]:
        """See Broker."""
        rows = self._connection.execute(
            f"SELECT topic, {_COLUMNS}, attempts, due, since, error FROM parked WHERE agent = ?"
            ' ORDER BY topic, "offset"',
            (agent,),
        )
        return [
            Parked(_message(topic, row[:8])._replace(attempts=row[8]), _time(row[9]), _time(row[10]), row[11])
            for topic, *row in rows
        ]

    def count(self, tallies: Iterable[Tally]) -> None:
        """See Broker."""
        self._connection.executemany(
            "INSERT INTO tally VALUES (?,?,?,?) ON CONFLICT DO UPDATE SET times = times + excluded.times", list(tallies)
        )

    def tallies(self, reads: Sequence[tuple[str, str]]) -> list[Tally]:
        """See Broker."""
        agents = {agent for agent, _ in reads}
        with translated(self._path):
            rows = self._connection.execute("SELECT * FROM tally ORDER BY 1, 2, 3")
            return [Tally(*row) for row in rows if row[0] in agents]

    def standings(self, reads: Sequence[tuple[str, str]]) -> list[Standing]:
        """See Broker."""
        with translated(self._path):
            return [self._standing(agent, topic) for agent, topic in reads]

    def _standing(self, agent: str, topic: str) -> Standing:
        position = self.position(agent, topic)
        last = self._one("SELECT seq FROM sqlite_sequence WHERE name = ?", topic)
        oldest = self._one(f'SELECT at FROM {_table(topic)} WHERE "offset" >= ? ORDER BY "offset" LIMIT 1', position)
        waiting = self._one("SELECT count(*) FROM parked WHERE agent = ? AND topic = ?", agent, topic)
        lag = max(0, (last[0] if last else 0) + 1 - position)
        later = (waiting[0] if waiting else 0) + self.state(agent).waiting()
        return Standing(agent, topic, position, lag, _time(oldest[0]) if oldest else None, later)

    def history(self, trace: str) -> tuple[list[Message], list[Ending]]:
        """See Broker."""
        with translated(self._path):
            messages = [
                _message(topic.name, row)
                for topic in TOPICS
                for row in self._connection.execute(
                    f"SELECT {_COLUMNS} FROM {_table(topic.name)} WHERE trace = ?", (trace,)
                )
            ]
            endings = [
                Ending._make((*row[:6], _time(row[6])))
                for row in self._connection.execute("SELECT * FROM ending WHERE trace = ?", (trace,))
            ]
        return sorted(messages, key=lambda m: m.at), sorted(endings, key=lambda e: e.at)

    def expire(self, now: datetime, readers: Mapping[str, Sequence[str]], remember: timedelta) -> int:
        """See Broker."""
        deleted = 0
        with self.transaction():
            for topic in TOPICS:
                old = (now - timedelta(days=topic.days)).timestamp()
                passed = min((self.position(a, topic.name) for a in readers.get(topic.name, ())), default=1 << 62)
                deleted += self._connection.execute(
                    f'DELETE FROM {_table(topic.name)} WHERE "offset" < ? AND at < ?', (passed, old)
                ).rowcount
                self._connection.execute("DELETE FROM ending WHERE topic = ? AND at < ?", (topic.name, old))
            for agent in {reader for names in readers.values() for reader in names}:
                remembered = self.state(agent)
                remembered.expire(remembered.horizon(now, remember), FORGOTTEN)
        return deleted

    def close(self) -> None:
        """See Broker."""
        self._database.close()

    def _one(self, sql: str, *values: object) -> tuple[int, ...] | None:
        row: tuple[int, ...] | None = self._connection.execute(sql, values).fetchone()
        return row


def _message(topic: str, row: Sequence[Any]) -> Message:
    offset, key, trace, schema, body, by, took, at = row[:8]
    return Message(topic, offset, key, trace, schema, body, by, took, _time(at))


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
