"""Lines of a page: splitting text into blocks, and what a line says about itself by its words and its form.

The cues are data (`lines.toml`). The language of a page is not known before it is cleaned, so the cues of all
languages are tried together; what is measured beside them (length, punctuation, capitals) needs no language.
"""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from importlib.resources import files
from typing import NamedTuple


class Reason(StrEnum):
    """Why a line of a page is not in the text of the article (`schemas.article.Removed.reason`)."""

    MENU = "menu"
    """Navigation, buttons, counters."""
    SHARE = "share"
    """Buttons that share or print."""
    TEASER = "teaser"
    """Points to another article."""
    SECTION = "section"
    """The heading of what follows an article: comments, related, most read."""
    COMMENT_FORM = "comment-form"
    """A comment form or a poll."""
    PROMOTION = "promotion"
    """Newsletter, app, notification, advertisement."""
    RIGHTS = "rights"
    """A notice of copyright."""
    CAPTION = "caption"
    """Describes a picture; kept in `captions`."""
    BYLINE = "byline"
    """Names who wrote or edited it; kept in `authors` and `editor`."""
    CREDIT = "credit"
    """Names a source or a photographer."""
    DATE = "date"
    """Says when it was published or changed."""
    SITE_NAME = "site-name"
    """The name of the site behind the title."""
    DUPLICATE = "duplicate"
    """Repeats the title or an earlier line."""
    BEFORE_ARTICLE = "before-article"
    """Stands before the article and nothing more is known of it."""
    AFTER_ARTICLE = "after-article"
    """Stands behind the article and nothing more is known of it."""
    WITHIN_ARTICLE = "within-article"
    """Stands between paragraphs and is none."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line without the white space around it, by its place in the page's text."""

    start: int
    end: int
    blank_before: bool


_LINE = re.compile("[^\r\n\x0b\x0c\x85\u2028\u2029]+")
_EDGE = " \t\xa0\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u3000\u2002\u2003\u2009\u202f\x1c\x1d\x1e\x1f"


def split_lines(page: str) -> list[Line]:
    """The lines that are not blank. White space that cannot be seen is white space too."""
    found, blank, last = [], False, 0
    for match in _LINE.finditer(page):
        raw = match[0]
        kept = raw.strip(_EDGE)
        blank = blank or page.count("\n", last, match.start()) > 1
        if kept and not kept.isspace():
            start = match.start() + raw.index(kept[0])
            found.append(Line(start, start + len(kept), blank))
            blank = False
        else:
            blank = True
        last = match.end()
    return found


# --- blocks


@dataclass(frozen=True)
class Block:
    """A line, or the lines of a hard-wrapped paragraph. `text` has single spaces."""

    lines: tuple[Line, ...]
    text: str

    @property
    def start(self) -> int:
        """Where it begins in the page's text."""
        return self.lines[0].start

    @property
    def end(self) -> int:
        """Where it ends in the page's text."""
        return self.lines[-1].end

    @cached_property
    def tokens(self) -> list[str]:
        """Its words without the signs between them."""
        return _TOKEN.findall(self.text)

    @cached_property
    def words(self) -> int:
        """The number of words; two signs of a script without spaces count as one."""
        dense = not self.text.isascii() and _DENSE.search(self.text)
        return count_words(self.text) if dense else len(self.tokens)

    @cached_property
    def ends(self) -> bool:
        """Whether it ends like a sentence."""
        return bool(_END.search(self.text[-12:]))

    @cached_property
    def sentence(self) -> bool:
        """Whether it reads like a paragraph: ten words, and an end of a sentence in it or behind it."""
        return self.words >= 10 and (self.ends or bool(_MIDDLE.search(self.text)))

    @cached_property
    def headline(self) -> bool:
        """Whether it is in title case and has no full stop, as headlines in many languages."""
        return (
            self.words <= 25
            and not self.text.endswith(_NO_HEADLINE)
            and self.text[0] not in _BULLETS
            and capitals(self.tokens) >= TITLE_CASE
        )

    @cached_property
    def key(self) -> str:
        """What is compared to find repetitions."""
        return " ".join(self.tokens).lower()

    @cached_property
    def cue(self) -> "Reason | None":
        """What its words say it is."""
        return cue_of(self.text, self.words)


TITLE_CASE = 0.7
"""The share of long words with a capital from which a line is in title case."""
_BULLETS = "-–—•*·\"“„«‘'「"
_TOKEN = re.compile(r"\w+")
_DENSE = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
"""Scripts that write no spaces between words: Thai, Lao, Burmese, Khmer, kana, Han."""
_CLOSERS = "\"'”’“‘»«›)\\]」』】）"
_NO_HEADLINE = (".", "。", ",", ":", *_CLOSERS)
_END = re.compile(rf"[.!?…。！？؟।။៕][{_CLOSERS}\s]*$")
_MIDDLE = re.compile(rf"[.!?؟।][{_CLOSERS}]*\s|[。！？။]")


def count_words(text: str) -> int:
    """The number of words; two signs of a script without spaces count as one."""
    if text.isascii() or not (dense := len(_DENSE.findall(text))):
        return len(_TOKEN.findall(text))
    return len(_TOKEN.findall(_DENSE.sub(" ", text))) + dense // 2


def capitals(words: Sequence[str]) -> float:
    """The share of words of four letters or more that begin with a capital; 0 for scripts without case."""
    long = [word for word in words if len(word) >= 4 and word[0].isalpha()]
    return sum(word[0].isupper() for word in long) / len(long) if long else 0.0


def blocks_of(page: str) -> list[Block]:
    """The lines of a page, those of a hard-wrapped text joined to paragraphs."""
    lines = split_lines(page)
    width = _wrap_width(lines, page)
    groups: list[list[Line]] = []
    for line in lines:
        if groups and width and _continues(groups[-1][-1], line, page, width):
            groups[-1].append(line)
        else:
            groups.append([line])
    return [Block(tuple(group), joined(group, page)) for group in groups]


def joined(lines: Sequence[Line], page: str) -> str:
    """The text of lines in single spaces. A hyphen at the end of a line keeps the next line close to it."""
    if len(lines) == 1:
        return " ".join(page[lines[0].start : lines[0].end].split())
    pieces: list[str] = []
    for line in lines:
        words = page[line.start : line.end].split()
        apart = pieces and not _HYPHEN.search(pieces[-1][-2:])
        pieces.append(" ".join(["", *words] if apart else words))
    return "".join(pieces)


_HYPHEN = re.compile(r"[^\W\d_]-$")


def _wrap_width(lines: Sequence[Line], page: str) -> int:
    """The width at which a text was wrapped, 0 when its lines are paragraphs.

    Wrapped text has most of its lines nearly as long as the longest, up to 130 codepoints, and most of those break off
    within a sentence.
    """
    sizes = sorted(line.end - line.start for line in lines)
    if len(sizes) < 6 or sizes[-1] > 130:
        return 0
    width = sizes[int(len(sizes) * 0.9)]
    full = [line for line in lines if line.end - line.start >= 0.75 * width]
    broken = sum(not _END.search(page[max(line.start, line.end - 12) : line.end]) for line in full)
    return width if width >= 40 and len(full) * 2 >= len(lines) and broken * 2 > len(full) else 0


def _continues(last: Line, line: Line, page: str, width: int) -> bool:
    size = last.end - last.start
    ended = bool(_END.search(page[max(last.start, last.end - 12) : last.end]))
    if line.blank_before or size < width * 0.5:
        return False
    return size >= width * (0.9 if ended else 0.75) or (not ended and page[line.start].islower())


# --- cues


@cache
def _entries(kind: str) -> tuple[str, ...]:
    """The expressions of one kind in all languages, the longest first."""
    tables = tomllib.loads((files("pipeline.news") / "lines.toml").read_text("utf-8"))
    found = [entry for table in tables.values() for entry in table.get(kind, ())]
    return tuple(sorted(dict.fromkeys(found), key=len, reverse=True))


@cache
def cues(kind: str) -> str:
    """The expressions of one kind in all languages, as one alternative."""
    return "|".join(_entries(kind))


def _any_of(expressions: Sequence[str]) -> str:
    """The expressions as one alternative, those that begin alike together: where none begins, a look at one sign
    tells, instead of one for each expression.
    """
    by_beginning: dict[str, list[str]] = {}
    for expression in expressions:
        begins = _BEGINNING.match(expression)
        found = begins[0] if begins else ""
        by_beginning.setdefault(found, []).append(expression[len(found) :])
    alone = by_beginning.pop("", [])
    return "|".join([*(f"{first}(?:{_any_of(rest)})" for first, rest in by_beginning.items()), *alone])


_BEGINNING = re.compile(r"\\b|[^\W\d_](?![?*+{|])")
"""A boundary of words, or a sign that the expression needs."""


_ARROWS = frozenset(":：»›>→")
_ARROW = r"\s*(?:[:：»›>→]|[-–—]\s)"
_APART = "(?<![^\\W\u3040-\u9fff])"
"""Not within a word; scripts without spaces have no words to be within."""
_NOTICE = re.compile(r"^\W*©|©\s?(?:copyright\s)?(?:19|20)\d\d", re.IGNORECASE)
_LONGEST_CUE = 400
"""Codepoints beyond which a line is a paragraph, whatever words are in it."""
_WORDIEST_CUE = 60


class _Kind(NamedTuple):
    """Cues of one kind: what a line is with one, the most words of such a line, and what stands around a cue."""

    name: str
    reason: Reason
    most: int
    before: str
    behind: str

    def pattern(self) -> re.Pattern[str]:
        """Finds any of its cues in lower case."""
        return re.compile(rf"{self.before}(?:{_any_of(_entries(self.name))}){self.behind}")


_KINDS = (
    _Kind("teaser", Reason.TEASER, 35, "^", _ARROW),
    _Kind("pointer", Reason.TEASER, 12, "^", "$"),
    _Kind("section", Reason.SECTION, 20, "^", "$"),
    _Kind("share", Reason.SHARE, 10, "^", r"[\W\d]*$"),
    _Kind("menu", Reason.MENU, 10, "^", "$"),
    _Kind("form", Reason.COMMENT_FORM, 30, r"\b", ""),
    _Kind("rights", Reason.RIGHTS, _WORDIEST_CUE, r"\b", ""),
    _Kind("promotion", Reason.PROMOTION, 30, _APART, ""),
)
"""The first that is found decides."""
_UNFINISHED = _Kind("pointer", Reason.TEASER, 35, "^", r"\b")
"""Points to an article when it does not end like a sentence."""


@cache
def _patterns() -> dict[_Kind, re.Pattern[str]]:
    return {kind: kind.pattern() for kind in (*_KINDS, _UNFINISHED)}


@cache
def _begins() -> re.Pattern[str]:
    """How a line begins that its first words give away. Most lines do not, and need no closer look."""
    kinds = [kind for kind in (*_KINDS, _UNFINISHED) if kind.before == "^"]
    return re.compile(_any_of([entry + kind.behind for kind in kinds for entry in _entries(kind.name)]))


@cache
def _holds() -> re.Pattern[str]:
    """What gives a line away wherever it stands in it."""
    return re.compile("|".join(kind.pattern().pattern for kind in _KINDS if kind.before != "^"))


_CORE = re.compile(r"\w(?:.*\w)?", re.DOTALL)


def cue_of(text: str, words: int | None = None) -> Reason | None:
    """What the words of a line say it is; None for a paragraph. A line with quoted speech is never promotion.

    `words` is their number where it is known.
    """
    if len(text) > _LONGEST_CUE:
        return None
    found = _CORE.search(text)
    if found is None or not any(sign.isalpha() for sign in found[0]):
        return Reason.MENU
    if "©" in text and _NOTICE.search(text):
        return Reason.RIGHTS
    core = text[found.start() :] if text[found.end() :].lstrip()[:1] in _ARROWS else found[0]
    return _by_words(text, lowered(core), count_words(text) if words is None else words)


def lowered(text: str) -> str:
    """The text in lower case, as the cues are written: the capital dotted I of Turkish is one codepoint there."""
    return text.lower() if text.isascii() else text.lower().replace("i\u0307", "i")


def _by_words(text: str, core: str, words: int) -> Reason | None:
    if words > _WORDIEST_CUE or not (_begins().match(core) or _holds().search(core)):
        return None
    patterns = _patterns()
    for kind in _KINDS:
        if words <= kind.most and patterns[kind].search(core):
            return None if kind.reason is Reason.PROMOTION and _speaks(text) else kind.reason
    unfinished = words <= _UNFINISHED.most and not _END.search(text) and patterns[_UNFINISHED].search(core)
    return _UNFINISHED.reason if unfinished else None


_QUOTE = re.compile(r"[\"“”„«»「]")


def _speaks(text: str) -> bool:
    return bool(_QUOTE.search(text))


@cache
def _photo() -> re.Pattern[str]:
    return re.compile(cues("photo"), re.IGNORECASE)


@cache
def _maybe_photo() -> re.Pattern[str]:
    return re.compile(_any_of(_entries("photo")))


_INNER = r"[^()\[\]\d]"
_AGENCY_END = re.compile(
    rf"[(\[](?P<credit>{_INNER}{{0,60}}\b[A-Z]{{2,}}{_INNER}{{0,60}}|[A-Z]{_INNER}{{0,60}}/{_INNER}{{1,60}})[)\]]\s*$"
)


def photo_credit(text: str) -> bool:
    """Whether a line tells of a picture ("Foto/AFP", "(Getty Images)"). Speech may mention pictures."""
    if len(text) > _LONGEST_CUE or not _maybe_photo().search(lowered(text)) or not _photo().search(text):
        return False
    return agency_end(text) or not (_speaks(text) and _END.search(text))


def agency_end(text: str) -> bool:
    """Whether a line ends with an agency in brackets, as captions do, and last paragraphs of wire copy.

    The short form of what stands right before it ("Persatuan Pemuda Kota (PPK)") is no agency.
    """
    match = _AGENCY_END.search(text) if len(text) <= _LONGEST_CUE else None
    if match is None:
        return False
    initials = "".join(word[0] for word in _TOKEN.findall(text[: match.start()])).upper()
    return not initials.endswith(match["credit"].upper())
