"""Where quotation marks open and close: one toggling scan of a paragraph.

Journalists mix marks ("...”), forget to close them, and print inches and apostrophes with the same signs. So a mark
is taken for what its neighbours say it is: an opening one stands before a word, a closing one behind it.
"""

from typing import NamedTuple

from pipeline.news.lexicons import Kind
from pipeline.news.statements.tokens import Passage

DOUBLE = frozenset('"“”„‟«»″＂「」『』')
SINGLE = frozenset("'‘’‚‛")
_OPENING = frozenset("“„«「『‘‚")
_FEWEST_WORDS_UNCLOSED = 4


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
    marks = [i for i in range(first, end) if passage.words[i] in DOUBLE]
    doubles = _scan(passage, marks, first, end, double=True)
    singles = [i for i in range(first, end) if passage.words[i] in SINGLE]
    if not singles:
        return doubles
    covered = bytearray(end - first)
    for quote in doubles:
        covered[quote.opening - first : quote.closing - first] = b"\1" * (quote.closing - quote.opening)
    outside = [i for i in singles if not covered[i - first]]
    return sorted(doubles + [q for q in _scan(passage, outside, first, end, double=False) if q.closed])


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
