"""What people see: tables for the terminal, JSON for programs."""

import json
import sys
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipeline.cli.installation import Installation

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]

console = Console(highlight=False)
"""Standard output. Text from articles goes through `plain` or rich.Text, never through markup."""
notes = Console(stderr=True, highlight=False)
"""Standard error: progress and complaints."""


def installation(context: typer.Context) -> Installation:
    """The installation that the global options chose."""
    chosen: Installation = context.find_object(Installation)  # type: ignore[assignment]
    return chosen


def complain(sentence: str) -> None:
    """Say on standard error what is wrong. In a file or a pipe a sentence stays on one line."""
    notes.print(Text(f"pantau: {plain(sentence)}", style="red"), soft_wrap=not notes.is_terminal)


def say(sentence: str) -> None:
    """Say something on standard output, on one line in a file or a pipe."""
    console.print(Text(plain(sentence)), soft_wrap=not console.is_terminal)


def print_json(value: Any) -> None:
    """Print a value as one JSON document."""
    ascii_only = "utf" not in (sys.stdout.encoding or "").lower()
    sys.stdout.write(json.dumps(msgspec.to_builtins(value), ensure_ascii=ascii_only, indent=2) + "\n")


def plain(text: str) -> str:
    """Text of others, safe for a terminal: control characters (escape sequences among them) become visible."""
    return "".join(c if c in "\n\t" or c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def table(title: str, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> Table:
    """A table of plain text. A column name that begins with ">" is of numbers: aligned to the right. Numbers and the
    first column, which names the row, are never broken.

    When a name begins with "~", each row is one line: what does not fit is cut in these columns, nowhere else.
    """
    names = list(columns)
    cut = [name.startswith("~") for name in names]
    made = Table(title=title, title_justify="left", header_style="bold", title_style="bold")
    for place, (name, may_cut) in enumerate(zip(names, cut)):
        justify: Literal["left", "right"] = "right" if name.startswith(">") else "left"
        whole = not may_cut and (any(cut) or place == 0 or justify == "right")
        made.add_column(name.lstrip(">~"), justify=justify, overflow="fold", no_wrap=whole)
    for row in rows:
        made.add_row(*(_line(cell) if may_cut else _text(cell) for cell, may_cut in zip(row, cut)))
    return made


def listing(title: str, rows: Iterable[tuple[Iterable[object], Iterable[Text | str]]]) -> Table:
    """A table for long texts: on the left some short facts under each other, on the right the text. Fits 60 columns."""
    made = Table(title=title, title_justify="left", title_style="bold", show_header=False, show_lines=True)
    made.add_column(no_wrap=True, max_width=24, overflow="ellipsis")
    made.add_column(ratio=1, overflow="fold")
    for facts, lines in rows:
        left = Text("\n").join(Text(plain(str(fact)), style="cyan") for fact in facts if fact)
        made.add_row(left, Text("\n").join(_text(line) for line in lines if line))
    return made


def _line(cell: object) -> Text:
    line = _text(cell)
    line.no_wrap, line.overflow = True, "ellipsis"
    return line


def _text(cell: object) -> Text:
    return cell if isinstance(cell, Text) else Text(plain("" if cell is None else str(cell)))


def day(moment: datetime | None) -> str:
    """A date for people."""
    return moment.strftime("%Y-%m-%d %H:%M") if moment else "-"
