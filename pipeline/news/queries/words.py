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

# Han with radicals and iteration marks, kana, half-width kana, Thai and Lao, Burmese, Khmer, Han beyond the BMP.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)


def _marks() -> str:
    """The combining marks of the BMP as the inside of a character class; to `re` they are no letters."""
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
_WORD = re.compile(rf"{_LETTERS}+(?:[{_MARKS}]+{_LETTERS}*)*|[{_UNSPACED}][{_MARKS}]*")
_PUNCTUATION = "“”‘’–—…\u00a0"
_ASCII = str.maketrans({code: chr(code).lower() if chr(code).isalnum() else " " for code in range(128)})
_ACCENTS = re.compile("[\u0300-\u036f]+")


class _Stems(dict[str, str]):
    """The stem of each word of a language, empty for a word that is its own; remembered, for words come back."""

    def __init__(self, algorithm: str) -> None:
        self.stemmer = Stemmer.Stemmer(algorithm, 0)

    def __missing__(self, word: str) -> str:
        if len(self) >= REMEMBERED:
            self.clear()
        found = str(self.stemmer.stemWord(word))
        self[word] = other = "" if found == word else found
        return other


REMEMBERED = 1 << 16
"""How many words are remembered with their stem, per language; and how many with their folded form."""
# Where a Snowball algorithm (https://snowballstem.org) was tried; other languages are searched by exact words.
_STEMS = {"id": _Stems("indonesian"), "en": _Stems("english")}
STEMMED = tuple(_STEMS)
"""The languages whose words are stemmed."""


class Place(NamedTuple):
    """A word and the codepoints that it stands on."""

    word: str
    start: int
    end: int


@lru_cache(maxsize=REMEMBERED)
def fold(word: str) -> str:
    """A word without case, accents and compatibility forms ("Ünïted" -> "united"); empty when no letter is left."""
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", word)).casefold()
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", bare))
    return "".join(_WORD.findall(unicodedata.normalize("NFC", bare)))


@lru_cache(maxsize=256)
def words(text: str) -> tuple[str, ...]:
    """The folded words of a text in order."""
    for sign in _PUNCTUATION:  # all that keeps most texts from being ASCII
        text = text.replace(sign, " ")
    if text.isascii():  # the same words in half the time
        return tuple(text.translate(_ASCII).split())
    return tuple(filter(None, map(fold, _WORD.findall(text))))


def places(text: str) -> Iterator[Place]:
    """The folded words of a text with where they stand; the same words as `words`."""
    for found in _WORD.finditer(text):
        if word := fold(found.group()):
            yield Place(word, found.start(), found.end())


def stem(word: str, language: str) -> str | None:
    """The stem of a folded word, None in a language that is not stemmed."""
    known = _STEMS.get(language)
    return None if known is None else known[word] or word


def stems(text: str, language: str) -> set[str]:
    """The stems of all words of a text; empty in a language that is not stemmed."""
    known = _STEMS.get(language)
    return set() if known is None else {known[word] or word for word in words(text)}


def other_forms(text: str, language: str) -> set[str]:
    """The stems of those words of a text that are not their own stem."""
    known = _STEMS.get(language)
    if known is None:
        return set()
    found = set(map(known.__getitem__, words(text)))
    found.discard("")
    return found
