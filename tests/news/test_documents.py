from datetime import UTC, datetime

import msgspec

from pipeline.news.documents import alert_document, article_document, statement_document
from schemas.alert import AlertRaised
from schemas.article import ArticleExtracted, Entity, Link
from schemas.statement import StatementRecorded, Utterance
from tests.invented import DAY, article, made, prose

LATER = datetime(2031, 4, 2, tzinfo=UTC)


def recorded() -> StatementRecorded:
    statement = made("a.1", "Kapal feri malam dihentikan", outlet="Harian Nusa", revision=3)
    utterance = Utterance(
        utterance_id="z.1", novelty="version", first_seen=DAY, outlets=("Kabar Lintas", "Harian Nusa"), added=("malam",)
    )
    return StatementRecorded(statement=statement.statement, carrier=statement.carrier, utterance=utterance)


def test_an_article_says_what_it_is_a_copy_of() -> None:
    entities = tuple(
        Entity(entity_id=id, kind="place", name="Selayar", mentions=()) for id in ("place:selayar", "place:selayar-2")
    )
    found = ArticleExtracted(
        article=msgspec.structs.replace(article("a", prose(1)), published=LATER),
        family="f",
        links=(Link(of="f", relation="copy", score=0.9), Link(of="g", relation="derived", score=0.4)),
        entities=entities,
        statements=("a.1", "a.2"),
        speakers=("Ratna Kusuma",),
        extractor="x",
    )
    document = article_document(found)
    assert (document.id, document.family, document.copy, document.of) == ("a", "f", "copy", "f")
    assert (document.month, document.statements, document.entity) == ("2031-04", 2, ("Selayar",))
    alone = article_document(msgspec.structs.replace(found, links=()))
    assert (alone.copy, alone.of) == ("original", None)


def test_a_statement_brings_its_article_and_its_utterance() -> None:
    document = statement_document(recorded())
    assert (document.id, document.article, document.revision, document.month) == ("a.1", "a", 3, "2031-03")
    assert (document.utterance, document.novelty, document.added) == ("z.1", "version", ("malam",))


def test_an_alert_brings_its_statement() -> None:
    raised = AlertRaised(
        alert_id="x", watch_id="w", watch="Perairan", reason="new-version", why="Because.", raised_at=LATER,
        recorded=recorded(),
    )  # fmt: skip
    document = alert_document(raised)
    assert (document.id, document.statement, document.raised) == ("x", "a.1", LATER)
    assert document.outlets == ("Kabar Lintas", "Harian Nusa")
