"""Marked text: what is shown where, and that nothing of the text can act."""

import html
import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from pipeline.cli.clean import LOOKS, MEANINGS
from pipeline.cli.marked import FOLD, Look, Span, html_page, terminal, visible
from pipeline.news.accounting import DATELINE, NOT_IN_ARTICLE, Fate
from pipeline.news.lines import Reason

TEXT = "Bridge opens\n\nThe mayor <b>said</b> so.\nMore\n"
A, B = Look("a", "first kind", "#eee", "#111", "green"), Look("b", "second", "#ddd", "#222", "red", struck=True)


class Reader(HTMLParser):
    """The labels and the texts of rows, and all tags."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[tuple[str, str]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._into = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = dict(attrs)
        self.tags.append((tag, held))
        if held.get("class") in ("why", "said"):
            self._into = str(held["class"])
            if self._into == "why":
                self.rows.append(("", ""))
        elif tag in ("style", "summary", "details"):
            self._into = ""

    def handle_data(self, data: str) -> None:
        if self.rows and self._into:
            why, said = self.rows[-1]
            self.rows[-1] = (why + data, said) if self._into == "why" else (why, said + data.rstrip("\n"))


def page(text: str, spans: list[Span], looks: tuple[Look, ...] = (A, B)) -> str:
    return html_page("Title & more", [("language", "en")], text, spans, looks)


def test_each_line_stands_beside_its_labels() -> None:
    spans = [Span(0, 12, "a", "title"), Span(14, 23, "a", "who", "speaks"), Span(14, 38, "b", "said")]
    assert Reader(page(TEXT, spans)).rows == [
        ("title", "Bridge opens"), ("said, who", "The mayor <b>said</b> so."), ("", "More"),
    ]  # fmt: skip


def test_spans_within_spans_are_marked_by_both_the_shorter_innermost() -> None:
    made = page(TEXT, [Span(14, 23, "a", "who", "speaks"), Span(14, 38, "b", "said")])
    assert '<mark class="k-b" title="said"><mark class="k-a" title="who: speaks">The mayor</mark></mark>' in made


def test_a_span_over_two_lines_marks_both() -> None:
    made = page("one two\nthree", [Span(4, 13, "a", "x")])
    assert [what for what, held in Reader(made).tags if what == "mark" and "title" in held] == ["mark", "mark"]


def test_the_file_asks_for_nothing_from_elsewhere_and_runs_nothing() -> None:
    attack = "</style><script>alert(1)</script><img src=x onerror=y> javascript:z \"' \x1b[31m \u202e"
    made = html_page(attack, [(attack, attack)], attack, [Span(0, 9, "a", attack, attack)], (A, B))
    reader = Reader(made)
    assert not {tag for tag, _ in reader.tags} & {"script", "img", "link", "iframe", "object", "base"}
    assert not [held for _, held in reader.tags if {"src", "href", "style", "onerror"} & held.keys()]
    assert "default-src 'none'" in made
    assert not re.search(r"url\(|@import|\x1b|\u202e", made)


def test_long_passages_of_what_does_not_matter_are_folded() -> None:
    looks = (A, B._replace(folded=True))
    lines = [f"line {number}" for number in range(FOLD)]
    text = "\n".join((*lines, "kept", "short"))
    spans = [Span(text.index(line), text.index(line) + len(line), "b", "menu") for line in (*lines, "short")]
    made = page(text, [*spans, Span(text.index("kept"), text.index("kept") + 4, "a", "body")], looks)
    assert f"<summary>{FOLD} lines: menu</summary>" in made
    assert made.count("<details>") == 1
    assert [said for _, said in Reader(made).rows] == [*lines, "kept", "short"]


@given(st.text(max_size=60), st.lists(st.tuples(st.integers(0, 60), st.integers(1, 60), st.sampled_from("ab"))))
def test_whatever_the_spans_all_of_the_text_is_shown_once(text: str, places: list[tuple[int, int, str]]) -> None:
    spans = [Span(at, min(at + size, len(text)), kind, kind) for at, size, kind in places if at < len(text)]
    lines = [visible(line).rstrip() for line in text.splitlines() if line.strip()]
    assert [said.rstrip() for _, said in Reader(page(text, spans)).rows] == [line.rstrip() for line in lines]
    shown = terminal(text, spans, (A, B)).plain.split("\n")[:-1]
    assert all(row.rstrip().endswith(line) for row, line in zip(shown, lines, strict=True))


def test_a_terminal_shows_kinds_in_their_colours_and_no_escapes_of_the_text() -> None:
    shown = terminal("ab \x1b[2J\u202e", [Span(0, 2, "b", "menu")], (A, B))
    assert shown.plain == "menu  ab \\u001b[2J\\u202e\n"
    assert [(shown.plain[one.start : one.end], one.style) for one in shown.spans] == [("menu  ", "dim"), ("ab", "red")]


def test_everything_that_a_page_can_be_has_a_look_and_a_meaning() -> None:
    assert {look.kind for look in LOOKS} == {fate.value for fate in Fate}
    labels = {reason.value for reason in Reason} | {"title", "standfirst", "body", DATELINE, NOT_IN_ARTICLE}
    assert labels == set(MEANINGS)


def test_what_is_safe_stays_readable() -> None:
    assert visible("a\xa0b\tc é नि 👩\u200d🔧") == "a b c é नि 👩\u200d🔧"
    assert html.escape(visible("\0")) == "\\u0000"
