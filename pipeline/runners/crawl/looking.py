"""One look at a source, or at the next listing of a backfill: what is new goes into the frontier, all of it at once."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import msgspec

from pipeline.news.crawling import hubs, items, polling, walking
from pipeline.news.crawling.items import Item, Unwanted
from pipeline.news.crawling.listings import Listed, Listing, Unread, Unreadable
from pipeline.news.crawling.outcomes import Fetched, NotModified, Refused, Unfetched
from pipeline.news.crawling.polling import Look, PartSeen, Polled
from pipeline.news.crawling.shapes import chosen
from pipeline.news.crawling.walking import Walk
from pipeline.news.urls import article_id
from pipeline.runners.crawl.parts import Parts
from pipeline.runners.crawl.subscribing import Subscribing
from schemas.catalog import Source

LOG = logging.getLogger("pantau.crawl")
UNDATED_MAX = 200
"""Articles without a date that are taken from a sitemap at the first look: what has more is a whole site."""
_DEPTH = 2
"""Indexes of sitemaps inside each other."""


class Looking:
    """Looks at sources."""

    def __init__(self, parts: Parts) -> None:
        self._parts, self._frontier = parts, parts.frontier
        self._subscribing = Subscribing(parts)
        self.begun: dict[str, datetime] = {}
        """When the last look at a source began."""

    async def look(self, source: Source, polled: Polled) -> None:
        """Look at a source, and note what it lists and when it is looked at next."""
        self.begun[source.id] = self._parts.now()
        if self._frontier.waiting(source.id) > polling.WAITING_MOST:
            self._frontier.record(polled=polling.put_off(polled, self._parts.now()))
            return
        came = await self._parts.web.fetch(source.url, polled.etag, polled.modified)
        if isinstance(came, Refused):
            self._failed(polled, came)
            return
        listing = await self._listing(came, polled, source)
        if isinstance(listing, Unreadable):
            self._failed(polled, listing)
            return
        parts: dict[str, PartSeen] = {}
        found = list(self._found(listing, polled)) if listing else []
        if polled.parts or (listing and listing.parts):
            found += await self._parts_of(listing, polled, source, parts)
        self._note(source, polled, Look(came, listing, parts=parts), found)
        await self._subscribing.see_to(source, listing, came)

    async def walk(self, source: Source, walk: Walk) -> timedelta | None:
        """Read the next listing of a backfill; returns how long to wait when it cannot be had now."""
        url = walk.ahead[0]
        came = await self._parts.web.fetch(url)
        now = self._parts.now()
        if isinstance(came, Refused):
            if came.reason.passing and walk.tries < walking.TRIES_MAX:
                self._frontier.record(walk=walking.delayed(walk))
                return max(came.wait or polling.RETRY, polling.RETRY)
            self._frontier.record(walk=walking.stuck(walk, url, came.detail, now))
            return None
        listing = await self._parts.reader.read(came, source.kind) if isinstance(came, Fetched) else None
        if not isinstance(listing, Listing):
            why = listing.detail if listing else "it answers 304 though nothing is known"
            self._frontier.record(walk=walking.stuck(walk, url, why, now))
            return None
        polled = self._frontier.polled().get(source.id)
        found = chosen(listing.items, polled.shapes if polled else {}) if listing.kind == "section" else listing.items
        new, _ = self._items(source, walking.wanted(walk, tuple(found)), now, walk.since)
        self._parts.meters.listed(len(new))
        self._frontier.record(new, walk=walking.onward(walk, url, listing, len(new), now))
        return None

    def _failed(self, polled: Polled, why: Refused | Unreadable) -> None:
        self._parts.meters.looked(str(why.reason))
        LOG.info("source not read", extra={"source": polled.id, "reason": str(why.reason), "error": why.detail})
        now = self._parts.now()
        self._frontier.record(
            polled=polling.failed(self._newest(polled), why, now, self._parts.chance()), rest=rest(why, now)
        )

    async def _listing(
        self, came: Fetched | NotModified, polled: Polled, source: Source
    ) -> Listing | Unreadable | None:
        """What came lists; None when it is what came the last time."""
        if isinstance(came, NotModified) or polling.digest(came.content) == polled.digest:
            return None
        if not came.content.strip():
            return Unreadable(Unread.NO_LISTING, "it is empty")
        return await self._parts.reader.read(came, source.kind)

    def _found(self, listing: Listing, polled: Polled) -> Sequence[Listed]:
        return chosen(listing.items, polled.shapes) if listing.kind == "section" else listing.items

    async def _parts_of(
        self, index: Listing | None, polled: Polled, source: Source, read: dict[str, PartSeen]
    ) -> list[Listed]:
        """What the sitemaps of an index list that may have changed; `read` is what is remembered of them."""
        since = (polled.read or self._parts.now()) - items.OLDEST
        ahead = polling.parts_to_read(index, polled.parts, since) if index else polling.parts_again(polled.parts)
        found: list[Listed] = []
        depth = {part.url: 1 for part in ahead}
        while ahead:
            part = ahead.pop(0)
            before = polled.parts.get(part.url, PartSeen())
            came = await self._parts.web.fetch(part.url, before.etag, before.modified)
            if isinstance(came, Refused):
                continue  # it is not remembered as read, so it is asked for at the next look
            if isinstance(came, NotModified):
                read[part.url] = msgspec.structs.replace(before, changed=part.changed)
                continue
            listing = await self._parts.reader.read(came, "sitemap")
            read[part.url] = PartSeen(part.changed, came.etag, came.modified)
            if isinstance(listing, Listing):
                found += listing.items
                if depth[part.url] < _DEPTH:
                    below = polling.parts_to_read(listing, polled.parts, since)
                    depth |= {one.url: depth[part.url] + 1 for one in below}
                    ahead += [one for one in below if one.url not in read]
        return found

    def _note(self, source: Source, polled: Polled, look: Look, found: Sequence[Listed]) -> None:
        """Decide on what was found and write it down, with the source, in one transaction."""
        now = self._parts.now()
        new, relisted = self._items(source, found, now, None)
        whole_site = source.kind == "sitemap" and polled.read is None
        if whole_site and sum(one.date is None for one in found) > UNDATED_MAX:
            undated = {article_id(one.url, b"") for one in found if one.date is None}
            new = [_backlog(item) if item.key in undated else item for item in new]
        dates = {article_id(one.url, b""): one.date for one in found}
        wanted = [item for item in new if item.reason is None]
        times = [dates.get(item.key) for item in wanted]
        known = len(dates) - len(new)
        seen = polling.seen(
            self._newest(polled), Look(look.came, look.listing, times, known, look.parts), now, self._parts.chance()
        )
        hub = self._subscribing.looked(source, polled, len(wanted))
        self._frontier.record([*new, *relisted], hubs.relaxed(hub, seen, now))
        self._parts.meters.looked("read" if look.listing else "unchanged")
        self._parts.meters.listed(len(wanted))

    def _newest(self, polled: Polled) -> Polled:
        """What is known of the source, with what pages taught that were fetched while it was looked at."""
        now = self._frontier.polled().get(polled.id)
        if now is None or now.url != polled.url:
            return polled
        return msgspec.structs.replace(
            polled, shapes=now.shapes, face=now.face, alike=now.alike, alike_since=now.alike_since
        )

    def _items(
        self, source: Source, found: Sequence[Listed], now: datetime, since: datetime | None
    ) -> tuple[list[Item], list[Item]]:
        """Items of what was never listed before, and those whose listing says something new."""
        listed = {article_id(one.url, b""): one for one in reversed(found)}
        known = self._frontier.known(listed)
        new = [
            items.listed(one, source.id, now, self._parts.ports, since)
            for key, one in listed.items()
            if key not in known
        ]
        new = items.few_hosts(new)
        if since is not None:
            missed = {Unwanted.TOO_OLD, Unwanted.BACKLOG}
            back = [item for item in known.values() if item.reason in missed]
            return new + [item._replace(due=now, rank=items.Rank.BACKFILL, reason=None) for item in back], []
        again = (items.relisted(known[key], one, now) for key, one in listed.items() if key in known)
        return new, [item for item in again if item is not None]


def _backlog(item: Item) -> Item:
    return item if item.due is None else item._replace(due=None, reason=Unwanted.BACKLOG)


def rest(why: Refused | Unreadable, now: datetime) -> tuple[str, datetime] | None:
    """The host that asked for a pause, and until when: this is kept, so that no new start breaks it."""
    if not isinstance(why, Refused) or why.reason is not Unfetched.BUSY or why.wait is None:
        return None
    return urlsplit(why.url).hostname or "", now + why.wait


def started(source: Source, now: datetime) -> Polled:
    """What is known of a source that was never looked at."""
    return Polled(source.id, source.url, now)
