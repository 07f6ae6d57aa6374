"""How somebody put something, and what two wordings have in common.

A wording is compared by its content words: stems without function words, numbers as values, in order. Here is what
speaks against two wordings: too few shared words or another order, other figures, a negation on one side only, words
with opposite meanings. `pipeline.news.likeness` decides whether they say the same.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import islice
from operator import attrgetter
from typing import NamedTuple

import msgspec
import numpy as np
import Stemmer

from pipeline.news import words
from pipeline.news.function_words import (
    ADDENDS,
    BESIDES,
    CHOICES,
    DENIALS,
    FUNCTION_WORDS,
    LINKS,
    NEGATIONS,
    NOT_ONLY,
    NUMBERS,
    OPPOSITES,
    SCALES,
    STEMMERS,
)
from pipeline.news.words import Hashes
from schemas.record import Value

LONGEST = 400
"""Content words of a wording; what follows is not compared."""
BRIEF = 3.0
"""Wordings that weigh less are the same only when they are equal."""

VERBATIM, VERBATIM_PART, VERBATIM_WHOLE = 0.8, 8, 4
"""A text repeats another one that has so large a share of its words in the same runs, if it has so many words at least;
one of fewer is repeated as a whole, and one of still fewer tells nothing."""

OVERLAP = 12
"""Words in a row that two quotations have in common only when they are cut from the same words."""

_HOPELESS = 0.4  # of the words of the shorter one
_LETTER = 0.4  # a letter of an unspaced script is a part of a word
_IN_ORDER = 0.5  # of the shared words
TRANSLATED_NAMES = 3
"""Names and figures that a wording and its translation share at least."""
_TRANSLATED_WORDS, _TRANSLATED_LENGTH, _TRANSLATED_SHARE = 2, 0.6, 0.75
_LEXICON = 65_536  # words that are remembered
_ONE = "#1"  # "one" is as often an article as a number
_STOPS = frozenset(".,;:!?…。，；：！？、")
_TOKEN = re.compile(rf"\d+(?:[.,]\d+)*|{words.WORD_WITHOUT_DIGITS}|[{''.join(sorted(_STOPS))}]")
_ASCII_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[A-Za-z]+|[.,;:!?]", re.ASCII)  # the same where text is ASCII, and faster
_RUN = 3  # words
_REACH = 5  # words behind a negation in which it is taken back
_NOT = re.compile(r"n['’]t\b", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?:…]\W*$")
_ROMAN = {"II": "2", "III": "3", "IV": "4", "VI": "6", "VII": "7", "VIII": "8", "IX": "9", "XI": "11", "XII": "12"}


class Content(Value, frozen=True, kw_only=False, array_like=True):
    """What a wording says.

    key      a hash of all its words: equal wordings are equal, whatever their content words are
    stems    its content words in order, each once; numbers as "#5000000"
    names    those that are names
    numbers  those that are numbers
    negated  those that a negation turns round
    denials  how many negations there are
    """

    key: int
    stems: tuple[str, ...]
    names: frozenset[str]
    numbers: frozenset[str]
    negated: frozenset[str]
    denials: int

    @property
    def weight(self) -> float:
        """How long it is, in content words."""
        return _weight(self.stems)

    @property
    def brief(self) -> bool:
        """Whether it weighs less than BRIEF."""
        return _LETTER * len(self.stems) < BRIEF and self.weight < BRIEF


class Reading(NamedTuple):
    """The content of a text; `surfaces` gives the word as written for each stem."""

    content: Content
    surfaces: tuple[str, ...]


class _Word(NamedTuple):
    """What a word is.

    kind    negation, limit, denial, choice, stop (a sign that ends a clause), or word
    stem    empty when it only carries grammar
    counts  whether it is a number or begins one
    """

    kind: str
    stem: str
    counts: bool


_counts = attrgetter("counts")


@lru_cache(maxsize=2048)
def read(text: str, language: str) -> Reading:
    """The content of a text in a language (ISO 639-1). A language without word lists keeps all its words."""
    lexicon = _lexicon(language)
    surfaces, plains, names = _tokens(text)
    key = words.hash64(" ".join([plain for plain in plains if plain not in _STOPS]))
    found = [lexicon[plain] for plain in plains]
    named = {lexicon[name].stem for name in names}
    if any(map(_counts, found)):
        surfaces, plains = _with_values(surfaces, plains, language)
        found = [lexicon[plain] for plain in plains]
    if "negation" in {word.kind for word in found}:
        _take_back(found, plains, language)
    stems, negated, denials = _said(found, surfaces)
    numbers = frozenset([stem for stem in stems if stem[0] == "#"])
    content = Content(key, tuple(stems), frozenset(named.intersection(stems)), numbers, negated, denials)
    return Reading(content, tuple(stems.values()))


def _said(found: Sequence[_Word], surfaces: Sequence[str]) -> tuple[dict[str, str], frozenset[str], int]:
    """The stems with the first word of each as it is written, those that are turned round, and how often one is."""
    stems: dict[str, str] = {}
    negated: set[str] = set()
    denials = 0
    pending = False
    for (kind, stem, _), surface in zip(found, surfaces):
        if kind == "negation":
            pending, denials = True, denials + 1
        elif kind == "limit":
            denials, pending = denials - pending, False
        elif kind == "stop":
            pending = False
        elif stem:
            if pending:
                negated.add(stem)
            stems.setdefault(stem, surface)
            pending = kind == "denial"
            denials += pending
    if len(stems) > LONGEST:
        stems = dict(islice(stems.items(), LONGEST))
    return stems, frozenset(negated), denials


def _take_back(found: list[_Word], plains: Sequence[str], language: str) -> None:
    """Make of a negation that turns nothing round a word like others."""
    negation, back = BESIDES.get(language, ("", frozenset()))
    kinds = ["word", *(word.kind for word in found)]
    for place, (word, plain) in enumerate(zip(found, plains)):
        taken_back = plain == negation and not back.isdisjoint(plains[place + 1 : place + 1 + _REACH])
        if word.kind == "negation" and (taken_back or kinds[place] == "choice"):
            found[place] = word._replace(kind="word")


def hopeless(one: frozenset[str], other: Sequence[str]) -> bool:
    """Whether wordings with these stems share so few of them that they do not say the same, unless they are equal."""
    return len(one.intersection(other)) < _HOPELESS * min(len(one), len(other))


def scrambled(one: Content, other: Content) -> bool:
    """Whether less than half of the words that both have are in the same order."""
    places = {stem: place for place, stem in enumerate(other.stems)}
    shared = [places[stem] for stem in one.stems if stem in places]
    return _longest_rise(shared) < _IN_ORDER * len(shared)


def contradict(one: Content, other: Content) -> bool:
    """Whether both cannot be the same claim: other figures, opposite words, a negation on one side only."""
    if one.numbers - other.numbers and other.numbers - one.numbers:
        return True
    if bool(one.denials) != bool(other.denials):
        turned, plain = (one, other) if one.denials else (other, one)
        if turned.negated.intersection(plain.stems):
            return True
    mine, theirs = set(one.stems), set(other.stems)
    opposites = _opposites()
    return any(opposites[stem] & theirs - mine for stem in opposites.keys() & (mine - theirs))


def verbatim(one: str, other: str) -> bool:
    """Whether the shorter of two texts stands nearly word for word in the other one.

    Function words and their order count here: by them a repeated sentence is told from one about the same thing.
    """
    short, long = sorted((_words(one), _words(other)), key=_from_shorter)
    weight, runs = _weight(short), set(_runs(long, _RUN))
    repeated = {place + step for place, run in enumerate(_runs(short, _RUN)) if run in runs for step in range(_RUN)}
    return weight >= VERBATIM_WHOLE and len(repeated) >= len(short) * (VERBATIM if weight >= VERBATIM_PART else 1)


def overlap(one: str, other: str) -> bool:
    """Whether two texts have a run of OVERLAP words in common, or of as many letters as make so many words."""
    mine, theirs = _words(one), _words(other)
    spaced = all(_weight(found) > len(found) / 2 for found in (mine, theirs))
    length = OVERLAP if spaced else round(OVERLAP / _LETTER)
    return not set(_runs(mine, length)).isdisjoint(_runs(theirs, length))


def without_numbers(content: Content) -> Content:
    """The content as if it gave no figures."""
    return msgspec.structs.replace(content, numbers=frozenset())


def translated(one: Content, other: Content) -> float:
    """How surely one wording translates the other, 0 to 1; 0 when the names, figures and cognates do not show it.

    Asks for at least three shared names or figures, nearly no others, two cognates beside them, and a similar length.
    """
    length, length_other = len(one.stems), len(other.stems)
    if min(length, length_other) < _TRANSLATED_LENGTH * max(length, length_other) or one.numbers != other.numbers:
        return 0.0
    names, names_other = landmarks(one), landmarks(other)
    shared = names & names_other
    if len(shared) < TRANSLATED_NAMES or len(shared) / len(names | names_other) < _TRANSLATED_SHARE:
        return 0.0
    cognates = _cognates(one.stems) & _cognates(other.stems)
    extra = len(cognates - shared)
    if extra < _TRANSLATED_WORDS or bool(one.denials) != bool(other.denials):
        return 0.0
    return len(shared) / len(names | names_other)


def landmarks(content: Content) -> frozenset[str]:
    """The names and figures of a wording, spelled alike in related languages."""
    return _cognates(content.names) | content.numbers


def added(reading: Reading, heard: Iterable[str]) -> tuple[str, ...]:
    """The words of a text whose stems were not heard before, as written, in order."""
    known = set(heard)
    return tuple(
        surface for stem, surface in zip(reading.content.stems, reading.surfaces, strict=True) if stem not in known
    )


def pairs(content: Content) -> Hashes:
    """Hashes of content words that are neighbours or next but one, in either order: what wordings are found by."""
    stems = words.hash_encoded(" ".join(content.stems).encode("utf-8", "surrogatepass").split())
    return words.avalanche(np.concatenate((stems[:-1] + stems[1:], stems[:-2] + stems[2:])))


@lru_cache(maxsize=64)
def _words(text: str) -> tuple[str, ...]:
    return tuple([plain for plain in _tokens(text)[1] if plain not in _STOPS][:LONGEST])


def _from_shorter(found: tuple[str, ...]) -> tuple[int, tuple[str, ...]]:
    return len(found), found


def _runs(found: Sequence[str], length: int) -> Iterator[tuple[str, ...]]:
    return zip(*(found[step:] for step in range(length)))


def _weight(found: Sequence[str]) -> float:
    return len(found) - (1 - _LETTER) * list(map(len, found)).count(1)


def _longest_rise(places: Sequence[int]) -> int:
    """The length of the longest increasing subsequence (patience sorting)."""
    if places == sorted(places):  # which are all different
        return len(places)
    tops: list[int] = []
    for place in places:
        at = bisect_left(tops, place)
        tops[at : at + 1] = [place]
    return len(tops)


def _tokens(text: str) -> tuple[Sequence[str], Sequence[str], Sequence[str]]:
    """The words of a text and the signs between them as written, the same in lower case, and of these the names."""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    if "'" in plain or "’" in plain:
        plain = _NOT.sub(" not", plain)
    token = _ASCII_TOKEN if plain.isascii() else _TOKEN
    if plain == plain.lower():
        surfaces: list[str] = token.findall(plain)
        return surfaces, surfaces, []
    matches = list(token.finditer(plain))
    surfaces = [match[0] for match in matches]
    plains, names = [surface.lower() for surface in surfaces], list[str]()
    shouting = _mostly_capitals(surfaces)
    for place, surface in enumerate(surfaces):
        if surface == plains[place]:
            continue
        plains[place] = _ROMAN.get(surface, plains[place])
        name = surface[0].isupper()
        if name and (shouting or _first(plain, matches[place].start())):
            name = len(surface) > 1 and surface.isupper()  # only an acronym says so there
        if name:
            names.append(plains[place])
    return surfaces, plains, names


def _first(text: str, start: int) -> bool:
    """Whether a word begins a sentence."""
    return start == 0 or _SENTENCE_END.search(text, max(0, start - 4), start) is not None


def _mostly_capitals(surfaces: Sequence[str]) -> bool:
    """Whether this is a headline in title case, where a capital says nothing."""
    long = [surface for surface in surfaces[1:] if len(surface) > 3 and not surface.isupper()]
    return len(long) > 2 and sum(surface[0].isupper() for surface in long) > 0.75 * len(long)


class _Numerals(NamedTuple):
    """The number words of a language."""

    numbers: Mapping[str, float]
    scales: Mapping[str, float]
    addends: Mapping[str, float]
    link: str | None


@cache
def _numerals(language: str) -> _Numerals:
    return _Numerals(
        NUMBERS.get(language, {}), SCALES.get(language, {}), ADDENDS.get(language, {}), LINKS.get(language)
    )


def _with_values(
    surfaces: Sequence[str], plains: Sequence[str], language: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words with each run of number words and digits replaced by its value ("1,5 juta" by "#1500000")."""
    known = _numerals(language)
    numbers, scales, addends, link = known
    found: list[tuple[str, str]] = []
    run: list[tuple[str, str]] = []
    for surface, plain, after in zip((*surfaces, ""), (*plains, ""), (*plains[1:], "", "")):
        digits = plain[:1].isdigit()
        counts = digits or plain in numbers or (bool(run) and (plain in scales or plain in addends))
        counts |= plain == link and bool(run) and run[-1][1] in scales and after in numbers
        again = plain in numbers and bool(run) and run[-1][1][0].isdigit()  # "2 (dua)"
        if run and (digits or again or not counts):
            found.append(_value(run, known))
            run = []
        (run if counts else found).append((surface, plain))
    left, right = zip(*found[:-1])
    return left, right


def _value(run: Sequence[tuple[str, str]], known: _Numerals) -> tuple[str, str]:
    numbers, scales, addends, link = known
    total = group = unit = 0.0
    for _, plain in run:
        scale = scales.get(plain)
        if plain in addends:
            unit += addends[plain]
        elif scale is None and plain != link:
            group, unit = group + unit, numbers.get(plain) or _digits(plain)
        elif scale and scale < 1000:
            group, unit = group + (unit or 1) * scale, 0.0
        elif scale:
            total, group, unit = total + (group + unit or 1) * scale, 0.0, 0.0
    return " ".join(surface for surface, _ in run), f"#{total + group + unit:.15g}"


def _digits(text: str) -> float:
    """A number in digits; a point or comma before exactly three digits separates thousands."""
    whole = re.sub(r"[.,](?=\d{3}(?!\d))", "", text).replace(",", ".")
    head, _, tail = whole.partition(".")
    return float(f"{head}.{tail.replace('.', '')}")


class _Lexicon(dict[str, _Word]):
    """The words of a language, each looked up once; it begins anew when it is full."""

    def __init__(self, language: str) -> None:
        self._language = language

    def __missing__(self, plain: str) -> _Word:
        if len(self) >= _LEXICON:
            self.clear()
        found = self[plain] = _look_up(plain, self._language)
        return found


@cache
def _lexicon(language: str) -> _Lexicon:
    return _Lexicon(language)


def _look_up(plain: str, language: str) -> _Word:
    kind = "stop" if plain in _STOPS else "word"
    for name, listed in (("negation", NEGATIONS), ("limit", NOT_ONLY), ("denial", DENIALS), ("choice", CHOICES)):
        if plain in listed.get(language, ()):
            kind = name
            break
    counts = plain[0].isdigit() or plain in NUMBERS.get(language, ())
    grammar = plain[0] != "#" and (plain in FUNCTION_WORDS.get(language, ()) or (len(plain) == 1 and plain.isascii()))
    stem = "" if kind in ("negation", "stop") or grammar else _stem(plain, language)
    return _Word(kind, "" if stem == _ONE else stem, counts)


def _stem(plain: str, language: str) -> str:
    if plain[0] == "#" or language not in STEMMERS:
        return plain
    stem: str = _stemmer(language).stemWord(plain)
    return stem


@cache
def _stemmer(language: str) -> Stemmer.Stemmer:
    return Stemmer.Stemmer(STEMMERS[language], 0)  # its own cache is not safe between threads


@lru_cache(maxsize=1)
def _opposites() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for language, listed in OPPOSITES.items():
        for pair in listed:
            one, other = (_stem(word, language) for word in pair.split("/"))
            found[one] = found.get(one, frozenset()) | {other}
            found[other] = found.get(other, frozenset()) | {one}
    return found


def _cognates(stems: Iterable[str]) -> frozenset[str]:
    return frozenset(_cognate(stem) for stem in stems if len(stem) > 3 or stem.startswith("#"))


@lru_cache(maxsize=65536)
def _cognate(stem: str) -> str:
    """The first five letters in a spelling that Indonesian and English share ("konfl" for konflik and conflict)."""
    if stem.startswith("#"):
        return stem
    spelled = re.sub(r"c(?=[eiy])", "s", stem).replace("c", "k").replace("ph", "f").replace("y", "i")
    return re.sub(r"(.)\1", r"\1", spelled)[:5]
