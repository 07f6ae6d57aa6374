"""How likely each line of a text copy is a line of the article's body, and which lines to keep.

A line is described by figures that need no language (`pipeline.news.linefeatures`): its length, its signs, where it
stands, what stands around it, and whether one of a few words of many languages says what it is. Gradient-boosted trees
make a probability of them (`pipeline/models/lines/README.md` tells of training and limits). The body is the run of
lines with the greatest sum of probability above a bound, weighted by words: maximum subsequence segmentation
(Pasternack and Roth 2009), the learned form of body text extraction (Finn, Kushmerick and Smyth 2001).

    scores = score(lines, blanks)
    body = segment(scores, word_counts(lines))
"""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import numpy as np

from pipeline.news import forest
from pipeline.news.linefeatures import features, words_in
from pipeline.news.linesigns import signs_of

_WORDS_CAP = 60
"""A line counts at most as many words: one long legal notice must not outweigh an article."""
_WORDS_FLOOR = 2
"""What every line counts beside its words, so that menus of single words break a run."""
_PASSAGE = 5
"""So many lines make a passage; the best passage of a page tells how sure the trees are of this page at all."""
_RELATIVE = 0.5
"""The bound above which a line speaks for the body is this share of the best passage's probability, at most one half: a
page of unknown layout gets low probabilities everywhere and has a body all the same. By cross-validation."""
_SURE = 0.5
"""A line that is as likely body as not."""


def score(lines: Sequence[str], blanks: Sequence[int]) -> forest.Floats:
    """P(body) of each line. Title, captions, bylines, dates and teasers are not body.

    `lines` are the lines of one page in order, none of them blank, wrapped paragraphs joined. `blanks` says for each
    how many blank lines stand before it; only none or some is told apart. Raises ValueError when their lengths differ.
    """
    if len(lines) != len(blanks):
        raise ValueError(f"{len(lines)} lines with {len(blanks)} counts of blank lines: give one count per line")
    if not lines:
        return np.zeros(0)
    return _forest().probabilities(features(lines, blanks))


def segment(scores: forest.Floats, word_counts: Sequence[float] | forest.Floats) -> list[bool]:
    """Which lines are body: the best run of lines without its unlikely ones. `word_counts` as of the function below."""
    if not len(scores):
        return []
    words = np.asarray(word_counts, dtype=np.float64)
    weights = np.minimum(words + _WORDS_FLOOR, _WORDS_CAP)
    bound = min(_SURE, _RELATIVE * _best_passage(scores, weights))
    first, last = best_run((scores - bound) * weights)
    at = np.arange(len(scores))
    kept: list[bool] = ((at >= first) & (at <= last) & (scores > bound)).tolist()
    return kept


def _best_passage(scores: forest.Floats, weights: forest.Floats) -> float:
    """The highest mean of P(body) over the words of neighbouring lines."""
    passage = np.ones(min(_PASSAGE, len(scores)))
    sums = np.convolve(scores * weights, passage, "same") / np.convolve(weights, passage, "same")
    return float(sums.max())


def word_counts(lines: Sequence[str]) -> forest.Floats:
    """Words per line; two signs of a script without spaces count as one word."""
    return words_in(signs_of(lines))


def best_run(weights: forest.Floats) -> tuple[int, int]:
    """The first and the last index of the run with the greatest sum; the last is smaller when no weight is above 0."""
    best, found, total, start = 0.0, (0, -1), 0.0, 0
    for i, weight in enumerate(weights.tolist()):
        if total <= 0:
            total, start = 0.0, i
        total += weight
        if total > best:
            best, found = total, (start, i)
    return found


@cache
def _forest() -> forest.Forest:
    with (files("pipeline") / "models" / "lines" / "model.npz").open("rb") as held:
        return forest.load(held)
