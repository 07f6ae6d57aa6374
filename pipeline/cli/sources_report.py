"""`pantau sources report`: how sources did in a time, those that need care first."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from pipeline.cli import sources
from pipeline.cli.output import JsonOption, complain, console, installation, listing, print_json, say
from pipeline.errors import Misuse
from pipeline.news.crawling import reports
from pipeline.news.crawling.reports import Row
from pipeline.runners.crawl.tending import rows

SinceOption = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The first day. Default: a week ago.")]


def register(app: typer.Typer) -> None:
    """Add the command to those of `pantau sources`."""
    del app
    sources.app.command("report", epilog="Example: pantau sources report --since 2026-01-01")(report)


def report(context: typer.Context, since: SinceOption = None, as_json: JsonOption = False) -> None:
    """Show what each source brought and how it did, those that need care first.

    PANTAU_SOURCE_REPORT has this sent every week.
    """
    house = installation(context)
    now = house.clock.now()
    begin = since.replace(tzinfo=UTC) if since else now - reports.WEEK
    if begin >= now:
        raise Misuse(f"{begin:%Y-%m-%d} is not over yet: choose an earlier --since")
    found = reports.ordered(rows(house.catalog.snapshot().sources, house.frontier, begin, now))
    if as_json:
        print_json({"since": begin, "until": now, "sources": [_json(one) for one in found]})
        return
    followed = [one for one in found if one.health.state != "paused"]
    if not followed:
        complain(
            "no source is followed: take `paused = true` out of catalog/sources.toml, or `pantau sources discover`"
        )
        raise typer.Exit(1)
    say(f"since {begin:%Y-%m-%d %H:%M} UTC: {reports.summary(followed)}")
    console.print(listing("sources", map(_row, followed)))


def _row(one: Row) -> tuple[tuple[str, ...], tuple[str, ...]]:
    health, why = one.health, ", ".join(f"{items:,} {reason}" for reason, items in one.reasons)
    came = f"{one.listed:,} listed, {one.fetched:,} fetched, {one.refused:,} refused{f' ({why})' if why else ''}"
    lines = (
        f"{health.state}: {health.evidence}" if health.evidence else str(health.state),
        f"what to do: {health.advice}" if one.needs_care else "",
        f"{came}, {one.corrections:,} corrected later",
        f"it became {became}" if (became := reports.became(one)) else "",
    )
    return (one.source.id, one.source.kind), lines


def _json(one: Row) -> dict[str, Any]:
    return {
        "id": one.source.id, "health": one.health._asdict(), "listed": one.listed, "fetched": one.fetched,
        "refused": one.refused, "reasons": dict(one.reasons), "corrections": one.corrections,
        "turns": [{"at": turn.at, "state": turn.state, "evidence": turn.evidence} for turn in one.turns],
    }  # fmt: skip
