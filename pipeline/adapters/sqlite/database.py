"""SQLite files: how they are opened, and what their errors mean for people."""

import sqlite3
from collections.abc import Iterator, Sequence
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


def connect(path: Path | str, schema: Sequence[str], version: int, pragmas: Sequence[str] = ()) -> sqlite3.Connection:
    """An open database with its tables, which are made when the file is new. Transactions are begun by hand.

    `version` goes into PRAGMA user_version; a file with another one is refused. Raises Unavailable with the cure.
    """
    with translated(path):
        connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
        try:
            for pragma in (*PRAGMAS, *pragmas):
                connection.execute(f"PRAGMA {pragma}")
            _create(connection, schema, version)
            if _version(connection) != version:
                raise Unavailable(
                    f"{path} was written by another version of Pantau: use that one, or move the file away and "
                    "ingest again"
                )
        except BaseException:
            connection.close()
            raise
    return connection


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
        return StorageFull(f"no room is left for {path}: free some space on its disk and start again; nothing is lost")
    if "locked" in error:
        return Unavailable(f"{path} is locked by another process: stop the other one, or wait until it has finished")
    if "not a database" in error or "malformed" in error:
        return Unavailable(f"{path} is damaged or no SQLite file: move it away and ingest again")
    if "unable to open" in error:
        return Unavailable(f"{path} cannot be opened: check that {Path(path).parent} is a folder that you may write to")
    if "readonly" in error:
        return Unavailable(f"{path} cannot be written: give yourself the right to write to it and to its folder")
    return Unavailable(f"{path} cannot be used ({error}): check its disk, then start again")
