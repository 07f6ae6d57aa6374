"""What is known of each article that was listed: whether it was fetched, why not, and when it is fetched again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from itertools import islice
from typing import NamedTuple
from urllib.parse import urlsplit

from pipeline.news.crawling.listings import Listed
from pipeline.news.crawling.outcomes import Fetched, NotModified, Refused, Unfetched
from pipeline.news.crawling.targets import following, target
from pipeline.news.urls import article_id

OLDEST = timedelta(days=7)
"""What came out longer ago is not news: it is left to a backfill."""
AGAIN = (timedelta(hours=1), timedelta(hours=5), timedelta(days=1), timedelta(days=4))
"""How long after a fetch a page is looked at again. Most corrections come within hours, few after days."""
SOONEST = timedelta(minutes=15)
"""How soon after a fetch a page is fetched again because its listing says that it changed."""
TOLD_MAX = 6
"""Times in a row that a page was looked at and was as before, after which its listing is not believed any more."""
CHANGES_MAX = 8
"""Times that an article is fetched again, however often it changes: what goes on after that is a ticker."""
RETRY = timedelta(minutes=10)
RETRY_MAX = timedelta(hours=12)
GIVE_UP = timedelta(days=7)
"""How long a page that cannot be had for a passing reason is tried."""
HELD = timedelta(hours=1)
JITTER = 0.1
HOSTS_MAX = 100
"""Hosts of the articles of one listing."""


class Rank(IntEnum):
    """In which order the pages of a host are fetched."""

    NEW = 0
    AGAIN = 1
    BACKFILL = 2


class Unwanted(StrEnum):
    """Why a page that is listed is not fetched or not kept, beside the reasons of the fetcher."""

    TOO_OLD = "too-old"
    """It came out before what counts as news."""
    BACKLOG = "backlog"
    """It has no date, and was in the sitemap before the source was followed."""
    NO_ARTICLE = "no-article-type"
    """What came is no HTML, text or PDF."""
    FRONT_PAGE = "front-page"
    """Its address leads to the front page: the article is gone."""
    SAME = "same-article"
    """Its address leads to an article that is known under another one."""
    MANY_HOSTS = "too-many-hosts"
    """Its listing names articles of more hosts than any honest one does: they would take the place of others."""
    PAUSED = "source-paused"
    """Its source is paused, or is no source any more."""
    DEFECT = "defect"
    """Handling it failed: a defect in Pantau."""


class Item(NamedTuple):
    """An article that was listed.

    key      its article id, as far as its address tells
    url      as it was listed, in the form in which it is asked for
    host     who is asked for it
    listed   when it was first seen in a listing, and `seen` when last
    due      when it is fetched (again), None for never
    tries    how often that failed in a row
    fetched  when it came last; `checked` when it was last asked for with success
    again    how often it was looked at again since it last changed; `changes` how often it did
    reason   why it was not fetched the last time, or never will be
    substance  a short name for what its page said the last time
    """

    key: str
    url: str
    host: str
    source: str
    listed: datetime
    seen: datetime
    due: datetime | None
    rank: Rank = Rank.NEW
    tries: int = 0
    fetched: datetime | None = None
    checked: datetime | None = None
    again: int = 0
    changes: int = 0
    etag: str | None = None
    modified: str | None = None
    reason: str | None = None
    substance: str | None = None


def listed(found: Listed, source: str, now: datetime, ports: frozenset[int], since: datetime | None = None) -> Item:
    """The item of an article that is listed for the first time.

    since  of which day on articles are wanted in a backfill; None for what is listed as news
    """
    asked = target(found.url, ports)
    key = article_id(found.url, b"")
    if isinstance(asked, Refused):
        return Item(key, asked.url, "", source, now, now, None, reason=asked.reason)
    oldest, rank = (now - OLDEST, Rank.NEW) if since is None else (since, Rank.BACKFILL)
    item = Item(key, asked.url, asked.host, source, now, now, now, rank)
    too_old = found.date is not None and max(filter(None, (found.published, found.changed))) < oldest
    return item._replace(due=None, reason=Unwanted.TOO_OLD) if too_old else item


def few_hosts(new: Sequence[Item]) -> list[Item]:
    """The items of one listing, those of the hosts beyond HOSTS_MAX refused."""
    hosts = set(islice(dict.fromkeys(item.host for item in new if item.due is not None), HOSTS_MAX))
    return [
        item if item.due is None or item.host in hosts else item._replace(due=None, reason=Unwanted.MANY_HOSTS)
        for item in new
    ]


def relisted(item: Item, found: Listed, now: datetime) -> Item | None:
    """What becomes of a known item that is listed again; None when nothing does.

    What a listing says to have changed since it was fetched is looked at at once; what was only waiting for its
    source to go on is fetched.
    """
    if item.reason == Unwanted.PAUSED and item.fetched is None:
        return item._replace(due=now, seen=now, reason=None)
    if _said_to_differ(item, found, now):
        return item._replace(due=max(now, (item.checked or now) + SOONEST), seen=now)
    return item._replace(seen=now) if now - item.seen > timedelta(days=1) else None


def _said_to_differ(item: Item, found: Listed, now: datetime) -> bool:
    """Whether a listing says that a page changed since it was fetched, and is to be believed: some always say so."""
    if item.checked is None or found.changed is None or not item.checked < found.changed <= now:
        return False
    sooner = item.due is None or item.due > now + SOONEST
    return sooner and item.again < TOLD_MAX and item.changes < CHANGES_MAX


def fetched(item: Item, outcome: Fetched | NotModified, changed: bool, now: datetime, chance: float) -> Item:
    """The item after its page came; `changed` whether it says something that it did not say before. What is old already
    is not looked at again.
    """
    again = item.again + 1 if item.fetched and not changed else 0
    changes = item.changes + (item.fetched is not None and changed)
    over = again >= len(AGAIN) or changes > CHANGES_MAX or item.rank is Rank.BACKFILL
    due = None if over else now + AGAIN[again] * (1 + JITTER * chance)
    came = item._replace(
        rank=Rank.AGAIN, tries=0, reason=None, checked=now, again=again, changes=changes, due=due
    )  # fmt: skip
    if isinstance(outcome, NotModified):
        return came
    return came._replace(fetched=now, etag=outcome.etag, modified=outcome.modified)


def refused(item: Item, outcome: Refused, now: datetime, chance: float) -> Item:
    """The item after its page did not come."""
    waiting = item.checked or item.listed
    if not outcome.reason.passing or now - waiting > GIVE_UP:
        return item._replace(due=None, reason=outcome.reason)
    doubled: int = 2 ** min(item.tries, 10)
    pause = max(outcome.wait or timedelta(0), min(RETRY * doubled, RETRY_MAX) * (1 + JITTER * chance))
    return item._replace(due=now + pause, tries=item.tries + 1, reason=outcome.reason)


def held(item: Item, now: datetime) -> Item:
    """The item while its source is paused, or is not in the catalog: it may be there again in an hour."""
    due = now + HELD if now - item.listed < GIVE_UP else None
    return item._replace(due=due, reason=Unwanted.PAUSED)


def unwanted(item: Item, reason: Unwanted, now: datetime) -> Item:
    """The item when its page is not kept."""
    return item._replace(due=None, reason=reason, checked=now)


def alias(item: Item, url: str) -> Item:
    """What remembers that the article of another address is that of the item."""
    return item._replace(key=article_id(url, b""), url=url, due=None, reason=Unwanted.SAME)


def home(asked: str, came: Fetched | NotModified) -> bool:
    """Whether a page was asked for and the front page came: sites do that with articles that are gone."""
    return bool(came.hops) and urlsplit(came.url).path in ("", "/") and urlsplit(asked).path not in ("", "/")


def media_type(stated: str | None, content: bytes) -> str | None:
    """The type under which a page goes in, None for what is no article; its first bytes tell what is not stated."""
    start = content[:1024].lstrip().lower()
    if stated in ("application/pdf", "application/x-pdf") or start.startswith(b"%pdf-"):
        return "application/pdf"
    if stated in ("text/html", "application/xhtml+xml"):
        return "text/html"
    if stated == "text/plain":
        return "text/html" if start.startswith((b"<!doctype html", b"<html")) else "text/plain"
    if stated in (None, "application/octet-stream", "application/xml", "text/xml") and b"<html" in start:
        return "text/html"
    return None


def absolute(base: str, url: str, ports: frozenset[int]) -> str | None:
    """The URL of a link in the form in which it is asked for, None when it may not be asked for."""
    found = following(base, url, ports)
    return None if isinstance(found, Refused) else found.url


PAUSING = frozenset({Unfetched.HOST_PAUSED, Unfetched.ROBOTS_UNAVAILABLE})
"""Reasons that hold for every page of the host: the others are not tried before it is over."""
