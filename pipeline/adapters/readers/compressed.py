"""gzip, bzip2 and xz around any other format, inflated as it is read."""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Protocol

from pipeline.adapters.readers.items import Found, Refusal, Unreadable
from pipeline.adapters.readers.streams import Budget, Read, Source, Stream, growing, truncated

_XZ_MEMORY = 128 * 2**20
"""Bytes that one xz stream may ask for; `xz -9` needs 65 MB."""
_HINTS = {".tgz": ".tar", ".tbz2": ".tar", ".txz": ".tar"}


class Decompressor(Protocol):
    """What bz2 and lzma decompressors have in common."""

    @property
    def eof(self) -> bool:
        """Whether the end of the compressed stream was seen."""

    @property
    def needs_input(self) -> bool:
        """Whether it can give nothing more without more bytes."""

    @property
    def unused_data(self) -> bytes:
        """What came after the end."""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """At most `max_length` further bytes."""


class Deflated:
    """A zlib decompressor that keeps what it could not yet take, as those of bz2 and lzma do."""

    def __init__(self, window: int) -> None:
        self._inner = zlib.decompressobj(window)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        """Whether the end of the compressed stream was seen."""
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        """What came after the end."""
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """At most `max_length` further bytes."""
        plain = self._inner.decompress(self._inner.unconsumed_tail + data, max_length)
        self.needs_input = len(plain) < max_length and not self._inner.unconsumed_tail
        return plain


class Inflated:
    """The plain bytes of a stream of compressed ones; several compressed streams in a row are one."""

    def __init__(self, stream: Stream, make: Callable[[], Decompressor], budget: Budget | None = None) -> None:
        self._stream, self._make, self._budget = stream, make, budget
        self._decompressor = make()
        self._packed = self._plain = 0

    def read(self, size: int) -> bytes:
        """Up to `size` bytes, none at the end. Raises Unreadable: damaged, truncated, bomb or too many."""
        try:
            data = self._next(size)
        except (zlib.error, lzma.LZMAError, OSError, EOFError, MemoryError) as error:
            raise Unreadable(Refusal.DAMAGED, f"it cannot be unpacked ({error}): get a complete copy") from error
        self._plain += len(data)
        growing(self._plain, self._packed)
        if self._budget:
            self._budget.spend(len(data))
        return data

    def _next(self, size: int) -> bytes:
        while True:
            if self._decompressor.eof and not self._follow():
                return b""
            chunk = self._stream.some() if self._decompressor.needs_input else b""
            self._packed += len(chunk)
            ended = self._decompressor.needs_input and not chunk
            data = self._decompressor.decompress(chunk, size)
            if data:
                return data
            if ended and not self._decompressor.eof:
                raise truncated()

    def _follow(self) -> bool:
        """Start on the next compressed stream in the same file; padding between them is passed over."""
        rest = self._decompressor.unused_data.lstrip(b"\0")
        while not rest and (chunk := self._stream.some()):
            rest = chunk.lstrip(b"\0")
        if rest:
            self._packed -= len(rest)
            self._stream.unread(rest)
            self._decompressor = self._make()
        return bool(rest)


def gzip() -> Decompressor:
    """One member of a gzip file."""
    return Deflated(16 + zlib.MAX_WBITS)


def read_gzip(source: Source, recurse: Read) -> Iterator[Found]:
    """What is in a .gz."""
    return _unpacked(source, recurse, gzip)


def read_bzip2(source: Source, recurse: Read) -> Iterator[Found]:
    """What is in a .bz2."""
    return _unpacked(source, recurse, bz2.BZ2Decompressor)


def read_xz(source: Source, recurse: Read) -> Iterator[Found]:
    """What is in an .xz."""
    return _unpacked(source, recurse, lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, _XZ_MEMORY))


def _unpacked(source: Source, recurse: Read, make: Callable[[], Decompressor]) -> Iterator[Found]:
    stem, _, suffix = source.hint.rpartition(".")
    hint = stem + _HINTS.get(f".{suffix.lower()}", "")
    # Outside of an archive the total does not count: a crawl of many gigabytes in one .jsonl.gz is read line by line.
    inflated = Inflated(source.stream, make, source.budget if source.depth else None)
    yield from recurse(replace(source, hint=hint, stream=Stream(inflated.read), file=None, layers=source.layers + 1))
