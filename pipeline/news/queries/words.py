"""The words of a text as search sees them: without case and accents, and their stems.

Every backend and the predicate of a watch read text through this one analysis, so a query means the same everywhere.

A word is a run of letters, digits and their combining marks. Scripts that are written without spaces (Chinese, Japanese
kana, Thai, Lao, Burmese, Khmer) give one word per letter: they are searched by phrases of letters, not by words of a
dictionary.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import Stemmer

LONGEST = 256
"""Codepoints of the longest word; what is longer is cut into several."""

# Han with radicals and iteration marks, kana, half-width kana, Thai and Lao, Burmese, Khmer, Han beyond the BMP.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)


def _marks() -> str:
    """The combining marks of the BMP as the inside of a character class; for regular expressions they are no letters."""
    runs: list[list[int]] = []
    for code in range(0x300, 0x10000):
        if unicodedata.category(chr(code))[0] != "M":
            continue
        if runs and runs[-1][1] == code - 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return "".join(f"\\u{first:04x}-\\u{last:04x}" for first, last in runs)


_MARKS = _marks()
_LETTERS = rf"[^\W_{_UNSPACED}]"
_WORD = re.compile(
    rf"{_LETTERS}{{1,{LONGEST}}}(?:[{_MARKS}]{{1,16}}{_LETTERS}{{0,{LONGEST}}}){{0,99}}|[{_UNSPACED}][{_MARKS}]{{0,16}}"
)
_ASCII_WORD = re.compile(rf"[a-z0-9]{{1,{LONGEST}}}")
_ACCENTS = re.compile("[\u0300-\u036f]+")

# Where a Snowball algorithm exists and was tried; a language that is not here is searched by exact words.
_STEMMERS = {"id": Stemmer.Stemmer("indonesian", 0), "en": Stemmer.Stemmer("english", 0)}
STEMMED = tuple(_STEMMERS)
"""The languages whose words are stemmed."""


class Place(NamedTuple):
    """A word and the codepoints that it stands on."""

    word: str
    start: int
    end: int


@lru_cache(maxsize=1 << 16)
def fold(word: str) -> str:
    """A word without case, accents and compatibility forms ("Ünïted" -> "united"); empty when no letter is left."""
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", word)).casefold()
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", bare))
    return "".join(_WORD.findall(unicodedata.normalize("NFC", bare)))


@lru_cache(maxsize=256)
def words(text: str) -> tuple[str, ...]:
    """The folded words of a text in order."""
    lower = text.lower()
    if lower.isascii():  # two texts of three: nothing to fold, a third of the time
        return tuple(_ASCII_WORD.findall(lower))
    return tuple(filter(None, [word if word.isascii() else fold(word) for word in _WORD.findall(lower)]))


def places(text: str) -> Iterator[Place]:
    """The folded words of a text with where they stand; the same words as `words`."""
    for found in _WORD.finditer(text):
        if word := fold(found.group()):
            yield Place(word, found.start(), found.end())


@lru_cache(maxsize=1 << 16)
def stem(word: str, language: str) -> str | None:
    """The stem of a folded word, None in a language that is not stemmed. Snowball (https://snowballstem.org)."""
    stemmer = _STEMMERS.get(language)
    return None if stemmer is None else str(stemmer.stemWord(word))


def stems(text: str, language: str) -> frozenset[str]:
    """The stems of all words of a text; empty in a language that is not stemmed."""
    if language not in _STEMMERS:
        return frozenset()
    return frozenset(found for word in words(text) if (found := stem(word, language)))
