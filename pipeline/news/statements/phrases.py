"""Noun phrases that can speak: a pronoun, a name, a role with or without its holder, a body, a country.

juru bicara Gedung Putih, Jen Psaki      role "juru bicara Gedung Putih", name "Jen Psaki"
Sekretaris Jenderal (Sekjen) NATO X Y    role "Sekretaris Jenderal (Sekjen) NATO", name "X Y"
Amerika Serikat dan Ukraina              two countries
"""

from typing import NamedTuple

from pipeline.news.lexicons import Kind, Lexicon
from pipeline.news.statements.fields import enumerates, known_person, within_body
from pipeline.news.statements.tokens import Passage, noun_shaped

_LONGEST = 22
_LONGEST_LOWER = 4
_SHORTEST_VERB = 7
_LONGEST_DESCRIPTION = 9
_NAME_WORDS = 5
_NICKNAME_REACH = 5
_LONGEST_CAPITALS = 8
_STARTS = Kind.ROLE | Kind.HEAD | Kind.RANK | Kind.ORG
_HEADED = Kind.ROLE | Kind.HEAD | Kind.ORG
_STOPPERS = Kind.BOUND | Kind.ADVERB | Kind.DATE


class Phrase(NamedTuple):
    """Tokens first..end-1. `name` is the person's name in it, `role` what stands before (or behind) it."""

    first: int
    end: int
    name: tuple[int, int] | None = None
    role: tuple[int, int] | None = None
    pronoun: bool = False
    several: bool = False


def phrase_at(passage: Passage, first: int, limit: int) -> Phrase | None:
    """The noun phrase that starts at a token and ends before `limit`; None when nobody can be named there."""
    limit = min(limit, first + _LONGEST)
    if first >= limit:
        return None
    kind = passage.kinds[first]
    if kind & (Kind.PRONOUN | Kind.PLURAL) and not kind & Kind.ACRONYM:
        return Phrase(first, first + 1, pronoun=True)
    described = _described(passage, first, limit)
    if described:
        return Phrase(first, described, role=(first, described))
    if not starts(passage, first):
        return None
    end, several, apposed = _extent(passage, first, limit)
    if end == first:
        return None
    end += passage.kinds[first] & Kind.ROLE and end < limit and passage.lower[end] in passage.lexicon.deictics
    relative = _relative(passage, first)
    stop = _before_office(passage, first, end)
    name = name_in(passage, apposed if relative else first, stop) if apposed or not relative else None
    if name and (_of_body(passage, first, end, name) or _deictic(passage, first, end, name)):
        name = None
    role = _role(passage, first, end, name)
    return Phrase(first, end, name, role, several=several and name is None)


def _before_office(passage: Passage, first: int, end: int) -> int:
    """Where a person's name ends that an office in small letters follows without a comma: 'X pengacara Y' is X."""
    if passage.lexicon.subject_first or not known_person(passage, first):
        return end
    at = first
    while at < end and passage.named(at):
        at += 1
    office = at < end - 1 and passage.words[at][0].islower() and passage.kinds[at] & (Kind.ROLE | Kind.HEAD)
    return at if office and not passage.kinds[at] & (Kind.BOUND | Kind.PREP) else end


def _deictic(passage: Passage, first: int, end: int, name: tuple[int, int]) -> bool:
    """Whether an office with a deictic ends in a name of nobody known: 'Direktur Jaringan Lautan itu'."""
    pointed = passage.lower[end - 1] in passage.lexicon.deictics and name[1] == end - 1
    return pointed and bool(passage.kinds[first] & (Kind.ROLE | Kind.HEAD)) and not known_person(passage, name[0])


def _of_body(passage: Passage, first: int, end: int, name: tuple[int, int]) -> bool:
    """Whether what looks like a name ends or begins that of a body: 'Badan Pengawas Obat dan Makanan', 'Suku Dinas X'.

    Nobody knows a person of this name, and no office or rank leads from the body to one.
    """
    leading = passage.kinds[first]
    if passage.lexicon.subject_first:
        return False
    behind = passage.kinds[name[1]] if name[0] == first and name[1] < end else 0
    begun = behind & Kind.ORG and behind & Kind.CAP
    offices = any(passage.kinds[at] & (Kind.ROLE | Kind.RANK | Kind.HEAD) for at in range(first, name[0]))
    begun = begun or (leading & Kind.PLACE and name[0] > first and not offices and passage.words[name[0] - 1] != ",")
    if not begun and (not leading & Kind.ORG or leading & (Kind.ROLE | Kind.RANK | Kind.ACRONYM)):
        return False
    led = any(_leads(passage, at) for at in range(first + 1, name[0]))
    known = any(kind == "person" for _, _, kind in passage.found_in(*name)) or passage.lower[name[0]] in passage.people
    return not led and not known


def _leads(passage: Passage, index: int) -> bool:
    """Whether a word introduces a person; a common noun in capitals is part of a name: 'Sumber Daya Alam'."""
    kind = passage.kinds[index]
    if kind & Kind.TAIL and passage.kinds[index - 1] & Kind.ORG:
        return False  # 'Direktorat Jenderal'
    return bool(kind & (Kind.ROLE | Kind.RANK)) or (bool(kind & Kind.HEAD) and passage.words[index][0].islower())


def _described(passage: Passage, first: int, limit: int) -> int | None:
    """The end of a description of somebody already named: 'ibu dua anak itu', 'pemain berusia 34 tahun tersebut'."""
    lexicon = passage.lexicon
    if passage.lower[first] not in lexicon.persons:
        return None
    for at in range(_behind_nickname(passage, first, limit), min(limit, first + _LONGEST_DESCRIPTION)):
        if passage.lower[at] in lexicon.deictics:
            return at + 1
        if not passage.kinds[at] & Kind.WORD or passage.kinds[at] & Kind.BOUND or _verb(passage, at):
            return None
    return None


def _behind_nickname(passage: Passage, first: int, limit: int) -> int:
    """Behind 'pria yang akrab disapa', else behind the first word."""
    lexicon = passage.lexicon
    if first + 1 < limit and passage.lower[first + 1] in lexicon.relatives:
        for at in range(first + 2, min(limit, first + _NICKNAME_REACH)):
            if passage.lower[at] in lexicon.nicknames:
                return at + 1
    return first + 1


def _relative(passage: Passage, first: int) -> bool:
    """Whether the phrase is a relative or a follower of whom it names: 'istri X'."""
    lexicon = passage.lexicon
    return (
        (passage.lower[first] in lexicon.relations or passage.lower[first] in lexicon.administrations)
        and first + 1 < len(passage)
        and bool(passage.kinds[first + 1] & Kind.CAP)
    )


def starts(passage: Passage, index: int) -> bool:
    """Whether a noun phrase that speaks can start here."""
    kind = passage.kinds[index]
    if passage.lower[index] in passage.lexicon.things:
        return False
    if kind & _STARTS:
        return True
    if kind & Kind.TAIL and noun_shaped(passage.lower[index], passage.lexicon):
        return False
    return bool(kind & Kind.CAP) and not kind & (Kind.DATE | Kind.PREP | Kind.BOUND | Kind.ADVERB)


def _extent(passage: Passage, first: int, limit: int) -> tuple[int, bool, int]:
    """Where the phrase ends, whether it lists several speakers, and where the name behind a comma begins, if any."""
    growth = _Growth(passage, first, limit)
    while growth.index < limit and growth.step():
        pass
    return _trim(passage, first, growth.index), growth.several, growth.apposed


class _Growth:
    """A phrase that takes one token after the other. `headed`: a role or a common noun rules it, no name yet."""

    def __init__(self, passage: Passage, first: int, limit: int) -> None:
        self.passage, self.first, self.limit = passage, first, limit
        self.index = first
        self.headed = bool(passage.kinds[first] & _HEADED)
        self.several = self.enumerating = False
        self.lower = self.named = self.apposed = 0

    def step(self) -> bool:
        """Take what stands at `index`; False when it is outside the phrase."""
        word, kind = self.passage.words[self.index], self.passage.kinds[self.index]
        if word in "(,./":
            return self._mark(word)
        place = self.passage.places.get(self.index)
        if place and place[0] <= self.limit:
            self.index, self.lower = place[0], 0
            return True
        if self.passage.lower[self.index] in self.passage.lexicon.list_joints:
            return self._joint()
        if self.passage.lower[self.index] in self.passage.lexicon.or_words:
            return self._other_office()
        if kind & Kind.CAP and not kind & Kind.DATE and not (kind & Kind.BOUND and not kind & Kind.TAIL):
            self.named, self.lower = self.named + self.passage.named(self.index), 0
        elif self.index == self.first or _continues(self.passage, self.index, self.limit, self._inside_role()):
            self.lower += 1
        else:
            return False
        self.index += 1
        return True

    def _inside_role(self) -> bool:
        return self.headed and self.named < 2 and self.lower < _LONGEST_LOWER

    def _mark(self, word: str) -> bool:
        if word == "(":
            closing = _bracket(self.passage, self.index, self.limit)
            if closing is None or self.index == self.first:
                return False
            self.index = closing
        elif word == ",":
            if enumerates(self.passage, self.first, self.index, self.limit):
                self.named, self.enumerating = 0, True
            else:
                begin = None if self.apposed else _apposition(self.passage, self.first, self.index, self.limit)
                if begin is None:
                    return False
                self.headed, self.apposed, self.index = False, begin, begin - 1
        elif word == "/":
            if not _second_office(self.passage, self.first, self.index, self.limit):
                return False
            self.headed, self.named, self.lower = True, 0, 0
        elif not _initial(self.passage, self.index):
            return False
        self.index += 1
        return True

    def _other_office(self) -> bool:
        """'Menteri X atau Kepala Y Budi Santoso': two offices of one person."""
        behind = self.index + 1
        if not (self.headed and behind < self.limit and self.passage.kinds[behind] & Kind.ROLE):
            return False
        self.index, self.named, self.lower = behind, 0, 0
        return True

    def _joint(self) -> bool:
        if self.enumerating:
            self.index, self.enumerating = self.index + 1, False
            return True
        if not _joins(self.passage, self.first, self.index, self.limit):
            return False
        kinds, behind = self.passage.kinds, self.index + 1
        body = kinds[self.first] & Kind.ORG and not kinds[self.first] & Kind.ACRONYM and not self.passage.tree
        another = kinds[behind] & (Kind.ORG | Kind.ACRONYM | Kind.PLACE) or _leads(self.passage, behind)
        office = kinds[self.first] & Kind.ROLE and (kinds[behind] & Kind.TAIL or self.passage.words[self.index] == "&")
        if not office and (not body or another):
            self.several = True  # else one: 'Kementerian Energi dan Sumber Daya Mineral', 'Menteri Hukum dan HAM'
        self.index += 1
        return True


def _continues(passage: Passage, index: int, limit: int, inside_role: bool) -> bool:
    """Whether a lower-case word belongs to the phrase."""
    kind = passage.kinds[index]
    after = index + 2 if kind & Kind.RANK and passage.words[index + 1 : index + 2] == ["."] else index + 1
    upper_next = after < limit and bool(passage.kinds[after] & Kind.CAP)
    if kind & (Kind.ROLE | Kind.TAIL | Kind.RANK) and not kind & Kind.BOUND:
        return inside_role or upper_next or (passage.lexicon.subject_first and bool(kind & Kind.ROLE))
    if kind & Kind.PARTICLE and upper_next and passage.named(index - 1) and not kind & Kind.PREP:
        return True
    if not inside_role or not kind & Kind.WORD:
        return False
    if kind & Kind.PREP:
        return (
            passage.lower[index] in passage.lexicon.role_prepositions
            and upper_next
            and not passage.kinds[index + 1] & Kind.DATE
        )
    if passage.lower[index] in passage.lexicon.deictics:
        return True
    return (
        passage.lower[index] not in passage.lexicon.negations
        and not kind & (_STOPPERS | Kind.PRONOUN | Kind.PLURAL)
        and not _verb(passage, index)
    )


def _verb(passage: Passage, index: int) -> bool:
    word, lexicon = passage.lower[index], passage.lexicon
    if lexicon.before.at(passage.lower, index) is not None:
        return True
    return verb_shaped(word, lexicon) and not passage.kinds[index] & (Kind.CAP | Kind.ROLE | Kind.TAIL | Kind.HEAD)


def verb_shaped(low: str, lexicon: Lexicon) -> bool:
    """Whether the form of a word says that it is a verb: "mengambil", "dituliskan"."""
    return len(low) >= _SHORTEST_VERB and (
        low.startswith(lexicon.verb_prefixes)
        or any(low.startswith(start) and low.endswith(end) for start, end in lexicon.verb_circumfixes)
    )


def _bracket(passage: Passage, index: int, limit: int) -> int | None:
    """The closing bracket of a short aside."""
    for closing in range(index + 1, min(index + 7, limit)):
        if passage.words[closing] == ")":
            return closing
    return None


def _second_office(passage: Passage, first: int, slash: int, limit: int) -> bool:
    """Whether a slash joins two offices of one person: "Menteri PPN/Kepala Bappenas"."""
    office = passage.kinds[first] & (Kind.ROLE | Kind.ORG)
    return bool(office) and slash + 1 < limit and bool(passage.kinds[slash + 1] & (Kind.ROLE | Kind.ORG | Kind.TAIL))


def _initial(passage: Passage, index: int) -> bool:
    """Whether a full stop follows an initial or an abbreviated title: "Ruslan A. Suhady", "Dr. X"."""
    word, kind = passage.lower[index - 1], passage.kinds[index - 1]
    short = len(word) == 1 and bool(kind & Kind.CAP)
    following = index + 1 < len(passage) and bool(passage.kinds[index + 1] & Kind.CAP)
    return following and (short or bool(kind & Kind.RANK) or word in passage.lexicon.abbreviations)


def _apposition(passage: Passage, first: int, comma: int, limit: int) -> int | None:
    """Where the name of the role's holder begins behind the comma, over the place of the office."""
    following = _behind_place(passage, comma + 1, limit)
    if following >= limit or not passage.kinds[following] & (Kind.CAP | Kind.RANK):
        return None
    kind = passage.kinds[following]
    if kind & (Kind.DATE | Kind.ADVERB | Kind.PLACE | Kind.BOUND | Kind.PREP):
        return None
    role = bool(passage.kinds[first] & (Kind.ROLE | Kind.HEAD)) or any(
        passage.kinds[at] & Kind.ROLE for at in range(first, comma)
    )
    name = name_in(passage, first, comma)
    if not role:
        return None
    begin = following
    while begin < limit and (passage.kinds[begin] & Kind.RANK or passage.words[begin] == "."):
        begin += 1
    closes = name is None or _closes(passage, begin, limit, single=begin > following or _serves(passage, first, name))
    return following if closes else None


def _behind_place(passage: Passage, first: int, limit: int) -> int:
    """Behind the place of an office, when a rank or somebody known follows: 'Kepala Dinas X, Jawa Timur, dr. Y'."""
    at = first
    while at < limit and passage.kinds[at] & Kind.PLACE and not passage.kinds[at] & (Kind.ROLE | Kind.ORG):
        at += 1
    if at == first:
        return first
    at += at < limit and passage.words[at] == ","
    held = at < limit and (passage.kinds[at] & Kind.RANK or passage.lower[at] in passage.people)
    return at if held else first


def _serves(passage: Passage, first: int, name: tuple[int, int]) -> bool:
    """Whether an office is held for the person who is named in it: 'kuasa hukum X', 'istri X'."""
    serving, relations = passage.lexicon.serving, passage.lexicon.relations
    return any(passage.lower[at] in serving or passage.lower[at] in relations for at in range(first, name[0]))


def _closes(passage: Passage, index: int, limit: int, *, single: bool) -> bool:
    """Whether a short run of names here ends in a comma, a cue or a stop, as an apposition does; one word only where
    `single` says so and it is known for a person's name.
    """
    end = index
    while end < limit and end - index < _NAME_WORDS + 1 and passage.kinds[end] & (Kind.CAP | Kind.PARTICLE):
        end += 1
    if end - index < 2 and not (single and passage.lower[index] in passage.people):
        return False
    return end >= limit or passage.words[end] in ",." or not passage.kinds[end] & Kind.CAP


def _joins(passage: Passage, first: int, index: int, limit: int) -> bool:
    """Whether "and" joins two speakers ("X and Y") or two words of one office ("Law and Human Rights")."""
    if index + 1 >= limit:
        return False
    before, after = passage.kinds[index - 1], passage.kinds[index + 1]
    if not (before & Kind.CAP and after & Kind.CAP) or after & Kind.DATE:
        return False
    if passage.words[index] == "&" and not known_person(passage, index - 1):
        return True
    if passage.kinds[first] & Kind.ROLE:
        return bool(after & Kind.TAIL) or not passage.named(index - 1) or within_body(passage, index - 1)
    return True


def _trim(passage: Passage, first: int, end: int) -> int:
    """Take joints, commas and prepositions off the end."""
    while end > first and _loose(passage, end - 1):
        end -= 1
    return end


def _loose(passage: Passage, index: int) -> bool:
    if passage.words[index] in ",(" or passage.lower[index] in passage.lexicon.list_joints:
        return True
    return bool(passage.kinds[index] & Kind.PREP) and not passage.kinds[index] & (Kind.CAP | Kind.TAIL)


def name_in(passage: Passage, first: int, end: int) -> tuple[int, int] | None:
    """The person's name in a phrase: the last run of words that are no role, place, body or acronym.

    Right behind a body ("Polres Bogor ...") the first word names the body; a run of one or two words there names
    nobody.
    """
    index = end
    while index > first and not _name_word(passage, index - 1):
        index -= 1
    if index == first:
        return None
    stop, start = index + _honours(passage, index, end), index
    while start > first and _name_word(passage, start - 1):
        start -= 1
    while start < stop and not passage.named(start):
        start += 1
    if start >= stop:
        return None
    if _compound(passage, stop, end):
        return None
    if start - 2 >= first and passage.words[start - 2] == "," and _initials(passage, start - 1):
        start -= 1
    start = _behind_office(passage, first, start, stop)
    return _after_body(passage, first, max(start, stop - 2 * _NAME_WORDS), stop)


def _behind_office(passage: Passage, first: int, start: int, stop: int) -> int:
    """Where a person's name begins in a run that an office leads to without a comma, when a model took its end for it:
    'Kepala Dinas Sungai dan Elektronika Harjan'.
    """
    if start == first or passage.words[start - 1] == "," or passage.kinds[start - 1] & Kind.RANK:
        return start
    inside = passage.found_in(start + 1, stop)
    return next((begin for begin, end, kind in inside if kind == "person" and end == stop), start)


def _compound(passage: Passage, stop: int, end: int) -> bool:
    """Whether an office follows without a comma: 'Alliance chief' names no person."""
    return passage.lexicon.subject_first and stop < end and bool(passage.kinds[stop] & Kind.ROLE)


def _initials(passage: Passage, index: int) -> bool:
    """Initials in front of a name: ", FX Hadi Rudyatmo"."""
    short = len(passage.words[index]) <= 3 and bool(passage.kinds[index] & Kind.ACRONYM)
    return short and not passage.kinds[index] & Kind.RANK


def _honours(passage: Passage, index: int, end: int) -> int:
    """One when initials end the name: "Mahfud MD"."""
    short = index < end and len(passage.words[index]) == 2 and bool(passage.kinds[index] & Kind.ACRONYM)
    return int(short and not passage.kinds[index] & (Kind.PLACE | Kind.ROLE))


def _name_word(passage: Passage, index: int) -> bool:
    if passage.words[index] == ".":
        return _initial(passage, index) and not passage.kinds[index - 1] & Kind.RANK
    if passage.named(index):
        return True
    particle = passage.kinds[index] & Kind.PARTICLE and not passage.kinds[index] & (Kind.PREP | Kind.BOUND)
    return bool(particle) and index > 0 and passage.named(index - 1)


def _after_body(passage: Passage, first: int, start: int, stop: int) -> tuple[int, int] | None:
    while start > first and stop - start > 2 and passage.lower[start] in passage.bodies:
        start += 1
    before = passage.kinds[start - 1] if start > first else 0
    if passage.lower[start] in passage.people:
        return start, stop
    if stop - start == 1 and not before & Kind.RANK and _territorial(passage, first, start):
        return None
    if not before & Kind.ORG or before & (Kind.RANK | Kind.PLACE):
        return start, stop
    if stop < len(passage) and passage.words[stop] == "(":
        return None
    return (start + 1, stop) if stop - start >= 3 else None


def _territorial(passage: Passage, first: int, start: int) -> bool:
    """Whether a body stands before a word with nothing but its fields between: 'Kepala Dinas Kesehatan Lumora'."""
    at = start - 1
    while at > first and passage.kinds[at] & (Kind.TAIL | Kind.PLACE) and not passage.kinds[at] & Kind.ORG:
        at -= 1
    return (
        at > first and bool(passage.kinds[at] & Kind.ORG) and not passage.kinds[at] & Kind.ACRONYM and not passage.tree
    )


def _role(passage: Passage, first: int, end: int, name: tuple[int, int] | None) -> tuple[int, int] | None:
    """The words of the phrase that say what the person is."""
    stop = name[0] if name else end
    while stop > first and (passage.words[stop - 1] in ",(" or passage.kinds[stop - 1] & Kind.RANK):
        stop -= 1
    if stop > first and any(passage.kinds[at] & (Kind.ROLE | Kind.HEAD) for at in range(first, stop)):
        return first, stop
    return None


def capitals_end(passage: Passage, first: int) -> int:
    """Where the capitalised words that begin here end."""
    end = first + 1
    while end < len(passage) and end - first < _LONGEST_CAPITALS and passage.kinds[end] & Kind.CAP:
        if passage.kinds[end] & Kind.DATE:
            break
        end += 1
    return end
