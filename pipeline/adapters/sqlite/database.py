"""One SQLite file: how it is opened, and its errors said in words of ours."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import PantauError, StorageFull, Unavailable

BUSY_SECONDS = 30
"""How long a write waits for another process. A runner's transactions last under a second."""


class Database:
    """An open SQLite file in WAL mode: one writer at a time, readers never wait.

    WAL with synchronous=NORMAL keeps every committed transaction when the process is killed; after a power cut the last
    ones may be missing, never half of one (https://sqlite.org/wal.html).
    """

    def __init__(self, path: Path | str, schema: str, version: int) -> None:
        """Open or create the file. Raises Unavailable with the cure when that cannot be done."""
        self.path = str(path)
        self._depth = 0
        with translated(self.path):
            self.connection = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)
            self._create(schema, version)

    def _create(self, schema: str, version: int) -> None:
        execute = self.connection.execute
        execute("PRAGMA journal_mode=WAL")
        execute("PRAGMA synchronous=NORMAL")
        execute("PRAGMA cache_size=-65536")
        found = execute("PRAGMA user_version").fetchone()[0]
        if found not in (0, version):
            raise Unavailable(
                f"{self.path} was written by another version of Pantau (layout {found}, this one reads {version}): "
                "use the Pantau that wrote it, or move the file away and ingest again"
            )
        if found == 0:
            with self.transaction():
                for statement in schema.split(";"):
                    execute(statement)
                execute(f"PRAGMA user_version={version}")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside happens or nothing does. Inner transactions are part of the outer one."""
        if self._depth:
            yield
            return
        with translated(self.path):
            self.connection.execute("BEGIN IMMEDIATE")
            self._depth = 1
            try:
                yield
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise
            finally:
                self._depth = 0

    def close(self) -> None:
        """Close the file; it cannot be used afterwards."""
        self.connection.close()


@contextmanager
def translated(path: str) -> Iterator[None]:
    """Turn the errors of SQLite into ours, with the file and the cure."""
    try:
        yield
    except sqlite3.Error as error:
        raise explain(path, error) from error


def explain(path: str, error: sqlite3.Error) -> PantauError:
    """What an error of SQLite means for the one who runs Pantau."""
    text = str(error)
    if "full" in text or "disk I/O" in text:
        return StorageFull(f"no room left for {path}: free some space and start again; nothing is lost ({text})")
    if "locked" in text or "busy" in text:
        return Unavailable(f"another process holds {path} for more than {BUSY_SECONDS} s: end it, then start again")
    if "not a database" in text or "malformed" in text:
        return Unavailable(f"{path} is damaged or not a database of Pantau: move it away and ingest again")
    if "readonly" in text or "unable to open" in text:
        return Unavailable(f"cannot write {path}: choose a folder that you may write, with --home or PANTAU_HOME")
    return Unavailable(f"{path}: {text}")
