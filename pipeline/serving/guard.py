"""What holds for every request, whatever it asks for: its longest time, the headers of its answer, and that a body that
nobody read ends the connection.
"""

import asyncio

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.serving.problems import Problem, answer

REQUEST_SECONDS = 300.0
"""The longest that one request may take, from the end of its head to the end of its answer."""
SECURITY = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",  # the address of a pause link is all that one needs to use it
    "X-Content-Type-Options": "nosniff",
}


class Guard:
    """ASGI middleware around the whole app."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, receive, send)
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                await self._app(scope, exchange.receive, exchange.send)
        except TimeoutError:
            if exchange.started:
                raise
            late = Problem("too-slow", f"the request took more than {REQUEST_SECONDS:.0f} s: send less at a time")
            await answer(late, Request(scope))(scope, receive, exchange.send)


class _Exchange:
    """One request and its answer, as they pass by."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        head = Headers(scope=scope)
        self._unread = head.get("content-length", "0") != "0" or "transfer-encoding" in head
        self.started = False

    async def receive(self) -> Message:
        """See ASGI."""
        message = await self._receive()
        if not message.get("more_body"):
            self._unread = False
        return message

    async def send(self, message: Message) -> None:
        """See ASGI."""
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY.items():
                headers.setdefault(name, value)
            if self._unread:
                headers["Connection"] = "close"
        await self._send(message)
