"""A web server on loopback that answers as it is told, well or badly, and keeps a log of who asked when."""

import asyncio
import ssl
import threading
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple


class Request(NamedTuple):
    """A request as it came: its host with the port, path, and headers with names in lower case."""

    host: str
    path: str
    headers: dict[str, str]
    body: bytes = b""


Handler = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]


def answer(status: int = 200, body: bytes = b"", *headers: str, length: int | None = None) -> Handler:
    """A handler that sends a whole answer; headers are lines ("ETag: x")."""

    async def send(request: Request, writer: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body) if length is None else length}", *headers]
        writer.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
        await writer.drain()

    return send


def page(text: str, *headers: str) -> Handler:
    """A handler that sends HTML."""
    return answer(200, text.encode(), "Content-Type: text/html; charset=utf-8", *headers)


def redirect(location: str, status: int = 302) -> Handler:
    """A handler that sends readers elsewhere."""
    return answer(status, b"", f"Location: {location}")


class Site:
    """Serves `routes`, by path or by host and path ("a.example/x"); what is not there is a 404. In `async with`."""

    def __init__(self, routes: dict[str, Handler] | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.routes, self._tls = {} if routes is None else routes, tls
        self.log: list[Request] = []
        self.connections, self.open, self.most = 0, 0, 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Site":
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self._tls)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def paths(self) -> list[str]:
        """What was asked for, without robots.txt."""
        return [request.path for request in self.log if request.path != "/robots.txt"]

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                request = _request(head)
                body = await reader.readexactly(int(request.headers.get("content-length", "0")))
                await self._handle(request._replace(body=body), writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            return  # the client went away, which is its right
        finally:
            writer.transport.abort()

    def _handler(self, named: str, path: str) -> Handler:
        try:
            return self.routes[named if named in self.routes else path]
        except KeyError:
            return answer(404)

    async def _handle(self, request: Request, writer: asyncio.StreamWriter) -> None:
        self.log.append(request)
        self.open += 1
        self.most = max(self.most, self.open)
        try:
            named = f"{request.host.partition(':')[0]}{request.path}"
            await self._handler(named, request.path)(request, writer)
        finally:
            self.open -= 1


def _request(head: bytes) -> Request:
    first, *rest = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in rest if line)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    return Request(headers.get("host", ""), first.split(" ")[1], headers)


class FakeTimer:
    """A Timer on which no real time passes. `slept` is how long each wait was, in seconds."""

    def __init__(self) -> None:
        self.time = datetime(2022, 1, 1, tzinfo=UTC)
        self.slept: list[float] = []

    def now(self) -> datetime:
        """See Clock."""
        return self.time

    async def sleep(self, seconds: float) -> None:
        """See Timer."""
        self.slept.append(seconds)
        until = self.time + timedelta(seconds=seconds)
        await asyncio.sleep(0)
        self.time = max(self.time, until)  # those who wait at once wait together


class Served:
    """A site in a thread of its own."""

    def __init__(self) -> None:
        self.site, self._ready, self._stop = Site(), threading.Event(), asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._serve()))

    async def _serve(self) -> None:
        async with self.site:
            self._ready.set()
            await self._stop.wait()

    def __enter__(self) -> Site:
        self._thread.start()
        self._ready.wait()
        return self.site

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._loop.close()
