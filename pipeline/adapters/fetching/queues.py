"""One line for each host: one request at a time, in the order in which they came, with delays and pauses."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from pipeline.adapters.fetching.exchange import Answer
from pipeline.news.crawling import hosts
from pipeline.news.crawling.hosts import Standing
from pipeline.news.crawling.outcomes import Refused, Unfetched
from pipeline.ports import Timer

HOSTS_MAX = 10_000
"""Hosts that are remembered before those are forgotten that could be asked at once."""


@dataclass
class _Line:
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    standing: Standing = field(default_factory=Standing)
    people: int = 0
    """How many stand in it."""


class Queues:
    """The lines of all hosts. `delay` is the ordinary one; `chance` gives numbers from 0 to 1 for the jitter."""

    def __init__(self, timer: Timer, delay: timedelta, chance: Callable[[], float]) -> None:
        self._timer, self._delay, self._chance = timer, delay, chance
        self._lines: dict[str, _Line] = {}

    async def ask(
        self, url: str, host: str, crawl_delay: timedelta | None, ask: Callable[[], Awaitable[Answer]]
    ) -> Answer:
        """What `ask` returns when it is this request's turn; a refusal without asking while the host is paused."""
        line = self._line(host)
        line.people += 1
        try:
            async with line.turn:
                return await self._asked(line, url, crawl_delay, ask)
        finally:
            line.people -= 1

    def rest(self, host: str, until: datetime) -> None:
        """Ask nothing of a host until then."""
        line = self._line(host)
        line.standing = Standing(until, line.standing.failures, paused=True)

    async def _asked(
        self, line: _Line, url: str, crawl_delay: timedelta | None, ask: Callable[[], Awaitable[Answer]]
    ) -> Answer:
        wait = line.standing.wait(self._timer.now())
        if wait and line.standing.paused:
            return Refused(url, Unfetched.HOST_PAUSED, "its host asked for a pause or failed too often", wait=wait)
        if wait:
            await self._timer.sleep(wait.total_seconds())
        delay = hosts.delay(self._delay, crawl_delay, self._chance())
        before, line.standing = line.standing, line.standing._replace(next_at=self._timer.now() + delay)
        answer = await ask()  # whoever is cancelled here has asked as well, so the delay stands already
        refused = answer if isinstance(answer, Refused) else None
        reason, asked = (refused.reason, refused.wait) if refused else (None, None)
        now = self._timer.now()
        line.standing = hosts.after(before, reason, asked, now, delay)
        return replace(refused, wait=line.standing.wait(now)) if refused and refused.reason.passing else answer

    def _line(self, host: str) -> _Line:
        if host not in self._lines and len(self._lines) >= HOSTS_MAX:
            now = self._timer.now()
            self._lines = {name: line for name, line in self._lines.items() if line.people or line.standing.wait(now)}
        return self._lines.setdefault(host, _Line())
