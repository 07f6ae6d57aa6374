"""Feeds: RSS and Atom of all versions by feedparser, JSON Feed by its own schema.

feedparser is given bytes and never a name, so it opens nothing. Its parser for broken feeds is slow on some input:
whoever reads feeds of strangers does so in a process with limits.
"""

import io
import re
from calendar import timegm
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from time import struct_time
from typing import Any
from urllib.parse import urljoin

import msgspec

from pipeline.news.crawling.listings import Listed, Listing, Unread, Unreadable, plausible

MOST = 2_000
"""Entries that are read. Feeds have 10 to 100; what has more is an archive, or hostile."""
_PERIODS = {"hourly": 1, "daily": 24, "weekly": 168, "monthly": 720, "yearly": 8760}
_HOURS = re.compile(rb"<skipHours>(.{0,2000}?)</skipHours>", re.IGNORECASE | re.DOTALL)
_DAYS = re.compile(rb"<skipDays>(.{0,2000}?)</skipDays>", re.IGNORECASE | re.DOTALL)
_HOUR = re.compile(rb"<hour>\s*([0-9]{1,2})\s*</hour>", re.IGNORECASE)
_DAY = re.compile(rb"<day>\s*([a-z]{3})[a-z]*\s*</day>", re.IGNORECASE)
_WEEK = (b"mon", b"tue", b"wed", b"thu", b"fri", b"sat", b"sun")


class _JsonItem(msgspec.Struct):
    """An item of a JSON Feed (jsonfeed.org/version/1.1)."""

    id: Any = None
    url: str | None = None
    date_published: str | None = None
    date_modified: str | None = None


class _JsonHub(msgspec.Struct):
    type: str
    url: str


class _JsonFeed(msgspec.Struct):
    version: str
    items: list[_JsonItem]
    title: str | None = None
    next_url: str | None = None
    feed_url: str | None = None
    hubs: list[_JsonHub] = []


def feed(content: bytes, media_type: str | None, url: str) -> Listing | Unreadable:
    """What an RSS or Atom feed lists. `url` is where it came from."""
    import feedparser  # noqa: PLC0415 - only who reads feeds waits for it

    headers = {"content-type": media_type or "application/xml", "content-location": url}
    read: Any = feedparser.parse(
        io.BytesIO(content), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
    )
    if not read.entries and (read.bozo or not read.get("version")):
        return Unreadable(Unread.BROKEN, f"it cannot be read as a feed ({_why(read)})")
    about: dict[str, Any] = read.feed
    found = [_entry(entry, url) for entry in read.entries[:MOST]]
    return _listing(
        Listing(
            "feed",
            further=_linked(about, url, "next", "prev-archive"),
            wait=_wait(about),
            skip_hours=frozenset(int(hour) % 24 for hour in _within(_HOURS, _HOUR, content)),
            skip_days=frozenset(_WEEK.index(day) for day in _within(_DAYS, _DAY, content) if day in _WEEK),
            title=dict.get(about, "title"),
            hub=_linked(about, url, "hub"),
            topic=_linked(about, url, "self"),
        ),
        found,
        len(read.entries),
    )


def json_feed(content: bytes, url: str) -> Listing | Unreadable:
    """What a JSON Feed lists."""
    try:
        read = msgspec.json.decode(content, type=_JsonFeed)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return Unreadable(Unread.BROKEN, f"it is no JSON Feed ({error})")
    if "jsonfeed.org" not in read.version:
        return Unreadable(Unread.NO_LISTING, "it is JSON, and no JSON Feed")
    found = [_json_item(item, url) for item in read.items[:MOST]]
    further = _address(url, read.next_url) if read.next_url else None
    hub = next((_address(url, one.url) for one in read.hubs if one.type.lower() == "websub"), None)
    topic = _address(url, read.feed_url) if read.feed_url else None
    bare = Listing("feed", further=further, title=read.title, hub=hub, topic=topic)
    return _listing(bare, found, len(read.items))


def _listing(bare: Listing, found: Iterable[Listed | None], entries: int) -> Listing | Unreadable:
    items = tuple(item for item in found if item is not None)
    if entries and not items:
        return Unreadable(Unread.NO_LINKS, f"none of its {entries:,} entries has a link")
    return bare._replace(items=items, left_out=entries - len(items))


def _json_item(item: _JsonItem, base: str) -> Listed | None:
    link = item.url or (item.id if isinstance(item.id, str) and item.id.startswith("http") else None)
    address = _address(base, link) if link else None
    return Listed(address, _iso(item.date_published), _iso(item.date_modified)) if address else None


def _entry(entry: Any, base: str) -> Listed | None:
    """The page of an entry. A GUID is its link where it has no other one and looks like one (RSS 2.0, isPermaLink)."""
    link = dict.get(entry, "feedburner_origlink") or dict.get(entry, "link")
    guid = dict.get(entry, "id") or ""
    if not link and re.match(r"https?://", guid):
        link = guid
    address = _address(base, link) if isinstance(link, str) else None
    if address is None:
        return None
    return Listed(address, _date(dict.get(entry, "published_parsed")), _date(dict.get(entry, "updated_parsed")))


def _address(base: str, link: str) -> str | None:
    try:
        return urljoin(base, link.strip()) or None
    except ValueError:
        return None


def _date(parsed: struct_time | None) -> datetime | None:
    if parsed is None:
        return None
    try:
        return plausible(datetime.fromtimestamp(timegm(parsed), UTC))
    except (ValueError, OverflowError, OSError):
        return None


def _iso(text: str | None) -> datetime | None:
    try:
        return plausible(datetime.fromisoformat(text.strip())) if text else None
    except (ValueError, OverflowError):
        return None


def _linked(about: dict[str, Any], url: str, *rels: str) -> str | None:
    """Where the first link of these kinds leads: the page with older entries (RFC 5005), the hub (WebSub)."""
    for link in about.get("links", ()):
        if link.get("rel") in rels and link.get("href"):
            return _address(url, str(link["href"]))
    return None


def _wait(about: dict[str, Any]) -> timedelta | None:
    ttl = str(about.get("ttl", ""))
    if re.fullmatch(r"[0-9]{1,6}", ttl):
        return timedelta(minutes=int(ttl))
    hours = _PERIODS.get(str(about.get("sy_updateperiod", "")).strip().lower())
    often = str(about.get("sy_updatefrequency", "1")).strip()
    if hours is None or not re.fullmatch(r"[0-9]{1,4}", often):
        return None
    return timedelta(hours=hours) / max(int(often), 1)


def _within(block: re.Pattern[bytes], one: re.Pattern[bytes], content: bytes) -> Iterable[Any]:
    found = block.search(content)
    return [value.lower() for value in one.findall(found[1])] if found else ()


def _why(read: Any) -> str:
    error = read.get("bozo_exception")
    message = error.getMessage() if hasattr(error, "getMessage") else str(error or "it has no root of a feed")
    return str(message)[:100]
