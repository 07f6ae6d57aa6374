"""`pantau replay`: all pages go through the flow again."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from pipeline.cli.ingest import WorkersOption, process, show_work
from pipeline.cli.output import JsonOption, installation, print_json, say
from pipeline.runners import operations
from pipeline.runners.operations import Choice


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("replay", epilog="Example: pantau replay --workers 2")(replay)


def replay(
    context: typer.Context,
    article: Annotated[str | None, typer.Option(help="Only this article (id or URL).")] = None,
    since: Annotated[datetime | None, typer.Option(help="Only pages fetched from then on (UTC).")] = None,
    until: Annotated[datetime | None, typer.Option(help="Only pages fetched before then (UTC).")] = None,
    workers: WorkersOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send known pages through the flow again: fills a new index, or takes up what a new version reads better.

    All pages, or those that the options choose. Nobody is told twice.
    """
    house = installation(context)
    chosen = Choice(house.article_id(article) if article else None, _utc(since), _utc(until))
    count = operations.replay_pages(house.broker, house.clock, chosen)
    work = process(house, workers) if count else None
    if as_json:
        print_json({"pages": count, "queued": 0 if work else count, **(work._asdict() if work else {})})
    elif count:
        if work:
            say(f"{count} pages went through the flow again")
        show_work(house, work, count)
    else:
        say("no such page is known: `pantau search` shows the articles that there are")
    if not count:
        raise typer.Exit(1)


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment else None
