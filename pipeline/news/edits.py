"""What people correct in the ledger: two utterances that are one after all, and one that is two.

The ledger itself stays what the wordings say. Edits are laid over it, in the order in which they were made, whenever
records are read and whenever a watch is told; an edit that was undone is passed over. So it does not matter whether a
statement comes before an edit or after it, and what is undone leaves nothing behind.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import msgspec

from pipeline.news import likeness, wording
from schemas.catalog import Edit, Seed, Snapshot
from schemas.documents import StatementDocument


class Group(NamedTuple):
    """The statements of one utterance, what it is called, and all that it was called."""

    name: str
    names: frozenset[str]
    statements: Sequence[StatementDocument]


class Corrections(NamedTuple):
    """The edits of a catalog in order, those that hold, all that they mention, and what of it names utterances."""

    edits: tuple[Edit, ...]
    standing: frozenset[str]
    touched: frozenset[str]
    names: frozenset[str]


NONE = Corrections((), frozenset(), frozenset(), frozenset())
"""Nobody corrected anything."""


@lru_cache(maxsize=2)
def corrections(snapshot: Snapshot) -> Corrections:
    """The corrections of a catalog, sorted out once for each snapshot."""
    return sorted_out(snapshot.edits)


def sorted_out(edits: Iterable[Edit]) -> Corrections:
    """Edits in the order in which they were made."""
    ordered = sorted(edits, key=lambda edit: (edit.at, edit.id))
    undone = {edit.undoes for edit in standing(ordered) if edit.kind == "undo"}
    held = frozenset(edit.id for edit in ordered if edit.kind != "undo" and edit.id not in undone)
    touched = frozenset(id for edit in ordered for id in mentioned(edit))
    names = frozenset(name for edit in ordered for name in (*edit.utterances, edit.name))
    return Corrections(tuple(ordered), held, touched, names)


def standing(ordered: Sequence[Edit]) -> list[Edit]:
    """The edits that no later one undoes, oldest first."""
    undone: set[str | None] = set()
    held: list[Edit] = []
    for edit in reversed(ordered):
        if edit.id not in undone:
            held.append(edit)
            undone |= {edit.undoes} if edit.kind == "undo" else set()
    return held[::-1]


def regrouped(groups: Iterable[Group], made: Corrections) -> list[Group]:
    """The utterances as the edits leave them."""
    found = _Groups(groups)
    for edit in made.edits:
        if edit.id in made.standing and edit.kind == "merge":
            found.merge(edit)
        elif edit.id in made.standing:
            found.split(edit)
    return found.all()


def called(statement: StatementDocument, made: Corrections) -> StatementDocument:
    """A statement with the names that its utterance has as corrected, as far as it tells them itself."""
    if made.touched.isdisjoint((statement.utterance, *statement.former, statement.id)):
        return statement
    whole = Group(statement.utterance, frozenset((statement.utterance, *statement.former)), (statement,))
    ((name, names, _),) = regrouped([whole], made)
    return msgspec.structs.replace(statement, utterance=name, former=tuple(sorted(names - {name})))


class _Groups:
    """Utterances that can be found by each of their names and statements."""

    def __init__(self, groups: Iterable[Group]) -> None:
        self._groups: dict[str, Group] = {}
        self._of: dict[str, str] = {}
        for group in groups:
            self._put(group)

    def all(self) -> list[Group]:
        return list(self._groups.values())

    def merge(self, edit: Edit) -> None:
        """Make one of all utterances that the edit mentions."""
        found = self._take(edit)
        if found:
            names = frozenset(edit.utterances).union(*(group.names for group in found))
            self._put(Group(found[0].name, names, [statement for group in found for statement in group.statements]))

    def split(self, edit: Edit) -> None:
        """Divide every utterance that the edit mentions. A name goes with the statement that it is made from."""
        for whole in self._take(edit):
            apart = [statement for statement in whole.statements if is_apart(statement, edit)]
            rest = [statement for statement in whole.statements if not is_apart(statement, edit)]
            gone = whole.names & {edit.name, *(statement.id for statement in apart)}
            self._put(_part(edit.name, gone, apart))
            self._put(_part(whole.name, whole.names - gone, rest))

    def _take(self, edit: Edit) -> list[Group]:
        names = dict.fromkeys(self._of[name] for name in mentioned(edit) if name in self._of)
        found = [self._groups.pop(name) for name in names]
        for group in found:
            for name in _handles(group):
                self._of.pop(name, None)
        return found

    def _put(self, group: Group) -> None:
        if group.statements:
            self._groups[group.name] = group
            self._of |= dict.fromkeys(_handles(group), group.name)


def _part(name: str, names: frozenset[str], statements: Sequence[StatementDocument]) -> Group:
    """A part of an utterance, under this name if that belongs to it."""
    own = names | {statement.id for statement in statements}
    name = name if name in own or not own else min(own)
    return Group(name, names | {name}, statements)


def _handles(group: Group) -> Iterator[str]:
    yield from group.names
    yield from (statement.id for statement in group.statements)


def is_apart(statement: StatementDocument, edit: Edit) -> bool:
    """Whether a statement of an utterance that was split goes with what was set apart: it is one of these, or more like
    one of them than like any of the rest.
    """
    if any(seed.statement_id == statement.id for seed in edit.apart):
        return True
    if any(seed.statement_id == statement.id for seed in edit.rest):
        return False
    return _nearest(statement, edit.apart) > _nearest(statement, edit.rest)


def _nearest(statement: StatementDocument, seeds: Iterable[Seed]) -> float:
    """The largest share of content words that a statement has in common with one of these."""
    mine = wording.read(statement.text, statement.language).content
    shares = (likeness.share(mine, wording.read(seed.text, seed.language).content) for seed in seeds)
    return max(shares, default=0.0)


def told_as(own: Sequence[str], statement: str, made: Corrections) -> tuple[str, ...]:
    """Under which names a watch may have been told of the utterance of a statement: its own, and those of all that were
    merged with it. A split changes nothing: what was told of the whole was told of its parts.
    """
    if made.touched.isdisjoint((*own, statement)):
        return tuple(own)
    joining = [set(mentioned(edit)) for edit in made.edits if edit.kind == "split" or edit.id in made.standing]
    found = _connected({*own, statement}, joining)
    return tuple(dict.fromkeys((*own, *sorted(found & made.names))))


def _connected(ids: set[str], joining: Sequence[set[str]]) -> set[str]:
    """These and all that is joined with one of them, directly or through others."""
    while more := set[str]().union(*(one for one in joining if not one.isdisjoint(ids))) - ids:
        ids = ids | more
    return ids


def mentioned(edit: Edit) -> Iterator[str]:
    """Every utterance and statement that an edit is about."""
    yield from edit.utterances
    yield from edit.statements
    if edit.name:
        yield edit.name
    yield from (seed.statement_id for seed in (*edit.apart, *edit.rest))


def related(names: Iterable[str], made: Corrections) -> frozenset[str]:
    """These names and all that an edit mentions together with one of them, whether it holds or not."""
    return frozenset(_connected(set(names), [set(mentioned(edit)) for edit in made.edits]))


def undone_by(made: Corrections) -> Mapping[str, str]:
    """Which edit undoes which, as far as it holds."""
    return {edit.undoes: edit.id for edit in standing(made.edits) if edit.undoes}
