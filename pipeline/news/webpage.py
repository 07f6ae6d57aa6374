"""Web pages: the article in HTML, filtered by the line cues and mapped back to the source."""

from bisect import bisect_left
from datetime import datetime
from typing import NamedTuple

from pipeline.errors import Reject
from pipeline.news.bodies import Body, best_body
from pipeline.news.draft import Draft
from pipeline.news.mapping import Aligner, Source, aligned_runs, packed_text, page_span
from pipeline.news.markup import DEPTH_MAX, ELEMENTS_MAX, Markup, scan
from pipeline.news.metadata import Stated, modified, stated
from pipeline.news.pages import Uncleanable
from pipeline.news.walls import wall
from pipeline.news.webhead import Head
from pipeline.news.weblines import Lines
from pipeline.news.webtree import legible, parsed
from schemas.article import Part, Removed, Run


def clean_page(page: str, url: str | None, fetched_at: datetime) -> Draft:
    """The article in a web page. Its text is empty when there is none.

    Raises Reject(TOO_DEEP) or Reject(TOO_LARGE) before any tree is built, Reject(BROKEN_MARKUP) when no extractor
    can read the page.
    """
    markup = scan(page)
    _check(markup)
    tree, node = parsed(page), stated(markup)
    if tree is None:
        beginning, found = _beginning(markup), wall(page, markup, node, "")
        return Draft(title="", text="", quality=0.0, extractor="", maps={}, beginning=beginning, wall=found)
    head = Head(tree, markup, node, url, fetched_at)
    body = best_body(legible(tree), lambda found: Lines.split(found, head.title, markup.links))
    return _draft(_Reading(page, markup, node, head, body), url, fetched_at)


def _check(markup: Markup) -> None:
    if markup.depth > DEPTH_MAX:
        detail = f"{markup.depth:,} elements are open at once, more than {DEPTH_MAX}: no article is written like that"
        raise Reject(Uncleanable.TOO_DEEP, detail)
    if markup.elements > ELEMENTS_MAX:
        detail = f"{markup.elements:,} elements are more than the {ELEMENTS_MAX:,} that an article can have"
        raise Reject(Uncleanable.TOO_LARGE, detail)


class _Reading(NamedTuple):
    """What the page states and what was found in it."""

    page: str
    markup: Markup
    node: Stated
    head: Head
    body: Body


def _draft(reading: _Reading, url: str | None, fetched_at: datetime) -> Draft:
    markup, node, head, body = reading.markup, reading.node, reading.head, reading.body
    source = Source(reading.page, markup.words)
    text = body.lines.text
    standfirst = _standfirst(source, head, text)
    maps = _maps(source, reading, text, standfirst)
    return Draft(
        title=head.title,
        text=text,
        standfirst=standfirst,
        authors=head.authors,
        section=head.section,
        image=head.image,
        published=head.published(text),
        modified=modified(markup, node, fetched_at),
        removed=_removed(source, body.lines),
        quality=round(body.agreement, 3),
        extractor=body.extractor,
        maps={part: runs for part, runs in maps.items() if runs},
        language=markup.language,
        locked=head.locked,
        beginning=_beginning(markup),
        behind=_behind(markup, maps["body"]),
        wall=wall(reading.page, markup, node, text),
    )


_SHOWN_WORDS = 60
"""Words at the start of the page, and behind the body, in which a page may say what it is."""


def _beginning(markup: Markup) -> str:
    return " ".join(word for _, word, _ in markup.words[:_SHOWN_WORDS])


def _behind(markup: Markup, runs: tuple[Run, ...]) -> str:
    """The text right behind the last run of the body."""
    end = max((run.page + run.length for run in runs), default=0)
    first = bisect_left(markup.words, end, key=lambda word: word[0])
    return " ".join(word for _, word, _ in markup.words[first : first + _SHOWN_WORDS])


def _maps(source: Source, reading: _Reading, text: str, standfirst: str | None) -> dict[Part, tuple[Run, ...]]:
    aligner = Aligner(source)
    aligner.anchor(reading.body.lines.kept)
    return {
        "title": _title_runs(source, reading.head.title),
        "standfirst": aligned_runs(Aligner(source), standfirst or ""),
        "body": aligned_runs(aligner, text),
    }


def _title_runs(source: Source, title: str) -> tuple[Run, ...]:
    """Where the title stands in the visible text, else in an attribute of the source."""
    if not title:
        return ()
    runs = aligned_runs(Aligner(source), title)
    literal = source.page.find(title)
    return runs if runs or literal < 0 else (Run(0, literal, len(title)),)


def _standfirst(source: Source, head: Head, text: str) -> str | None:
    """The description, when readers see it on the page and it is not the beginning of the text."""
    packed = packed_text(head.description)
    shown = len(packed) >= 40 and packed in source.packed
    return head.description if shown and packed not in packed_text(text) else None


def _removed(source: Source, lines: Lines) -> tuple[Removed, ...]:
    """The lines that were taken out of the body, where they can be found in the page."""
    aligner = Aligner(source)
    found = []
    for text, reason in lines.removed:
        span = page_span(aligned_runs(aligner, text), 0, len(text))
        found += [Removed(*span, reason.value)] if span else []
    return tuple(sorted(found, key=lambda removed: removed.start))
