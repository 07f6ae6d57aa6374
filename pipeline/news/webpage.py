"""Web pages: the article in HTML, extracted by trafilatura, filtered by the line cues and mapped back to the source."""

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import trafilatura
from lxml.etree import LxmlError

from pipeline.errors import Reject
from pipeline.news.bylines import names_in
from pipeline.news.dates import AHEAD, YEAR_MIN, parse_date, plausible
from pipeline.news.draft import Draft, Published
from pipeline.news.layout import Copy, find_body
from pipeline.news.lines import Block, Line, Reason, count_words, cue_of
from pipeline.news.mapping import Aligner, Source, aligned_runs, packed_text, page_span
from pipeline.news.markup import DEPTH_MAX, ELEMENTS_MAX, Markup, scan
from pipeline.news.metadata import Stated, modified, published, stated
from pipeline.news.pages import Uncleanable
from pipeline.news.textdate import body_date
from pipeline.news.urls import outlet
from schemas.article import Part, Removed, Run

EXTRACTOR = f"trafilatura {trafilatura.__version__}"

_NOT_BODY = frozenset((Reason.TEASER, Reason.COMMENT_FORM, Reason.PROMOTION, Reason.SHARE))
"""Cues that are believed of a line that trafilatura took for text; it knows menus better than the cues do."""


def clean_page(page: str, url: str | None, fetched_at: datetime) -> Draft:
    """The article in a web page. Its text is empty when there is none.

    Raises Reject(TOO_DEEP) or Reject(TOO_LARGE) before any tree is built, Reject(BROKEN_MARKUP) when trafilatura
    cannot read the page.
    """
    markup = scan(page)
    _check(markup)
    found = _extracted(page, url, fetched_at)
    paragraphs = _paragraphs(found.body) if found is not None else []
    node = stated(markup)
    title = _title(markup, node, found, url)
    lines = _Lines.split(paragraphs, title, markup.links)
    return _draft(_Reading(page, markup, node, found, title, lines), url, fetched_at)


def _check(markup: Markup) -> None:
    if markup.depth > DEPTH_MAX:
        detail = f"{markup.depth:,} elements are open at once, more than {DEPTH_MAX}: no article is written like that"
        raise Reject(Uncleanable.TOO_DEEP, detail)
    if markup.elements > ELEMENTS_MAX:
        detail = f"{markup.elements:,} elements are more than the {ELEMENTS_MAX:,} that an article can have"
        raise Reject(Uncleanable.TOO_LARGE, detail)


def _extracted(page: str, url: str | None, fetched_at: datetime) -> Any:
    """The document of trafilatura, None when it finds no article. Precision is its best setting on news pages."""
    date_extraction = {
        "original_date": True,
        "extensive_search": False,
        "min_date": f"{YEAR_MIN}-01-01",
        "max_date": f"{fetched_at + AHEAD:%Y-%m-%d}",
    }
    try:
        return trafilatura.bare_extraction(
            page,
            url=url,
            favor_precision=True,
            include_comments=False,
            with_metadata=True,
            date_extraction_params=date_extraction,
        )
    except (LxmlError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        detail = f"trafilatura cannot read this page ({type(error).__name__}): save it as text and upload that"
        raise Reject(Uncleanable.BROKEN_MARKUP, detail) from error


# --- the body

_BLOCKS = frozenset(("p", "head", "quote", "item", "list", "row", "table", "lb", "code", "ab", "fw", "div"))
_SPACE = re.compile(r"\s+")


def _paragraphs(body: Any) -> list[str]:
    """The text of each block of trafilatura's tree, in order, with single spaces."""
    pieces: list[str] = []
    for text in _texts(body):
        if text is None:
            pieces.append("\n")
        else:
            pieces.append(_SPACE.sub(" ", text))
    lines = (" ".join(line.split()) for line in "".join(pieces).split("\n"))
    return [line for line in lines if line]


def _texts(body: Any) -> Iterator[str | None]:
    """Texts of the tree in order; None where a paragraph ends."""
    stack = [(body, False)]
    while stack:
        element, behind = stack.pop()
        if element.tag in _BLOCKS:
            yield None
        elif element.tag == "cell":
            yield " "
        if behind:
            yield element.tail
            continue
        yield element.text if isinstance(element.tag, str) else None
        stack += [(element, True)] if element is not body else []
        stack += [(child, False) for child in reversed(element)]


@dataclass(frozen=True)
class _Lines:
    """Paragraphs of the body, and the lines that were taken out of it."""

    kept: list[str]
    removed: list[tuple[str, Reason]]

    @classmethod
    def split(cls, paragraphs: list[str], title: str, links: Set[str]) -> "_Lines":
        outside = furniture(paragraphs, links)
        lines = cls([], [])
        for i, text in enumerate(paragraphs):
            if i in outside:
                lines.removed.append((text, outside[i]))
                continue
            reason = cue_of(text)
            if not lines.kept and _packed(text) == _packed(title):
                continue  # the heading of the page is the title itself
            last = i + 1 == len(paragraphs)
            if reason and (reason in _NOT_BODY or (last and reason is Reason.SECTION)):
                lines.removed.append((text, reason))
            else:
                lines.kept.append(text)
        return lines


_LINK_LINES, _FRAME_LINES = 2, 5
"""Lines around the body that are links, and lines there that are links or say what they are (date, share, rights, ...),
from which trafilatura took the template of a page for text. On 181 pages of other
templates F1 goes from .9675 to .968."""
_FRAME = frozenset((Reason.MENU, Reason.SHARE, Reason.SECTION, Reason.COMMENT_FORM, Reason.RIGHTS, Reason.BYLINE))
_LINK_SEPARATOR = re.compile(r"\s*[|·•»›/]\s*")


def furniture(paragraphs: Sequence[str], links: Set[str]) -> dict[int, Reason]:
    """The lines around the article, where they look like menus: what stands before the body, and behind
    it from the first line on that is a link or says what it is. `links`: texts of links without white space.
    """
    copy = Copy([Block((Line(0, len(text), blank_before=True),), text) for text in paragraphs])
    found = [i for i in range(len(paragraphs)) if copy.paragraph(i)]
    if not found:
        return {}
    edges = [*range(found[0]), *range(found[-1] + 1, len(paragraphs))]
    linked = [i for i in edges if _is_link(paragraphs[i], links)]
    framed = {*linked, *(i for i in edges if copy.reasons[i] in _FRAME)}
    if len(linked) < _LINK_LINES or len(framed) < _FRAME_LINES:
        return {}
    body, _ = find_body(copy)
    known = [i for i in range(len(paragraphs)) if i in framed or copy.reasons[i]]
    last = min((i for i in known if i > body.last), default=len(paragraphs))
    outside = dict.fromkeys(range(body.first if min(known) < body.first else 0), Reason.BEFORE_ARTICLE)
    outside |= dict.fromkeys(range(last, len(paragraphs)), Reason.AFTER_ARTICLE)
    return {i: Reason.MENU if i in linked else copy.reasons[i] or reason for i, reason in outside.items()}


def _is_link(text: str, links: Set[str]) -> bool:
    """Whether a line is nothing but links."""
    parts = [packed for part in _LINK_SEPARATOR.split(text) if (packed := packed_text(part))]
    whole = bool(parts) and (packed_text(text) in links or all(part in links for part in parts))
    return whole and "://" not in text


# --- everything together


@dataclass(frozen=True)
class _Reading:
    """What the page states and what trafilatura found in it."""

    page: str
    markup: Markup
    node: Stated
    found: Any
    title: str
    lines: _Lines


def _draft(reading: _Reading, url: str | None, fetched_at: datetime) -> Draft:
    markup, node, found, lines = reading.markup, reading.node, reading.found, reading.lines
    source = Source(reading.page, markup.words)
    text = "\n".join(lines.kept)
    standfirst = _standfirst(source, markup, found, text)
    maps = _maps(source, reading, text, standfirst)
    return Draft(
        title=reading.title,
        text=text,
        standfirst=standfirst,
        authors=node.authors or _authors(found),
        section=node.section or _first(found, "categories"),
        image=getattr(found, "image", None),
        published=_published(markup, node, found, text, url, fetched_at),
        modified=modified(markup, node, fetched_at),
        removed=_removed(source, lines),
        quality=_quality(lines, maps["body"], reading.title),
        extractor=EXTRACTOR,
        maps={part: runs for part, runs in maps.items() if runs},
        language=markup.language,
    )


def _maps(source: Source, reading: _Reading, text: str, standfirst: str | None) -> dict[Part, tuple[Run, ...]]:
    aligner = Aligner(source)
    aligner.anchor(reading.lines.kept)
    return {
        "title": _title_runs(source, reading.title),
        "standfirst": aligned_runs(Aligner(source), standfirst or ""),
        "body": aligned_runs(aligner, text),
    }


def _first(found: Any, name: str) -> str | None:
    values = getattr(found, name, None) or [None]
    return values[0] or None


def _authors(found: Any) -> tuple[str, ...]:
    """Authors that trafilatura joined with "; ". What is no name (an address, "Admin 2022") is left out."""
    texts = (getattr(found, "author", None) or "").split(";")
    return tuple(dict.fromkeys(name for text in texts for name in names_in(text)))


def _title(markup: Markup, node: Stated, found: Any, url: str | None) -> str:
    stated_title = getattr(found, "title", None) or markup.metas.get("og:title") or node.headline or ""
    names = [getattr(found, "sitename", None), markup.metas.get("og:site_name"), outlet(url) if url else None]
    return without_site(" ".join(stated_title.split()), [name for name in names if name])


_SEPARATOR = re.compile(r"\s+(?:[-–—|·•»]|::)\s+")


def without_site(title: str, names: list[str]) -> str:
    """The title without the names of its site at either end; at least two words stay."""
    while match := list(_SEPARATOR.finditer(title)):
        if _is_site(title[match[-1].end() :], names) and count_words(title[: match[-1].start()]) >= 2:
            title = title[: match[-1].start()]
        elif _is_site(title[: match[0].start()], names) and count_words(title[match[0].end() :]) >= 2:
            title = title[match[0].end() :]
        else:
            return title
    return title


def _is_site(text: str, names: list[str]) -> bool:
    """Whether this is the name of the site: the one begins like the other, without spaces and signs."""
    packed = _packed(text)
    known = [_packed(name) for name in names]
    return bool(packed) and any(packed.startswith(name) or name.startswith(packed) for name in known if len(name) > 2)


def _packed(text: str) -> str:
    return "".join(re.findall(r"\w+", text.lower()))


def _title_runs(source: Source, title: str) -> tuple[Run, ...]:
    """Where the title stands in the visible text, else in an attribute of the source."""
    if not title:
        return ()
    runs = aligned_runs(Aligner(source), title)
    literal = source.page.find(title)
    return runs if runs or literal < 0 else (Run(0, literal, len(title)),)


def _standfirst(source: Source, markup: Markup, found: Any, text: str) -> str | None:
    """The description, when readers see it on the page and it is not the beginning of the text."""
    stated_text = markup.metas.get("og:description") or markup.metas.get("description") or ""
    description = " ".join((stated_text or getattr(found, "description", None) or "").split())
    packed = packed_text(description)
    shown = len(packed) >= 40 and packed in source.packed
    return description if shown and packed not in packed_text(text) else None


def _published(
    markup: Markup, node: Stated, found: Any, text: str, url: str | None, fetched_at: datetime
) -> Published | None:
    """What the page states, else the day in its running text, else what trafilatura guesses."""
    seen = " ".join(word for _, word, _ in markup.words[:3000])
    date = published(markup, node, url, seen[:20_000], fetched_at) or body_date(text, fetched_at)
    if date:
        return date
    guess = plausible(parse_date(getattr(found, "date", None) or ""), fetched_at)
    return Published(guess.when, "day", "text", 0.4) if guess else None


def _removed(source: Source, lines: _Lines) -> tuple[Removed, ...]:
    """The lines that were taken out of the body, where they can be found in the page."""
    aligner = Aligner(source)
    found = []
    for text, reason in lines.removed:
        span = page_span(aligned_runs(aligner, text), 0, len(text))
        found += [Removed(*span, reason.value)] if span else []
    return tuple(sorted(found, key=lambda removed: removed.start))


def _quality(lines: _Lines, runs: tuple[Run, ...], title: str) -> float:
    """The share of the text that was found in the page; less for a short body, for many short lines and no title."""
    words = [count_words(line) for line in lines.kept]
    total = sum(words)
    sure = sum(count for count in words if count >= 8) / max(1, total)
    size = sum(len(line) for line in lines.kept)
    shown = min(1.0, sum(run.length for run in runs) / max(1, size))
    return round(min(1.0, 0.5 + total / 200) * sure * shown * (1.0 if title else 0.8), 3)
