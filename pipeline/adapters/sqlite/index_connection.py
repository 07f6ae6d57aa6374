"""The connection of the search index, and what SQLite's errors mean for people."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.adapters.sqlite.index_schema import SCHEMA, VERSION
from pipeline.errors import StorageFull, Unavailable

PATIENCE = 5.0
"""Seconds to wait for another process that writes."""


def connect(path: str) -> sqlite3.Connection:
    """An open index with its tables, made when the file is new. Raises Unavailable."""
    with translated(path):
        connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
        try:
            _prepare(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection


def _prepare(connection: sqlite3.Connection, path: str) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    # The index is derived data: after a power cut it may lack the last flushes, which the runner replays.
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA secure_delete = OFF")  # merging FTS5 segments would overwrite every freed page
    connection.execute("PRAGMA cache_size = -32000")  # KiB
    connection.execute("PRAGMA wal_autocheckpoint = 4000")  # pages; FTS5 writes the same ones again and again
    connection.execute("PRAGMA temp_store = MEMORY")
    if _version(connection) == VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
        for statement in SCHEMA:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")
    if _version(connection) != VERSION:
        raise Unavailable(
            f"{path} is no search index of this version of Pantau: move it away and fill a new one with pantau replay"
        )


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


@contextmanager
def translated(path: str) -> Iterator[None]:
    """Turn SQLite's errors into sentences."""
    try:
        yield
    except sqlite3.Error as error:
        raise translation(error, path) from error


def translation(failure: sqlite3.Error, path: str) -> Unavailable:
    """What an error of SQLite means for people."""
    error = str(failure)
    if "disk is full" in error:
        return StorageFull(f"there is no room left for {path}: free some space on its disk and start again")
    if "locked" in error:
        return Unavailable(f"{path} is locked by another process: stop the other one, or wait until it has finished")
    if "not a database" in error or "malformed" in error:
        return Unavailable(f"{path} is damaged or no SQLite file: move it away and fill a new one with pantau replay")
    if "unable to open" in error:
        return Unavailable(f"{path} cannot be opened: check that {Path(path).parent} is a folder that you may write to")
    if "readonly" in error:
        return Unavailable(f"{path} cannot be written: give yourself the right to write to it and to its folder")
    return Unavailable(f"{path} cannot be used ({error}): check its disk, then start again")
