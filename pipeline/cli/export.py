"""`pantau export`: all documents of a family, for other programs."""

import csv
import sys
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TextIO

import msgspec
import typer

from pipeline.cli.output import installation, notes
from pipeline.cli.search import QUERY, Family
from pipeline.errors import Unavailable
from pipeline.news.queries import parse
from schemas.documents import FAMILIES, Document

FORMULA = tuple("=+-@|%＝＋－＠")
"""What a formula begins with (https://owasp.org/www-community/attacks/CSV_Injection); Excel takes full width too."""
Format = StrEnum("Format", ["jsonl", "csv"])


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("export", epilog="Example: pantau export statements 'speaker:putin' --format csv -o putin.csv")(export)


def export(
    context: typer.Context,
    family: Annotated[Family, typer.Argument(help="What to export.")],
    query: Annotated[str, typer.Argument(help=QUERY)] = "",
    form: Annotated[Format, typer.Option("--format", help="JSON Lines, or CSV.")] = Format.jsonl,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="A file; standard output without it.")] = None,
) -> None:
    """Write all that a query finds as JSON Lines or CSV. In CSV no cell can act as a spreadsheet formula."""
    parse(query, family.value)  # a query that cannot be understood must not empty a file
    documents = installation(context).search.export(family.value, query)
    write = _csv if form.value == "csv" else _jsonl
    try:
        with output.open("w", encoding="utf-8", newline="") if output else nullcontext(sys.stdout) as file:
            count = write(documents, file, list(FAMILIES[family.value].__struct_fields__))
    except BrokenPipeError:
        raise
    except OSError as error:
        place = output or "standard output"
        raise Unavailable(f"cannot write {place}: {error.strerror}; name another file with -o") from error
    if output:
        notes.print(f"{count} {family.value} written to {output}")


def _jsonl(documents: Iterable[Document], file: TextIO, columns: Sequence[str]) -> int:
    count = 0
    for count, document in enumerate(documents, 1):  # noqa: B007 - the count is the result
        file.write(msgspec.json.encode(document).decode() + "\n")
    return count


def _csv(documents: Iterable[Document], file: TextIO, columns: Sequence[str]) -> int:
    count, writer = 0, csv.writer(file)
    writer.writerow(columns)
    for count, document in enumerate(documents, 1):  # noqa: B007 - the count is the result
        values = msgspec.to_builtins(document)
        writer.writerow([safe(values.get(column)) for column in columns])
    return count


def safe(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula: a text that begins like one gets a quote mark."""
    if isinstance(value, list | tuple):
        value = "; ".join(map(str, value))
    if isinstance(value, str) and value and (value[0] in "\t\r\n" or value.lstrip()[:1] in FORMULA):
        return "'" + value
    return value
