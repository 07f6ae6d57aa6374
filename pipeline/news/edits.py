"""What people correct in the ledger: two utterances that are one after all, and one that is two.

The ledger itself stays what the wordings say. Edits are laid over it, in the order in which they were made, whenever
records are read and whenever a watch is told; an edit that was undone is passed over. So it does not matter whether a
statement comes before an edit or after it, and what is undone leaves nothing behind.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from pipeline.news import likeness, wording
from schemas.catalog import Edit, Seed, Snapshot
from schemas.documents import StatementDocument


class Spoken(NamedTuple):
    """A statement on its way."""

    id: str
    text: str
    language: str


Said = Spoken | StatementDocument
"""What decides on which side of a split a statement is."""


class Group(NamedTuple):
    """The statements of one utterance, what it is called, and all that it was called."""

    name: str
    names: frozenset[str]
    statements: Sequence[StatementDocument]


class Known(NamedTuple):
    """By which names a watch may have been told of an utterance (`ask`), by which it is remembered that it was told now
    (`tell`), and what the utterance is called.
    """

    name: str
    ask: tuple[str, ...]
    tell: tuple[str, ...]


class Corrections(NamedTuple):
    """The edits of a catalog in order, those that hold, and all that they mention."""

    edits: tuple[Edit, ...]
    standing: frozenset[str]
    touched: frozenset[str]


NONE = Corrections((), frozenset(), frozenset())
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
    return Corrections(tuple(ordered), held, frozenset(id for edit in ordered for id in mentioned(edit)))


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


def is_apart(statement: Said, edit: Edit) -> bool:
    """Whether a statement of an utterance that was split goes with what was set apart: it is one of these, or more like
    one of them than like any of the rest.
    """
    if any(seed.statement_id == statement.id for seed in edit.apart):
        return True
    if any(seed.statement_id == statement.id for seed in edit.rest):
        return False
    return _nearest(statement, edit.apart) > _nearest(statement, edit.rest)


def _nearest(statement: Said, seeds: Iterable[Seed]) -> float:
    """The largest share of content words that a statement has in common with one of these."""
    mine = likeness.roots(wording.read(statement.text, statement.language).content)
    shares = (_share(mine, likeness.roots(wording.read(seed.text, seed.language).content)) for seed in seeds)
    return max(shares, default=0.0)


def _share(mine: frozenset[str], theirs: frozenset[str]) -> float:
    return len(mine & theirs) / max(1, len(mine | theirs))


def known_as(utterance: str, former: Sequence[str], statement: Said, made: Corrections) -> Known:
    """By which names watches are told of an utterance.

    What was told of an utterance before it was split was told of both sides, and what is told of merged utterances is
    told of each, so that no edit and no undo tells anybody anything again.
    """
    own = (utterance, *former)
    if made.touched.isdisjoint((*own, statement.id)):
        return Known(utterance, own, (utterance,))
    return _Naming(own, statement, made).known()


class _Naming:
    """Follows the utterance of a statement through the edits."""

    def __init__(self, own: Sequence[str], statement: Said, made: Corrections) -> None:
        self._made, self._statement = made, statement
        self._own, self._name = set(own), own[0]
        self._ask, self._tell = dict.fromkeys(own), dict.fromkeys(own[:1])
        self._joined: dict[str, set[str]] = {}
        self._past = set[str]()
        """What parts of the utterance were called that are no parts any more."""

    def known(self) -> Known:
        for edit in self._made.edits:
            if edit.kind == "merge" and edit.id in self._made.standing:
                self._merge(edit)
            elif edit.kind == "split" and edit.utterances[0] in self._past:
                self._forget(edit)
            elif edit.kind == "split" and not self._called().isdisjoint(mentioned(edit)):
                (self._split if edit.id in self._made.standing else self._forget)(edit)
        others = dict.fromkeys(self._with_sides(self._called() - self._own))
        ask = self._ask | others | dict.fromkeys(self._origins(set(others)))
        return Known(self._name, tuple(ask), tuple(self._tell | others))

    def _called(self) -> set[str]:
        own = self._own | {self._statement.id}
        return own.union(*(self._joined.get(name, ()) for name in own))

    def _merge(self, edit: Edit) -> None:
        ids = set(mentioned(edit))
        joined = set(edit.utterances).union(*(self._joined.get(name, ()) for name in ids))
        self._joined |= dict.fromkeys(ids | joined, joined)

    def _split(self, edit: Edit) -> None:
        apart = is_apart(self._statement, edit)
        side = edit.name if apart else _remainder(edit)
        self._ask |= dict.fromkeys((side, *sorted(self._called())))
        self._tell = {side: None}
        if apart:
            self._own, self._name = {edit.name}, edit.name
        else:
            self._own.discard(edit.name)

    def _forget(self, edit: Edit) -> None:
        """A split that does not count: what was told of a side was told of all."""
        self._past.add(edit.name)
        self._ask |= dict.fromkeys((edit.name, _remainder(edit)))

    def _with_sides(self, names: set[str]) -> Iterator[str]:
        """These names, and what is remembered of what a split left of them."""
        yield from sorted(names)
        for edit in self._made.edits:
            if edit.kind == "split" and edit.utterances[0] in names:
                yield _remainder(edit)

    def _origins(self, names: set[str]) -> Iterator[str]:
        """What the utterances were called that these are parts of."""
        for edit in reversed(self._made.edits):
            if edit.kind == "split" and edit.name in names:
                names |= set(edit.utterances)
                yield from edit.utterances


def _remainder(edit: Edit) -> str:
    """What watches remember of an utterance since a part of it was set apart."""
    return f"{edit.utterances[0]}~{edit.id}"


def mentioned(edit: Edit) -> Iterator[str]:
    """Every utterance and statement that an edit is about."""
    yield from edit.utterances
    yield from edit.statements
    yield from (seed.statement_id for seed in (*edit.apart, *edit.rest))


def related(names: Iterable[str], made: Corrections) -> frozenset[str]:
    """These names and all that an edit mentions together with one of them, whether it holds or not."""
    found = frozenset(names)
    while True:
        more = found.union(*(ids for ids in map(set, map(mentioned, made.edits)) if not found.isdisjoint(ids)))
        if more == found:
            return found
        found = more


def undone_by(made: Corrections) -> Mapping[str, str]:
    """Which edit undoes which, as far as it holds."""
    return {edit.undoes: edit.id for edit in standing(made.edits) if edit.undoes}
