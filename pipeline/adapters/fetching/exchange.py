"""One request and its answer: no redirect is followed, no cookie kept, no proxy read from the environment.

HTTP/2 where the site offers it. A connection is kept for the next page of its host; it goes to the address that was
checked when it was made.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from functools import partial

import httpcore

from pipeline.adapters.addresses import AsyncGate, Forbidden, Resolve, system
from pipeline.adapters.fetching.body import Unusable, declared, unpacked
from pipeline.adapters.fetching.coding import ACCEPTED
from pipeline.adapters.fetching.policy import Limits, Policy
from pipeline.news.crawling.answers import judged
from pipeline.news.crawling.outcomes import Fetched, Headers, NotModified, Redirect, Refused, Unfetched, field
from pipeline.news.crawling.targets import Target

Answer = Fetched | NotModified | Redirect | Refused
KEPT_SECONDS = 30.0
"""How long a connection is kept for the next page."""
KEPT_MAX = 256
"""Connections that are kept; the one that was used longest ago goes first."""
SMALL = 10**6
"""Bytes of a packed body that each request may hold. What is longer is read by LARGE_AT_ONCE requests at a time."""
LARGE_AT_ONCE = 4
UNPACKERS = 2
"""Threads that unpack. A body is unpacked when all of it is here, for a brotli stream holds 16 MB while it is open: 64
of them were 1.3 GB, those of two threads are nothing.
"""
INLINE = 1 << 15
"""Packed bytes below which the way to a thread takes longer than unpacking."""
RESOLVERS = 16
"""Threads that resolve names."""


class Exchange:
    """Asks for targets, one at a time of each site and many sites at once; hosts in `hosts` may have any address."""

    def __init__(self, policy: Policy, hosts: frozenset[str] | None = None, resolve: Resolve = system) -> None:
        self._policy = policy
        self._threads = ThreadPoolExecutor(RESOLVERS, thread_name_prefix="resolve")
        self._unpackers = ThreadPoolExecutor(UNPACKERS, thread_name_prefix="unpack")
        self._gate = AsyncGate(self._threads, hosts, resolve)
        self._trust = policy.trust or httpcore.default_ssl_context()
        self._idle: dict[str, httpcore.AsyncConnectionPool] = {}
        self._slots = asyncio.Semaphore(policy.at_once)
        self._large = asyncio.Semaphore(LARGE_AT_ONCE)

    async def aclose(self) -> None:
        """Close the connections."""
        while self._idle:
            await self._idle.popitem()[1].aclose()
        for threads in (self._threads, self._unpackers):
            threads.shutdown(wait=False, cancel_futures=True)

    async def get(self, target: Target, conditions: Headers, limits: Limits, now: Callable[[], datetime]) -> Answer:
        """The answer of a target; `conditions` are headers that make the request conditional."""
        return await self._outcome(target, partial(self._get, target, conditions, limits, now))

    async def post(self, target: Target, form: bytes, now: Callable[[], datetime]) -> Answer:
        """The answer to a form; what it says is not read."""
        return await self._outcome(target, partial(self._post, target, form, now))

    async def _outcome(self, target: Target, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """What comes of a request, with its failures as reasons."""
        try:
            async with self._slots, asyncio.timeout(self._policy.whole):
                return await ask()
        except Forbidden as error:
            return Refused(target.url, Unfetched.PRIVATE_ADDRESS, str(error))
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            return Refused(target.url, Unfetched.UNREACHABLE, _phrase(error))
        except TimeoutError:
            return Refused(target.url, Unfetched.TOO_SLOW, f"it takes longer than {self._policy.whole:g} s")
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, OSError) as error:
            return Refused(target.url, Unfetched.BROKEN, _phrase(error))
        except Unusable as error:
            return Refused(target.url, error.reason, error.detail)

    async def _get(self, target: Target, conditions: Headers, limits: Limits, now: Callable[[], datetime]) -> Answer:
        async with AsyncExitStack() as stack:
            response, headers = await self._asked(stack, "GET", target, conditions)
            if response.status == 304 and conditions:
                return NotModified(target.url, headers, now())
            said = judged(target.url, response.status, headers, now())
            content = b"" if said else await self._content(response, headers, limits, stack)
        if said is not None:
            await self._leave(target.origin)
        return said or Fetched(target.url, response.status, headers, content, now())

    async def _post(self, target: Target, form: bytes, now: Callable[[], datetime]) -> Answer:
        about = (("Content-Type", "application/x-www-form-urlencoded"), ("Content-Length", str(len(form))))
        async with AsyncExitStack() as stack:
            response, headers = await self._asked(stack, "POST", target, about, form)
        await self._leave(target.origin)
        if 200 <= response.status < 300:
            return Fetched(target.url, response.status, headers, b"", now())
        said = judged(target.url, response.status, headers, now())
        return said or Refused(target.url, Unfetched.REFUSED, f"it answers {response.status}", response.status)

    async def _leave(self, origin: str) -> None:
        """Close the connection of a site: on HTTP/2 a body that nobody reads would take up its window for good."""
        if pool := self._idle.pop(origin, None):
            await pool.aclose()

    async def _asked(
        self, stack: AsyncExitStack, method: str, target: Target, more: Headers, content: bytes | None = None
    ) -> tuple[httpcore.Response, Headers]:
        """The answer whose body is still to come, as long as the stack is open, and its headers."""
        pool = await stack.enter_async_context(self._connections(target.origin))
        request = pool.stream(
            method, target.url, headers=self._headers(target, more), content=content,
            extensions={"timeout": {"connect": self._policy.connect}},
        )  # fmt: skip
        response = await self._headed(stack.enter_async_context(request))
        return response, tuple((name.decode("latin-1").lower(), _text(value)) for name, value in response.headers)

    @asynccontextmanager
    async def _connections(self, origin: str) -> AsyncIterator[httpcore.AsyncConnectionPool]:
        """The connection of a site. One pool for all of them looks at each of its connections for each request."""
        pool = self._idle.pop(origin, None) or httpcore.AsyncConnectionPool(
            ssl_context=self._trust, max_connections=1, keepalive_expiry=KEPT_SECONDS, network_backend=self._gate,
            http2=True,
        )  # fmt: skip
        try:
            yield pool
        except BaseException:
            await pool.aclose()
            raise
        self._idle[origin] = pool
        if len(self._idle) > KEPT_MAX:
            await self._idle.pop(next(iter(self._idle))).aclose()

    async def _headed(self, entering: Awaitable[httpcore.Response]) -> httpcore.Response:
        try:
            async with asyncio.timeout(self._policy.first_byte):
                return await entering
        except TimeoutError as error:
            detail = f"its headers take longer than {self._policy.first_byte:g} s"
            raise Unusable(Unfetched.TOO_SLOW, detail) from error

    def _headers(self, target: Target, conditions: Headers) -> list[tuple[str, str]]:
        host = target.url.split("/", 3)[2]
        return [
            ("Host", host),
            ("User-Agent", self._policy.agent),
            ("Accept", "text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8"),
            ("Accept-Encoding", ACCEPTED),
            *conditions,
        ]

    async def _content(
        self, response: httpcore.Response, headers: Headers, limits: Limits, stack: AsyncExitStack
    ) -> bytes:
        """The body, unpacked. Raises Unusable."""
        encodings = ",".join(value for name, value in headers if name == "content-encoding")
        declared(encodings)
        length = field(headers, "content-length") or ""
        if length.isdecimal() and int(length) > limits.packed and not limits.cut:
            raise Unusable(Unfetched.TOO_LARGE, f"it says that it is {int(length):,} bytes long")
        packed, cut = await self._packed(response, limits, stack)
        work = partial(unpacked, packed, encodings, limits, cut=cut)
        if len(packed) <= INLINE:
            return work()
        return await asyncio.get_running_loop().run_in_executor(self._unpackers, work)

    async def _packed(self, response: httpcore.Response, limits: Limits, stack: AsyncExitStack) -> tuple[bytes, bool]:
        """The body as it travels, and whether the rest was cut off. Raises Unusable."""
        packed, seated = bytearray(), False
        async for chunk in response.aiter_stream():
            packed += chunk
            if len(packed) > limits.packed:
                if limits.cut:
                    return bytes(packed[: limits.packed]), True
                raise Unusable(Unfetched.TOO_LARGE, f"it is longer than {limits.packed:,} bytes")
            if len(packed) > SMALL and not seated:
                await stack.enter_async_context(self._large)
                seated = True
        return bytes(packed), False


def _text(value: bytes) -> str:
    """A header value: UTF-8 where it is, for that is what sites put into Location."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _phrase(error: Exception) -> str:
    return str(error) or type(error).__name__
