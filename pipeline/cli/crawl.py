"""`pantau crawl`: sources are looked at and pages fetched, in a process of its own. `pantau fetch`: single pages."""

import asyncio
import signal
from collections import Counter
from typing import Annotated

import typer

from pipeline.adapters import readers
from pipeline.cli.crawling import crawl as crawl_until
from pipeline.cli.crawling import remind
from pipeline.cli.ingest import WorkersOption, process, show
from pipeline.cli.installation import Installation
from pipeline.cli.output import JsonOption, installation, notes, say
from pipeline.errors import Unavailable
from pipeline.news.crawling import items
from pipeline.news.crawling.answers import charset, kept, media_type
from pipeline.news.crawling.items import Unwanted
from pipeline.news.crawling.outcomes import Fetched, NotModified, Refused
from pipeline.runners.intake import Arrival

UrlsArgument = Annotated[list[str], typer.Argument(help="Addresses of articles.")]
OnceOption = Annotated[bool, typer.Option("--once", help="End when nothing is left that is due.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("crawl", epilog="Example: pantau crawl")(crawl)
    app.command("fetch", epilog="Example: pantau fetch https://news.example/2026/a-story")(fetch)


def crawl(context: typer.Context, once: OnceOption = False) -> None:
    """Look at the sources of the catalog and fetch what they list, until Ctrl-C. `pantau run` does this by itself.

    On Kafka this is the process that crawls; `pantau work` handles what it brings.
    """
    house = installation(context)
    remind(house)
    before = totals(house)
    asyncio.run(_crawl(house, once))
    show_crawl(house, before)


def show_crawl(house: Installation, before: tuple[int, int]) -> None:
    """Say what a crawl brought that began with these totals."""
    fetched, listed = (after - sooner for after, sooner in zip(totals(house), before))
    say(f"{listed} articles listed for the first time, {fetched} pages fetched: `pantau sources status` shows more")


async def _crawl(house: Installation, once: bool) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    serve_metrics(house)
    if not once:
        notes.print(f"crawling for {house.settings.home}; Ctrl-C ends")
    await crawl_until(house, stop, once)


def serve_metrics(house: Installation, chosen: int | None = None) -> None:
    """Serve /metrics, if it is wanted, on the port that is chosen or set. Raises Unavailable when its port is taken."""
    host, port = house.settings.metrics_host, house.settings.metrics_port if chosen is None else chosen
    if not port:
        return
    try:
        house.meters.serve(host, port)
    except OSError as error:
        raise Unavailable(
            f"port {port} for /metrics is not free on {host}: set PANTAU_METRICS_PORT to another port, or to 0"
        ) from error


def totals(house: Installation) -> tuple[int, int]:
    """Items that were fetched, and all items."""
    counts = [one for one in house.frontier.counts() if one.reason != Unwanted.SAME]
    return sum(one.items for one in counts if one.state == "fetched"), sum(one.items for one in counts)


def fetch(
    context: typer.Context,
    urls: UrlsArgument,
    workers: WorkersOption = None,
    queue: Annotated[bool, typer.Option("--queue", help="Only put the pages in line for `pantau run`.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Fetch single pages, as politely as the crawler does, and take them in."""
    house = installation(context)
    arrivals, refused = asyncio.run(_fetch(house, list(dict.fromkeys(urls))))
    counts = Counter(new=0, changed=0, known=0)
    counts.update(house.intake.take(arrivals))
    work = None if queue else process(house, workers)
    show(house, counts, refused, work, as_json)
    if refused or (work and work.dead):
        raise typer.Exit(1)


async def _fetch(house: Installation, urls: list[str]) -> tuple[list[Arrival], list[readers.Refused]]:
    arrivals, refused = list[Arrival](), list[readers.Refused]()
    async with house.fetcher as web:
        for url, came in zip(urls, await asyncio.gather(*map(web.fetch, urls))):
            taken = _arrival(url, came)
            if isinstance(taken, Arrival):
                arrivals.append(taken)
            else:
                refused.append(taken)
    return arrivals, refused


def _arrival(url: str, came: Fetched | NotModified | Refused) -> Arrival | readers.Refused:
    if isinstance(came, Refused):
        return readers.Refused(url, came.reason, came.detail)
    content = came.content if isinstance(came, Fetched) else b""
    kind = items.media_type(media_type(came.headers), content)
    if kind is None:
        detail = f"what comes is {media_type(came.headers) or 'of no known type'}, no article"
        return readers.Refused(url, Unwanted.NO_ARTICLE, detail)
    return Arrival(
        content, kind, "fetch", charset(came.headers), came.url, fetched_at=came.at, headers=kept(came.headers)
    )
