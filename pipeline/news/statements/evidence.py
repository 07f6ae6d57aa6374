"""What an article says of its own words before any phrase is read: which are places and bodies, which are people.

A name that stands behind a role, a body and a country without any mark ("Menteri Luar Negeri Oranta Ilmar Kestrova")
can only be cut where the words are known. Countries are in the lexicon; the rest is learned from the article ("di
Oranta", "kata Ilmar") and from the officials, whose offices name their countries.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from pipeline.news.lexicons import Kind, Phrases
from pipeline.news.officials import Roster
from pipeline.news.statements.tokens import Passage

_ORDINARY = Kind.DATE | Kind.ADVERB | Kind.PREP | Kind.BOUND | Kind.PRONOUN
_OFFICIAL = Kind.PRONOUN | Kind.PLURAL | Kind.ROLE | Kind.RANK | Kind.ORG | Kind.HEAD | Kind.ACRONYM | Kind.PLACE
_LONGEST_HEADLINE = 25
_LONGEST_LAND = 3


def mark(passages: Sequence[Passage], roster: Roster) -> None:
    """Mark places and bodies that are known or learned, and the short names that speak, in the tokens themselves."""
    if not passages:
        return
    known = _known(roster)
    told = Counter(passage.slice(*found[:2]) for passage in passages for found in passage.found)
    for passage in passages:
        _mark_found(passage, told)
    prose = [passage for passage in passages if passage.part != "title"]
    _mark_short(prose)
    found = _Learned(prose)
    people = found.people.union(*(_officials(passage, full_names(roster)) for passage in prose))
    learned, bodies = found.places - people, found.bodies - people
    for passage in passages:
        passage.people.update(people)
        passage.bodies.update(bodies)
        _mark(passage, known, learned)


def _mark_found(passage: Passage, told: Counter[str]) -> None:
    """Places and bodies that a model found are kept out of the names of people around them.

    The model must have found a person right behind, or the same name twice: it takes an office's body and the name of
    the holder for one body at times.
    """
    passage.found[:] = [
        (_with_ordinary(passage, first), end, kind) if kind == "person" else (first, end, kind)
        for first, end, kind in passage.found
    ]
    people = {first for first, _, kind in passage.found if kind == "person"}
    for first, end, kind in passage.found:
        if kind == "person":
            passage.people.add(passage.lower[first])
            for at in range(first, end):
                passage.kinds[at] &= ~_ORDINARY
            if passage.kinds[first] & Kind.ORG and not passage.kinds[first] & Kind.ACRONYM:
                passage.kinds[first] &= ~(Kind.ORG | Kind.TAIL)  # 'Tim Sudarga'
        elif end in people or told[passage.slice(first, end)] > 1:
            _place(passage, first, end, "")


def _with_ordinary(passage: Passage, first: int) -> int:
    """Where a name begins when an ordinary word with a capital is its first: 'kata Hari Nugraha'."""
    at = first - 1
    given = at > 0 and passage.lower[at] in passage.lexicon.given_names and passage.kinds[at] & Kind.CAP
    return at if given and passage.kinds[at - 1] & Kind.WORD else first


def _mark_short(passages: Sequence[Passage]) -> None:
    """Ordinary words with a capital behind a cue are names, and so wherever they speak: "ujar Hari", "Hari berkata"."""
    found = {(passage, at) for passage in passages for at in range(1, len(passage)) if _ordinary_name(passage, at)}
    names = {passage.words[at] for passage, at in found}
    for passage in passages if names else ():
        for at, word in enumerate(passage.words):
            if word not in names:
                continue
            behind = at + 1 < len(passage) and (
                passage.named(at + 1) or passage.lexicon.before.at(passage.lower, at + 1) is not None
            )
            if behind or (passage, at) in found:
                passage.kinds[at] = Kind.CAP | Kind.WORD


def _ordinary_name(passage: Passage, index: int) -> bool:
    """A weekday may stand behind a cue as well, with its date."""
    kind, lexicon = passage.kinds[index], passage.lexicon
    if not kind & Kind.CAP or not kind & (_ORDINARY | Kind.TAIL) or kind & _OFFICIAL or lexicon.subject_first:
        return False
    if index + 1 < len(passage):
        behind = passage.words[index + 1]
        if behind == "(" or behind[0].isdigit() or passage.kinds[index + 1] & Kind.CAP:
            return False
    return lexicon.after.at(passage.lower, index - 1) is not None


def _mark(passage: Passage, known: Phrases, learned: set[str]) -> None:
    index, size = 0, len(passage)
    while index < size:
        match = known.at(passage.lower, index) if passage.kinds[index] & Kind.CAP else None
        if match:
            _place(passage, index, index + match[0], match[1])
        elif passage.lower[index] in learned and passage.named(index) and not (index and passage.named(index - 1)):
            _place(passage, index, index + 1, passage.words[index])
        index += match[0] if match else 1


def _place(passage: Passage, first: int, end: int, name: str) -> None:
    """`name` is empty for a body: it is kept out of names, but speaks under its own words."""
    if name and not passage.kinds[first] & Kind.PLACE:
        passage.places.setdefault(first, (end, name))
    for at in range(first, end):
        passage.kinds[at] |= Kind.PLACE


@lru_cache(maxsize=4)
def _known(roster: Roster) -> Phrases:
    """Names of the officials that are no persons, and of the countries and bodies in the titles of offices."""
    found = dict.fromkeys(_lands(roster.titles()), "")
    for form, link in roster.forms():
        if link.official.kind != "person":
            found[form] = link.official.name if link.official.kind == "place" else ""
    return Phrases(found)


@lru_cache(maxsize=4)
def full_names(roster: Roster) -> Phrases:
    """Full names of the officials that are persons."""
    return Phrases({form: form for form, link in roster.forms() if link.official.kind == "person" and " " in form})


def _lands(titles: Iterable[str]) -> Iterator[str]:
    """What a title has more than another at its end: "Presiden Selaraya" and "Presiden" -> "selaraya"."""
    every = {" ".join(title.casefold().split()) for title in titles}
    for title in every:
        words = title.split()
        for size in range(len(words) - 1, max(0, len(words) - _LONGEST_LAND - 1), -1):
            if " ".join(words[:size]) in every:
                yield " ".join(words[size:])
                break


class _Learned:
    """What the capitalised words that stand alone are, by their neighbours."""

    def __init__(self, passages: Iterable[Passage]) -> None:
        self.places: set[str] = set()
        self.bodies: set[str] = set()
        self.people: set[str] = set()
        for passage in passages:
            for index in _alone(passage):
                self._learn(passage, index)

    def _learn(self, passage: Passage, index: int) -> None:
        """'di Oranta', 'Masjid Al-Ikhlas', 'kata Ilmar', 'menurut Ilmar', 'Ilmar mengatakan'."""
        lexicon, lower = passage.lexicon, passage.lower
        before = lower[index - 1]
        if before in lexicon.locatives:
            self.places.add(lower[index])
        if passage.kinds[index - 1] & Kind.ORG:
            self.bodies.add(lower[index])
        behind = lexicon.after.at(lower, index - 1) or lexicon.according.at(lower, index - 1)
        whole = not passage.kinds[index - 1] & Kind.ORG
        front = whole and index + 1 < len(lower) and lexicon.before.at(lower, index + 1)
        if (behind and behind[0] == 1) or front:
            self.people.add(lower[index])


def _alone(passage: Passage) -> Iterator[int]:
    """The capitalised words between words that are none."""
    kinds = passage.kinds
    for index in range(1, len(kinds)):
        if kinds[index] & Kind.CAP and passage.named(index):
            behind = kinds[index + 1] if index + 1 < len(kinds) else 0
            if not behind & Kind.CAP or behind & (Kind.DATE | Kind.ROLE):
                yield index


def _officials(passage: Passage, people: Phrases) -> Iterator[str]:
    """The first words of the officials' names that stand in full."""
    for index in range(len(passage)):
        if passage.kinds[index] & Kind.CAP and people.at(passage.lower, index):
            yield passage.lower[index]


def headlines(passage: Passage) -> Iterable[tuple[int, int]]:
    """The paragraphs in which capitals say nothing: lines of four words and more, nearly all of them capitalised."""
    for first, end in passage.paragraphs:
        if end - first > _LONGEST_HEADLINE or passage.words[end - 1] in '.!?…,"”':
            continue
        long = [at for at in range(first, end) if len(passage.words[at]) >= 4 and passage.kinds[at] & Kind.WORD]
        if len(long) >= 4 and sum(bool(passage.kinds[at] & Kind.CAP) for at in long) >= 0.8 * len(long):
            yield first, end
