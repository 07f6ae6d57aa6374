"""When a source is looked at, and what is remembered of it.

A source is due when, by its habit, half an article is to be expected since the last look: within five minutes and a
day. What it fails to bring makes looks rarer, and what publishers ask for is kept: ttl, skipHours, Cache-Control,
Retry-After. That is Media Cloud's adaptive polling with hours of the day, so that nights cost no requests.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from pipeline.news.crawling.habits import Habit, expected, observed, reached
from pipeline.news.crawling.listings import Listing, Part, Unreadable, plausible
from pipeline.news.crawling.outcomes import Fetched, Headers, NotModified, Refused, field

LEAST, MOST = timedelta(minutes=5), timedelta(days=1)
TARGET = 0.5
"""Articles that are to be expected when a source is looked at. With 1 there are a third fewer looks, and an article is
found after twice the time (`tests.bench.crawling`).
"""
SILENCE = 0.25
"""How much each article that did not come adds to that."""
ASKED_MOST = timedelta(hours=1)
"""How long a ttl or max-age may hold us off: many are copied from a template, and feeds are short."""
JITTER = 0.1
RETRY, RETRY_ENDING = timedelta(minutes=5), timedelta(hours=1)
"""After a first failure that may pass, and after one that says there is nothing."""
WAITING_MOST = 3_000
"""Pages of a source that may wait; it is not looked at while there are more."""
PARTS_AT_ONCE = 8
"""Sitemaps of an index that are read at one look, the newest first."""
PARTS_MAX = 1_000
"""Sitemaps of an index that are remembered."""
GAP_KEPT = 0.995
"""What remains of the longest gap at each article or group of them: a holiday is forgotten in a season."""
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?([0-9]{1,9})", re.IGNORECASE)


class PartSeen(msgspec.Struct, frozen=True, array_like=True):
    """A sitemap of an index that was read: what the index said of its change, and validators."""

    changed: datetime | None = None
    etag: str | None = None
    modified: str | None = None


class Polled(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of a source from looking at it.

    id, url   of the source; another url makes it a new one
    due       when it is looked at again
    first     when it was looked at first; `at` last, `read` when it last could be read
    came      when an article last was new
    digest    of what was read last; what is the same is not read again
    failures  in a row, with the `reason` and `detail` of the last; `since` when they began
    moved     where its address leads now for good
    polls, unchanged, articles  counts: looks, those with nothing changed, new articles
    overflow  how often in a row nothing that was listed was known: articles may have been missed
    gap       the longest time in which nothing new came; it fades
    face      the title of the article's page that was fetched last, `alike` how many articles in a row before it had
              the same, since `alike_since`: then it is no article that is shown
    shapes    what was learned of the site's addresses (`shapes`)
    parts     the sitemaps of an index
    """

    id: str
    url: str
    due: datetime
    first: datetime | None = None
    at: datetime | None = None
    read: datetime | None = None
    came: datetime | None = None
    etag: str | None = None
    modified: str | None = None
    digest: str | None = None
    habit: Habit = Habit()
    failures: int = 0
    reason: str | None = None
    detail: str | None = None
    since: datetime | None = None
    moved: str | None = None
    polls: int = 0
    unchanged: int = 0
    articles: int = 0
    overflow: int = 0
    gap: timedelta = timedelta(0)
    face: str | None = None
    alike: int = 0
    alike_since: datetime | None = None
    shapes: dict[str, tuple[int, int]] = {}
    parts: dict[str, PartSeen] = {}


@dataclass(frozen=True)
class Look:
    """What came of one look at a source.

    came     the answer of its address
    listing  what was read of it, None when nothing had changed
    times    dates of the articles that were new, None for those without
    known    how many of those listed were known
    parts    sitemaps of an index that were read
    """

    came: Fetched | NotModified
    listing: Listing | None
    times: Sequence[datetime | None] = ()
    known: int = 0
    parts: dict[str, PartSeen] | None = None


def digest(content: bytes) -> str:
    """A short name for a content."""
    return hashlib.blake2b(content, digest_size=12).hexdigest()


def seen(polled: Polled, look: Look, now: datetime, chance: float) -> Polled:
    """The source after a look that succeeded."""
    new = len(look.times)
    first_time = polled.read is None
    dates = [date for date in look.times if date is not None and plausible(date, now)]
    since = polled.read or min((date for date in dates if date <= now), default=now)
    habit = observed(polled.habit, since, now, dates, 0 if first_time else new - len(dates))
    fetched = look.came if isinstance(look.came, Fetched) else None
    still = now - polled.came if new and polled.came else timedelta(0)
    looked = msgspec.structs.replace(
        polled,
        at=now,
        first=polled.first or now,
        read=now,
        came=now if new else polled.came,
        habit=habit,
        failures=0,
        reason=None,
        detail=None,
        since=None,
        moved=fetched.url if fetched and fetched.hops else polled.moved,
        polls=polled.polls + 1,
        unchanged=polled.unchanged + (look.listing is None),
        articles=polled.articles + new,
        overflow=polled.overflow + 1 if new and not look.known and not first_time else 0,
        gap=max(polled.gap * GAP_KEPT, still) if new else polled.gap,
        parts=_remembered(polled.parts, look.parts),
        etag=fetched.etag if fetched else polled.etag,
        modified=fetched.modified if fetched else polled.modified,
        digest=digest(fetched.content) if fetched else polled.digest,
    )
    return msgspec.structs.replace(looked, due=next_look(looked, look, now, chance))


def failed(polled: Polled, why: Refused | Unreadable, now: datetime, chance: float) -> Polled:
    """The source after a look that failed. It is never given up: sites come back."""
    passing = isinstance(why, Refused) and why.reason.passing
    doubled: int = 2 ** min(polled.failures, 10)
    pause = min((RETRY if passing else RETRY_ENDING) * doubled, MOST) * (1 + JITTER * chance)
    wait = (why.wait if isinstance(why, Refused) else None) or timedelta(0)
    return msgspec.structs.replace(
        polled,
        at=now,
        first=polled.first or now,
        polls=polled.polls + 1,
        due=now + max(pause, wait),
        failures=polled.failures + 1,
        reason=str(why.reason),
        detail=why.detail,
        since=polled.since or now,
    )


def faced(polled: Polled, title: str | None, now: datetime) -> Polled:
    """The source after the page of a new article came with this title."""
    if title and title == polled.face:
        since = polled.alike_since or now
        return msgspec.structs.replace(polled, alike=polled.alike + 1, alike_since=since)
    return msgspec.structs.replace(polled, face=title, alike=0, alike_since=None)


def put_off(polled: Polled, now: datetime) -> Polled:
    """The source while too many of its pages wait."""
    return msgspec.structs.replace(polled, due=now + ASKED_MOST)


def next_look(polled: Polled, look: Look, now: datetime, chance: float) -> datetime:
    """When a source is looked at next. `chance` is from 0 to 1."""
    missing = expected(polled.habit, polled.came or polled.first or now, now)
    due = reached(polled.habit, now, TARGET + SILENCE * missing, now + MOST)
    wait = max(due - now, LEAST)
    asked = min(_asked(look), ASKED_MOST)
    wait = max(wait / 2**polled.overflow, LEAST) if polled.overflow else max(wait, asked)
    return _outside(now + min(wait * (1 + JITTER * chance), MOST), look.listing)


def parts_to_read(listing: Listing, known: dict[str, PartSeen], since: datetime) -> list[Part]:
    """The sitemaps of an index that may hold something new, the newest first: those that changed since they were read,
    or at all since then; of those that say nothing the last that are named.
    """
    dated = [part for part in listing.parts if part.changed is not None]
    changed = [part for part in dated if part.changed and part.changed >= since and not _same(part, known)]
    undated = [part for part in reversed(listing.parts) if part.changed is None] if not dated else []
    newest = sorted(changed, key=lambda part: part.changed or since, reverse=True)
    return (newest + undated)[:PARTS_AT_ONCE]


def parts_again(known: dict[str, PartSeen]) -> list[Part]:
    """The sitemaps of an index that did not change itself: those of which it never says when they do."""
    return [Part(url) for url, part in known.items() if part.changed is None][:PARTS_AT_ONCE]


def _same(part: Part, known: dict[str, PartSeen]) -> bool:
    return part.url in known and known[part.url].changed == part.changed


def _remembered(known: dict[str, PartSeen], read: dict[str, PartSeen] | None) -> dict[str, PartSeen]:
    if not read:
        return known
    rest = {url: part for url, part in known.items() if url not in read}
    while len(rest) + len(read) > PARTS_MAX and rest:
        del rest[next(iter(rest))]
    return {**rest, **read}


def _asked(look: Look) -> timedelta:
    """How long the publisher asks to stay away."""
    ttl = (look.listing.wait if look.listing else None) or timedelta(0)
    return max(ttl, max_age(look.came.headers))


def max_age(headers: Headers) -> timedelta:
    """How long an answer stays fresh by its Cache-Control, nothing when it does not say."""
    found = _MAX_AGE.search(field(headers, "cache-control") or "")
    return timedelta(seconds=int(found[1])) if found else timedelta(0)


def _outside(due: datetime, listing: Listing | None) -> datetime:
    """The first time from then on that is in no hour and on no day at which nothing comes, by what the feed says."""
    if listing is None or len(listing.skip_hours) >= 24 or len(listing.skip_days) >= 7:
        return due
    for _ in range(7 * 24):
        if due.hour not in listing.skip_hours and due.weekday() not in listing.skip_days:
            return due
        due = due.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return due
