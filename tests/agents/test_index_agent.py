"""The agent that fills the search index: what it writes, retracts and leaves out."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest

from agents.index import INDEX, Reason, index
from pipeline.adapters.sqlite.index import SqliteIndex
from pipeline.flow import Drop, Emit, check
from pipeline.news.documents import alert_document, article_document, statement_document
from schemas.alert import AlertRaised
from schemas.article import Article, ArticleExtracted, Entity, Link
from schemas.documents import FAMILIES
from schemas.statement import Carrier, Statement, StatementRecorded, Utterance
from schemas.version import Changes

DAY = datetime(2022, 1, 17, 10, 0, tzinfo=UTC)


@pytest.fixture
def store() -> Iterator[SqliteIndex]:
    store = SqliteIndex(":memory:")
    yield store
    store.close()


def extracted(
    revision: int = 1, statements: tuple[str, ...] = (), links: tuple[Link, ...] = (), **changes: Any
) -> ArticleExtracted:
    fields: dict[str, Any] = {
        "article_id": "a1", "revision": revision, "page": "p", "media_type": "text/plain", "source": "upload",
        "fetched_at": DAY, "title": "Rapat", "text": "Rapat itu ditunda.", "language": "id", "extractor": "x",
    }  # fmt: skip
    entities = tuple(
        Entity(entity_id=id, kind="person", name="Ratna Widuri", mentions=()) for id in ("person:ratna", "ratna-widuri")
    )
    return ArticleExtracted(
        article=Article(**{**fields, **changes}), family="a0", links=links, entities=entities,
        statements=statements, speakers=("Ratna Widuri", "Ratna Widuri"), extractor="e1",
    )  # fmt: skip


def recorded(id: str = "s1", revision: int = 1) -> StatementRecorded:
    return StatementRecorded(
        statement=Statement(
            statement_id=id, kind="direct", part="body", start=0, end=5, text="Rapat", speaker="Ratna Widuri",
            speaker_id="person:ratna", rule="r", confidence=0.9, reasons=("name",), entities=("Lembah", "Lembah"),
        ),
        carrier=Carrier(article_id="a1", revision=revision, page="p", title="Rapat", language="id", family="a0",
                        fetched_at=DAY, outlet="Bantara"),
        utterance=Utterance(utterance_id="s0", novelty="version", first_seen=DAY, similarity=0.7, added=("baru",),
                            outlets=("Warta", "Bantara")),
    )  # fmt: skip


def raised() -> AlertRaised:
    return AlertRaised(
        alert_id="l1", watch_id="w1", watch="Ratna", reason="new-version", why="Ratna diikuti", raised_at=DAY,
        recorded=recorded(),
    )  # fmt: skip


def test_the_agent_reads_three_topics_and_writes_none() -> None:
    check([INDEX])
    assert INDEX.ports == {"index"}
    assert not INDEX.movable


def test_each_record_becomes_a_document(store: SqliteIndex) -> None:
    assert [index(record, index=store) for record in (extracted(statements=("s1",)), recorded(), raised())] == [
        Emit()
    ] * 3
    assert store.get("articles", "a1") == article_document(extracted(statements=("s1",)))
    assert store.get("statements", "s1") == statement_document(recorded())
    assert store.get("alerts", "l1") == alert_document(raised())
    assert [store.count(family) for family in FAMILIES] == [1, 1, 1]


def test_documents_carry_what_people_search_for() -> None:
    found = article_document(extracted(statements=("s1", "s2")))
    assert (found.speaker, found.entity, found.statements) == (("Ratna Widuri",), ("Ratna Widuri",), 2)
    said = statement_document(recorded())
    assert (said.speaker, said.entity, said.outlet, said.utterance) == ("Ratna Widuri", ("Lembah",), "Bantara", "s0")
    told = alert_document(raised())
    assert (told.outlets, told.added, told.statement) == (("Warta", "Bantara"), ("baru",), "s1")


def test_the_relation_is_that_of_the_closest_article() -> None:
    links = (Link(of="a7", relation="derived", score=0.4), Link(of="a8", relation="copy", score=0.9))
    copied, original = article_document(extracted(links=links)), article_document(extracted())
    assert (copied.copy, copied.of, copied.family) == ("copy", "a8", "a0")
    assert (original.copy, original.of) == ("original", None)


def test_the_month_is_that_of_the_publication_in_utc() -> None:
    jakarta = timezone(timedelta(hours=7))
    assert article_document(extracted()).month == "2022-01"
    assert article_document(extracted(published=datetime(2022, 3, 1, 6, 0, tzinfo=jakarta))).month == "2022-02"
    assert article_document(extracted(published=datetime(2022, 3, 1, 7, 0, tzinfo=jakarta))).month == "2022-03"


def test_a_new_revision_retracts_the_statements_it_no_longer_has(store: SqliteIndex) -> None:
    for record in (extracted(statements=("s1", "s2")), recorded("s1"), recorded("s2")):
        index(record, index=store)
    index(extracted(revision=2, statements=("s2", "s3")), index=store)
    assert store.get("statements", "s1") is None
    assert store.get("statements", "s2") is not None


def test_what_is_older_than_the_indexed_article_is_dropped(store: SqliteIndex) -> None:
    index(extracted(revision=2, statements=("s2",), title="Baru"), index=store)
    index(recorded("s2", revision=2), index=store)
    assert index(extracted(revision=1, statements=("s1",)), index=store) == Drop(Reason.SUPERSEDED)
    assert index(recorded("s1", revision=1), index=store) == Drop(Reason.SUPERSEDED)
    assert store.revision("articles", "a1") == 2
    assert [document.id for document in store.export("statements", "")] == ["s2"]


def test_a_replay_changes_nothing(store: SqliteIndex) -> None:
    records = (extracted(statements=("s1",)), recorded(), raised())
    for record in records * 2:
        assert index(record, index=store) == Emit()
    assert [store.count(family) for family in FAMILIES] == [1, 1, 1]
    assert store.search("statements", "rapat").total == 1


def test_a_withdrawn_statement_stays_and_says_so(store: SqliteIndex) -> None:
    for record in (extracted(statements=("s1", "s2")), recorded("s1"), recorded("s2")):
        index(record, index=store)
    changes = Changes(revision=1, page="p", at=DAY, kind="correction")
    second = msgspec.structs.replace(extracted(revision=2, statements=("s2",)), changes=changes)
    gone = msgspec.structs.replace(recorded("s1", revision=2), withdrawn=DAY)
    for records in ((second, gone), (gone, second), (extracted(revision=3, statements=("s2",)),)):
        for record in records:
            index(record, index=store)
        assert [document.id for document in store.export("statements", "_exists_:withdrawn")] == ["s1"]
        assert [document.id for document in store.export("statements", "-_exists_:withdrawn")] == ["s2"]
    assert article_document(second).change == "correction"
    late = msgspec.structs.replace(recorded("s9", revision=2), withdrawn=DAY)
    assert index(late, index=store) == Emit(), "it stays withdrawn whatever a later revision says"
    form = msgspec.structs.replace(second, changes=msgspec.structs.replace(changes, kind="form"))
    assert (article_document(form).change, article_document(form).changed) == (None, None)
