"""The signs of which lines consist, counted for all lines of a page at once.

The text of a page becomes one array of codepoints, a table says of each codepoint what it is, and sums between the
beginnings of lines count. That costs less than a handful of regular expressions per line.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.uint16]
Floats = NDArray[np.float64]
Marks = NDArray[np.bool_]

WORD, DENSE, UPPER, LOWER, DIGIT, COMMA, STOP, CLOSER, QUOTE, SEPARATOR, SPACE, COLON, BRACKET, WIDE = (
    1 << bit for bit in range(14)
)
"""Bits of a codepoint. DENSE: of a script without spaces between words. WIDE: ends a sentence, no space needed."""

_SIGNS = {
    COMMA: ",，、;；،",
    STOP: ".!?…。！？؟।៕",
    WIDE: "。！？",
    CLOSER: "\"'”’“‘»«›)]」』】）",
    QUOTE: '"“”«»„「」『』',
    SEPARATOR: "|•›‹»·→←▶►★☆/\\<>+#@_=~©®&*^",
    COLON: ":：",
    BRACKET: "()[]（）【】{}",
}
_DENSE = ((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3040, 0x30FF), (0x3400, 0x9FFF))
"""Thai and Lao, Burmese, Khmer, kana, Han: scripts without spaces between words."""
_HAN = 0x4E00
_PLANES = 0x10000


@cache
def _table() -> Flags:
    """The flags of each codepoint of the first plane; the last one stands for all signs beyond it."""
    table = np.zeros(_PLANES, dtype=np.uint16)
    for code in range(_PLANES - 1):
        table[code] = _flags(chr(code))
    for bit, signs in _SIGNS.items():
        table[[ord(sign) for sign in signs]] |= bit
    for first, last in _DENSE:
        block = table[first : last + 1]
        block[(block & WORD) > 0] |= DENSE
        block &= np.uint16(0xFFFF ^ WORD)
    return table


def _flags(sign: str) -> int:
    category = unicodedata.category(sign)
    word = WORD if category[0] in "LNM" else 0
    case = {"Lu": UPPER, "Lt": UPPER, "Ll": LOWER, "Nd": DIGIT}.get(category, 0)
    return word | case | (SPACE if sign.isspace() else 0)


@dataclass(frozen=True)
class Signs:
    """The flags of all codepoints of all lines, each line with a newline behind it, and where the lines begin."""

    flags: Flags
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]

    def count(self, marks: Marks) -> Floats:
        """How many codepoints of each line are marked."""
        sums: Floats = np.add.reduceat(marks, self.starts, dtype=np.int64).astype(np.float64)
        return sums

    def of(self, bits: int) -> Marks:
        """The codepoints that have one of these bits."""
        found: Marks = (self.flags & bits) > 0
        return found

    @cached_property
    def word_starts(self) -> Marks:
        """Where words begin, but for scripts without spaces."""
        word = self.of(WORD)
        found: Marks = word.copy()
        found[1:] &= ~word[:-1]
        return found

    @cached_property
    def last(self) -> Flags:
        """The flags of the last sign of each line that closes nothing, is no space and no mark of quotation."""
        bare = np.flatnonzero(~self.of(CLOSER | SPACE))
        if not len(bare):
            return np.zeros(len(self.starts), dtype=np.uint16)
        behind = np.searchsorted(bare, self.starts + self.lengths) - 1
        at = bare[np.maximum(behind, 0)]
        found: Flags = np.where((behind >= 0) & (at >= self.starts), self.flags[at], 0).astype(np.uint16)
        return found

    @cached_property
    def stops(self) -> Marks:
        """Where sentences end: before a space, or before a closing sign, or anywhere in scripts without spaces."""
        stop = self.of(STOP)
        behind = np.append(self.of(SPACE | CLOSER)[1:], True)
        found: Marks = (stop & behind) | self.of(WIDE)
        return found


def signs_of(lines: Sequence[str]) -> Signs:
    """What the lines consist of. A newline within a line is a space like others."""
    text = "\n".join(lines) + "\n"
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    codes = np.where(codes < _PLANES, codes, np.where(codes >> 16 == 2, _HAN, _PLANES - 1))
    lengths = np.array([len(line) for line in lines], dtype=np.int64)
    starts = np.concatenate(([0], np.cumsum(lengths + 1)[:-1])).astype(np.int64)
    return Signs(_table()[codes], starts, lengths)
