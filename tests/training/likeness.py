"""Fits the weights of `pipeline/news/likeness.py` on the annotated statements of `tests/golden/utterances` that are not
held.

Wordings of one utterance need not all be alike: they hang together. So of the pairs of one utterance those count by
which the model so far would join it (the maximum spanning tree), and the model is fitted again, three times; against
them all pairs of two utterances of one speaker that can be linked. With `--folds` speakers are left out in turn, and
the figures are of those left out: what the weights are worth on others.

python -m tests.training.likeness [--folds 6]
"""

import argparse
from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from pipeline.evaluation import utterances as evaluation
from pipeline.evaluation.utterances import Case, Found, Groups
from pipeline.news import ledger, likeness, wording
from pipeline.news.ledger import Wording
from tests.golden import said

ROUNDS, PENALTY = 3, 0.5
THRESHOLDS = (0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6)


class Pair(NamedTuple):
    """Two statements of one speaker that can be linked: their places among the cases, whether they are joined without
    the model, and what it weighs; of two that stand in one article, also when it does not know that.
    """

    one: int
    other: int
    same: bool
    sure: bool
    features: tuple[float, ...]
    apart: tuple[float, ...] | None


def linkable(cases: list[Case]) -> Iterator[Pair]:
    """All pairs that nothing speaks against for sure."""
    worded = [ledger.worded(case.made, wording.read(case.made.statement.text, "id")) for case in cases]
    speakers = defaultdict(list)
    for place, known in enumerate(worded):
        speakers[known.speaker_id].append(place)
    for places in speakers.values():
        for one, other in combinations(places, 2):
            together, apart = _judged(worded[one], worded[other], True), _judged(worded[one], worded[other], False)
            features = together or apart
            if features:
                same = cases[one].utterance == cases[other].utterance
                equal = worded[one].content.key == worded[other].content.key
                sure = equal or ledger.repeats(worded[one], worded[other])
                yield Pair(one, other, same, sure, features, apart if together else None)


def _judged(one: Wording, other: Wording, together: bool) -> tuple[float, ...] | None:
    """What the model sees of two wordings, when it is asked at all."""
    here, there = one.seat, other.seat
    if abs(here.day - there.day) > ledger.WINDOW.days or (together and here.article_id != there.article_id):
        return None
    if not together:
        here = here._replace(article_id="")
        if set(ledger.postings(one)).isdisjoint(ledger.kept_under(other)):
            return None
    if not likeness.likeness(one.content, here, other.content, there):
        return None
    return likeness.features(one.content, here, other.content, there)


def fitted(pairs: list[Pair], size: int) -> Pipeline:
    """The model of these pairs among so many statements."""
    rows, same = np.array([pair.features for pair in pairs]), np.array([pair.same for pair in pairs])
    used = np.ones(len(pairs), dtype=bool)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=PENALTY, max_iter=1000))
    for left in reversed(range(ROUNDS)):
        model.fit(rows[used], same[used])
        if left:
            used = ~same | _tree(pairs, model.predict_proba(rows)[:, 1], size)
    return model


def chances(model: Pipeline, pairs: list[Pair]) -> NDArray[np.float64]:
    """How likely each pair is of one utterance, in whichever way it is judged."""
    rows = np.array([pair.features for pair in pairs])
    apart = np.array([pair.apart or pair.features for pair in pairs])
    found: NDArray[np.float64] = np.maximum(model.predict_proba(rows)[:, 1], model.predict_proba(apart)[:, 1])
    return found


def _tree(pairs: list[Pair], likely: NDArray[np.float64], size: int) -> NDArray[np.bool_]:
    """The pairs by which the utterances hang together best."""
    groups, kept = Groups([str(place) for place in range(size)]), np.zeros(len(pairs), dtype=bool)
    for at in np.argsort(-likely, kind="stable"):
        one, other = str(pairs[at].one), str(pairs[at].other)
        if pairs[at].same and not groups.joined(one, other):
            groups.join(one, other)
            kept[at] = True
    return kept


def linked(pairs: list[Pair], likely: NDArray[np.float64], cases: list[Case], least: float) -> dict[str, float]:
    """The figures when all pairs are joined that are likely enough."""
    groups = Groups([str(place) for place in range(len(cases))])
    for pair, chance in zip(pairs, likely, strict=True):
        if pair.sure or chance >= least:
            groups.join(str(pair.one), str(pair.other))
    return evaluation.figures_of(cases, Found(groups.names(), 0.0))


def left_out(pairs: list[Pair], cases: list[Case], folds: int) -> NDArray[np.float64]:
    """How likely each pair is by a model of the other speakers."""
    speakers = sorted({case.made.statement.speaker_id for case in cases})
    np.random.default_rng(0).shuffle(speakers)
    fold = {speaker: place % folds for place, speaker in enumerate(speakers)}
    of = np.array([fold[cases[pair.one].made.statement.speaker_id] for pair in pairs])
    found = np.zeros(len(pairs))
    for number in range(folds):
        own, others = np.flatnonzero(of == number), np.flatnonzero(of != number)
        model = fitted([pairs[at] for at in others], len(cases))
        found[own] = chances(model, [pairs[at] for at in own])
    return found


def main() -> None:
    """Print the weights."""
    parser = argparse.ArgumentParser(description="Fit the likeness of wordings.")
    parser.add_argument("--folds", type=int, default=0)
    folds = parser.parse_args().folds
    cases = said.statements().half(False) + said.stories().half(False)
    pairs = list(linkable(cases))
    model = fitted(pairs, len(cases))
    scale, regression = model[0], model[-1]
    weights = regression.coef_[0] / scale.scale_
    bias = regression.intercept_[0] - (regression.coef_[0] * scale.mean_ / scale.scale_).sum()
    print(f"_BIAS = {bias:.2f}\n_WEIGHTS = ({', '.join(f'{weight:.2f}' for weight in weights)})")
    _show("fitted", pairs, chances(model, pairs), cases)
    if folds:
        _show("left out", pairs, left_out(pairs, cases, folds), cases)


def _show(name: str, pairs: list[Pair], likely: NDArray[np.float64], cases: list[Case]) -> None:
    for least in THRESHOLDS:
        row = linked(pairs, likely, cases, least)
        pairwise, cubed = f"F {row['f1']:.3f} (P {row['precision']:.3f}, R {row['recall']:.3f})", row["cubed_f1"]
        print(f"{name} {least}: {pairwise}, B-cubed {cubed:.3f}")


if __name__ == "__main__":
    main()
