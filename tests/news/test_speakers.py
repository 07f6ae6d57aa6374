"""Whom a mention means, in invented sentences: what a model takes for names against what capitals join."""

import pytest

from pipeline.news.extraction import extract
from pipeline.news.spans import Span
from schemas.article import EntityKind
from tests.news.test_statements import ROSTER, article, told


def speakers(text: str, *named: tuple[str, EntityKind]) -> set[str | None]:
    """The speakers, when a model takes every occurrence of these words for names."""
    spans = sorted(
        Span("body", at, at + len(words), kind)
        for words, kind in named
        for at in range(len(text))
        if text.startswith(words, at)
    )
    return {statement.speaker for statement in extract(article(text), ROSTER, spans).statements}


def test_a_word_that_a_sentence_puts_before_a_name_is_no_part_of_it() -> None:
    text = "Rupanya Ratna enggan pulang. Ia mengaku masih senang tinggal di desa itu."
    assert speakers(text, ("Ratna", "person")) == {"Ratna"}


def test_the_fullest_name_is_the_one_that_the_model_found() -> None:
    text = 'Keputusan Ratna Wulandari mengejutkan.\n"Saya senang tinggal di desa," kata Ratna.'
    assert speakers(text, ("Ratna Wulandari", "person"), ("kata Ratna", "person")) == {"Ratna Wulandari"}


def test_a_name_goes_on_behind_its_first_word_where_the_model_missed_it() -> None:
    text = 'Catur Sri Wibowo datang pagi-pagi.\n"Saya senang tinggal di desa," kata Catur.'
    assert speakers(text, ("kata Catur", "person")) == {"Catur Sri Wibowo"}


def test_places_and_small_bodies_in_front_of_a_name_are_cut_off() -> None:
    place = "Kecamatan Lumora ramai. Warga di Lumora senang. Ketua panitia Lumora Ilham Subagja hadir.\n"
    text = f'{place}"Kami senang sekali hari ini," kata Subagja.'
    assert speakers(text, ("Lumora", "place"), ("Lumora Ilham Subagja", "person")) == {"Ilham Subagja"}


@pytest.mark.parametrize("name", ["Hari", "Lalu"])
def test_an_ordinary_word_behind_a_cue_is_a_name(name: str) -> None:
    text = f'Kepala Dinas Pertanian {name} Nugraha datang.\n"Kami siap bekerja keras," ujar {name}.'
    assert told(text) == [("direct", f"{name} Nugraha", "Kami siap bekerja keras,")]


def test_a_weekday_behind_a_cue_is_none() -> None:
    text = 'Budi Santoso datang.\n"Kami siap bekerja keras," ujar Budi Santoso.\n"Kami siap lagi," ujar Senin (1/3).'
    assert {speaker for _, speaker, _ in told(text)} <= {"Budi Santoso", None}


def test_two_offices_of_one_person() -> None:
    said = "Kabar itu benar dan sudah diketahui semua orang"
    text = f"{said}. Hal itu disampaikan Menteri Sungai/Kepala Badan Air, Sari Dewanti."
    assert told(text) == [("indirect", "Sari Dewanti", said)]


@pytest.mark.parametrize(
    ("text", "speaker", "said"),
    [
        (
            "Keberadaan mereka di pasar, menurut Budi Santoso, sudah lama dikeluhkan para pedagang.",
            "Budi Santoso",
            "sudah lama dikeluhkan para pedagang",
        ),
        (
            "Hujan yang turun dalam beberapa hari terakhir ini, kata Budi Santoso, menjadi penyelamat bagi petani.",
            "Budi Santoso",
            "menjadi penyelamat bagi petani",
        ),
        (
            "Budi Santoso pekan lalu menutup pasar itu setelah Sari Dewanti mengaku melihat api di sana.",
            "Sari Dewanti",
            "melihat api di sana",
        ),
    ],
)
def test_a_clause_with_its_cue_inside_and_a_clause_inside_another(text: str, speaker: str, said: str) -> None:
    assert told(text) == [("indirect", speaker, said)]


def test_a_clause_that_says_who_is_meant_reports_nothing() -> None:
    assert told("Para ahli yang mengatakan hal itu tadi adalah Budi Santoso dan Sari Dewanti.") == []
    assert told("Perempuan yang menyebut angka besar adalah adik Budi Santoso dari Bandung.") == []


@pytest.mark.parametrize(
    "description", ["ibu dua anak itu", "Perempuan berusia 34 tahun ini", "penyanyi asal Lumora tersebut"]
)
def test_a_description_with_a_deictic_means_who_was_just_named(description: str) -> None:
    text = f'"Saya senang sekali," kata Sari Dewanti.\nMenurut {description}, lagu barunya segera terbit tahun depan.'
    assert [speaker for _, speaker, _ in told(text)] == ["Sari Dewanti", "Sari Dewanti"]


def test_offices_between_commas_behind_a_name() -> None:
    text = "Sari Dewanti, Kepala Bidang Sungai, Dinas Air Lumora, mengatakan sungai itu sudah lama kering."
    assert told(text) == [("indirect", "Sari Dewanti", "sungai itu sudah lama kering")]


def test_a_verb_ends_the_phrase_that_speaks() -> None:
    text = '"Kami minta waktu dulu," kata seorang anggota dewan menginterupsi rapat yang digelar kemarin.'
    assert [speaker for _, speaker, _ in told(text)] == ["anggota dewan"]


def test_a_lone_slash_is_a_mark() -> None:
    assert told('"Kami siap bekerja / berjuang," kata Budi Santoso.') == [
        ("direct", "Budi Santoso", "Kami siap bekerja / berjuang,")
    ]
