"""`pantau replay`: all pages go through the flow again."""

import typer

from pipeline.cli.ingest import WorkersOption, process, show_work
from pipeline.cli.output import JsonOption, installation, print_json, say
from pipeline.runners import operations


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("replay", epilog="Example: pantau replay --workers 2")(replay)


def replay(context: typer.Context, workers: WorkersOption = None, as_json: JsonOption = False) -> None:
    """Send all known pages through the flow again: fills a new index, or takes up what a new version reads better.

    Nobody is told twice. A page is known for 30 days after it came in; what is older has to be ingested again.
    """
    house = installation(context)
    count = operations.replay_pages(house.broker, house.clock)
    work = process(house, workers) if count else None
    if as_json:
        print_json({"pages": count, **(work._asdict() if work else {})})
    elif count:
        say(f"{count} pages went through the flow again")
        show_work(work)
    else:
        say("no page is known any more: ingest the files again")
    if not count:
        raise typer.Exit(1)
