"""Who said what, in invented sentences: one case a construction."""

from datetime import UTC, date, datetime

import pytest

from pipeline.news.extraction import EXTRACTOR, Extraction, extract
from pipeline.news.officials import Roster
from schemas.article import Article, Run
from schemas.catalog import Official, Role, Snapshot
from schemas.statement import Statement

ROSTER = Roster.of(
    Snapshot(
        officials=(
            Official(
                id="rahman-wiratama",
                name="Rahman Wiratama",
                aliases=("Rawira",),
                roles=(
                    Role(
                        title="Menteri Luar Negeri Indonesia",
                        since=date(2020, 1, 1),
                        until=date(2024, 1, 1),
                    ),
                ),
            ),
            Official(id="bank-lautan", name="Bank Lautan", kind="organisation"),
        )
    )
)


def article(text: str, **fields: object) -> Article:
    known: dict[str, object] = {
        "article_id": "a1",
        "revision": 1,
        "page": "p1",
        "media_type": "text/plain",
        "source": "upload",
        "fetched_at": datetime(2022, 3, 1, tzinfo=UTC),
        "title": "",
        "language": "id",
        "extractor": "test",
    }
    return Article(text=text, **{**known, **fields})  # type: ignore[arg-type]


def found(text: str, **fields: object) -> tuple[Statement, ...]:
    return extract(article(text, **fields), ROSTER).statements


def told(text: str, **fields: object) -> list[tuple[str, str | None, str]]:
    return [(s.kind, s.speaker, s.text) for s in found(text, **fields)]


INDONESIAN = {
    "cue behind": ('"Kami siap bekerja," kata Budi Santoso.', "direct", "Budi Santoso", "Kami siap bekerja,"),
    "lead before the cue": (
        '"Kami siap bekerja," demikian ujar Budi Santoso, Senin (1/3).',
        "direct",
        "Budi Santoso",
        "Kami siap bekerja,",
    ),
    "mixed marks": ('“Kami siap bekerja," kata Budi Santoso.', "direct", "Budi Santoso", "Kami siap bekerja,"),
    "guillemets": ("«Kami siap bekerja», kata Budi Santoso.", "direct", "Budi Santoso", "Kami siap bekerja"),
    "role and name": (
        '"Kami siap bekerja," kata juru bicara Kementerian Kelautan, Sari Dewanti, di Bandung.',
        "direct",
        "Sari Dewanti",
        "Kami siap bekerja,",
    ),
    "rank and body": (
        '"Pelaku ditangkap tadi malam," ujar Kapolres Cianjur AKBP Dodi Prasetya.',
        "direct",
        "Dodi Prasetya",
        "Pelaku ditangkap tadi malam,",
    ),
    "cue in front": ('Budi Santoso menjawab: "Belum ada keputusan."', "direct", "Budi Santoso", "Belum ada keputusan."),
    "question first": (
        'Saat ditanya soal anggaran, Budi Santoso menjawab: "masih terlalu dini."',
        "direct",
        "Budi Santoso",
        "masih terlalu dini.",
    ),
    "that-clause": (
        "Gubernur Sari Dewanti mengatakan bahwa jembatan itu selesai tahun depan.",
        "indirect",
        "Sari Dewanti",
        "jembatan itu selesai tahun depan",
    ),
    "comma": (
        "Ketua Komisi X, Budi Santoso, menegaskan, jembatan itu selesai tahun depan.",
        "indirect",
        "Budi Santoso",
        "jembatan itu selesai tahun depan",
    ),
    "no joint": (
        "Presiden Budi Santoso pada hari Kamis mengatakan jembatan itu selesai tahun depan.",
        "indirect",
        "Budi Santoso",
        "jembatan itu selesai tahun depan",
    ),
    "adverb": (
        "Gubernur Sari Dewanti juga kembali menyatakan kalau anggaran sudah cukup.",
        "indirect",
        "Sari Dewanti",
        "anggaran sudah cukup",
    ),
    "according": (
        "Menurut Gubernur Sari Dewanti, anggaran itu sudah cukup.",
        "indirect",
        "Sari Dewanti",
        "anggaran itu sudah cukup",
    ),
    "inserted": (
        "Namun, kata Gubernur Sari Dewanti, anggaran itu belum cukup.",
        "indirect",
        "Sari Dewanti",
        "anggaran itu belum cukup",
    ),
    "inserted behind a subordinate clause": (
        "Meski ruang khusus sudah disediakan, di belakang, kata Gubernur Sari Dewanti, warga tetap mengantre lama.",
        "indirect",
        "Sari Dewanti",
        "warga tetap mengantre lama",
    ),
    "according behind a subordinate clause": (
        "Jika peraturan itu disahkan, menurut Gubernur Sari Dewanti, anggaran itu sudah cukup.",
        "indirect",
        "Sari Dewanti",
        "anggaran itu sudah cukup",
    ),
    "clause first": (
        "Anggaran itu sudah cukup untuk tiga tahun, ujar Gubernur Sari Dewanti.",
        "indirect",
        "Sari Dewanti",
        "Anggaran itu sudah cukup untuk tiga tahun",
    ),
    "fragment": (
        "Gubernur Sari Dewanti menyebut rencana itu 'lelucon mahal' bagi warga kota.",
        "mixed",
        "Sari Dewanti",
        "rencana itu 'lelucon mahal' bagi warga kota",
    ),
    "government": (
        "Moskow mengatakan bahwa perundingan akan dilanjutkan pekan depan.",
        "indirect",
        "Rusia",
        "perundingan akan dilanjutkan pekan depan",
    ),
    "two governments": (
        "Jepang dan Prancis menuduh perusahaan itu melanggar perjanjian dagang.",
        "indirect",
        "Jepang; Prancis",
        "perusahaan itu melanggar perjanjian dagang",
    ),
    "relative clause": (
        "Tuduhan itu dibantah oleh Moskow, yang bersikeras bahwa kapal itu milik swasta.",
        "indirect",
        "Rusia",
        "kapal itu milik swasta",
    ),
    "request": (
        "Gubernur Sari Dewanti meminta agar warga tetap tinggal di rumah.",
        "indirect",
        "Sari Dewanti",
        "warga tetap tinggal di rumah",
    ),
    "role at a date": (
        "Menlu RI mengatakan bahwa perundingan akan dilanjutkan pekan depan.",
        "indirect",
        "Menlu RI",
        "perundingan akan dilanjutkan pekan depan",
    ),
    "fragment behind a noun": (
        "Gubernur Sari Dewanti menyebut alasan itu 'terlalu rapi untuk dipercaya' karena suratnya hilang.",
        "mixed",
        "Sari Dewanti",
        "alasan itu 'terlalu rapi untuk dipercaya' karena suratnya hilang",
    ),
    "told by": (
        "Jembatan lama akan dibongkar pada hari Senin. Hal itu disampaikan Gubernur Sari Dewanti di Bandung.",
        "indirect",
        "Sari Dewanti",
        "Jembatan lama akan dibongkar pada hari Senin",
    ),
    "administration": (
        "Kepemerintahan Presiden AS Anna Stone mengatakan bahwa jembatan itu aman.",
        "indirect",
        "Pemerintahan Anna Stone",
        "jembatan itu aman",
    ),
    "palace": (
        "Gedung Putih mengatakan bahwa jembatan itu aman.",
        "indirect",
        "Gedung Putih",
        "jembatan itu aman",
    ),
}


@pytest.mark.parametrize("case", INDONESIAN)
def test_indonesian(case: str) -> None:
    text, *expected = INDONESIAN[case]
    assert told(text) == [tuple(expected)]


ENGLISH = {
    "cue behind": ('"We are ready," said Anna Whitfield.', "direct", "Anna Whitfield", "We are ready,"),
    "subject behind": ('"We are ready," Anna Whitfield told reporters.', "direct", "Anna Whitfield", "We are ready,"),
    "question mark": (
        '"Are we ready now?" Anna Whitfield said.',
        "direct",
        "Anna Whitfield",
        "Are we ready now?",
    ),
    "role behind": (
        "“We are ready,” Anna Whitfield, the foreign minister, said on Monday.",
        "direct",
        "Anna Whitfield",
        "We are ready,",
    ),
    "cue in front": ('Anna Whitfield said: "We are ready now."', "direct", "Anna Whitfield", "We are ready now."),
    "that-clause": (
        "Foreign Minister Anna Whitfield said that the bridge would open next year.",
        "indirect",
        "Anna Whitfield",
        "the bridge would open next year",
    ),
    "no joint": (
        "Foreign Minister Anna Whitfield said the bridge would open next year.",
        "indirect",
        "Anna Whitfield",
        "the bridge would open next year",
    ),
    "apposition": (
        "Anna Whitfield, the foreign minister, said the bridge would open next year.",
        "indirect",
        "Anna Whitfield",
        "the bridge would open next year",
    ),
    "according": (
        "According to Anna Whitfield, the bridge will open next year.",
        "indirect",
        "Anna Whitfield",
        "the bridge will open next year",
    ),
    "clause first": (
        "The bridge will open next year, Anna Whitfield said.",
        "indirect",
        "Anna Whitfield",
        "The bridge will open next year",
    ),
    "according behind": (
        "The bridge will open next year, according to Anna Whitfield.",
        "indirect",
        "Anna Whitfield",
        "The bridge will open next year",
    ),
    "recipient": (
        "Anna Whitfield told lawmakers that the bridge would open next year.",
        "indirect",
        "Anna Whitfield",
        "the bridge would open next year",
    ),
    "government": (
        "Moscow said the talks would continue next week.",
        "indirect",
        "Russia",
        "the talks would continue next week",
    ),
}


@pytest.mark.parametrize("case", ENGLISH)
def test_english(case: str) -> None:
    text, *expected = ENGLISH[case]
    assert told(text, language="en") == [tuple(expected)]


NOTHING = {
    "title of a work": 'Ia membintangi film "Hujan di Tepi Kota Lama" pada tahun lalu.',
    "nickname": 'Grup "Senja" tampil di Bandung.',
    "purpose": "Budi Santoso datang untuk mengatakan bahwa ia sehat.",
    "denied": "Budi Santoso belum mengatakan bahwa ia akan mundur.",
    "no clause": "Budi Santoso menyampaikan hal itu kepada wartawan di Bandung.",
    "thing": "Hasil penelitian itu menunjukkan bahwa air sungai tercemar.",
}


@pytest.mark.parametrize("case", NOTHING)
def test_no_statement(case: str) -> None:
    assert told(NOTHING[case]) == []


def test_speaker_continues_through_pronouns() -> None:
    text = (
        '"Kami siap bekerja," kata Gubernur Sari Dewanti.\n"Anggaran sudah ada," ujarnya.\n'
        'Dia juga mengatakan bahwa jembatan selesai tahun depan.\n"Semua warga boleh melihatnya nanti."'
    )
    assert [s.speaker for s in found(text)] == ["Sari Dewanti"] * 4
    assert [s.mention for s in found(text)] == ["Gubernur Sari Dewanti", "-nya", "Dia", None]
    assert found(text)[1].reasons[0] == "suffix-pronoun"


def test_surname_means_the_full_name() -> None:
    text = 'Gubernur Sari Dewanti tiba di Bandung.\n"Kami siap bekerja," kata Dewanti.'
    assert [s.speaker for s in found(text)] == ["Sari Dewanti"]


def test_role_means_its_holder_in_the_article() -> None:
    text = "Wakil Presiden Sari Dewanti tiba di Bandung.\nWapres mengatakan bahwa jembatan selesai tahun depan."
    assert [s.speaker for s in found(text)] == ["Sari Dewanti"]


def test_role_words_lead_to_an_official_under_the_words_of_the_article() -> None:
    (one,) = found("Menlu RI mengatakan bahwa perundingan akan dilanjutkan pekan depan.")
    assert (one.speaker, one.official, one.speaker_id) == ("Menlu RI", "rahman-wiratama", "rahman-wiratama")
    assert one.reasons == ("role", "role-in-office")
    named = "Menlu RI mengatakan bahwa perundingan akan dilanjutkan. Setelah itu Rahman Wiratama pulang."
    assert [s.speaker for s in found(named)] == ["Rahman Wiratama"]


@pytest.mark.parametrize(
    "text",
    [
        # a country that no list knows
        'Pemerintah Lumenia diam.\n"Kami siap bekerja," kata Menteri Luar Negeri Lumenia Sari Dewanti.',
        'Menteri Luar Negeri Lumenia Sari Dewanti tiba di Lumenia.\n"Kami siap bekerja," kata Dewanti.',
        # a body
        'Rapat di Masjid Al-Fajri, Bandung.\n"Kami siap," kata Ketua DKM Al-Fajri Sari A. Dewanti.\n"Ya," ujar Sari.',
        '"Kami siap bekerja," kata Juru Bicara Istana Sari Dewanti.\n"Anggaran sudah ada," ujar Sari.',
        # a nickname
        'Ketua Fraksi Partai Perindo Sari Dewanti atau Dewi pulang.\n"Kami siap bekerja," kata Dewi.',
        'Penyanyi Sari Dewanti yang akrab disapa Dewi pulang.\n"Kami siap bekerja," kata Dewi.',
        'Gubernur Sari Dewanti pulang.\nMenurut gubernur yang akrab disapa Diwan itu, dana ada.\n"Siap," kata Diwan.',
        'Gubernur Sari Dewanti pulang bersama Bupati Rini Bahar.\n"Kami siap," kata Diwan, sapaan akrabnya.',
        # a heading in the text
        'Gubernur Sari Tegaskan Jembatan Selesai Tahun Depan\nGubernur Sari Dewanti pulang.\n"Siap," kata Sari.',
    ],
)
def test_names_are_cut_and_filled_by_what_the_article_shows(text: str) -> None:
    assert {s.speaker for s in found(text) if s.part == "body"} <= {"Sari Dewanti", "Sari A. Dewanti"}
    assert found(text)


@pytest.mark.parametrize(
    "body",
    [
        "Badan Pengawas Obat dan Makanan", "Kementerian Energi dan Sumber Daya Mineral",
        "Departemen Lingkungan dan Sumber Daya Alam", "Badan Nasional Penanggulangan Bencana",
    ],
)  # fmt: skip
def test_a_body_speaks_under_its_whole_name(body: str) -> None:
    (said,) = found(f"Menurut {body}, persediaan itu sudah cukup.")
    assert said.speaker == body


def test_a_nickname_is_nobodys_whose_name_does_not_sound_like_it() -> None:
    text = (
        'Gubernur Sari Dewanti pulang.\n"Kami siap bekerja," kata pria yang akrab disapa Pepen itu.\n"Ya," ujar Pepen.'
    )
    assert found(text)[-1].speaker == "Pepen"


def test_the_title_gives_the_second_name() -> None:
    body = '"Kami siap bekerja," kata Bowo kepada pers.\nBowo mengatakan bahwa uang itu ada.'
    assert {s.speaker for s in found(body, title="Bowo Sudarga Akui Terima Uang")} == {"Bowo Sudarga"}
    assert {s.speaker for s in found(body, title="Bowo Pamer Rumah Baru")} == {"Bowo"}


def test_a_body_in_small_letters_is_the_one_named_before() -> None:
    text = (
        "Komisi Sungai Besar bersidang. Ketua komisi itu mengatakan bahwa air sungai naik lagi.\n"
        'Air, menurut ketua tersebut, akan turun pada malam hari nanti.\n"Kami siap bekerja," ujarnya.'
    )
    assert {s.speaker for s in found(text)} == {"Ketua Komisi Sungai Besar"}


def test_who_speaks_next_is_told_before() -> None:
    text = 'Gubernur Budi Santoso pulang. Hal senada disampaikan Bupati Sari Dewanti.\n"Kami siap bekerja," katanya.'
    assert [s.speaker for s in found(text)] == ["Sari Dewanti"]


def test_headline_with_a_topic() -> None:
    body = "Gubernur Sari Dewanti mengatakan bahwa jembatan itu selesai tahun depan."
    first = found(body, title="Gubernur Dewanti soal Jembatan Kali Besar: Selesai Tahun Depan")[0]
    assert (first.part, first.speaker, first.text) == ("title", "Sari Dewanti", "Selesai Tahun Depan")


def test_medium_is_not_the_speaker() -> None:
    (one,) = found('"Kami siap bekerja," tulis Kantor Berita Samudra yang mengutip ujaran Menlu Jepang.')
    assert one.speaker == "Menlu Jepang"
    (two,) = found('"Kami siap bekerja," kata Budi Santoso, dikutip dari Samudra Pos, Senin (1/3).')
    assert (two.speaker, two.medium) == ("Budi Santoso", "Samudra Pos")


def test_unknown_rather_than_wrong() -> None:
    (one,) = found('"Kami siap bekerja keras," katanya.')
    assert (one.speaker, one.speaker_id) == (None, "unknown:")
    assert one.confidence < 0.5


def test_two_clauses_in_one_sentence() -> None:
    text = "Menteri Budi Santoso mengatakan jalan itu aman, tetapi Sari Dewanti membantah bahwa jalan itu aman."
    assert [(s.speaker, s.text) for s in found(text)] == [
        ("Budi Santoso", "jalan itu aman"),
        ("Sari Dewanti", "jalan itu aman"),
    ]


def test_headline_is_given_to_a_name_of_the_body() -> None:
    body = "Gubernur Sari Dewanti mengatakan bahwa jembatan itu selesai tahun depan."
    title = "Gubernur Dewanti: Jembatan Selesai Tahun Depan"
    first = found(body, title=title)[0]
    assert (first.part, first.rule, first.speaker) == ("title", "headline", "Sari Dewanti")
    assert first.text == "Jembatan Selesai Tahun Depan"


def test_other_languages_give_quotations_of_nobody() -> None:
    (one,) = found("„Wir werden die Brücke im nächsten Jahr öffnen“, sagte Anna Weiß.", language="de")
    assert (one.kind, one.speaker, one.speaker_id) == ("direct", None, "unknown:")
    assert one.text == "Wir werden die Brücke im nächsten Jahr öffnen"


def test_an_official_beside_a_quotation_in_another_language() -> None:
    (one,) = found(
        "« Nous ouvrirons le pont l'année prochaine », a déclaré le ministre Rahman Wiratama.", language="fr"
    )
    assert (one.official, one.text) == ("rahman-wiratama", "Nous ouvrirons le pont l'année prochaine")


def test_english_fragments_relays_and_plain_roles() -> None:
    text = (
        "Governor Anna Stone called that bridge “too old to be repaired” on Monday.\n"
        "Mayor Carl Webb was quoted by the Harbour News Agency as saying that the bridge was safe.\n"
        "“We will open it next year,” the spokesman said."
    )
    first, second, third = found(text, language="en")
    assert (first.kind, first.speaker) == ("mixed", "Anna Stone")
    assert (second.speaker, second.medium, second.text) == ("Carl Webb", "Harbour News Agency", "the bridge was safe")
    assert third.mention == "the spokesman"


def test_marks_that_were_read_in_the_wrong_encoding() -> None:
    (one,) = found("‚ÄúKami siap bekerja,‚Äù kata Budi Santoso.")
    assert one.text == "Kami siap bekerja,"


def test_no_break_spaces_keep_their_places() -> None:
    (one,) = found('"Kami\u00a0siap bekerja,"\u00a0kata\u00a0Budi\u00a0Santoso.')
    assert one.text == "Kami\u00a0siap bekerja,"
    assert one.speaker == "Budi Santoso"


def test_fields_of_a_statement() -> None:
    text = 'Rapat berlangsung lama. "Bank Lautan siap bekerja," kata Rahman Wiratama. Rapat selesai.'
    (one,) = found(text, maps={"body": (Run(0, 100, len(text)),)})
    assert (one.official, one.speaker_id) == ("rahman-wiratama", "rahman-wiratama")
    assert (one.page_start, one.page_end) == (100 + one.start, 100 + one.end)
    assert one.cue is not None
    assert text[one.cue_start : one.cue_end] == one.cue == "kata"
    assert text[one.mention_start : one.mention_end] == one.mention
    assert one.entities == ("Bank Lautan",)
    assert one.before == 'Rapat berlangsung lama. "'
    assert one.after == '" kata Rahman Wiratama. Rapat selesai.'


def test_ids_are_the_same_every_time_and_name_the_extractor() -> None:
    text = '"Kami siap bekerja," kata Budi Santoso.\n"Kami siap bekerja," kata Sari Dewanti.'
    first, second = found(text)
    assert (first, second) == found(text)
    assert first.statement_id != second.statement_id
    assert EXTRACTOR


def test_nothing_in_nothing() -> None:
    assert extract(article(""), ROSTER) == Extraction((), ())
