"""Sentences of a paragraph. A full stop inside quotation marks ends no sentence, one at its end may."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from pipeline.news.lexicons import Kind
from pipeline.news.statements.quotes import DOUBLE, Quote, quotes
from pipeline.news.statements.tokens import Passage

_STOPS = frozenset(".!?…")
_LONGEST = 400
"""Tokens of a sentence at most: longer ones are lists or pages without punctuation, cut so that time stays linear."""


@dataclass(frozen=True, eq=False)
class Sentence:
    """Tokens first..end-1, with the quotations that open in it. `paragraph` is the range of its paragraph."""

    first: int
    end: int
    quotes: tuple[Quote, ...]
    paragraph: tuple[int, int]

    @cached_property
    def quoted(self) -> frozenset[int]:
        """The tokens inside double marks, the marks included."""
        return frozenset(
            at for quote in self.quotes if quote.double for at in range(quote.opening, min(quote.closing, self.end) + 1)
        )


def sentences(passage: Passage, paragraph: tuple[int, int]) -> list[Sentence]:
    """The sentences of a paragraph in order; together they hold all its tokens."""
    first, end = paragraph
    found = quotes(passage, first, end)
    doubles = [quote for quote in found if quote.double]
    bounds = _bounds(passage, first, end, doubles)
    result, at = [], 0
    for a, b in pairwise(bounds):
        start = at
        while at < len(found) and found[at].opening < b:
            at += 1
        result.append(Sentence(a, b, tuple(found[start:at]), paragraph))
    return result


def _bounds(passage: Passage, first: int, end: int, doubles: list[Quote]) -> list[int]:
    bounds, index, at = [first], first, 0
    while index < end:
        if at < len(doubles) and index == doubles[at].opening:
            closing = min(doubles[at].closing, end)
            if closing < end and _ends_with_quote(passage, closing, end):
                bounds.append(closing + 1)
            index, at = closing + 1, at + 1
            continue
        if _ends(passage, index, end) or index - bounds[-1] >= _LONGEST:
            bounds.append(index + 1)
        index += 1
    return [*bounds, end] if bounds[-1] < end else bounds


def _ends(passage: Passage, index: int, end: int) -> bool:
    """Whether a sentence ends with this token."""
    if passage.words[index] not in _STOPS or index + 1 >= end or not _begins(passage, index + 1, end):
        return False
    if passage.words[index] != "." or index == 0:
        return True
    word = passage.lower[index - 1]
    initial = len(word) == 1 and passage.kinds[index - 1] & Kind.CAP
    spaced = passage.starts[index + 1] > passage.ends[index]
    return spaced and not initial and word not in passage.lexicon.abbreviations


def _ends_with_quote(passage: Passage, closing: int, end: int) -> bool:
    """Whether a sentence ends with a closing mark: the stop stands inside and a new sentence follows."""
    following, stop = closing + 1, passage.words[closing - 1]
    if stop not in _STOPS or following >= end or passage.words[following] in _STOPS:
        return False
    if stop in "?!" and passage.lexicon.subject_first and passage.words[following] not in DOUBLE:
        return False
    return _begins(passage, following, end)


def _begins(passage: Passage, index: int, end: int) -> bool:
    """Whether a sentence can begin with this token, which may be an opening mark."""
    end = min(end, index + 5)
    while index < end and (passage.words[index] in DOUBLE or passage.words[index] in ",'‘(-–—"):
        if passage.words[index] in DOUBLE:
            return True
        index += 1
    if index >= end:
        return False
    return (
        bool(passage.kinds[index] & Kind.CAP) or passage.words[index][0].isdigit() or not _cased(passage.words[index])
    )


def _cased(word: str) -> bool:
    return word[0].islower()


def after_dateline(passage: Passage, sentence: Sentence) -> int:
    """The first token behind a dateline: 'Brussels: ...', 'JAKARTA, OUTLET.COM - ...'."""
    for at in range(sentence.first, min(sentence.first + 8, sentence.end)):
        if passage.words[at] in "-–—:" and passage.starts[at] >= 0:
            if at + 1 < sentence.end and passage.words[at + 1] == passage.words[at]:
                continue
            spaced = at + 1 < sentence.end and passage.starts[at + 1] > passage.ends[at]
            upper = all(not passage.words[k][0].islower() for k in range(sentence.first, at))
            return at + 1 if spaced and upper else sentence.first
    return sentence.first
