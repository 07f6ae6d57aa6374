"""Whether two wordings of one speaker are of one utterance: a logistic model over what they share and where they stand.

It knows no words, so it serves every language; what speaks against it for sure (`wording.contradict`) is not weighed
but decides, and wordings that do not stand beside each other have to be similar as well. The weights are fitted by
`tests/training/likeness.py`, whose docstring says on what.
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
words, strict when both give names and share none of them, and when the shorter denies what is not in the longer."""
SHARED = 2
"""Content words that they share at least."""
BESIDE = 100
"""Codepoints between a report and the quotation that it announces, at most."""
MISHEARD, MISHEARD_ROOTS = 0.85, 6
"""The share of the other words that two wordings of one day with other figures have in common at least when one of them
misquotes the figure, and the least number of them."""

_LIGHT = 5.0
_ROOT = 5  # letters by which words are compared: forms of a word differ behind that, in most languages
_BIAS = -5.12
_WEIGHTS = (5.31, 1.34, 1.55, 3.50)


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
    mine, theirs = roots(one), roots(other)
    if len(mine & theirs) < SHARED or min(one.weight, other.weight) < wording.BRIEF:
        return 0.0
    if wording.contradict(one, other):
        if not _misheard(one, other, here.day == there.day):
            return 0.0
        one, other = wording.without_numbers(one), wording.without_numbers(other)
    found = features(one, other, here, there)
    if not here.beside(there) and found[0] < _asked(one, other):
        return 0.0
    return 1 / (1 + exp(-_BIAS - sum(map(mul, _WEIGHTS, found))))


def features(one: Content, other: Content, here: Seat, there: Seat) -> tuple[float, ...]:
    """What the model weighs, in the order of its weights: how similar they are, the logarithm of the content words that
    they share, whether one is the headline of the other, and whether one announces the other.
    """
    return (
        wording.overlap(one, other),
        log1p(len(roots(one) & roots(other))),
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
    """Whether the shorter wording denies something, and the longer neither speaks of it nor denies anything."""
    short, long = sorted((one, other), key=lambda content: len(content.stems))
    return bool(short.negated) and not long.denials and short.negated.isdisjoint(long.stems)


@lru_cache(maxsize=1024)
def _roots(stems: tuple[str, ...]) -> frozenset[str]:
    return frozenset([stem[:_ROOT] if stem[0] != "#" else stem for stem in stems])


def roots(content: Content) -> frozenset[str]:
    """The beginnings of its content words."""
    return _roots(content.stems)


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
