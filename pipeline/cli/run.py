"""`pantau run`: the whole product on one machine: it crawls and the flow runs, until it is stopped."""

import asyncio
import contextlib
import signal
import threading
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.crawl import serve_metrics, show_crawl, totals
from pipeline.cli.crawling import beside, remind
from pipeline.cli.crawling import crawl as crawl_until
from pipeline.cli.ingest import WorkersOption, show_work
from pipeline.cli.installation import Installation, flow
from pipeline.cli.output import installation, notes
from pipeline.cli.serve import check, serving_uploads
from pipeline.runners import operations
from pipeline.settings import Settings

CrawlOption = Annotated[
    bool, typer.Option("--crawl/--no-crawl", help="Whether sources are crawled; not where `pantau crawl` does it.")
]

if TYPE_CHECKING:
    from pipeline.serving.server import Running


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("run", epilog="Example: pantau run --workers 2")(run)


def run(
    context: typer.Context,
    workers: WorkersOption = None,
    once: Annotated[bool, typer.Option("--once", help="One round: end when nothing is left to do now.")] = False,
    crawl: CrawlOption = True,
) -> None:
    """Run everything: crawl the sources, take up what is ingested meanwhile, retry what waits, serve /metrics.

    With PANTAU_SERVE_PORT it also takes uploads over HTTP, as `pantau serve` does.
    """
    house = installation(context)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    if crawl:
        remind(house)
    with house.runner(house.workers(workers)) as runner:
        if once:
            before, known = operations.tallies(flow(), house.broker), totals(house)
            if crawl:
                asyncio.run(crawl_until(house, asyncio.Event(), once=True))
                show_crawl(house, known)
            runner.drain()
            show_work(house, operations.work(flow(), house.broker, before), 0)
            return
        serve_metrics(house)
        notes.print(f"running in {house.settings.home}; {_metrics(house.settings)}Ctrl-C ends")
        with _uploads(house) as server, beside(house, stop.set) if crawl else contextlib.nullcontext():
            if server:
                notes.print(f"taking uploads on {server.url}/articles", soft_wrap=True)
            runner.run(lambda: stop.is_set() or (server is not None and not server.alive), stop.wait)
            check(server, stop)


def _uploads(house: Installation) -> contextlib.AbstractContextManager["Running | None"]:
    """The HTTP server, when a setting asks for it."""
    settings = house.settings
    if not settings.serve_port:
        return contextlib.nullcontext()
    return serving_uploads(house, settings.serve_host, settings.serve_port)


def _metrics(settings: Settings) -> str:
    place = f"http://{settings.metrics_host}:{settings.metrics_port}/metrics"
    return f"metrics on {place}; " if settings.metrics_port else ""
