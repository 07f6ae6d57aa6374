"""What people correct in the ledger gives the same records whenever it comes, tells nobody twice, and can be undone."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.alert import ALERT, alert
from agents.attribute import ATTRIBUTE
from agents.index import INDEX
from pipeline.adapters.clock import SystemClock
from pipeline.adapters.heard import Ledger, LedgerSearch
from pipeline.adapters.memory import MemoryState
from pipeline.adapters.sqlite.broker import SqliteBroker
from pipeline.adapters.sqlite.index import SqliteIndex
from pipeline.evaluation.utterances import recorded_of
from pipeline.flow import Emit
from pipeline.metrics import Meters
from pipeline.news import edits
from pipeline.news.documents import alert_document, statement_document
from pipeline.news.preview import Days, preview
from pipeline.news.utterances import Heard, utterances
from pipeline.runners.embedded import EmbeddedRunner
from schemas.alert import AlertRaised
from schemas.catalog import Edit, Novelty, Seed, Snapshot, Watch
from schemas.documents import AlertDocument, Document, StatementDocument
from schemas.statement import StatementMade
from tests.flow.test_ledger_order import DRAWN, draft, final, statements
from tests.invented import DAY

Drawn = list[tuple[int, int, int, int]]
EDITED = 0.35
"""How many of the statements somebody corrects something after."""


class Corrected:
    """A catalog with one watch on anyone, and what was corrected so far."""

    def __init__(self) -> None:
        self._known = Snapshot(watches=(Watch(id="all", name="all", who=(), channels=()),))

    def snapshot(self) -> Snapshot:
        return self._known

    def watch(self, watch: Watch) -> None:
        self._known = Snapshot(watches=(watch,), edits=self._known.edits)

    def add(self, edit: Edit) -> None:
        self._known = Snapshot(watches=self._known.watches, edits=(*self._known.edits, edit))


class World:
    """The ledger, a watch on anyone, and what people correct."""

    def __init__(self) -> None:
        self.catalog = Corrected()

    def hear(self, said: StatementMade, times: int) -> None:
        """Let a statement come so many times."""
        raise NotImplementedError

    def documents(self, family: str) -> list[Document]:
        """What the index has."""
        raise NotImplementedError

    def heard(self) -> list[Heard]:
        """The ledger as it is now."""
        known = [cast(StatementDocument, document) for document in self.documents("statements")]
        return utterances(known, made=edits.corrections(self.catalog.snapshot()))

    def alerts(self) -> set[str]:
        """The statements that the watch was told of as new."""
        found = [cast(AlertDocument, document) for document in self.documents("alerts")]
        return {alert.statement for alert in found if alert.reason == "new-utterance"}

    def check(self, said: StatementMade, before: set[str]) -> None:
        """The watch is not told of a statement when it was told of another one of its utterance; and it is told of a
        sure one whose utterance nobody corrected, when it was told of none of it.
        """
        id, sure = said.statement.statement_id, said.statement.confidence >= 0.5
        mine = next(group for group in _groups(self.heard()) if id in group)
        raised = self.alerts() - before
        assert raised <= {id}
        assert not raised or before.isdisjoint(mine)
        (recorded,) = (one for one in self.documents("statements") if one.id == id)
        assert isinstance(recorded, StatementDocument)
        touched = edits.corrections(self.catalog.snapshot()).touched
        corrected = not touched.isdisjoint(mine | {recorded.utterance, *recorded.former})
        assert raised or not sure or not before.isdisjoint(mine) or corrected


def _groups(heard: Iterable[Heard]) -> list[set[str]]:
    return [{carrier.id for carrier in one.carriers} for one in heard]


class Steps(World):
    """The steps alone, with ports in memory."""

    def __init__(self) -> None:
        super().__init__()
        self._ledger, self._told = MemoryState(), MemoryState()
        self._documents: dict[str, dict[str, Document]] = {"statements": {}, "alerts": {}}

    def hear(self, said: StatementMade, times: int) -> None:
        for _ in range(times):
            recorded = recorded_of(said, self._ledger)
            self._documents["statements"][said.statement.statement_id] = statement_document(recorded)
            outcome = alert(recorded, catalog=self.catalog, state=self._told, clock=SystemClock())
            for raised in outcome.records if isinstance(outcome, Emit) else ():
                assert isinstance(raised, AlertRaised)
                self._documents["alerts"][raised.alert_id] = alert_document(raised)

    def documents(self, family: str) -> list[Document]:
        return list(self._documents[family].values())


class Runners(World):
    """An embedded runner that is started anew for each statement."""

    def __init__(self, folder: str) -> None:
        super().__init__()
        self._folder = Path(folder)

    def hear(self, said: StatementMade, times: int) -> None:
        broker, index = SqliteBroker(self._folder / "pantau.db"), self._index()
        ports: dict[str, Any] = {"clock": SystemClock(), "index": index, "catalog": self.catalog}
        runner = EmbeddedRunner((ATTRIBUTE, ALERT, INDEX), broker, ports, Meters(), flush=index.flush)
        with broker.transaction():
            broker.append([draft(said)] * times, ports["clock"].now())
        runner.drain()
        broker.close()
        index.close()

    def documents(self, family: str) -> list[Document]:
        index = self._index()
        found = list(index.export(family, ""))
        index.close()
        return found

    def _index(self) -> SqliteIndex:
        return SqliteIndex(str(self._folder / "index.db"))


def lived(said: Sequence[StatementMade], random: Random, make: Callable[[], World]) -> tuple[list[Heard], list[Edit]]:
    """The ledger after statements that came while people corrected it, and what they corrected."""
    world = make()
    for number, one in enumerate(said):
        before = world.alerts()
        world.hear(one, random.choice((1, 1, 2)))
        world.check(one, before)
        edit = random.random() < EDITED and _edit(f"e{number}", DAY + timedelta(minutes=number), world, random)
        if edit:
            world.catalog.add(edit)
    return world.heard(), list(world.catalog.snapshot().edits)


def ran(coming: Iterable[StatementMade | Edit], make: Callable[[], World]) -> list[Heard]:
    """The ledger after statements and edits in this order."""
    world = make()
    for one in coming:
        if isinstance(one, Edit):
            world.catalog.add(one)
        else:
            world.hear(one, 1)
    return world.heard()


def _edit(id: str, at: datetime, world: World, random: Random) -> Edit | None:
    known, made = world.heard(), edits.corrections(world.catalog.snapshot())
    kind = random.choice(("merge", "split", "undo"))
    open_ = [edit.id for edit in made.edits if edit.id not in edits.undone_by(made)]
    if kind == "undo" and open_:
        return Edit(id=id, at=at, by="t", why="", kind="undo", undoes=random.choice(open_))
    if kind == "merge" and len(known) > 1:
        one, other = random.sample(known, 2)
        names = (one.utterance, *one.former, other.utterance, *other.former)
        carriers = tuple(statement.id for statement in (*one.carriers, *other.carriers))
        return Edit(id=id, at=at, by="t", why="", kind="merge", utterances=names, statements=carriers)
    large = [heard for heard in known if len(heard.carriers) > 1]
    return _split(id, at, random.choice(large), random) if kind == "split" and large else None


def _split(id: str, at: datetime, heard: Heard, random: Random) -> Edit:
    carriers = sorted(heard.carriers, key=lambda statement: (statement.id != heard.utterance, random.random()))
    seeds = tuple(Seed(statement_id=s.id, language=s.language, text=s.text) for s in carriers)
    cut = random.randint(1, len(carriers) - 1)
    names, name = (heard.utterance, *heard.former), seeds[cut].statement_id
    return Edit(
        id=id, at=at, by="t", why="", kind="split", utterances=names, name=name, rest=seeds[:cut], apart=seeds[cut:]
    )


def _unsure(said: StatementMade, random: Random) -> StatementMade:
    """The statement as one in which the watch may have no confidence."""
    confidence = random.choice((0.2, 0.9))
    return msgspec.structs.replace(said, statement=msgspec.structs.replace(said.statement, confidence=confidence))


def the_ledger_is_the_same(drawn: Drawn, random: Random, make: Callable[[], World]) -> None:
    """What was lived through, what comes in any order, and what is taken back again."""
    said = [_unsure(one, random) for article in statements(drawn) for one in article]
    random.shuffle(said)
    heard, made = lived(said, random, make)
    coming: list[StatementMade | Edit] = [*said, *made]
    random.shuffle(coming)
    assert final(ran(coming, make)) == final(heard)
    undone = [
        Edit(id=f"u{edit.id}", at=edit.at + timedelta(days=1), by="t", why="", kind="undo", undoes=edit.id)
        for edit in made
        if edit.kind != "undo"
    ]
    assert final(ran([*coming, *undone], make)) == final(ran(said, make))


@settings(max_examples=100)
@given(DRAWN, st.randoms(use_true_random=False))
def test_edits_and_statements_may_come_in_any_order(drawn: Drawn, random: Random) -> None:
    the_ledger_is_the_same(drawn, random, Steps)


@pytest.mark.parametrize("seed", range(3))
def test_on_the_embedded_runner_that_is_started_again_for_each_statement(seed: int) -> None:
    random = Random(seed)
    drawn = [
        (random.randint(0, 6), random.randint(0, 9), random.randint(0, 2), random.randint(0, 40)) for _ in range(9)
    ]
    with ExitStack() as stack:
        the_ledger_is_the_same(drawn, random, lambda: Runners(stack.enter_context(TemporaryDirectory())))


@settings(max_examples=100)
@given(
    DRAWN,
    st.randoms(use_true_random=False),
    st.sets(st.sampled_from(["utterance", "version", "carried", "first"]), min_size=1),
)
def test_a_preview_foresees_what_is_told_while_the_corrections_hold(
    drawn: Drawn, random: Random, novelty: set[Novelty]
) -> None:
    said = sorted(
        (_unsure(one, random) for article in statements(drawn) for one in article),
        key=lambda one: (one.carrier.fetched_at, one.statement.statement_id),
    )
    _, made = lived(said, random, Steps)
    world, watch = Steps(), Watch(id="all", name="all", who=(), channels=(), novelty=tuple(sorted(novelty)), outlets=2)
    world.catalog.watch(watch)
    for edit in made:
        world.catalog.add(edit)
    for one in said:
        world.hear(one, 1)
    told = {(alert.statement, alert.reason) for alert in cast(list[AlertDocument], world.documents("alerts"))}
    known = cast(list[StatementDocument], world.documents("statements"))
    foreseen = preview(watch, world.catalog.snapshot(), known, Days(DAY, DAY + timedelta(days=90)))
    assert {(one.statement.id, one.reason) for one in foreseen.alerts} == told


@settings(max_examples=30)
@given(DRAWN, st.randoms(use_true_random=False))
def test_a_search_for_an_utterance_finds_its_statements_by_each_of_its_ids(drawn: Drawn, random: Random) -> None:
    world, index = Steps(), SqliteIndex(":memory:")
    lived([one for article in statements(drawn) for one in article], random, lambda: world)
    for document in world.documents("statements"):
        index.put("statements", document)
    search = LedgerSearch(index, lambda: Ledger(index, world.catalog))
    for heard in world.heard():
        for name in (heard.utterance, *heard.former):
            found = {document.id for document in search.export("statements", f'utterance:"{name}"')}
            assert found == {carrier.id for carrier in heard.carriers}, name
    index.close()
