"""Readers of uploads: paths, folders, archives and standard input become items, one per page.

    for found in read([Path("crawl.tar.gz"), "-"], sys.stdin.buffer):
        match found:
            case Item(): ...      # store it and send it on
            case Refused(): ...   # show name and detail; what follows is not affected

A bad file, member or line is refused with its reason and its cure, and reading goes on. Everything is read as a
stream: memory is bounded by the limits at the top of `streams`, and nothing is ever unpacked to disk.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Literal

from pipeline.adapters.readers import compressed, folders, jsonl, mail, tars, warc, zips
from pipeline.adapters.readers.detect import Kind, detect
from pipeline.adapters.readers.items import Found, Item, Refusal, Refused, Unreadable, printable
from pipeline.adapters.readers.pages import page
from pipeline.adapters.readers.streams import DEPTH_MAX, HEAD, Budget, Read, Source, Stream

__all__ = ["Item", "Refusal", "Refused", "count", "read", "read_file"]


def read(paths: Sequence[Path | Literal["-"]], stdin: BinaryIO) -> Iterator[Item | Refused]:
    """The pages in these files, folders and archives, in order; "-" is standard input.

    Raises nothing about what it reads: whatever cannot be an item comes as a Refused.
    """
    for path in paths:
        if path == "-":
            yield from _open(_standard_input(stdin))
        else:
            for found in folders.walk(Path(path)):
                yield from [found] if isinstance(found, Refused) else _file(found)


def read_file(name: str, file: BinaryIO, budget: Budget) -> Iterator[Item | Refused]:
    """The pages in an open file that can seek; `name` is what it is called by whoever sent it, `budget` what it and all
    that is packed in it may cost.
    """
    return _open(Source(printable(name), name, Stream(file.read), file=file, budget=budget))


def count(paths: Sequence[Path | Literal["-"]]) -> int:
    """How many files `read` will open: an estimate for a progress bar that looks into no archive."""
    return sum(1 if path == "-" else folders.count(Path(path)) for path in paths)


def _standard_input(stdin: BinaryIO) -> Source:
    read1: Callable[[int], bytes] = getattr(stdin, "read1", stdin.read)  # takes what a pipe has, waits for no more
    return Source("stdin", "", Stream(read1), file=stdin if folders.seekable(stdin) else None)


def _file(path: Path) -> Iterator[Found]:
    try:
        file = folders.open_file(path)
    except OSError as error:
        yield folders.failed(path, error)
        return
    with file:
        seekable = file if folders.seekable(file) else None
        yield from _open(Source(folders.shown(path), path.name, Stream(file.read), file=seekable))


def _open(source: Source) -> Iterator[Found]:
    """Read any source. What goes wrong in its own bytes is refused under its name, here and nowhere else."""
    try:
        kind = detect(source.stream.peek(HEAD), source.hint)
        if (kind in _CONTAINERS and source.depth >= DEPTH_MAX) or source.layers > DEPTH_MAX:
            detail = f"archives are packed more than {DEPTH_MAX} deep: unpack the outer ones"
            raise Unreadable(Refusal.TOO_DEEP, detail)
        reader = _READERS.get(kind)
        yield from reader(source, _open) if reader else [page(source, kind)]
    except Unreadable as error:
        yield Refused(source.name, error.reason, error.detail)


_CONTAINERS = frozenset({Kind.MAIL, Kind.TAR, Kind.ZIP})
_READERS: dict[Kind, Callable[[Source, Read], Iterator[Found]]] = {
    Kind.JSON: jsonl.read,
    Kind.MAIL: mail.read,
    Kind.WARC: warc.read,
    Kind.ZIP: zips.read,
    Kind.TAR: tars.read,
    Kind.GZIP: compressed.read_gzip,
    Kind.BZIP2: compressed.read_bzip2,
    Kind.XZ: compressed.read_xz,
}
