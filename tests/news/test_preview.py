from datetime import date, timedelta

import msgspec
import pytest

from pipeline.news import preview as previews
from pipeline.news.documents import statement_document
from pipeline.news.preview import Days, preview
from pipeline.news.queries import matches, parse
from schemas.catalog import Edit, Official, Role, Seed, Snapshot, Watch
from schemas.documents import StatementDocument
from schemas.statement import StatementRecorded, Utterance
from tests.invented import DAY, made

RATNA = Official(
    id="ratna", name="Ratna Kusuma", aliases=("Bu Ratna",), groups=("kabinet",),
    roles=(Role(title="Menteri Perairan", since=date(2030, 1, 1)),),
)  # fmt: skip
SNAPSHOT = Snapshot(officials=(RATNA,))
SINCE, UNTIL = DAY - timedelta(days=10), DAY + timedelta(days=80)


def said(id: str, text: str = "kapal patroli", **fields: object) -> StatementDocument:
    utterance = {name: fields.pop(name) for name in ("utterance_id", "novelty", "former") if name in fields}
    found = made(id, text, **({"official": "ratna", "speaker_id": "ratna"} | fields))
    place = Utterance(**({"utterance_id": id, "novelty": "new", "first_seen": DAY} | utterance))
    return statement_document(StatementRecorded(statement=found.statement, carrier=found.carrier, utterance=place))


def watch(**conditions: object) -> Watch:
    return Watch(**({"id": "w", "name": "W", "who": ("ratna",), "about": "patroli", "paused": True} | conditions))


STATEMENTS = [
    said("a.1"),
    said("b.1", days=1, novelty="repeat", utterance_id="a.1", outlet="b.example"),
    said("c.1", days=2, novelty="version", utterance_id="a.1", outlet="c.example"),
    said("d.1", days=2, confidence=0.45),
    said("e.1", days=3, kind="indirect", text="pupuk"),
    said("f.1", days=4, text="pupuk", confidence=0.1),
    said("g.1", days=5, official=None, speaker_id="person:x", speaker="X"),
    said("h.1", days=100),
]


def test_a_preview_tells_each_utterance_once_as_the_watch_would() -> None:
    found = preview(watch(), SNAPSHOT, reversed(STATEMENTS), Days(SINCE, UNTIL))
    assert [(a.statement.id, a.reason) for a in found.alerts] == [("a.1", "new-utterance"), ("c.1", "new-version")]
    assert (found.heard, found.missing) == (6, {"confidence": 1, "about": 1})
    assert [s.id for s in found.nearest["confidence"]] == ["d.1"]
    assert found.a_day == pytest.approx(2 / 90)
    assert found.busiest == (date(2031, 3, 12), 1)


def test_a_preview_of_nothing_is_no_error() -> None:
    found = preview(watch(), SNAPSHOT, [], Days(SINCE, UNTIL))
    assert (found.alerts, found.a_day, found.busiest, found.missing) == ((), 0.0, None, {})


def test_spread_and_firsts_are_foreseen_as_well() -> None:
    found = preview(watch(novelty=("first",)), SNAPSHOT, STATEMENTS, Days(SINCE, UNTIL))
    assert [(a.statement.id, a.reason) for a in found.alerts] == [("a.1", "first-on-topic")]
    found = preview(watch(novelty=("carried",), outlets=2), SNAPSHOT, STATEMENTS, Days(SINCE, UNTIL))
    assert [(a.statement.id, a.reason) for a in found.alerts] == [("c.1", "widely-carried")]


def test_what_is_withdrawn_is_left_out() -> None:
    gone = msgspec.structs.replace(STATEMENTS[0], withdrawn=DAY)
    assert preview(watch(), SNAPSHOT, [gone], Days(SINCE, UNTIL)).heard == 0


@pytest.mark.parametrize(
    "who",
    [(), ("ratna",), ("Bu Ratna",), ("role:Menteri Perairan",), ("group:kabinet",), ("X",), ("person:x", "ratna")],
)
def test_the_query_finds_all_that_the_watch_listens_to(who: tuple[str, ...]) -> None:
    chosen = watch(who=who, about=None, confidence=0.0)
    query = parse(previews.query(chosen, SNAPSHOT), "statements")
    all_found = preview(chosen, SNAPSHOT, STATEMENTS, Days(SINCE, UNTIL))
    narrowed = preview(chosen, SNAPSHOT, [s for s in STATEMENTS if matches(query, s)], Days(SINCE, UNTIL))
    assert narrowed == all_found
    assert all_found.heard


def test_what_an_index_finds_comes_to_the_same_as_comparing_each() -> None:
    query = parse("patroli", "statements")
    about = {statement.id for statement in STATEMENTS if matches(query, statement)}
    found = preview(watch(), SNAPSHOT, STATEMENTS, Days(SINCE, UNTIL), about)
    assert found == preview(watch(), SNAPSHOT, STATEMENTS, Days(SINCE, UNTIL))


def test_a_query_that_would_be_too_long_leaves_everything_in() -> None:
    assert previews.query(watch(who=tuple(f"person:{number}" for number in range(500))), SNAPSHOT) == ""


def test_for_a_watch_on_anyone_only_what_it_is_about_is_looked_at() -> None:
    assert previews.query(watch(who=()), SNAPSHOT) == "patroli"
    assert previews.query(watch(who=(), about=None), SNAPSHOT) == ""
    assert previews.query(watch(who=(), novelty=("carried",)), SNAPSHOT) == ""
    other = said("b.1", text="pupuk", utterance_id="a.1", outlet="b.example")
    statements = [said("a.1", outlet="a.example"), other, said("c.1", days=1, utterance_id="a.1", outlet="c.example")]
    found = preview(watch(who=(), novelty=("carried",), outlets=3), SNAPSHOT, statements, Days(SINCE, UNTIL))
    assert (found.heard, [a.statement.id for a in found.alerts]) == (2, ["c.1"])


MERGED = Edit(
    id="m", at=DAY, by="t", why="", kind="merge", utterances=("a.1", "g.1"), statements=("a.1", "b.1", "g.1")
)  # fmt: skip
SPLIT = Edit(
    id="s", at=DAY, by="t", why="", kind="split", utterances=("a.1",), name="b.1",
    apart=(Seed(statement_id="b.1", language="id", text=""),), rest=(Seed(statement_id="a.1", language="id", text=""),),
)  # fmt: skip
UNDONE = Edit(id="u", at=DAY + timedelta(days=1), by="t", why="", kind="undo", undoes="m")


def told(*edits: Edit, statements: list[StatementDocument], **conditions: object) -> list[str]:
    """The statements that a watch would have told, with these corrections."""
    snapshot = Snapshot(officials=(RATNA,), edits=edits)
    return [a.statement.id for a in preview(watch(**conditions), snapshot, statements, Days(SINCE, UNTIL)).alerts]


def test_what_is_merged_is_told_once_and_both_sides_of_a_split_are_told_with_one() -> None:
    statements = [
        said("a.1"),
        said("b.1", days=1, novelty="repeat", utterance_id="a.1"),
        said("g.1", days=2),
        said("h.1", days=3, novelty="repeat", utterance_id="g.1"),
    ]
    assert told(statements=statements) == ["a.1", "g.1"]
    assert told(MERGED, statements=statements) == ["a.1"]
    assert told(MERGED, UNDONE, statements=statements) == ["a.1", "g.1"]
    assert told(SPLIT, statements=statements) == ["a.1", "g.1"]


def test_an_utterance_that_the_ledger_joined_is_told_under_none_of_its_names_again() -> None:
    statements = [said("a.1"), said("c.1", days=1, novelty="repeat", utterance_id="c.1", former=("a.1",))]
    assert told(statements=statements) == ["a.1"]


def test_what_was_merged_with_an_utterance_counts_as_told_when_the_ledger_joined_that_with_a_told_one() -> None:
    statements = [
        said("c.1"),
        said("a.1", days=1, confidence=0.1),
        said("d.1", days=2, novelty="repeat", utterance_id="c.1", former=("a.1",)),
        said("g.1", days=3),
    ]
    assert told(statements=statements) == ["c.1", "g.1"]
    assert told(MERGED, statements=statements) == ["c.1"]


def test_who_carried_utterances_that_were_joined_counts_for_both() -> None:
    statements = [
        said("a.1", outlet="a.example"),
        said("c.1", days=1, outlet="c.example"),
        said("d.1", days=2, novelty="repeat", utterance_id="c.1", former=("a.1",), outlet="c.example"),
    ]
    assert told(statements=statements, novelty=("carried",), outlets=2) == ["d.1"]


def test_with_corrections_the_query_finds_what_tells_of_former_names() -> None:
    snapshot = Snapshot(officials=(RATNA,), edits=(MERGED,))
    joined = said("d.1", days=2, text="pupuk", former=("a.1",))
    assert matches(parse(previews.query(watch(who=()), snapshot), "statements"), joined)
    assert previews.query(watch(who=(), about=None), snapshot) == ""
    assert preview(watch(who=()), snapshot, [joined], Days(SINCE, UNTIL)).heard == 0
