"""`pantau backfill`: older articles of a source, through its sitemaps or the pages of its feed."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

import typer

from pipeline.cli.crawling import crawl
from pipeline.cli.ingest import process, progress
from pipeline.cli.installation import Busy, Installation
from pipeline.cli.output import complain, day, installation, notes, say
from pipeline.cli.sources import source
from pipeline.errors import Misuse
from pipeline.news.crawling.walking import Walk, begun

SinceOption = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The first day.")]
UntilOption = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The first day after; today.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("backfill", epilog="Example: pantau backfill antara --since 2026-01-01")(backfill)


def backfill(
    context: typer.Context,
    id: Annotated[str, typer.Argument(metavar="SOURCE", help="The id of the source.")],
    since: SinceOption,
    until: UntilOption = None,
    queue: Annotated[bool, typer.Option("--queue", help="Leave it to `pantau run`.")] = False,
) -> None:
    """Fetch older articles of a source: all that its sitemaps, or the pages of its feed, list of these days.

    It crawls as `pantau run` does until that is done, new articles first. It goes on where it was when it is
    interrupted and started again.
    """
    house = installation(context)
    found, now = source(house, id), house.clock.now()
    days = since.replace(tzinfo=UTC), min(until.replace(tzinfo=UTC), now) if until else _day(now)
    if days[0] >= days[1]:
        raise Misuse(f"nothing lies between {days[0]:%Y-%m-%d} and {days[1]:%Y-%m-%d}: choose an earlier --since")
    if found.paused:
        raise Misuse(f"source {id!r} is paused: take `paused = true` out of its entry in sources.toml")
    walk = next((one for one in house.frontier.walks() if one.days == (id, *days)), None)
    if walk and walk.done and not walk.failed:
        say(f"this was done at {day(walk.done)}")
    if walk is None or (walk.done and walk.failed):
        walk = begun(found, *days, now)
        house.frontier.record(walk=walk)
    if not queue:
        _work(house, walk)
    _show(house, walk)


def _work(house: Installation, walk: Walk) -> None:
    """Crawl until the backfill is over, or watch the Pantau that does."""
    with progress() as bar:
        task = bar.add_task(f"backfill of {walk.source}", total=None)

        def show() -> bool:
            """Show how far it is. Whether there is more to do."""
            now = _now(house, walk)
            left = _left(house, walk.source)
            text = f"{now.read} of {now.total} listings read, {now.articles} articles found, {left} to be fetched"
            bar.update(task, total=now.total, completed=now.read, description=text)
            return bool(now.ahead or left)

        try:
            asyncio.run(_crawl(house, show))
        except Busy as busy:
            notes.print(f"{busy.holder} crawls here and does it; Ctrl-C leaves it to that one", style="yellow")
            while show():
                time.sleep(1)
            return
    process(house, None)


async def _crawl(house: Installation, show: Callable[[], bool]) -> None:
    stop = asyncio.Event()

    async def watch() -> None:
        while show():
            await asyncio.sleep(0.5)
        stop.set()

    watcher = asyncio.ensure_future(watch())
    try:
        await crawl(house, stop)
    finally:
        watcher.cancel()
        await asyncio.gather(watcher, return_exceptions=True)


def _now(house: Installation, walk: Walk) -> Walk:
    return next(one for one in house.frontier.walks() if one.days == walk.days)


def _left(house: Installation, id: str) -> int:
    """Articles of the source that were not asked for yet. What failed is tried again by whoever crawls next."""
    counts = [one for one in house.frontier.counts() if (one.source, one.state, one.reason) == (id, "waiting", "")]
    return sum(one.items for one in counts)


def _day(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def _show(house: Installation, walk: Walk) -> None:
    now = _now(house, walk)
    say(f"{now.read} of {now.total} listings read, {now.articles} articles found: `pantau sources status` shows more")
    for url, why in now.failed.items():
        complain(f"{url}: {why}")
    if now.failed:
        raise typer.Exit(1)
