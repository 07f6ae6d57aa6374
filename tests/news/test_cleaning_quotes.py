"""Quoted text survives the cleaning of web pages, however the page sets it apart. All people are invented."""

import html

import pytest

from pipeline.news import cleaning
from pipeline.news.mapping import page_span
from tests.news.test_cleaning_html import PARAGRAPHS, body_of, fetched, web_page

QUOTE = "“This is the best day of the whole year for all of us at the fish market by the river,” Anna Weber said."
OTHER = "“The market needs the bridge more than the bridge needs the market,” said Budi Santoso of the guild."
SHORT = "“Nobody asked us.”"


@pytest.mark.parametrize(
    ("markup", "quotes"),
    [
        (f"<blockquote><p>{QUOTE}</p></blockquote>", (QUOTE,)),
        (f"<blockquote>{QUOTE}<cite>Anna Weber, trader</cite></blockquote>", (QUOTE,)),
        (f"<blockquote><p>{SHORT}</p></blockquote>", (SHORT,)),
        (f'<aside class="pullquote"><p>{QUOTE}</p></aside>', (QUOTE,)),
        (f'<aside class="story-pull-quote">{QUOTE}</aside>', (QUOTE,)),
        (f'<div class="pull-quote"><p>{QUOTE}</p></div>', (QUOTE,)),
        (f'<div class="quote">{QUOTE}</div>', (QUOTE,)),
        (f"<figure><blockquote><p>{QUOTE}</p></blockquote><figcaption>Anna Weber</figcaption></figure>", (QUOTE,)),
        (f'<figure class="wp-block-pullquote"><blockquote><p>{QUOTE}</p></blockquote></figure>', (QUOTE,)),
        (f"<ul><li>{QUOTE}</li><li>{OTHER}</li></ul>", (QUOTE, OTHER)),
        (f"<ol><li><p>{QUOTE}</p></li><li>{SHORT}</li></ol>", (QUOTE, SHORT)),
        (f"<dl><dt>Anna Weber</dt><dd>{QUOTE}</dd></dl>", (QUOTE,)),
        (f"<p><q>{QUOTE}</q></p>", (QUOTE,)),
        (f"<table><tr><td>{QUOTE}</td></tr></table>", (QUOTE,)),
        (f"<h2>{SHORT}</h2>", (SHORT,)),
    ],
)
def test_quotes_stand_where_they_stood(markup: str, quotes: tuple[str, ...]) -> None:
    page = web_page(body_of(PARAGRAPHS[:3]) + markup + body_of(PARAGRAPHS[3:]))
    article = cleaning.clean(page.encode(), fetched())
    places = [article.text.find(text) for text in (PARAGRAPHS[2], *quotes, PARAGRAPHS[3])]
    assert -1 not in places
    assert places == sorted(places)
    assert all(article.text.count(quote) == 1 for quote in quotes)
    for quote in quotes:
        span = page_span(article.maps["body"], article.text.index(quote), article.text.index(quote) + len(quote))
        assert span is not None
        assert page[slice(*span)] == quote


def test_a_pull_quote_that_repeats_the_story_is_said_once() -> None:
    said = html.escape(PARAGRAPHS[1], quote=False)
    page = web_page(body_of(PARAGRAPHS) + f'<aside class="pullquote"><p>{said}</p></aside>')
    assert cleaning.clean(page.encode(), fetched()).text.count(PARAGRAPHS[1]) == 1


def test_boxes_without_a_quote_stay_out() -> None:
    stocks = '<div class="stock-quote">BRDG 12.31 +0.4 %</div>'
    others = '<aside><h3>Related</h3><ul><li><a href="/f">Fish market moves again</a></li></ul></aside>'
    text = cleaning.clean(
        web_page(body_of(PARAGRAPHS[:2]) + stocks + others + body_of(PARAGRAPHS[2:])).encode(), fetched()
    ).text
    assert "Fish market moves" not in text
