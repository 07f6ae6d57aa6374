"""Gates on annotated statements of real news: what is one utterance is found to be one, and nothing else."""

from collections import Counter

import pytest

from pipeline.adapters.memory import MemoryState
from pipeline.evaluation import utterances as evaluation
from pipeline.evaluation.utterances import Case, Found
from tests.bench.corpus import NEWS
from tests.golden.said import cases, held, rows

pytestmark = pytest.mark.skipif(not NEWS.exists(), reason="the news texts are not beside the project")


@pytest.fixture(scope="module")
def said() -> list[Case]:
    return cases()


def figures(said: list[Case], found: Found, half: bool) -> dict[str, float]:
    """The figures of one half; all statements are there when they are put together, as in a ledger."""
    places = [place for place, case in enumerate(said) if held(case.utterance) is half]
    utterances = [found.utterances[place] for place in places]
    return evaluation.figures_of([said[place] for place in places], Found(utterances, found.seconds))


def test_enough_was_annotated() -> None:
    sizes = Counter(row["cluster"] for row in rows()).values()
    assert sum(size > 1 for size in sizes) >= 40
    assert sum(size * (size - 1) // 2 for size in sizes) >= 150
    assert len({row["id"] for row in rows()}) == len(rows())


def test_utterances_hold_together(said: list[Case]) -> None:
    found = evaluation.ours(said, MemoryState())
    developed, unseen = figures(said, found, False), figures(said, found, True)
    assert developed["f1"] >= 0.81
    assert developed["cubed_f1"] >= 0.925
    assert unseen["f1"] >= 0.70
    assert unseen["cubed_f1"] >= 0.895


def test_it_is_better_than_what_others_do(said: list[Case]) -> None:
    ours = figures(said, evaluation.ours(said, MemoryState()), True)
    for rival in evaluation.RIVALS.values():
        theirs = figures(said, rival(said), True)
        assert ours["f1"] > theirs["f1"]
        assert ours["cubed_f1"] > theirs["cubed_f1"]
