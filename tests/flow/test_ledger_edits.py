"""What people correct in the ledger gives the same records whenever it comes, tells nobody twice, and can be undone."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from agents.alert import ALERT
from agents.attribute import ATTRIBUTE
from agents.index import INDEX
from pipeline.adapters.clock import SystemClock
from pipeline.adapters.sqlite.broker import SqliteBroker
from pipeline.adapters.sqlite.index import SqliteIndex
from pipeline.metrics import Meters
from pipeline.news import edits
from pipeline.news.utterances import Heard, utterances
from pipeline.runners.embedded import EmbeddedRunner
from schemas.catalog import Edit, Seed, Snapshot, Watch
from schemas.documents import AlertDocument, StatementDocument
from schemas.statement import StatementMade
from tests.flow.test_ledger_order import DRAWN, draft, final, statements
from tests.invented import DAY


class Corrected:
    """A catalog with one watch on anyone, and what was corrected so far."""

    def __init__(self) -> None:
        self._known = Snapshot(watches=(Watch(id="all", name="all", who=(), channels=()),))

    def snapshot(self) -> Snapshot:
        return self._known

    def add(self, edit: Edit) -> None:
        self._known = Snapshot(watches=self._known.watches, edits=(*self._known.edits, edit))


class World:
    """An embedded runner that is started anew for each statement, and its catalog."""

    def __init__(self, folder: str) -> None:
        self._folder, self.catalog = Path(folder), Corrected()

    def hear(self, said: StatementMade, times: int) -> None:
        """Let a statement come so many times."""
        broker, index = SqliteBroker(self._folder / "pantau.db"), SqliteIndex(str(self._folder / "index.db"))
        ports: dict[str, Any] = {"clock": SystemClock(), "index": index, "catalog": self.catalog}
        runner = EmbeddedRunner((ATTRIBUTE, ALERT, INDEX), broker, ports, Meters(), flush=index.flush)
        with broker.transaction():
            broker.append([draft(said)] * times, ports["clock"].now())
        runner.drain()
        broker.close()
        index.close()

    def heard(self) -> list[Heard]:
        """The ledger as it is now."""
        index = SqliteIndex(str(self._folder / "index.db"))
        known = [cast(StatementDocument, document) for document in index.export("statements", "")]
        index.close()
        return utterances(known, made=edits.corrections(self.catalog.snapshot()))

    def alerts(self) -> set[str]:
        """The statements that the watch was told of as new."""
        index = SqliteIndex(str(self._folder / "index.db"))
        found = [cast(AlertDocument, document) for document in index.export("alerts", "")]
        index.close()
        return {alert.statement for alert in found if alert.reason == "new-utterance"}


def ran(coming: Iterable[StatementMade | Edit], random: Random) -> list[Heard]:
    """The ledger after statements and edits in this order. The watch is told of a statement when nothing of its
    utterance was there before, and else never: whatever was merged, split and taken back in between.
    """
    with TemporaryDirectory() as folder:
        world, met, told = World(folder), set[str](), set[str]()
        for one in coming:
            if isinstance(one, Edit):
                world.catalog.add(one)
                continue
            world.hear(one, random.choice((1, 1, 2)))
            id, now = one.statement.statement_id, world.alerts()
            (mine,) = [heard for heard in world.heard() if any(carrier.id == id for carrier in heard.carriers)]
            if now != told:
                assert now == told | {id}
                assert met.isdisjoint(carrier.id for carrier in mine.carriers)
            told, met = now, met | {id}
        return world.heard()


def corrected(said: Sequence[StatementMade], random: Random) -> list[Edit]:
    """Corrections of the ledger, each of what those before it left."""
    with TemporaryDirectory() as folder:
        world = World(folder)
        for one in said:
            world.hear(one, 1)
        for number in range(random.randint(1, 5)):
            edit = _edit(f"e{number}", DAY + timedelta(minutes=number), world, random)
            if edit:
                world.catalog.add(edit)
        return list(world.catalog.snapshot().edits)


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
    carriers = list(heard.carriers)
    random.shuffle(carriers)
    seeds = tuple(Seed(statement_id=s.id, language=s.language, text=s.text) for s in carriers)
    cut = random.randint(1, len(carriers) - 1)
    names, name = (heard.utterance, *heard.former), seeds[0].statement_id
    return Edit(
        id=id, at=at, by="t", why="", kind="split", utterances=names, name=name, apart=seeds[:cut], rest=seeds[cut:]
    )


@settings(max_examples=15, deadline=None)
@given(DRAWN, st.randoms(use_true_random=False))
def test_edits_and_statements_may_come_in_any_order(drawn: list[tuple[int, int, int, int]], random: Random) -> None:
    said = [one for article in statements(drawn) for one in article]
    made = corrected(said[: len(said) * 2 // 3], random)
    heard = ran([*said, *made], random)
    coming: list[StatementMade | Edit] = [*said, *made]
    random.shuffle(coming)
    assert final(ran(coming, random)) == final(heard)
    undone = [
        Edit(id=f"u{edit.id}", at=edit.at + timedelta(days=1), by="t", why="", kind="undo", undoes=edit.id)
        for edit in made
        if edit.kind != "undo"
    ]
    assert final(ran([*coming, *undone], random)) == final(ran(said, random))
