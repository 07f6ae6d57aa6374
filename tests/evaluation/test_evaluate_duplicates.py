"""`pantau evaluate duplicates`: its files, its figures, and what it says about wrong ones."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.adapters.memory import MemoryState
from pipeline.cli.app import app
from pipeline.errors import Misuse
from pipeline.evaluation.duplicates import b_cubed, cases_of, false_links, hits_of, measure, read_cases
from tests.invented import article, prose

TEXTS = {
    "a": prose(1),
    "b": prose(2),
    "a-wrapped": prose(3, 30) + " " + prose(1) + " " + prose(4, 30),
    "a-cut": " ".join(prose(1).split()[40:160]),
    "c": prose(5),
    "b-lead": prose(6, 50) + " " + " ".join(prose(2).split()[50:]),
}
FAMILIES = [["a", "a-wrapped", "a-cut"], ["b", "b-lead"]]
PAIRS = [["a", "a-wrapped"], ["a-wrapped", "a-cut"], ["a", "a-cut"], ["b-lead", "b"]]


def write(folder: Path, name: str, rows: list[object]) -> None:
    (folder / name).write_text("".join(json.dumps(row) + "\n\n" for row in rows), encoding="utf-8")


def examples(folder: Path, truth: str) -> Path:
    rows = [{"id": id, "text": text, "language": "id", "published": "2031-03-10"} for id, text in TEXTS.items()]
    write(folder, "articles.jsonl", rows)
    groups = FAMILIES if truth == "families" else PAIRS
    write(folder, f"{truth}.jsonl", [{"ids": ids} for ids in groups])
    return folder


@pytest.mark.parametrize("truth", ["families", "pairs"])
def test_both_kinds_of_truth_give_the_same_families_and_full_marks(truth: str, tmp_path: Path) -> None:
    cases = read_cases(examples(tmp_path, truth))
    assert len({case.family for case in cases}) == 3
    figures = measure(cases, state=MemoryState()).figures["pantau"]
    assert (figures["recall"], figures["false"], figures["f1"]) == (1.0, 0.0, pytest.approx(1.0))


def test_the_command_prints_a_table_and_json(tmp_path: Path) -> None:
    shown = CliRunner().invoke(app, ["evaluate", "duplicates", str(examples(tmp_path, "families"))])
    assert shown.exit_code == 0
    assert "6 articles in 3 families" in shown.stdout
    told = CliRunner().invoke(app, ["evaluate", "duplicates", str(tmp_path), "--json"])
    assert json.loads(told.stdout)["pantau"]["recall"] == 1.0


def test_minhash_misses_what_is_cut_and_wrapped(tmp_path: Path) -> None:
    pytest.importorskip("datasketch")
    figures = measure(read_cases(examples(tmp_path, "families")), ["minhash"], state=MemoryState()).figures
    assert figures["minhash"]["recall"] <= figures["pantau"]["recall"]
    assert figures["minhash"]["false"] == 0


def test_a_pair_is_a_hit_of_its_own_and_a_family_one_for_each_later_member() -> None:
    articles = [article(id, "") for id in "abc"]
    links = [[], [], ["b", "x"]]
    assert hits_of(cases_of(articles, [["a", "b", "c"]]), links) == [[], [False], [True]]
    assert hits_of(cases_of(articles, [["a", "c"], ["c", "b"]], every=True), links) == [[], [], [False, True]]
    assert false_links(cases_of(articles, [["a", "b", "c"]]), links) == [[], [], ["x"]]


def test_b_cubed_is_that_of_the_definition() -> None:
    """Two items together that belong together, and a third with them that does not."""
    cubed = b_cubed(["x", "x", "y"], ["1", "1", "1"])
    assert cubed.precision == pytest.approx((2 / 3 + 2 / 3 + 1 / 3) / 3)
    assert cubed.recall == 1.0
    assert b_cubed(["x", "x", "y"], ["1", "2", "3"]).recall == pytest.approx((0.5 + 0.5 + 1) / 3)


@pytest.mark.parametrize(
    ("articles", "families", "said"),
    [
        ([{"id": "a"}], [], "articles.jsonl:1 is no article"),
        ([{"id": "a", "text": "b", "published": "soon"}], [], "articles.jsonl:1 is no article"),
        ([{"id": "a", "text": "b"}, {"id": "a", "text": "c"}], [], "two articles with the id 'a'"),
        ([{"id": "a", "text": "b"}], [{"ids": ["a", "z"]}], "families.jsonl:1 names no articles"),
        ([{"id": "a", "text": "b"}], ["a"], "families.jsonl:1 is no JSON object"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(
    articles: list[object], families: list[object], said: str, tmp_path: Path
) -> None:
    write(tmp_path, "articles.jsonl", articles)
    write(tmp_path, "families.jsonl", families)
    with pytest.raises(Misuse, match=said):
        read_cases(tmp_path)


def test_a_folder_without_examples_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match=r"articles\.jsonl"):
        read_cases(tmp_path)
