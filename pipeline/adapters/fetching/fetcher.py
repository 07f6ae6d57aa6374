"""fetch: URL -> page, or the reason why there is none.

Each hop of a redirect is a request like any other: its URL is checked, robots.txt of its site is asked, it stands in
the line of its host, and its connection goes through the gate.
"""

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from types import TracebackType
from urllib.parse import urlencode

from pipeline.adapters.addresses import Resolve, system
from pipeline.adapters.clock import SystemClock
from pipeline.adapters.fetching.exchange import Answer, Exchange
from pipeline.adapters.fetching.policy import PAGE, ROBOTS, Limits, Policy
from pipeline.adapters.fetching.queues import Queues
from pipeline.adapters.fetching.robots import Robots
from pipeline.news.crawling import answers
from pipeline.news.crawling.outcomes import Fetched, Headers, NotModified, Redirect, Refused, Unfetched
from pipeline.news.crawling.targets import Target, following, target
from pipeline.ports import Timer

REDIRECTS_MAX = 5


class Fetcher:
    """Fetches pages, many at once, one at a time from each host. Use it in `async with`, or call `aclose`.

    hosts    names that may have any address; those of PANTAU_PRIVATE_HOSTS when left out
    resolve  how names are resolved
    chance   numbers from 0 to 1 for the jitter of delays
    """

    def __init__(
        self,
        policy: Policy,
        timer: Timer | None = None,
        *,
        hosts: frozenset[str] | None = None,
        resolve: Resolve = system,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._policy, self._timer = policy, timer or SystemClock()
        self._exchange = Exchange(policy, hosts, resolve)
        self._queues = Queues(self._timer, policy.delay, chance)
        self._robots = Robots(self._timer, self._robots_file)

    async def fetch(
        self, url: str, etag: str | None = None, modified: str | None = None
    ) -> Fetched | NotModified | Refused:
        """The page of a URL; NotModified when it is as it was under these validators. It waits for the host's turn."""
        asked = target(url, self._policy.ports)
        if isinstance(asked, Refused):
            return asked
        pairs = (("if-none-match", etag), ("if-modified-since", modified))
        conditions = tuple((name, value) for name, value in pairs if value and value.isascii() and value.isprintable())
        return await self._followed(asked, partial(self._page, conditions=conditions))

    async def post(self, url: str, form: Sequence[tuple[str, str]]) -> Fetched | Refused:
        """Hand in a form at a URL that is made for programs, so robots.txt is not asked. No redirect is followed."""
        asked = target(url, self._policy.ports)
        if isinstance(asked, Refused):
            return asked
        post = partial(self._exchange.post, asked, urlencode(form).encode(), self._timer.now)
        answer = await self._queues.ask(asked.url, asked.host, None, post)
        if isinstance(answer, Fetched | Refused):
            return answer
        return Refused(asked.url, Unfetched.REFUSED, "it redirects, which is not followed")

    def rest(self, host: str, until: datetime) -> None:
        """Ask nothing of a host until then."""
        self._queues.rest(host, until)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._exchange.aclose()

    async def __aenter__(self) -> "Fetcher":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _robots_file(self, file: Target) -> Fetched | NotModified | Refused:
        return await self._followed(file, partial(self._asked, conditions=(), limits=ROBOTS))

    async def _page(self, asked: Target, conditions: Headers) -> Answer:
        refused = await self._robots.refusal(asked)
        if refused:
            return refused
        answer = await self._asked(asked, conditions, PAGE)
        moved = answers.refresh(answer) if isinstance(answer, Fetched) else None
        if moved and following(asked.url, moved.location, self._policy.ports) != asked:
            return moved
        return answer

    async def _asked(self, asked: Target, conditions: Headers, limits: Limits) -> Answer:
        get = partial(self._exchange.get, asked, conditions, limits, self._timer.now)
        return await self._queues.ask(asked.url, asked.host, self._robots.delay(asked), get)

    async def _followed(
        self, asked: Target, ask: Callable[[Target], Awaitable[Answer]]
    ) -> Fetched | NotModified | Refused:
        """The answer at the end of all redirects."""
        hops: tuple[str, ...] = ()
        for _ in range(REDIRECTS_MAX + 1):
            answer = await ask(asked)
            if not isinstance(answer, Redirect):
                return replace(answer, hops=hops)
            hops = (*hops, asked.url)
            further = following(asked.url, answer.location, self._policy.ports)
            if isinstance(further, Refused):
                return replace(further, hops=hops)
            if further.url in hops:
                return Refused(further.url, Unfetched.TOO_MANY_REDIRECTS, "it redirects in a circle", hops=hops)
            asked = further
        detail = f"it redirects more than {REDIRECTS_MAX} times"
        return Refused(asked.url, Unfetched.TOO_MANY_REDIRECTS, detail, hops=hops)
