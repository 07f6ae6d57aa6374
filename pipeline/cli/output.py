"""What people see: tables for the terminal, JSON for programs."""

import json
import sys
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

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
    """Say on standard error what is wrong."""
    notes.print(Text(f"pantau: {plain(sentence)}", style="red"))


def print_json(value: Any) -> None:
    """Print a value as one JSON document."""
    sys.stdout.write(json.dumps(msgspec.to_builtins(value), ensure_ascii=False, indent=2) + "\n")


def print_line(value: Any) -> None:
    """Print a value as one line of JSON."""
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")


def plain(text: str) -> str:
    """Text of others, safe for a terminal: control characters (escape sequences among them) become visible."""
    return "".join(c if c in "\n\t" or c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def table(title: str, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> Table:
    """A table of plain text. A column name that begins with ">" is aligned to the right."""
    made = Table(title=title, title_justify="left", header_style="bold", title_style="bold", expand=False)
    for column in columns:
        made.add_column(column.lstrip(">"), justify="right" if column.startswith(">") else "left", overflow="fold")
    for row in rows:
        made.add_row(
            *(cell if isinstance(cell, Text) else Text(plain("" if cell is None else str(cell))) for cell in row)
        )
    return made


def day(moment: datetime | None) -> str:
    """A date for people."""
    return moment.strftime("%Y-%m-%d %H:%M") if moment else "-"
