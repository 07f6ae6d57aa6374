"""Tar archives, read from front to back.

The headers are walked here, because tarfile takes a damaged header behind the first member for the end of the archive,
and loads a long name of any length; it still parses each header.
"""

import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from tarfile import BLOCKSIZE, TarInfo

from pipeline.adapters.readers.items import Found, Refusal, Unreadable
from pipeline.adapters.readers.members import hidden, refuse_name
from pipeline.adapters.readers.streams import HEADER_MAX, Part, Read, Source, Stream, truncated

_LINKS = (tarfile.LNKTYPE, tarfile.SYMTYPE)
_SPECIAL = (tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE)
_PAX = (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE)
_ABOUT_NEXT = (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, *_PAX)
_NO_DATA = (*_LINKS, *_SPECIAL, tarfile.DIRTYPE)
_RECORD = re.compile(rb"([0-9]{1,7}) ")
_DIGITS = re.compile(rb"[0-9]{1,15}")


@dataclass(slots=True)
class _Override:
    """What extra headers say about the member that follows."""

    name: str | None = None
    size: int | None = None
    sparse: bool = False


def read(source: Source, recurse: Read) -> Iterator[Found]:
    """What is in the archive."""
    override, files = _Override(), 0
    while (info := _header(source.stream)) is not None:
        source.budget.enter()
        size = 0 if info.type in _NO_DATA else info.size if override.size is None else override.size
        body = Part(source.stream, size, source.budget)
        if info.type in _ABOUT_NEXT:
            _extra(info.type, _meta(body, size), override)
        else:
            for found in _member(source, info, override, body, recurse):
                files += 1
                yield found
            override = _Override()
        if source.finished:
            return
        body.skip()
        Part(source.stream, -size % BLOCKSIZE).skip()
    if not files:
        raise Unreadable(Refusal.NO_FILES, "the archive holds no files: name another one")


def _header(stream: Stream) -> TarInfo | None:
    """The next header; None at the end mark, without which the archive is cut off."""
    block = stream.read(BLOCKSIZE)
    if len(block) < BLOCKSIZE:
        raise truncated()
    if not block.strip(b"\0"):
        return None
    try:
        info = TarInfo.frombuf(block, "utf-8", "replace")
    except (tarfile.HeaderError, ValueError) as error:
        raise _damaged(str(error)) from error
    if info.size < 0:
        raise _damaged("negative length")
    if info.type == tarfile.GNUTYPE_SPARSE:  # more headers follow in a form of its own
        raise Unreadable(Refusal.UNSUPPORTED, "from here on it holds a sparse file: pack it again without --sparse")
    return info


def _damaged(what: str) -> Unreadable:
    return Unreadable(Refusal.DAMAGED, f"it is damaged from here on ({what}): what came before is taken")


def _member(source: Source, info: TarInfo, override: _Override, body: Part, recurse: Read) -> Iterator[Found]:
    name = override.name or info.name
    if info.isdir() or hidden(name):
        return
    refusal = _refused(info, override, name)
    if refusal:
        yield source.refused(name, *refusal)
    elif info.isreg():
        yield from recurse(source.member(name, Stream(body.read)))


def _refused(info: TarInfo, override: _Override, name: str) -> tuple[Refusal, str] | None:
    if info.type in _LINKS:
        return Refusal.LINK, "it is a link: pack the file itself (tar --dereference --hard-dereference)"
    if info.type in _SPECIAL:
        return Refusal.SPECIAL, "it is a device or a pipe: pack files only"
    if override.sparse:
        return Refusal.UNSUPPORTED, "it is a sparse file: pack it again without --sparse"
    return refuse_name(name)


def _meta(body: Part, size: int) -> bytes:
    """The data of an extra header. Raises Unreadable when it is longer than any name."""
    if size > HEADER_MAX:
        raise _damaged(f"a name of {size:,} bytes")
    return b"".join(iter(lambda: body.read(HEADER_MAX), b""))


def _extra(kind: bytes, data: bytes, override: _Override) -> None:
    if kind == tarfile.GNUTYPE_LONGNAME:
        override.name = data.rstrip(b"\0").decode(errors="replace")
    elif kind in _PAX:
        for key, value in _records(data):
            if key == b"path":
                override.name = value.decode(errors="replace")
            elif key == b"size" and _DIGITS.fullmatch(value):
                override.size = int(value)
            override.sparse |= key.startswith(b"GNU.sparse.")


def _records(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The records of a pax header: "length key=value", a line each, the length counting itself (POSIX pax, 4.18)."""
    while match := _RECORD.match(data):
        length = int(match[1])
        key, _, value = data[match.end() : max(length - 1, 0)].partition(b"=")
        yield key, value
        data = data[max(length, match.end()) :]
