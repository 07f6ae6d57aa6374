"""The body of a request comes in: into memory, above 64 kB into a file without a name, never beyond its limits."""

import asyncio
import errno
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from time import monotonic
from typing import IO, NamedTuple

from starlette.requests import ClientDisconnect, Request

from pipeline.errors import StorageFull, Unavailable
from pipeline.serving.problems import Problem

BODY_MAX = 100_000_000
"""Bytes of one request."""
MEMORY = 65_536
"""Bytes of a body that stay in memory."""
AT_ONCE = 64
"""Bodies that come in or are read at the same time; others wait."""
WAIT_SECONDS = 30.0
"""How long they wait."""
PAUSE_SECONDS = 10.0
"""The longest time in which nothing comes."""
RATE_MIN = 4096
"""Bytes a second that have to come on average, after the first PAUSE_SECONDS."""


class Body(NamedTuple):
    """A body that is here. `digest` is the SHA-256 of its bytes, hex."""

    file: IO[bytes]
    size: int
    digest: str


class Bodies:
    """Takes bodies in, so many at a time."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._places = asyncio.Semaphore(at_once)

    @asynccontextmanager
    async def body(self, request: Request) -> AsyncIterator[Body]:
        """The body of a request, which is gone at the end. Raises Problem, or ClientDisconnect when nobody is there."""
        _check_length(request)
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await self._places.acquire()
        except TimeoutError as error:
            raise Problem(
                "busy", f"{AT_ONCE} uploads are at work: send this one again later", {"Retry-After": "15"}
            ) from error
        try:
            with tempfile.SpooledTemporaryFile(MEMORY) as file:
                yield await _received(request, file)
        finally:
            self._places.release()


def _check_length(request: Request) -> None:
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > BODY_MAX:
        raise _too_large()


async def _received(request: Request, file: IO[bytes]) -> Body:
    size, digest, started = 0, sha256(), monotonic()
    async for chunk in _chunks(request):
        size += len(chunk)
        if size > BODY_MAX:
            raise _too_large()
        waited = monotonic() - started
        if waited > PAUSE_SECONDS and size < RATE_MIN * (waited - PAUSE_SECONDS):
            raise Problem("too-slow", f"the body comes with less than {RATE_MIN} bytes a second: send it faster")
        digest.update(chunk)
        keep(file, chunk)
    file.seek(0)
    return Body(file, size, digest.hexdigest())


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    while True:
        try:
            async with asyncio.timeout(PAUSE_SECONDS):
                message = await request.receive()
        except TimeoutError as error:
            detail = f"nothing of the body came for {PAUSE_SECONDS:.0f} s: send it without pauses"
            raise Problem("too-slow", detail) from error
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        yield message.get("body", b"")
        if not message.get("more_body"):
            return


def keep(file: IO[bytes], chunk: bytes) -> None:
    """Write to a file that lasts no longer than its request. Raises StorageFull and Unavailable."""
    try:
        file.write(chunk)
    except OSError as error:
        where = tempfile.gettempdir()
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull(f"no room left in {where} for an upload: free some, or set TMPDIR") from error
        raise Unavailable(f"an upload cannot be kept in {where} ({error.strerror}): set TMPDIR") from error


def _too_large() -> Problem:
    megabytes = BODY_MAX // 10**6
    return Problem("too-large", f"a request may have {megabytes} MB: send it in parts", limit=BODY_MAX)
