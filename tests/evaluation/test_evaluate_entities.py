"""`pantau evaluate entities`: its files, its figures, and what it says about wrong ones."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import Misuse
from pipeline.evaluation.entities import read_cases
from tests.command import Pantau

COLUMNS = """Presiden O
Joko B-PERSON
Widodo I-PERSON
tiba O
di O
Bandung B-LOC
. O

Hujan\tNOUN\tO
turun\tVERB\tO
di\tADP\tO
Surabaya\tPROPN\tO
"""
TEXT = "Presiden Joko Widodo tiba di Bandung."
NAMES = [{"doc": "a1", "start": 9, "end": 20, "label": "PER"}, {"doc": "a1", "start": 29, "end": 36, "label": "LOC"}]


@pytest.fixture
def pantau(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Pantau:
    return Pantau(tmp_path / "home", monkeypatch, capsys)


def write(folder: Path, name: str, rows: list[Any]) -> None:
    (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def test_columns_are_read_as_sentences(pantau: Pantau, tmp_path: Path) -> None:
    (tmp_path / "test.tsv").write_text(COLUMNS, encoding="utf-8")
    (tmp_path / "README.md").write_text("not a set", encoding="utf-8")
    shown = pantau("evaluate", "entities", tmp_path, "--mistakes", 3)
    assert shown.code == 0
    assert "test.tsv: 2 names in 2 texts" in shown.out
    assert "Surabaya" in shown.out, "what was found and is not marked is listed as a mistake"
    told = pantau("evaluate", "entities", tmp_path, "--json").json()["test.tsv"]
    for program in ("pantau", "model"):
        assert told[program][""] == {
            "precision": pytest.approx(2 / 3), "recall": 1.0, "f": pytest.approx(0.8), "mentions": 2,
        }  # fmt: skip
        assert told[program]["PER"]["f"] == 1.0


@pytest.mark.parametrize(
    "names",
    [
        NAMES,
        [
            {"doc": "a1", "type": "person", "mentions": [{"start": 9, "end": 20, "part": "body"}]},
            {"doc": "a1", "type": "place", "mentions": [NAMES[1], {"start": 0, "end": 3, "part": "caption"}]},
            {"doc": "a1", "type": "product", "mentions": [{"start": 0, "end": 8}]},
        ],
    ],
)
def test_articles_are_read_with_their_names(names: list[Any], pantau: Pantau, tmp_path: Path) -> None:
    write(tmp_path, "entities.jsonl", names)
    write(tmp_path, "docs.jsonl", [{"doc": "a1", "text": TEXT, "language": "id"}])
    (case,) = read_cases(tmp_path)
    assert [(case.document.text[m.start : m.end], m.label) for m in case.mentions] == [
        ("Joko Widodo", "PER"), ("Bandung", "LOC"),
    ]  # fmt: skip
    told = pantau("evaluate", "entities", tmp_path, "--json").json()
    assert told[tmp_path.name]["pantau"][""]["f"] == 1.0


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("readme", "", "put a file in columns or entities.jsonl there"),
        ("a.txt", "Just a text of words.\n", "names nobody: write one token a line"),
        ("entities.jsonl", '{"doc": "a1", "start": 1}\n', "entities.jsonl:1 is no name"),
        ("entities.jsonl", '{"doc": "a1", "start": "x", "end": 2, "label": "PER"}\n', "entities.jsonl:1 is no name"),
        ("entities.jsonl", "PER\n", "entities.jsonl:1 is no JSON"),
    ],
)
def test_what_is_wrong_is_said_with_its_cure(name: str, content: str, complaint: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(Misuse, match=complaint):
        read_cases(tmp_path)
