"""How well confidences are the shares of right ones, and how the weights behind them are fitted.

There are few examples, and most are right. So each weight is held near zero by a penalty (a ridge, or a normal prior),
but for that of the mean: a rule that was seen five times moves the confidence little, and one never seen not at all.
"""

import random
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from pipeline.evaluation import Table
from pipeline.news.confidence import MEAN, chance

PENALTY = 1.0
"""The strength of the prior: the inverse variance of a weight. Of .5, 1, 2, 4 and 8 it has the best Brier score on
other articles, by little."""
FOLDS = 10
"""Parts that articles are split into."""
_STEPS = 30
_BINS, _IN_BIN = 10, 25
"""At most so many bins, with at least so many statements each."""
_DRAWS = 200
_SEED = 7


class Example(NamedTuple):
    """A statement with its signs (`pipeline.news.confidence.signs`), and whether it is right. `group`: its article."""

    group: str
    signs: tuple[str, ...]
    right: bool


class Bin(NamedTuple):
    """Statements of similar confidence: how many, the mean confidence, the share of right ones."""

    statements: int
    expected: float
    observed: float


class Reliability(NamedTuple):
    """How well confidences hold.

    brier   the mean squared distance to what is true (Brier 1950)
    ece     the expected calibration error: the mean distance of expected and observed shares over bins of equal count
    by_chance  the same of confidences that are right but for chance, by drawing what is true 200 times: with few
               examples no better figure can be hoped for
    """

    statements: int
    right: float
    brier: float
    ece: float
    by_chance: float
    bins: tuple[Bin, ...]


def reliability(confidences: Sequence[float], right: Sequence[bool]) -> Reliability:
    """How well these confidences, at least one, tell which are right."""
    pairs = sorted(zip(confidences, right))
    expected, truth = [confidence for confidence, _ in pairs], [hit for _, hit in pairs]
    bins = _bins(expected, truth)
    dice = random.Random(_SEED)
    drawn = [_ece(_bins(expected, [dice.random() < one for one in expected])) for _ in range(_DRAWS)]
    brier = sum((one - hit) ** 2 for one, hit in pairs) / len(pairs)
    return Reliability(len(pairs), sum(truth) / len(pairs), brier, _ece(bins), sum(drawn) / _DRAWS, bins)


def _bins(expected: Sequence[float], right: Sequence[bool]) -> tuple[Bin, ...]:
    size = len(expected)
    number = max(1, min(_BINS, size // _IN_BIN))
    edges = [round(size * at / number) for at in range(number + 1)]
    return tuple(
        Bin(end - start, sum(expected[start:end]) / (end - start), sum(right[start:end]) / (end - start))
        for start, end in pairwise(edges)
    )


def _ece(bins: Sequence[Bin]) -> float:
    return sum(one.statements * abs(one.expected - one.observed) for one in bins) / sum(one.statements for one in bins)


def table(title: str, held: Reliability) -> Table:
    """Its bins, the surest last, and the figures below them."""
    rows = [(one.statements, f"{one.expected:.3f}", f"{one.observed:.3f}") for one in held.bins]
    about = f"{title}: Brier {held.brier:.3f}, ECE {held.ece:.3f} ({held.by_chance:.3f} by chance alone)"
    return Table(about, (">statements", ">confidence", ">right"), tuple(rows))


# --- fitting


def fit(examples: Sequence[Example], penalty: float = PENALTY) -> dict[str, float]:
    """A weight for each sign, by Newton's method (McCullagh and Nelder 1989, chapter 4). There has to be an example."""
    names = sorted({sign for example in examples for sign in example.signs})
    column = {name: at for at, name in enumerate(names)}
    design = np.zeros((len(examples), len(names)))
    for row, example in enumerate(examples):
        design[row, [column[sign] for sign in example.signs]] = 1
    truth = np.array([example.right for example in examples], dtype=float)
    prior = np.array([1e-3 if name == MEAN else penalty for name in names])
    weights = np.zeros(len(names))
    for _ in range(_STEPS):
        held = 1 / (1 + np.exp(-design @ weights))
        slope = design.T @ (truth - held) - prior * weights
        bend = design.T @ (design * (held * (1 - held))[:, None]) + np.diag(prior)
        step = np.linalg.solve(bend, slope)
        weights = np.clip(weights + step, -_FURTHEST, _FURTHEST)
        if np.abs(step).max() < 1e-8:
            break
    return {name: float(weights[at]) for name, at in column.items()}


_FURTHEST = 12.0
"""Where all are right, the mean has no end."""


def predicted(weights: Mapping[str, float], signs: Iterable[str]) -> float:
    """The confidence that these weights give."""
    return chance(sum(weights.get(sign, 0.0) for sign in signs))


def crossed(examples: Sequence[Example], penalty: float = PENALTY) -> list[float]:
    """The confidence of each by weights that were fitted on other articles. Empty for fewer than two articles."""
    groups = sorted({example.group for example in examples})
    if len(groups) < 2:
        return []
    random.Random(_SEED).shuffle(groups)
    fold = {group: at % FOLDS for at, group in enumerate(groups)}
    fitted = {
        at: fit([example for example in examples if fold[example.group] != at], penalty) for at in set(fold.values())
    }
    return [predicted(fitted[fold[example.group]], example.signs) for example in examples]
