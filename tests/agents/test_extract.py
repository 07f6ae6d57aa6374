"""The agent emits the article first, then each statement with its carrier."""

from datetime import timedelta
from typing import Any

from agents.dedupe import dedupe
from agents.extract import EXTRACT, extract, recognised
from pipeline.adapters.memory import MemoryPages, MemoryState
from pipeline.adapters.models import NoRecogniser
from pipeline.flow import Emit
from pipeline.news.cleaning import clean
from pipeline.news.parse import Reading
from schemas.article import ArticleExtracted, ArticleMarked
from schemas.catalog import Official, Snapshot
from schemas.page import PageFetched
from schemas.statement import StatementMade
from schemas.topics import ARTICLES_EXTRACTED, STATEMENTS_MADE
from schemas.version import Version
from tests.invented import DAY
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
    outcome = extract(
        ArticleMarked(article=article(text), family=family),
        catalog=CATALOG,
        recogniser=NoRecogniser(),
        pages=MemoryPages(),
    )
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


def test_statements_know_which_of_their_words_their_speaker_repeats() -> None:
    _, made = emitted(
        '"Kapal patroli lama diperbaiki," kata Gubernur Sari Dewanti.\n"Kapal patroli baru tiba," kata Sari Dewanti.\n'
        '"Kapal feri tidak berlayar," kata Sari Dewanti.\n"Kapal patroli kurang," kata Arga Sembiring.'
    )
    assert [(one.repeated, one.frequent) for one in made] == [
        (("kapal", "patro"), ("kapal",)),
        (("kapal", "patro"), ("kapal",)),
        (("kapal",), ("kapal",)),
        ((), ()),
    ]


def test_copies_of_an_unknown_quotation_meet_in_their_family() -> None:
    _, (first, *_) = emitted(TEXT, family="f1")
    _, (copy, *_) = emitted(TEXT, family="f1")
    _, (other, *_) = emitted(TEXT, family="f2")
    assert first.statement.speaker_id == copy.statement.speaker_id == "unknown:f1"
    assert other.statement.speaker_id == "unknown:f2"


OLD = """<html><head><title>Jembatan</title></head><body><article><h1>Jembatan Diresmikan</h1>
<p>Bupati Sari Dewanti meresmikan jembatan gantung di Desa Karang Asri pada hari Senin pagi.</p>
<p>"Jembatan ini dibangun dalam 14 bulan dengan dana desa," kata Gubernur Sari Dewanti.</p>
<p>"Tahun depan kami membangun dua sekolah baru di kecamatan itu," kata Sari Dewanti.</p>
<p>Warga menyambut peresmian itu dengan tarian dan makan bersama di tepi sungai.</p></article></body></html>"""
NEW = OLD.replace("14 bulan", "15 bulan").replace(OLD.splitlines()[3] + "\n", "")


def corrected(pages: MemoryPages, new: str = NEW) -> list[Any]:
    """What comes out for the second version of a page."""
    state, outcome = MemoryState(), None
    for revision, content in enumerate((OLD, new), 1):
        page = PageFetched(
            article_id="a1", revision=revision, page=pages.put(content.encode()), media_type="text/html",
            source="upload", fetched_at=DAY + timedelta(days=revision), url="https://warta.example/jembatan-1",
        )  # fmt: skip
        (marked,) = dedupe(clean(content.encode(), page), state=state).records  # type: ignore[union-attr]
        outcome = extract(marked, catalog=CATALOG, recogniser=NoRecogniser(), pages=pages)
    assert isinstance(outcome, Emit)
    return list(outcome.records)


def test_a_correction_says_what_was_reworded_and_what_is_withdrawn() -> None:
    extracted, *made = corrected(MemoryPages())
    changes = extracted.changes
    assert (changes.kind, changes.revision, changes.at) == ("correction", 1, DAY + timedelta(days=2))
    assert ["15 bulan" in pair.after.text for pair in changes.reworded] == [True]
    gone = [one for one in made if one.withdrawn]
    assert [one.statement.statement_id for one in gone] == [one.statement_id for one in changes.removed]
    assert [one.statement.text for one in gone] == ["Tahun depan kami membangun dua sekolah baru di kecamatan itu,"]
    assert (gone[0].carrier.revision, made[-1]) == (2, gone[0])
    assert gone[0].statement.statement_id not in extracted.statements


def test_a_quote_that_takes_the_place_of_another_withdraws_it() -> None:
    quote, instead = "Tahun depan kami membangun dua sekolah baru", "Panen padi musim ini turun akibat hama ulat"
    _, first, second, gone = corrected(MemoryPages(), OLD.replace(quote, instead))
    assert (second.statement.start, second.statement.end) == (gone.statement.start, gone.statement.end)
    assert (first.withdrawn, second.withdrawn) == (None, None)
    assert gone.statement.text.startswith(quote)
    assert gone.withdrawn == DAY + timedelta(days=2)


def test_a_corrected_speaker_withdraws_what_the_other_never_said() -> None:
    last = 'baru di kecamatan itu," kata Sari Dewanti'
    _, _, second, gone = corrected(
        MemoryPages(), OLD.replace(last, last.replace("Sari Dewanti", "Bupati Rini Anggraini"))
    )
    assert (second.statement.speaker, second.withdrawn) == ("Rini Anggraini", None)
    assert (gone.statement.speaker, gone.withdrawn) == ("Sari Dewanti", DAY + timedelta(days=2))
    assert gone.statement.text == second.statement.text


def test_a_statement_keeps_its_id_when_the_page_changes_elsewhere() -> None:
    _, before = emitted(TEXT)
    _, after = emitted("Bendungan itu selesai.\n" + TEXT)
    ids = [one.statement.statement_id for one in before]
    assert [one.statement.statement_id for one in after] == ids
    _, twice = emitted(f"{TEXT}\n{TEXT}")
    assert len({one.statement.statement_id for one in twice}) == 6


def test_a_version_whose_page_is_gone_is_unreadable() -> None:
    pages = MemoryPages()
    corrected(pages)
    version = Version(1, "gone", "text/html", DAY)
    marked = ArticleMarked(article=article(TEXT), family="f", previous=version, changed_at=DAY)
    outcome = extract(marked, catalog=CATALOG, recogniser=NoRecogniser(), pages=pages)
    assert outcome.records[0].changes.kind == "unreadable"  # type: ignore[union-attr]


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
    assert EXTRACT.ports == {"catalog", "recogniser", "pages"}
    assert list(EXTRACT.reasons) == []
