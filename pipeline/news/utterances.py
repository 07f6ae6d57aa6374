"""One record per utterance, made from the statements that carry it.

What a record says depends on these statements alone, not on the order in which they came: first seen, versions and
contradictions are found anew from all of them. What is in a statement (`novelty`, `added`) is what was known when it
was recorded. Statements belong to one utterance when they name it, or when one of them names the other's as a former
one. A quotation of nobody known joins the utterance of him whom a copy of its text names (`completed`).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import combinations
from typing import NamedTuple

from pipeline.news import edits, ledger, wording
from pipeline.news.comparison import Contradiction, Relation, Step, compare, contradictions, relation
from pipeline.news.edits import Corrections, Group
from pipeline.news.unnamed import named, unnamed
from schemas.documents import StatementDocument

_FULLEST = {"direct": 2, "mixed": 1, "indirect": 0}
COMPARED = 16
"""Wordings of an utterance that are compared with each other for contradictions."""


class Worded(NamedTuple):
    """One wording of an utterance.

    relation  how it relates to the fullest verbatim one, and `steps` from that to it, with codepoints of both texts
    carriers  the statements that have it, oldest first
    """

    text: str
    relation: Relation
    steps: tuple[Step, ...]
    carriers: tuple[StatementDocument, ...]


class Version(NamedTuple):
    """A statement that adds content words to all that was heard before it, and these words."""

    statement: StatementDocument
    added: tuple[str, ...]


class Disputed(NamedTuple):
    """What two wordings say otherwise in the same place, and the outlets that have the one and the other."""

    contradiction: Contradiction
    outlets: tuple[str, ...]
    others: tuple[str, ...]


class Heard(NamedTuple):
    """An utterance as people read it.

    utterance  its id; `former` are ids that it had
    wording    the fullest verbatim wording, else the fullest reported one; `statement` is the statement that has it
    carriers   its statements, oldest first
    articles   how many carry it and did not withdraw it; `families` counts copies of one text once
    versions   the statements that added to it, oldest first
    said_on    the day of speaking that most of them tell, the earliest of several; None when none does
    """

    utterance: str
    former: tuple[str, ...]
    speaker: str | None
    speaker_id: str
    wording: str
    statement: StatementDocument
    first_seen: datetime
    last_seen: datetime
    outlets: tuple[str, ...]
    articles: int
    families: int
    versions: tuple[Version, ...]
    carriers: tuple[StatementDocument, ...]
    said_on: date | None = None


def utterances(
    statements: Iterable[StatementDocument],
    others: Iterable[StatementDocument] = (),
    made: Corrections = edits.NONE,
) -> list[Heard]:
    """Group statements by their utterance, the newest utterance first.

    `others` are not grouped, but tell former names; `made` is what people corrected.
    """
    known = list(statements)
    names = Names([*known, *others])
    found: dict[str, list[StatementDocument]] = {}
    for statement in known:
        found.setdefault(names.now(statement.utterance), []).append(statement)
    groups = [Group(id, frozenset(names.all(id)), group) for id, group in found.items()]
    heard = [_heard(group) for group in (edits.regrouped(groups, made) if made.edits else groups)]
    return sorted(heard, key=lambda h: (h.first_seen, _age(h.carriers[0])), reverse=True)


def completed(heard: Iterable[Heard], near: Iterable[StatementDocument]) -> list[Heard]:
    """Utterances with the quotations of nobody known that copies of the same texts show to be of them. `near` are all
    statements in these families of copies.
    """
    families: dict[str, list[StatementDocument]] = {}
    for statement in near:
        families.setdefault(statement.family, []).append(statement)
    joining: dict[str, list[StatementDocument]] = {}
    for quotation in (s for family in families.values() for s in family if unnamed(s)):
        known = named(quotation, families[quotation.family])
        if known:
            joining.setdefault(known.id, []).append(quotation)
    return [_with(one, [s for carrier in one.carriers for s in joining.get(carrier.id, ())]) for one in heard]


def _with(heard: Heard, more: Sequence[StatementDocument]) -> Heard:
    carriers = {statement.id: statement for statement in (*heard.carriers, *more)}
    names = frozenset((heard.utterance, *heard.former))
    return _heard(Group(heard.utterance, names, list(carriers.values()))) if more else heard


def seen(statement: StatementDocument) -> datetime:
    """When the article of a statement appeared: published, or else fetched."""
    return statement.published or statement.fetched


class Names:
    """What utterances are called now, as far as some statements tell."""

    def __init__(self, statements: Iterable[StatementDocument]) -> None:
        self._now: dict[str, str] = {}
        self._names: dict[str, set[str]] = {}
        for statement in statements:
            for former in statement.former:
                self._join(statement.utterance, former)

    def _join(self, utterance: str, former: str) -> None:
        one, other = self.now(utterance), self.now(former)
        if one != other:
            joined = self._names.pop(other, {other}) | self._names.pop(one, {one})
            self._names[one] = joined
            self._now |= dict.fromkeys(joined, one)

    def now(self, name: str) -> str:
        """The one name of an utterance, given any of its names."""
        return self._now.get(name, name)

    def all(self, name: str) -> tuple[str, ...]:
        """All names of an utterance."""
        return tuple(sorted(self._names.get(self.now(name), {name})))


def wordings(heard: Heard) -> list[Worded]:
    """Its wordings, the fullest verbatim one first, then as they appeared."""
    found: dict[str, list[StatementDocument]] = {heard.wording: []}
    for statement in heard.carriers:
        found.setdefault(statement.text, []).append(statement)
    return [_worded(text, heard, carriers) for text, carriers in found.items()]


def disputed(heard: Heard) -> list[Disputed]:
    """Where wordings in one language contradict; each contradiction once."""
    known = [one for one in wordings(heard) if one.relation != "paraphrased"][:COMPARED]
    found: dict[Contradiction, Disputed] = {}
    for one, other in combinations(known, 2):
        language = one.carriers[0].language
        if other.carriers[0].language == language:
            steps, outlets = compare(one.text, other.text), (_outlets(one.carriers), _outlets(other.carriers))
            for contradiction in contradictions(one.text, other.text, steps, language):
                found.setdefault(contradiction, Disputed(contradiction, *outlets))
    return list(found.values())


def _age(statement: StatementDocument) -> tuple[datetime, str]:
    return seen(statement), statement.id


def _heard(group: Group) -> Heard:
    carriers = sorted(group.statements, key=_age)
    standing = [statement for statement in carriers if statement.withdrawn is None]
    fullest = max(carriers, key=lambda s: (_FULLEST[s.kind], len(s.text), s.id))
    speaking = fullest if not unnamed(fullest) else min(carriers, key=lambda s: (unnamed(s), _age(s)))
    return Heard(
        utterance=group.name,
        former=tuple(sorted(group.names - {group.name})),
        speaker=speaking.speaker,
        speaker_id=speaking.speaker_id,
        wording=fullest.text,
        statement=fullest,
        first_seen=seen(carriers[0]),
        last_seen=seen(carriers[-1]),
        outlets=_outlets(standing),
        articles=len({s.article for s in standing}),
        families=len({s.family for s in standing}),
        versions=tuple(_versions(carriers)),
        carriers=tuple(carriers),
        said_on=_said_on(carriers),
    )


def _said_on(carriers: Iterable[StatementDocument]) -> date | None:
    told = Counter(statement.said_on for statement in carriers if statement.said_on)
    return min(told, key=lambda day: (-told[day], day), default=None)


def _outlets(statements: Iterable[StatementDocument]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(s.outlet for s in statements if s.outlet))


def _worded(text: str, heard: Heard, carriers: Sequence[StatementDocument]) -> Worded:
    steps = compare(heard.wording, text)
    one_language = carriers[0].language == heard.statement.language
    kind = max((s.kind for s in carriers), key=_FULLEST.__getitem__)
    return Worded(text, relation(steps, kind, one_language=one_language), tuple(steps), tuple(carriers))


def _versions(carriers: Sequence[StatementDocument]) -> Iterable[Version]:
    """The statements that add to what was heard in other articles before them, and to what is in their own language."""
    earlier: list[StatementDocument] = []
    for statement in carriers:
        known = [wording.read(s.text, s.language).content.stems for s in earlier if s.language == statement.language]
        if known and any(s.article != statement.article for s in earlier):
            found = ledger.added(wording.read(statement.text, statement.language), known)
            if found:
                yield Version(statement, found)
        earlier.append(statement)
