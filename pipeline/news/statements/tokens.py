"""Text as tokens: words and single marks with their offsets, and what each word can be."""

import re
import unicodedata
from bisect import bisect_left
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import pairwise

from pipeline.news.lexicons import Kind, Lexicon, Phrases
from pipeline.news.parse import Parse
from pipeline.news.statements.trees import Tree, tree
from schemas.article import EntityKind, Part

_MARKS = "".join(chr(code) for code in range(0x300, 0x3100) if unicodedata.category(chr(code))[0] == "M")
_IN_WORDS = rf"\w{_MARKS}\u00ad\u200c\u200d"
"""What goes on with a word: accents that stand apart, soft hyphens and joiners too, which are no letters to `re`."""
TOKEN = re.compile(
    rf"\n+|\d+(?:[.,/:]\d+)*|[^\W\d_][{_IN_WORDS}]*(?:[.'’\-&/][^\W_][{_IN_WORDS}]*)*"
    r"|[\"'“”„‚‘’«»‹›](?:\s*[\"'“”„‚‘’«»‹›]){7,}|([^\w\s])(?:\s*\1){7,}|\S"
)
# UTF-8 quotation marks and spaces that were read as Mac Roman or as Windows-1252. What replaces them has their
# length, so that offsets hold: an opening mark keeps the end of the sequence, a closing mark its start.
_MOJIBAKE = {
    "‚Äô‚Äô": "”     ", "‚Äò‚Äò": "     “",
    "‚Äú": "  “", "‚Äù": "”  ", "‚Äò": "  ‘", "‚Äô": "’  ", "‚Äì": " – ", "‚Äî": " — ", "¬†": "  ",
    "â€œ": "  “", "â€\x9d": "”  ", "â€˜": "  ‘", "â€™": "’  ", "â€“": " – ", "Â\xa0": "  ",
}  # fmt: skip
_BROKEN = re.compile("|".join(_MOJIBAKE))
# A double mark that was typed as two single ones, and no longer run of them.
_TWICE = ("''", "’’", "‘‘")
_PAIRS = re.compile(r"(?P<word>(?<=\S))?(?<!['’‘])(?:''|’’|‘‘)(?!['’‘])")
_SPACES = {
    ord(space): " "
    for space in "\t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
}
_SPACES |= dict.fromkeys((0x200B, 0x200E, 0x200F, 0x061C, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)), " ")
_SPACES |= {ord(line): "\n" for line in "\r\v\f\u0085\u2028\u2029"}

_LONGEST_KEPT = 40
"""Letters of a token whose reading is kept for the next time."""
_LONGEST_DEGREE = 6
_DEGREES = ("Sp", "SH", "SE", "ST", "SI", "SK", "SP", "MS", "MH", "MK", "MP", "MT", "MA", "Ph")
_SHORTEST_NOUN = 8
"""Letters of a word with a noun's prefix and ending: shorter ones may be names."""

Found = tuple[int, int, EntityKind]
"""First token, end and kind of what a model takes for a name."""

NAME = Kind.CAP
_NO_NAME = (
    Kind.ROLE
    | Kind.TAIL
    | Kind.RANK
    | Kind.ORG
    | Kind.PLACE
    | Kind.PRONOUN
    | Kind.PLURAL
    | Kind.DATE
    | Kind.ACRONYM
    | Kind.HEAD
)


def plain(text: str) -> str:
    """The text with plain white space and repaired marks, every codepoint in its place."""
    if "Ä" in text or "¬" in text or "â€" in text or "Â" in text:
        text = _BROKEN.sub(lambda match: _MOJIBAKE[match.group()], text)
    for twice in _TWICE:
        if twice in text:
            text = _PAIRS.sub(_one_mark, text)
            break
    return text.translate(_SPACES)


def _one_mark(match: re.Match[str]) -> str:
    """The double mark for two single ones, which keeps to the word that it touches."""
    return '" ' if match["word"] is not None else ' "'


@dataclass(eq=False)
class Passage:
    """One part of an article as tokens. `kinds` holds a `Kind` of each token as a plain number.

    `people` and `bodies`: lower-case words that the article shows to be short names of people, and names of bodies.
    `found`: what a model takes for names, in order; `tree`: the dependencies that it sees, if it has a parser.
    """

    part: Part
    raw: str
    text: str
    words: list[str]
    lower: list[str]
    starts: list[int]
    ends: list[int]
    kinds: list[int]
    lexicon: Lexicon
    places: dict[int, tuple[int, str]] = field(default_factory=dict)
    people: set[str] = field(default_factory=set)
    bodies: set[str] = field(default_factory=set)
    found: list[Found] = field(default_factory=list)
    tree: Tree | None = None
    marks: bool | None = None

    def __len__(self) -> int:
        return len(self.words)

    def slice(self, first: int, end: int) -> str:
        """The plain text of the tokens first..end-1, its white space collapsed."""
        return " ".join(self.text[self.starts[first] : self.ends[end - 1]].split()) if first < end else ""

    def found_in(self, first: int, end: int) -> list[Found]:
        """What a model takes for names in tokens first..end-1."""
        return self.found[bisect_left(self.found, (first,)) : bisect_left(self.found, (end,))]

    @cached_property
    def paragraphs(self) -> list[tuple[int, int]]:
        """First token and end of each paragraph that has tokens."""
        breaks = [-1, *(i for i, word in enumerate(self.words) if word[0] == "\n"), len(self.words)]
        return [(a + 1, b) for a, b in pairwise(breaks) if b > a + 1]

    def named(self, index: int) -> bool:
        """Whether the token can be part of a proper name that is no role, place or acronym."""
        return bool(self.kinds[index] & NAME) and not self.kinds[index] & _NO_NAME


def passage(part: Part, raw: str, lexicon: Lexicon, parse: Parse | None = None) -> Passage:
    """Tokenise one part of an article. Takes time in proportion to its length."""
    text = plain(raw)
    words, lower, kinds, starts, ends = list[str](), list[str](), list[int](), list[int](), list[int]()
    for match in TOKEN.finditer(text):
        token, at = match.group(), match.start()
        for word, low, kind in (_read if len(token) <= _LONGEST_KEPT else _read.__wrapped__)(token, lexicon):
            words.append(word)
            lower.append(low)
            kinds.append(kind)
            starts.append(at)
            at += len(word)
            ends.append(at)
    grown = tree(starts, ends, parse) if parse else None
    result = Passage(part, raw, text, words, lower, starts, ends, kinds, lexicon, tree=grown)
    _mark_places(result)
    _clear_surnames(result)
    return result


@lru_cache(maxsize=1 << 15)
def _read(token: str, lexicon: Lexicon) -> tuple[tuple[str, str, int], ...]:
    """The words of a token, in lower case too, with their kinds. Most tokens come again and again."""
    return tuple(
        (word, low, _kind(word, low, lexicon)) for word in _apart(token, lexicon) for low in (word.casefold(),)
    )


def _apart(word: str, lexicon: Lexicon) -> tuple[str, ...]:
    """A token; two names of which one is a country are three ("AS-Rusia"), a country like "Guinea-Bissau" is one, and
    an office behind a slash stands apart ("PPN/Kepala").
    """
    left, mark, right = word.partition("/")
    if left and right[:1].isupper() and lexicon.kinds.get(right.casefold(), 0) & Kind.ROLE:
        return left, mark, right
    left, mark, right = word.partition("-")
    if mark and left[:1].isupper() and right[:1].isupper() and _two(word, left, right, lexicon.governments):
        return left, mark, right
    return (word,)


def _two(word: str, left: str, right: str, countries: Phrases) -> bool:
    known = [bool(countries.at([name.casefold()], 0)) for name in (word, left, right)]
    return not known[0] and any(known)


def _kind(word: str, low: str, lexicon: Lexicon) -> int:
    kind = lexicon.kinds.get(low, 0)
    first = word[0]
    if not first.isalpha():
        return kind | Kind.WORD if first.isdigit() else kind
    if first.isupper():
        kind |= Kind.CAP
        if len(word) > 1 and (
            (word.isupper() and not word.endswith(".")) or any(map(str.isdigit, word)) or degree(word)
        ):
            kind |= Kind.ACRONYM
        elif not kind & ~Kind.CAP and len(word) >= _SHORTEST_NOUN and noun_shaped(low, lexicon):
            kind |= Kind.TAIL
    return kind | Kind.WORD


def degree(word: str) -> bool:
    """Whether a word is written like an academic degree: "SpP", "M.Hum"."""
    capitals = sum(map(str.isupper, word))
    return 1 < capitals < len(word) <= _LONGEST_DEGREE and ("." in word or word.startswith(_DEGREES))


def noun_shaped(low: str, lexicon: Lexicon) -> bool:
    """Whether the form of a word says that it is a noun and no name: "Kemiskinan", "Penanggulangan"."""
    return any(low.startswith(start) and low.endswith(end) for start, end in lexicon.noun_circumfixes)


def _clear_surnames(passage: Passage) -> None:
    """A word for a role right behind a name is part of the name: "Lukman Hakim"."""
    for index in range(1, len(passage.words)):
        if (
            passage.lower[index] in passage.lexicon.surnames
            and passage.kinds[index] & Kind.CAP
            and (passage.named(index - 1) or passage.kinds[index - 1] & Kind.RANK)
        ):
            passage.kinds[index] = Kind.CAP | Kind.WORD


def _mark_places(passage: Passage) -> None:
    """Countries, capitals and palaces, which are written with a capital letter."""
    governments, places, index = passage.lexicon.governments, passage.lexicon.places, 0
    while index < len(passage.words):
        capital = passage.kinds[index] & Kind.CAP
        country = governments.at(passage.lower, index) if capital else None
        place = places.at(passage.lower, index) if capital else None
        length = max(country[0] if country else 0, place[0] if place else 0)
        if country and country[0] == length:
            passage.places[index] = (index + length, country[1])
        for at in range(index, index + length):
            passage.kinds[at] |= Kind.PLACE
        index += max(length, 1)
