"""`pantau ledger merge`, `split`, `undo` and `audit` as people use them, and whose words those of nobody known are."""

from pathlib import Path

import pytest

from pipeline import settings
from pipeline.cli.installation import Installation
from tests.command import Pantau
from tests.flow.test_ledger_order import CREW, FERRY, PATROL, draft
from tests.invented import made

SAID = (made("a1.1", PATROL), made("a2.1", PATROL.replace("baru", "besar"), days=1), made("a3.1", CREW, days=2))
OTHER = made("a4.1", FERRY, speaker="Bayu Santosa", speaker_id="person:bayu-santosa")


@pytest.fixture
def pantau(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Pantau:
    """`pantau` where a speaker said two things, the first of them twice."""
    hear(tmp_path / "home", *SAID, OTHER)
    return Pantau(tmp_path / "home", monkeypatch, capsys)


def hear(home: Path, *said: object) -> None:
    house = Installation(settings.load(home=home))
    with house.runner(0) as runner:
        with house.broker.transaction():  # type: ignore[attr-defined]
            house.broker.append([draft(one) for one in said], house.clock.now())  # type: ignore[attr-defined, arg-type]
        runner.drain()


def shown(pantau: Pantau) -> dict[str, list[str]]:
    """The utterances of the speaker, each with its statements."""
    found = pantau("ledger", "person:ratna-kusuma", "--json").json()
    return {heard["utterance"]: [carrier["id"] for carrier in heard["carriers"]] for heard in found}


def test_what_was_merged_is_one_for_later_statements_too_until_it_is_undone(pantau: Pantau) -> None:
    assert shown(pantau) == {"a3.1": ["a3.1"], "a1.1": ["a1.1", "a2.1"]}
    event = pantau("ledger", "merge", "a1.1", "a3.1", "--why", "satu pidato", "--json").json()["id"]
    hear(pantau.home, made("a5.1", CREW, days=3))
    assert shown(pantau) == {"a1.1": ["a1.1", "a2.1", "a3.1", "a5.1"]}
    record = pantau("utterance", "a3.1", "--json").json()
    assert (record["utterance"], record["former"]) == ("a1.1", ["a3.1"])
    assert event in pantau("ledger", "undo", event).out
    assert shown(pantau) == {"a3.1": ["a3.1", "a5.1"], "a1.1": ["a1.1", "a2.1"]}
    assert [(edit["kind"], edit["why"]) for edit in pantau("ledger", "audit", "--json").json()] == [
        ("undo", ""),
        ("merge", "satu pidato"),
    ]
    assert "satu pidato" in pantau("ledger", "audit", "a5.1").out


def found(pantau: Pantau, *words: str) -> list[str]:
    """The ids of the statements that a search finds."""
    return sorted(hit["document"]["id"] for hit in pantau(*words, "--json").json()["hits"])


def test_a_search_for_an_utterance_finds_what_is_shown_of_it(pantau: Pantau) -> None:
    event = pantau("ledger", "merge", "a1.1", "a3.1", "--why", "satu pidato", "--json").json()["id"]
    hear(pantau.home, made("a5.1", CREW, days=3))
    for id in ("a1.1", "a3.1"):
        assert found(pantau, "search", f"utterance:{id}", "--in", "statements") == ["a1.1", "a2.1", "a3.1", "a5.1"]
        lines = pantau("export", "statements", f"utterance:{id} AND text:awak").out.splitlines()
        assert len(lines) == 2
        (whole,) = pantau("ledger", "person:ratna-kusuma", "--about", f"utterance:{id}", "--json").json()
        assert len(whole["carriers"]) == 4
    pantau("watch", "add", "satu", "--about", "utterance:a3.1")
    assert pantau("watch", "preview", "satu", "--json").json()["heard"] == 4
    pantau("ledger", "undo", event)
    assert found(pantau, "statements", "utterance:a3.1") == ["a3.1", "a5.1"]
    assert pantau("search", "utterance:nope", "--in", "statements").code == 1


def test_what_was_split_stays_apart_and_both_ids_are_known(pantau: Pantau) -> None:
    assert pantau("ledger", "split", "a1.1", "a2.1", "--why", "lain kapal").code == 0
    assert shown(pantau) == {"a3.1": ["a3.1"], "a2.1": ["a2.1"], "a1.1": ["a1.1"]}
    hear(pantau.home, made("a6.1", PATROL.replace("baru", "besar"), days=3))
    assert shown(pantau)["a2.1"] == ["a2.1", "a6.1"]
    assert [pantau("utterance", id, "--json").json()["utterance"] for id in ("a1.1", "a2.1")] == ["a1.1", "a2.1"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("merge", "a1.1", "nope", "--why", "x"), "there is no utterance 'nope'"),
        (("merge", "a1.1", "a2.1", "--why", "x"), "are one utterance already"),
        (("merge", "a1.1", "a4.1", "--why", "x"), "only what one speaker said can be one"),
        (("split", "a1.1", "a3.1", "--why", "x"), "a3.1 is no statement of a1.1"),
        (("split", "a1.1", "a1.1", "a2.1", "--why", "x"), "leave out those that it shall keep"),
        (("undo", "nope"), "there is no correction 'nope'"),
    ],
)
def test_mistakes_are_told_with_their_cure(pantau: Pantau, words: tuple[str, ...], sentence: str) -> None:
    ended = pantau("ledger", *words)
    assert ended.code == 2
    assert sentence in ended.err


def test_what_was_undone_is_not_undone_again(pantau: Pantau) -> None:
    event = pantau("ledger", "merge", "a1.1", "a3.1", "--why", "x", "--json").json()["id"]
    undo = pantau("ledger", "undo", event, "--json").json()["id"]
    assert f"{event} was undone by {undo}" in pantau("ledger", "undo", event).err
    assert pantau("ledger", "undo", undo).code == 0
    assert list(shown(pantau)) == ["a1.1"]


NAMELESS = made("n1.1", PATROL, family="a1", speaker=None, speaker_id="unknown:a1", days=1)


@pytest.mark.parametrize("order", [1, -1])
def test_a_quotation_without_a_name_is_found_with_the_words_of_its_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], order: int
) -> None:
    home = tmp_path / "home"
    for said in (NAMELESS, SAID[0])[::order]:
        hear(home, said)
    pantau = Pantau(home, monkeypatch, capsys)
    assert shown(pantau) == {"a1.1": ["a1.1", "n1.1"]}
    record = pantau("utterance", "n1.1", "--json").json()
    assert (record["utterance"], record["speaker"], record["articles"]) == ("a1.1", "Ratna Kusuma", 2)
