"""Forward-only bytes with a view ahead, and the limits that everything read from them obeys."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import BinaryIO

from pipeline.adapters.readers.items import Found, Refusal, Refused, Unreadable, printable

CHUNK = 1 << 16
"""Bytes asked of whatever lies below, at a time."""
HEAD = 8192
"""Bytes looked at to tell the type of a file."""
PAGE_MAX = 20 * 10**6
"""Bytes of one page, of one JSON line and of one JSON value. The largest news pages are below 5 MB."""
HEADER_MAX = 10**6
"""Bytes of a header block: WARC, HTTP, the names of tar members."""
HELD_MAX = 64 * 10**6
"""Bytes of a zip that is held in memory, for its table is at its end and a pipe or an archive cannot seek."""
MEMBERS_MAX = 100_000
"""Members of an archive with all archives inside it."""
PLAIN_MAX = 2 * 10**9
"""Unpacked bytes of an archive with all archives inside it."""
RATIO_MAX = 200
"""Unpacked bytes per packed byte. HTML packs 5 to 15 times, deflate can reach 1,030, bzip2 45,000."""
RATIO_FREE = 10**6
"""Unpacked bytes below which the ratio does not count: a short repetitive file harms nobody."""
DEPTH_MAX = 3
"""Containers inside each other, and layers of compression around each other."""


class Stream:
    """Bytes from `read`, which returns up to n bytes and none at the end, or raises Unreadable.

    What lies in front of an error can be seen and read before it is raised. A stream that raised once is `broken`:
    what held it must not read on.
    """

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._source, self._buffer, self._at = read, b"", 0
        self._error: Unreadable | None = None
        self.broken = False

    def _more(self) -> bool:
        """Append a chunk to the buffer; False at the end, and at an error, which is kept."""
        if self._error:
            return False
        try:
            chunk = self._source(CHUNK) or b""
        except Unreadable as error:
            self._error, chunk = error, b""
        except OSError as error:
            detail = f"reading failed ({error.strerror}): try again or copy it"
            self._error, chunk = Unreadable(Refusal.UNREADABLE, detail), b""
        self._buffer, self._at = self._buffer[self._at :] + chunk, 0
        return bool(chunk)

    def _fill(self) -> bool:
        """Append a chunk to the buffer; False at the end."""
        more = self._more()
        if self._error:
            self.broken = True
            raise self._error
        return more

    def peek(self, size: int) -> bytes:
        """The next bytes, fewer only at the end and in front of an error, without consuming them."""
        while len(self._buffer) - self._at < size and self._more():
            continue
        if self._at == len(self._buffer):
            self._fill()
        return self._buffer[self._at : self._at + size]

    def read(self, size: int) -> bytes:
        """The next bytes, fewer only at the end."""
        pieces, missing = [], size
        while missing and (self._at < len(self._buffer) or self._fill()):
            piece = self._buffer[self._at : self._at + missing]
            self._at += len(piece)
            missing -= len(piece)
            pieces.append(piece)
        return b"".join(pieces)

    def some(self) -> bytes:
        """The bytes at hand, at most a chunk or so; none only at the end."""
        if self._at == len(self._buffer) and not self._fill():
            return b""
        taken, self._buffer, self._at = self._buffer[self._at :], b"", 0
        return taken

    def unread(self, data: bytes) -> None:
        """Put bytes back in front."""
        self._buffer, self._at = data + self._buffer[self._at :], 0

    def line(self, limit: int) -> bytes:
        """The next line with its line feed, cut after `limit` bytes; none only at the end."""
        pieces, size = [], 0
        while size < limit:
            piece = self._line_here(limit - size)
            if not piece and not self._fill():
                break
            pieces.append(piece)
            size += len(piece)
            if piece.endswith(b"\n"):
                break
        return b"".join(pieces)

    def _line_here(self, limit: int) -> bytes:
        end = self._buffer.find(b"\n", self._at, self._at + limit) + 1
        piece = self._buffer[self._at : end or self._at + limit]
        self._at += len(piece)
        return piece

    def skip_line(self) -> None:
        """Pass over the rest of a line, however long."""
        while (piece := self.line(CHUNK)) and not piece.endswith(b"\n"):
            continue

    def block(self) -> bytes:
        """The lines up to the next blank one, which is the last that is returned. Raises Unreadable above the limit."""
        lines, size = [], 0
        while size <= HEADER_MAX:
            lines.append(self.line(HEADER_MAX))
            size += len(lines[-1])
            if not lines[-1].strip():
                return b"".join(lines)
        self.broken = True
        raise Unreadable(Refusal.DAMAGED, f"a header is longer than {HEADER_MAX:,} bytes: make the file again")


class Part:
    """The next `size` bytes of a stream, to be read or skipped before the stream is used again."""

    def __init__(self, stream: Stream, size: int, budget: Budget | None = None) -> None:
        self._stream, self._left, self._budget = stream, size, budget

    def read(self, size: int) -> bytes:
        """Up to `size` bytes. Raises Unreadable when the stream ends before the part does."""
        wanted = min(size, self._left)
        if self._budget:
            self._budget.spend(wanted)
        data = self._stream.read(wanted)
        self._left -= len(data)
        if len(data) < wanted:
            self._stream.broken = True
            raise truncated()
        return data

    def skip(self) -> None:
        """Pass over what is left."""
        while self._left:
            self.read(CHUNK)


@dataclass(slots=True)
class Budget:
    """What one top-level file may still cost, together with all that is packed in it."""

    members: int = MEMBERS_MAX
    plain: int = PLAIN_MAX

    @property
    def exhausted(self) -> bool:
        """Whether a limit was passed: nothing more is read."""
        return self.members < 0 or self.plain < 0

    def enter(self) -> None:
        """Count a member. Raises Unreadable when there are too many."""
        self.members -= 1
        if self.members < 0:
            raise Unreadable(Refusal.TOO_MANY, f"more than {MEMBERS_MAX:,} members: split the archive")

    def spend(self, size: int) -> None:
        """Count unpacked bytes. Raises Unreadable when there are too many."""
        self.plain -= size
        if self.plain < 0:
            raise Unreadable(Refusal.TOO_MANY, f"more than {PLAIN_MAX // 10**9} GB unpacked: split the archive")


@dataclass(frozen=True)
class Source:
    """Something to read.

    name    for people
    hint    the file name whose extension breaks ties; without ".gz" once that is unpacked
    file    the same bytes in a file that can seek, when there is one
    depth   how many containers it is in; `layers` how many compressions are around it
    """

    name: str
    hint: str
    stream: Stream
    file: BinaryIO | None = None
    depth: int = 0
    layers: int = 0
    budget: Budget = field(default_factory=Budget)

    @property
    def finished(self) -> bool:
        """Whether nothing more can be read from it, and the reason was told already."""
        return self.stream.broken or self.budget.exhausted

    def member(self, name: str, stream: Stream, file: BinaryIO | None = None) -> Source:
        """What is packed in it under this name."""
        shown = printable(f"{self.name}!{name}")
        return replace(self, name=shown, hint=name, stream=stream, file=file, depth=self.depth + 1, layers=0)

    def refused(self, name: str, reason: Refusal, detail: str) -> Refused:
        """The refusal of a member."""
        return Refused(f"{self.name}!{name}", reason, detail)


Read = Callable[[Source], Iterator[Found]]
"""Reads any source: what the readers of containers use for what is in them."""


def held(data: bytes) -> tuple[Stream, BinaryIO]:
    """Bytes in memory as a stream, and as a file that can seek."""
    return Stream(io.BytesIO(data).read), io.BytesIO(data)


def truncated() -> Unreadable:
    """The error of every stream that ends too early."""
    return Unreadable(Refusal.TRUNCATED, "it ends before it should: what came before is taken, get a complete copy")


def growing(plain: int, packed: int) -> None:
    """Raise Unreadable when this many unpacked bytes out of this many packed ones cannot be honest."""
    if plain > RATIO_FREE and plain > RATIO_MAX * packed:
        raise Unreadable(Refusal.BOMB, f"it grows more than {RATIO_MAX} times when unpacked: unpack it yourself")
