"""Web pages: body, metadata, the way back to the source, and input that was made to break parsers."""

import html
import json
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.clean import CLEAN, clean
from pipeline.errors import Reject
from pipeline.flow import Emit
from pipeline.news import cleaning
from pipeline.news.cleaning import Uncleanable
from pipeline.news.mapping import page_span
from pipeline.news.markup import scan
from pipeline.news.pages import page_text
from pipeline.news.webhead import without_site
from schemas.article import Article
from schemas.page import Hints, PageFetched

FETCHED = datetime(2024, 5, 20, 12, tzinfo=UTC)
PARAGRAPHS = [
    "The old river bridge reopens next week after three months of work, the mayor of the town said on Monday.",
    "“We ask everybody to be patient, because the roads around it are not ready,” she told reporters at the city hall.",
    "The bridge was damaged by a flood at the beginning of the year, and the fish market has been cut off since then.",
    "Workers replaced two pillars & all of the railing, which cost the town more than it had planned to spend on it.",
]


def fetched(**fields: object) -> PageFetched:
    known = {"article_id": "a", "revision": 1, "page": "p", "source": "upload", "fetched_at": FETCHED}
    return PageFetched(**({"media_type": "text/html"} | known | fields))  # type: ignore[arg-type]


def web_page(body: str, head: str = "") -> str:
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Bridge reopens next week - Old News</title>'
        f'{head}</head><body><nav><ul><li><a href="/">Home</a></li><li><a href="/n">News</a></li></ul></nav>'
        f"<article><h1>Bridge reopens next week</h1>{body}</article>"
        f'<footer><p>© 2024 Old News. <a href="/t">Terms</a></p></footer></body></html>'
    )


def body_of(paragraphs: list[str]) -> str:
    return "".join(f"<p>{html.escape(text)}</p>\n" for text in paragraphs)


def article_of(page: str, **fields: object) -> Article:
    return cleaning.clean(page.encode(), fetched(**fields))


def json_ld(**fields: object) -> str:
    node = {"@type": "NewsArticle", "headline": "Bridge reopens next week"} | fields
    return f'<script type="application/ld+json">{json.dumps({"@graph": [node]})}</script>'


def covered(article: Article, page: str) -> list[int]:
    """Places in the body that some run covers, after checking what each run slices."""
    places = []
    for run in article.maps["body"]:
        text = article.text[run.text : run.text + run.length]
        there = page[run.page : run.page + run.length]
        assert len(text) == len(there) == run.length
        assert all(a == b or (a.isspace() and b.isspace()) for a, b in zip(text, there))
        places += range(run.text, run.text + run.length)
    return places


def test_the_body_is_the_paragraphs() -> None:
    article = article_of(web_page(body_of(PARAGRAPHS)))
    assert article.text.split("\n") == PARAGRAPHS
    assert article.title == "Bridge reopens next week"
    assert article.language == "en"


def test_quotes_survive_and_teasers_do_not() -> None:
    quote = "This is the best day of the whole year for all of us at the fish market by the river."
    body = (
        body_of(PARAGRAPHS[:2])
        + f"<blockquote><p>{quote}</p></blockquote>"
        + '<p>Baca juga: <a href="/x">Fish Market Moves Again</a></p>'
        + body_of(PARAGRAPHS[2:])
    )
    page = web_page(body)
    article = article_of(page)
    assert article.text.split("\n") == [*PARAGRAPHS[:2], quote, *PARAGRAPHS[2:]]
    assert [r.reason for r in article.removed] == ["teaser"]
    assert "Fish Market Moves Again" in page[article.removed[0].start : article.removed[0].end]


def test_comments_are_no_article() -> None:
    comment = "<div class='comment'><p>I never liked this bridge, he said.</p></div>"
    comments = f"<div id='comments'><h2>Comments</h2>{comment}</div>"
    article = article_of(web_page(body_of(PARAGRAPHS)).replace("</article>", f"</article>{comments}"))
    assert "never liked" not in article.text


def test_references_break_runs_and_are_decoded() -> None:
    page = web_page(body_of(PARAGRAPHS).replace("“", "&ldquo;").replace("”", "&rdquo;"))
    article = article_of(page)
    places = set(covered(article, page))
    left = {article.text[at] for at in range(len(article.text)) if at not in places}
    assert left <= {"“", "”", "&", " ", "\n"}
    at = article.text.index("We ask everybody")
    span = page_span(article.maps["body"], at, at + 16)
    assert span is not None
    assert page[slice(*span)] == "We ask everybody"


WORDS = st.text("abcdefgh ,é日", min_size=1, max_size=30)
INLINE = st.sampled_from(
    ["{}", "<b>{}</b>", '<a href="/x">{}</a>', "&quot;{}", "{}&nbsp;", "{}\n   ", "<i>{}</i><!-- no -->"]
)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 3), INLINE, WORDS), min_size=2, max_size=8))
def test_runs_cover_all_but_references(pieces: list[tuple[int, str, str]]) -> None:
    body = "".join(
        f"<p>{html.escape(PARAGRAPHS[i], quote=False)} {inline.format(words)}.</p>" for i, inline, words in pieces
    )
    page = web_page(body)
    article = article_of(page)
    places = set(covered(article, page))
    left = [at for at, sign in enumerate(article.text) if at not in places and not sign.isspace()]
    assert {article.text[at] for at in left} <= {"&", '"'}


@pytest.mark.parametrize(
    ("head", "url", "expected", "source"),
    [
        (json_ld(datePublished="2024-05-13T16:05:00+07:00"), None, "2024-05-13T16:05:00+07:00", "json-ld"),
        (
            '<meta property="article:published_time" content="2024-05-13T09:05:00Z">',
            None,
            "2024-05-13T09:05:00+00:00",
            "meta",
        ),
        ("", "https://warta.example/2024/05/13/bridge", "2024-05-13T00:00:00+00:00", "url"),
        (
            json_ld(datePublished="99999-01-01"),
            "https://warta.example/2024/05/13/bridge",
            "2024-05-13T00:00:00+00:00",
            "url",
        ),
        (json_ld(datePublished="2031-01-01") + "<script type='application/ld+json'>{[</script>", None, None, None),
    ],
)
def test_the_most_trusted_date_is_taken(head: str, url: str | None, expected: str | None, source: str | None) -> None:
    article = article_of(web_page(body_of(PARAGRAPHS), head), url=url)
    assert article.published == (datetime.fromisoformat(expected) if expected else None)
    assert article.published_source == source
    assert (article.confidence > 0.7) is (source is not None)


def test_a_day_in_the_url_takes_the_time_from_the_page() -> None:
    page = web_page("<p>13 May 2024 09:05 WIB</p>" + body_of(PARAGRAPHS))
    article = article_of(page, url="https://warta.example/2024/05/13/bridge")
    assert article.published == datetime.fromisoformat("2024-05-13T09:05:00+07:00")
    assert (article.published_source, article.published_precision) == ("text", "minute")


def test_json_ld_gives_metadata_but_no_text() -> None:
    head = json_ld(
        datePublished="2024-05-13T16:05:00+07:00",
        dateModified="2024-05-14T01:00:00+07:00",
        author=[{"@type": "Person", "name": "Mary Kim"}, {"name": "Budi Santoso"}],
        articleSection="Cities",
        articleBody="Not this.",
    )
    article = article_of(web_page(body_of(PARAGRAPHS), head), url="https://www.warta.example/b")
    assert article.authors == ("Mary Kim", "Budi Santoso")
    assert article.section == "Cities"
    assert article.modified == datetime.fromisoformat("2024-05-14T01:00:00+07:00")
    assert article.outlet == "warta.example"
    assert "Not this" not in article.text


def test_a_standfirst_is_what_readers_see() -> None:
    shown = "Three months of repairs come to an end, and the mayor is relieved"
    head = f'<meta name="description" content="{shown}">'
    visible = web_page(f"<h2>{shown}</h2>" + body_of(PARAGRAPHS), head)
    assert article_of(web_page(body_of(PARAGRAPHS), head)).standfirst is None
    assert shown in {article_of(visible).standfirst, article_of(visible).text.split("\n")[0]}


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Bridge reopens - Old News", "Bridge reopens"),
        ("Bridge reopens | Cities | OldNews.example", "Bridge reopens | Cities"),
        ("Old News: Bridge reopens", "Old News: Bridge reopens"),
        ("Old News - Bridge reopens", "Bridge reopens"),
        ("Mayor - the bridge reopens", "Mayor - the bridge reopens"),
        ("Old News", "Old News"),
    ],
)
def test_titles_lose_their_site(title: str, expected: str) -> None:
    assert without_site(title, ["Old News", "oldnews.example"]) == expected


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ("<div>" * 100_000 + PARAGRAPHS[0], Uncleanable.TOO_DEEP),
        ("<ul><li>" * 100_000 + PARAGRAPHS[0], Uncleanable.TOO_DEEP),
        ("<html><body>" + "<a>x</a>" * 60_000, Uncleanable.TOO_LARGE),
        ('<a "' * 300_000 + "'", Uncleanable.NO_ARTICLE),
        ("<" * 1_000_000, Uncleanable.NO_ARTICLE),
        ("<!--" * 300_000, Uncleanable.NO_ARTICLE),
        ("<script>" * 200_000, Uncleanable.NO_ARTICLE),
        ("&" * 1_000_000, Uncleanable.NO_ARTICLE),
    ],
)
def test_hostile_markup_is_rejected_soon(page: str, reason: Uncleanable) -> None:
    start = time.process_time()
    with pytest.raises(Reject) as caught:
        article_of(page)
    assert caught.value.reason is reason
    assert time.process_time() - start < 10


def test_depth_costs_less_than_a_second() -> None:
    start = time.process_time()
    assert scan("<div>" * 100_000).depth == 100_000
    assert time.process_time() - start < 2


@given(st.text("<>/!-&;\"'= apbrscit", max_size=200))
def test_any_source_is_scanned(page: str) -> None:
    for at, word, literal in scan(page).words:
        assert not literal or page.startswith(word, at)


@pytest.mark.parametrize(
    ("content", "charset", "expected"),
    [
        ("café".encode(), None, "café"),
        ("café".encode("latin-1"), "iso-8859-1", "café"),
        ("café".encode(), "iso-8859-1", "café"),
        (b"\xef\xbb\xbfcaf\xc3\xa9", "latin-1", "café"),
        ("café".encode("utf-16"), None, "café"),
        (b"plain", "utf-16", "plain"),
        (b"plain", "base64", "plain"),
        (b"plain", "utf-7", "plain"),
        (b"a\x00b", None, "a\ufffdb"),
        (b"\xed\xa0\x80", "utf-8", None),
        (b'<meta charset="windows-1251">' + "мост".encode("cp1251"), None, '<meta charset="windows-1251">мост'),
        (
            "Мост откроют весной, сказала мэр города. ".encode("koi8-r") * 5,
            None,
            "Мост откроют весной, сказала мэр города. " * 5,
        ),
    ],
)
def test_charsets(content: bytes, charset: str | None, expected: str | None) -> None:
    text = page_text(content, "text/html", charset)
    assert expected is None or text == expected
    assert not any(sign == "\x00" or "\ud800" <= sign <= "\udfff" for sign in text)


@given(
    st.binary(max_size=200),
    st.sampled_from([None, "utf-8", "utf-16", "big5", "cp1252", "punycode", "no such", "\ud800"]),
)
def test_any_bytes_become_text(content: bytes, charset: str | None) -> None:
    text = page_text(content, "text/plain", charset)
    assert "\x00" not in text
    assert text.encode().decode() == text


class Shelf:
    """A page store in memory."""

    def __init__(self, **pages: bytes) -> None:
        self.pages = pages

    def put(self, content: bytes) -> str:
        self.pages["p"] = content
        return "p"

    def get(self, key: str) -> bytes:
        return self.pages[key]


def test_the_agent_emits_the_article_of_the_page() -> None:
    content = web_page(body_of(PARAGRAPHS)).encode()
    page = fetched(hints=Hints(language="en"))
    assert clean(page, pages=Shelf(p=content)) == Emit(cleaning.clean(content, page))
    assert CLEAN.movable


def test_the_agent_rejects_a_page_that_is_not_there() -> None:
    with pytest.raises(Reject) as caught:
        clean(fetched(), pages=Shelf())
    assert caught.value.reason is Uncleanable.PAGE_MISSING
