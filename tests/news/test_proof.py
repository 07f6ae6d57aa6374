import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.news.proof import compare, proof
from schemas.alert import Piece
from schemas.statement import StatementRecorded, Utterance
from tests.invented import DAY, made

TEXT = "Kami menyiapkan tiga kapal patroli,"


def recorded(before: str = "", after: str = "", **utterance: object) -> StatementRecorded:
    found = made("a.1", TEXT)
    said = msgspec.structs.replace(found.statement, before=before, after=after, page_start=7, page_end=42)
    place = Utterance(**({"utterance_id": "a.1", "novelty": "new", "first_seen": DAY} | utterance))
    return StatementRecorded(statement=said, carrier=found.carrier, utterance=place)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "", ("", TEXT, "")),
        ("“", "” kata Ratna.", ("", f"“{TEXT}”", "kata Ratna.")),
        ("Ia datang pagi. Hujan turun. “", "” kata Ratna. Lalu pergi. Sore.",
         ("Hujan turun.", f"“{TEXT}”", "kata Ratna. Lalu pergi.")),
        ("Satu. Dua. Ratna mengatakan: \"", "\" Lalu pergi. Sore.",
         ("Dua. Ratna mengatakan:", f'"{TEXT}"', "Lalu pergi.")),
        ("Satu. Ratna mengatakan ", ".", ("Satu. Ratna mengatakan", TEXT, ".")),
    ],
)  # fmt: skip
def test_the_words_have_their_marks_and_the_sentences_around_them(
    before: str, after: str, expected: tuple[str, str, str]
) -> None:
    found = proof(recorded(before, after))
    assert (found.before, found.quote, found.after) == expected
    assert found.stored == "p#7-42"


def test_what_is_new_is_marked_word_by_word_whatever_the_case_and_the_signs() -> None:
    found = compare("kami menyiapkan DUA kapal patroli", TEXT + " mulai Juni")
    assert found == (
        Piece("same", "Kami menyiapkan"), Piece("removed", "DUA"), Piece("added", "tiga"),
        Piece("same", "kapal patroli,"), Piece("added", "mulai Juni"),
    )  # fmt: skip


def test_a_translation_is_not_compared_word_by_word() -> None:
    assert compare("We are preparing three patrol ships for the strait", TEXT) == ()


def test_what_was_never_heard_is_compared_with_nothing() -> None:
    assert proof(recorded()).changes == ()
    assert proof(recorded(novelty="version", earlier="Kami menyiapkan kapal patroli")).changes[1] == Piece(
        "added", "tiga"
    )


@given(st.text(max_size=80), st.text(max_size=80))
def test_both_wordings_can_be_read_from_a_comparison(earlier: str, later: str) -> None:
    pieces = compare(earlier, later)
    if pieces:
        assert " ".join(p.text for p in pieces if p.kind != "removed") == " ".join(later.split())
        assert len([w for p in pieces if p.kind != "added" for w in p.text.split()]) == len(earlier.split())
