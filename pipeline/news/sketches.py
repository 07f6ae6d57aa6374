"""A small sample of a text from which one can tell how much of another text stands in it.

FracMinHash (Irber et al. 2022, doi:10.1101/2022.01.11.475838): the 5-word shingles whose hash lies below a limit. The
limit halves until few enough are left, so that a short text keeps all; two texts are compared at the lower limit.
Letters of scripts without spaces count as words. The language is hashed in: texts in two languages share nothing.
"""

import re
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.news import words
from schemas.article import Article

WIDTH = 5
"""Words of a shingle that is compared."""
KEY_WIDTH = 7
"""Words of a shingle that is looked up: seven give a quarter of the stray candidates of five."""
KEPT = 17
"""Postings of an article: its exact hash and the 16 lowest of its keys."""

_ASKED = 32  # an article asks for more keys than it is kept under, which finds what a longer one quotes
_MOST = 256  # shingles in a sample of up to eight times as many; two of three news articles are there in full
_SPARSEST = 3  # halvings of the limit that are free; a very long text is sampled more sparsely only beyond _HUGE
_HUGE = 2048
_BITS = 16  # of each hash that are kept, from the limit on: two unrelated texts share up to one shingle by chance
_FEW_WORDS = 20  # a body this short ("Log in to read on") says nothing without its title
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_NUMBERS_ONLY = bytes(b if chr(b) in "0123456789.,:" else 0x20 for b in range(256))
_NO_OTHER_DIGITS = bytes([*range(0xCC), 0xE2])  # the bytes of Latin letters and of punctuation
_NO_MARKS = str.maketrans("", "", ".,:")
_YEARS = range(1900, 2100)


class Sketch(NamedTuple):
    """The sampled shingles of a text.

    halved   every shingle is there whose hash begins with so many zero bits
    hashes   the next 16 bits of each, ascending
    figures  hashes of the numbers of three and more digits in the text (years excepted), ascending
    exact    a hash of all its words
    """

    halved: int
    hashes: list[int]
    figures: list[int]
    exact: int


class Overlap(NamedTuple):
    """Two texts at the lower of their limits: how many shingles each has, and the hashes that both have.

    A hash is the `bits` bits that follow on `halved` zero bits.
    """

    mine: int
    theirs: int
    common: frozenset[int]
    halved: int
    bits: int


def overlap(mine: Sketch, theirs: Sketch) -> Overlap:
    """What two samples have in common."""
    halved, least = max(mine.halved, theirs.halved), min(mine.halved, theirs.halved)
    one, other = (_coarse(sketch, halved, least) for sketch in (mine, theirs))
    return Overlap(len(one), len(other), frozenset(one).intersection(other), halved, _BITS - halved + least)


def _coarse(sketch: Sketch, halved: int, least: int) -> list[int]:
    if sketch.halved > least:
        return [number >> halved - least for number in sketch.hashes]
    if halved > least:
        return sketch.hashes[: bisect_left(sketch.hashes, 1 << _BITS - halved + least)]
    return sketch.hashes


class Sieve:
    """Tells of nearly all unrelated texts, in a quarter of the time of `overlap`, that they share too little."""

    def __init__(self, mine: Sketch) -> None:
        self._mine, self._tables = mine, dict[int, tuple[int, NDArray[np.bool_]]]()

    def at_most(self, halved: int, packed: bytes) -> float:
        """No less than the containment of the text and another, of which the limit and the packed hashes are given."""
        theirs, coarser = np.frombuffer(packed, dtype=np.uint16), halved - self._mine.halved
        if coarser > 0:
            theirs = theirs >> np.uint16(coarser)
        elif coarser < 0:
            theirs = theirs[: theirs.searchsorted(np.uint16(1 << _BITS + coarser))]
        size, present = self._tables.get(coarser) or self._table(coarser)
        return np.count_nonzero(present[theirs]) / max(1, min(size, len(theirs)))

    def _table(self, coarser: int) -> tuple[int, NDArray[np.bool_]]:
        """How many shingles the text has at the lower limit, and which hashes."""
        least = self._mine.halved + min(0, coarser)
        hashes = _coarse(self._mine, least + abs(coarser), least)
        present = np.zeros(1 << _BITS, dtype=bool)
        present[hashes] = True
        return self._tables.setdefault(coarser, (len(hashes), present))


class Reading(NamedTuple):
    """What is known of an article at hand.

    postings  what to look for; it is kept under the first `KEPT` of them
    sieve     what is asked before it is compared
    shingles  the hashes of all shingles in the order of the text
    leading   words of the title that stand before those of the body
    """

    sketch: Sketch
    postings: list[int]
    sieve: Sieve
    shingles: words.Hashes
    leading: int


def read(article: Article) -> Reading:
    """The sketch of an article with all that is needed to compare it."""
    found, leading = words.encoded_words(article.text), 0
    if len(found) < _FEW_WORDS:
        title = words.encoded_words(article.title)
        found, leading = title + found, len(title)
    seed = words.hash64(article.language)
    exact = words.hash_bytes(b" ".join(found), seed)
    hashes = words.hash_encoded(found)
    compared, keys = (words.shingles(hashes, width, seed) for width in (WIDTH, KEY_WIDTH))
    lowest = dict.fromkeys(np.sort(keys)[: 2 * _ASKED].tolist())
    postings = words.postings([exact, *list(lowest)[:_ASKED]])
    sketch = Sketch(*_sample(compared), _figures(article.text), exact)
    return Reading(sketch, postings, Sieve(sketch), compared, leading)


def sampled(reading: Reading, halved: int, bits: int) -> list[tuple[int, int]]:
    """The shingles below a limit in the order of the text: the place of its first word in the body, and its hash."""
    places = np.flatnonzero(reading.shingles <= np.uint64((1 << 64 - halved) - 1))
    numbers = reading.shingles[places] << np.uint64(halved) >> np.uint64(64 - bits)
    return list(zip((places - reading.leading).tolist(), numbers.tolist()))


def shared_runs(sample: Sequence[tuple[int, int]], common: frozenset[int]) -> list[tuple[int, int]]:
    """Which words of the body, start..end-1, stand in the other text too; in order, runs that touch are one.

    Between sampled shingles in a row that are shared, all is taken to be; the ends may be a few words off. A single one
    is a phrase that everybody uses, or chance.
    """
    runs: list[tuple[int, int]] = []
    first = last = None
    for place, number in (*sample, (0, -1)):
        if number in common:
            first, last = place if first is None else first, place
        elif first is not None and last is not None:
            if last > first and last + WIDTH > 0:
                start = runs.pop()[0] if runs and first <= runs[-1][1] else max(0, first)
                runs.append((start, last + WIDTH))
            first = last = None
    return runs


def pack(numbers: Sequence[int]) -> bytes:
    """Hashes of a sketch in two bytes each."""
    return array("H", numbers).tobytes()


def unpack(packed: bytes) -> list[int]:
    """The hashes again."""
    return array("H", packed).tolist()


def _sample(shingles: words.Hashes) -> tuple[int, list[int]]:
    found, halved = np.sort(shingles), 0
    found = np.concatenate((found[:1], found[1:][found[1:] != found[:-1]]))
    while len(found) > (_MOST if halved < _SPARSEST else _HUGE):
        halved += 1
        found = found[: found.searchsorted(np.uint64(1 << 64 - halved))]
    return halved, (found << np.uint64(halved) >> np.uint64(64 - _BITS)).tolist()


def _figures(text: str) -> list[int]:
    # Other bytes than those of numbers separate; only what is left of a text is then searched for numbers.
    raw = text.encode("utf-8", "surrogatepass")
    near = raw.translate(_NUMBERS_ONLY).decode() if not raw.translate(None, _NO_OTHER_DIGITS) else text
    found = {number.translate(_NO_MARKS) for number in _NUMBER.findall(" ".join(near.split()))}
    telling = (digits for digits in found if len(digits) >= 3 and not (len(digits) == 4 and int(digits) in _YEARS))
    return sorted(words.hash64(digits) >> 64 - _BITS for digits in telling)
