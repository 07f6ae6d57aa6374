"""Finds the feeds, sitemaps and sections of a site, and looks into each."""

import asyncio
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urljoin

from pipeline.errors import Misuse
from pipeline.news.crawling import discovery
from pipeline.news.crawling.answers import charset
from pipeline.news.crawling.discovery import Candidate, Tried
from pipeline.news.crawling.listings import Listing, Unreadable
from pipeline.news.crawling.outcomes import PASSING, Fetched, Refused, Unfetched
from pipeline.ports import Clock
from pipeline.runners.crawl.parts import Reader, Web

_OTHERWISE = "; try the address of another page of the site"
_CURES = {
    **dict.fromkeys((Unfetched.PRIVATE_ADDRESS, Unfetched.PORT), ""),  # the reason names the setting
    **dict.fromkeys((Unfetched.BAD_URL, Unfetched.SCHEME), "; write an address such as https://news.example/"),
    **dict.fromkeys((Unfetched.ROBOTS, Unfetched.DENIED), "; ask the publisher"),
    **dict.fromkeys(PASSING, "; see whether a browser can open it, or try again later"),
}


class Site(NamedTuple):
    """What was found of a site; `name` and `language` as its page states them."""

    url: str
    name: str | None
    language: str | None
    tried: list[Tried]


async def discover(url: str, web: Web, reader: Reader, clock: Clock) -> Site:
    """Look for what a site offers. Raises Misuse when its page cannot be had."""
    page, robots = await asyncio.gather(web.fetch(url), web.fetch(urljoin(url, "/robots.txt")))
    if not isinstance(page, Fetched):
        why = page.detail if isinstance(page, Refused) else "it answers 304"
        cure = _CURES.get(page.reason, _OTHERWISE) if isinstance(page, Refused) else _OTHERWISE
        raise Misuse(f"{url} cannot be fetched: {why}{cure}")
    listing = await reader.read(page, "section")
    name, language = discovery.about(page.content, charset(page.headers))
    if isinstance(listing, Listing) and listing.kind != "section":
        given = Candidate(page.url, "feed", "given")
        return Site(page.url, listing.title, language, [discovery.tried(given, listing, clock.now())])
    found = discovery.announced(page.content, charset(page.headers), page.url)
    if isinstance(robots, Fetched):
        found += discovery.sitemaps(robots.content, page.url)
    found.append(Candidate(page.url, "section", "given"))
    if not any(one.kind != "section" for one in found):
        found += discovery.usual(page.url)
    return Site(page.url, name, language, await tries(found, web, reader, clock))


async def tries(candidates: Iterable[Candidate], web: Web, reader: Reader, clock: Clock) -> list[Tried]:
    """What came of each candidate."""
    return await asyncio.gather(*(_try(one, web, reader, clock) for one in candidates))


async def _try(candidate: Candidate, web: Web, reader: Reader, clock: Clock) -> Tried:
    came = await web.fetch(candidate.url)
    if not isinstance(came, Fetched):
        return Tried(candidate, why=came.detail if isinstance(came, Refused) else "it answers 304")
    listing = await reader.read(came, candidate.kind)
    if isinstance(listing, Unreadable):
        return Tried(candidate, why=listing.detail)
    return discovery.tried(candidate, listing, clock.now())
