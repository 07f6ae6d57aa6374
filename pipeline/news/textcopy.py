"""Text copies of pages: the article between the menus, captions, teasers and comment forms.

Where it lies is found by `pipeline.news.layout`; here its parts are put together with their maps. Every line that is
in no part is in `removed` with its reason.
"""

import re
from collections.abc import Sequence
from datetime import datetime

from pipeline.errors import Reject
from pipeline.news.bylines import Byline
from pipeline.news.dates import plausible
from pipeline.news.draft import Draft, Published
from pipeline.news.layout import (
    HEADLINE_WORDS,
    TAIL_BLOCKS,
    Copy,
    Head,
    Span,
    find_body,
    find_head,
    same_line,
)
from pipeline.news.lines import Block, Reason, blocks_of
from pipeline.news.mapping import line_runs
from pipeline.news.pages import Uncleanable
from pipeline.news.textdate import body_date
from schemas.article import Part, Removed, Run

EXTRACTOR = "pantau-lines 2"

_BREAK = re.compile("\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")
LINES_MAX = 20_000
"""An article with all its menus has some hundreds of lines; a book has more, but a book is no article."""


def clean_text(page: str, fetched_at: datetime) -> Draft:
    """The article in a text copy. Its text is empty when no line is a paragraph. Raises Reject(TOO_LARGE)."""
    breaks = len(_BREAK.findall(page))
    if breaks > LINES_MAX:
        detail = f"{breaks:,} lines are more than the {LINES_MAX:,} that an article can have"
        raise Reject(Uncleanable.TOO_LARGE, detail)
    copy = Copy(blocks_of(page))
    body, judged = find_body(copy)
    head = find_head(copy, body)
    reasons = _all_reasons(copy, body, head, judged)
    kept = [i for i in range(body.first, body.last + 1) if i not in reasons]
    return _draft(copy, page, head, kept, reasons, fetched_at)


def _all_reasons(copy: Copy, body: Span, head: Head, judged: dict[int, Reason]) -> dict[int, Reason]:
    """Per block that is in no part: why."""
    reasons = dict(judged)
    for i in range(len(copy.blocks)):
        if i in (head.title, head.standfirst) or body.first <= i <= body.last:
            continue
        reasons[i] = _outside(copy, head, i, Reason.BEFORE_ARTICLE if i < body.first else Reason.AFTER_ARTICLE)
    return reasons


def _outside(copy: Copy, head: Head, i: int, otherwise: Reason) -> Reason:
    if i in head.captions:
        return Reason.CAPTION
    if copy.reasons[i]:
        return copy.reasons[i] or otherwise
    if head.title is not None and same_line(copy, i, head.title):
        return Reason.DUPLICATE
    headline = copy.blocks[i].headline and copy.blocks[i].words >= HEADLINE_WORDS
    return Reason.TEASER if headline and otherwise is Reason.AFTER_ARTICLE else otherwise


def _draft(
    copy: Copy, page: str, head: Head, kept: Sequence[int], reasons: dict[int, Reason], fetched_at: datetime
) -> Draft:
    title, title_runs = _title_part(copy, page, head)
    standfirst, standfirst_runs = _part(copy, page, [head.standfirst] if head.standfirst is not None else [])
    text, runs = _part(copy, page, kept)
    maps: dict[Part, tuple[Run, ...]] = {"title": title_runs, "standfirst": standfirst_runs, "body": runs}
    making = _making(copy, kept)
    return Draft(
        title=title,
        text=text,
        standfirst=standfirst or None,
        authors=making.authors,
        editor=making.editor,
        captions=_caption_texts(copy, reasons),
        published=_published(copy, head, text, fetched_at),
        modified=_modified(copy, fetched_at),
        removed=_removed(copy, page, head, reasons),
        quality=_quality(copy, kept, head),
        extractor=EXTRACTOR,
        maps={part: found for part, found in maps.items() if found},
        beginning=" ".join(page[:_SHOWN].split()),
        behind=" ".join(_behind(copy, page, kept).split()),
    )


_SHOWN = 1000
"""Codepoints at the start of the page, and behind the body, in which a page may say what it is."""


def _behind(copy: Copy, page: str, kept: Sequence[int]) -> str:
    end = copy.blocks[kept[-1]].end if kept else 0
    return page[end : end + _SHOWN]


def _title_part(copy: Copy, page: str, head: Head) -> tuple[str, tuple[Run, ...]]:
    if head.title is None:
        return "", ()
    text, _ = _part(copy, page, [head.title])
    title = text[: head.title_end]
    return title, line_runs([(0, len(title), copy.blocks[head.title].start)], title, page)


def _part(copy: Copy, page: str, indices: Sequence[int]) -> tuple[str, tuple[Run, ...]]:
    """The text of blocks, one paragraph each, and where its lines stand in the page."""
    paragraphs, pieces, at = [], [], 0
    for i in indices:
        block = copy.blocks[i]
        paragraphs.append(block.text)
        pieces += _pieces(block, page, at)
        at += len(block.text) + 1
    text = "\n".join(paragraphs)
    return text, line_runs(pieces, text, page)


def _pieces(block: Block, page: str, at: int) -> list[tuple[int, int, int]]:
    """Where each line of a block lies in its text, which begins at `at`."""
    pieces, offset = [], 0
    for line in block.lines:
        words = page[line.start : line.end].split()
        offset = block.text.index(words[0], offset)
        size = len(" ".join(words))
        pieces.append((at + offset, at + offset + size, line.start))
        offset += size
    return pieces


def _making(copy: Copy, kept: Sequence[int]) -> Byline:
    """Authors and editor of the bylines around the body. Initials sign for the author, else for the editor."""
    if not kept:
        return Byline()
    near = range(max(0, kept[0] - TAIL_BLOCKS), min(kept[-1] + 1 + TAIL_BLOCKS, len(copy.bylines)))
    found = [byline for byline in (copy.bylines[i] for i in near) if byline]
    authors = tuple(dict.fromkeys(name for byline in found for name in byline.authors))
    editor = next((byline.editor for byline in found if byline.editor), None)
    initials = next((byline.initials for byline in found if byline.initials), None)
    if initials and not authors:
        authors = (initials,)
    elif initials and not editor:
        editor = initials
    return Byline(authors, editor, initials)


def _caption_texts(copy: Copy, reasons: dict[int, Reason]) -> tuple[str, ...]:
    texts = [copy.blocks[i].text for i in sorted(reasons) if reasons[i] is Reason.CAPTION]
    return tuple(dict.fromkeys(texts))


def _published(copy: Copy, head: Head, text: str, fetched_at: datetime) -> Published | None:
    line = copy.dates[head.date] if head.date is not None else None
    found = plausible(line.found, fetched_at) if line else None
    if found:
        return Published(found.when, found.precision, "text", 0.9)
    return body_date(text, fetched_at)


def _modified(copy: Copy, fetched_at: datetime) -> datetime | None:
    found = (plausible(line.found, fetched_at) for line in copy.dates if line and line.updated)
    return next((date.when for date in found if date), None)


def _removed(copy: Copy, page: str, head: Head, reasons: dict[int, Reason]) -> tuple[Removed, ...]:
    """One entry for each line of the removed blocks, in the order of the page."""
    found = [
        Removed(line.start, line.end, reason.value) for i, reason in reasons.items() for line in copy.blocks[i].lines
    ]
    if head.title is not None:
        found += _site_name(copy.blocks[head.title], page, head.title_end)
    return tuple(sorted(found, key=lambda removed: removed.start))


def _site_name(title: Block, page: str, title_end: int) -> list[Removed]:
    """What stands behind the title in its line."""
    letters = len("".join(title.text[:title_end].split()))
    at = title.start
    while letters:
        letters -= not page[at].isspace()
        at += 1
    rest = page[at : title.end]
    start = at + len(rest) - len(rest.lstrip())
    return [Removed(start, title.end, Reason.SITE_NAME.value)] if start < title.end else []


def _quality(copy: Copy, kept: Sequence[int], head: Head) -> float:
    """The share of body words in lines that read like paragraphs; less for a short body and for no title."""
    words = sum(copy.blocks[i].words for i in kept)
    sure = sum(copy.blocks[i].words for i in kept if copy.blocks[i].sentence)
    enough = min(1.0, 0.5 + words / 200)
    return round(sure / max(1, words) * enough * (1.0 if head.title is not None else 0.8), 3)
