"""Several extractors: agreement is a measure, the medoid is the one that is like the others."""

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.news.bodies import AGREED, PRECISE, agreement, best_body, medoid
from pipeline.news.weblines import Lines
from pipeline.news.webtree import paragraphs, parsed
from tests.news.test_cleaning_html import PARAGRAPHS, article_of, body_of, web_page

TEXTS = st.text("abc 日本 \n,.", max_size=60)


@given(TEXTS, TEXTS)
def test_agreement_is_symmetric_and_between_0_and_1(one: str, other: str) -> None:
    assert agreement(one, other) == agreement(other, one)
    assert 0.0 <= agreement(one, other) <= 1.0


@given(TEXTS)
def test_a_text_agrees_with_itself(text: str) -> None:
    assert agreement(text, text) == (1.0 if any(sign.isalnum() for sign in text) else 0.0)


def test_texts_without_spaces_are_compared_by_sign() -> None:
    text = "市长周一表示大桥将于下周重新开放渔市自洪水以来一直被隔断"
    assert 0.5 < agreement(text, text[:20]) < 1.0


def test_the_medoid_is_most_like_the_others() -> None:
    whole = PARAGRAPHS
    bodies = {
        "nothing": Lines([], []),
        "too much": Lines([*whole, "Weather for the whole week in the valley and on the hills behind it"] * 2, []),
        "right": Lines(list(whole), []),
        "nearly right": Lines(whole[:3], []),
    }
    found = medoid(bodies)
    assert found.extractor == "right"
    assert 0.0 < found.agreement < 1.0


def test_of_equals_the_first_is_taken() -> None:
    same = Lines(list(PARAGRAPHS), [])
    assert medoid({"first": same, "second": same, "third": same}) == (same, 1.0, "first")


def test_a_page_that_all_read_alike_has_the_quality_1() -> None:
    article = article_of(web_page(body_of(PARAGRAPHS)))
    assert article.quality >= AGREED
    assert article.extractor == PRECISE


@pytest.mark.parametrize(
    "page", ["<p>", "<html></html>", "<html><body><table><tr><td>", "<svg><p>x</p></svg>", "<a" * 500]
)
def test_pages_without_a_body_have_none(page: str) -> None:
    tree = parsed(page)
    if tree is not None:
        body = best_body(tree, lambda found: Lines.split(found, "", set()))
        assert body.lines.text.strip() in ("", "x")


def test_paragraphs_are_blocks_of_html() -> None:
    tree = lxml.html.fromstring(
        "<div><p>one <b>bold</b> word</p>tail<ul><li>a</li><li>b<br>c</li></ul>"
        "<table><tr><td>x</td><td>y</td></tr></table><script>no</script><p>two</p></div>"
    )
    assert paragraphs(tree) == ["one bold word", "tail", "a", "b", "c", "x y", "two"]
