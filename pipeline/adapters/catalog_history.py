"""What was changed in a catalog, when and by whom: lines of JSON beside its files.

Each line is an entry as it was from then on (or nothing, when it was removed), so the newest lines are the catalog as
it was last seen. What differs from that was changed by hand; it is noted at the next command that looks.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import msgspec

from pipeline.errors import Misuse, Unavailable
from schemas.catalog import Change, Snapshot
from schemas.record import Value

BY_HAND = "by hand"
_Kind = Literal["official", "watch", "source"]
_FILES: dict[_Kind, str] = {"official": "officials.yaml", "watch": "watches.yaml", "source": "sources.toml"}


class _Line(Value, frozen=True, kw_only=True):
    at: datetime
    by: str
    kind: _Kind
    id: str
    entry: dict[str, Any] | None


class History:
    """The file `history.jsonl` of a catalog. Call `note` where nobody else writes."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._path = folder, folder / "history.jsonl"

    def note(self, snapshot: Snapshot, by: str) -> None:
        """Note how a catalog differs from what is known. What changed by hand has the time of its file."""
        known = {(line.kind, line.id): line.entry for line in self._lines()}
        now = {(kind, entry.id): msgspec.json.decode(msgspec.json.encode(entry)) for kind, entry in _entries(snapshot)}
        changed = [
            _Line(at=self._time(kind, by), by=by, kind=kind, id=id, entry=now.get((kind, id)))
            for kind, id in dict.fromkeys([*known, *now])
            if known.get((kind, id)) != now.get((kind, id))
        ]
        if changed:
            self._append(changed)

    def changes(self) -> list[Change]:
        """Every change, the oldest first."""
        known: dict[tuple[str, str], dict[str, Any] | None] = {}
        found: list[Change] = []
        for line in self._lines():
            key = (line.kind, line.id)
            before, after = known.get(key) or {}, line.entry or {}
            what: Literal["added", "changed", "removed"] = (
                "changed" if before and after else "added" if after else "removed"
            )
            fields = {
                name: (before.get(name), after.get(name))
                for name in dict.fromkeys([*before, *after])
                if before.get(name) != after.get(name)
            }
            found.append(Change(at=line.at, by=line.by, kind=line.kind, id=line.id, change=what, fields=fields))
            known[key] = line.entry
        return found

    def _time(self, kind: _Kind, by: str) -> datetime:
        path = self._folder / _FILES[kind]
        if by == BY_HAND and path.exists():
            return datetime.fromtimestamp(path.stat().st_mtime, UTC)
        return datetime.now(UTC)

    def _lines(self) -> list[_Line]:
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return []
        whole = content[: content.rfind(b"\n") + 1]  # a kill may leave half a line
        try:
            return [msgspec.json.decode(line, type=_Line) for line in whole.splitlines()]
        except msgspec.DecodeError as error:
            raise Misuse(f"{self._path} is damaged ({error}): move it away, and a new one is begun") from error

    def _append(self, lines: Iterable[_Line]) -> None:
        try:
            with self._path.open("a+b") as file:
                file.seek(0)
                content = file.read()
                file.truncate(content.rfind(b"\n") + 1)
                file.write(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
        except OSError as error:
            raise Unavailable(f"{self._path} cannot be written ({error.strerror}): check its permissions") from error


def _entries(snapshot: Snapshot) -> list[tuple[_Kind, Any]]:
    return [
        *(("official", entry) for entry in snapshot.officials),
        *(("watch", entry) for entry in snapshot.watches),
        *(("source", entry) for entry in snapshot.sources),
    ]
