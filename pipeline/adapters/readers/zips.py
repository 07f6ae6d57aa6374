"""Zip archives. Where the table at the end is lost, the members in front of the damage are read one after the other."""

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, BinaryIO

from pipeline.adapters.readers.compressed import Deflated
from pipeline.adapters.readers.items import Found, Refusal, Unreadable
from pipeline.adapters.readers.members import hidden, refuse_name
from pipeline.adapters.readers.pages import too_large
from pipeline.adapters.readers.streams import (
    CHUNK,
    HELD_MAX,
    MEMBERS_MAX,
    PAGE_MAX,
    Read,
    Source,
    Stream,
    growing,
    held,
    truncated,
)

_TABLE_MAX = 32 * 10**6
"""Bytes of the table of members, which zipfile reads at once; 100,000 members take about 10 MB."""
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the others are inflated without a limit by zipfile
_ERRORS = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, ValueError, LookupError)
_OFFICE = ("[Content_Types].xml", "mimetype")  # the first member of OOXML, OpenDocument and EPUB files
_LOCAL = struct.Struct("<4s5H3I2H")
_ENCRYPTED, _SIZES_FOLLOW = 0x1, 0x8
_UTF8 = 0x800
_UNKNOWN = 0xFFFFFFFF  # the length stands in a field of zip64
_DESCRIPTOR = b"PK\x07\x08"


def read(source: Source, recurse: Read) -> Iterator[Found]:
    """What is in the archive."""
    file = source.file or _in_memory(source.stream)
    try:
        archive = zipfile.ZipFile(_Guarded(file))
    except _ERRORS:
        file.seek(0)
        yield from _rescued(source, Stream(file.read), recurse)
        return
    infos = [info for info in archive.infolist() if not info.is_dir() and not hidden(info.filename)]
    if not infos:
        raise Unreadable(Refusal.NO_FILES, "the archive holds no files: name another one")
    _refuse_office(infos[0].filename)
    for info in infos:
        source.budget.enter()
        yield from _member(source, archive, info, recurse)
        if source.budget.exhausted:
            return


def _in_memory(stream: Stream) -> BinaryIO:
    data = stream.read(HELD_MAX + 1)
    if len(data) > HELD_MAX:
        what = f"a zip from a pipe or in an archive may have {HELD_MAX // 10**6} MB"
        raise Unreadable(Refusal.TOO_LARGE, f"{what}: save it as a file and name that")
    return held(data)[1]


def _refuse_office(first: str) -> None:
    if first in _OFFICE:
        raise Unreadable(Refusal.UNSUPPORTED, "it is an office document or an e-book: save it as PDF, HTML or text")


def _member(source: Source, archive: zipfile.ZipFile, info: zipfile.ZipInfo, recurse: Read) -> Iterator[Found]:
    refusal = _refused(info)
    if refusal:
        yield source.refused(info.filename, *refusal)
        return
    try:
        growing(info.file_size, info.compress_size)
        member = archive.open(info)
    except Unreadable as error:
        yield source.refused(info.filename, error.reason, error.detail)
    except _ERRORS as error:
        yield source.refused(info.filename, *_damage(error))
    else:
        with member:
            yield from recurse(
                source.member(info.filename, Stream(_Inflating(source, member, info.compress_size).read))
            )


def _refused(info: zipfile.ZipInfo) -> tuple[Refusal, str] | None:
    """Why a member is not read, by what the table says of it."""
    mode = stat.S_IFMT(info.external_attr >> 16)
    if mode == stat.S_IFLNK:
        return Refusal.LINK, "it is a link: pack the file itself"
    if mode not in (0, stat.S_IFREG):
        return Refusal.SPECIAL, "it is a device or a pipe: pack files only"
    if info.flag_bits & _ENCRYPTED:
        return Refusal.ENCRYPTED, "it needs a password: pack it without"
    if info.compress_type not in _METHODS:
        return Refusal.UNSUPPORTED, "it is packed with a rare method: pack it with deflate"
    return refuse_name(info.orig_filename)


def _damage(error: Exception) -> tuple[Refusal, str]:
    return Refusal.DAMAGED, f"it cannot be unpacked ({error}): get a complete copy of the archive"


class _Inflating:
    """Reads a member and counts what comes out of it."""

    def __init__(self, source: Source, member: IO[bytes], packed: int) -> None:
        self._budget, self._member, self._packed, self._plain = source.budget, member, packed, 0

    def read(self, size: int) -> bytes:
        """Up to `size` bytes. Raises Unreadable: damaged, truncated, bomb or too many."""
        try:
            data = self._member.read(size)
        except EOFError as error:
            raise truncated() from error
        except _ERRORS as error:
            raise Unreadable(*_damage(error)) from error
        self._plain += len(data)
        growing(self._plain, self._packed)
        self._budget.spend(len(data))
        return data


class _Guarded:
    """The file as zipfile reads it, with a limit on the table, which it loads at once."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        """As of any file. Raises Unreadable when that much can only be a table of too many members."""
        if size > _TABLE_MAX:
            raise Unreadable(Refusal.TOO_MANY, f"more than {MEMBERS_MAX:,} members: split the archive")
        return self._file.read(size)


@dataclass(frozen=True)
class _Local:
    """The header in front of a member."""

    name: str
    flags: int
    method: int
    crc: int
    packed: int

    @property
    def bounded(self) -> bool:
        """Whether the end of the member is known beforehand."""
        return not self.flags & _SIZES_FOLLOW and self.packed != _UNKNOWN


def _rescued(source: Source, stream: Stream, recurse: Read) -> Iterator[Found]:
    """The members in front of the damage. Ends by raising Unreadable, for the archive is not whole."""
    while stream.peek(4) == b"PK\x03\x04":
        source.budget.enter()
        local = _local(stream)
        content = _content(local, stream)
        if local.name.endswith("/") or hidden(local.name):
            continue
        refusal = refuse_name(local.name)
        if refusal:
            yield source.refused(local.name, *refusal)
        else:
            source.budget.spend(len(content))
            yield from recurse(source.member(local.name, *held(content)))
    raise truncated()


def _local(stream: Stream) -> _Local:
    header = stream.read(_LOCAL.size)
    if len(header) < _LOCAL.size:
        raise truncated()
    _, _, flags, method, _, _, crc, packed, _, name, extra = _LOCAL.unpack(header)
    raw = stream.read(name)
    stream.read(extra)
    return _Local(raw.decode("utf-8" if flags & _UTF8 else "cp437", "replace"), flags, method, crc, packed)


def _content(local: _Local, stream: Stream) -> bytes:
    """The bytes of a complete member. Raises Unreadable when they are not there, or their end cannot be found."""
    if local.flags & _ENCRYPTED or local.method not in _METHODS or (local.packed > PAGE_MAX and local.bounded):
        raise Unreadable(Refusal.DAMAGED, f"its table is lost, and {local.name} cannot be read without: pack it again")
    if local.method == zipfile.ZIP_STORED and not local.bounded:
        raise Unreadable(Refusal.DAMAGED, f"its table is lost, and so is the length of {local.name}: pack it again")
    content = _inflated(stream) if local.method == zipfile.ZIP_DEFLATED else _stored(stream, local.packed)
    crc = local.crc
    if not local.bounded:
        marker = stream.peek(4) == _DESCRIPTOR
        crc = int.from_bytes(stream.read(16 if marker else 12)[4 if marker else 0 :][:4], "little")
    if zlib.crc32(content) != crc:
        raise Unreadable(Refusal.DAMAGED, f"its table is lost, and {local.name} is damaged: get a complete copy")
    return content


def _stored(stream: Stream, size: int) -> bytes:
    content = stream.read(size)
    if len(content) < size:
        raise truncated()
    return content


def _inflated(stream: Stream) -> bytes:
    decompressor, pieces, plain = Deflated(-zlib.MAX_WBITS), [], 0
    while not decompressor.eof:
        chunk = stream.some() if decompressor.needs_input else b""
        ended = decompressor.needs_input and not chunk
        try:
            pieces.append(decompressor.decompress(chunk, CHUNK))
        except zlib.error as error:
            raise Unreadable(*_damage(error)) from error
        plain += len(pieces[-1])
        if plain > PAGE_MAX or (ended and not pieces[-1] and not decompressor.eof):
            raise truncated() if ended else too_large("page")
    stream.unread(decompressor.unused_data)
    return b"".join(pieces)
