"""What became of every word of a page: which part of the article it is in, or why it is in none.

An article keeps only its maps and what was taken out of text copies (`schemas.article.Article.removed`). Here the page
is read again beside its article: its visible text, and for each stretch of it a label. So nothing has to be stored for
what trafilatura leaves out of a web page.
"""

import html
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple

from pipeline.news.lines import Reason
from pipeline.news.mapping import packed_text
from pipeline.news.markup import VISIBLE, scan
from schemas.article import Article

NOT_IN_ARTICLE = "not in article"
"""The label of what is in no map and was not removed: what the extractor of a web page passed over."""
DATELINE = "dateline"
"""The label of the place that the body is dated from; it is in the body too."""
_FIELDS = frozenset((Reason.CAPTION, Reason.BYLINE, Reason.CREDIT, Reason.DATE, DATELINE))
"""Labels of what is not text of the article, or not that alone, but what its fields were made from."""
_HTML = ("text/html", "application/xhtml+xml")


class Fate(StrEnum):
    """What became of a stretch."""

    KEPT = "kept"
    """It is text of the article."""
    FIELD = "field"
    """Fields of the article were made from it: captions, authors, dates."""
    REMOVED = "removed"
    """It was taken out, and is noted in the article with the reason."""
    OUTSIDE = "outside"
    """It never came near the article."""


class Stretch(NamedTuple):
    """Words of one line of the shown text, from `start` to `end`; `label` is a part, a reason or one of the above."""

    start: int
    end: int
    fate: Fate
    label: str


@dataclass(frozen=True)
class Account:
    """The visible text of a page and all stretches of it, in order, apart from each other; the rest is white space."""

    text: str
    stretches: tuple[Stretch, ...]


class _Word(NamedTuple):
    """A word in the shown text, and where it stands in the page's text; `literal`: it stands there as it is."""

    start: int
    end: int
    page: int
    line: int
    literal: bool


def account(article: Article, page: str) -> Account:
    """The account of an article by its page's text (`pipeline.news.pages.page_text`)."""
    web = article.media_type.split(";")[0].strip().lower() in _HTML
    text, words = _shown(page) if web else (page, _words(page))
    marks = _marks(article)
    labelled = [(word, _label(marks, word)) for word in words]
    title = packed_text(article.title)
    return Account(text, tuple(_titled(one, text, title) for one in _stretches(_filled(labelled))))


# --- labels

_Mark = tuple[list[int], list[tuple[int, str]]]
"""Where stretches of the page begin, sorted, and for each its end and its label."""


def _marks(article: Article) -> list[_Mark]:
    """The stretches of the page that are known, those that win first."""
    body = article.maps.get("body", ())
    at = article.text.find(article.dateline) if article.dateline else -1
    dateline = [run for run in body if run.text <= at < run.text + run.length]
    places = [(run.page + at - run.text, len(article.dateline or "")) for run in dateline]
    named = [(start, start + length, DATELINE) for start, length in places]
    parts = [(run.page, run.page + run.length, str(part)) for part, runs in article.maps.items() for run in runs]
    return [_mark(named), _mark(parts), _mark([(gone.start, gone.end, gone.reason) for gone in article.removed])]


def _mark(found: Sequence[tuple[int, int, str]]) -> _Mark:
    rows = sorted(found)
    return [start for start, _, _ in rows], [(end, label) for _, end, label in rows]


def _label(marks: Sequence[_Mark], word: _Word) -> str | None:
    for starts, ends in marks:
        at = bisect_right(starts, word.page) - 1
        if at >= 0 and word.page < ends[at][0]:
            return ends[at][1]
    return None


def _filled(labelled: Sequence[tuple[_Word, str | None]]) -> Iterator[tuple[_Word, str]]:
    """A decoded reference is in no map: it is taken to be of what stands around it."""
    for i, (word, label) in enumerate(labelled):
        near = [labelled[j] for j in (i - 1, i + 1) if 0 <= j < len(labelled)] if not word.literal else []
        around = next((other for neighbour, other in near if other and neighbour.line == word.line), None)
        yield word, label or around or NOT_IN_ARTICLE


def _stretches(labelled: Iterable[tuple[_Word, str]]) -> Iterator[Stretch]:
    for (_, label), group in groupby(labelled, key=lambda pair: (pair[0].line, pair[1])):
        words = [word for word, _ in group]
        yield Stretch(words[0].start, words[-1].end, fate(label), label)


def _titled(stretch: Stretch, text: str, title: str) -> Stretch:
    """The headline in the page is not the title that was read from its head, but says the same."""
    repeats = stretch.label == NOT_IN_ARTICLE and packed_text(text[stretch.start : stretch.end]) == title
    return Stretch(stretch.start, stretch.end, Fate.REMOVED, Reason.DUPLICATE) if repeats else stretch


def fate(label: str) -> Fate:
    """What became of a stretch with this label."""
    if label in _FIELDS:
        return Fate.FIELD
    if label == NOT_IN_ARTICLE:
        return Fate.OUTSIDE
    return Fate.KEPT if label in ("title", "standfirst", "body") else Fate.REMOVED


# --- the visible text

_LINE = re.compile("[^\r\n\x0b\x0c\x85\u2028\u2029]+")
_NAMES = "address|article|aside|blockquote|body|br|button|caption|d[dlt]|details|div|fig(?:caption|ure)|footer|form"
_MORE_NAMES = "h[1-6]|head|header|hr|li|main|nav|ol|option|p|pre|section|select|summary|table|t[dhr]|title|ul"
_BLOCK = re.compile(rf"</?(?:{_NAMES}|{_MORE_NAMES})\b", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>?")
_REFERENCE = re.compile(r"&#?\w{1,32};?")


def _words(page: str) -> list[_Word]:
    lines = enumerate(_LINE.finditer(page))
    return [
        _Word(match.start(), match.end(), match.start(), number, literal=True)
        for number, line in lines
        for match in VISIBLE.finditer(page, line.start(), line.end())
    ]


def _shown(page: str) -> tuple[str, list[_Word]]:
    """The visible text of HTML, one line per block, and its words."""
    pieces: list[str] = []
    words: list[_Word] = []
    at = line = behind = 0
    for place, word, literal in scan(page).words:
        gap = _gap(page[behind:place]) if words else ""
        at, line = at + len(gap), line + (gap == "\n")
        pieces += [gap, word]
        words.append(_Word(at, at + len(word), place, line, literal))
        at += len(word)
        behind = place + len(word) if literal else _behind(page, place)
    return "".join(pieces), words


def _gap(between: str) -> str:
    """What parts two words: a line break, a space or nothing. `between`: the source from the one to the other."""
    if not between or _BLOCK.search(between):
        return "\n" if between else ""
    return " " if any(map(str.isspace, html.unescape(_TAG.sub("", between)))) else ""


def _behind(page: str, place: int) -> int:
    """Where the reference that stands at this place ends."""
    match = _REFERENCE.match(page, place)
    return match.end() if match else place
