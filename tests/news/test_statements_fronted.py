"""Quotations behind their verb of saying: who says them, and when nobody does; sources at the end of a sentence."""

import pytest

from pipeline.news.extraction import extract
from pipeline.news.officials import Roster
from pipeline.news.spans import Span
from tests.news.test_statements import article

SAID = {
    "beside an earlier quotation": (
        '"Bagus, asal dicek dinas terkait," kata Rina Lestari sambil menambahkan, "Airnya juga harus bersih sekali."',
        [("Bagus, asal dicek dinas terkait,", "Rina Lestari"), ("Airnya juga harus bersih sekali.", "Rina Lestari")],
    ),
    "behind the object of another verb": (
        'Rina Lestari menatap Toni Wijaya dan berkata, "Kita berangkat besok pagi."',
        [("Kita berangkat besok pagi.", "Rina Lestari")],
    ),
    "in the last of two clauses": (
        'Para tamu kaget dan Toni Wijaya menegurnya dengan berkata, "Jangan berisik di sini."',
        [("Jangan berisik di sini.", "Toni Wijaya")],
    ),
    "behind an adverbial with a name": (
        'Setelah pesta Rina Lestari usai, seorang tamu menulis dan menyebut akun itu, "Acaranya meriah sekali."',
        [("Acaranya meriah sekali.", "tamu")],
    ),
    "not the one who is spoken of": (
        'Saat warga membahas Rina Lestari, seorang pejabat kota mengatakan: "Rapat ditunda sampai pekan depan."',
        [("Rapat ditunda sampai pekan depan.", "pejabat kota")],
    ),
    "who speaks for another": (
        'Rina Lestari pengacara Toni Wijaya mengatakan, "Kami akan naik banding pekan depan."',
        [("Kami akan naik banding pekan depan.", "Rina Lestari")],
    ),
    "a title in another language": (
        'Rina Lestari, Senior Sales Manager Sungai Biru mengatakan, "Penjualan kami naik dua kali lipat."',
        [("Penjualan kami naik dua kali lipat.", "Rina Lestari")],
    ),
    "degrees": (
        'Tak hanya itu, dr. Rina Lestari, SpJP(K), FIHA mengungkapkan, "Tekanan darah harus selalu dijaga."',
        [("Tekanan darah harus selalu dijaga.", "Rina Lestari")],
    ),
    "a relative clause that ends in a body": (
        'Rina Lestari, yang juga ketua Komisi Sungai, Bank Sungai Biru, mengatakan, "Kami akan naik banding."',
        [("Kami akan naik banding.", "Rina Lestari")],
    ),
    "a verb that begins the sentence": (
        'Mendengar kabar itu, Toni Wijaya terlihat puas dan berkomentar, "Ini sudah cukup bagi kami."',
        [("Ini sudah cukup bagi kami.", "Toni Wijaya")],
    ),
    "an aside": (
        'Toni Wijaya (tuan rumah) mengangguk dan berkata, "Silakan masuk dan duduk dulu."',
        [("Silakan masuk dan duduk dulu.", "Toni Wijaya")],
    ),
    "where somebody is from": (
        'Pada foto itu, pemain asal Jepang itu menulis, "Selamat ulang tahun untuk kalian."',
        [("Selamat ulang tahun untuk kalian.", "pemain asal Jepang itu")],
    ),
    "the one who tells it": (
        'Lalu aku hanya menjawab, "Besok saya akan datang lagi."',
        [("Besok saya akan datang lagi.", None)],
    ),
    "a pronoun when two were heard": (
        '"Kami siap," kata Rina Lestari. Toni Wijaya sedang berdiri di pintu. Ia berteriak, "Tunggu kami di luar."',
        [("Kami siap,", "Rina Lestari"), ("Tunggu kami di luar.", None)],
    ),
    "a pronoun when one was heard": (
        '"Kami siap," kata Rina Lestari. Ia menambahkan, "Semua sudah diatur dengan baik."',
        [("Kami siap,", "Rina Lestari"), ("Semua sudah diatur dengan baik.", "Rina Lestari")],
    ),
    "a word for somebody who has no name": (
        '"Kami siap," kata Rina Lestari. Seorang perempuan datang. Perempuan itu bertanya, "Kapan kita mulai bekerja?"',
        [("Kami siap,", "Rina Lestari"), ("Kapan kita mulai bekerja?", "Perempuan")],
    ),
}


def said(text: str, *people: str) -> list[tuple[str, str | None]]:
    """What is said and who says it, where a model finds the people."""
    spans = [
        Span("body", at, at + len(name), "person")
        for name in people
        for at in range(len(text))
        if text.startswith(name, at)
    ]
    return [(one.text, one.speaker) for one in extract(article(text), Roster(()), spans).statements]


@pytest.mark.parametrize("case", SAID)
def test_who_says_it(case: str) -> None:
    text, expected = SAID[case]
    assert said(text, "Rina Lestari", "Toni Wijaya") == expected


@pytest.mark.parametrize(
    "text",
    [
        'Kalau ada yang bertanya, "Apa yang sudah kamu lakukan?" jawablah dengan tenang.',
        'Rina Lestari membawakan pidato bertajuk: "Sungai Bersih untuk Semua Warga."',
        'Hal itu diatur Pasal 5 Peraturan Daerah Sungai yang menyebutkan, "Setiap warga wajib menjaga sungai."',
        'Tim itu berlebihan dalam mengungkap temuan dan kabar, "Laporan itu baru terbit enam bulan lalu."',
    ],
)
def test_nobody_says_it(text: str) -> None:
    assert said(text, "Rina Lestari") == []


def test_a_clause_that_goes_on_behind_its_source_is_not_cut() -> None:
    ends = "Jembatan itu akan dibongkar pekan depan, menurut Rina Lestari pada Kamis."
    dated = "Jembatan itu akan dibongkar pekan depan, menurut Rina Lestari, 9 Mei 2031."
    goes_on = "Tujuan membongkar jembatan, menurut Rina Lestari, untuk mencegah kecelakaan."
    for text in (ends, dated):
        assert said(text, "Rina Lestari") == [("Jembatan itu akan dibongkar pekan depan", "Rina Lestari")]
    assert "Tujuan membongkar jembatan" not in [text for text, _ in said(goes_on, "Rina Lestari")]


def test_in_a_story_of_its_writer_nobody_knows_who_he_is() -> None:
    story = "Saya berjalan ke pasar pagi itu. " * 12
    text = f'{story}Rina Lestari tertawa. Dia berkata, "Kamu selalu datang terlambat."'
    assert said(text, "Rina Lestari") == [("Kamu selalu datang terlambat.", None)]
