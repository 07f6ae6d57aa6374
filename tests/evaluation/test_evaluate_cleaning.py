"""`pantau evaluate cleaning`: the layouts of its folder, its figures, and what it says about a wrong folder."""

import gzip
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from pipeline.cli.app import app
from pipeline.cli.evaluate import EVALUATIONS
from pipeline.errors import Misuse
from pipeline.evaluation.cleaning import lines_kept, measure
from pipeline.evaluation.measures import interval, told
from pipeline.evaluation.pages import read_pages

BODY = "\n".join(
    f"The ferry to the {place} island will sail again from Monday, the harbour master Ana Lima said at the quay."
    for place in ("northern", "southern", "eastern", "western", "green")
)
PAGE = (
    '<html><body><nav><a href="/">Home</a> <a href="/n">News</a></nav><article><h1>Ferries sail again</h1>'
    + "".join(f"<p>{line}</p>" for line in BODY.split("\n"))
    + "</article></body></html>"
)
COPY = f"Home\nNews\n\nFerries sail again\n\n{BODY}\n\nShare\nRead more"


def paired(folder: Path) -> None:
    (folder / "warta_1.html").write_text(PAGE)
    (folder / "warta_1.expected.txt").write_text(BODY)
    (folder / "warta_2.txt.gz").write_bytes(gzip.compress(COPY.encode()))
    (folder / "warta_2.expected.txt").write_text(BODY)


def listed(folder: Path) -> None:
    (folder / "page.html").write_text(PAGE)
    rows = [{"page": "page.html", "body": BODY, "url": "https://www.warta.example/1"}, {"text": COPY, "body": BODY}]
    (folder / "pages.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def scrapinghub(folder: Path) -> None:
    (folder / "html").mkdir()
    (folder / "html" / "a.html.gz").write_bytes(gzip.compress(PAGE.encode()))
    held = {"a": {"url": "https://warta.example/1", "articleBody": BODY}}
    (folder / "ground-truth.json").write_text(json.dumps(held))


def fundus(folder: Path) -> None:
    (folder / "dataset" / "html").mkdir(parents=True)
    (folder / "dataset" / "html" / "Warta_0.html.gz").write_bytes(gzip.compress(PAGE.encode()))
    held = {"Warta_0.html.gz": {"url": "https://warta.example/1", "body": BODY.split("\n")}}
    (folder / "dataset" / "ground_truth.json").write_text(json.dumps(held))


@pytest.mark.parametrize("layout", [paired, listed, scrapinghub, fundus])
def test_each_layout_gives_pages_that_clean_to_their_bodies(layout: object, tmp_path: Path) -> None:
    layout(tmp_path)  # type: ignore[operator]
    cases = read_pages(tmp_path)
    assert {case.body for case in cases} == {BODY}
    assert "text/html" in {case.media_type for case in cases}
    figures = measure(cases).figures
    assert all(kind["pantau"]["f1"] == 1.0 for kind in figures.values())
    assert {"HTML", "HTML as text, blocks", "HTML as text, browser"} <= figures.keys()
    assert ("text" in figures) == (layout in (paired, listed))


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "no examples in"),
        ({"a.html": PAGE}, "no examples in"),
        ({"a.jsonl": '{"page": "b.html"}\n'}, "a.jsonl:1 is no example"),
        ({"a.jsonl": "[1]\n"}, "a.jsonl:1 is no example"),
        ({"a.jsonl": '{"page": "b.pdf", "body": "x"}\n', "b.pdf": ""}, "a.jsonl:1 is no example"),
        ({"a.jsonl": '{"page": "b.html", "body": "x"}\n'}, "cannot read"),
        ({"a.html.gz": PAGE, "a.expected.txt": BODY}, "cannot read"),
        ({"ground-truth.json": "{"}, "is no JSON"),
    ],
)
def test_a_wrong_folder_is_named_in_one_sentence(files: dict[str, str], said: str, tmp_path: Path) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(Misuse, match=said) as caught:
        read_pages(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_folder_that_is_none() -> None:
    with pytest.raises(Misuse, match="there is no folder"):
        read_pages(Path("no-such-folder"))


def test_lines_are_counted_over_all_pages() -> None:
    found = lines_kept([("a\nb  c", "a\nb c\nd"), ("e\nf", "a\ne")])
    assert (found.precision, found.recall) == (3 / 5, 3 / 4)


def test_the_interval_holds_the_difference_and_is_the_same_each_time() -> None:
    good = [(BODY, BODY)] * 8 + [(BODY, BODY[:200])] * 4
    bad = [(BODY, BODY[:200])] * 8 + [(BODY, BODY)] * 4
    lead, low, high = interval(good, bad)
    assert low < lead < high
    assert (lead, low, high) == interval(good, bad)
    assert interval(good, good) == (0.0, 0.0, 0.0)


def test_how_well_estimates_tell_figures() -> None:
    assert told([0.9, 0.8, 0.5, 0.2], [1.0, 0.95, 0.9, 0.3]) == (1.0, 1.0)
    assert told([0.2, 0.5, 0.8, 0.9], [1.0, 0.95, 0.9, 0.3]) == (-1.0, 0.0)
    assert told([1.0, 1.0], [0.3, 1.0]) == (0.0, 0.5)
    assert told([0.5, 0.5, 0.9, 0.9], [0.3, 1.0, 1.0, 1.0]).poor == pytest.approx(5 / 6)


def run(*args: str) -> SimpleNamespace:
    result = CliRunner().invoke(app, ["evaluate", *args])
    return SimpleNamespace(code=result.exit_code, out=result.stdout, error=result.exception)


def test_the_command_prints_tables_and_figures(tmp_path: Path) -> None:
    paired(tmp_path)
    shown = run("cleaning", str(tmp_path), "--against", "trafilatura,justext")
    assert shown.code == 0
    assert "HTML: 1 pages" in shown.out
    assert "trafilatura" in shown.out
    figures = json.loads(run("cleaning", str(tmp_path), "--json").out)
    assert figures["text"]["pantau"]["line_precision"] == 1.0


def test_the_command_refuses_unknown_rivals(tmp_path: Path) -> None:
    error = run("cleaning", str(tmp_path), "--against", "nonsense").error
    assert isinstance(error, Misuse)
    assert "only against trafilatura" in str(error)


@pytest.mark.parametrize("name", EVALUATIONS)
def test_each_evaluation_says_what_its_folder_holds(name: str) -> None:
    assert "DIR" in run(name, "--help").out
    assert name in run("--help").out
