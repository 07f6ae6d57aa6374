"""What a feed, a sitemap or a section page lists, whatever its format."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Literal, NamedTuple

EARLIEST, LATEST = datetime(1995, 1, 1, tzinfo=UTC), timedelta(days=2)
"""Dates outside of this are mistakes: before the web had news, or so long after now."""


class Listed(NamedTuple):
    """An article that is listed. `published` and `changed` are what the listing says, None when it says nothing.

    text  of a link on a section page; "" elsewhere
    """

    url: str
    published: datetime | None = None
    changed: datetime | None = None
    text: str = ""

    @property
    def date(self) -> datetime | None:
        """When it came out, or else changed."""
        return self.published or self.changed


class Part(NamedTuple):
    """A sitemap that an index names, and when that says it changed."""

    url: str
    changed: datetime | None = None


class Listing(NamedTuple):
    """What was read.

    parts               of a sitemap index
    further             where older entries are: the next page of a feed
    wait                how long the publisher asks not to come again (ttl, sy:updatePeriod)
    skip_hours          hours of the day (UTC), and `skip_days` days of the week (0 is Monday), at which nothing comes
    hub                 who tells of news of a feed (WebSub), and `topic` what the feed is called there
    left_out            entries that name no page, or stand behind the most that is read
    """

    kind: Literal["feed", "sitemap", "index", "section"]
    items: tuple[Listed, ...] = ()
    parts: tuple[Part, ...] = ()
    further: str | None = None
    wait: timedelta | None = None
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()
    left_out: int = 0
    title: str | None = None
    hub: str | None = None
    topic: str | None = None


class Unread(StrEnum):
    """Why nothing could be read of what came."""

    NO_LISTING = "no-listing"
    """It is neither feed nor sitemap, or a web page where a feed was expected."""
    BROKEN = "broken-listing"
    """It begins like one and cannot be read."""
    NO_LINKS = "no-links"
    """It has entries, and none of them names a page."""
    TOO_COSTLY = "too-costly"
    """Reading it took more time or memory than it may."""


class Unreadable(NamedTuple):
    """Nothing could be read, why, and a phrase for people."""

    reason: Unread
    detail: str


def plausible(date: datetime | None, now: datetime | None = None) -> datetime | None:
    """A date that may be true, in UTC; None for another one. `now` None permits any future."""
    if date is None:
        return None
    date = date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    return date if date >= EARLIEST and (now is None or date <= now + LATEST) else None
