"""The channel `feed:`: alerts as lines of JSON in a file, for `pantau watch history`, `tail -f` and other programs."""

import os
from pathlib import Path

import msgspec

from pipeline.errors import StorageFull, Unavailable
from schemas.alert import AlertRaised
from schemas.codec import encode


class Feed:
    """alerts.jsonl in the home folder. An alert that is there already is not written again."""

    def __init__(self, home: Path) -> None:
        self._path = home / "alerts.jsonl"
        self._told = self._read()

    def _read(self) -> set[str]:
        """The alerts in the file. A half line at its end, left by a kill, is cut off; its alert comes again."""
        if not self._path.exists():
            return set()
        content = self._path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            os.truncate(self._path, whole)
        return {msgspec.json.decode(line)["alert_id"] for line in content[:whole].splitlines()}

    def send(self, url: str, alert: AlertRaised) -> None:
        """See Notify."""
        if alert.alert_id in self._told:
            return
        try:
            with self._path.open("ab") as file:
                file.write(encode(alert) + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            self._told = self._read()
            if error.errno == 28:
                raise StorageFull(f"no room left for {self._path}: free some space; nothing is lost") from error
            raise Unavailable(f"cannot write {self._path}: {error.strerror}; choose another --home") from error
        self._told.add(alert.alert_id)

    def examine(self, url: str) -> str:
        """See Channel."""
        if not os.access(self._path if self._path.exists() else self._path.parent, os.W_OK):
            raise Unavailable(f"Pantau may not write {self._path}: give it the right, or choose another --home")
        return f"{len(self._told)} alerts in {self._path.name}"
