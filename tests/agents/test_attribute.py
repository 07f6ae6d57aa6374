import json
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.attribute import ATTRIBUTE, Reason, attribute
from pipeline.adapters.memory import MemoryState
from pipeline.flow import Drop, Emit
from pipeline.news import ledger
from schemas.statement import StatementMade, StatementRecorded, Utterance
from schemas.topics import STATEMENTS_MADE, STATEMENTS_RECORDED
from tests.invented import DAY, made

TEXT = "Kami sudah menyiapkan tiga kapal patroli baru untuk mengawasi perairan Teluk Malaka,"
INDIRECT = "pihaknya telah menyiapkan tiga kapal patroli baru guna mengawasi perairan Teluk Malaka"
FULLER = TEXT[:-1] + ". Awak kapal direkrut dari desa nelayan setempat mulai bulan Juni,"
OTHER = "Subsidi pupuk untuk petani kecil dilanjutkan sampai musim panen berikutnya"


def put(statement: StatementMade, state: MemoryState) -> Utterance:
    outcome = attribute(statement, state=state)
    assert isinstance(outcome, Emit)
    (recorded,) = outcome.records
    assert isinstance(recorded, StatementRecorded)
    assert (recorded.statement, recorded.carrier) == (statement.statement, statement.carrier)
    return recorded.utterance


def test_the_agent_is_what_the_flow_says() -> None:
    assert (ATTRIBUTE.reads, ATTRIBUTE.writes) == ((STATEMENTS_MADE,), (STATEMENTS_RECORDED,))
    assert ATTRIBUTE.ports == {"state"}


def test_what_was_not_heard_is_new() -> None:
    found = put(made("a.1", TEXT, outlet="Harian Nusa"), MemoryState())
    assert found == Utterance(utterance_id="a.1", novelty="new", first_seen=DAY, outlets=("Harian Nusa",))


def test_the_same_in_other_words_is_a_repeat_with_its_proof() -> None:
    state = MemoryState()
    put(made("a.1", TEXT, outlet="Harian Nusa"), state)
    found = put(made("b.1", INDIRECT, days=1, outlet="Kabar Lintas", kind="indirect"), state)
    assert (found.utterance_id, found.novelty, found.closest, found.earlier) == ("a.1", "repeat", "a.1", TEXT)
    assert found.similarity > 0.9
    assert (found.articles, found.families, found.outlets) == (2, 2, ("Harian Nusa", "Kabar Lintas"))
    assert found.first_seen == DAY
    assert found.added == ()


def test_added_words_make_a_version() -> None:
    state = MemoryState()
    put(made("a.1", TEXT), state)
    found = put(made("b.1", FULLER, days=1), state)
    assert (found.utterance_id, found.novelty) == ("a.1", "version")
    assert found.added == ("Awak", "direkrut", "desa", "nelayan", "setempat", "mulai", "bulan", "Juni")
    assert put(made("c.1", FULLER, days=2), state).novelty == "repeat"
    assert (
        put(made("d.1", "Awak kapal direkrut dari desa nelayan setempat mulai Juni", days=2), state).novelty == "repeat"
    )


def test_other_statements_are_new() -> None:
    state = MemoryState()
    put(made("a.1", TEXT), state)
    assert put(made("a.2", OTHER), state).novelty == "new"
    assert put(made("b.1", TEXT, speaker_id="person:arga-sembiring"), state).novelty == "new"
    assert put(made("c.1", TEXT.replace("tiga", "lima"), days=1), state).novelty == "new"
    assert put(made("d.1", TEXT, days=70), state).novelty == "new"


def test_copies_of_one_text_count_once_as_a_family() -> None:
    state = MemoryState()
    put(made("a.1", TEXT), state)
    found = put(made("b.1", TEXT, days=1, family="a"), state)
    assert (found.articles, found.families) == (2, 1)


def test_a_headline_and_its_body_are_one_utterance_in_one_article() -> None:
    state = MemoryState()
    put(made("a.1", "Tiga Kapal Patroli Baru Disiapkan di Teluk Malaka", outlet="Harian Nusa"), state)
    found = put(made("a.2", FULLER, outlet="Harian Nusa"), state)
    assert (found.utterance_id, found.novelty, found.articles) == ("a.1", "repeat", 1)
    assert found.outlets == ("Harian Nusa",)
    assert put(made("b.1", FULLER, days=1), state).novelty == "repeat"


def test_a_record_handled_again_comes_out_the_same() -> None:
    state = MemoryState()
    statements = [made("a.1", TEXT), made("a.2", INDIRECT), made("b.1", FULLER, days=1), made("c.1", TEXT, days=2)]
    first = [put(statement, state) for statement in statements]
    assert [put(statement, state) for statement in statements] == first
    assert put(made("d.1", TEXT, days=3), state).articles == 4


def test_a_record_that_comes_again_with_a_better_family_is_no_repeat_of_itself() -> None:
    state = MemoryState()
    put(made("b.1", TEXT, family="b"), state)
    assert put(made("b.1", TEXT, family="a"), state).novelty == "new"


def test_a_new_revision_repeats_its_own_statements() -> None:
    state = MemoryState()
    put(made("a.1", TEXT), state)
    put(made("b.1", INDIRECT, days=1), state)
    found = put(made("a.1", TEXT, revision=2), state)
    assert (found.utterance_id, found.novelty, found.articles) == ("a.1", "repeat", 2)
    corrected = put(made("a.1", FULLER, revision=3), state)
    assert (corrected.utterance_id, corrected.articles) == ("a.1", 2)


def test_what_a_revision_says_now_and_what_it_said_before_are_both_known() -> None:
    state = MemoryState()
    put(made("a.1", TEXT), state)
    assert put(made("a.1", OTHER, revision=2), state).utterance_id == "a.1"
    assert put(made("b.1", TEXT, days=1), state).utterance_id == "a.1"
    assert put(made("c.1", OTHER, days=1), state).utterance_id == "a.1"


class Counted(MemoryState):
    """A state that counts what is put."""

    puts = 0

    def put(self, key: str, value: bytes, *rest: Any, **more: Any) -> None:
        self.puts += 1
        super().put(key, value, *rest, **more)


def test_a_new_statement_is_one_record() -> None:
    state = Counted()
    put(made("a.1", TEXT), state)
    put(made("b.1", OTHER), state)
    assert state.puts == 2


def test_brief_words_that_are_said_day_after_day_are_found_each_time() -> None:
    state = MemoryState()
    found = [put(made(f"a{day}.1", "Itu tidak benar,", days=day), state) for day in range(12)]
    assert {utterance.utterance_id for utterance in found} == {"a0.1"}


def test_an_older_statement_that_comes_late_joins_and_moves_the_date() -> None:
    state = MemoryState()
    put(made("b.1", INDIRECT, days=3, outlet="Kabar Lintas"), state)
    found = put(made("a.1", FULLER, days=1, outlet="Harian Nusa"), state)
    assert (found.utterance_id, found.novelty, found.added) == ("b.1", "repeat", ())
    assert found.first_seen == DAY + timedelta(days=1)
    assert found.outlets == ("Harian Nusa", "Kabar Lintas")


def test_what_is_repeated_again_and_again_stays_one_utterance() -> None:
    state = MemoryState()
    found = [put(made(f"a{week}.1", TEXT, days=20 * week), state) for week in range(8)]
    assert {utterance.utterance_id for utterance in found} == {"a0.1"}
    assert found[-1].articles == 8


def test_a_statement_that_says_two_known_things_adds_nothing() -> None:
    state = MemoryState()
    put(made("a.1", TEXT), state)
    put(made("a.2", OTHER), state)
    found = put(made("b.1", f"{TEXT[:-1]}. {OTHER}", days=1), state)
    assert (found.novelty, found.added) == ("repeat", ())


def test_a_translation_is_a_repeat_without_added_words() -> None:
    state = MemoryState()
    text = "Gubernur Jatmiko meminta Komisi Oseania di Canberra menunda proposal konsesi 40 kapal Selayar"
    english = (
        "Governor Jatmiko asks the Oceania Commission in Canberra to delay the concession proposal for 40 Selayar ships"
    )
    put(made("a.1", text), state)
    found = put(made("b.1", english, language="en", days=1), state)
    assert (found.utterance_id, found.novelty, found.earlier, found.added) == ("a.1", "repeat", text, ())


def test_the_counts_are_bounded() -> None:
    state = MemoryState()
    for number in range(ledger.CARRIERS + 4):
        found = put(made(f"a{number}.1", TEXT, days=number / 100), state)
    assert found.articles == found.families == ledger.CARRIERS


def test_texts_without_words_are_recorded_too() -> None:
    state = MemoryState()
    assert put(made("a.1", "..."), state).novelty == "new"
    assert put(made("a.2", ""), state).novelty == "repeat"


def test_words_of_a_short_one_scattered_over_a_long_one_are_not_the_same() -> None:
    state = MemoryState()
    long = (
        "Jembatan lama sudah dibongkar kemarin siang oleh petugas dinas. Warga meminta gubernur melihat sendiri "
        "keadaan jalan desa mereka. Panen tahun ini terlambat karena hujan terus turun. Kontraktor menunggu izin."
    )
    said = made("a.1", long), made("b.1", "jembatan gubernur panen kontraktor", kind="indirect")
    assert [put(one, state).novelty for one in said] == ["new", "new"]


CLINIC = "Puskesmas Selayar menerima dokter baru dari Kementerian Kesehatan bulan depan"
DOCTORS = "dokter baru Puskesmas Selayar tiba dengan kapal, kata dia kepada warga"


def test_a_wording_that_is_heard_again_with_less_around_it_joins_what_it_is_like() -> None:
    topic = ("baru", "dokte", "puske", "selay")
    often, seldom, other = (
        msgspec.structs.replace(made("a.1", CLINIC), repeated=topic),
        msgspec.structs.replace(made("c.1", CLINIC), repeated=topic[1:]),
        made("b.1", DOCTORS, kind="indirect"),
    )
    for order in permutations([often, other]):
        state = MemoryState()
        assert [put(one, state).novelty for one in order] == ["new", "new"], (
            "the topic of an article alone is not enough"
        )
    for order in permutations([often, seldom, other]):
        state = MemoryState()
        assert [put(one, state).articles for one in order][-1] == 3
        again = [put(one, state) for one in order]
        assert [put(one, state) for one in order] == again


SEEDS = Path(__file__).parents[3] / "shared/data/statements/quotes.jsonl"


@pytest.mark.skipif(not SEEDS.exists(), reason="needs the gold statements of the seeds")
def test_headline_report_and_quotation_of_real_news_are_one_utterance() -> None:
    state = MemoryState()
    statements = [
        made(
            f"s{number}",
            gold["text"],
            article=gold["doc"],
            speaker_id=gold["speaker"],
            days=40 * int(gold["doc"][:3]),
            start=gold["start"],
            kind=gold["kind"],
        )
        for number, gold in enumerate(map(json.loads, SEEDS.read_text().splitlines()))
    ]
    found = [(one.statement.text, put(one, state)) for one in ledger.surrounded(statements)]
    for words, times in (("risiko konflik", 4), ("pengendalian senjata", 2)):
        same = [place.utterance_id for text, place in found if words in text.casefold()]
        assert (len(same), len(set(same))) == (times, 1)
    assert all(place.articles == 1 for _, place in found)
    assert sum(place.novelty == "new" for _, place in found) >= 52


SAID = [TEXT, OTHER, "Itu tidak benar,", "Kapal feri malam dihentikan sampai gelombang mereda"]


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(SAID), st.integers(0, 6)), max_size=12), st.randoms(use_true_random=False))
def test_exact_repeats_fall_into_the_same_utterances_in_every_order(
    said: list[tuple[str, int]], random: st.DataObject
) -> None:
    statements = [made(f"a{n}.1", text, days=day) for n, (text, day) in enumerate(said)]
    random.shuffle(statements)
    state, groups = MemoryState(), dict[str, set[str]]()
    last = dict[str, Utterance]()
    for statement in statements:
        last[statement.statement.text] = found = put(statement, state)
        groups.setdefault(found.utterance_id, set()).add(statement.statement.text)
    assert all(len(texts) == 1 for texts in groups.values())
    assert len(groups) == len({text for text, _ in said})
    for text, found in last.items():
        days = [day for other, day in said if other == text]
        assert found.articles == len(days)
        assert found.first_seen == DAY + timedelta(days=min(days))


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.integers(0, 4), st.sampled_from([*SAID, INDIRECT, FULLER]), st.integers(0, 40)), max_size=15)
)
def test_handling_all_of_it_again_changes_nothing(said: list[tuple[int, str, int]]) -> None:
    state = MemoryState()
    statements = [made(f"a{article}.{n}", text, days=day) for n, (article, text, day) in enumerate(said)]
    first = [put(statement, state) for statement in statements]
    assert [put(statement, state) for statement in statements] == first


def test_a_withdrawn_statement_is_recorded_and_its_article_carries_the_utterance_no_more() -> None:
    state = MemoryState()
    put(made("a.1", TEXT, outlet="Harian Nusa"), state)
    put(made("b.1", TEXT, days=1, outlet="Kabar Lintas"), state)
    gone = msgspec.structs.replace(made("a.1", TEXT, outlet="Harian Nusa", revision=2), withdrawn=DAY)
    outcome = attribute(gone, state=state)
    assert isinstance(outcome, Emit)
    (recorded,) = outcome.records
    assert (recorded.withdrawn, recorded.utterance.articles, recorded.utterance.outlets) == (DAY, 1, ("Kabar Lintas",))
    third = put(made("c.1", TEXT, days=2, outlet="Suara Pesisir"), state)
    assert (third.utterance_id, third.articles, third.outlets) == ("a.1", 2, ("Kabar Lintas", "Suara Pesisir"))
    assert attribute(gone, state=state) == outcome
    again = put(made("a.1", TEXT, outlet="Harian Nusa", revision=3), state)
    assert (again.utterance_id, again.articles) == ("a.1", 3)


def test_an_article_that_says_it_elsewhere_still_carries_what_it_withdrew() -> None:
    state = MemoryState()
    put(made("a.1", TEXT), state)
    put(made("a.2", INDIRECT, revision=2, kind="indirect"), state)
    gone = msgspec.structs.replace(made("a.1", TEXT, revision=2), withdrawn=DAY)
    assert attribute(gone, state=state).records[0].utterance.articles == 1  # type: ignore[union-attr]


def test_what_the_ledger_never_heard_cannot_be_withdrawn() -> None:
    gone = msgspec.structs.replace(made("a.1", TEXT), withdrawn=DAY)
    assert attribute(gone, state=MemoryState()) == Drop(Reason.UNHEARD)


@pytest.mark.parametrize("text", ["Itu tidak benar,", "Selayar tetap pada jalan damai dan tidak memihak blok mana pun"])
def test_what_is_said_every_day_stays_one_utterance(text: str) -> None:
    state = MemoryState()
    found = [put(made(f"a{day}.1", text, days=day), state) for day in range(100)]
    assert [utterance.novelty for utterance in found].count("new") == 1
    assert {utterance.utterance_id for utterance in found} == {"a0.1"}
