"""Copies made of real articles, and real articles against each other: the gates of finding duplicates."""

import pytest

from pipeline.adapters.memory import MemoryState
from pipeline.evaluation import duplicates as evaluation
from pipeline.evaluation.duplicates import Found
from tests.bench.copies import containment, news, shingles
from tests.bench.corpus import NEWS
from tests.bench.duplicates import FALSE_BELOW, Trial, recall_by_share, recall_from, trial

pytestmark = pytest.mark.skipif(not NEWS.exists(), reason="the news texts are not beside the project")


@pytest.fixture(scope="module")
def run() -> Trial:
    return trial(1000, 7)


@pytest.fixture(scope="module")
def found(run: Trial) -> Found:
    return evaluation.ours([case.article for case in run.cases], MemoryState())


def test_copies_that_share_a_third_are_found(run: Trial, found: Found) -> None:
    curve = recall_by_share(run, found)
    assert len(curve) >= 14, "copies of every share are among them"
    assert recall_from(curve, 0.3) >= 0.985


def test_families_hold_together(run: Trial, found: Found) -> None:
    cubed = evaluation.b_cubed([case.family for case in run.cases], found.families)
    assert cubed.f1 >= 0.98
    assert cubed.precision >= 0.995
    wrong = sum(map(len, evaluation.false_links(run.cases, found.links)))
    assert wrong <= 1e-3 * len(run.cases)


def test_real_articles_are_seldom_linked_in_error() -> None:
    articles = {article.article_id: article for article in news(3000)}
    state, wrong, links = MemoryState(), 0, 0
    for article in articles.values():
        for link in evaluation.marked(article, state).links:
            if link.relation != "template":
                links += 1
                wrong += containment(shingles(article), shingles(articles[link.of])) < FALSE_BELOW
    assert links > 100
    assert wrong <= 1e-3 * len(articles)
