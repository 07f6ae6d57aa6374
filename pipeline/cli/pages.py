"""`pantau pages`: the stored pages."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from pipeline.adapters import warc
from pipeline.cli.installation import Installation
from pipeline.cli.output import complain, installation, notes
from pipeline.errors import Unavailable
from schemas.codec import decode
from schemas.page import PageFetched
from schemas.topics import PAGES_FETCHED

app = typer.Typer(help="The stored pages.", no_args_is_help=True)

FileArgument = Annotated[str, typer.Argument(help="A new file such as pages.warc.gz; - is standard output.")]
SourceOption = Annotated[str | None, typer.Option(help="Only pages of this source.")]
SinceOption = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only pages fetched since this day.")]


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    parent.add_typer(app, name="pages")


@app.command("export", epilog="Example: pantau pages export pages.warc.gz")
def export(context: typer.Context, file: FileArgument, source: SourceOption = None, since: SinceOption = None) -> None:
    """Write the stored pages, every revision of them, as a WARC file with the headers that they came with."""
    house = installation(context)
    begin = since.replace(tzinfo=UTC) if since else None
    pages = _pages(house, source, begin)
    if file == "-":
        written = warc.write(sys.stdout.buffer, pages)
    else:
        try:
            with Path(file).open("xb") as out:
                written = warc.write(out, pages)
        except FileExistsError as error:
            raise Unavailable(f"{file} is there already: choose another name, or delete it") from error
        except OSError as error:
            raise Unavailable(f"{file} cannot be written ({error.strerror}): choose another place") from error
    if not written:
        if file != "-":
            Path(file).unlink()
        of = f" of source {source!r}" if source else ""
        complain(f"no page{of} is stored{f' since {since:%Y-%m-%d}' if since else ''}: nothing was written")
        raise typer.Exit(1)
    notes.print(f"{written} page{'s' if written > 1 else ''} written")


def _pages(house: Installation, source: str | None, since: datetime | None) -> Iterator[tuple[PageFetched, bytes]]:
    for message in house.broker.scan(PAGES_FETCHED.name):
        page = decode(message.body, message.schema, PageFetched)
        if source not in (None, page.source) or (since and page.fetched_at < since):
            continue
        try:
            yield page, house.pages.get(page.page)
        except KeyError:
            complain(f"{page.url or page.name}: its page is not in the page store any more")
