"""Fits the weights of `pipeline/news/likeness.py` on the development half of `tests/golden/utterances`.

Wordings of one utterance need not all be alike: they hang together. So of the pairs of one utterance those count by
which the model so far would join it (the maximum spanning tree), and the model is fitted again, six times; against them
all pairs of two utterances of one speaker, as far as they are compared at all. With `--folds` speakers are left out in
turn, and the figures are of those left out: what the weights are worth on others.

python -m tests.training.likeness [--folds 8]
"""

import argparse
from collections import defaultdict
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from pipeline.evaluation import utterances as evaluation
from pipeline.evaluation.utterances import Case, Found, Groups
from pipeline.news import ledger, likeness, wording
from pipeline.news.ledger import Wording
from pipeline.news.likeness import Seat
from tests.golden.said import cases, held

ROUNDS, PENALTY = 6, 3.0


class Pair(NamedTuple):
    """Two statements of one speaker that are compared: their places among the cases, and what the model weighs."""

    one: int
    other: int
    same: bool
    equal: bool
    features: tuple[float, ...]


def compared(said: list[Case]) -> list[Pair]:
    """All pairs that nothing speaks against for sure."""
    worded = [ledger.worded(case.made, wording.read(case.made.statement.text, "id")) for case in said]
    speakers = defaultdict(list)
    for place, known in enumerate(worded):
        speakers[known.speaker_id].append(place)
    found = []
    for places in speakers.values():
        for one, other in combinations(places, 2):
            here, there = _seats(worded[one], worded[other])
            mine, theirs = worded[one].content, worded[other].content
            if abs(here.day - there.day) <= ledger.WINDOW.days and likeness.likeness(mine, here, theirs, there):
                same = said[one].utterance == said[other].utterance
                features = likeness.features(mine, theirs, here, there)
                found.append(Pair(one, other, same, mine.key == theirs.key, features))
    return found


def _seats(one: Wording, other: Wording) -> tuple[Seat, Seat]:
    """Where they stand, as far as it counts: two places of one article say something only when they are beside."""
    here, there = one.seat, other.seat
    return (here, there) if here.beside(there) else (here._replace(article_id=""), there)


def fitted(pairs: list[Pair], said: list[Case]) -> LogisticRegression:
    """The model of these pairs."""
    rows, same = np.array([pair.features for pair in pairs]), np.array([pair.same for pair in pairs])
    used = np.ones(len(pairs), dtype=bool)
    model = LogisticRegression(C=PENALTY, max_iter=1000)
    for _ in range(ROUNDS):
        model.fit(rows[used], same[used])
        used = ~same | _tree(pairs, model.predict_proba(rows)[:, 1], said)
    return model


def _tree(pairs: list[Pair], chances: NDArray[np.float64], said: list[Case]) -> NDArray[np.bool_]:
    """The pairs by which the utterances hang together best."""
    groups, kept = Groups([str(place) for place in range(len(said))]), np.zeros(len(pairs), dtype=bool)
    for at in np.argsort(-chances, kind="stable"):
        one, other = str(pairs[at].one), str(pairs[at].other)
        if pairs[at].same and not groups.joined(one, other):
            groups.join(one, other)
            kept[at] = True
    return kept


def linked(pairs: list[Pair], chances: NDArray[np.float64], said: list[Case]) -> dict[str, float]:
    """The figures when all pairs are joined that are likely enough."""
    groups = Groups([str(place) for place in range(len(said))])
    for pair, chance in zip(pairs, chances, strict=True):
        if pair.equal or chance >= likeness.SAME:
            groups.join(str(pair.one), str(pair.other))
    return evaluation.figures_of(said, Found(groups.names(), 0.0))


def left_out(pairs: list[Pair], said: list[Case], folds: int) -> dict[str, float]:
    """The figures when the pairs of each speaker are judged by a model of the other speakers."""
    speakers = sorted({case.made.statement.speaker_id for case in said})
    np.random.default_rng(0).shuffle(speakers)
    fold = {speaker: place % folds for place, speaker in enumerate(speakers)}
    of = np.array([fold[said[pair.one].made.statement.speaker_id] for pair in pairs])
    chances, rows = np.zeros(len(pairs)), np.array([pair.features for pair in pairs])
    for number in range(folds):
        others = [pair for pair, at in zip(pairs, of, strict=True) if at != number]
        chances[of == number] = fitted(others, said).predict_proba(rows[of == number])[:, 1]
    return linked(pairs, chances, said)


def main() -> None:
    """Print the weights."""
    parser = argparse.ArgumentParser(description="Fit the likeness of wordings.")
    parser.add_argument("--folds", type=int, default=0)
    folds = parser.parse_args().folds
    said = [case for case in cases() if not held(case.utterance)]
    pairs = compared(said)
    model = fitted(pairs, said)
    print("bias", model.intercept_.round(2), "weights", model.coef_.round(2))
    rows = np.array([pair.features for pair in pairs])
    print("fitted", linked(pairs, model.predict_proba(rows)[:, 1], said))
    if folds:
        print("left out", left_out(pairs, said, folds))


if __name__ == "__main__":
    main()
