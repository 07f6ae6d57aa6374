"""A real server on a free port of 127.0.0.1, and how tests talk to it: with an HTTP client, or byte by byte."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from pipeline.adapters.apikeys import SCOPES, ApiKeys
from pipeline.cli.installation import Installation
from pipeline.cli.serve import serving_uploads
from pipeline.metrics import Meters
from pipeline.settings import load
from schemas.codec import decode
from schemas.page import PageFetched

SETTINGS = {"PANTAU_RECOGNISER": "none:"}
NOW = datetime(2030, 5, 1, 12, tzinfo=UTC)
ARTICLE = (
    "<html lang=en><head><title>Harbour fees rise in Selaraya</title></head><body><article>"
    + "".join(
        f"<p>The harbour of Selaraya raises its fees for the {word} time this year, said the harbour master Harsa "
        "Wiratmaka on Monday, and the fishermen of the island answered that they would not pay a single coin.</p>"
        for word in ("first", "second", "third", "fourth")
    )
    + "</article></body></html>"
)


class Service:
    """A server over the installation in a folder, with a key for everything."""

    def __init__(self, url: str, home: Path, settings: dict[str, str], meters: Meters) -> None:
        self.url, self.home, self.meters = url, home, meters
        self.keys = ApiKeys(home)
        _, self.key = self.keys.make("everything", SCOPES, NOW, per_minute=100_000)
        self.client = httpx.Client(base_url=url, headers=self.authorized(), timeout=60)
        self.house = Installation(load(settings, home))

    def authorized(self, key: str | None = None) -> dict[str, str]:
        return {"Authorization": f"Bearer {key or self.key}"}

    def post(self, content: Any, media_type: str = "text/html", **options: Any) -> httpx.Response:
        headers = {"Content-Type": media_type, **options.pop("headers", {})}
        return self.client.post("/articles", content=content, headers=headers, **options)

    def arrived(self) -> list[PageFetched]:
        found = self.house.broker.scan("pages-fetched")
        return [decode(message.body, message.schema, PageFetched) for message in found]

    def page(self, page: PageFetched) -> bytes:
        return self.house.pages.get(page.page)

    def metric(self, name: str, **labels: str) -> float:
        """What a metric of the server shows."""
        return self.meters.registry.get_sample_value(name, labels) or 0.0

    def work(self) -> None:
        """Let the flow do what is in line."""
        with self.house.runner(0) as runner:
            runner.drain()

    def connect(self) -> socket.socket:
        port = int(self.url.rpartition(":")[2])
        return socket.create_connection(("127.0.0.1", port), timeout=40)

    def raw(self, request: bytes) -> bytes:
        """Send bytes; what comes back until the connection ends."""
        with self.connect() as connection:
            connection.sendall(request)
            return everything(connection)


def everything(connection: socket.socket) -> bytes:
    pieces = []
    try:
        while piece := connection.recv(65536):
            pieces.append(piece)
    except ConnectionResetError:
        pieces.append(b"[reset]")
    return b"".join(pieces)


@contextmanager
def served(home: Path, settings: dict[str, str] = SETTINGS) -> Iterator[Service]:
    house = Installation(load(settings, home))
    with serving_uploads(house, "127.0.0.1", 0) as running:
        service = Service(running.url, home, settings, house.meters)
        with service.client:
            yield service
        service.house.broker.close()


def problem(answer: httpx.Response, status: int, kind: str) -> dict[str, Any]:
    """The problem document of an answer, which says what is wrong and the cure."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert (found["type"], found["status"]) == (f"/problems/{kind}", status)
    assert found["title"]
    assert ":" in found["detail"], "a sentence that names what is wrong, and the cure"
    return found
