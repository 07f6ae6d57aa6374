"""A crawler over sites on loopback: everything real but the clock, when one is given."""

import asyncio
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from pipeline.adapters.fetching import Fetcher, Policy
from pipeline.adapters.memory import MemoryPages
from pipeline.adapters.sqlite.broker import SqliteBroker
from pipeline.adapters.sqlite.frontier import SqliteFrontier
from pipeline.metrics import Meters
from pipeline.news.crawling.answers import charset, media_type
from pipeline.news.crawling.listings import Listing, Unreadable
from pipeline.news.crawling.outcomes import Fetched
from pipeline.news.crawling.reading import Kind, read
from pipeline.ports import Timer
from pipeline.runners.crawl.crawler import Crawler
from pipeline.runners.crawl.herald import Herald, Telling
from pipeline.runners.crawl.parts import Parts
from pipeline.runners.crawl.sampling import Sampler
from pipeline.runners.intake import Intake
from schemas.alert import AlertRaised
from schemas.catalog import Snapshot, Source
from schemas.codec import decode
from schemas.page import PageFetched

TRUST = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Nobody's certificates: to read those of everybody takes longer than many a test."""


class InlineReader:
    """Reads listings in this process: what is ours needs no limits."""

    async def read(self, page: Fetched, kind: Kind) -> Listing | Unreadable:
        """See Reader."""
        return read(page.content, media_type(page.headers), charset(page.headers), page.url, kind)


class FixedCatalog:
    """A catalog of these sources."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self.sources = tuple(sources)

    def snapshot(self) -> Snapshot:
        """See Catalog."""
        return Snapshot(sources=self.sources)


@dataclass
class Crawl:
    """A crawler's parts, kept from one run to the next as a home folder keeps them."""

    timer: Timer
    port: int
    sources: list[Source]
    home: Path | None = None
    chance: Callable[[], float] = lambda: 0.5
    policy: dict[str, Any] = field(default_factory=dict)
    telling: Telling | None = None
    told_at: str | None = None
    sampler: Sampler | None = None

    def __post_init__(self) -> None:
        self.pages, self.meters = MemoryPages(), Meters()
        self.broker = SqliteBroker(self.home / "flow.db" if self.home else ":memory:")
        self.frontier = SqliteFrontier(self.home / "frontier.db" if self.home else ":memory:")

    async def run(self, once: bool = True, until: timedelta | None = None) -> None:
        """Crawl once, or until so much time has passed."""
        policy = Policy(ports=frozenset({self.port}), trust=TRUST, **self.policy)
        hosts = _Everyone()
        async with Fetcher(
            policy, self.timer, hosts=hosts, resolve=lambda host, port: ["127.0.0.1"], chance=self.chance
        ) as web:
            parts = Parts(
                self.frontier, web, InlineReader(), self.timer, self.meters, frozenset({self.port}), self.chance,
                told_at=self.told_at,
            )  # fmt: skip
            intake = Intake(self.broker, self.pages, self.timer)
            herald = Herald(self.broker, self.telling) if self.telling else None
            crawler = Crawler(
                parts, FixedCatalog(self.sources), intake, look=timedelta(hours=6), herald=herald, sampler=self.sampler
            )
            work = asyncio.ensure_future(crawler.run(once))
            if until is None:
                await work
                return
            end = asyncio.ensure_future(self.timer.sleep(until.total_seconds()))
            await asyncio.wait({work, end}, return_when=asyncio.FIRST_COMPLETED)
            for task in (work, end):
                task.cancel()
            await asyncio.gather(work, end, return_exceptions=True)
            if work.done() and not work.cancelled():
                work.result()

    def told(self) -> list[AlertRaised]:
        """What people are told of sources."""
        return [decode(message.body, message.schema, AlertRaised) for message in self.broker.scan("alerts-raised")]

    def fetched(self) -> list[PageFetched]:
        """The messages that went in."""
        return [decode(message.body, message.schema, PageFetched) for message in self.broker.scan("pages-fetched")]


class _Everyone(frozenset[str]):
    """Every host is permitted."""

    def __contains__(self, host: object) -> bool:
        return True
