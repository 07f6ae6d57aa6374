"""Constructions that were misread in news that nobody had marked, in invented sentences: what is meant, and what only
looks like it.
"""

import pytest

from pipeline.news.extraction import extract
from pipeline.news.spans import Span
from schemas.article import EntityKind
from tests.news.test_statements import ROSTER, article, found, told


def read(text: str, *named: tuple[str, EntityKind], title: str = "") -> list[tuple[str | None, str]]:
    """Speakers and statements of the body, when a model takes every occurrence of these words for names."""
    spans = sorted(
        Span("body", at, at + len(words), kind)
        for words, kind in named
        for at in range(len(text))
        if text.startswith(words, at)
    )
    every = extract(article(text, title=title), ROSTER, spans).statements
    return [(one.speaker, one.text) for one in every if one.part == "body"]


ACCORDING = {
    "right behind the name": (
        "Menurut Budi Santoso membangun jembatan sama halnya dengan merawat anak, sehingga semua perlu sabar.",
        [("Budi Santoso", "membangun jembatan sama halnya dengan merawat anak, sehingga semua perlu sabar")],
    ),
    "an adverbial behind the name": (
        "Menurut Budi Santoso kepada wartawan kemarin, jembatan itu tidak aman.",
        [("Budi Santoso", "jembatan itu tidak aman")],
    ),
    "behind an apposition": (
        "Menurut Budi Santoso, Direktur Pasar dan Pengolahan Ikan, harga ikan masih terlalu tinggi.",
        [("Budi Santoso", "harga ikan masih terlalu tinggi")],
    ),
    "a subject that looks like an apposition": (
        "Menurut Budi Santoso, direktur pasar itu tidak tahu, tetapi harga ikan tetap naik.",
        [("Budi Santoso", "direktur pasar itu tidak tahu, tetapi harga ikan tetap naik")],
    ),
    "a name that begins what is said": (
        "Menurut salah seorang undangan, Rini Bahar juga menolak rencana pembangunan jembatan itu.",
        [("salah seorang undangan", "Rini Bahar juga menolak rencana pembangunan jembatan itu")],
    ),
    "a name that ends who says it": (
        "Menurut Kepala Pasar, Rini Bahar, rencana pembangunan jembatan itu ditolak.",
        [("Rini Bahar", "rencana pembangunan jembatan itu ditolak")],
    ),
    "behind a noun phrase": (
        "Sementara itu untuk rasa gatal di kulit, menurut Budi Santoso hal itu sangat wajar.",
        [("Budi Santoso", "hal itu sangat wajar")],
    ),
    "joined": (
        "Ratusan mobil mengelilingi kebun itu, dan, menurut Budi Santoso, hal itu membuat rusa takut.",
        [("Budi Santoso", "hal itu membuat rusa takut")],
    ),
    "closing": (
        "Ratusan mobil mengelilingi kebun itu, menurut Budi Santoso, Senin (1/3).",
        [("Budi Santoso", "Ratusan mobil mengelilingi kebun itu")],
    ),
    "a lost line break": (
        "Mobil itu dibuat pada 2021,Menurut Budi Santoso, produksi akan dimulai tahun depan.",
        [("Budi Santoso", "produksi akan dimulai tahun depan")],
    ),
    "pointing back": (
        "Kulit menua lebih cepat karena matahari. Begitu menurut dokter Sari Dewanti, ahli kulit.",
        [("Sari Dewanti", "Kulit menua lebih cepat karena matahari")],
    ),
    "not pointing back": (
        "Kulit menua lebih cepat karena matahari. Begitu tiba, menurut Sari Dewanti, ia langsung sakit keras.",
        [("Sari Dewanti", "ia langsung sakit keras")],
    ),
    "a rule": ("Tindakan ini dilakukan segera menurut Peraturan No. 20 tentang kebersihan, dalam tiga hari.", []),
}


@pytest.mark.parametrize("case", ACCORDING)
def test_according(case: str) -> None:
    text, expected = ACCORDING[case]
    assert read(text) == expected


def test_a_predicate_behind_the_cue_goes_on_with_the_clause() -> None:
    text = "Rekam jejak Rini Bahar, kata Budi Santoso bisa dibilang buruk karena ia sering pergi."
    assert read(text) == [("Budi Santoso", "bisa dibilang buruk karena ia sering pergi")]
    closing = "Rekam jejak Rini Bahar bisa dibilang buruk, kata Budi Santoso menutup pembicaraan itu."
    assert read(closing) == [("Budi Santoso", "Rekam jejak Rini Bahar bisa dibilang buruk")]


WISHES = {
    "an adjective": "Pendidikan bagi anggota dewan ini sangat mendesak, mengingat banyak kursus sudah dihapus.",
    "a reason": "Pemimpin itu menegur bawahannya karena mendesak tentara untuk segera menyerang kota itu.",
    "a purpose": "Rini Bahar datang ke kantor guna meminta bantuan agar rumahnya segera diperbaiki.",
}


@pytest.mark.parametrize("case", WISHES)
def test_no_wish(case: str) -> None:
    assert told(WISHES[case]) == []


def test_a_wish() -> None:
    text = "Gubernur Sari Dewanti mendesak tentara untuk segera meninggalkan kota itu."
    assert told(text) == [("indirect", "Sari Dewanti", "segera meninggalkan kota itu")]


def test_a_second_verb_has_the_subject_of_the_first() -> None:
    text = "Sari Dewanti bingung saat melihat anak rusa itu, dan menduga bahwa hewan tersebut sedang sakit."
    assert read(text) == [("Sari Dewanti", "hewan tersebut sedang sakit")]
    own = "Sari Dewanti melihat anak rusa itu, dan Budi Santoso menduga bahwa hewan tersebut sedang sakit."
    assert read(own) == [("Budi Santoso", "hewan tersebut sedang sakit")]


def test_a_verb_is_no_part_of_who_speaks() -> None:
    text = "Lalu korban menasehati dan meminta agar musik itu segera dikecilkan malam itu."
    assert read(text) == [("korban", "musik itu segera dikecilkan malam itu")]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("Suku Dinas Kebersihan Kota", ()),
        ("Direktorat Jenderal Angkutan Sungai", (("Udin Sungai", "person"),)),
        ("Komisi Sungai Besar", ()),
    ],
)
def test_a_body_is_no_person(body: str, named: tuple[tuple[str, EntityKind], ...]) -> None:
    text = f"Udin Sungai pulang. {body} menyatakan bahwa air sungai naik lagi."
    assert read(text, *named) == [(body, "air sungai naik lagi")]


def test_a_body_in_small_letters_is_named_in_full() -> None:
    text = 'Komisi Sungai Besar bersidang.\n"Air sungai naik lagi," kata komisi itu.'
    assert read(text) == [("Komisi Sungai Besar", "Air sungai naik lagi,")]


def test_a_first_name_that_is_a_word_for_a_body() -> None:
    text = '"Air sungai naik lagi," kata Tim Sudarga.'
    assert read(text, ("Tim Sudarga", "person")) == [("Tim Sudarga", "Air sungai naik lagi,")]
    assert read('"Air sungai naik lagi," kata Tim Sungai Besar.') == [("Tim Sungai Besar", "Air sungai naik lagi,")]


def test_a_body_with_several_fields() -> None:
    office = "Kepala Dinas Pasar Rakyat dan Pertanahan Kota, Rini Bahar,"
    text = f'"Air sungai naik lagi," kata {office} pekan lalu.'
    assert read(text, ("Dinas Pasar Rakyat", "organisation")) == [("Rini Bahar", "Air sungai naik lagi,")]
    two = '"Air sungai naik lagi," kata Ketua Panitia Budi Santoso dan Rini Bahar.'
    assert read(two, ("Budi Santoso", "person"), ("Rini Bahar", "person"))[0][0] == "Budi Santoso"


def test_who_serves_somebody_may_have_one_name() -> None:
    text = '"Kami siap bekerja," kata kuasa hukum Budi Santoso, Rubiyah, Senin (1/3).'
    assert read(text, ("Budi Santoso", "person"), ("Rubiyah", "person")) == [("Rubiyah", "Kami siap bekerja,")]
    place = '"Kami siap bekerja," kata kuasa hukum Budi Santoso, Lumora, Senin (1/3).'
    assert read(place, ("Budi Santoso", "person"), ("Lumora", "place")) == [("Budi Santoso", "Kami siap bekerja,")]
    other = '"Kami siap bekerja," kata Gubernur Budi Santoso, Rubiyah, dan warga.'
    assert read(other, ("Budi Santoso", "person"), ("Rubiyah", "person"))[0][0] == "Budi Santoso"


def test_a_relative_speaks_under_the_own_name() -> None:
    assert read('"Kami sehat," kata istri Budi Santoso, Sari Dewanti, di rumah.') == [("Sari Dewanti", "Kami sehat,")]
    assert read('"Kami sehat," kata istri Budi Santoso di rumah.') == [("istri Budi Santoso", "Kami sehat,")]


def test_somebody_is_meant_by_a_nickname_and_a_deictic() -> None:
    called = "Wanita yang akrab disapa Dewi ini berharap agar semua warga tetap tenang."
    text = f'Gubernur Sari Dewanti pulang.\n"Kami siap," katanya.\n{called}'
    assert [speaker for speaker, _ in read(text)] == ["Sari Dewanti", "Sari Dewanti"]


def test_an_alias_of_an_official_is_nobody_elses_short_name() -> None:
    text = 'Ibu Negara, Lia NAME, pulang.\n"Kami siap bekerja," kata NAME.'
    assert read(text.replace("NAME", "Suwarna")) == [("Lia Suwarna", "Kami siap bekerja,")]
    assert read(text.replace("NAME", "Rawira")) == [("Rahman Wiratama", "Kami siap bekerja,")]


def test_who_was_just_introduced_speaks() -> None:
    text = (
        '"Kami siap bekerja," kata Budi Santoso.\n'
        'Bupati Rini Bahar sangat menghargai usaha itu.\n"Jembatan itu bagus," ujarnya.'
    )
    assert [speaker for speaker, _ in read(text)] == ["Budi Santoso", "Rini Bahar"]
    passing = text.replace("Bupati Rini Bahar sangat menghargai usaha itu.", "Usaha itu dihargai oleh Rini Bahar.")
    assert [speaker for speaker, _ in read(passing)] == ["Budi Santoso", "Budi Santoso"]


def test_a_headline_means_an_office_with_the_short_form_of_its_body() -> None:
    body = "Ketua Komisi Sungai Besar (KSB) Rini Bahar mengatakan bahwa air sungai naik lagi."
    assert {one.speaker for one in found(body, title="Ketua KSB Sebut Air Sungai Naik Lagi")} == {"Rini Bahar"}
    assert found(body, title="Ketua KBS Sebut Air Sungai Naik Lagi")[0].speaker == "Ketua KBS"


def test_a_district_is_no_part_of_a_name() -> None:
    text = 'Bupati Lumora Taslim tiba. Kantor di Kabupaten Lumora tutup.\n"Kami siap bekerja," kata Taslim.'
    assert read(text) == [("Taslim", "Kami siap bekerja,")]


def test_a_relative_clause_of_others() -> None:
    text = "Lebih dari dua ribu senjata telah diserahkan, yang menurut Budi Santoso lebih sedikit dari yang diharapkan."
    assert read(text) == [("Budi Santoso", "lebih sedikit dari yang diharapkan")]


def test_a_noun_may_begin_like_a_verb() -> None:
    text = "Penyandang disabilitas, menurut Budi Santoso, juga membutuhkan pengetahuan dan teman yang baik."
    assert read(text) == [("Budi Santoso", "juga membutuhkan pengetahuan dan teman yang baik")]
    verb = "Penyandang cacat disiapkan, menurut Budi Santoso, juga kemarin."
    assert read(verb) == [("Budi Santoso", "Penyandang cacat disiapkan")]


def test_of_two_clauses_around_a_cue_the_longer_one_is_taken() -> None:
    first, second = (
        "Hal ketujuh adalah keputusan rapat dewan",
        "pemerintah mesti menindaklanjuti pengaduan warga selama lima hari",
    )
    assert read(f"{first}, kata Budi Santoso, {second}.") == [("Budi Santoso", second)]
    assert read(f"{second}, kata Budi Santoso, karena itu penting.") == [("Budi Santoso", second)]


def test_a_subordinate_clause_waits() -> None:
    text = "Selagi masyarakat terus mendorong mereka bekerja bagus, kata Budi Santoso, niscaya hasilnya juga bagus."
    assert read(text) == [("Budi Santoso", "niscaya hasilnya juga bagus")]


def test_anybody_is_nobody() -> None:
    text = "Setiap orang yang menyatakan bahwa ia punya kekuatan gaib dapat dipidana."
    assert read(text) == []
    assert read(text.replace("Setiap orang", "Orang")) != []


def test_an_office_behind_a_name() -> None:
    text = "Budi Santoso, pendiri Jaringan Sungai mengatakan bahwa air sungai naik lagi."
    assert read(text, ("Budi Santoso", "person"), ("Jaringan Sungai", "organisation"))[0][0] == "Budi Santoso"
    other = "Budi Santoso pulang, Gubernur Rini Bahar mengatakan bahwa air sungai naik lagi."
    assert read(other, ("Budi Santoso", "person"), ("Rini Bahar", "person"))[0][0] == "Rini Bahar"
    behalf = "Budi Santoso selaku pendiri Jaringan Sungai mengatakan bahwa air sungai naik lagi."
    assert read(behalf)[0][0] == "Budi Santoso"


def test_a_side_means_who_spoke_for_it() -> None:
    text = 'Gubernur Sari Dewanti pulang.\n"Kami siap," katanya.\nPihaknya juga meminta agar semua warga tetap tenang.'
    assert [speaker for speaker, _ in read(text)] == ["Sari Dewanti", "Sari Dewanti"]


def test_an_office_with_its_place() -> None:
    text = '"Air naik lagi," kata Kepala Dinas Sungai Lumora, Jawa Timur, dr. Rini Bahar.'
    assert read(text, ("Lumora", "place"), ("Rini Bahar", "person")) == [("Rini Bahar", "Air naik lagi,")]
    nobody = '"Air naik lagi," kata Kepala Dinas Kesehatan Lumora di Jawa Timur.'
    assert read(nobody) == [("Kepala Dinas Kesehatan Lumora", "Air naik lagi,")]


def test_what_is_named_after_somebody_is_not_their_name() -> None:
    text = 'Rapat di Bandara Sari Wulan Dewi ramai.\n"Air naik lagi," kata Sari.'
    assert read(text)[0][0] == "Sari"
    assert read(text.replace("Bandara ", "rumah "))[0][0] == "Sari Wulan Dewi"


def test_a_name_keeps_the_form_that_the_article_uses() -> None:
    text = "Budi Santoso pulang dari rumah Budi Santoso. Di kantor Budi Santoso Associates ada Budi Santoso.\n"
    firm = ("Budi Santoso Associates", "person")
    assert read(text + '"Air naik lagi," kata Budi.', ("Budi Santoso", "person"), firm)[0][0] == "Budi Santoso"


def test_words_with_figures_are_no_names() -> None:
    text = 'Peraturan Menteri Keuangan NAME berlaku.\n"Air naik lagi," kata Menteri Keuangan.'
    assert read(text.replace("NAME", "No.222/PMK")) == [("Menteri Keuangan", "Air naik lagi,")]
    assert read(text.replace("NAME", "Budi Santoso")) == [("Budi Santoso", "Air naik lagi,")]


def test_an_office_is_read_over_brackets() -> None:
    body = "Panglima Tentara Laut Oranta (TLO) Marsekal Budi Santoso pulang."
    (one,) = found(body, title="Panglima TLO Sebut Air Sungai Naik Lagi")
    assert one.speaker == "Budi Santoso"


@pytest.mark.parametrize(
    "title", ["Liga 1: Oranta Hadapi Lumora Malam Ini", "Piala Lautan: Oranta Hadapi Lumora Malam Ini"]
)
def test_a_rubric_says_nothing(title: str) -> None:
    assert found("Oranta tiba di Lumora.", title=title) == ()


@pytest.mark.parametrize(
    ("title", "speaker"), [("KSB: Air Sungai Naik Lagi", "KSB"), ("Warga: Air Naik Lagi", "Warga")]
)
def test_a_body_says_something_in_a_headline(title: str, speaker: str) -> None:
    assert [one.speaker for one in found("Oranta tiba di Lumora.", title=title)] == [speaker]


def test_a_revelation_in_a_headline_is_a_topic() -> None:
    body = "Gubernur Sari Dewanti pulang."
    assert found(body, title="Gubernur Dewanti Ungkap Kunci Keberhasilan Pembangunan Jembatan") == ()
    assert found(body, title="Gubernur Dewanti Tegaskan Jembatan Selesai Tahun Depan") != ()


def test_a_headline_verb_is_no_name() -> None:
    body = '"Kami siap bekerja," kata Bowo kepada pers.'
    assert {s.speaker for s in found(body, title="Bowo Tindak Tegas Pelanggar")} == {"Bowo"}


@pytest.mark.parametrize("marks", ["''", "’’"])
def test_two_single_marks_are_a_double_one(marks: str) -> None:
    text = f"{marks}Kami siap bekerja,{marks} kata Budi Santoso. {marks}Dana sudah ada sejak lama.{marks}"
    assert [one.text for one in found(text)] == ["Kami siap bekerja,", "Dana sudah ada sejak lama."]
    assert found("Meja itu panjangnya 5' 3'' menurut tukang.") == ()


def test_a_verb_that_no_list_has() -> None:
    text = '"Kami siap bekerja keras," kata Budi Santoso.\n"Air sungai naik lagi," ketus Rini Bahar, warga.'
    assert read(text, ("Rini Bahar", "person"))[-1] == ("Rini Bahar", "Air sungai naik lagi,")
    decided = text.replace("ketus Rini Bahar, warga", "Rini Bahar memutuskan")
    assert read(decided, ("Rini Bahar", "person"))[-1] == ("Rini Bahar", "Air sungai naik lagi,")
    nobody = text.replace("ketus Rini Bahar, warga", "di Lumora")
    assert read(nobody)[-1][0] == "Budi Santoso"


def test_an_office_with_an_ampersand() -> None:
    text = "Direktur Pasar & Pelabuhan Lautan Rini Bahar mengatakan bahwa air sungai naik lagi."
    assert read(text, ("Rini Bahar", "person")) == [("Rini Bahar", "air sungai naik lagi")]
    two = "Budi Santoso & Rini Bahar mengatakan bahwa air sungai naik lagi."
    people: list[tuple[str, EntityKind]] = [("Budi Santoso", "person"), ("Rini Bahar", "person")]
    assert read(two, *people)[0] == read(two.replace("&", "dan"), *people)[0]


def test_fields_of_an_office_without_a_name_are_one_speaker() -> None:
    assert read("Menteri Hukum dan HAM mengatakan bahwa air sungai naik lagi.")[0][0] == "Menteri Hukum dan HAM"


def test_the_longer_clause_around_according() -> None:
    text = "Tak hanya soal kesehatan, menurut Budi Santoso, penggunaan minyak itu merugikan banyak warga kota."
    assert read(text) == [("Budi Santoso", "penggunaan minyak itu merugikan banyak warga kota")]
    closing = "Penggunaan minyak itu merugikan banyak warga kota, menurut Budi Santoso, juga anak-anak."
    assert read(closing) == [("Budi Santoso", "Penggunaan minyak itu merugikan banyak warga kota")]


def test_a_verb_behind_the_cue() -> None:
    text = "Sebagian besar dari sebelas perusahaan, kata Budi Santoso bergerak di bidang angkutan sungai."
    assert read(text) == [("Budi Santoso", "bergerak di bidang angkutan sungai")]


def test_an_office_with_a_relative_clause_behind_a_name() -> None:
    text = "Rini Bahar, Pelaksana Humas di Lumora yang turut mendampingi warga, mengatakan bahwa air sungai naik lagi."
    assert read(text, ("Rini Bahar", "person"), ("Lumora", "place")) == [("Rini Bahar", "air sungai naik lagi")]


def test_a_passive_that_goes_on_is_about_something_else() -> None:
    said = "Ada tiga ratus pasar yang akan ikut tahun ini"
    assert read(f"{said}. Hal ini dinyatakan Budi Santoso meningkat pesat.") == []
    assert read(f"{said}. Hal ini dinyatakan Budi Santoso di Bandung.") == [("Budi Santoso", said)]


def test_a_word_of_headlines_is_no_first_name() -> None:
    text = 'Cerita Ratna laris.\n"Kami siap bekerja," kata Ratna.'
    assert read(text) == [("Ratna", "Kami siap bekerja,")]
    assert read(text.replace("Cerita Ratna laris", "Kemarin Citra Ratna pulang")) == [
        ("Citra Ratna", "Kami siap bekerja,")
    ]


def test_a_pronoun_means_who_the_sentence_began_with() -> None:
    text = (
        'Sari Dewanti marah.\n"Kami siap," kata Sari Dewanti.\n'
        "Budi Santoso memarahi warga, ia meminta agar mereka segera pulang."
    )
    assert [speaker for speaker, _ in read(text, ("Budi Santoso", "person"))] == ["Sari Dewanti", "Budi Santoso"]
    alone = text.replace("Budi Santoso memarahi warga, ia", "Kemarin ia")
    assert [speaker for speaker, _ in read(alone)] == ["Sari Dewanti", "Sari Dewanti"]


def test_a_first_name_that_is_an_ordinary_word() -> None:
    text = '"Air naik lagi," kata Kepala Dinas Sungai Hari Nugraha.'
    assert read(text, ("Nugraha", "person"))[0][0] == "Hari Nugraha"
    day = '"Air naik lagi," kata Teguh Nugraha pada Hari Sungai.'
    assert read(day, ("Teguh Nugraha", "person"))[0][0] == "Teguh Nugraha"


def test_a_degree_is_no_name() -> None:
    first = "Ahli gizi Dr dr Tan Wulandari, M.Hum menegaskan bahwa air sungai aman."
    assert read(first, ("Tan Wulandari", "person")) == [("Tan Wulandari", "air sungai aman")]
    second = "Menurut dr Rini Bahar, SpP, air itu tidak aman."
    assert read(second, ("Rini Bahar", "person")) == [("Rini Bahar", "air itu tidak aman")]
    assert read('"Air naik lagi," kata DeVita.', ("DeVita", "person"))[0][0] == "DeVita"


def test_the_end_of_a_name_that_a_model_found_counts_behind_an_office_but_not_behind_a_rank() -> None:
    end: tuple[str, EntityKind] = ("Pola Mirandi", "person")
    assert read('"Air naik lagi," kata Kepala Polisi Wessex Constable Pola Mirandi.', end)[0][0] == "Pola Mirandi"
    assert read('"Air naik lagi," kata Kapolsek Kombes Truno Pola Mirandi.', end)[0][0] == "Truno Pola Mirandi"


def test_a_manner_belongs_to_the_subject_of_the_sentence() -> None:
    text = 'Sari Dewanti mengecam pemerintahan Budi Santoso, dengan mengatakan "Air sungai harus dijaga bersama."'
    assert read(text, ("Sari Dewanti", "person"), ("Budi Santoso", "person"))[0][0] == "Sari Dewanti"


def test_an_office_with_a_deictic_is_no_name() -> None:
    said = "Direktur Pusat Lautan itu menilai air sungai tidak aman."
    text = f'Direktur Pusat Lautan Rini Bahar pulang.\n"Kami siap," kata Rini.\n{said}'
    assert [speaker for speaker, _ in read(text, ("Rini Bahar", "person"))] == ["Rini Bahar", "Rini Bahar"]


def test_a_proverb_says_nothing() -> None:
    assert read('Sebuah pepatah mengatakan, "air yang tenang menghanyutkan banyak orang."') == []
    assert read('Budi Santoso mengatakan, "air yang tenang menghanyutkan banyak orang."') != []


def test_marks_in_the_wrong_encoding_that_were_typed_twice() -> None:
    (one,) = found('"Kami siap bekerja,‚Äô‚Äô kata Budi Santoso.')
    assert one.text == "Kami siap bekerja,"


def test_what_is_not_said_is_no_quotation() -> None:
    text = 'Ketika diajak makan, Budi Santoso tidak mengatakan "maaf, saya sedang berpuasa hari ini."'
    assert read(text) == []
    assert read(text.replace("tidak", "lalu"))[0][0] == "Budi Santoso"


@pytest.mark.parametrize("thing", ["Pasal 219", "Laporan penelitian"])
def test_what_is_written_says_nothing(thing: str) -> None:
    assert read(f'{thing} menyebutkan, "setiap kapal yang berlayar di sungai wajib membawa pelampung."') == []


def test_a_second_quotation_of_a_sentence_goes_on_with_its_speaker() -> None:
    text = '"Saya siap," kata Budi Santoso, lalu menambahkan, "Kami menunggu kapal yang datang dari Lumora."'
    assert [speaker for speaker, _ in read(text, ("Budi Santoso", "person"))] == ["Budi Santoso", "Budi Santoso"]


def test_a_source_behind_a_quotation() -> None:
    text = '"Saya siap," kata Rini Bahar.\n"Pengamatan lebih lanjut sangat diinginkan," menurut Budi Santoso.'
    assert read(text)[-1] == ("Budi Santoso", "Pengamatan lebih lanjut sangat diinginkan,")
    opening = '"Saya siap," kata Rini Bahar.\n"Ini penting." Menurut Budi Santoso, air sungai naik lagi pekan ini.'
    assert ("Budi Santoso", "air sungai naik lagi pekan ini") in read(opening)


def test_a_body_that_begins_with_a_country() -> None:
    text = "Indonesia River Watch mencatat bahwa air sungai naik lagi."
    assert read(text, ("Indonesia River Watch", "organisation")) == [("Indonesia River Watch", "air sungai naik lagi")]
    office = "Presiden Indonesia Budi Santoso mencatat bahwa air sungai naik lagi."
    assert read(office) == [("Budi Santoso", "air sungai naik lagi")]


def test_a_heading_gives_nobody_a_first_name() -> None:
    text = '"Kami siap bekerja," kata Ratna.\nAir Mata Ratna menetes.'
    assert read(text) == [("Ratna", "Kami siap bekerja,")]


def test_a_noun_that_the_article_writes_small_begins_no_name() -> None:
    text = 'Jawaban Ratna ditunggu. "Ini jawaban kami untuk semua warga," kata Ratna.'
    assert read(text, ("Ratna", "person"))[-1][0] == "Ratna"
    named = 'Jawara Ratna ditunggu. "Ini jawaban kami untuk semua warga," kata Ratna.'
    assert read(named, ("Jawara Ratna", "person"), ("Ratna", "person"))[-1][0] == "Jawara Ratna"


def test_a_second_verb_or_a_comma_before_a_quotation_leaves_the_subject() -> None:
    joined = 'Rini Bahar menangis dan mengatakan "semua perahu harus segera pulang ke Lumora."'
    assert read(joined, ("Rini Bahar", "person"))[0][0] == "Rini Bahar"
    apposition = 'Rini Bahar yang bekerja di pelabuhan, mengatakan "semua perahu harus segera pulang ke Lumora."'
    assert read(apposition, ("Rini Bahar", "person"))[0][0] == "Rini Bahar"


def test_what_is_told_has_a_predicate() -> None:
    assert read("Budi Santoso menceritakan hari-hari terberatnya di sungai.") == []
    assert read("Budi Santoso menceritakan perahunya sudah tenggelam di sungai.") != []


def test_two_who_must_do_what_somebody_says() -> None:
    text = "Budi Santoso mengatakan pemerintah dan DPR harus menjaga sungai bersama."
    assert read(text) == [("Budi Santoso", "pemerintah dan DPR harus menjaga sungai bersama")]


def test_one_of_two_offices_before_a_name() -> None:
    text = "Menteri Sungai atau Kepala Pelabuhan Budi Santoso mengatakan bahwa air naik lagi."
    assert read(text) == [("Budi Santoso", "air naik lagi")]
    joined = "Menteri Sungai atau nelayan Lumora kini menunggu. Budi Santoso mengatakan bahwa air naik lagi."
    assert read(joined) == [("Budi Santoso", "air naik lagi")]


def test_who_is_explained_without_a_closing_comma() -> None:
    text = "Budi Santoso, seorang peneliti di Lumora Motor mengatakan bahwa air naik lagi."
    assert read(text) == [("Budi Santoso", "air naik lagi")]
    other = "Setelah bertemu Budi Santoso, seorang peneliti di Lumora Motor mengatakan bahwa air naik lagi."
    assert read(other) == [("peneliti", "air naik lagi")]
