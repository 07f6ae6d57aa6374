import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.news import wording
from pipeline.news.likeness import SAME, Seat, likeness
from pipeline.news.wording import Content


def content(text: str, language: str = "id") -> Content:
    return wording.read(text, language).content


def same(one: str, other: str, language: str = "id", *, announced: bool = False, days: int = 1) -> bool:
    here = Seat("a", "body", 0, 50, "indirect", 0)
    there = Seat("a", "body", 90, 140, "direct", 0) if announced else here._replace(article_id="b", day=days)
    return likeness(content(one, language), here, content(other, language), there) >= SAME


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # direct and indirect speech
        (
            "Kami sudah menyiapkan tiga kapal patroli baru untuk mengawasi perairan Teluk Malaka,",
            "pihaknya telah menyiapkan tiga kapal patroli baru guna mengawasi perairan Teluk Malaka",
        ),
        # a headline and the words themselves
        (
            "Subsidi Pupuk Petani Kecil Dilanjutkan",
            "Saya pastikan subsidi pupuk untuk petani kecil akan dilanjutkan sampai musim panen berikutnya,",
        ),
        # one sentence of three
        (
            "Jembatan itu selesai diperbaiki sebelum musim hujan tiba",
            "Saya mengerti keluhan warga. Jembatan itu harus selesai diperbaiki sebelum musim hujan tiba. Kontraktor "
            "sudah kami panggil dan mereka menyanggupi jadwal tersebut.",
        ),
        # clauses in another order
        (
            "jika harga gabah jatuh lagi, pemerintah membeli langsung dari koperasi desa",
            "Pemerintah akan membeli langsung dari koperasi desa jika harga gabah jatuh lagi,",
        ),
        # active and passive
        ("kami memperketat pengawasan dana desa tahun ini", "pengawasan dana desa diperketat tahun ini"),
        # figures in words and digits
        (
            "Bantuan dua juta rupiah diberikan kepada nelayan kecil",
            "bantuan Rp2.000.000 diberikan kepada nelayan kecil",
        ),
        ("Anggaran 1,5 triliun rupiah cair bulan depan", "Anggaran Rp 1,5 triliun cair bulan depan."),
    ],
)
def test_wordings_of_one_utterance(one: str, other: str) -> None:
    assert same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # the same topic, another claim
        (
            "Nelayan Natuna harus menarik perahu dari Teluk Malaka",
            "Nelayan Natuna menambah jumlah kapal di pelabuhan Teluk Malaka",
        ),
        # other figures
        (
            "Pemerintah menyiapkan anggaran 5 triliun rupiah untuk irigasi desa tahun ini",
            "Pemerintah menyiapkan anggaran 7 triliun rupiah untuk irigasi desa tahun ini",
        ),
        ("bantuan lima juta untuk keluarga nelayan kecil", "bantuan lima miliar untuk keluarga nelayan kecil"),
        # a negation
        (
            "Kami akan menutup pelabuhan lama di Teluk Malaka tahun ini",
            "Kami tidak akan menutup pelabuhan lama di Teluk Malaka tahun ini",
        ),
        (
            "Dewan menyetujui kenaikan tarif penyeberangan antarpulau",
            "Dewan menolak menyetujui kenaikan tarif penyeberangan antarpulau",
        ),
        # the opposite
        (
            "harga beras di pasar induk akan naik menjelang hari raya tahun ini",
            "harga beras di pasar induk akan turun menjelang hari raya tahun ini",
        ),
        # other roles in the same words
        ("Natuna menyerang Selayar", "Selayar menyerang Natuna"),
        # what one denies is not spoken of in the other
        (
            "Kapal Patroli di Selat Kerapu Tidak Akan Ditambah",
            "Saya datang untuk bekerja. Kapal patroli tetap di Selat Kerapu sampai perundingan selesai,",
        ),
        # other people in the same template
        (
            "Penyidik memeriksa saksi untuk tersangka Bagus Wiratmo hari ini",
            "Mereka diperiksa sebagai saksi untuk tersangka Ningsih Palupi hari ini",
        ),
    ],
)
def test_other_utterances(one: str, other: str) -> None:
    assert not same(one, other)


def test_another_figure_in_the_same_words_of_one_day_is_misheard() -> None:
    one = "Pemerintah menyiapkan anggaran 5 triliun rupiah untuk irigasi desa dan jalan kabupaten tahun ini"
    assert same(one, one.replace("5", "7"), days=0)
    assert not same(one, one.replace("5", "7"), days=1)
    assert not same(one, one.replace("menyiapkan", "tidak menyiapkan"), days=0)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "We don't need a new harbour in Selayar this year",
            "the province does not need a new harbour in Selayar this year",
        ),
        ("Twenty five ships will leave the northern harbour", "25 ships would leave the northern harbour"),
        (
            "The budget grows by 1.2 billion rupiah for village roads",
            "the budget grows by 1,200,000,000 for village roads",
        ),
        ("not only fishermen but farmers get cheaper fuel", "fishermen and farmers get cheaper fuel"),
    ],
)
def test_english_wordings_of_one_utterance(one: str, other: str) -> None:
    assert same(one, other, "en")


def test_very_short_wordings_are_the_same_only_when_equal() -> None:
    assert same("Itu tidak benar!", "itu tidak benar")
    assert not same("Itu tidak benar", "Itu sama sekali tidak benar")
    assert not same("Kami siap", "Kami siap menghadapi musim hujan dengan pompa tambahan")


QUOTE = "Kapal kami sudah dua bulan tidak melaut karena harga solar di pelabuhan terus naik"


@pytest.mark.parametrize(
    ("other", "repeated"),
    [
        ("Saya ulangi. " + QUOTE + ", dan tidak ada yang menolong", True),
        (QUOTE.replace("melaut", "melau"), True),
        ("karena harga solar di pelabuhan terus naik", True),
        ("harga solar di pelabuhan", True),
        ("harga solar naik", False),  # three words are said of many things
        ("harga solar di Selayar", False),
        ("Kami dua bulan tidak ke pelabuhan karena solar terus naik harga", False),
        ("", False),
    ],
)
def test_a_text_repeats_another_word_for_word(other: str, repeated: bool) -> None:
    assert wording.verbatim(QUOTE, other) is wording.verbatim(other, QUOTE) is repeated


def test_two_cuttings_of_one_text_overlap() -> None:
    earlier, later = f"Saya ulangi di depan menteri: {QUOTE}", f"{QUOTE}. Kami terpaksa menjual jaring dan mesin"
    assert wording.overlap(earlier, later)
    assert wording.overlap(later, earlier)
    assert not wording.overlap(QUOTE, "kapal kami sudah dua bulan tidak melaut, istri saya bekerja di pelabuhan")
    chinese = "渔船必须在秋季之前登记所有船员名单否则不得出海捕鱼作业或者运输货物"
    assert not wording.overlap(chinese, "学校宣布" + chinese[:24] + "部长说"), "so many letters are fewer words"
    assert wording.overlap(chinese, "部长说" + chinese[:31])


def test_one_article_may_say_it_more_freely() -> None:
    indirect = "Dewan Selayar telah menerima usulan rapat tarif pada 12 Mei dan sedang mempertimbangkan usulan tersebut"
    direct = "Kita sudah menerima surat dari Dewan Selayar dan sedang mempertimbangkannya,"
    assert same(indirect, direct, announced=True)


@pytest.mark.parametrize(
    ("text", "language", "numbers"),
    [
        ("dua ratus lima puluh ribu", "id", {"#250000"}),
        ("seratus dua puluh", "id", {"#120"}),
        ("Rp2,5 triliun dan 1.200 unit pada 12 Mei 2031", "id", {"#2500000000000", "#1200", "#12", "#2031"}),
        ("two hundred and fifty thousand", "en", {"#250000"}),
        ("two and five hundred and many ships", "en", {"#2", "#500"}),
        ("twenty five and 3.5 million", "en", {"#25", "#3500000"}),
        ("satu per satu", "id", set()),
        ("1 dari 7 orang", "id", {"#7"}),
        ("dua setengah jam sesudah itu", "id", {"#2.5"}),
        ("bekerja setengah hati", "id", set()),
        ("dua belas kapal", "id", {"#12"}),
        ("setengah juta dan 0,5 juta rupiah", "id", {"#500000"}),
        ("dalam 2 (dua) atau 3 (tiga) hari", "id", {"#2", "#3"}),
        ("dua, tiga kapal", "id", {"#2", "#3"}),
    ],
)
def test_numbers_are_values(text: str, language: str, numbers: set[str]) -> None:
    assert content(text, language).numbers == numbers


def test_a_negation_ends_with_its_clause() -> None:
    assert content("Pelabuhan tidak seperti dulu lagi, dermaga tetap ada").negated == frozenset()
    assert content("Tidak. Kapal itu berlayar").negated == frozenset()
    assert content("Pelabuhan itu tidak akan dibangun").negated == set(content("dibangun").stems)
    gone, stays = "Dermaga tidak seperti dulu lagi, gedung kapal nelayan tetap ada", "gedung kapal nelayan tetap ada"
    assert not wording.contradict(content(gone), content(stays))


def test_signs_between_words_say_nothing() -> None:
    assert content("Kapal, itu. Berlayar!").key == content("kapal itu berlayar").key


def test_names_are_capitals_that_say_something() -> None:
    assert content("Menurut saya Bupati Selayar dan BMKG benar").names == {"bupat", "selayar", "bmkg"}
    assert content("Tarif Kapal Antarpulau Naik Lagi Pekan Depan, Kata PLN").names == {"pln"}


def test_chinese_is_compared_by_letters() -> None:
    assert same("渔船必须在秋季之前登记所有船员名单", "部长说，渔船必须在秋季之前登记所有船员名单。", "zh")
    assert not same("渔船必须在秋季之前登记所有船员名单", "学校将在秋季之前修好所有屋顶", "zh")


ID = "Gubernur Jatmiko meminta Komisi Oseania di Canberra menunda proposal konsesi 40 kapal Selayar"
EN = "Governor Jatmiko asks the Oceania Commission in Canberra to delay the concession proposal of 40 ships for Selayar"


def test_a_translation_shows_by_names_figures_and_cognates() -> None:
    assert wording.translated(content(ID), content(EN, "en")) >= 0.75
    assert wording.translated(content(EN, "en"), content(ID)) == wording.translated(content(ID), content(EN, "en"))


@pytest.mark.parametrize(
    "other",
    [
        EN.replace("40", "60"),
        EN.replace("Canberra", "Wellington").replace("Selayar", "Natuna"),
        "Governor Jatmiko thanked Selayar and the Oceania Commission in Canberra",
        "Jatmiko met 40 people from Selayar, Canberra and Oceania who want new schools and better doctors",
    ],
)
def test_the_same_names_alone_are_no_translation(other: str) -> None:
    assert wording.translated(content(ID), content(other, "en")) == 0


def test_added_words_are_as_written_and_in_order() -> None:
    reading = wording.read("Subsidi pupuk dilanjutkan, termasuk di Kepulauan Selayar mulai Mei", "id")
    assert wording.added(reading, content("subsidi pupuk dilanjutkan").stems) == (
        "Kepulauan",
        "Selayar",
        "mulai",
        "Mei",
    )


WORDS = ("kapal nelayan", "pelabuhan Selayar", "tidak", "5", "lima", "naik", "turun", "menolak", "harga", "juta", ".")
SENTENCES = st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join)


@given(SENTENCES, SENTENCES)
def test_what_speaks_against_it_is_symmetric(one: str, other: str) -> None:
    first, second = content(one), content(other)
    assert wording.contradict(first, second) == wording.contradict(second, first)
    assert wording.scrambled(first, second) == wording.scrambled(second, first)
    assert wording.verbatim(one, other) == wording.verbatim(other, one)
    assert wording.overlap(one, other) == wording.overlap(other, one)


@given(st.text(max_size=80), st.sampled_from(["id", "en", "xx"]))
def test_every_text_equals_itself(text: str, language: str) -> None:
    reading = wording.read(text, language)
    assert len(reading.surfaces) == len(reading.content.stems)
    assert wording.added(reading, reading.content.stems) == ()
