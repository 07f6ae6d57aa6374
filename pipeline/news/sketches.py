"""A small sample of a text from which one can tell how much of another text stands in it.

FracMinHash (Irber et al. 2022, doi:10.1101/2022.01.11.475838): the 5-word shingles whose hash lies below a limit. The
limit halves until few enough are left, so that a short text keeps all; two texts are compared at the lower limit. Letters
of scripts without spaces count as words. The language is hashed in: texts in two languages share nothing.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from pipeline.news import words
from schemas.article import Article

WIDTH = 5
"""Words of a shingle that is compared."""
KEY_WIDTH = 7
"""Words of a shingle that is looked up: seven give a quarter of the stray candidates of five."""
KEPT = 17
"""Postings of an article: its exact hash and the 16 lowest of its keys."""

_ASKED = 32  # an article asks for more keys than it is kept under, which finds what a longer one quotes
_MOST = 128  # shingles in a sample of up to eight times as many; the standard error of a containment of .3 is .03
_SPARSEST = 3  # halvings of the limit that are free; a very long text is sampled more sparsely only beyond _HUGE
_HUGE = 4096
_BITS = 24  # of each hash that are kept: of two unrelated texts one pair in a hundred shares a shingle by chance
_FEW_WORDS = 20  # a body this short ("Log in to read on") says nothing without its title
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_NUMBERS_ONLY = bytes(b if chr(b) in "0123456789.,:" else 0x20 for b in range(256))
_NO_OTHER_DIGITS = bytes([*range(0xCC), 0xE2])  # the bytes of Latin letters and of punctuation
_NO_MARKS = str.maketrans("", "", ".,:")
_YEARS = range(1900, 2100)


class Sketch(NamedTuple):
    """The sampled shingles of a text.

    halved   every shingle is there whose hash begins with so many zero bits
    hashes   the upper 24 bits of each, ascending
    figures  hashes of the numbers of three and more digits in the text (years excepted), ascending
    exact    a hash of all its words
    """

    halved: int
    hashes: list[int]
    figures: list[int]
    exact: int

    def up_to(self, halved: int) -> list[int]:
        """The hashes that are left at this limit, which is not above its own."""
        return self.hashes if halved == self.halved else self.hashes[: bisect_left(self.hashes, 1 << _BITS - halved)]


class Reading(NamedTuple):
    """What is known of an article at hand.

    postings  what to look for; it is kept under the first `KEPT` of them
    shingles  the hashes of all shingles in the order of the text
    leading   words of the title that stand before those of the body
    """

    sketch: Sketch
    postings: list[int]
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
    compared, keys = words.nested_shingles(words.hash_encoded(found), (WIDTH, KEY_WIDTH), seed)
    lowest = dict.fromkeys(np.sort(keys)[: 2 * _ASKED].tolist())
    postings = words.postings([exact, *list(lowest)[:_ASKED]])
    halved, sample = _sample(compared)
    return Reading(Sketch(halved, sample, _figures(article.text), exact), postings, compared, leading)


def shared_runs(reading: Reading, shared: Sequence[int], halved: int) -> list[tuple[int, int]]:
    """Which words of the body, start..end-1, stand in another text too; in order, runs that touch are one.

    `shared` are the hashes that both have at this limit. Between two sampled shingles in a row that are shared, all is
    taken to be; a run may go on for a few words more than is told.
    """
    numbers = reading.shingles >> np.uint64(64 - _BITS)
    places = np.flatnonzero(numbers < np.uint64(1 << _BITS - halved))
    same = np.isin(numbers[places], np.array(shared, dtype=np.uint64))
    edges = np.flatnonzero(np.diff(same, prepend=False, append=False)).reshape(-1, 2)
    starts = np.maximum(places[edges[:, 0]] - reading.leading, 0)
    ends = places[edges[:, 1] - 1] + WIDTH - reading.leading
    runs: list[tuple[int, int]] = []
    for start, end in zip(starts.tolist(), ends.tolist()):
        if runs and start <= runs[-1][1]:
            runs[-1] = (runs[-1][0], end)
        elif end > 0:
            runs.append((start, end))
    return runs


def pack(numbers: Sequence[int]) -> bytes:
    """Hashes of a sketch in three bytes each."""
    return np.array(numbers, dtype="<u4").view(np.uint8).reshape(-1, 4)[:, :3].tobytes()


def unpack(packed: bytes) -> list[int]:
    """The hashes again."""
    wide = np.zeros((len(packed) // 3, 4), dtype=np.uint8)
    wide[:, :3] = np.frombuffer(packed, dtype=np.uint8).reshape(-1, 3)
    numbers: list[int] = wide.view("<u4")[:, 0].tolist()
    return numbers


def _sample(shingles: words.Hashes) -> tuple[int, list[int]]:
    numbers, halved = np.sort(shingles >> np.uint64(64 - _BITS)), 0
    numbers = np.concatenate((numbers[:1], numbers[1:][numbers[1:] != numbers[:-1]]))
    while len(numbers) > (_MOST if halved < _SPARSEST else _HUGE):
        halved += 1
        numbers = numbers[: numbers.searchsorted(np.uint64(1 << _BITS - halved))]
    return halved, numbers.tolist()


def _figures(text: str) -> list[int]:
    # Other bytes than those of numbers separate; only what is left of a text is then searched for numbers.
    raw = text.encode("utf-8", "surrogatepass")
    near = raw.translate(_NUMBERS_ONLY).decode() if not raw.translate(None, _NO_OTHER_DIGITS) else text
    found = {number.translate(_NO_MARKS) for number in _NUMBER.findall(" ".join(near.split()))}
    telling = (digits for digits in found if len(digits) >= 3 and not (len(digits) == 4 and int(digits) in _YEARS))
    return sorted(words.hash64(digits) >> 64 - _BITS for digits in telling)
