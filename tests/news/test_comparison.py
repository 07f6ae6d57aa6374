import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.news import words
from pipeline.news.comparison import Contradiction, Relation, compare, contradictions, relation

FULL = "Kami mengirim dua kapal patroli ke Selat Ambara untuk menjaga nelayan, bukan untuk mencari perang,"


def steps_of(one: str, other: str) -> list[tuple[str, str, str]]:
    return [
        (step.operation, one[step.start : step.end], other[step.other_start : step.other_end])
        for step in compare(one, other)
    ]


def test_words_are_kept_dropped_added_and_replaced() -> None:
    other = "Kami mengirim tiga kapal ke Selat Ambara untuk menjaga nelayan kita"
    assert steps_of(FULL, other) == [
        ("kept", "Kami mengirim", "Kami mengirim"),
        ("replaced", "dua", "tiga"),
        ("kept", "kapal", "kapal"),
        ("dropped", "patroli", ""),
        ("kept", "ke Selat Ambara untuk menjaga nelayan", "ke Selat Ambara untuk menjaga nelayan"),
        ("replaced", "bukan untuk mencari perang", "kita"),
    ]


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        (FULL.upper(), "direct", "verbatim"),
        ("kapal patroli ke Selat Ambara untuk menjaga nelayan", "indirect", "shortened"),
        (FULL.replace("mencari", "memulai"), "direct", "altered"),
        ("pihaknya mengirim dua kapal patroli demi nelayan", "indirect", "paraphrased"),
    ],
)
def test_how_a_wording_relates_to_the_fullest(text: str, kind: str, found: Relation) -> None:
    assert relation(compare(FULL, text), kind, one_language=True) == found
    assert relation(compare(FULL, text), kind, one_language=False) == "translated"


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        (FULL, FULL.replace("dua kapal", "tiga kapal"), [Contradiction("number", "dua", "tiga")]),
        (FULL, FULL.replace("bukan untuk", "untuk"), [Contradiction("negation", "bukan", "")]),
        (FULL, FULL.replace("Ambara", "Seruni"), [Contradiction("name", "Ambara", "Seruni")]),
        (FULL, FULL.replace("Ambara", "Ambarra"), []),
        (FULL, FULL.replace("dua kapal", "2 kapal"), []),
        (FULL, FULL.replace("patroli", "perang"), []),
    ],
)
def test_contradictions_are_other_figures_names_and_negations_in_one_place(
    one: str, other: str, found: list[Contradiction]
) -> None:
    assert contradictions(one, other, compare(one, other), "id") == found


WORDS = st.lists(st.sampled_from(("kapal", "dua", "Selat", "tidak", "ﬁ", "渔船", "-", "\n")), max_size=14).map(" ".join)


@given(WORDS, WORDS)
def test_steps_cover_all_words_of_both_texts(one: str, other: str) -> None:
    steps = compare(one, other)
    mine = " ".join(one[step.start : step.end] for step in steps)
    theirs = " ".join(other[step.other_start : step.other_end] for step in steps)
    assert words.words(mine) == words.words(one)
    assert words.words(theirs) == words.words(other)
    assert compare(one, one) == [] or {step.operation for step in compare(one, one)} == {"kept"}
