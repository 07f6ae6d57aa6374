"""Content codings: bodies are unpacked piece by piece, so that a bomb is seen before it has gone off.

One layer is unpacked. Two are refused, whether the second one is declared or not: browsers never ask for it, and it
multiplies what a bomb can do.
"""

import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

import brotli
import zstandard

PIECE = 1 << 16
"""Unpacked bytes at a time, about."""
ACCEPTED = "gzip, deflate, br, zstd"
RATIO_MAX = 100
"""Unpacked bytes per packed byte. HTML packs 5 to 15 times."""
RATIO_FREE = 10**6
"""Unpacked bytes below which the ratio does not count: a short repetitive page harms nobody."""
_ZSTD_SLICE = 256
"""Packed bytes at a time: a block of zstd has 4 of them at least and 128 kB unpacked at most (RFC 8878), so a slice
gives 8 MB at most.
"""
_ZSTD_WINDOW = 8 << 20
"""RFC 9659: the largest window of zstd as a content coding."""
_MEMBER = b"\x1f\x8b"
_GZIP = 31
"""zlib: gzip with its header and checksum."""


class Damaged(Exception):
    """The bytes are not packed as is said, or end too early."""


class Coding(Protocol):
    """Unpacks one body."""

    def feed(self, packed: bytes) -> Iterator[bytes]:
        """What these bytes unpack to, in pieces. Raises Damaged."""

    def end(self) -> None:
        """The body is over. Raises Damaged when it should not be."""


class Plain:
    """No coding."""

    def feed(self, packed: bytes) -> Iterator[bytes]:
        """See Coding."""
        yield packed

    def end(self) -> None:
        """See Coding."""


class Zlib:
    """gzip, of one member or several; deflate with the header of zlib or, as some servers send it, without."""

    def __init__(self, gzip: bool) -> None:
        self._gzip, self._begun, self._behind = gzip, False, b""
        self._inflate = zlib.decompressobj(_GZIP if gzip else zlib.MAX_WBITS)

    def feed(self, packed: bytes) -> Iterator[bytes]:
        """See Coding."""
        if packed and not self._begun:
            self._begun = True
            if not self._gzip and packed[0] & 0x0F != zlib.DEFLATED:
                self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            while packed:
                if self._inflate.eof and not (packed := self._another(packed)):
                    return
                yield self._inflate.decompress(packed, PIECE)
                packed = self._inflate.unconsumed_tail or self._inflate.unused_data
        except zlib.error as error:
            raise Damaged(str(error)) from error

    def _another(self, packed: bytes) -> bytes:
        """The beginning of another member of gzip, nothing as long as there is none; padding is ignored."""
        packed, self._behind = self._behind + packed, b""
        if not (self._gzip and packed.startswith(_MEMBER)):
            self._behind = packed if packed == _MEMBER[:1] else b"\0"
            return b""
        self._inflate = zlib.decompressobj(_GZIP)
        return packed

    def end(self) -> None:
        """See Coding."""
        if self._begun and not self._inflate.eof:
            raise Damaged("it ends too early")


class Brotli:
    """br (RFC 7932)."""

    def __init__(self) -> None:
        self._decompressor, self._begun = brotli.Decompressor(), False

    def feed(self, packed: bytes) -> Iterator[bytes]:
        """See Coding."""
        self._begun = self._begun or bool(packed)
        try:
            piece = self._decompressor.process(packed, output_buffer_limit=PIECE)
            while piece or not self._decompressor.can_accept_more_data():
                yield piece
                piece = self._decompressor.process(b"", output_buffer_limit=PIECE)
        except brotli.error as error:
            raise Damaged(str(error)) from error

    def end(self) -> None:
        """See Coding."""
        if self._begun and not self._decompressor.is_finished():
            raise Damaged("it ends too early")


class Zstd:
    """zstd (RFC 8878), of one frame or several."""

    def __init__(self) -> None:
        self._made = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
        self._frame = self._made.decompressobj()
        self._begun = False

    def feed(self, packed: bytes) -> Iterator[bytes]:
        """See Coding."""
        try:
            for start in range(0, len(packed), _ZSTD_SLICE):
                rest = packed[start : start + _ZSTD_SLICE]
                while rest:
                    if self._frame.eof:
                        self._frame = self._made.decompressobj()
                    self._begun = True
                    yield self._frame.decompress(rest)
                    rest = self._frame.unused_data if self._frame.eof else b""
        except zstandard.ZstdError as error:
            raise Damaged(str(error)) from error

    def end(self) -> None:
        """See Coding."""
        if self._begun and not self._frame.eof:
            raise Damaged("it ends too early")


_CODINGS: dict[str, Callable[[], Coding]] = {
    "gzip": lambda: Zlib(gzip=True),
    "deflate": lambda: Zlib(gzip=False),
    "br": Brotli,
    "zstd": Zstd,
}
_SAME = {"x-gzip": "gzip"}


def coding(header: str | None) -> Coding | None:
    """What unpacks a body with this Content-Encoding; None when it names several codings, or one that is not known."""
    names = [name for name in (part.strip().lower() for part in (header or "").split(",")) if name]
    names = [_SAME.get(name, name) for name in names if name != "identity"]
    if not names:
        return Plain()
    made = _CODINGS.get(names[0]) if len(names) == 1 else None
    return made() if made else None


def packed_again(content: bytes | bytearray) -> bool:
    """Whether what was unpacked begins like something packed."""
    return content.startswith((b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"))
