from datetime import timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from pipeline.news import ledger, wording
from schemas.statement import StatementMade
from tests.invented import made

TEXT = "Kami sudah menyiapkan tiga kapal patroli baru untuk mengawasi perairan Teluk Malaka,"
SHORTER = "Pihaknya menyiapkan tiga kapal patroli baru mengawasi perairan Teluk Malaka"


def worded(statement: StatementMade) -> ledger.Wording:
    return ledger.worded(statement, wording.read(statement.statement.text, statement.carrier.language))


def match(later: StatementMade, earlier: StatementMade) -> ledger.Match | None:
    return ledger.match(worded(later), worded(earlier))


def found_by(later: StatementMade, earlier: StatementMade) -> bool:
    return bool(set(ledger.postings(worded(later))) & set(ledger.kept_under(worded(earlier))))


def test_only_the_same_speaker_says_the_same() -> None:
    assert match(made("b", SHORTER), made("a", TEXT)) is not None
    other = made("b", SHORTER, speaker_id="person:arga-sembiring")
    assert match(other, made("a", TEXT)) is None
    assert not found_by(other, made("a", TEXT))


def test_only_what_is_close_in_time_is_the_same() -> None:
    days = ledger.WINDOW / timedelta(days=1)
    assert match(made("b", SHORTER, days=days), made("a", TEXT)) is not None
    assert match(made("b", SHORTER, days=-days), made("a", TEXT)) is not None
    assert match(made("b", SHORTER, days=days + 1), made("a", TEXT)) is None


def test_what_is_close_in_time_is_found_wherever_periods_begin() -> None:
    for start in range(0, 130, 7):
        for distance in (-30, -1, 0, 30):
            assert found_by(made("b", SHORTER, days=start + distance), made("a", TEXT, days=start))


def test_statements_know_what_their_speaker_says_beside_them() -> None:
    said = [
        made("a.1", TEXT),
        made("b.1", "Kapal patroli lama"),
        made("a.2", "Perairan itu aman", speaker_id="person:arga-sembiring"),
        made("a.3", "Kapal patroli lama diperbaiki"),
        made("a.4", "Kapal feri tidak berlayar"),
    ]
    found = ledger.surrounded(said)
    assert [one.statement for one in found] == [one.statement for one in said]
    assert [one.repeated for one in found] == [("kapal", "patro"), (), (), ("kapal", "patro"), ("kapal",)]
    assert [one.frequent for one in found] == [("kapal",), (), (), ("kapal",), ("kapal",)]


def test_what_a_wording_repeats_shrinks_whichever_way_it_is_heard_again() -> None:
    one, other = (
        worded(msgspec.structs.replace(made(name, TEXT), repeated=repeated))
        for name, repeated in (("a", ("baru", "kapal")), ("b", ("kapal", "teluk")))
    )
    assert ledger.widened(one, other).seat.repeated == ledger.widened(other, one).seat.repeated == ("kapal",)
    assert ledger.widened(one, one) == one


LONG = "Berapa jumlahnya kami belum tahu, masih dihitung. Tapi data pelanggan sudah diamankan dan dikirim ke polisi."


def test_what_is_repeated_word_for_word_is_the_same_for_all_slips_of_the_pen() -> None:
    assert match(made("b", LONG.replace("tahu", "tau")), made("a", LONG)) is not None
    assert match(made("b", LONG.replace("belum", "sudah")), made("a", LONG)) is None
    whole = "Saya tidak ikut rapat, saya di rumah. Dia akan sangat dirindukan, oleh kita semua."
    assert match(made("b", "Dia akan sangat dirindukan,", days=6), made("a", whole)) is not None
    for later, earlier in (("Dia akan sangat dirindukan,", whole), (whole, "Dia akan sangat dirindukan,")):
        assert match(made("b", later, days=9), made("a", earlier)) is None, "brief words are said of many"


def test_quotations_that_overlap_are_the_same_and_reports_are_not() -> None:
    shared = "harga solar di semua pelabuhan kami naik lagi tanpa sebab yang jelas bagi siapa pun"
    one = f"Warga sudah mengantre sejak subuh dan tangki belum pernah penuh. Itu karena {shared},"
    other = f"Sekali lagi {shared}. Jadi jaring dan mesin terpaksa dijual, anak-anak berhenti sekolah, istri bekerja,"
    assert match(made("b", one, kind="direct"), made("a", other, kind="direct")) is not None
    assert match(made("b", one, kind="indirect"), made("a", other, kind="indirect")) is None


def test_brief_words_are_the_same_for_a_week() -> None:
    assert match(made("b", "itu tidak benar", days=6), made("a", "Itu tidak benar,")) is not None
    assert match(made("b", "itu tidak benar", days=9), made("a", "Itu tidak benar,")) is None


def test_translations_are_found_within_a_day() -> None:
    earlier = made("a", "Gubernur Jatmiko meminta Komisi Oseania di Canberra menunda proposal konsesi 40 kapal Selayar")
    english = (
        "Governor Jatmiko asks the Oceania Commission in Canberra to delay the concession proposal for 40 Selayar ships"
    )
    for days, found in ((1, True), (2, False)):
        later = made("b", english, language="en", days=days)
        shared = set(ledger.translation_postings(worded(later))) & set(ledger.kept_under(worded(earlier)))
        assert (match(later, earlier) is not None) is found
        assert bool(shared) is found


def test_a_long_statement_has_few_postings() -> None:
    long = made("a", " ".join(f"kata{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(600)))
    assert len(ledger.kept_under(worded(long))) <= 65
    assert len(worded(long).content.stems) == wording.LONGEST


WORDS = ("kapal", "patroli", "baru", "tiga", "lima", "teluk", "malaka", "tidak", "subsidi", "pupuk", "petani", "panen")
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=14).map(" ".join)


@given(TEXTS, TEXTS, st.sampled_from(["id", "en"]), st.integers(0, 9))
def test_what_is_linked_looks_promising(one: str, other: str, language: str, days: int) -> None:
    later, earlier = made("b", one, days=days), made("a", other, language=language)
    glance = msgspec.convert(msgspec.to_builtins(ledger.Worded(worded(earlier))), ledger.Glance)
    assert glance.wording is not None
    assert ledger.promising(worded(later), glance.wording) or match(later, earlier) is None


def test_the_nearest_wording_ranks_first() -> None:
    later = made("c", SHORTER)
    matches = [match(later, made(name, text)) for name, text in (("a", TEXT + " di Natuna"), ("b", SHORTER + "."))]
    ranked = ledger.rank([found for found in matches if found], worded(later))
    assert [found.wording.statement_id for found in ranked] == ["b", "a"]
