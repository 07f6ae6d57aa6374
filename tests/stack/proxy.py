"""A proxy in front of Elasticsearch that makes trouble: overload, refusals, and connections that end too early."""

import hashlib
import http.client
import json
import random
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit


@dataclass
class Trouble:
    """What goes wrong. Shares are between 0 and 1.

    down    until when (time.monotonic) everything is answered with 503
    busy    share of the items of a bulk that are answered with 429
    poison  share of the ids that are answered with 400, always the same ones
    cut     share of the bulks whose connection ends after they were applied
    most    bytes of a request beyond which it is answered with 413
    """

    down: float = 0.0
    busy: float = 0.0
    poison: float = 0.0
    cut: float = 0.0
    most: int = 1 << 40
    chance: random.Random = field(default_factory=lambda: random.Random(7))

    def poisoned(self, id: str) -> bool:
        return int(hashlib.sha256(id.encode()).hexdigest()[:8], 16) < self.poison * 2**32


class Proxy(ThreadingHTTPServer):
    """Forwards to a server. `requests` counts what came in, by the last part of the path."""

    daemon_threads = True

    def __init__(self, target: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target, self.trouble = urlsplit(target).netloc, Trouble()
        self.requests: dict[str, int] = {}
        self.url = f"http://127.0.0.1:{self.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.shutdown()
        self.server_close()

    def total(self) -> int:
        """How many requests came in so far."""
        return sum(self.requests.values())

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Connections that end are what this is for."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet
    server: Proxy

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        trouble, kind = self.server.trouble, urlsplit(self.path).path.rpartition("/")[2]
        self.server.requests[kind] = self.server.requests.get(kind, 0) + 1
        if time.monotonic() < trouble.down:
            self.answer(503, b'{"error":"no master","status":503}')
        elif len(body) > trouble.most:
            self.answer(413, b"")
        elif kind == "_bulk":
            self.bulk(body, trouble)
        else:
            self.answer(*self.forward(body))

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_any  # noqa: N815

    def bulk(self, body: bytes, trouble: Trouble) -> None:
        items = _items(body)
        statuses = [self.status(item, trouble) for item in items]
        passed = b"".join(b"".join(item) for item, status in zip(items, statuses, strict=True) if not status)
        status, answer = self.forward(passed) if passed else (200, b'{"items":[]}')
        if trouble.chance.random() < trouble.cut:
            self.close_connection = True
            self.connection.close()
            return
        if status == 200:
            real = iter(json.loads(answer)["items"])
            made = [next(real) if not status else _refusal(status) for status in statuses]
            answer = json.dumps({"items": made}).encode()
        self.answer(status, answer)

    def status(self, item: list[bytes], trouble: Trouble) -> int:
        """The status that an item gets instead of being written, 0 for none."""
        head = next(iter(json.loads(item[0]).values()))
        if trouble.poisoned(head["_id"]):
            return 400
        return 429 if trouble.chance.random() < trouble.busy else 0

    def forward(self, body: bytes) -> tuple[int, bytes]:
        upstream = http.client.HTTPConnection(self.server.target, timeout=60)
        headers = {
            name: value for name, value in self.headers.items() if name.lower() not in ("host", "content-length")
        }
        try:
            upstream.request(self.command, self.path, body or None, headers)
            found = upstream.getresponse()
            return found.status, found.read()
        except OSError:
            return 502, b'{"error":"no node","status":502}'
        finally:
            upstream.close()

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("X-Elastic-Product", "Elasticsearch")
        self.send_header("Content-Type", "application/vnd.elasticsearch+json;compatible-with=8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def _items(body: bytes) -> list[list[bytes]]:
    lines, items = body.splitlines(keepends=True), []
    while lines:
        size = 1 if b'"delete"' in lines[0][:10] else 2
        items.append(lines[:size])
        del lines[:size]
    return items


def _refusal(status: int) -> dict[str, Any]:
    kind = {400: "document_parsing_exception", 429: "es_rejected_execution_exception"}[status]
    return {"index": {"status": status, "error": {"type": kind, "reason": "made by the test"}}}
