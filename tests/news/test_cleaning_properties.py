"""Whatever the page: nothing in the article is invented, and every offset slices what it says."""

import html
import re
from datetime import UTC, datetime

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from pipeline.errors import Reject
from pipeline.news.accounting import Fate, account
from pipeline.news.cleaning import clean
from pipeline.news.mapping import PIECE_MIN, page_span
from pipeline.news.markup import VISIBLE
from pipeline.news.pages import page_text
from schemas.article import Article, Part
from schemas.page import PageFetched
from tests.news import nasty

PARTS: tuple[Part, ...] = ("title", "standfirst", "body")
FETCHED = datetime(2024, 5, 20, 12, tzinfo=UTC)
often = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])


def cleaned(source: str, media_type: str) -> tuple[Article, str]:
    content = source.encode("utf-8", "surrogatepass")
    page = PageFetched(
        article_id="a",
        revision=1,
        page="p",
        media_type=media_type,
        source="upload",
        fetched_at=FETCHED,
        charset="utf-8",
    )
    try:
        return clean(content, page), page_text(content, media_type, "utf-8")
    except Reject:
        assume(False)
        raise


def mapped(article: Article, part: Part, page: str) -> set[int]:
    """The places of a part that some run covers, after a look at what each run slices."""
    text, places = article.part(part), set[int]()
    for run in article.maps.get(part, ()):
        here, there = text[run.text : run.text + run.length], page[run.page : run.page + run.length]
        assert run.text >= 0 <= run.page
        assert len(here) == len(there) == run.length > 0
        assert all(a == b or (a.isspace() and b.isspace()) for a, b in zip(here, there))
        own = set(range(run.text, run.text + run.length))
        assert not places & own, "no codepoint is mapped twice"
        places |= own
    return places


def seen(text: str) -> list[int]:
    """The places of codepoints that can be seen."""
    return [at for match in VISIBLE.finditer(text) for at in range(match.start(), match.end())]


def check_removed(article: Article, page: str) -> None:
    for gone in article.removed:
        assert 0 <= gone.start < gone.end <= len(page)
        assert page[gone.start : gone.end].strip()
    assert list(article.removed) == sorted(article.removed, key=lambda gone: gone.start)


def check_account(article: Article, page: str) -> None:
    """Every word that can be seen is in one stretch, and only there."""
    whole = account(article, page)
    covered: list[int] = []
    for stretch in whole.stretches:
        assert 0 <= stretch.start < stretch.end <= len(whole.text)
        covered += [at for at in range(stretch.start, stretch.end) if VISIBLE.match(whole.text[at])]
    assert covered == seen(whole.text)


@often
@given(nasty.copy())
def test_a_text_copy_is_taken_apart_and_nothing_is_added(source: str) -> None:
    article, page = cleaned(source, "text/plain")
    for part in PARTS:
        text = article.part(part)
        places = mapped(article, part, page)
        assert [text[at] for at in range(len(text)) if at not in places and not text[at].isspace()] == []
    check_removed(article, page)
    check_account(article, page)


@often
@given(nasty.copy())
def test_the_account_of_a_text_copy_is_what_its_article_says(source: str) -> None:
    article, page = cleaned(source, "text/plain")
    whole = account(article, page)
    assert whole.text == page
    assert not [stretch for stretch in whole.stretches if stretch.fate is Fate.OUTSIDE]
    kept = [s for s in whole.stretches if s.label in ("body", "dateline")]
    said = "".join("".join(VISIBLE.findall(page[s.start : s.end])) for s in kept)
    assert sorted(said) == sorted("".join(VISIBLE.findall(article.text)))


def references(page: str) -> set[str]:
    """The signs that the references of a page stand for."""
    return {sign for reference in re.findall(r"&#?\w{1,32};?", page) for sign in html.unescape(reference)}


@often
@given(nasty.page())
def test_a_web_page_lends_every_sign_of_its_article(source: str) -> None:
    """What is in no run is a sign that a reference stands for, or in a stretch too short to be found for sure."""
    article, page = cleaned(source, "text/html")
    decoded = references(page)
    for part in PARTS:
        text = article.part(part)
        places = mapped(article, part, page)
        left = "".join(text[at] if at not in places else " " for at in seen(text))
        unknown = [piece for piece in left.split() if set(piece) - decoded]
        assert all(len(piece) < PIECE_MIN for piece in unknown), (part, text, unknown)
    check_removed(article, page)
    check_account(article, page)


@often
@given(nasty.page(broken=True))
def test_broken_markup_adds_nothing_either(source: str) -> None:
    article, page = cleaned(source, "text/html")
    lent = {*page, *references(page)}
    for part in PARTS:
        text = article.part(part)
        mapped(article, part, page)
        assert {text[at] for at in seen(text)} <= lent
    check_removed(article, page)
    check_account(article, page)


@often
@given(nasty.copy() | nasty.page(broken=True), st.data())
def test_every_stretch_of_a_part_leads_into_the_page(source: str, data: st.DataObject) -> None:
    article, page = cleaned(source, "text/html" if source.startswith("<html") else "text/plain")
    start = data.draw(st.integers(0, len(article.text) - 1))
    end = data.draw(st.integers(start + 1, len(article.text)))
    span = page_span(article.maps.get("body", ()), start, end)
    places = mapped(article, "body", page)
    if span is None:
        assert not places & set(range(start, end))
    elif places >= set(range(start, end)):
        assert 0 <= span[0] < span[1] <= len(page)
        first, last = page[span[0]], page[span[1] - 1]
        assert first == article.text[start] or first.isspace()
        assert last == article.text[end - 1] or last.isspace()
