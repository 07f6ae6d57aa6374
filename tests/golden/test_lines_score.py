"""The shipped line model on pages that were read: it must not get worse, nor its figures drift from its trees."""

from pathlib import Path

import pytest

from pipeline.evaluation.measures import fit, lines_fit
from pipeline.news.linescore import score, segment, word_counts
from pipeline.training.lines.pages import Page, benchmark, seeds

DATA = Path(__file__).parents[2].parent / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the development data are not beside the project")


def marks(page: Page) -> list[bool]:
    return segment(score(page.lines, page.blanks), word_counts(page.lines))


def test_body_lines_of_the_text_copies_read_by_hand() -> None:
    """None of these pages was trained on."""
    true, found = [], []
    for page, unread in seeds(DATA):
        rows = [i for i in range(len(page.lines)) if i not in unread]
        true += [page.labels[i] for i in rows]
        found += [marks(page)[i] for i in rows]
    measured = lines_fit(true, found)
    assert measured.precision >= 0.98
    assert measured.recall >= 0.99


def test_figures_fit_the_trees() -> None:
    """These pages were trained on, so this is no score of quality: a changed figure or cue shows here."""
    pages = [page for page in benchmark(DATA, ["fundus"]) if page.way == "blocks"]
    kept = ((page.body, "\n".join(line for line, body in zip(page.lines, marks(page)) if body)) for page in pages)
    assert fit(kept).f1 >= 0.935
