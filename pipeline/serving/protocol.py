"""Connections of HTTP/1.1: how many there may be, how slowly a head may come, and how one ends.

uvicorn speaks HTTP through h11; what it leaves open is closed here. A head of a request has 10 s, so a thousand
connections that say nothing are gone by then. What is no HTTP is answered with a problem document. And an answer that
is given before the body was read arrives: the connection is closed in one direction first and what still comes in is
dropped for a while, because closing it at once makes the kernel reset it under the answer.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from pipeline.serving.problems import KINDS, MEDIA_TYPE, Problem

CONNECTIONS = 1500
"""Connections at once; those above are told so. Twice as many are not even told."""
HEAD_SECONDS = 10.0
"""Seconds from the first byte of a connection, or of a further request, to the end of its head."""
HEAD_BYTES = 65_536
LINGER_SECONDS = 2.0
"""How long what still comes in is dropped after an answer that ends a connection."""

_SLOW = Problem("too-slow", f"the head of the request took more than {HEAD_SECONDS:.0f} s: send it at once")
_FULL = Problem(
    "busy", f"there are more than {CONNECTIONS} connections: try again in some seconds", {"Retry-After": "5"}
)
_NO_HTTP = Problem("bad-request", "the request cannot be read as HTTP/1.1: send it with an ordinary HTTP client")
_LARGE = Problem("headers-too-large", f"line and headers of a request may have {HEAD_BYTES} bytes: send fewer")


class Lingering:
    """A transport whose `close` closes one direction and lets the other run out."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop, self.closing = transport, loop, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def is_closing(self) -> bool:
        """Whether it is closed or about to be."""
        return self.closing or self._transport.is_closing()

    def close(self) -> None:
        """End the connection once what was written is sent, and what still comes in is dropped."""
        if self.is_closing():
            return
        self.closing = True
        self._transport.resume_reading()
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._loop.call_later(LINGER_SECONDS, self._transport.abort)


class Connection(H11Protocol):
    """One connection."""

    _deadline: asyncio.TimerHandle | None = None
    _lingering: Lingering

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See asyncio.Protocol."""
        self._lingering = Lingering(transport, self.loop)
        super().connection_made(cast(asyncio.Transport, self._lingering))
        if len(self.connections) > 2 * CONNECTIONS:
            transport.abort()
        elif len(self.connections) > CONNECTIONS:
            self._end(_FULL)
        else:
            self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        self._unwatch()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        if self._lingering.closing:
            return
        super().data_received(data)
        if self.conn.their_state is h11.IDLE:  # inside a head, or between two requests
            self._watch()
        else:
            self._unwatch()

    def on_response_complete(self) -> None:
        """See H11Protocol."""
        super().on_response_complete()
        if self.conn.their_state is h11.IDLE and self.conn.trailing_data[0]:
            self._watch()

    def send_400_response(self, msg: str) -> None:
        """See H11Protocol. Called for what cannot be read as HTTP."""
        del msg
        size = len(self.conn.trailing_data[0])
        self._end(_LARGE if size > HEAD_BYTES else _NO_HTTP)

    def _watch(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_SECONDS, self._too_slow)

    def _unwatch(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._deadline = None
        if not self._lingering.is_closing():
            self._end(_SLOW)

    def _end(self, problem: Problem) -> None:
        """Answer in place of the app, and end the connection."""
        self._unwatch()
        cycle = self.cycle
        if cycle is None or cycle.response_complete or not cycle.response_started:
            self.transport.write(_written(problem))
        if cycle is not None:  # the app waits for a body that does not come
            cycle.disconnected = True
            cycle.message_event.set()
        self.transport.close()


def _written(problem: Problem) -> bytes:
    """An answer as it goes over the wire."""
    body = problem.document()
    more: Sequence[tuple[str, str]] = [*problem.headers.items(), ("Connection", "close")]
    head = [
        f"HTTP/1.1 {problem.status} {KINDS[problem.kind].title}",
        f"Content-Type: {MEDIA_TYPE}",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in more),
    ]
    return "\r\n".join([*head, "", ""]).encode("ascii") + body
