"""The crawler: an event loop on which sources are looked at and pages of many hosts are fetched side by side.

Each page goes through the intake before the frontier says that it was fetched. So a kill at any instant loses nothing
that was listed, and what was on its way is fetched once more: one page a host, since a host has one lane.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from pipeline.errors import PantauError
from pipeline.news.crawling import hubs, items
from pipeline.news.crawling.answers import charset, kept, media_type
from pipeline.news.crawling.hubs import Subscription
from pipeline.news.crawling.items import PAUSING, Item, Unwanted
from pipeline.news.crawling.outcomes import Fetched, NotModified, Refused
from pipeline.news.crawling.polling import Polled, faced
from pipeline.news.crawling.shapes import declares, learn, shape, title
from pipeline.news.crawling.substance import substance
from pipeline.news.crawling.walking import Walk
from pipeline.news.declared import declared
from pipeline.news.urls import article_id
from pipeline.ports import Catalog
from pipeline.runners.crawl.herald import Herald
from pipeline.runners.crawl.looking import Looking, rest, started
from pipeline.runners.crawl.parts import Parts
from pipeline.runners.crawl.sampling import Sampler
from pipeline.runners.crawl.storing import Store
from pipeline.runners.crawl.tending import Tending
from pipeline.runners.intake import Arrival, Intake
from schemas.catalog import Source

LOG = logging.getLogger("pantau.crawl")
LOOK = timedelta(seconds=5)
"""How long a change of the catalog may wait to be noticed."""
BREATH = 0.05
"""Seconds between two times of looking for what is due."""


class Crawler:
    """Crawls the sources of a catalog.

    look     how often the catalog is looked at at least
    herald   tells people how sources do; nobody is told without one
    sampler  says what became of articles; without one nobody notices that pages cannot be read any more
    """

    def __init__(
        self,
        parts: Parts,
        catalog: Catalog,
        intake: Intake,
        look: timedelta = LOOK,
        herald: Herald | None = None,
        sampler: Sampler | None = None,
    ) -> None:
        self._parts, self._frontier, self._catalog, self._look = parts, parts.frontier, catalog, look
        self._looking, self._store = Looking(parts), Store(intake)
        self._tending = Tending(parts, self._store, herald, sampler)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._resting: dict[str, datetime] = {}
        self._stirred, self._failure = asyncio.Event(), list[BaseException]()
        self._sources: dict[str, Source] = {}

    async def run(self, once: bool = False) -> None:
        """Crawl until cancelled; `once`: until nothing is left that is due. Raises what makes going on senseless."""
        for host, until in self._frontier.rests(self._parts.now()).items():
            self._parts.web.rest(host, until)
        try:
            while not self._failure:
                nearest = self._start()
                if once and not self._tasks:
                    return
                await self._rest(nearest)
            raise self._failure[0]
        finally:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)
            self._store.close()

    def _start(self) -> datetime:
        """Start what is due; returns when the next thing is."""
        now = self._parts.now()
        self._sources = {source.id: source for source in self._catalog.snapshot().sources}
        if self._tending.due(now) and "tend" not in self._tasks:
            self._begin("tend", self._tending.tend, tuple(self._sources.values()))
        return min([now + self._look, *self._start_looks(now), *self._start_lanes(now), *self._start_walks(now)])

    def _start_looks(self, now: datetime) -> list[datetime]:
        known, told, later = self._frontier.polled(), self._frontier.notes(Subscription), list[datetime]()
        for source in self._sources.values():
            polled = known.get(source.id)
            if polled is None or polled.url != source.url:
                polled = started(source, now)
            if source.paused or f"look {source.id}" in self._tasks:
                continue
            due = hubs.due(told.get(source.id), polled, self._looking.begun.get(source.id))
            if due <= now:
                self._begin(f"look {source.id}", self._looking.look, source, polled)
            else:
                later.append(due)
        return later

    def _start_lanes(self, now: datetime) -> list[datetime]:
        self._resting = {host: until for host, until in self._resting.items() if until > now}
        later = list(self._resting.values())
        agenda = self._frontier.agenda()
        late = [now - due for host, due in agenda.items() if due <= now and host not in self._resting]
        self._parts.meters.behind(len(late), max(late, default=timedelta(0)).total_seconds())
        for host, due in agenda.items():
            if host in self._resting or f"lane {host}" in self._tasks:
                continue
            if due <= now:
                self._begin(f"lane {host}", self._lane, host)
            else:
                later.append(due)
        return later

    def _start_walks(self, now: datetime) -> list[datetime]:
        later: list[datetime] = []
        for walk in self._frontier.walks():
            source, name = self._sources.get(walk.source), f"walk {walk.source}"
            if source is None or source.paused or not walk.ahead or name in self._tasks:
                continue
            if self._resting.get(name, now) <= now:
                self._begin(name, self._walk, source, walk)
            else:
                later.append(self._resting[name])
        return later

    async def _walk(self, source: Source, walk: Walk) -> None:
        pause = await self._looking.walk(source, walk)
        if pause:
            self._resting[f"walk {source.id}"] = self._parts.now() + pause

    def _begin(self, name: str, work: Callable[..., Awaitable[None]], *arguments: Any) -> None:
        async def body() -> None:
            try:
                await work(*arguments)
            except PantauError as error:  # `run` raises it, as all others
                self._failure.append(error)
            except Exception as error:
                LOG.exception("the crawl ends", extra={"task": name})
                self._failure.append(error)
            finally:
                del self._tasks[name]
                self._stirred.set()

        self._tasks[name] = asyncio.ensure_future(body())

    async def _rest(self, until: datetime) -> None:
        """Come back when something is due or has ended."""
        wait = max((until - self._parts.now()).total_seconds(), 0.0)
        sleeper = asyncio.ensure_future(self._parts.timer.sleep(wait))
        stirred = asyncio.ensure_future(self._stirred.wait())
        try:
            await asyncio.wait({sleeper, stirred}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeper.cancel()
            stirred.cancel()
            await asyncio.gather(sleeper, stirred, return_exceptions=True)
        if self._stirred.is_set():  # what ends together is looked after together
            await self._parts.timer.sleep(BREATH)
        self._stirred.clear()

    # Lanes

    async def _lane(self, host: str) -> None:
        """Fetch what is due of a host, one page after another."""
        while item := self._frontier.due(host, self._parts.now()):
            source = self._sources.get(item.source)
            if source is None or source.paused:
                self._frontier.record([items.held(item, self._parts.now())])
                continue
            await self._store.room()
            outcome = await self._parts.web.fetch(item.url, item.etag, item.modified)
            if isinstance(outcome, Refused) and outcome.reason in PAUSING:
                self._pause(host, item, outcome)
                return
            try:
                await self._settle(item, outcome, source)
            except PantauError:
                raise
            except Exception:
                LOG.exception("page not handled", extra={"url": item.url})
                self._parts.meters.fetched(str(Unwanted.DEFECT))
                self._frontier.record([items.unwanted(item, Unwanted.DEFECT, self._parts.now())])

    def _pause(self, host: str, item: Item, outcome: Refused) -> None:
        now = self._parts.now()
        self._resting[host] = now + (outcome.wait or items.RETRY)
        if now - (item.checked or item.listed) > items.GIVE_UP:
            self._frontier.record([item._replace(due=None, reason=outcome.reason)])

    async def _settle(self, item: Item, outcome: Fetched | NotModified | Refused, source: Source) -> None:
        """Write down what became of a page."""
        now, chance = self._parts.now(), self._parts.chance()
        if isinstance(outcome, Refused):
            self._parts.meters.fetched(str(outcome.reason))
            self._frontier.record([items.refused(item, outcome, now, chance)], rest=rest(outcome, now))
        elif isinstance(outcome, NotModified):
            self._parts.meters.fetched("unchanged")
            self._frontier.record([items.fetched(item, outcome, False, now, chance)])
        elif items.home(item.url, outcome):
            self._unwanted(item, Unwanted.FRONT_PAGE)
        elif (kind := items.media_type(media_type(outcome.headers), outcome.content)) is None:
            self._unwanted(item, Unwanted.NO_ARTICLE)
        else:
            await self._take(item, outcome, source, kind)

    def _unwanted(self, item: Item, reason: Unwanted) -> None:
        self._parts.meters.fetched(str(reason))
        self._frontier.record([items.unwanted(item, reason, self._parts.now())])

    async def _take(self, item: Item, page: Fetched, source: Source, kind: str) -> None:
        said = substance(page.content, kind, charset(page.headers))
        if item.fetched and said == item.substance:
            self._parts.meters.fetched("unchanged")
            now = self._parts.now()
            self._frontier.record([items.fetched(item, page, False, now, self._parts.chance())])
            return
        arrival = Arrival(
            page.content, kind, source.id, charset(page.headers), page.url, fetched_at=page.at,
            headers=kept(page.headers), status=page.status,
        )  # fmt: skip
        entry = await self._store.put(arrival)
        now = self._parts.now()
        self._parts.meters.fetched(entry)
        came = items.fetched(item, page, entry != "known", now, self._parts.chance())._replace(substance=said)
        named = declared(page.content, kind, page.url).url
        addresses = dict.fromkeys(url for url in (page.url, named) if url and article_id(url, b"") != item.key)
        others = [items.alias(came, url) for url in addresses]
        known = self._frontier.known(other.key for other in others)
        others = [other for other in others if other.key not in known or known[other.key].fetched is None]
        self._frontier.record([came, *others], self._learned(item, page, source))

    def _learned(self, item: Item, page: Fetched, source: Source) -> Polled | None:
        """What the page of a new article teaches of its site: its face, and the shape of its addresses where links are
        followed by that.
        """
        polled = self._frontier.polled().get(source.id)
        if item.fetched or polled is None:
            return None
        known = faced(polled, title(page.content), self._parts.now())
        says = declares(page.content) if source.kind == "section" else None
        if says is None:
            return known
        return msgspec.structs.replace(known, shapes=learn(known.shapes, shape(item.url), says))
