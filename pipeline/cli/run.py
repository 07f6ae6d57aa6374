"""`pantau run`: the flow runs until it is stopped."""

import contextlib
import signal
import threading
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.ingest import WorkersOption, show_work
from pipeline.cli.installation import Installation, flow
from pipeline.cli.output import installation, notes
from pipeline.cli.serve import check, serving_uploads
from pipeline.errors import Unavailable
from pipeline.runners import operations

if TYPE_CHECKING:
    from pipeline.serving.server import Running


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("run", epilog="Example: pantau run --workers 2")(run)


def run(
    context: typer.Context,
    workers: WorkersOption = None,
    once: Annotated[bool, typer.Option("--once", help="End when nothing is left to do.")] = False,
) -> None:
    """Run the whole flow: take up what is ingested meanwhile, retry what waits, serve /metrics on 127.0.0.1.

    With PANTAU_SERVE_PORT it also takes uploads over HTTP, as `pantau serve` does.
    """
    house = installation(context)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with house.runner(house.workers(workers)) as runner:
        if once:
            before = operations.tallies(flow(), house.broker)
            runner.drain()
            show_work(house, operations.work(flow(), house.broker, before), 0)
            return
        host, port = house.settings.metrics_host, house.settings.metrics_port
        if port:
            try:
                house.meters.serve(host, port)
            except OSError as error:
                raise Unavailable(
                    f"port {port} for /metrics is not free on {host}: set PANTAU_METRICS_PORT to another port, or to 0"
                ) from error
            notes.print(f"running in {house.settings.home}; metrics on http://{host}:{port}/metrics; Ctrl-C ends")
        with _uploads(house) as server:
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
