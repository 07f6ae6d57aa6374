"""The channel `feed:`: alerts as lines of JSON in a file, for `tail -f` and other programs."""

import fcntl
import os
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec

from pipeline.errors import StorageFull, Unavailable
from schemas.alert import AlertRaised
from schemas.codec import encode


class Feed:
    """alerts.jsonl in the home folder. An alert that is there already is not written again, whoever wrote it: one
    process writes at a time, after it has read what others added.
    """

    def __init__(self, home: Path) -> None:
        self._path = home / "alerts.jsonl"
        self._told: set[str] = set()
        self._read = 0
        """Bytes of the file that are known."""
        if self._path.exists():
            with self._path.open("rb") as file:
                self._learn(file)

    together = True

    def send(self, url: str, alerts: Sequence[AlertRaised]) -> None:
        """See Channel. A sample is not written: programs read this file."""
        try:
            with self._path.open("a+b", buffering=0) as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                self._follow(file)
                new = [one for one in alerts if one.alert_id not in self._told and not one.sample]
                if new:
                    self._write(file, b"".join(encode(alert) + b"\n" for alert in new))
        except OSError as error:
            if error.errno == 28:
                raise StorageFull(f"no room left for {self._path}: free some space; nothing is lost") from error
            raise Unavailable(f"cannot write {self._path}: {error.strerror}; choose another --home") from error

    def examine(self, url: str) -> str:
        """See Channel."""
        if not os.access(self._path if self._path.exists() else self._path.parent, os.W_OK):
            raise Unavailable(f"Pantau may not write {self._path}: give it the right, or choose another --home")
        lines = self._path.read_bytes().count(b"\n") if self._path.exists() else 0
        return f"{lines} alerts in {self._path.name}"

    def _follow(self, file: BinaryIO) -> None:
        """Read what others wrote. A half line at the end, left by a kill, is cut off; its alert comes again."""
        if os.fstat(file.fileno()).st_size < self._read:
            self._told, self._read = set(), 0  # somebody emptied it
        if self._learn(file):
            file.truncate(self._read)

    def _learn(self, file: BinaryIO) -> bytes:
        """Read the lines that are not known yet. Returns the half line behind them."""
        file.seek(self._read)
        lines, newline, half = file.read().rpartition(b"\n")
        self._told |= {msgspec.json.decode(line)["alert_id"] for line in lines.splitlines()}
        self._read += len(lines + newline)
        return half

    def _write(self, file: BinaryIO, lines: bytes) -> None:
        """Append lines. One that the disk takes only in part is cut off with the next ones."""
        while lines:
            lines = lines[file.write(lines) or 0 :]
        os.fsync(file.fileno())
