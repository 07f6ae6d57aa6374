"""`pantau ingest`: files, folders, archives and standard input go in."""

import itertools
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from pipeline.adapters import readers
from pipeline.cli.installation import Busy, Elsewhere, Installation
from pipeline.cli.output import JsonOption, complain, console, installation, notes, print_json, table
from pipeline.runners.intake import Arrival

BATCH = 50
"""Pages that go in with one transaction."""

PathsArgument = Annotated[list[str], typer.Argument(help="Files, folders and archives; - is standard input.")]
WorkersOption = Annotated[
    int | None, typer.Option(min=0, max=256, help="Worker processes; 0 does all in one. Default: one a core.")
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("ingest", epilog="Example: pantau ingest articles/ page.html dump.jsonl.gz")(ingest)


def ingest(
    context: typer.Context,
    paths: PathsArgument,
    workers: WorkersOption = None,
    queue: Annotated[
        bool, typer.Option("--queue", help="Only put the pages in line; `pantau run` takes them.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Take in pages: HTML, text, Markdown, PDF, JSON, JSONL, e-mail, WARC, and zip or tar archives of these.

    Type and charset are detected by content. What is known already changes nothing. A bad file is refused with its
    reason and does not stop the others.
    """
    house = installation(context)
    counts, refused = take(house, paths)
    if not queue:
        process(house, workers)
    show(house, counts, refused, as_json)
    if refused:
        raise typer.Exit(1)


def take(house: Installation, paths: Iterable[str]) -> tuple[Counter[str], list[readers.Refused]]:
    """Read the paths and take in what they hold. Returns the counts of new, changed and known, and what was refused."""
    given: list[Path | Literal["-"]] = ["-" if path == "-" else Path(path) for path in paths]
    counts: Counter[str] = Counter(new=0, changed=0, known=0)
    refused: list[readers.Refused] = []
    with progress() as bar:
        task = bar.add_task("reading", total=readers.count(given) or None)
        for batch in _batches(readers.read(given, sys.stdin.buffer)):
            items = [item for item in batch if isinstance(item, readers.Item)]
            counts.update(house.intake.take([arrival(item) for item in items]))
            refused += [item for item in batch if isinstance(item, readers.Refused)]
            bar.update(task, advance=len(batch), description=f"reading: {_summary(counts)}, {len(refused)} refused")
    return counts, refused


def arrival(item: readers.Item, source: str = "upload") -> Arrival:
    """What the intake needs of an item."""
    return Arrival(
        item.content, item.media_type, source, item.charset, item.url, item.name, item.hints, item.fetched_at
    )


def process(house: Installation, workers: int | None) -> None:
    """Run the flow until nothing is left to do; leave it to a runner that is already at work."""
    try:
        with house.runner(house.workers(workers)) as runner, progress() as bar:
            task = bar.add_task("working", total=None)
            runner.drain(lambda: bar.update(task, advance=1))
    except Elsewhere:
        notes.print("the workers that `pantau work` starts take them up", style="yellow")
    except Busy:
        notes.print("a running Pantau takes them up now", style="yellow")


def show(house: Installation, counts: Counter[str], refused: list[readers.Refused], as_json: bool) -> None:
    """Print what became of it."""
    if as_json:
        print_json({**counts, "refused": [{"name": r.name, "reason": r.reason, "detail": r.detail} for r in refused]})
        return
    if counts["known"] and not counts["new"] and not counts["changed"]:
        console.print(f"already known: all {counts['known']} pages; nothing was changed")
    else:
        console.print(_summary(counts))
    if refused:
        reasons = Counter(r.reason.value for r in refused)
        console.print(table("refused", ("reason", ">files"), reasons.most_common()))
        for r in itertools.islice(refused, 20):
            complain(f"{r.name}: {r.detail}")


def progress(**options: Any) -> Progress:
    """A progress bar on standard error, gone when done; nothing at all where no one watches."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=notes, transient=True, disable=not notes.is_terminal, **options)


def _summary(counts: Counter[str]) -> str:
    return f"{counts['new']} new, {counts['changed']} changed, {counts['known']} already known"


def _batches(items: Iterator[Any]) -> Iterator[list[Any]]:
    while batch := list(itertools.islice(items, BATCH)):
        yield batch
