"""Reliability of confidences, and the fit of their weights."""

import math
import random

import pytest

from pipeline.evaluation.calibration import Example, crossed, fit, predicted, reliability


def test_bins_hold_equally_many_and_the_error_is_their_mean_distance() -> None:
    held = reliability([0.9] * 50 + [0.4] * 50, [True] * 40 + [False] * 10 + [True] * 20 + [False] * 30)
    assert [one.statements for one in held.bins] == [25, 25, 25, 25]
    assert [one.expected for one in held.bins] == pytest.approx([0.4, 0.4, 0.9, 0.9])
    assert held.bins[0].observed + held.bins[1].observed == pytest.approx(0.8)
    assert held.brier == pytest.approx((40 * 0.01 + 10 * 0.81 + 20 * 0.36 + 30 * 0.16) / 100)
    assert held.right == 0.6


def test_a_single_statement_has_one_bin() -> None:
    held = reliability([0.7], [True])
    assert (held.bins[0].statements, held.ece) == (1, pytest.approx(0.3))


def test_calibrated_confidences_have_no_more_error_than_chance_gives() -> None:
    dice = random.Random(3)
    confidences = [dice.random() for _ in range(2000)]
    true = reliability(confidences, [dice.random() < one for one in confidences])
    assert true.ece < 2 * true.by_chance
    assert reliability([one**3 for one in confidences], [dice.random() < one for one in confidences]).ece > 0.2


def examples(many: int) -> list[Example]:
    dice = random.Random(5)
    rows = [("good", 0.95)] * many + [("bad", 0.5)] * many
    return [Example(str(at), ("mean", name), dice.random() < share) for at, (name, share) in enumerate(rows)]


def test_many_examples_give_their_share_and_few_stay_near_the_mean() -> None:
    weights = fit(examples(2000))
    assert predicted(weights, ("mean", "good")) == pytest.approx(0.95, abs=0.02)
    assert predicted(weights, ("mean", "bad")) == pytest.approx(0.5, abs=0.03)
    few = fit([*examples(200), *[Example("x", ("mean", "rare"), False)] * 2])
    assert 0.3 < predicted(few, ("mean", "rare")) < predicted(few, ("mean", "never seen")) < 0.9


def test_where_all_are_right_there_is_an_end() -> None:
    weights = fit([Example(str(at), ("mean",), True) for at in range(9)])
    assert all(map(math.isfinite, weights.values()))
    assert 0.9 < predicted(weights, ("mean",)) < 1


def test_no_article_helps_to_tell_its_own_statements() -> None:
    same = [Example(str(at // 2), ("mean", f"only {at // 2}"), at // 2 == 0) for at in range(40)]
    assert max(crossed(same)[:2]) < 0.2
    assert crossed(same[:2]) == []
