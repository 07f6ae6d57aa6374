"""The catalog as files in one folder: officials.yaml, watches.yaml, sources.toml, and corrections in edits.jsonl."""

import errno
import fcntl
import logging
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec

from pipeline.adapters import catalog_history as history
from pipeline.adapters import entries
from pipeline.adapters.catalog_history import History
from pipeline.adapters.checked_watch import Check, Lines, examine, web
from pipeline.adapters.located import Node, Place, closest, entry, read_toml, read_yaml
from pipeline.errors import Misuse, StorageFull, Unavailable
from schemas.catalog import Change, Edit, Official, Role, Snapshot, Source, Watch

V = TypeVar("V", Official, Watch, Source)
_Known = dict[str, Watch]

LOG = logging.getLogger("pantau.catalog")
OFFICIALS, WATCHES, SOURCES, EDITS = "officials.yaml", "watches.yaml", "sources.toml", "edits.jsonl"
FILES = (OFFICIALS, WATCHES, SOURCES, EDITS)
LARGEST = 5_000_000
"""Bytes of one file. 60 officials are 30 kB; a file above this was not written by people."""

_SLUG = re.compile(r"[a-z0-9]+(?:[-._][a-z0-9]+)*")
_RESERVED = {"upload": "it names what people upload", "fetch": "it names what `pantau fetch` brings"}


class FileCatalog:
    """The `Catalog` port over a folder. A file that is absent counts as empty.

    `check` is given the query of every watch; a BadQuery from it becomes an error with file and line.
    `tick` is a clock in seconds: the files are looked at when a second has passed since the last look.
    """

    def __init__(
        self, folder: Path | str, check: Check | None = None, *, tick: Callable[[], float] = time.monotonic
    ) -> None:
        self._folder, self._check, self._tick = Path(folder), check, tick
        self._history = History(self._folder)
        self._looked = float("-inf")
        self._stamp: tuple[object, ...] | None = None
        self._found: Snapshot | Misuse = Misuse("not read yet")

    def snapshot(self) -> Snapshot:
        """The newest catalog; the same object while no file changed.

        Raises Misuse with file, line and cure when a file is broken, Unavailable when one cannot be read. A catalog
        that breaks later, while somebody edits it, is logged, and the last good one stays in use until it is mended.
        """
        now = self._tick()
        if now - self._looked >= 1:
            self._look()
            self._looked = now
        if isinstance(self._found, Misuse):
            raise self._found.with_traceback(None)
        return self._found

    def save_watch(self, watch: Watch, by: str) -> None:
        """Add the watch, or replace the one with its id. Other entries keep their lines and comments.

        Nothing is written, and Misuse is raised, when the file as it would be cannot be used.
        """
        put = partial(entries.put, id=watch.id, fields=_fields(watch))
        self._rewrite(put, lambda known: {**known, watch.id: watch}, by)

    def remove_watch(self, id: str, by: str) -> None:
        """Take the watch out. Raises Misuse when there is none with this id."""
        self._rewrite(partial(entries.cut, id=id), lambda known: _without(known, id), by)

    def add_sources(self, sources: Sequence[Source], by: str) -> None:
        """Add the sources at the end of their file; what stands in it stays as it is."""
        path = self._folder / SOURCES
        with _alone(self._folder):
            self._history.note(self._load(), history.BY_HAND)
            text = _text(path)
            before = _sources(path, text)
            changed = "\n\n".join(filter(None, [text.rstrip("\n"), *map(entries.toml, map(_fields, sources))])) + "\n"
            if _sources(path, changed) != (*before, *sources):
                raise Misuse(f"{path}: these sources cannot be added by themselves: edit the file by hand")
            _replace(path.resolve(), changed)
            self._history.note(self._load(), by)
        self._looked = float("-inf")

    def save_edit(self, edit: Edit) -> None:
        """Add a correction of the ledger behind all others."""
        path = self._folder / EDITS
        with _alone(self._folder):
            whole = "".join(f"{msgspec.json.encode(known).decode()}\n" for known in (*_edits(path), edit))
            _replace(path.resolve(), whole)
        self._looked = float("-inf")

    def changes(self, id: str | None = None) -> list[Change]:
        """See CatalogEditor. What was changed by hand since the last look is noted first."""
        with _alone(self._folder):
            self._history.note(self._load(), history.BY_HAND)
        return [change for change in self._history.changes() if id in (None, change.id)]

    def _look(self) -> None:
        stamp = tuple(_stamp(self._folder / name) for name in FILES)
        if stamp == self._stamp:
            return
        try:
            self._found = self._load()
        except Misuse as error:
            if isinstance(self._found, Snapshot):
                LOG.error("the changed catalog cannot be used, the last good one stays", extra={"error": str(error)})
            else:
                self._found = error
        self._stamp = stamp

    def _load(self) -> Snapshot:
        officials = _officials(self._folder / OFFICIALS)
        watches = self._watches(_text(self._folder / WATCHES), officials)
        sources = _sources(self._folder / SOURCES, _text(self._folder / SOURCES))
        return Snapshot(officials=officials, watches=watches, sources=sources, edits=_edits(self._folder / EDITS))

    def _watches(self, text: str, officials: tuple[Official, ...]) -> tuple[Watch, ...]:
        place = Place(str(self._folder / WATCHES))
        found = _entries(read_yaml(text, place), Watch, place, "a watch")
        for watch, nodes in found:
            examine(watch, Lines(nodes, place), officials, self._check)
        return tuple(watch for watch, _ in found)

    def _rewrite(self, change: Callable[[str], str], wanted: Callable[[_Known], _Known], by: str) -> None:
        """Change the text of the watches, if it then reads back as what is wanted: no other watch may suffer."""
        path = self._folder / WATCHES
        with _alone(self._folder):
            self._history.note(self._load(), history.BY_HAND)
            officials, text = _officials(self._folder / OFFICIALS), _text(path)
            expected = wanted({watch.id: watch for watch in self._watches(text, officials)})
            if not entries.block(text):
                Place(str(path)).fail(
                    1, "the list stands in brackets: write each watch as '- id: ...' to change it here"
                )
            changed = change(text)
            if {watch.id: watch for watch in self._watches(changed, officials)} != expected:
                raise Misuse(f"{path}: this change cannot be made by itself: edit the file by hand")
            _replace(path.resolve(), changed)
            self._history.note(self._load(), by)
        self._looked = float("-inf")


def _without(known: _Known, id: str) -> _Known:
    if id not in known:
        raise Misuse(f"there is no watch {id!r}: {closest(id, known)}")
    return {other: watch for other, watch in known.items() if other != id}


def _fields(watch: Watch | Source) -> dict[str, object]:
    """The fields of an entry as plain values, without those that hold their default."""
    found: dict[str, object] = msgspec.to_builtins(watch)
    return {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}


# Files


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        raise Unavailable(f"{path} cannot be read ({error.strerror}): check its permissions") from error
    if len(content) > LARGEST:
        raise Misuse(f"{path}:1: the file is larger than {LARGEST // 1_000_000} MB: delete what does not belong in it")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Misuse(
            f"{path}:{line}: byte 0x{content[error.start]:02x} is not UTF-8: save the file as UTF-8"
        ) from error


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Only one writer at a time, in this process and others."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        held = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise Unavailable(f"{folder} cannot be used ({error.strerror}): check the path and its permissions") from error
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def _replace(path: Path, text: str) -> None:
    """Put the text in place of the file at once; a reader sees the old or the new one, never half."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            temporary.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise StorageFull(f"{path} cannot be written: no room left on the disk, free some") from error
        raise Unavailable(f"{path} cannot be written ({error.strerror}): check its permissions") from error


# Entries and their rules


def _entries(root: Node, kind: type[V], place: Place, noun: str) -> list[tuple[V, dict[str, Node]]]:
    """Every entry with its nodes. Ids are slugs and stand once."""
    if not isinstance(root.value, list):
        place.fail(root.line, "expected a list: begin each entry with '- id: ...'")
    seen: dict[str, int] = {}
    found: list[tuple[V, dict[str, Node]]] = []
    for node in root.value:
        made = entry(node, kind, place, noun)
        nodes = node.value if isinstance(node.value, dict) else {}
        _id(made.id, nodes["id"].line, seen, place)
        found.append((made, nodes))
    return found


def _id(id: str, line: int, seen: dict[str, int], place: Place) -> None:
    if not _SLUG.fullmatch(id):
        slug = "-".join(re.findall(r"[a-z0-9]+", id.lower())) or "some-name"
        place.fail(line, f"id {id!r} may hold small letters, digits and '-': write {slug!r}")
    if id in seen:
        place.fail(line, f"id {id!r} is used already on line {seen[id]}: give one of them another id")
    seen[id] = line


def _officials(path: Path) -> tuple[Official, ...]:
    place = Place(str(path))
    found = _entries(read_yaml(_text(path), place), Official, place, "an official")
    for official, nodes in found:
        lines = Lines(nodes, place)
        if official.source is not None:
            web(official.source, lines.of("source"), place, "source")
        roles = nodes["roles"].value if "roles" in nodes else None
        for role, node in zip(official.roles, roles if isinstance(roles, list) else ()):
            _in_order(role, node, place)
    return tuple(official for official, _ in found)


def _in_order(role: Role, node: Node, place: Place) -> None:
    if role.since and role.until and role.until <= role.since and isinstance(node.value, dict):
        message = f"'until' {role.until} is not after 'since' {role.since}: 'until' is the first day after the office"
        place.fail(node.value["until"].line, message)


def _edits(path: Path) -> tuple[Edit, ...]:
    """The corrections of the ledger, a line each. Raises Misuse with the line of one that is damaged."""
    found: list[Edit] = []
    for number, line in enumerate(_text(path).splitlines(), 1):
        try:
            found.append(msgspec.json.decode(line, type=Edit))
        except msgspec.DecodeError as error:
            raise Misuse(
                f"{path}:{number}: this is no correction of the ledger ({error}): take the line out"
            ) from error
    return tuple(found)


def _sources(path: Path, text: str) -> tuple[Source, ...]:
    place = Place(str(path))
    found = _entries(read_toml(text, "source", place), Source, place, "a source")
    for source, nodes in found:
        lines = Lines(nodes, place)
        web(source.url, lines.of("url"), place, "url", "https://example.org/feed.xml")
        if source.id in _RESERVED:
            place.fail(lines.of("id"), f"id {source.id!r} is taken ({_RESERVED[source.id]}): choose another")
    return tuple(source for source, _ in found)
