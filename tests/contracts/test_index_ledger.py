"""`utterance:ID` finds the same as the ledger shows, on every search backend."""

from datetime import timedelta

import pytest

from pipeline.adapters.heard import Ledger, LedgerSearch
from pipeline.news.queries import Query, matches, parse
from pipeline.news.queries.tree import OneOf
from schemas.catalog import Edit, Seed, Snapshot
from tests.indexed import DAY, Backend, alert, ids, statement

WORDS = {"a": "Kami menolak usul itu", "b": "Usul itu kami tolak", "d": "Kapal feri berangkat malam"}
STATEMENTS = (
    statement("a1", text=WORDS["a"]),
    statement("b1", article="a2", text=WORDS["b"]),
    statement("c1", article="a3", text=f"{WORDS['a']}. {WORDS['b']}", utterance="a1", former=("b1",)),
    statement("d1", article="a4", text=WORDS["d"]),
    statement("e1", article="a5", text=WORDS["d"], utterance="d1", novelty="repeat"),
    statement("o1", article="a6", text="Jembatan dibuka"),
)
ALERTS = (alert("l1", statement="a1", utterance="a1"), alert("l2", statement="d1", utterance="d1"))


def correction(number: int, kind: str, **fields: object) -> Edit:
    return Edit(id=f"e{number}", at=DAY + timedelta(days=number), by="t", why="", kind=kind, **fields)


def seeds(*names: str) -> tuple[Seed, ...]:
    return tuple(Seed(statement_id=f"{name}1", language="id", text=WORDS[name]) for name in names)


MERGE = correction(1, "merge", utterances=("a1", "b1", "d1"), statements=("a1", "b1", "c1", "d1", "e1"))
SPLIT = correction(2, "split", utterances=("a1", "b1", "d1"), name="d1", apart=seeds("d"), rest=seeds("a", "b"))
UNDO = correction(3, "undo", undoes="e1")
SPLIT_B = correction(4, "split", utterances=("a1", "b1"), name="b1", apart=seeds("b"), rest=seeds("a"))


class Corrected:
    """A catalog of corrections alone."""

    def __init__(self, edits: tuple[Edit, ...]) -> None:
        self._known = Snapshot(edits=edits)

    def snapshot(self) -> Snapshot:
        return self._known


@pytest.fixture
def searching(backend: Backend) -> Backend:
    """The backend with some statements and the alerts of two utterances."""
    for one in STATEMENTS:
        backend.put("statements", one)
    for raised in ALERTS:
        backend.put("alerts", raised)
    backend.flush()
    return backend


def corrected(backend: Backend, *edits: Edit) -> LedgerSearch:
    ledger = Ledger(backend, Corrected(edits))
    return LedgerSearch(backend, lambda: ledger)


def test_a_document_is_found_by_each_id_that_it_tells(searching: Backend) -> None:
    for query, expected in (("utterance:b1", ["b1", "c1"]), ("utterance:(a1 OR d1)", ["a1", "c1", "d1", "e1"])):
        assert sorted(ids(searching, query, "statements")) == expected
        read = parse(query, "statements")
        assert [one.id for one in STATEMENTS if matches(read, one)] == expected
    assert ids(searching, "utterance:d1", "alerts") == ["l2"]


@pytest.mark.parametrize(
    ("edits", "groups"),
    [
        ((), ({"a1", "b1", "c1"}, {"d1", "e1"}, {"o1"})),
        ((MERGE,), ({"a1", "b1", "c1", "d1", "e1"}, {"o1"})),
        ((MERGE, SPLIT), ({"a1", "b1", "c1"}, {"d1", "e1"}, {"o1"})),
        ((MERGE, UNDO), ({"a1", "b1", "c1"}, {"d1", "e1"}, {"o1"})),
        ((SPLIT_B,), ({"a1", "c1"}, {"b1"}, {"d1", "e1"}, {"o1"})),
    ],
)
def test_an_utterance_is_found_whole_by_each_of_its_ids(
    searching: Backend, edits: tuple[Edit, ...], groups: tuple[set[str], ...]
) -> None:
    search = corrected(searching, *edits)
    for group in groups:
        for id in group & {"a1", "b1", "d1", "o1"}:
            assert set(ids(search, f"utterance:{id}", "statements")) == group
            told = {one.id for one in ALERTS if one.statement in group}
            assert set(ids(search, f'utterance:"{id}"', "alerts")) == told
    assert set(ids(search, "NOT utterance:a1", "statements")).isdisjoint(groups[0])
    assert {one.id for one in search.export("statements", "utterance:(a1 OR o1)")} == {*groups[0], "o1"}
    facets = search.facets("statements", "utterance:a1", ["article"])
    assert dict(facets["article"]).keys() == {one.article for one in STATEMENTS if one.id in groups[0]}
    assert search.count("statements") == len(STATEMENTS)
    assert search.get("statements", "a1") == STATEMENTS[0]


def test_an_id_that_nobody_has_finds_nothing(searching: Backend) -> None:
    for family in ("statements", "alerts"):
        assert ids(corrected(searching, MERGE), "utterance:x9", family) == []
        assert ids(corrected(searching), "utterance:a*", family) == ids(searching, "utterance:a*", family) != []


def test_many_ids_are_looked_up_together(searching: Backend) -> None:
    asked = 0

    class Counted:
        """A catalog that counts how often the ledger is read."""

        def snapshot(self) -> Snapshot:
            nonlocal asked
            asked += 1
            return Snapshot(edits=(MERGE, SPLIT))

    search = LedgerSearch(searching, lambda: Ledger(searching, Counted()))
    many = " OR ".join(f"utterance:x{number}" for number in range(300))
    assert sorted(ids(search, f"({many} OR utterance:d1) AND NOT utterance:o1", "statements")) == ["d1", "e1"]
    assert asked == 1
    assert set(ids(search, "kami OR kapal", "statements")) >= {"a1", "d1"}
    assert asked == 1, "no utterance is asked for"


def test_pages_go_on_while_an_utterance_grows(searching: Backend) -> None:
    search = corrected(searching, MERGE)
    first = search.search("statements", "utterance:d1", limit=2, sort="newest")
    searching.put("statements", statement("a0", article="a0", utterance="a1", published=DAY - timedelta(days=1)))
    searching.flush()
    rest = search.search("statements", "utterance:d1", limit=9, sort="newest", cursor=first.cursor)
    found = [hit.document.id for hit in (*first.hits, *rest.hits)]
    assert found == ["a1", "b1", "c1", "d1", "e1", "a0"]


def test_very_many_values_can_be_asked_for(searching: Backend) -> None:
    many = (*(f"x{number}" for number in range(70_000)), "d1", "b1")
    for field, expected in (("id", ["b1", "d1"]), ("former", ["c1"])):
        query = Query("", "statements", OneOf(field, many))
        assert sorted(ids(searching, query, "statements")) == expected
        assert [one.id for one in STATEMENTS if matches(query, one)] == expected
