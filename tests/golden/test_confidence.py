"""Gates of confidence: it is the share of right statements, also where no rule was made and no weight was fitted."""

import re
import tomllib
from typing import Any

import pytest

from pipeline.evaluation.calibration import Example, Reliability, crossed, reliability
from tests.golden.indonesian import DATA
from tests.training.confidence import SEEN, TARGET, examples, text

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="no annotated articles in ../shared/data")


@pytest.fixture(scope="module")
def every() -> list[Example]:
    return examples()


def held(every: list[Example], *, seen: bool | None = None) -> Reliability:
    pairs = [
        (confidence, example.right)
        for confidence, example in zip(crossed(every), every)
        if seen is None or seen is (SEEN in example.signs)
    ]
    return reliability([confidence for confidence, _ in pairs], [right for _, right in pairs])


def test_confidence_is_the_share_of_right_ones(every: list[Example], record_property: Any) -> None:
    whole, unseen = held(every), held(every, seen=False)
    record_property("all", whole._asdict())
    record_property("unseen", unseen._asdict())
    assert whole.statements >= 480
    assert whole.ece <= 0.04
    assert whole.brier <= 0.09
    assert unseen.statements >= 150
    assert unseen.ece <= 0.09
    assert unseen.bins[0].observed < unseen.bins[-1].observed, "what is less sure is right less often"


def test_it_tells_more_than_the_mean(every: list[Example]) -> None:
    right = sum(example.right for example in every) / len(every)
    assert held(every).brier < 0.93 * right * (1 - right)


def test_the_weights_are_those_of_the_rules_as_they_are(every: list[Example]) -> None:
    shipped = tomllib.loads(TARGET.read_text(encoding="utf-8"))["weights"]
    made = tomllib.loads(text(every))["weights"]
    assert made == pytest.approx(shipped, abs=0.25), "run `python -m tests.training.confidence`"
    assert re.search(r"Brier 0\.\d+, ECE 0\.\d+", TARGET.read_text(encoding="utf-8"))
