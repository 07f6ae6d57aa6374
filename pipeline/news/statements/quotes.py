"""Where quotation marks open and close: one toggling scan of a paragraph.

Journalists mix marks ("...”), forget to close them, and print inches and apostrophes with the same signs. So a mark
is taken for what its neighbours say it is: an opening one stands before a word, a closing one behind it.
"""

from typing import NamedTuple

from pipeline.news.lexicons import Kind
from pipeline.news.statements.tokens import Passage

DOUBLE = frozenset('"“”„‟«»″＂「」『』')
SINGLE = frozenset("'‘’‚‛")
DASHES = frozenset("—―–")
_OPENING = frozenset("“„«「『‘‚")
_FEWEST_WORDS_UNCLOSED = 4
_TURN = 2
"""Dashes of a line of dialogue that says who speaks."""


class Quote(NamedTuple):
    """Tokens `opening` and `closing` are the marks; `closing` is the end of the paragraph when it is never closed."""

    opening: int
    closing: int
    double: bool
    closed: bool

    @property
    def words(self) -> int:
        """How many tokens stand between the marks."""
        return self.closing - self.opening - 1


def quotes(passage: Passage, first: int, end: int) -> list[Quote]:
    """The quotations of the paragraph first..end-1, in order; single-quoted ones only outside double marks."""
    if passage.lexicon.dash_dialogue and passage.words[first] in DASHES:
        return _dialogue(passage, first, end)
    marks = [i for i in range(first, end) if passage.words[i] in DOUBLE]
    doubles = _scan(passage, marks, first, end, double=True)
    singles = [i for i in range(first, end) if passage.words[i] in SINGLE]
    if singles and single_first(passage):
        return _single_first(passage, singles, doubles, first, end)
    if not singles:
        return doubles
    covered = bytearray(end - first)
    for quote in doubles:
        covered[quote.opening - first : quote.closing - first] = b"\1" * (quote.closing - quote.opening)
    outside = [i for i in singles if not covered[i - first]]
    return sorted(doubles + [q for q in _scan(passage, outside, first, end, double=False) if q.closed])


def _dialogue(passage: Passage, first: int, end: int) -> list[Quote]:
    """'—Vamos —dijo X—. Ya es tarde.': what stands between the dashes in turn, and the last part to the end.

    A line without attribution is left out: in a dialogue it is the other's turn, and nobody says whose.
    """
    dashes = [at for at in range(first, end) if passage.words[at] in DASHES]
    if len(dashes) < _TURN:
        return []
    found = []
    for number in range(0, len(dashes), 2):
        opening = dashes[number]
        last = number + 1 >= len(dashes)
        closing = end if last else dashes[number + 1]
        if opening + 1 < closing and passage.words[opening + 1] in ".,:;":
            opening += 1
        found.append(Quote(opening, closing, double=True, closed=not last))
    return [quote for quote in found if quote.words > 0]


def single_first(passage: Passage) -> bool:
    """Whether single marks quote here and double ones stand inside them, as in British papers.

    A single mark that closes behind a comma or a stop ('...,' said X) shows it; in a language without that usage, and
    where double marks do the same, single ones hold fragments.
    """
    if not passage.lexicon.single_marks:
        return False
    if passage.marks is None:
        passage.marks = _closings(passage, SINGLE) > _closings(passage, DOUBLE)
    return passage.marks


def _closings(passage: Passage, marks: frozenset[str]) -> int:
    words = passage.words
    return sum(words[at] in marks and words[at - 1] in ",.?!…" for at in range(1, len(words)))


def _single_first(passage: Passage, singles: list[int], doubles: list[Quote], first: int, end: int) -> list[Quote]:
    kept = [mark for at, mark in enumerate(singles) if not _possessive(passage, singles, at)]
    outer = [quote._replace(double=True) for quote in _scan(passage, kept, first, end, double=True)]
    inner = [
        quote._replace(double=False)
        for quote in doubles
        if quote.closed and not any(one.opening < quote.opening < one.closing for one in outer)
    ]
    return sorted(outer + inner)


def _possessive(passage: Passage, singles: list[int], at: int) -> bool:
    """Whether a mark is the apostrophe of "the workers' demands": another one closes what was opened."""
    mark = singles[at]
    if mark == 0 or mark + 1 >= len(passage.words) or passage.words[mark] in "‘‚":
        return False
    plural = passage.lower[mark - 1].endswith("s") and passage.ends[mark - 1] == passage.starts[mark]
    goes_on = passage.words[mark + 1][0].islower() and passage.starts[mark + 1] > passage.ends[mark]
    following = singles[at + 1] if at + 1 < len(singles) else None
    return plural and goes_on and following is not None and passage.ends[following - 1] == passage.starts[following]


def _scan(passage: Passage, marks: list[int], first: int, end: int, *, double: bool) -> list[Quote]:
    found: list[Quote] = []
    opened: int | None = None
    for mark in marks:
        if opened is None:
            opened = mark if _opens(passage, mark, first, end) else None
        elif _reopens(passage, mark, end, double):
            opened = mark
        elif double or passage.ends[mark - 1] == passage.starts[mark]:
            found.append(Quote(opened, mark, double, closed=True))
            opened = None
    if opened is not None and end - opened - 1 >= _FEWEST_WORDS_UNCLOSED:
        found.append(Quote(opened, end, double, closed=False))
    return [quote for quote in found if quote.words > 0]


def _opens(passage: Passage, mark: int, first: int, end: int) -> bool:
    if mark + 1 >= end:
        return False
    if passage.starts[mark + 1] != passage.ends[mark]:
        return passage.words[mark] == "«"  # French sets a space inside its marks
    touched = mark > first and passage.ends[mark - 1] == passage.starts[mark]
    return not (touched and passage.kinds[mark - 1] & Kind.WORD) or passage.words[mark] in _OPENING - SINGLE


def _reopens(passage: Passage, mark: int, end: int, double: bool) -> bool:
    """A mark that can only open while another is open: the earlier one was a stray."""
    alone = passage.ends[mark - 1] != passage.starts[mark]
    follows = mark + 1 < end and passage.starts[mark + 1] == passage.ends[mark]
    return alone and follows and (passage.words[mark] in _OPENING or not double)
