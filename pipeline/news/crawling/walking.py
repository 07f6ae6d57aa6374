"""A backfill: the way through older listings of a source, one listing at a time, so that it can go on anywhere."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec

from pipeline.news.crawling.listings import Listed, Listing, Part
from pipeline.news.crawling.polling import digest
from schemas.catalog import Source

PAGES_MAX = 500
"""Pages of a feed that are turned; ten articles each are 5,000."""
PARTS_MAX = 5_000
TRIES_MAX = 20
"""Times that a listing is asked for before it is left out."""
_MONTH = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_/.]?(0[1-9]|1[0-2])(?!\d)")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_PAGED = "paged"
"""The parameter by which WordPress turns the pages of a feed."""


class Walk(msgspec.Struct, frozen=True, omit_defaults=True):
    """A backfill of a source, and how far it is.

    since, until  the days whose articles are wanted; the last one is left out
    ahead         listings that are still to be read, the next one first
    tries         how often the next one could not be had, in a row
    read          how many were; `articles` how many of what they listed are new; `pages` how many pages of feeds
    shown         a digest of what the last page of a feed listed: some sites show the first page for all of them
    failed        listings that could not be read, and why
    """

    source: str
    since: datetime
    until: datetime
    begun: datetime
    ahead: tuple[str, ...] = ()
    read: int = 0
    tries: int = 0
    articles: int = 0
    pages: int = 0
    shown: str | None = None
    failed: dict[str, str] = {}
    done: datetime | None = None

    @property
    def days(self) -> tuple[str, datetime, datetime]:
        """What it is a backfill of."""
        return self.source, self.since, self.until

    @property
    def total(self) -> int:
        """Listings that are known of, read or not."""
        return self.read + len(self.ahead)


def begun(source: Source, since: datetime, until: datetime, now: datetime) -> Walk:
    """A backfill of a source that begins now."""
    return Walk(source.id, since, until, now, (source.url,))


def wanted(walk: Walk, items: tuple[Listed, ...]) -> list[Listed]:
    """Those that came out within the days; what has no date may have."""
    return [item for item in items if item.date is None or walk.since <= item.date < walk.until]


def onward(walk: Walk, url: str, listing: Listing, new: int, now: datetime) -> Walk:
    """The walk after a listing was read, of which so many articles were new."""
    further = [part.url for part in listing.parts if _may_hold(walk, part)][:PARTS_MAX]
    shown = digest("\n".join(item.url for item in listing.items).encode("utf-8", "replace"))
    if listing.kind == "feed" and _goes_back(walk, listing, shown):
        further.append(listing.further or turned(url))
    told = msgspec.structs.replace(walk, articles=walk.articles + new, pages=walk.pages + 1, shown=shown)
    return _moved(told, further, now)


def delayed(walk: Walk) -> Walk:
    """The walk after its next listing could not be had for a reason that passes."""
    return msgspec.structs.replace(walk, tries=walk.tries + 1)


def stuck(walk: Walk, url: str, why: str, now: datetime) -> Walk:
    """The walk after a listing could not be read. Behind the last page of a feed there is nothing, which is its end."""
    noted = walk.failed if walk.pages and _PAGED in url else {**walk.failed, url: why}
    return _moved(msgspec.structs.replace(walk, failed=noted), [], now)


def turned(url: str) -> str:
    """The next page of a feed, as WordPress counts them."""
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    page = next((int(value) for name, value in pairs if name == _PAGED and value.isdecimal()), 1)
    query = urlencode([pair for pair in pairs if pair[0] != _PAGED] + [(_PAGED, str(page + 1))])
    return urlunsplit(parts._replace(query=query))


def _moved(walk: Walk, further: list[str], now: datetime) -> Walk:
    rest = walk.ahead[1:]
    ahead = (*dict.fromkeys(url for url in (*further, *rest) if url != walk.ahead[0]),)
    return msgspec.structs.replace(walk, ahead=ahead, read=walk.read + 1, tries=0, done=None if ahead else now)


def _goes_back(walk: Walk, listing: Listing, shown: str) -> bool:
    """Whether a feed is worth turning to its next page: this one is not all too old, nor the last one again."""
    dates = [item.date for item in listing.items if item.date is not None]
    older = bool(dates) and max(dates) < walk.since
    return bool(listing.items) and not older and shown != walk.shown and walk.pages < PAGES_MAX


def _may_hold(walk: Walk, part: Part) -> bool:
    """Whether a sitemap may name articles of the days: by the month or year in its name, and by when it changed."""
    named = _span(urlsplit(part.url).path + "?" + urlsplit(part.url).query)
    if named:
        return named[0] < walk.until and named[1] > walk.since
    return part.changed is None or part.changed >= walk.since


def _span(text: str) -> tuple[datetime, datetime] | None:
    """The month or year that a name tells."""
    if found := _MONTH.search(text):
        begin = datetime(int(found[1]), int(found[2]), 1, tzinfo=UTC)
        return begin, (begin + timedelta(days=32)).replace(day=1)
    if found := _YEAR.search(text):
        return datetime(int(found[1]), 1, 1, tzinfo=UTC), datetime(int(found[1]) + 1, 1, 1, tzinfo=UTC)
    return None
