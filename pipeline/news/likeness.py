"""Whether two wordings of one speaker are of one utterance: a logistic model over what they share and where they stand.

Two wordings from different articles are judged by their words; two from one article by their places as well: a report
stands before the quotation that it announces, a headline over its article. Words that a speaker comes back to all
through an article tell little of which of his statements another one repeats: what only these two share tells most.
What repeats the other word for word is the same whatever the model says (`repeats`). Nothing is the same that
contradicts: other figures, a negation on one side only, opposite words.

The weights are fitted on annotated statements (`python -m tests.training.likeness`).
"""

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain, pairwise
from math import exp
from operator import mul
from typing import NamedTuple

from pipeline.news import wording
from pipeline.news.wording import Content
from schemas.article import Part
from schemas.statement import StatementKind

SAME = 0.5
"""The least likeness of two wordings of one utterance."""
REPEATED = 0.9
"""The likeness of two of which one repeats the other word for word. Of the annotated pairs that are not held, the model
left 30 apart that do, all of one utterance."""
SHARED = 2
"""Content words that two wordings from different articles share at least."""
TOGETHER = 0.25
"""Two wordings from one article have more than this share of the content words of the shorter in common."""
RESTATED = 0.67
"""Two statements in one article that share more of the shorter one than this say the same: neither is another one
beside the other."""
BESIDE = 200
"""Statements of one speaker in one article that others are looked at beside."""
DOUBT = 2
"""Words that are added to the length of the shorter wording: a share of few words tells less than the same of many."""
NEAR = 100
"""Codepoints between two statements at which their nearness is halved."""
MISHEARD, MISHEARD_ROOTS = 0.85, 6
"""The share of the other words that two wordings of one day with other figures have in common at least when one of them
misquotes the figure, and the least number of them."""
DAYS, PHRASES, DENIALS, LENGTH = 3, 10, 4, 40
"""More of these say no more."""

_ROOT = 5  # letters by which words are compared: forms of a word differ behind that, in most languages
_BIAS = -4.86
_WEIGHTS = (5.25, 5.14, 0.12, -0.57, 0.36, -0.09, -0.96, 1.26, 3.16, 3.27, -5.54, -4.75, 4.24)


class Seat(NamedTuple):
    """Where a statement stands; `day` counts from 1970. Without an article it is compared by its words alone.

    repeated  the roots that another statement of its speaker in the article has as well, unless it says the same;
              `frequent`: that two others have
    """

    article_id: str
    part: Part
    start: int
    end: int
    kind: StatementKind
    day: int
    repeated: tuple[str, ...] = ()
    frequent: tuple[str, ...] = ()


def likeness(one: Content, here: Seat, other: Content, there: Seat) -> float:
    """How surely two wordings of one speaker and one language are of one utterance, 0 to 1; symmetric. 1.0 for equal
    ones, 0.0 for those that cannot be.
    """
    if one.key == other.key:
        return 1.0
    together = here.article_id == there.article_id
    if not comparable(one, other, together):
        return 0.0
    if wording.contradict(one, other) and not _misheard(one, other, here.day == there.day):
        return 0.0
    return 1 / (1 + exp(-_BIAS - sum(map(mul, _WEIGHTS, features(one, here, other, there)))))


def repeats(one: Content, text: str, other: Content, other_text: str, quoted: bool) -> bool:
    """Whether one of two texts stands word for word in the other, or is cut from the same words. Content words alone do
    not tell that when one is brief, has a slip of the pen where it counts, or ends where the other goes on.

    quoted  at least one is a quotation; reports share long runs of words when they name the same laws
    """
    if wording.hopeless(frozenset(one.stems), other.stems):
        return False
    again = wording.verbatim(text, other_text) or (quoted and wording.overlap(text, other_text))
    return again and not wording.contradict(one, other) and not _other_names(one, other)


def comparable(one: Content, other: Content, together: bool) -> bool:
    """Whether two wordings share enough to be judged; those that stand together, in one article, need share less."""
    mine, theirs = roots(one), roots(other)
    shared = len(mine & theirs)
    if not shared:
        return False
    if together:
        return shared > TOGETHER * min(len(mine), len(theirs))
    if shared < SHARED or one.brief or other.brief or wording.hopeless(frozenset(one.stems), other.stems):
        return False
    return not _denies_else(one, other) and not _other_names(one, other) and not wording.scrambled(one, other)


def features(one: Content, here: Seat, other: Content, there: Seat) -> tuple[float, ...]:
    """What the model weighs, in the order of its weights.

    Of their content words: the share of all that both have, that of the shorter wording, and the number of neighbours
    that are neighbours in both; of their names, the share of the fewer; their negations; the length of the shorter; the
    days between them; whether one is reported and one quoted. Then, in one article, whether one is its headline; how
    near they are; the same when the quotation comes first; and the share of the shorter wording once more. Last, of
    the shorter wording, the share that both have and nothing else that the speaker says in their articles.
    """
    mine, theirs = roots(one), roots(other)
    shared, least = len(mine & theirs), min(len(mine), len(theirs)) + DOUBT
    contained, together = shared / least, here.article_id == there.article_id
    first, second = sorted((here, there), key=_from_start)
    mixed = (first.kind == "indirect") != (second.kind == "indirect")
    near = _nearness(first, second) if together else 0.0
    return (
        shared / (len(mine) + len(theirs) - shared),
        contained,
        min(PHRASES, len(_neighbours(one.stems) & _neighbours(other.stems))),
        len(one.names & other.names) / max(1, min(len(one.names), len(other.names))),
        min(DENIALS, one.denials + other.denials),
        min(LENGTH, len(one.stems), len(other.stems)),
        min(DAYS, abs(here.day - there.day)),
        float(mixed),
        float(together and (here.part == "title") != (there.part == "title")),
        near,
        near if mixed and second.kind == "indirect" else 0.0,
        contained if together else 0.0,
        len(_own(mine, here, theirs, there)) / least,
    )


def surroundings(contents: Sequence[Content]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Of each of the statements of one speaker in one article, the roots that another one has, and that two others
    have; those that say the same (`RESTATED`) are no others.
    """
    distinct = list({content.key: roots(content) for content in contents}.values())[:BESIDE]
    return [_surroundings(roots(content), distinct) for content in contents]


def _surroundings(mine: frozenset[str], beside: Sequence[frozenset[str]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    times = Counter(chain.from_iterable(mine & theirs for theirs in beside if not _restated(mine, theirs)))
    return tuple(sorted(times)), tuple(sorted(root for root, count in times.items() if count > 1))


def roots(content: Content) -> frozenset[str]:
    """The beginnings of its content words."""
    return _roots(content.stems)


def share(one: Content, other: Content) -> float:
    """The share of content words that two wordings have in common, 0 to 1."""
    mine, theirs = roots(one), roots(other)
    return len(mine & theirs) / max(1, len(mine | theirs))


@lru_cache(maxsize=1024)
def _roots(stems: tuple[str, ...]) -> frozenset[str]:
    return frozenset([stem[:_ROOT] if stem[0] != "#" else stem for stem in stems])


@lru_cache(maxsize=1024)
def _neighbours(stems: tuple[str, ...]) -> frozenset[tuple[str, str]]:
    return frozenset(pairwise(stems))


def _from_start(seat: Seat) -> tuple[int, int, str]:
    return seat.start, seat.end, seat.kind


def _restated(mine: frozenset[str], theirs: frozenset[str]) -> bool:
    return len(mine & theirs) > RESTATED * min(len(mine), len(theirs))


def _own(mine: frozenset[str], here: Seat, theirs: frozenset[str], there: Seat) -> frozenset[str]:
    """Of the roots that two wordings share, those that no third statement of the speaker in their articles has."""
    if here.article_id == there.article_id and not _restated(mine, theirs):
        return (mine & theirs).difference(here.frequent, there.frequent)
    return (mine & theirs).difference(here.repeated, there.repeated)


def _nearness(first: Seat, second: Seat) -> float:
    """1 for statements side by side, falling with the text between them; 0 in different parts of the article."""
    return NEAR / (NEAR + max(0, second.start - first.end)) if first.part == second.part else 0.0


def _other_names(one: Content, other: Content) -> bool:
    """Whether both give names, and no name of one is in the other: the same said of somebody else."""
    return bool(one.names and other.names) and one.names.isdisjoint(other.stems) and other.names.isdisjoint(one.stems)


def _denies_else(one: Content, other: Content) -> bool:
    """Whether the shorter wording denies something that the longer does not speak of: its point is missing there."""
    pairs = ((one, other), (other, one))
    shorter = ((short, long) for short, long in pairs if len(short.stems) <= len(long.stems))
    return any(short.negated and short.negated.isdisjoint(long.stems) for short, long in shorter)


def _misheard(one: Content, other: Content, one_day: bool) -> bool:
    """Whether one of two that contradict misquotes a figure: nearly the same words of one day with another figure."""
    mine, theirs = roots(one) - one.numbers, roots(other) - other.numbers
    shared = len(mine & theirs)
    alike = one_day and shared >= MISHEARD_ROOTS and shared >= MISHEARD * len(mine | theirs)
    return alike and not wording.contradict(wording.without_numbers(one), wording.without_numbers(other))
