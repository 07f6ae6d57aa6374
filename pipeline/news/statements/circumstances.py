"""When, where and on what occasion somebody spoke, and whether what they said is negated or under a condition.

Only the words of the attribution are read ("X said in Brussels on Monday that ..."), never those of what was said, of a
relative clause, or of the rest of the sentence. What is not plain stays unknown.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from pipeline.news.lexicons import Kind
from pipeline.news.statements.claims import Claim
from pipeline.news.statements.days import day_at
from pipeline.news.statements.sentences import Sentence
from pipeline.news.statements.tokens import Passage

_FIRST_CLAUSE = 14
"""Tokens of what is said in which a negation is that of its main clause."""
_MODIFIERS = 4
_LONGEST_PLACE = 4


class Circumstances(NamedTuple):
    """What a sentence tells of a statement besides who made it."""

    said_on: date | None
    place: str | None
    occasion: str | None
    negated: bool
    conditional: bool


def circumstances(
    passage: Passage, sentence: Sentence, claim: Claim, others: Iterable[Claim], published: date | None
) -> Circumstances:
    """Of one claim. `others`: all claims of its sentence; `published`: the article's day in its own zone."""
    stretches = list(_attribution(passage, sentence, claim, others))
    return Circumstances(
        next((day for stretch in stretches for day in _days(passage, stretch, published)), None),
        next((place for stretch in stretches for place in _places(passage, stretch)), None),
        next((occasion for stretch in stretches for occasion in _occasions(passage, stretch)), None),
        _negated(passage, claim),
        _conditional(passage, claim),
    )


def _attribution(passage: Passage, sentence: Sentence, claim: Claim, others: Iterable[Claim]) -> Iterator[range]:
    """The stretches of tokens around a cue: behind it, before it, and at the start of the sentence."""
    if claim.cue is None or not (claim.phrase or claim.suffix):
        return
    cue = bisect_left(passage.starts, claim.cue[0])
    if not sentence.first <= cue < sentence.end:
        return
    first, end = sentence.first, sentence.end
    for other in others:
        if other.end <= claim.cue[0]:
            first = max(first, bisect_left(passage.starts, other.end))
        if other.start >= claim.cue[1]:
            end = min(end, bisect_left(passage.starts, other.start))
    phrase = claim.phrase
    if phrase is None:
        yield _plain(passage, cue + 1, end)
        return
    behind = max(cue + 1, phrase.end) if phrase.first > cue else cue + 1
    yield _plain(passage, behind, end)
    if phrase.end <= cue:
        yield _plain(passage, phrase.end, cue)
        yield _opening(passage, first, phrase.first)


def _plain(passage: Passage, first: int, end: int) -> range:
    """Up to a relative clause, a quotation or another mark that opens something else."""
    for at in range(first, end):
        if passage.lower[at] in passage.lexicon.relatives or passage.words[at] in ";:“„«":
            return range(first, at)
    return range(first, end)


def _opening(passage: Passage, first: int, end: int) -> range:
    """'On Monday, X said': the first words of a sentence up to a comma right before the speaker."""
    comma = next((at for at in range(first, end) if passage.words[at] == ","), None)
    return range(first, comma) if comma is not None and end - comma <= 2 else range(first, first)


def _days(passage: Passage, stretch: range, published: date | None) -> Iterator[date]:
    for at in stretch:
        found = day_at(passage, at, stretch.stop, published)
        if found:
            yield found


def _places(passage: Passage, stretch: range) -> Iterator[str]:
    """'in Brussels': a name that is known for a place behind a preposition of place."""
    places = {first: end for first, end, kind in passage.found_in(stretch.start, stretch.stop) if kind == "place"}
    for at in stretch[1:]:
        if passage.lower[at - 1] not in passage.lexicon.setting.places or passage.kinds[at] & Kind.DATE:
            continue
        known = passage.places.get(at)
        end = places.get(at) or (known[0] if known else None)
        if end and end <= stretch.stop and end - at <= _LONGEST_PLACE and not _goes_on(passage, end):
            yield passage.slice(at, end)


def _goes_on(passage: Passage, end: int) -> bool:
    """Whether a name goes on behind a hyphen: 'Swiss-Belinda' is no country."""
    return end < len(passage) and passage.words[end] == "-" and passage.starts[end] == passage.ends[end - 1]


def _occasions(passage: Passage, stretch: range) -> Iterator[str]:
    """'in a televised speech', 'dalam konferensi pers': a noun for an occasion close behind a preposition."""
    lexicon = passage.lexicon
    for at in stretch:
        match = lexicon.setting.occasions.at(passage.lower, at)
        first = _behind_preposition(passage, stretch.start, at) if match else None
        if match and first is not None:
            end = at + match[0]
            while (
                lexicon.setting.head_first and end < stretch.stop and end - at < _MODIFIERS and _modifier(passage, end)
            ):
                end += 1
            yield passage.slice(first, end)


def _behind_preposition(passage: Passage, first: int, noun: int) -> int | None:
    """Where the phrase of a noun begins behind its preposition and article."""
    for at in range(noun - 1, max(first, noun - _MODIFIERS - 1) - 1, -1):
        if passage.lower[at] in passage.lexicon.setting.prepositions:
            begin = at + 1
            return begin + (begin < noun and passage.lower[begin] in passage.lexicon.articles)
        if not passage.kinds[at] & Kind.WORD or passage.kinds[at] & (Kind.DATE | Kind.CAP):
            return None
    return None


def _modifier(passage: Passage, at: int) -> bool:
    kind = passage.kinds[at]
    barred = Kind.CAP | Kind.PREP | Kind.BOUND | Kind.DATE | Kind.ADVERB | Kind.PRONOUN
    return bool(kind & Kind.WORD) and not kind & barred and not passage.words[at][0].isdigit()


def _negated(passage: Passage, claim: Claim) -> bool:
    """Whether the cue is a denial, or the first clause of what is said is negated."""
    lexicon = passage.lexicon
    if claim.cue and lexicon.setting.denials.at(passage.lower, bisect_left(passage.starts, claim.cue[0])):
        return True
    first, end = _tokens(passage, claim)
    for at in range(first, min(end, first + _FIRST_CLAUSE)):
        word = passage.lower[at]
        if word in lexicon.denying or (lexicon.negative_suffixes and word.endswith(lexicon.negative_suffixes)):
            return True
        if at > first and (passage.words[at] in ",.;:!?" or passage.kinds[at] & Kind.BOUND):
            return False
    return False


def _conditional(passage: Passage, claim: Claim) -> bool:
    """Whether a condition is named: 'if', 'jika'; not in 'as if', 'asked if'."""
    lexicon = passage.lexicon
    first, end = _tokens(passage, claim)
    return any(
        passage.lower[at] in lexicon.setting.conditions
        and (at == first or passage.lower[at - 1] not in lexicon.setting.asking)
        for at in range(first, end)
    )


def _tokens(passage: Passage, claim: Claim) -> tuple[int, int]:
    return bisect_left(passage.starts, claim.start), bisect_left(passage.starts, claim.end)
