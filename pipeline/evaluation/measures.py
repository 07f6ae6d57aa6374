"""How well a cleaned text fits the true one: the measure of the scrapinghub benchmark, and the same of lines.

The benchmark compares bags of 4-grams of words per page, norms each page, and takes F1 of the mean precision and the
mean recall over pages (scrapinghub/article-extraction-benchmark, MIT; written anew here from its definition).
"""

import random
import re
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

_TOKEN = re.compile(r"\w+")
_GRAM = 4
_Counts = tuple[int, int, int]


class Fit(NamedTuple):
    """Shares between 0 and 1. The three are for many pages; `f1` is not the mean of the F1 of pages."""

    f1: float
    precision: float
    recall: float


def fit(pairs: Iterable[tuple[str, str]]) -> Fit:
    """`pairs` of true and found texts, one per page, none of the true ones empty."""
    return _fit([_overlap(true, found) for true, found in pairs])


def _fit(counted: Sequence[_Counts]) -> Fit:
    precision = statistics.fmean([hit / (hit + extra) for hit, extra, _ in counted if hit + extra] or [0.0])
    recall = statistics.fmean([hit / (hit + missed) for hit, _, missed in counted if hit + missed] or [0.0])
    return Fit(_harmonic(precision, recall), precision, recall)


def page_f1(true: str, found: str) -> float:
    """F1 of one page."""
    hit, extra, missed = _overlap(true, found)
    return 2 * hit / (2 * hit + extra + missed)


class Told(NamedTuple):
    """How well estimates tell figures: Spearman's rank correlation, and the area under the ROC curve when the
    estimates have to find the figures below `POOR` (0.5 when there are none).
    """

    rank: float
    poor: float


POOR = 0.8


def told(estimates: Sequence[float], figures: Sequence[float]) -> Told:
    """Ties share their rank."""
    one, other = _ranks(estimates), _ranks(figures)
    spread = min(len(set(estimates)), len(set(figures))) > 1
    poor = [estimate for estimate, figure in zip(estimates, figures) if figure < POOR]
    good = [estimate for estimate, figure in zip(estimates, figures) if figure >= POOR]
    found = sum((low < high) + 0.5 * (low == high) for low in poor for high in good)
    area = found / (len(poor) * len(good)) if poor and good else 0.5
    return Told(statistics.correlation(one, other) if spread else 0.0, area)


def _ranks(values: Sequence[float]) -> list[float]:
    places: dict[float, list[int]] = {}
    for place, value in enumerate(sorted(values)):
        places.setdefault(value, []).append(place)
    return [statistics.mean(places[value]) for value in values]


_RESAMPLES = 1000
_SEED = 7


def interval(ones: Sequence[tuple[str, str]], others: Sequence[tuple[str, str]]) -> tuple[float, float, float]:
    """How much greater the F1 of the first is on the same pages, and the 95 % interval of that, by paired bootstrap.

    Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 13: 1,000 resamples of pages.
    """
    counted = [(_overlap(*one), _overlap(*other)) for one, other in zip(ones, others, strict=True)]
    chance = random.Random(_SEED)
    leads = sorted(_lead(chance.choices(counted, k=len(counted))) for _ in range(_RESAMPLES))
    return _lead(counted), leads[_RESAMPLES // 40], leads[-1 - _RESAMPLES // 40]


def _lead(counted: Sequence[tuple[_Counts, _Counts]]) -> float:
    return _fit([one for one, _ in counted]).f1 - _fit([other for _, other in counted]).f1


def _harmonic(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _overlap(true: str, found: str) -> _Counts:
    """4-grams in both, in the found text only, in the true text only."""
    wanted, got = _grams(true), _grams(found)
    hit = sum((wanted & got).values())
    return hit, sum(got.values()) - hit, sum(wanted.values()) - hit


def _grams(text: str) -> Counter[tuple[str, ...]]:
    words = _TOKEN.findall(text)
    grams = (tuple(words[i : i + _GRAM]) for i in range(max(1, len(words) - _GRAM + 1)))
    return Counter(gram for gram in grams if gram)


def lines_fit(true: Sequence[bool], found: Sequence[bool]) -> Fit:
    """The same of lines."""
    hit = sum(one and other for one, other in zip(true, found))
    precision, recall = hit / max(1, sum(found)), hit / max(1, sum(true))
    return Fit(_harmonic(precision, recall), precision, recall)
