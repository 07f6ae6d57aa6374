"""The training of the line model: text of HTML, labels, measures, synthetic pages, trees to arrays."""

from random import Random
from typing import Any

import numpy as np
import pytest

from pipeline.evaluation.dumps import blocks, browser
from pipeline.evaluation.measures import fit, lines_fit
from pipeline.training.lines.labels import labels
from pipeline.training.lines.pages import Page, lines_of
from pipeline.training.lines.synthesis import Article, generated, synthesised, transplanted
from pipeline.training.lines.trees import forest_of

HTML = b"""<html><head><title>T</title><style>x{}</style></head><body><nav><a href=/>Home</a> <a href=/n>News</a></nav>
<p>The mayor <a href=/m>of Lerang</a> spoke to the people<br>on Monday.</p><p style="display: none">Hidden</p>
<script>var x;</script><p>He left.</p></body></html>"""

PARAGRAPHS = (
    "The mayor of Lerang spoke to the people on Monday about the dam.",
    "He left early.",
    "Nobody asked him any question at all that day.",
)
BODY = "\n".join(PARAGRAPHS)


def test_a_dump_by_blocks_has_a_line_per_block() -> None:
    assert blocks(HTML).split("\n") == [
        "Home News",
        "The mayor of Lerang spoke to the people",
        "on Monday.",
        "Hidden",
        "He left.",
    ]


def test_a_copy_from_a_browser_has_links_on_lines_and_no_hidden_parts() -> None:
    lines, blanks = lines_of(browser(HTML))
    assert lines == ["Home", "News", "The mayor of Lerang spoke to the people", "on Monday.", "He left."]
    assert blanks[-1] == 1


def test_lines_of_the_true_body_are_labelled() -> None:
    lines = ["He left early.", "Mayor speaks", *PARAGRAPHS, "Read more about the mayor and his many dams here", "News"]
    assert labels(lines, BODY) == [True, False, True, True, True, False, False]


def test_short_lines_far_from_the_body_are_not_of_it() -> None:
    assert labels(["He left early.", *["Menu"] * 9, PARAGRAPHS[0]], BODY)[0] is False


def test_the_measure_is_one_for_the_same_text_and_counts_grams() -> None:
    assert fit([("a b c d e", "a b c d e")]) == (1, 1, 1)
    assert fit([("a b c d e", "a b c d x")]) == (0.5, 0.5, 0.5)
    assert fit([("a b c d e", "")]).recall == 0
    assert lines_fit([True, True, False], [True, False, True]) == (0.5, 0.5, 0.5)


ARTICLE = Article(
    "Tanggul Jebol", ("Wali kota datang pagi ini.", "Ia berjanji memperbaiki tanggul.", "Warga menunggu."), "id"
)
HOST = Page(
    name="host",
    dataset="d",
    site="s",
    language="en",
    way="blocks",
    lines=("Menu", "One paragraph.", "Advert", "Two paragraphs.", "Three paragraphs.", "Footer"),
    blanks=(0, 1, 0, 1, 1, 0),
    body="One paragraph.\nTwo paragraphs.\nThree paragraphs.",
    labels=(False, True, False, True, True, False),
)


@pytest.mark.parametrize("seed", range(20))
def test_a_made_up_page_holds_the_article_and_other_lines(seed: int) -> None:
    page = generated(ARTICLE, ["Harga Beras Naik"], Random(seed))
    assert [line for line in page.body_lines() if line in ARTICLE.paragraphs] == list(ARTICLE.paragraphs)
    assert set(page.body_lines()) - {*ARTICLE.paragraphs} <= {"Harga Beras", "Harga Beras Naik"}
    assert len(page.lines) == len(page.blanks) > len(ARTICLE.paragraphs)
    assert not any("{" in line for line in page.lines)


def test_a_transplanted_body_stands_between_the_lines_of_the_host() -> None:
    page = transplanted(HOST, ARTICLE, Random(1))
    assert page.body_lines() == ARTICLE.paragraphs
    assert [line for line, body in zip(page.lines, page.labels) if not body] == ["Menu", "Advert", "Footer"]


def test_synthesis_is_the_same_for_the_same_seed() -> None:
    assert synthesised([HOST], [ARTICLE], 5, 3) == synthesised([HOST], [ARTICLE], 5, 3)


class Dumped:
    """What LightGBM says of a booster with one tree."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def dump_model(self) -> dict[str, Any]:
        inner = self.split(1, -2.0, {"leaf_value": 1.0}, {"leaf_value": 2.0})
        return {"tree_info": [{"tree_structure": self.split(0, 1.5, inner, {"leaf_value": 7.0})}]}

    def split(self, feature: int, threshold: float, left: Any, right: Any) -> dict[str, Any]:
        return {
            "split_feature": feature,
            "threshold": threshold,
            "decision_type": self.kind,
            "left_child": left,
            "right_child": right,
        }


def test_trees_become_arrays() -> None:
    found = forest_of(Dumped("<=")).log_odds(np.array([[1.5, -2.0], [1.5, 0.0], [2.0, 0.0]]))
    assert found.tolist() == [1, 2, 7]


def test_a_split_by_category_is_refused() -> None:
    with pytest.raises(ValueError, match="not a comparison"):
        forest_of(Dumped("=="))
