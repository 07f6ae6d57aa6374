"""`pantau clean`: one page, nothing stored."""

import re
from pathlib import Path

import pytest

from tests.command import Ended, run
from tests.hostile import SENTENCE, html

COPY = f"""Home
Old River Bridge Reopens Next Week

By Mary Kim

{SENTENCE}

Read more: Fish Market Moves

{SENTENCE.replace("Monday", "Tuesday")}

Leave a comment
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    path = tmp_path / "copy.txt"
    path.write_text(COPY, encoding="utf-8")
    return path


def cleaned(*arguments: object) -> Ended:
    return run("--home", "/proc/nowhere", "clean", *arguments)


def test_the_article_is_printed_and_no_home_is_made(copy: Path) -> None:
    ended = cleaned(copy)
    assert (ended.code, ended.err) == (0, "")
    first, *_, before, last = ended.out.rstrip("\n").split("\n")
    assert (first, before, last) == ("Old River Bridge Reopens Next Week", "", SENTENCE.replace("Monday", "Tuesday"))
    assert "authors: Mary Kim" in ended.out
    assert "Fish Market" not in ended.out


def test_the_record_is_printed_for_programs(copy: Path) -> None:
    article = cleaned(copy, "--json", "--url", "https://warta.example/a").json()
    assert (article["title"], article["outlet"]) == ("Old River Bridge Reopens Next Week", "warta.example")
    assert {reason for _, _, reason in article["removed"]} >= {"menu", "byline", "teaser", "section"}


def test_a_page_is_explained_line_by_line(copy: Path, tmp_path: Path) -> None:
    target = tmp_path / "explained.html"
    ended = cleaned(copy, "--explain", target)
    assert (ended.code, ended.out) == (0, "")
    rows = re.findall(r'class="why">([^<]*)<.*?class="k-(\w+)"[^>]*>([^<]*)<', target.read_text("utf-8"))
    assert [row[:2] for row in rows] == [
        ("menu", "removed"), ("title", "kept"), ("byline", "field"), ("body", "kept"), ("teaser", "removed"),
        ("body", "kept"), ("section", "removed"),
    ]  # fmt: skip
    assert [row[2] for row in rows] == [line for line in COPY.split("\n") if line]


def test_a_web_page_is_explained_with_what_its_extractor_passed_over(tmp_path: Path) -> None:
    source, target = tmp_path / "page.html", tmp_path / "explained.html"
    nav = "".join(f"<li><a href=/{n}>Part {n}</a></li>" for n in range(9))
    source.write_bytes(
        html("<p>R&amp;D <b>cost</b>s more, she said&nbsp;there.</p>").replace(
            b"<article>", f"<nav>{nav}</nav><article>".encode()
        )
    )
    assert cleaned(source, "--explain", target).code == 0
    made = target.read_text("utf-8")
    assert "9 lines: not in article" in made
    assert ">R&amp;D costs more, she said there.</mark>" in made


@pytest.mark.parametrize(
    ("content", "arguments", "code", "said"),
    [
        (b"Home\nNews\n", (), 1, "gives no article (no-article): no paragraph is left"),
        (b"\x89PNG\r\n\x1a\n\0\0", (), 2, "copy.txt"),
        (COPY.encode(), ("--explain", "/proc/nowhere/x.html"), 3, "name another file with --explain"),
    ],
)
def test_what_cannot_be_shown_is_said(
    copy: Path, content: bytes, arguments: tuple[str, ...], code: int, said: str
) -> None:
    copy.write_bytes(content)
    ended = cleaned(copy, *arguments)
    assert ended.code == code
    assert said in ended.err


def test_more_than_one_page_is_too_many(copy: Path) -> None:
    (copy.parent / "other.txt").write_text(COPY, encoding="utf-8")
    ended = cleaned(copy.parent)
    assert ended.code == 2
    assert "more than one page: name a file with one" in ended.err
