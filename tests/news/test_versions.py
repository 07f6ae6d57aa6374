"""Versions of a page: what says something else, and what became of its statements. All people are invented."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.news import versions
from pipeline.news.versions import Text, compare, history, page_of, substance_of, withdrawn, word_diff
from schemas.article import Article, Run
from schemas.statement import Statement
from tests.invented import DAY, article, made, prose

LEAD = "Bupati Rini Anggraini meresmikan jembatan gantung di Desa Karang Asri pada hari Senin."
QUOTE = '"Jembatan ini dibangun dalam 14 bulan dengan dana desa," kata Rini.'
MORE = '"Tahun depan kami membangun dua sekolah baru," ujar Rini menambahkan.'
TAIL = "Warga menyambut peresmian itu dengan tarian dan makan bersama di tepi sungai."
BODY = "\n".join((LEAD, QUOTE, MORE, TAIL))


def version(text: str, revision: int = 2, **changes: object) -> Article:
    found = article("a", text, revision=revision, days=revision, title="Jembatan Diresmikan")
    return msgspec.structs.replace(found, **changes)


def said(id: str, text: str, speaker: str = "Rini Anggraini") -> Statement:
    return made(id, text, speaker=speaker, speaker_id=f"person:{speaker}").statement


FIRST = version(BODY, 1)
ONE = said("s1", "Jembatan ini dibangun dalam 14 bulan dengan dana desa,")
TWO = said("s2", "Tahun depan kami membangun dua sekolah baru,")


@pytest.mark.parametrize(
    "text",
    [
        BODY.replace("\n", "\n\n  "),
        BODY.replace('"', "”"),
        BODY + "\nDiperbarui 7 Maret 2026 07.05 WIB",
        BODY + "\n12 komentar",
        BODY.replace(" itu ", ", itu, "),
    ],
)
def test_a_page_that_was_only_touched_up_says_the_same(text: str) -> None:
    assert substance_of(version(text)) == substance_of(FIRST)
    assert compare(Text(FIRST), Text(version(text)), DAY).kind == "form"


@pytest.mark.parametrize(
    "text",
    [
        BODY.replace("14 bulan", "15 bulan"),
        BODY.replace('"', ""),
        BODY.replace("dua sekolah", "sekolah"),
        BODY + "\nIndonesia 2-1 Malaysia",
    ],
)
def test_another_word_figure_or_quotation_is_another_substance(text: str) -> None:
    assert substance_of(version(text)) != substance_of(FIRST)


@pytest.mark.parametrize(
    ("text", "kind", "counts"),
    [
        (BODY.replace("14 bulan", "15 bulan"), "correction", (0, 0, 1, 1, 1)),
        (f"{BODY}\n{prose(1, 20)}", "extended", (1, 0, 0, 20, 0)),
        (BODY.replace(MORE + "\n", ""), "correction", (0, 1, 0, 0, 10)),
        ("\n".join((LEAD, QUOTE)), "shortened", (0, 2, 0, 0, 22)),
        ("\n".join((LEAD, QUOTE, MORE)), "correction", (0, 1, 0, 0, 12)),
    ],
)
def test_the_kind_and_size_of_a_change(text: str, kind: str, counts: tuple[int, ...]) -> None:
    found = compare(Text(FIRST), Text(version(text)), DAY)
    assert found.kind == kind
    assert counts == (
        found.paragraphs_added, found.paragraphs_removed, found.paragraphs_changed, found.words_added,
        found.words_removed,
    )  # fmt: skip


def test_another_title_is_a_correction_and_the_old_one_is_told() -> None:
    found = compare(Text(FIRST), Text(version(BODY, title="Jembatan Gantung Diresmikan")), DAY)
    assert (found.kind, found.title) == ("correction", "Jembatan Diresmikan")


def test_statements_are_added_reworded_and_removed() -> None:
    new = version("\n".join((LEAD, QUOTE.replace("14", "15"), '"Semoga bermanfaat bagi semua," kata Rini.', TAIL)))
    other, fresh = said("s3", ONE.text.replace("14", "15")), said("s4", "Semoga bermanfaat bagi semua,")
    found = compare(Text(FIRST, [ONE, TWO]), Text(new, [other, fresh]), DAY)
    assert [one.statement_id for one in found.removed] == ["s2"]
    assert [one.statement_id for one in found.added] == ["s4"]
    assert [(pair.before.statement_id, pair.after.statement_id) for pair in found.reworded] == [("s1", "s3")]
    assert withdrawn(found, [ONE, TWO]) == [TWO]


def test_words_that_still_stand_there_are_not_removed_even_if_nobody_recognises_them() -> None:
    new = version(BODY.replace(LEAD, LEAD + " Acara itu meriah."))
    moved = msgspec.structs.replace(ONE, statement_id="s9", start=ONE.start + 18)
    found = compare(Text(FIRST, [ONE, TWO]), Text(new, [moved]), DAY)
    assert (found.added, found.removed, found.reworded) == ((), (), ())


def test_a_statement_of_somebody_else_is_reworded() -> None:
    found = compare(Text(FIRST, [ONE]), Text(version(BODY + "\n" + TAIL), [said("s1", ONE.text, "Budi Raharja")]), DAY)
    assert [(pair.before.speaker, pair.after.speaker) for pair in found.reworded] == [
        ("Rini Anggraini", "Budi Raharja")
    ]


def test_what_a_paywall_hides_is_not_withdrawn() -> None:
    found = compare(Text(FIRST, [ONE, TWO]), Text(version(LEAD), []), DAY)
    assert found.kind == "shortened"
    assert len(found.removed) == 2
    assert withdrawn(found, [ONE, TWO]) == []


def test_a_version_is_compared_with_the_last_that_said_something_else() -> None:
    first = history(FIRST, (), None)
    assert (first.previous, first.changed_at) == (None, None)
    touched = history(version(BODY + "\n12 komentar", 2), (), first)
    assert (touched.previous, touched.changed_at) == (None, None)
    corrected = history(version(BODY.replace("14", "15"), 3), (), touched)
    assert corrected.previous == touched.version
    assert corrected.changed_at == DAY + timedelta(days=3)
    later = history(version(BODY.replace("14", "15") + "\n13 komentar", 4), (), corrected)
    assert (later.previous, later.changed_at) == (corrected.previous, corrected.changed_at)
    assert history(version(prose(1), 4), (), later).previous == corrected.previous
    assert history(FIRST, (), later).previous is None


def test_the_title_is_kept_where_the_page_does_not_have_it() -> None:
    assert history(FIRST, (), None).version.title == FIRST.title
    on_page = msgspec.structs.replace(FIRST, maps={"title": (Run(0, 0, 5),)})
    known = history(on_page, (), None).version
    assert known.title is None
    page = page_of(known, version(BODY, published=DAY, published_source="upload"))
    assert (page.revision, page.page, page.hints.published) == (1, "p", DAY.isoformat())


TEXTS = st.lists(st.text('ab 1"\n.', max_size=20), max_size=6).map("\n".join)


@given(TEXTS, TEXTS)
def test_form_is_exactly_the_same_substance(one: str, other: str) -> None:
    old, new = version(one, 1), version(other, 2)
    assert (compare(Text(old), Text(new), DAY).kind == "form") == (substance_of(old) == substance_of(new))


@given(st.text("ab \n", max_size=40), st.text("ab \n", max_size=40))
def test_the_diff_of_a_paragraph_holds_both(old: str, new: str) -> None:
    pieces = word_diff(old, new)
    assert " ".join(piece for sign, piece in pieces if sign != "+").split() == old.split()
    assert " ".join(piece for sign, piece in pieces if sign != "-").split() == new.split()


def test_long_texts_are_compared_up_to_a_limit() -> None:
    line = "kata lain\n" * (2 * versions.PARAGRAPHS)
    assert compare(Text(version(line, 1)), Text(version("baru\n" + line)), DAY).kind in ("correction", "extended")
