"""What a model takes for names, brought to the tokens of an article: no brackets, glued names apart, one kind each.

A model may read as one name what an article writes without commas: "Presiden Ukraina Volodymyr Zelensky". Here a
person's span loses the office and the country before it, and the rules find those in the gap.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from pipeline.news.lexicons import Kind, Phrases
from pipeline.news.officials import Roster
from pipeline.news.statements.evidence import full_names, headlines
from pipeline.news.statements.tokens import Found, Passage
from schemas.article import EntityKind, Part

_OFFICE = Kind.ROLE | Kind.RANK
_BREAKS = frozenset('()[]",;:/“”\n')
_LONGEST_NAME = 4
_TWO_NAMES = 2
_LONGEST_OFFICE = 9
_REACH = 6
"""Words of an official's name at most, where it begins before a span."""


class Span(NamedTuple):
    """Codepoints start..end-1 of a part, and what a model takes them for."""

    part: Part
    start: int
    end: int
    kind: EntityKind


def place(passages: Sequence[Passage], spans: Iterable[Span], roster: Roster) -> None:
    """Put the spans on the tokens (`Passage.found`).

    A span that covers part of an official's full name, or more than it, is dropped: the roster knows better. So is a
    word that has a capital only for its place in a sentence or headline. A name that gets several kinds in an article
    has the most frequent one everywhere.
    """
    by_part: dict[Part, list[Span]] = {}
    for span in spans:
        by_part.setdefault(span.part, []).append(span)
    officials = full_names(roster)
    for passage in passages:
        taken = [found for span in by_part.get(passage.part, ()) for found in _stretches(passage, span)]
        passage.found.extend(found for found in taken if not _crosses(passage, found, officials))
    _doubt(passages)
    heads = _heads(passages)
    for passage in passages:
        passage.found[:] = [piece for found in passage.found for piece in _unglued(passage, found, heads)]
    _vote(passages)


def _stretches(passage: Passage, span: Span) -> Iterator[Found]:
    first, end = bisect_right(passage.ends, span.start), bisect_left(passage.starts, span.end)
    for piece in _pieces(passage, first, end):
        start, stop = _trimmed(passage, *piece, span.kind)
        if start < stop and passage.kinds[start] & Kind.CAP:
            yield _country(passage, start, stop) or (start, stop, span.kind)


def _pieces(passage: Passage, first: int, end: int) -> Iterator[tuple[int, int]]:
    """The stretches between brackets, quotation marks and commas."""
    start = first
    for index in range(first, end):
        if passage.words[index][0] in _BREAKS or passage.words[index] == "-":
            yield start, index
            start = index + 1
    yield start, end


def _trimmed(passage: Passage, first: int, end: int, kind: EntityKind) -> tuple[int, int]:
    """Without marks at its ends, and without the office in front; a person also without the body or country there."""
    while first < end and not (passage.kinds[end - 1] & Kind.WORD and _of_name(passage, end - 1, kind)):
        end -= 1
    while first < end and (not passage.kinds[first] & Kind.WORD or _before_name(passage, first, end, kind)):
        first += 1
    return first, end


def _of_name(passage: Passage, index: int, kind: EntityKind) -> bool:
    """Whether a word at the end belongs to a name: behind a person's "QC" and what has small letters do not."""
    if kind != "person":
        return True
    return passage.lower[index] not in passage.lexicon.postnominals and not passage.words[index].islower()


def _before_name(passage: Passage, index: int, end: int, kind: EntityKind) -> bool:
    """Whether a word belongs to what stands before the name."""
    if passage.kinds[index] & _OFFICE and not passage.kinds[index] & Kind.ORG:
        return kind == "person" or index + 1 < end
    if passage.kinds[index] & Kind.ORG and end - index == _TWO_NAMES:
        return False  # 'Tim Sudarga'
    named = any(passage.named(at) for at in range(index + 1, end))
    long = len(passage.words[index]) > 2
    return kind == "person" and named and long and bool(passage.kinds[index] & (Kind.PLACE | Kind.ACRONYM | Kind.TAIL))


def _country(passage: Passage, first: int, end: int) -> Found | None:
    """Countries and capitals are known; which of their names means a government is for the statements."""
    known = passage.places.get(first)
    palace = passage.lexicon.palaces.at(passage.lower, first)
    return (first, end, "place") if known and known[0] == end and not palace else None


def _crosses(passage: Passage, found: Found, officials: Phrases) -> bool:
    first, end, kind = found
    for at in range(max(0, first - _REACH), end):
        match = officials.at(passage.lower, at)
        if match and at + match[0] > first:
            return (at, at + match[0], "person") != (first, end, kind)
    return False


def _doubt(passages: Sequence[Passage]) -> None:
    """Drop single words that the article also has in lower case, and words of headlines that are nowhere else."""
    lower = {word for passage in passages for word in passage.words if word[0].islower()}
    sure: set[str] = set()
    for passage in passages:
        shouted = _shouted(passage)
        sure.update(passage.slice(*found[:2]) for found in passage.found if found[0] not in shouted)
    for passage in passages:
        shouted = _shouted(passage)
        passage.found[:] = [
            (first, end, kind)
            for first, end, kind in passage.found
            if not (end - first == 1 and kind == "person" and passage.lower[first] in lower)
            and (first not in shouted or passage.slice(first, end) in sure)
        ]


class _Heads(NamedTuple):
    """The first words of the spans: of people, of people who are named by it alone, and of all else."""

    people: Counter[str]
    alone: set[str]
    others: Counter[str]


def _heads(passages: Sequence[Passage]) -> _Heads:
    heads = _Heads(Counter(), set(), Counter())
    for passage in passages:
        for first, end, kind in passage.found:
            word = passage.lower[first]
            (heads.people if kind == "person" else heads.others)[word] += 1
            if kind == "person" and end - first == 1:
                heads.alone.add(word)
    return heads


def _unglued(passage: Passage, found: Found, heads: _Heads) -> Iterator[Found]:
    """Behind an office a body or a place may have swallowed its holder, whom the article names elsewhere."""
    first, end, kind = found
    if kind == "person":
        yield _bare(passage, first, end, heads), end, kind
        return
    if _led(passage, first):
        for at in range(max(first + 1, end - _LONGEST_NAME), end):
            if passage.lower[at] in heads.people and all(passage.named(index) for index in range(at, end)):
                yield first, at, kind
                yield at, end, "person"
                return
    yield found


def _bare(passage: Passage, first: int, end: int, heads: _Heads) -> int:
    """Where the name begins in a person's span that also has the body or place before it.

    It begins behind a rank ("Nusa Penida Kompol Komang Sanjaya"), and behind words that elsewhere are no person's when
    a name of two words is left.
    """
    if passage.lower[first] in heads.alone:
        return first
    for at in range(end - 2, first, -1):
        if passage.kinds[at] & Kind.RANK and len(passage.words[at]) > 2 and passage.named(at + 1):
            return at + 1
    while end - first > 2 and heads.others[passage.lower[first]] > heads.people[passage.lower[first]]:
        first += 1
    if first and passage.kinds[first - 1] & Kind.ORG and not passage.kinds[first - 1] & Kind.CAP:
        return next((at for at in range(first + 1, end - 1) if passage.lower[at] in heads.alone), first)
    return first


def _led(passage: Passage, first: int) -> bool:
    """Whether the capitalised words before a token begin with an office."""
    for at in range(first - 1, max(-1, first - _LONGEST_OFFICE), -1):
        if passage.kinds[at] & _OFFICE:
            return True
        if not (passage.kinds[at] & Kind.CAP or passage.words[at] in ",()"):
            return False
    return False


def _shouted(passage: Passage) -> set[int]:
    return {at for first, end in headlines(passage) for at in range(first, end)}


def _vote(passages: Sequence[Passage]) -> None:
    votes: dict[str, Counter[EntityKind]] = {}
    for passage in passages:
        for first, end, kind in passage.found:
            votes.setdefault(passage.slice(first, end).casefold(), Counter())[kind] += 1
    for passage in passages:
        passage.found[:] = [
            (first, end, votes[passage.slice(first, end).casefold()].most_common(1)[0][0])
            for first, end, _ in passage.found
        ]
