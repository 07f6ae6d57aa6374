"""Marked text for people: a text and spans of it, as one HTML file or in the colours of a terminal.

    looks = (Look("kept", "in the article", light="#dff3e0", dark="#173d22", terminal="green"),)
    spans = (Span(0, 5, "kept", "title", "the headline"),)
    page = html_page("Bridge reopens", [("language", "en")], text, spans, looks)

The file needs no script, no font and no picture from elsewhere; everything of the text is escaped, and signs that
cannot be seen are written out. Spans may overlap: a stretch is marked by all that cover it, the shortest innermost.
"""

import html
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from itertools import groupby, pairwise
from typing import NamedTuple

from rich.text import Text


class Span(NamedTuple):
    """text[start:end] is of a kind; `label` is one word for it, `tip` a sentence."""

    start: int
    end: int
    kind: str
    label: str
    tip: str = ""


class Look(NamedTuple):
    """How a kind is shown: its name in the legend, colours behind it in light and in dark, a style of rich.

    struck   in HTML it is struck through
    folded   long passages of lines that are of this kind alone are folded away
    """

    kind: str
    name: str
    light: str
    dark: str
    terminal: str
    struck: bool = False
    folded: bool = False


class _Line(NamedTuple):
    """A line of the text that is not blank, and the spans that touch it."""

    start: int
    end: int
    spans: tuple[Span, ...]

    def alone(self, kinds: Iterable[str]) -> bool:
        """Whether it is marked, and only with these kinds."""
        return bool(self.spans) and all(span.kind in kinds for span in self.spans)


FOLD = 6
"""Lines of a passage that is folded away, at least."""


class Section(NamedTuple):
    """What stands below the text: a heading, and entries of a name with their facts."""

    heading: str
    entries: Sequence[tuple[str, Sequence[tuple[str, str]]]]


def html_page(
    title: str,
    facts: Iterable[tuple[str, str]],
    text: str,
    spans: Sequence[Span],
    looks: Sequence[Look],
    sections: Sequence[Section] = (),
) -> str:
    """A whole HTML document: the facts, a legend, the text line by line with its labels beside it, and sections."""
    legend = "".join(f'<li><mark class="k-{_safe(look.kind)}">{_safe(look.name)}</mark>' for look in looks)
    folded = {look.kind for look in looks if look.folded}
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{_safe(title)}</title><style>{_style(looks)}</style></head>\n<body><main><h1>{_safe(title)}</h1>"
        f"{_facts(facts)}<ul>{legend}</ul>\n"
        f"{''.join(_passages(text, _lines(text, spans), folded))}{''.join(map(_section, sections))}"
        "</main></body></html>\n"
    )


def terminal(text: str, spans: Sequence[Span], looks: Sequence[Look]) -> Text:
    """The text line by line in the colours of a terminal, the labels before each line."""
    styles = {look.kind: look.terminal for look in looks}
    lines = _lines(text, spans)
    width = max((len(_labels(line)) for line in lines), default=0)
    shown = Text()
    for line in lines:
        shown.append(f"{_labels(line):{width}}  ", style="dim")
        for start, end, over in _segments(line):
            shown.append(visible(text[start:end]), style=styles[over[-1].kind] if over else "")
        shown.append("\n")
    return shown


def visible(text: str) -> str:
    """The text with spaces for white space; what cannot be seen or turns the line around is written out."""
    return "".join(sign if sign.isprintable() else " " if sign.isspace() else _named(sign) for sign in text)


def _named(sign: str) -> str:
    """Joiners stay: letters and emoji of some scripts need them."""
    joins = sign in "\u200c\u200d" or unicodedata.category(sign) == "Mn"
    return sign if joins else f"\\u{ord(sign):04x}"


# --- lines and segments


def _lines(text: str, spans: Sequence[Span]) -> list[_Line]:
    """The lines that are not blank. Spans are given to the lines they touch, in one pass over both."""
    waiting = sorted(spans, key=lambda span: (span.start, -span.end))[::-1]
    found, over, start = [], [], 0
    for raw in text.splitlines(keepends=True):
        end = start + len(raw)
        while waiting and waiting[-1].start < end:
            over.append(waiting.pop())
        over = [span for span in over if span.end > start]
        if raw.strip():
            found.append(_Line(start, start + len(raw.rstrip()), tuple(over)))
        start = end
    return found


def _segments(line: _Line) -> Iterator[tuple[int, int, list[Span]]]:
    """Stretches of a line between the edges of spans, with the spans over each, the longest first."""
    edges = {edge for span in line.spans for edge in (span.start, span.end) if line.start < edge < line.end}
    places = sorted({line.start, line.end, *edges})
    for start, end in pairwise(places):
        over = [span for span in line.spans if span.start <= start and span.end >= end]
        yield start, end, sorted(over, key=lambda span: span.start - span.end)


def _labels(line: _Line) -> str:
    return ", ".join(dict.fromkeys(span.label for span in line.spans if span.label))


# --- HTML


def _safe(text: str) -> str:
    return html.escape(visible(text))


def _facts(facts: Iterable[tuple[str, str]]) -> str:
    rows = "".join(f"<dt>{_safe(name)}<dd>{_safe(value)}" for name, value in facts)
    return f"<dl>{rows}</dl>"


def _section(section: Section) -> str:
    entries = "".join(f'<h3 dir="auto">{_safe(name)}</h3>{_facts(facts)}' for name, facts in section.entries)
    return f"<h2>{_safe(section.heading)}</h2>{entries or '<p>none</p>'}\n"


def _passages(text: str, lines: Sequence[_Line], folded: set[str]) -> Iterator[str]:
    """The lines, with folds for long passages of folded kinds."""
    for away, group in groupby(lines, key=lambda line: line.alone(folded)):
        passage = list(group)
        rows = "".join(_row(text, line) for line in passage)
        if away and len(passage) >= FOLD:
            labels = ", ".join(dict.fromkeys(_labels(line) for line in passage))
            yield f"<details><summary>{len(passage)} lines: {_safe(labels)}</summary>{rows}</details>\n"
        else:
            yield f"{rows}\n"


def _row(text: str, line: _Line) -> str:
    marked = "".join(_marked(text[start:end], over) for start, end, over in _segments(line))
    labels = f'<span class="why">{_safe(_labels(line))}</span>'
    return f'<div class="row">{labels}<span class="said" dir="auto">{marked}</span></div>'


def _marked(text: str, over: Sequence[Span]) -> str:
    marked = _safe(text)
    for span in reversed(over):
        tip = f"{span.label}: {span.tip}" if span.tip else span.label
        marked = f'<mark class="k-{_safe(span.kind)}" title="{_safe(tip)}">{marked}</mark>'
    return marked


def _style(looks: Sequence[Look]) -> str:
    """The rules of the file, and those of the kinds for light and for dark."""
    base = (files("pipeline.cli") / "marked.css").read_text("utf-8")
    light = "".join(f".k-{look.kind}{{background:{look.light}}}" for look in looks)
    dark = "".join(f".k-{look.kind}{{background:{look.dark}}}" for look in looks)
    struck = "".join(f".row .k-{look.kind}{{text-decoration:var(--struck)}}" for look in looks if look.struck)
    return f"{base}{light}{struck}@media(prefers-color-scheme:dark){{{dark}}}"
