"""Whether two wordings of one speaker are of one utterance: a logistic model over what they share and where they stand.

Its weights were fitted on the development half of `tests/golden/utterances`, on the pairs by which wordings hang
together (the maximum spanning tree of each utterance, fitted again six times) against all pairs of different
utterances. It knows no words, so it serves every language; what speaks against it for sure (`wording.contradict`) is
not weighed but decides. That a quotation follows its report weighs less than was fitted, because reports that have
nothing to do with what follows are seldom among the annotated.
"""

from functools import lru_cache
from math import exp, log1p
from operator import mul
from typing import NamedTuple

from pipeline.news import wording
from pipeline.news.wording import Content
from schemas.article import Part
from schemas.statement import StatementKind

SAME = 0.35
"""The least likeness of two wordings of one utterance."""
APART, APART_LIGHT, APART_STRICT = 0.5, 0.7, 0.85
"""The least similarity of those that do not stand beside each other; light when one of them says less than 5 content
words, strict when both give names and share none of them, and when what the shorter denies is not in the longer."""
SHARED = 2
"""Content words that they share at least."""
BESIDE = 200
"""Codepoints between a report and the quotation that it announces, at most."""
MISHEARD, MISHEARD_ROOTS = 0.85, 6
"""The share of the other words that two wordings of one day with other figures have in common at least when one of them
misquotes the figure, and the least number of them."""

_LIGHT = 5.0
_ROOT = 5  # letters by which words are compared: forms of a word differ behind that, in most languages
_BIAS = -6.58
_WEIGHTS = (3.25, 1.77, 0.80, 0.58, 3.87, -1.12, 0.41, 1.43, 3.0)


class Seat(NamedTuple):
    """Where a statement stands; `day` counts from 1970."""

    article_id: str
    part: Part
    start: int
    end: int
    kind: StatementKind
    day: int

    def beside(self, other: "Seat") -> bool:
        """Whether the places of two statements say something about them: a headline and its article, or a report and
        the quotation that follows it at once.
        """
        return _headed(self, other) or _announced(self, other) or _announced(other, self)


def likeness(one: Content, here: Seat, other: Content, there: Seat) -> float:
    """How surely two wordings of one speaker and one language are of one utterance, 0 to 1; symmetric. 1.0 for equal
    ones, 0.0 for those that cannot be.
    """
    if one.key == other.key:
        return 1.0
    beside, similarity = here.beside(there), wording.overlap(one, other)
    if not beside and similarity < APART:
        return 0.0
    if len(roots(one) & roots(other)) < SHARED or min(one.weight, other.weight) < wording.BRIEF:
        return 0.0
    if wording.contradict(one, other):
        if not _misheard(one, other, here.day == there.day):
            return 0.0
        one, other = wording.without_numbers(one), wording.without_numbers(other)
    if not beside and similarity < _asked(one, other):
        return 0.0
    found = features(one, here, other, there, similarity)
    return 1 / (1 + exp(-_BIAS - sum(map(mul, _WEIGHTS, found))))


def features(one: Content, here: Seat, other: Content, there: Seat, similarity: float) -> tuple[float, ...]:
    """What the model weighs, in the order of its weights; `similarity` is their `wording.overlap`."""
    mine, theirs = roots(one), roots(other)
    shared, least = len(mine & theirs), min(len(mine), len(theirs))
    return (
        shared / least,
        shared / (len(mine) + len(theirs) - shared),
        log1p(shared),
        len(one.names & other.names) / max(1, min(len(one.names), len(other.names))),
        similarity,
        float(bool(one.denials) != bool(other.denials)),
        float(here.day == there.day),
        float(_headed(here, there)),
        float(_announced(here, there) or _announced(there, here)),
    )


def _asked(one: Content, other: Content) -> float:
    """How similar they are at least."""
    if _other_names(one, other) or _denies_else(one, other):
        return APART_STRICT
    return APART_LIGHT if min(one.substance, other.substance) < _LIGHT else APART


def _other_names(one: Content, other: Content) -> bool:
    return bool(one.names and other.names) and one.names.isdisjoint(other.stems) and other.names.isdisjoint(one.stems)


def _denies_else(one: Content, other: Content) -> bool:
    """Whether the shorter wording denies something that the longer does not speak of: its point is missing there."""
    short, long = sorted((one, other), key=lambda content: len(content.stems))
    return bool(short.negated) and short.negated.isdisjoint(long.stems)


def roots(content: Content) -> frozenset[str]:
    """The beginnings of its content words."""
    return _roots(content.stems)


@lru_cache(maxsize=1024)
def _roots(stems: tuple[str, ...]) -> frozenset[str]:
    return frozenset([stem[:_ROOT] if stem[0] != "#" else stem for stem in stems])


def _headed(one: Seat, other: Seat) -> bool:
    """Whether one stands in the headline over the other."""
    return one.article_id == other.article_id and (one.part == "title") != (other.part == "title")


def _announced(report: Seat, quotation: Seat) -> bool:
    """Whether a quotation follows its report at once."""
    together = report.article_id == quotation.article_id and report.part == quotation.part
    beside = 0 <= quotation.start - report.end < BESIDE
    return together and beside and report.kind == "indirect" and quotation.kind != "indirect"


def _misheard(one: Content, other: Content, one_day: bool) -> bool:
    """Whether one of two that contradict misquotes a figure: nearly the same words of one day with another figure."""
    mine, theirs = roots(one) - one.numbers, roots(other) - other.numbers
    shared = len(mine & theirs)
    alike = one_day and shared >= MISHEARD_ROOTS and shared >= MISHEARD * len(mine | theirs)
    return alike and not wording.contradict(wording.without_numbers(one), wording.without_numbers(other))
