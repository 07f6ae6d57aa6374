"""`pantau serve`: uploads over HTTP, and the pause links of mails."""

import contextlib
import itertools
import signal
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.adapters import open_port
from pipeline.adapters.apikeys import ApiKeys
from pipeline.cli.crawl import serve_metrics
from pipeline.cli.installation import Installation, check_about
from pipeline.cli.output import installation, notes
from pipeline.errors import Misuse, Unavailable

if TYPE_CHECKING:
    from pipeline.serving.server import Running

PORT = 8464


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve", epilog="Example: pantau serve --port 8464")(serve)


def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen on. Default: 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port; 0 is any. Default: 8464.")] = None,
    metrics_port: Annotated[int, typer.Option(min=0, max=65535, help="Port of /metrics; 0 is off.")] = 0,
) -> None:
    """Take uploads over HTTP and answer pause links, until Ctrl-C. What comes in is worked on by `run` or `work`.

    POST /articles takes pages with an API key (`pantau keys add`), /openapi.json says how, /send is a bookmark for
    browsers. Only this machine can reach it unless --host says otherwise, and then there must be a key. It speaks plain
    HTTP: for other machines put a proxy with TLS in front.
    """
    house = installation(context)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    settings = house.settings
    chosen = port if port is not None else settings.serve_port if settings.serve_port is not None else PORT
    serve_metrics(house, metrics_port)
    with serving_uploads(house, host or settings.serve_host, chosen) as server:
        notes.print(f"taking uploads for {settings.home} on {server.url}/articles; Ctrl-C ends", soft_wrap=True)
        while server.alive and not stop.wait(0.5):
            continue
        check(server, stop)


def check(server: "Running | None", stop: threading.Event) -> None:
    """Raise Unavailable when the server ended without being told to."""
    if server and not server.alive and not stop.is_set():
        raise Unavailable("the HTTP server ended by itself: its log says why; start again")


@contextlib.contextmanager
def serving_uploads(house: Installation, host: str, port: int) -> Iterator["Running"]:
    """A server for an installation. Its files and connections are its own, since it has threads of its own.

    Raises Misuse where other machines could reach it and no API key lets anybody upload.
    """
    # Loaded here, since no other command needs the libraries of HTTP.
    from pipeline.serving.parts import Parts  # noqa: PLC0415
    from pipeline.serving.server import Address, loopback, serving  # noqa: PLC0415

    own = Installation(house.settings, durable=True)
    own.prepare()
    keys = ApiKeys(own.settings.home).all()
    open_to_all = not loopback(host)
    if open_to_all and not any("upload" in key.scopes and key.works(own.clock.now()) for key in keys):
        raise Misuse(f"other machines could reach {host} and there is no API key: make one with `pantau keys add NAME`")
    catalog = open_port("catalog", own.settings.catalog, check=check_about, tick=itertools.count().__next__)
    catalog.snapshot()  # this one looks at its files each time: a watch is paused as it is, not as it was
    parts = Parts(own.settings.home, own.broker, own.intake, own.search, catalog, own.clock, own.frontier, house.meters)
    try:
        with serving(parts, Address(host, port)) as server:
            if not keys:
                notes.print("no API key yet: make one with `pantau keys add NAME`")
            yield server
    finally:
        own.frontier.close()
        own.broker.close()
