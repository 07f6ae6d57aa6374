"""The agent emits the article first, then each statement with its carrier."""

from agents.extract import EXTRACT, extract, recognised
from pipeline.adapters.models import NoRecogniser
from pipeline.flow import Emit
from pipeline.news.parse import Reading
from schemas.article import ArticleExtracted, ArticleMarked
from schemas.catalog import Official, Snapshot
from schemas.statement import StatementMade
from schemas.topics import ARTICLES_EXTRACTED, STATEMENTS_MADE
from tests.news.test_statements import article


class Fixed:
    """A catalog that never changes."""

    def __init__(self, *officials: Official) -> None:
        self._snapshot = Snapshot(officials=officials)

    def snapshot(self) -> Snapshot:
        return self._snapshot


CATALOG = Fixed(Official(id="sari-dewanti", name="Sari Dewanti"))
TEXT = '"Belum ada keputusan," katanya.\n"Kami siap bekerja," kata Gubernur Sari Dewanti.\n"Anggaran ada," ujarnya.'


def emitted(text: str, family: str = "f1") -> tuple[ArticleExtracted, list[StatementMade]]:
    outcome = extract(ArticleMarked(article=article(text), family=family), catalog=CATALOG, recogniser=NoRecogniser())
    assert isinstance(outcome, Emit)
    first, *rest = outcome.records
    assert isinstance(first, ArticleExtracted)
    return first, [record for record in rest if isinstance(record, StatementMade)]


def test_article_and_statements_point_at_each_other() -> None:
    extracted, made = emitted(TEXT)
    assert extracted.statements == tuple(one.statement.statement_id for one in made)
    assert len(made) == 3
    assert extracted.speakers == ("Sari Dewanti",)
    assert {one.carrier.article_id for one in made} == {"a1"}
    assert made[1].statement.official == "sari-dewanti"


def test_copies_of_an_unknown_quotation_meet_in_their_family() -> None:
    _, (first, *_) = emitted(TEXT, family="f1")
    _, (copy, *_) = emitted(TEXT, family="f1")
    _, (other, *_) = emitted(TEXT, family="f2")
    assert first.statement.speaker_id == copy.statement.speaker_id == "unknown:f1"
    assert other.statement.speaker_id == "unknown:f2"


class Reader:
    """A model that takes every "Air" for a body, and what it was given to read."""

    def __init__(self) -> None:
        self.texts: list[tuple[str, str]] = []

    def read(self, text: str, language: str) -> Reading:
        self.texts.append((text, language))
        return Reading([(at, at + 3, "organisation") for at in range(len(text)) if text.startswith("Air", at)])


def test_a_model_reads_the_prose_and_not_the_headline() -> None:
    reader = Reader()
    given = article("Air\u00a0naik di Air.", title="Air Naik", standfirst="Kata Air.")
    found, parses = recognised(given, reader)
    assert parses == {}
    assert reader.texts == [("Kata Air.", "id"), ("Air naik di Air.", "id")]
    assert [(span.part, span.start, span.end) for span in found] == [
        ("standfirst", 5, 8),
        ("body", 0, 3),
        ("body", 12, 15),
    ]


def test_an_article_without_statements_goes_on() -> None:
    extracted, made = emitted("Hujan turun di Bandung.")
    assert (extracted.statements, made) == ((), [])


def test_the_agent_writes_what_it_emits_and_drops_nothing() -> None:
    extracted, made = emitted(TEXT)
    assert EXTRACT.output(extracted) is ARTICLES_EXTRACTED
    assert EXTRACT.output(made[0]) is STATEMENTS_MADE
    assert EXTRACT.ports == {"catalog", "recogniser"}
    assert list(EXTRACT.reasons) == []
