"""`pantau evaluate statements`: its files, its figures, and what it says about wrong ones."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import Misuse
from pipeline.evaluation.documents import Document
from pipeline.evaluation.statements import Case, Found, Said, judge, read_cases, score
from tests.command import Pantau
from tests.news.test_statements import article
from tests.news.test_statements import found as read

TEXT = '"Jembatan itu selesai bulan depan," kata Bupati Sari Dewanti. Menurut Sari, anggarannya cukup untuk dua tahun.'
TRUE = [("Jembatan itu selesai bulan depan,", "direct"), ("anggarannya cukup untuk dua tahun", "indirect")]
PAGE = f"Beranda\nBerita\n\nJembatan Desa Selesai\n\n{TEXT}\n\n{TEXT.replace('Jembatan', 'Pasar')}\n\nBaca juga: Lain\n"


@pytest.fixture
def pantau(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Pantau:
    return Pantau(tmp_path / "home", monkeypatch, capsys)


def quotes(text: str, doc: str = "a1", **more: object) -> list[dict[str, Any]]:
    rows = []
    for said, kind in TRUE:
        start = text.index(said)
        rows.append({"doc": doc, "start": start, "end": start + len(said), "kind": kind, "speaker": "Sari Dewanti"})
    return [row | more for row in rows]


def write(folder: Path, name: str, rows: list[Any]) -> Path:
    (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder


def examples(folder: Path) -> Path:
    wrong = {"doc": "a2", "start": 0, "end": 9, "kind": "direct", "speaker": "Lain", "level": "core"}
    write(folder, "quotes.jsonl", [*quotes(TEXT), wrong])
    texts = [{"doc": "a1", "text": TEXT}, {"doc": "a2", "text": TEXT}, {"doc": "a3", "text": TEXT}]
    return write(folder, "docs.jsonl", [row | {"language": "id", "date": "kemarin"} for row in texts])


def test_tables_figures_and_mistakes_are_printed(pantau: Pantau, tmp_path: Path) -> None:
    ended = pantau("evaluate", "statements", examples(tmp_path), "--mistakes", 1)
    assert ended.code == 0
    assert "2 articles, 3 true statements, 4 found" in ended.out
    assert "nothing is said here" in ended.out
    assert "true speaker: Lain" in ended.out
    told = pantau("evaluate", "statements", tmp_path, "--mistakes", 1, "--json").json()
    assert told["iou 0.5"] | {"kinds": None} == {
        "precision": 0.5, "recall": 2 / 3, "recall_all": 2 / 3, "f": pytest.approx(4 / 7), "speaker": 1.0,
        "mention": 0.0, "kind": 1.0, "kinds": None, "direct": 0.5,
    }  # fmt: skip
    assert told["iou 0.5"]["kinds"] == {"direct": [1, 2], "mixed": [0, 0], "indirect": [1, 1]}
    assert told["rules"]["quote-cue"]["right"] == 0.5
    assert {name: len(rows) for name, rows in told["mistakes"].items()} == {
        "nothing is said here": 1, "the speaker is wrong": 0, "the bounds are wrong": 0, "missed": 1,
    }  # fmt: skip
    assert told["mistakes"]["missed"] == [{"article": "a2", "kind": "direct", "true speaker": "Lain", "text": TEXT[:9]}]


@pytest.mark.parametrize("beside", [".", "../seeds", "pages"])
def test_pages_are_cleaned_and_offsets_count_in_them(beside: str, pantau: Pantau, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / beside).mkdir(exist_ok=True)
    (folder / beside / "a.txt").write_text(PAGE, encoding="utf-8")
    write(folder, "quotes.jsonl", quotes(PAGE, "a.txt"))
    told = pantau("evaluate", "statements", folder, "--json").json()
    assert (told["iou 0.8"]["recall"], told["iou 0.8"]["precision"]) == (1.0, 0.5)
    write(folder, "docs.jsonl", [{"doc": "a.txt", "page": f"{beside}/a.txt"}])
    assert pantau("evaluate", "statements", folder, "--json").json() == told


def test_a_page_without_an_article_has_all_its_statements_missed(pantau: Pantau, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Beranda\nBerita\n", encoding="utf-8")
    write(tmp_path, "quotes.jsonl", quotes(PAGE, "a.txt"))
    told = pantau("evaluate", "statements", tmp_path, "--json").json()
    assert (told["iou 0.5"]["recall"], told["iou 0.5"]["precision"]) == (0.0, 0.0)


def case(*said: Said) -> Case:
    return Case(Document("d", article("abc"), "abc"), said)


def said(start: int, end: int, **more: Any) -> Said:
    return Said("d", start, end, "direct", "A", frozenset({"a"}), **more)


def found(start: int, end: int) -> Found:
    (one, *_) = read('"Kami siap bekerja hari ini," kata Sari Dewanti.')
    return Found(start, end, one)


def test_each_true_statement_is_found_once_by_what_comes_first() -> None:
    judged = judge(case(said(0, 10), said(20, 30, core=False)), [found(21, 30), found(0, 9), found(1, 10)], 0.5)
    assert [(match.found.start, match.said and match.said.start) for match in judged.matches] == [
        (0, 0), (1, None), (21, 20),
    ]  # fmt: skip
    figures = score([judged])
    assert (figures.precision, figures.recall, figures.recall_all) == (2 / 3, 1.0, 1.0)
    assert judge(case(said(0, 10)), [found(5, 15)], 0.5).missed == (said(0, 10),)


def test_what_overlaps_a_headline_does_not_count() -> None:
    judged = judge(case(said(0, 10, title=True), said(20, 30)), [found(9, 15), found(20, 30)], 0.5)
    assert [match.found.start for match in judged.matches] == [20]


@pytest.mark.parametrize(
    ("quote", "complaint"),
    [
        ({"start": 5, "end": 5}, "quotes.jsonl:1 is no statement"),
        ({"kind": "quoted"}, "quotes.jsonl:1 is no statement"),
        ({"level": "other"}, "quotes.jsonl:1 is no statement"),
        ({"start": "first"}, "quotes.jsonl:1 is no statement"),
        ({"doc": "a9"}, "about 'a9', which docs.jsonl does not hold: add it"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(quote: dict[str, Any], complaint: str, tmp_path: Path) -> None:
    write(examples(tmp_path), "quotes.jsonl", [quotes(TEXT)[0] | quote])
    with pytest.raises(Misuse, match=complaint):
        read_cases(tmp_path)


@pytest.mark.parametrize(
    ("name", "rows", "complaint"),
    [
        ("docs.jsonl", [{"doc": "a1"}], "docs.jsonl:1 is no article: write"),
        ("docs.jsonl", [{"doc": "a1", "text": TEXT, "published": "soon"}], "docs.jsonl:1 is no article"),
        ("docs.jsonl", [{"doc": "a1", "page": "none.txt"}], "none.txt: put the page there"),
        ("docs.jsonl", ["a1"], "docs.jsonl:1 is no JSON object"),
        ("quotes.jsonl", [], "is empty: write one statement on each line"),
    ],
)
def test_what_cannot_be_used_is_said_with_its_cure(name: str, rows: list[Any], complaint: str, tmp_path: Path) -> None:
    write(examples(tmp_path), name, rows)
    with pytest.raises(Misuse, match=complaint):
        read_cases(tmp_path)


def test_a_folder_without_answers_is_complained_about(pantau: Pantau, tmp_path: Path) -> None:
    ended = pantau("evaluate", "statements", tmp_path)
    assert (ended.code, "quotes.jsonl: put the file there" in ended.err.replace("\n", " ")) == (2, True)
