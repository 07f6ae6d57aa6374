"""Words and their hashes: what finding copies of articles and repeats of statements is built on.

Hashes are xxh3 of UTF-8 and arithmetic modulo 2**64, so they are equal on every machine and in every process.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import xxhash
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]

# Scripts that are written without spaces: each letter counts as a word (Thai, Lao, Tibetan, Myanmar, Khmer, kana, Han,
# Hangul). Hangul has spaces, but its words carry so many endings that letters compare better.
_UNSPACED = (
    "\u0e00-\u0eff\u0f40-\u0fbc\u1000-\u109f\u1780-\u17d3\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\U00020000-\U000323af"
)
# Vowel signs and accents continue a word, but Python's \w leaves them out.
_MARKS = "".join(chr(c) for c in range(0x300, 0xFB20) if unicodedata.category(chr(c)) in ("Mn", "Mc"))
WORD_WITHOUT_DIGITS = f"[{_UNSPACED}]|[^\\W\\d_{_UNSPACED}]+(?:[{_MARKS}]+[^\\W\\d_{_UNSPACED}]*)*"
"""A regular expression for one word of letters."""
_WORD = re.compile(f"[{_UNSPACED}]|[^\\W_{_UNSPACED}]+(?:[{_MARKS}]+[^\\W_{_UNSPACED}]*)*")
_PLAIN = re.compile(r"[^\W_]+")
# Everything from the combining marks on, but for Latin Extended Additional, punctuation and symbols.
_NEEDS_CARE = re.compile("[\u0300-\u1dff\u2e80-\U0010ffff]")

_MULTIPLIERS = np.array(
    [
        0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F,
        0xE7037ED1A0B428DB, 0x8EBC6AF09C88C6E3, 0x589965CC75374CC3,
    ],
    dtype=np.uint64,
)  # fmt: skip


def words(text: str) -> list[str]:
    """The words of a text in order, lower case, in NFKC; a letter of an unspaced script is a word of its own."""
    plain = unicodedata.normalize("NFKC", text).lower()
    return (_WORD if _NEEDS_CARE.search(plain) else _PLAIN).findall(plain)


# In UTF-8, of text in NFKC: what separates words beyond ASCII, and the bytes of digits and of letters below U+02C0.
# Text with other bytes is left to the regular expressions.
_SEPARATORS = re.compile(rb"\xc2[\x80-\xbf]|\xc3[\x97\xb7]|\xe2[\x80\x81][\x80-\xbf]")
_SIMPLE = bytes(range(0xCB))
_SPLIT = bytes(b if (chr(b).isalnum() and b < 0x80) or 0x80 <= b < 0xCB else 0x20 for b in range(256))


def encoded_words(text: str) -> list[bytes]:
    """The words of a text as UTF-8. The same as `words`, several times as fast where letters are Latin."""
    plain = unicodedata.normalize("NFKC", text).lower().encode("utf-8", "surrogatepass")
    if not plain.isascii():
        plain = _SEPARATORS.sub(b" ", plain)
    if plain.translate(None, _SIMPLE):
        return [word.encode("utf-8", "surrogatepass") for word in words(text)]
    return plain.translate(_SPLIT).split()


def located(text: str) -> list[tuple[int, int]]:
    """Where the words of `words(text)` stand: codepoints start..end-1 of the text as it is."""
    plain = text.lower()
    if len(plain) == len(text) and unicodedata.is_normalized("NFKC", text):
        return _spans(plain)
    return [
        (chunk.start() + start, chunk.start() + end)
        for chunk in _CHUNK.finditer(text)
        for start, end in _in_chunk(chunk.group())
    ]


_CHUNK = re.compile(r"\S+")
_PIECE = re.compile(f".[{_MARKS}\u1160-\u11ff\u3099\u309a\uff9e\uff9f]*", re.DOTALL)  # what NFKC may make one of


def _spans(plain: str) -> list[tuple[int, int]]:
    return [match.span() for match in (_WORD if _NEEDS_CARE.search(plain) else _PLAIN).finditer(plain)]


def _in_chunk(chunk: str) -> Iterator[tuple[int, int]]:
    """The words of a text without white space. Where NFKC moves letters in a way not foreseen, each is the whole."""
    plain, pieces, places = unicodedata.normalize("NFKC", chunk).lower(), list[str](), list[tuple[int, int]]()
    for match in _PIECE.finditer(chunk):
        pieces.append(unicodedata.normalize("NFKC", match.group()).lower())
        places += [match.span()] * len(pieces[-1])
    exact = len(places) == len(plain)
    for start, end in _spans(plain):
        yield (places[start][0], places[end - 1][1]) if exact else (0, len(chunk))


def hash64(text: str, seed: int = 0) -> int:
    """A 64-bit unsigned hash of a text."""
    return hash_bytes(text.encode("utf-8", "surrogatepass"), seed)


def hash_bytes(content: bytes, seed: int = 0) -> int:
    """A 64-bit unsigned hash of bytes."""
    return xxhash.xxh3_64_intdigest(content, seed)


def identity(*parts: str) -> str:
    """A name of 32 hex digits for this sequence of texts; another for every other sequence."""
    return xxhash.xxh3_128_hexdigest("\0".join(parts).encode("utf-8", "surrogatepass"))


def hash_encoded(found: Iterable[bytes]) -> Hashes:
    """One hash per word, given in UTF-8."""
    return np.fromiter(map(xxhash.xxh3_64_intdigest, found), dtype=np.uint64)


def shingles(hashes: Hashes, width: int, seed: int) -> Hashes:
    """The hashes of all runs of `width` (at most 8) words, in order; empty for a shorter text."""
    if len(hashes) < width:
        return np.empty(0, dtype=np.uint64)
    return avalanche(np.correlate(hashes, _MULTIPLIERS[:width], "valid") + np.uint64(seed))


def posting(hash_: int) -> int:
    """An unsigned hash as the signed number that a posting is."""
    return hash_ - (1 << 64) if hash_ >> 63 else hash_


def postings(hashes: Hashes | Sequence[int]) -> list[int]:
    """Unsigned hashes as signed postings."""
    signed: list[int] = np.asarray(hashes, dtype=np.uint64).view(np.int64).tolist()
    return signed


_SHIFT, _FACTORS = np.uint64(33), (np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53))


def avalanche(x: Hashes) -> Hashes:
    """The finaliser of MurmurHash3, in place: every bit of the input changes half of the bits of the output."""
    x ^= x >> _SHIFT
    for factor in _FACTORS:
        x *= factor
        x ^= x >> _SHIFT
    return x
