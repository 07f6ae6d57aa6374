"""Where the article lies in a text copy: its body, its head, and what each other line is.

1. What a line says about itself (`pipeline.news.lines`).
2. The trained model of lines (`pipeline.news.linescore`) says how likely each line is body; the body is the run of
   likely lines. What a line says about itself overrules the model.
3. The head before it gives title, standfirst, date and captions.
4. Within the body, lines that are no paragraphs are judged one by one.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pipeline.news.bylines import Byline, DateLine, byline_of, date_line, is_credit
from pipeline.news.forest import Floats
from pipeline.news.lines import Block, Reason, agency_end, capitals, photo_credit
from pipeline.news.linescore import score, segment

Scorer = Callable[[Sequence[str], Sequence[int]], Floats]
"""P(body) of each line from the lines and how many blank lines stand before each (`pipeline.news.linescore.score`)."""

_PURE_DATE, _HEADLINE_BESIDE = 1, 4
"""Words beside the date: the day of the week, and "Flood Figures of Blue Valley, 5 March 2026"."""
TAIL_BLOCKS = 12
"""How far behind the body its bylines may stand."""


@dataclass
class Copy:
    """The blocks of a page and what is known of each."""

    blocks: list[Block]

    @cached_property
    def keys(self) -> list[str]:
        """Per block: what is compared to find repetitions."""
        return [block.key for block in self.blocks]

    @cached_property
    def repeated(self) -> Counter[str]:
        """How often each line stands on the page."""
        return Counter(self.keys)

    @cached_property
    def bylines(self) -> list[Byline | None]:
        """Per block: what it tells of authors."""
        return [byline_of(block.text) for block in self.blocks]

    @cached_property
    def dates(self) -> list[DateLine | None]:
        """Per block: its date, when it holds little else. Where a line is nothing but a date, those with a headline's
        worth of words beside their date are headlines.
        """
        lines = [date_line(block.text) for block in self.blocks]
        if not any(line and line.beside <= _PURE_DATE for line in lines):
            return lines
        return [None if line and line.beside >= _HEADLINE_BESIDE and not line.updated else line for line in lines]

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
        return self.reasons[i] is None and self.blocks[i].sentence and not self.blocks[i].headline


@dataclass(frozen=True)
class Span:
    """The first and the last block of something; empty when the last stands before the first."""

    first: int
    last: int


# --- the body


def find_body(copy: Copy, scorer: Scorer = score) -> tuple[Span, dict[int, Reason]]:
    """Where the body lies, and the blocks in it that are not of it. A page without a paragraph has no body.

    `scorer` gives P(body) per block; another one than the shipped model is given where models are compared.
    """
    if not any(copy.paragraph(i) for i in range(len(copy.blocks))):
        return Span(0, -1), {}
    likely = segment(_scores(copy, scorer), [block.words for block in copy.blocks])
    run = [i for i, body in enumerate(likely) if body]
    if not run:
        return Span(0, -1), {}
    body = Span(run[0], _extended(copy, run[-1]))
    unlikely = dict.fromkeys(set(range(run[0], run[-1])).difference(run), Reason.WITHIN_ARTICLE)
    return body, unlikely | _judged(copy, body)


def _scores(copy: Copy, scorer: Scorer) -> Floats:
    """P(body) per block. What a block says of itself overrules the model, which knows few words."""
    texts = [block.text for block in copy.blocks]
    scores = scorer(texts, [int(block.lines[0].blank_before) for block in copy.blocks])
    return np.where([reason is None for reason in copy.reasons], scores, 0.0)


def _extended(copy: Copy, last: int) -> int:
    """The body goes on over sentences right behind it, likely or not, and over a box of teasers when paragraphs follow
    it that an end of an article follows: the model takes the last paragraph behind a box for another article's.
    """
    last = _over_sentences(copy, last)
    behind = next((i for i in range(last + 1, _bound(copy, last + 2 + _BOX_BLOCKS)) if _goes_on(copy, last, i)), None)
    return last if behind is None else _over_sentences(copy, behind)


_BOX_BLOCKS = 4
"""Lines of a box of teasers within an article."""
_ENDS = frozenset((Reason.BYLINE, Reason.CREDIT, Reason.SECTION, Reason.COMMENT_FORM))


def _bound(copy: Copy, end: int) -> int:
    return min(end, len(copy.blocks))


def _over_sentences(copy: Copy, last: int) -> int:
    while last + 1 < len(copy.blocks):
        block = copy.blocks[last + 1]
        if copy.reasons[last + 1] or not block.ends or block.words < 2:
            break
        last += 1
    return last


def _goes_on(copy: Copy, last: int, i: int) -> bool:
    """Whether block i is a paragraph behind a box of teasers, and the article ends with it or its followers."""
    if not copy.paragraph(i) or not copy.blocks[i].ends:
        return False
    box = [copy.reasons[j] for j in range(last + 1, i)]
    end = _over_sentences(copy, i) + 1
    ended = end < len(copy.blocks) and copy.reasons[end] in _ENDS
    return ended and Reason.TEASER in box and not _ENDS & set(box)


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
    if _under_pointer(copy, i) or (block.headline and block.words >= HEADLINE_WORDS):
        return Reason.TEASER
    if block.words >= HEADLINE_WORDS or block.ends or block.text[-1] in ":：,;" or block.text[0] in _OPENERS:
        return None
    return None if _is_subheading(copy, body, i) else Reason.WITHIN_ARTICLE


_OPENERS = '"“„«‘「-–—•*·'
"""What speech and items of a list begin with."""
HEADLINE_WORDS = 7
"""Seven words in title case without a full stop are the headline of another article; subheadings are shorter."""


def _under_pointer(copy: Copy, i: int) -> bool:
    """Whether the line before is "Baca juga" without a headline of its own, and this may be that headline."""
    return i > 0 and not copy.blocks[i].ends and copy.reasons[i - 1] is Reason.TEASER and copy.blocks[i - 1].words <= 3


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


def find_head(copy: Copy, body: Span) -> Head:
    """What stands before the body."""
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
    lead = _content(" ".join(block.text for block in copy.blocks[body.first : body.first + 12]))
    scored = [(_title_score(copy, i, body, lead), i) for i in range(max(0, body.first - 60), body.first)]
    best = max(scored, default=(0.0, 0))
    return best[1] if best[0] > _TITLE_SCORE_MIN else None


_REPEATED_WITHIN = 200
_TITLE_WORDS = range(3, 29)
_TITLE_SCORE_MIN = 0.4
"""Five words, or four right before the body; a word of the body or a date behind it counts more."""


def _title_score(copy: Copy, i: int, body: Span, lead: set[str]) -> float:
    """How much a line is like the headline of this body. The weights were set by hand on development pages."""
    block = copy.blocks[i]
    if copy.reasons[i] or block.words not in _TITLE_WORDS:
        return -1.0
    words = _content(block.text)
    hits = len(words & lead)
    share = hits / max(1, len(words))
    score = 2.0 * share + 0.6 * min(hits, 6) + capitals(block.tokens) + (block.words >= 5)
    score += 1.5 * (share >= 0.4 and _repeats_apart(copy, i)) - 3.0 * _like_neighbour(copy, i)
    score -= 2.5 * block.text.endswith((".", "。", "…", ",", ":")) + 1.0 * (block.words > 14) + 1.5 * (block.words > 18)
    score -= 3.0 * agency_end(block.text) + 4.0 * bool(_TRAIL.search(block.text))
    score += 1.0 * any(copy.reasons[j] in (Reason.DATE, Reason.BYLINE) for j in range(i + 1, min(i + 4, body.first)))
    score += 0.5 * (i + 1 == body.first)
    return score - 0.03 * (body.first - i)


_TRAIL = re.compile(r"(?:^|\S\s)[»›>→]\s\S")
"""The way from the front page to this one: "Home » News » Headline". No headline has such arrows."""


def _content(text: str) -> set[str]:
    """Words of four letters or more; single signs of scripts without spaces."""
    return set(re.findall(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\d_]{4,}", text.lower()))


def _repeats_apart(copy: Copy, i: int) -> bool:
    """Whether the line stands elsewhere on the page too, perhaps with the name of the site behind it."""
    key = copy.keys[i]
    before, behind = copy.keys[max(0, i - _REPEATED_WITHIN) : max(0, i - 1)], copy.keys[i + 2 : i + _REPEATED_WITHIN]
    return any(_extends(other, key, 4) for other in (*before, *behind) if other.startswith(key))


def _like_neighbour(copy: Copy, i: int) -> bool:
    """Whether the next or the last line says the same: a picture's text and its caption."""
    near = [copy.keys[j] for j in (i - 1, i + 1) if 0 <= j < len(copy.keys)]
    return any(_extends(key, copy.keys[i], 3) or _extends(copy.keys[i], key, 3) for key in near)


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
        if copy.reasons[i] is None and i not in captions and block.words >= 8 and not same_line(copy, i, title):
            return i
    return None


def same_line(copy: Copy, i: int, j: int) -> bool:
    """Whether two blocks say the same, but for at most four words at the end of one."""
    one, other = copy.keys[i], copy.keys[j]
    return _extends(one, other, 4) or _extends(other, one, 4)


_SITE = re.compile(r"\s(?:[-–—|·•]|::)\s+(?P<site>[^|–—]{2,40})$")


def _without_site(copy: Copy, title: int) -> int:
    """Where the title ends in its block: before the name of a site, if the rest stands alone or the name is a host."""
    text = copy.blocks[title].text
    match = _SITE.search(text)
    if not match:
        return len(text)
    rest = " ".join(re.findall(r"\w+", text[: match.start()].lower()))
    host = bool(re.fullmatch(r"[\w-]+(?:\.[a-z]{2,4}){1,2}", match["site"].strip(), re.IGNORECASE))
    return int(match.start()) if host or copy.repeated[rest] else len(text)


def _date(copy: Copy, body: Span, title: int) -> int | None:
    """The line with the date: nearest behind the title, else before it, else right behind the body."""
    after = range(title, body.first)
    behind = range(body.last + 1, min(body.last + 1 + TAIL_BLOCKS, len(copy.blocks)))
    order = [*after, *reversed(range(title)), *behind]
    dated = ((i, copy.dates[i]) for i in order)
    return next((i for i, line in dated if line and not line.updated), None)
