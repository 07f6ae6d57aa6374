"""The robots.txt of each site, asked for once a day."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pipeline.news.crawling import robots
from pipeline.news.crawling.outcomes import Fetched, NotModified, Refused
from pipeline.news.crawling.robots import Rules
from pipeline.news.crawling.targets import Target
from pipeline.ports import Timer

SITES_MAX = 5_000
BYTES_MAX = 4 * 10**6
"""Sites whose rules are held, and bytes that their files have together; the one that was asked about longest ago goes
first. A file takes up to 30 times its size when it is read.
"""


@dataclass
class _Site:
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    found: Rules | Refused | None = None
    until: datetime | None = None

    @property
    def size(self) -> int:
        """Bytes of its file."""
        return self.found.size if isinstance(self.found, Rules) else 0


class Robots:
    """Knows what sites permit. `get` asks for a robots.txt."""

    def __init__(self, timer: Timer, get: Callable[[Target], Awaitable[Fetched | NotModified | Refused]]) -> None:
        self._timer, self._get = timer, get
        self._sites: dict[str, _Site] = {}

    async def refusal(self, target: Target) -> Refused | None:
        """Why a target is not asked for, None when it may be."""
        site = self._site(target.origin)
        async with site.turn:
            now = self._timer.now()
            if site.found is None or site.until is None or site.until <= now:
                await self._read(site, target)
                self._forget()
            left = site.until - self._timer.now() if site.until else timedelta(0)
            return robots.refusal(target.url, site.found or Rules(), max(left, timedelta(0)))

    def delay(self, target: Target) -> timedelta | None:
        """The Crawl-delay of a target's site, None when there is none or its file was not read."""
        site = self._sites.get(target.origin)
        return site.found.delay if site and isinstance(site.found, Rules) else None

    async def _read(self, site: _Site, target: Target) -> None:
        """Ask for the file. Old rules stay when it cannot be had now (RFC 9309 2.4)."""
        file = target._replace(url=f"{_base(target)}/robots.txt")
        found = robots.rules(file.url, await self._get(file))
        now = self._timer.now()
        if isinstance(found, Rules):
            site.found, site.until = found, now + robots.LIFETIME
            return
        site.until = now + (found.wait or robots.RETRY)
        if not isinstance(site.found, Rules):
            site.found = found

    def _site(self, origin: str) -> _Site:
        site = self._sites.pop(origin, None) or _Site()
        self._sites[origin] = site
        return site

    def _forget(self) -> None:
        """Make room: for sites that somebody is asking about there always is."""
        held = sum(site.size for site in self._sites.values())
        for origin, site in list(self._sites.items()):
            if len(self._sites) <= SITES_MAX and held <= BYTES_MAX:
                return
            if not site.turn.locked():
                held -= site.size
                del self._sites[origin]


def _base(target: Target) -> str:
    scheme, _, rest = target.url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"
