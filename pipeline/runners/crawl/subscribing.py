"""Asks hubs to tell of news, and again before they end to. What they say is heard by `pipeline.serving.hubs`."""

import logging

from pipeline.news.crawling import hubs
from pipeline.news.crawling.hubs import Subscription
from pipeline.news.crawling.listings import Listing
from pipeline.news.crawling.outcomes import Fetched, NotModified, Refused
from pipeline.news.crawling.polling import Polled
from pipeline.runners.crawl.parts import Parts
from schemas.catalog import Source

LOG = logging.getLogger("pantau.crawl")


class Subscribing:
    """Subscribes to the feeds of sources, where hubs can reach us."""

    def __init__(self, parts: Parts) -> None:
        self._parts, self._frontier = parts, parts.frontier

    def looked(self, source: Source, polled: Polled, new: int) -> Subscription | None:
        """Note whether the hub had told of what a look found; returns what is agreed with it."""
        known = self._frontier.notes(Subscription).get(source.id)
        if known is None or hubs.looked(known, polled.at, new) == known:
            return known
        return self._frontier.amend(
            Subscription, source.id, lambda now: hubs.looked(now, polled.at, new) if now else None
        )

    async def see_to(self, source: Source, listing: Listing | None, came: Fetched | NotModified) -> None:
        """Ask the hub of a source that was looked at, if it has one and it is time."""
        if self._parts.told_at is None:
            return
        known, now = self._frontier.notes(Subscription).get(source.id), self._parts.now()
        found = hubs.announced(listing, came.headers, came.url) if listing else known and (known.hub, known.topic)
        if not found:
            if known:
                self._frontier.amend(Subscription, source.id, lambda _: None)
            return
        wanted = hubs.agreed(known, *found, self._parts.word(), self._parts.word())
        if wanted.asked_again(now) > now:
            return
        asking = hubs.asking(wanted, now)
        self._frontier.amend(Subscription, source.id, lambda _: asking)  # first, for the hub may call before it answers
        answer = await self._parts.web.post(asking.hub, hubs.form(asking, f"{self._parts.told_at}/{asking.token}"))
        self._parts.meters.hub("refused" if isinstance(answer, Refused) else "asked")
        if isinstance(answer, Refused):
            LOG.info("hub refused", extra={"source": source.id, "hub": asking.hub, "error": answer.detail})
            self._frontier.amend(
                Subscription, source.id, lambda now: hubs.unanswered(now, answer.detail) if now else None
            )
