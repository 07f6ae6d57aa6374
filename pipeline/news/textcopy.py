"""Text copies of pages: the article between the menus, captions, teasers and comment forms, line by line.

1. What a line says about itself (`pipeline.news.lines`).
2. The densest run of paragraphs is the body: the run with the greatest sum, where a paragraph counts for its words and
   any other line against them (Kadane's maximum subarray, as in body text extraction by Finn, Kushmerick and Smyth 2001).
3. The head before it gives title, standfirst, date, byline and captions; the tail gives bylines.
4. Within the body, lines that are no paragraphs are judged one by one.

Every line that is in no part is in `removed` with its reason.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from pipeline.news.bylines import Byline, DateLine, byline_of, date_line, is_credit
from pipeline.news.dates import plausible
from pipeline.news.draft import Draft, Published
from pipeline.news.lines import Block, Reason, agency_end, blocks_of, capitals, photo_credit
from pipeline.news.mapping import line_runs
from pipeline.news.textdate import body_date
from schemas.article import Part, Removed, Run

EXTRACTOR = "pantau-lines 1"

_WORDS_CAP = 60
"""A paragraph counts at most as many words: one long legal notice must not outweigh an article."""
_BARRIER = 40.0
"""What the heading of a comment section or of related articles counts against a run: an article may go on behind
a small box, but a page of comments may not join it."""
_HEAD_BLOCKS = 8
"""How far into the densest run the head of an article may reach."""
_TAIL_BLOCKS = 12
"""How far behind the body its bylines may stand."""


def clean_text(page: str, fetched_at: datetime) -> Draft:
    """The article in a text copy. Its text is empty when no line is a paragraph."""
    copy = Copy(blocks_of(page))
    body, judged = _body(copy)
    head = _head(copy, body)
    reasons = _all_reasons(copy, body, head, judged)
    kept = [i for i in range(body.first, body.last + 1) if i not in reasons]
    return _draft(copy, page, head, kept, reasons, fetched_at)


@dataclass
class Copy:
    """The blocks of a page and what is known of each."""

    blocks: list[Block]

    @cached_property
    def repeated(self) -> Counter[str]:
        """How often each line stands on the page."""
        return Counter(block.key for block in self.blocks)

    @cached_property
    def bylines(self) -> list[Byline | None]:
        """Per block: what it tells of authors."""
        return [byline_of(block.text) for block in self.blocks]

    @cached_property
    def dates(self) -> list[DateLine | None]:
        """Per block: its date, when it holds little else."""
        return [date_line(block.text) for block in self.blocks]

    @cached_property
    def reasons(self) -> list[Reason | None]:
        """Per block: what it is by its words alone."""
        return [self._reason(i) for i in range(len(self.blocks))]

    def _reason(self, i: int) -> Reason | None:
        block = self.blocks[i]
        if self.bylines[i]:
            return Reason.BYLINE
        if self.dates[i]:
            return Reason.DATE
        if is_credit(block.text):
            return Reason.CREDIT
        return block.cue or (Reason.CAPTION if block.words <= 60 and photo_credit(block.text) else None)

    def paragraph(self, i: int) -> bool:
        """Whether a block reads like a paragraph and says nothing else of itself."""
        return self.reasons[i] is None and self.blocks[i].sentence


@dataclass(frozen=True)
class Span:
    """The first and the last block of something; empty when the last stands before the first."""

    first: int
    last: int


# --- the body


def _body(copy: Copy) -> tuple[Span, dict[int, Reason]]:
    """Where the body lies, and the blocks in it that are not of it."""
    dense = _densest(copy)
    if dense.last < dense.first:
        return dense, {}
    first = _after_head(copy, dense)
    last = _extended(copy, dense.last)
    return Span(first, last), _judged(copy, Span(first, last))


def _densest(copy: Copy) -> Span:
    best, found, total, start = 0.0, Span(0, -1), 0.0, 0
    for i in range(len(copy.blocks)):
        if total <= 0:
            total, start = 0.0, i
        total += _weight(copy, i)
        if total > best:
            best, found = total, Span(start, i)
    return found


def _weight(copy: Copy, i: int) -> float:
    if copy.paragraph(i):
        return float(min(copy.blocks[i].words, _WORDS_CAP))
    if copy.reasons[i] in (Reason.SECTION, Reason.COMMENT_FORM):
        return -_BARRIER
    return -min(4 + copy.blocks[i].words * 0.5, 12.0)


def _after_head(copy: Copy, dense: Span) -> int:
    """The first paragraph behind the last caption, date or byline of the head.

    A sign of the head counts when at most a quarter of the words of the body stand before it: the same signs stand
    under an article.
    """
    words = [copy.blocks[i].words if copy.paragraph(i) else 0 for i in range(dense.first, dense.last + 1)]
    total, before, first = sum(words), 0, dense.first
    for offset in range(min(len(words), _HEAD_BLOCKS)):
        i = dense.first + offset
        if before * 4 <= total and _sign_of_head(copy, i):
            first = i + 1
        before += words[offset]
    while first < dense.last and not copy.paragraph(first):
        first += 1
    return first


def _sign_of_head(copy: Copy, i: int) -> bool:
    if copy.reasons[i] in (Reason.DATE, Reason.BYLINE, Reason.CAPTION):
        return True
    return agency_end(copy.blocks[i].text) and not copy.blocks[i].text[0] in "\"“'‘" and copy.blocks[i].words <= 40


def _extended(copy: Copy, last: int) -> int:
    """The body goes on over short sentences right behind it ("He smiled.")."""
    while last + 1 < len(copy.blocks):
        block = copy.blocks[last + 1]
        if copy.reasons[last + 1] or not block.ends or block.words < 3:
            break
        last += 1
    return last


def _judged(copy: Copy, body: Span) -> dict[int, Reason]:
    seen: set[str] = set()
    removed: dict[int, Reason] = {}
    for i in range(body.first, body.last + 1):
        reason = _within(copy, body, i, seen)
        if reason:
            removed[i] = reason
        seen.add(copy.blocks[i].key)
    return removed


def _within(copy: Copy, body: Span, i: int, seen: set[str]) -> Reason | None:
    """Why a block between the first and the last paragraph is not of the article."""
    block = copy.blocks[i]
    if copy.reasons[i]:
        return copy.reasons[i]
    if block.key in seen and block.words >= 4:
        return Reason.DUPLICATE
    if block.sentence or block.ends or block.text.endswith((":", "：", ",", ";")) or block.text[0] in "\"“„«‘「":
        return None
    if _under_pointer(copy, i) or (block.words >= _HEADLINE_WORDS and capitals(block.text) >= _HEADLINE_CAPITALS):
        return Reason.TEASER
    if block.words < _HEADLINE_WORDS:
        return None if _is_subheading(copy, body, i) else Reason.WITHIN_ARTICLE
    return None


_HEADLINE_WORDS = 7
_HEADLINE_CAPITALS = 0.7
"""A line of seven words in title case without a full stop is the headline of another article; subheadings are shorter."""


def _under_pointer(copy: Copy, i: int) -> bool:
    """Whether the line before is "Baca juga" without a headline of its own."""
    return i > 0 and copy.reasons[i - 1] is Reason.TEASER and copy.blocks[i - 1].words <= 3


def _is_subheading(copy: Copy, body: Span, i: int) -> bool:
    block = copy.blocks[i]
    follows = i < body.last and copy.paragraph(i + 1)
    return follows and any(sign.isalpha() for sign in block.text) and copy.repeated[block.key] == 1


# --- the head


@dataclass(frozen=True)
class Head:
    """Blocks before the body by what they are. `title_end` is where the title ends within its block."""

    title: int | None = None
    title_end: int = 0
    standfirst: int | None = None
    captions: tuple[int, ...] = ()
    date: int | None = None


def _head(copy: Copy, body: Span) -> Head:
    title = _title(copy, body)
    if title is None:
        return Head(captions=_captions(copy, 0, body.first), date=_date(copy, body, 0))
    captions = _captions(copy, 0, body.first, but=title)
    return Head(
        title=title,
        title_end=_without_site(copy, title),
        standfirst=_standfirst(copy, title, body.first, captions),
        captions=captions,
        date=_date(copy, body, title),
    )


def _title(copy: Copy, body: Span) -> int | None:
    """The best headline before the body; the nearest of equals."""
    lead = _content(" ".join(block.text for block in copy.blocks[body.first : body.first + 6]))
    scored = [(_title_score(copy, i, body, lead), i) for i in range(max(0, body.first - 40), body.first)]
    best = max(scored, default=(0.0, 0))
    return best[1] if best[0] > 0 else None


_TITLE_WORDS = range(3, 26)


def _title_score(copy: Copy, i: int, body: Span, lead: set[str]) -> float:
    """How much a line is like the headline of this body. The weights were set by hand on development pages."""
    block = copy.blocks[i]
    if copy.reasons[i] or block.words not in _TITLE_WORDS:
        return -1.0
    words = _content(block.text)
    score = 3.0 * len(words & lead) / max(1, len(words)) + capitals(block.text)
    score += 2.0 * _repeats_apart(copy, i) - 3.0 * _like_neighbour(copy, i)
    score -= 1.5 * block.text.endswith((".", "。")) + 1.0 * (block.words > 18) + 3.0 * agency_end(block.text)
    score += 1.0 * any(copy.reasons[j] in (Reason.DATE, Reason.BYLINE) for j in range(i + 1, min(i + 4, body.first)))
    return score - 0.03 * (body.first - i)


def _content(text: str) -> set[str]:
    """Words of four letters or more; single signs of scripts without spaces."""
    return {word for word in re.findall(r"[^\W\d_]{4,}|[\u3040-\u30ff\u3400-\u9fff]", text.lower())}


def _repeats_apart(copy: Copy, i: int) -> bool:
    """Whether the line stands elsewhere on the page too, perhaps with the name of the site behind it."""
    key = copy.blocks[i].key
    others = (j for j in range(len(copy.blocks)) if abs(i - j) > 1)
    return any(_extends(copy.blocks[j].key, key, 4) for j in others)


def _like_neighbour(copy: Copy, i: int) -> bool:
    """Whether the next or the last line says the same: a picture's text and its caption."""
    near = [copy.blocks[j].key for j in (i - 1, i + 1) if 0 <= j < len(copy.blocks)]
    return any(_extends(key, copy.blocks[i].key, 3) or _extends(copy.blocks[i].key, key, 3) for key in near)


def _extends(longer: str, key: str, words: int) -> bool:
    """Whether one line is the other with at most so many words added at its end."""
    return longer == key or (longer.startswith(key + " ") and longer[len(key) :].count(" ") <= words)


def _captions(copy: Copy, first: int, end: int, but: int | None = None) -> tuple[int, ...]:
    """Lines before the body that tell of a picture: by a credit, or because they stand there twice in a row."""
    return tuple(
        i
        for i in range(first, end)
        if i != but and (copy.reasons[i] is Reason.CAPTION or (copy.reasons[i] is None and _pictured(copy, i)))
    )


def _pictured(copy: Copy, i: int) -> bool:
    block = copy.blocks[i]
    return 3 <= block.words <= 60 and (agency_end(block.text) or _like_neighbour(copy, i))


def _standfirst(copy: Copy, title: int, body: int, captions: Sequence[int]) -> int | None:
    """The first long line between title and body, when something of the head stands between it and the body."""
    for i in range(title + 1, body):
        block = copy.blocks[i]
        if copy.reasons[i] is None and i not in captions and block.words >= 8 and not _same(copy, i, title):
            return i
    return None


def _same(copy: Copy, i: int, j: int) -> bool:
    one, other = copy.blocks[i].key, copy.blocks[j].key
    return _extends(one, other, 4) or _extends(other, one, 4)


_SITE = re.compile(r"\s(?:[-–—|·•]|::)\s+(?P<site>[^|–—]{2,40})$")


def _without_site(copy: Copy, title: int) -> int:
    """Where the title ends in its block: before the name of a site, if the rest stands alone or the name is a host."""
    text = copy.blocks[title].text
    match = _SITE.search(text)
    if not match:
        return len(text)
    rest = " ".join(re.findall(r"\w+", text[: match.start()].lower()))
    host = re.fullmatch(r"[\w-]+(?:\.[a-z]{2,4}){1,2}", match["site"].strip(), re.IGNORECASE)
    return match.start() if host or copy.repeated[rest] else len(text)


def _date(copy: Copy, body: Span, title: int) -> int | None:
    """The line with the date: nearest behind the title, else before it, else right behind the body."""
    after = range(title, body.first)
    behind = range(body.last + 1, min(body.last + 1 + _TAIL_BLOCKS, len(copy.blocks)))
    for i in (*after, *reversed(range(title)), *behind):
        line = copy.dates[i]
        if line and not line.updated:
            return i
    return None


# --- everything together


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
    if head.title is not None and _same(copy, i, head.title):
        return Reason.DUPLICATE
    if otherwise is Reason.AFTER_ARTICLE and capitals(copy.blocks[i].text) >= _HEADLINE_CAPITALS:
        return Reason.TEASER if copy.blocks[i].words >= _HEADLINE_WORDS else otherwise
    return otherwise


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
    )


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
    near = range(max(0, kept[0] - _TAIL_BLOCKS), min(kept[-1] + 1 + _TAIL_BLOCKS, len(copy.bylines)))
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
