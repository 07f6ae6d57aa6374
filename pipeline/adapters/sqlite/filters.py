"""A Bloom filter with one hash for sorted lists of 32-bit hashes, in parts that are made anew one by one."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

PARTS = 16
"""The uppermost 4 bits of a hash tell its part."""
PART_SHIFT = 28

_BITS_PER_ENTRY = 8  # a hash that is not there is taken to be there once in 8 times at most
_MOST_BITS = 30  # 128 MB, for 130 million entries; with more of them more is looked up in vain


class Filter:
    """Lets all hashes through that were noted, and few others."""

    def __init__(self) -> None:
        self._bits = 0
        self._octets: NDArray[np.uint8] = np.zeros(0, dtype=np.uint8)

    def fits(self, entries: int) -> bool:
        """Whether it is large enough for so many hashes."""
        return self._bits >= _bits(entries)

    def resize(self, entries: int) -> None:
        """Make it large enough for so many hashes, and forget all that there are."""
        self._bits = _bits(entries)
        self._octets = np.zeros((1 << self._bits) // 8, dtype=np.uint8)

    def clear(self, part: int) -> None:
        """Forget the hashes of a part."""
        size = len(self._octets) // PARTS
        self._octets[part * size : (part + 1) * size] = 0

    def note(self, part: int, entries: NDArray[np.uint64]) -> None:
        """Let hashes of a part through. Their other 28 bits are the uppermost ones of entries, which are in order."""
        if len(entries) == 0:
            return
        share = self._bits - (32 - PART_SHIFT)
        places = (entries >> np.uint64(64 - share)).astype(np.int32)
        octets, bits = places >> 3, np.uint8(1) << (places & 7).astype(np.uint8)
        starts = np.flatnonzero(np.diff(octets, prepend=-1))
        self._octets[octets[starts] + (part << share - 3)] |= np.bitwise_or.reduceat(bits, starts)

    def among(self, hashes: Sequence[int]) -> list[int]:
        """Those of these hashes that may have been noted."""
        if not self._bits:
            return []
        octets, octet, bit = self._octets.data, 35 - self._bits, 32 - self._bits
        return [found for found in hashes if octets[found >> octet] >> (found >> bit & 7) & 1]


def _bits(entries: int) -> int:
    """The filter for so many entries has 2 to the power of this many bits, 0 for none."""
    return min(max(16, (entries * _BITS_PER_ENTRY).bit_length()), _MOST_BITS) if entries else 0
