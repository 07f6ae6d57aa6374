"""SQLite files: how they are opened, and what their errors mean for people."""

import sqlite3
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import StorageFull, Unavailable

PATIENCE = 30.0
"""Seconds that a write waits for another process. A runner's transactions last under a second."""
PRAGMAS = (
    "journal_mode = WAL",  # one writer at a time, readers never wait
    # WAL with NORMAL keeps every commit when the process is killed; a power cut may undo the last ones, none by half
    # (https://sqlite.org/wal.html).
    "synchronous = NORMAL",
    "temp_store = MEMORY",
)


def connect(
    path: Path | str,
    schema: Sequence[str],
    version: int,
    pragmas: Sequence[str] = (),
    anew: str = "ingest again",
) -> sqlite3.Connection:
    """An open database with its tables, which are made when the file is new. Transactions are begun by hand.

    `version` goes into PRAGMA user_version; a file with another one is refused. Raises Unavailable with the cure;
    `anew` says how a file that was moved away is made again.
    """
    with translated(path):
        connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
        try:
            for pragma in (*PRAGMAS, *pragmas):
                connection.execute(f"PRAGMA {pragma}")
            _create(connection, schema, version)
            if _version(connection) != version:
                raise Unavailable(
                    f"{path} was written by another version of Pantau: use that one, or move the file away and {anew}"
                )
        except BaseException:
            connection.close()
            raise
    return connection


def layout(schema: Sequence[str]) -> int:
    """A version for `connect`: any change of a table makes another number."""
    return zlib.crc32("\n".join(schema).encode()) & 0x7FFFFFFF


class Database:
    """An open file with transactions that may be nested: the inner ones are part of the outer one."""

    def __init__(self, path: Path | str, schema: Sequence[str], pragmas: Sequence[str] = ()) -> None:
        self.connection = connect(path, schema, layout(schema), pragmas)
        self._path, self._inside, self._turn = path, False, 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside happens or nothing does."""
        if self._inside:
            yield
            return
        with translated(self._path):
            self.connection.execute("BEGIN IMMEDIATE")
            self._inside, self._turn = True, self._turn + 1
            try:
                yield
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise
            finally:
                self._inside = False

    @contextmanager
    def tentative(self) -> Iterator[Callable[[], None]]:
        """Inside a transaction: calling what this yields takes back all that was changed inside."""
        with translated(self._path):
            self.connection.execute("SAVEPOINT tentative")
            yield self._undo
            self.connection.execute("RELEASE tentative")

    @property
    def turn(self) -> int | None:
        """A number that stays while only this object can have changed the file and nothing was taken back; None outside
        a transaction.
        """
        return self._turn if self._inside else None

    def _undo(self) -> None:
        self.connection.execute("ROLLBACK TO tentative")
        self._turn += 1

    def close(self) -> None:
        """Let the file go."""
        self.connection.close()


def _create(connection: sqlite3.Connection, schema: Sequence[str], version: int) -> None:
    if _version(connection) == version:
        return
    connection.execute("BEGIN IMMEDIATE")  # two processes may meet a new file at once
    if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
        for statement in schema:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {version}")
    connection.execute("COMMIT")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


@contextmanager
def translated(path: Path | str) -> Iterator[None]:
    """Turn the errors of SQLite into sentences."""
    try:
        yield
    except sqlite3.Error as error:
        raise explained(path, error) from error


def explained(path: Path | str, failure: sqlite3.Error) -> Unavailable:
    """What an error of SQLite means for the one who runs Pantau."""
    error = str(failure)
    if "disk is full" in error:
        return StorageFull(f"no room left for {path}: free some space on its disk and start again; nothing is lost")
    if "locked" in error:
        return Unavailable(f"{path} is locked by another process: stop the other one, or wait until it has finished")
    if "not a database" in error or "malformed" in error:
        return Unavailable(f"{path} is damaged or no SQLite file: move it away and ingest again")
    if "unable to open" in error:
        return Unavailable(f"{path} cannot be opened: check that {Path(path).parent} is a folder that you may write to")
    if "readonly" in error:
        return Unavailable(f"{path} cannot be written: give yourself the right to write to it and to its folder")
    return Unavailable(f"{path} cannot be used ({error}): check its disk, then start again")
