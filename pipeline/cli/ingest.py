"""`pantau ingest`: files, folders, archives and standard input go in."""

import itertools
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from pipeline.adapters import readers
from pipeline.broker import Served
from pipeline.cli.installation import Busy, Installation, flow
from pipeline.cli.output import JsonOption, complain, console, installation, notes, print_json, say, table
from pipeline.runners import operations
from pipeline.runners.intake import arrival
from pipeline.runners.operations import Work
from schemas.topics import PAGES_FETCHED

BATCH = 200
"""Pages that go in with one transaction, and with one order to the disk to keep them."""

WORTH_A_WORKER = 200
"""Messages that are worth one more worker process: it takes seconds to load its models."""

SHOWN = 20
"""Refused files that are named; the others are counted."""

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
        bool, typer.Option("--queue", help="Only put the pages in line for `pantau run`. On Kafka it is always so.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Take in pages: HTML, text, Markdown, PDF, JSON, JSONL, e-mail, WARC, and zip or tar archives of these.

    Type and charset are detected by content. What is known already changes nothing. A bad file is refused with its
    reason and does not stop the others.
    """
    house = installation(context)
    counts, refused = take(house, paths)
    work = None if queue else process(house, workers)
    show(house, counts, refused, work, as_json)
    if refused or (work and work.dead):
        raise typer.Exit(1)


def take(house: Installation, paths: Iterable[str]) -> tuple[Counter[str], list[readers.Refused]]:
    """Read the paths and take in what they hold. Returns the counts of new, changed and known, and what was refused."""
    refused = [_no_file(path) for path in paths if "://" in path]
    given: list[Path | Literal["-"]] = ["-" if path == "-" else Path(path) for path in paths if "://" not in path]
    counts: Counter[str] = Counter(new=0, changed=0, known=0)
    with progress() as bar:
        task = bar.add_task("reading", total=readers.count(given) or None)
        for batch in _batches(readers.read(given, sys.stdin.buffer)):
            items = [item for item in batch if isinstance(item, readers.Item)]
            counts.update(house.intake.take([arrival(item) for item in items]))
            refused += [item for item in batch if isinstance(item, readers.Refused)]
            bar.update(task, advance=len(batch), description=f"reading: {_summary(counts)}, {len(refused)} refused")
    return counts, refused


def _no_file(url: str) -> readers.Refused:
    detail = "this is a web address, no file: save its page and ingest that file"
    return readers.Refused(url, readers.Refusal.MISSING, detail)


def process(house: Installation, workers: int | None) -> Work | None:
    """Run the flow until nothing is left to do. Returns None when another Pantau does it.

    Another `pantau ingest` may be about to end without having seen the new pages: then this one takes over.
    """
    if isinstance(house.broker, Served):
        return None
    told = False
    while True:
        try:
            return _drain(house, workers)
        except Busy as busy:
            if _taken_up(house):
                return None
            if not told:
                notes.print(f"{busy.holder} is at work here and takes them up; waiting for it", style="yellow")
                told = True
            time.sleep(0.5)


def _drain(house: Installation, workers: int | None) -> Work:
    waiting = operations.waiting(flow(), house.broker)
    worth = -(-waiting // WORTH_A_WORKER)
    size = house.workers(workers) if workers is not None else min(worth, house.workers(None))
    with house.runner(size if waiting else 0) as runner, progress() as bar:
        before = operations.tallies(flow(), house.broker)
        task = bar.add_task("working", total=None)
        runner.drain(lambda: bar.update(task, advance=1))
        return operations.work(flow(), house.broker, before)


def _taken_up(house: Installation) -> bool:
    """Whether no page waits for its first agent any more. Who took it up goes on until the others have read it too."""
    (pages,) = house.broker.standings([(flow()[0].name, PAGES_FETCHED.name)])
    return not pages.lag


def show(
    house: Installation, counts: Counter[str], refused: list[readers.Refused], work: Work | None, as_json: bool
) -> None:
    """Print what became of it."""
    queued = 0 if work else counts["new"] + counts["changed"]
    if as_json:
        done = work._asdict() if work else {}
        names = [{"name": r.name, "reason": r.reason, "detail": r.detail} for r in refused]
        print_json({**counts, "queued": queued, "refused": names, **done})
        return
    if counts["known"] and not counts["new"] and not counts["changed"]:
        say(f"already known: all {counts['known']} pages; nothing was changed")
    else:
        say(_summary(counts))
    show_work(house, work, queued)
    if refused:
        reasons = Counter(r.reason.value for r in refused)
        console.print(table("refused", ("reason", ">files"), reasons.most_common()))
        for r in itertools.islice(refused, SHOWN):
            complain(f"{r.name}: {r.detail}")
        if len(refused) > SHOWN:
            complain(f"and {len(refused) - SHOWN} more: --json names all of them")


def show_work(house: Installation, work: Work | None, queued: int) -> None:
    """Print what the flow made of it; without `work`, who takes up the pages that were queued."""
    if work is None:
        if queued:
            say(f"queued {queued} pages for `{house.program}`: `pantau status` shows how far they are")
        return
    say(f"found in {work.articles} articles: {work.statements} statements, of which {work.alerts} alerts came")
    if work.dead:
        reasons = ", ".join(f"{times} by {reason}" for reason, times in sorted(work.dead.items()))
        say(f"{sum(work.dead.values())} went to dead letters ({reasons}): see `pantau dead list`")
    if work.waiting:
        say(f"{work.waiting} wait for their time, or to be tried again, by `pantau run`: see `pantau status`")


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
