"""Gates on annotated statements of real news: what is one utterance is found to be one, and nothing else."""

from collections import Counter

import pytest

from pipeline.evaluation import utterances as evaluation
from pipeline.evaluation.utterances import Found
from tests.bench.corpus import NEWS
from tests.golden import said
from tests.golden.said import Said

pytestmark = pytest.mark.skipif(not NEWS.exists(), reason="the news texts are not beside the project")


@pytest.fixture(scope="module")
def statements() -> Said:
    return said.statements()


@pytest.fixture(scope="module")
def stories() -> Said:
    return said.stories()


@pytest.fixture(scope="module")
def found(stories: Said) -> Found:
    return said.ours(stories)


def test_enough_was_annotated(statements: Said, stories: Said) -> None:
    for annotated in (statements, stories):
        sizes = Counter(case.utterance for case in annotated.cases).values()
        assert sum(size > 1 for size in sizes) >= 40
        assert sum(size * (size - 1) // 2 for size in sizes) >= 150
        assert len({case.made.statement.statement_id for case in annotated.cases}) == len(annotated.cases)


def test_utterances_hold_together(statements: Said) -> None:
    found = said.ours(statements)
    developed, held = statements.figures(found, held=False), statements.figures(found, held=True)
    assert developed["f1"] >= 0.81
    assert developed["cubed_f1"] >= 0.93
    assert held["f1"] >= 0.715
    assert held["cubed_f1"] >= 0.9


def test_all_that_somebody_said_in_a_story_is_put_together(stories: Said, found: Found) -> None:
    developed, held = stories.figures(found, held=False), stories.figures(found, held=True)
    assert developed["f1"] >= 0.635
    assert held["f1"] >= 0.63
    assert held["cubed_f1"] >= 0.89


def test_it_is_better_than_what_others_do(stories: Said, found: Found) -> None:
    ours = stories.figures(found, held=True)
    for rival in evaluation.RIVALS.values():
        theirs = stories.figures(rival(stories.cases), held=True)
        assert ours["f1"] > theirs["f1"] + 0.05
        assert ours["cubed_f1"] > theirs["cubed_f1"]
