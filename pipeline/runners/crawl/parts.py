"""What a crawler works with, and what all of its tasks share."""

import random
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from pipeline.frontier import Frontier
from pipeline.metrics import Meters
from pipeline.news.crawling.listings import Listing, Unreadable
from pipeline.news.crawling.outcomes import Fetched, NotModified, Refused
from pipeline.news.crawling.reading import Kind
from pipeline.ports import Timer


def _word() -> str:
    return secrets.token_urlsafe(32)


class Web(Protocol):
    """Where pages are fetched from."""

    async def fetch(
        self, url: str, etag: str | None = None, modified: str | None = None
    ) -> Fetched | NotModified | Refused:
        """The page of a URL; NotModified when it is as it was under these validators."""

    async def post(self, url: str, form: Sequence[tuple[str, str]]) -> Fetched | Refused:
        """Hand in a form; Fetched, without its content, when it is accepted. No redirect is followed."""

    def rest(self, host: str, until: datetime) -> None:
        """Ask nothing of a host until then: it asked for a pause before this process began."""


class Reader(Protocol):
    """Reads what sources list; it is where hostile input is met."""

    async def read(self, page: Fetched, kind: Kind) -> Listing | Unreadable:
        """What a page lists."""


@dataclass(frozen=True)
class Parts:
    """What a crawler works with.

    ports   of sites, besides 80 and 443
    chance  numbers from 0 to 1 for jitter
    told_at the address under which hubs reach `serve`; None where they cannot, so that none is asked
    word    words that nobody can guess
    """

    frontier: Frontier
    web: Web
    reader: Reader
    timer: Timer
    meters: Meters = field(default_factory=Meters)
    ports: frozenset[int] = frozenset()
    chance: Callable[[], float] = random.random
    told_at: str | None = None
    word: Callable[[], str] = _word

    def now(self) -> datetime:
        """The time."""
        return self.timer.now()
