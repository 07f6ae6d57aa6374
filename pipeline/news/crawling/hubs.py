"""Hubs that tell of news (https://www.w3.org/TR/websub/): whom to ask, what they may say, and what that changes.

What a hub says is never taken for news: it makes its source due, which is then looked at as always. Looks go on without
it, more seldom while it tells of all that is new. A hub that says nothing of three looks at which something was new is
not relied on until it tells again.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import urljoin

import msgspec

from pipeline.news.crawling.listings import Listing
from pipeline.news.crawling.outcomes import Headers
from pipeline.news.crawling.polling import MOST, Polled

LEASE = timedelta(days=10)
"""How long a hub is asked to tell; `LEASE_MAX` is the longest that it is believed to."""
LEASE_MAX, LEASE_LEAST = timedelta(days=30), timedelta(minutes=5)
RENEWED = 0.25
"""The part of a lease before whose end it is asked for again."""
RETRY, RETRY_MAX = timedelta(hours=1), timedelta(days=7)
"""When a hub is asked again that did not confirm, doubling each time."""
APART = timedelta(seconds=30)
"""How soon after a look a source is looked at because its hub tells of something."""
FALLBACK, SELDOMER = timedelta(hours=1), 4
"""While a hub tells, looks are so many times as far apart, and no less than this."""
MISSED_MAX = 3
HEADERS_MAX = 20
"""Link headers that are read."""
URL_MAX, WORD_MAX = 2_000, 1_000
"""Characters of an address, and of the word that a hub has repeated to it."""
_LINK = re.compile(
    r"<([^<>\s]{1,2000})>((?:\s*;\s*[\w*-]{1,40}\s*(?:=\s*(?:\"[^\"<>]{0,200}\"|[^\s;,\"<>]{1,200}))?){0,10})"
)
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s;,\"]+))", re.IGNORECASE)
_METHODS = ("sha256", "sha384", "sha512", "sha1")
"""Hubs of old sign with SHA-1, which as an HMAC holds."""


class Subscription(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is agreed with the hub of a source.

    topic   what the hub calls the feed
    token   the end of the address at which we are told, which nobody else knows; `secret` what the hub signs with
    asked   when the hub was asked last, `asks` times since it confirmed last
    until   when it ends to tell, None as long as it has not confirmed; `lease` how long that is in all
    told    when it told last of something new
    missed  looks in a row at which something was new that it did not tell of
    denied  what it said when it refused
    """

    hub: str
    topic: str
    token: str
    secret: str
    asked: datetime | None = None
    asks: int = 0
    until: datetime | None = None
    lease: timedelta = timedelta(0)
    told: datetime | None = None
    missed: int = 0
    denied: str = ""

    def tells(self, now: datetime) -> bool:
        """Whether it can be relied on."""
        return self.until is not None and self.until > now and self.missed < MISSED_MAX

    def asked_again(self, now: datetime) -> datetime:
        """When it is asked again: before the lease ends, or later and later while it does not confirm."""
        if self.until is not None and not self.asks:
            return self.until - self.lease * RENEWED
        doubled: int = 2 ** min(max(self.asks - 1, 0), 10)
        return self.asked + min(RETRY * doubled, RETRY_MAX) if self.asked else now


def announced(listing: Listing, headers: Headers, url: str) -> tuple[str, str] | None:
    """The hub of a feed and what it calls the feed, by its headers or else by itself; None without one."""
    links = dict[str, str]()
    for value in [value for name, value in headers if name == "link"][:HEADERS_MAX]:
        for found in _LINK.finditer(value[: 4 * URL_MAX]):
            rel = _REL.search(found[2])
            for word in (rel[1] or rel[2]).lower().split() if rel else ():
                links.setdefault(word, found[1])
    hub, topic = links.get("hub") or listing.hub, links.get("self") or listing.topic or url
    try:
        pair = (urljoin(url, hub), urljoin(url, topic)) if hub else None
    except ValueError:
        return None
    return pair if pair and max(map(len, pair)) <= URL_MAX else None


def agreed(known: Subscription | None, hub: str, topic: str, token: str, secret: str) -> Subscription:
    """The subscription to ask for: the known one, or a new one when the feed names another hub or topic. How often was
    asked counts on, so that a feed that names a new hub each time costs no more requests.
    """
    if known and (known.hub, known.topic) == (hub, topic):
        return known
    return Subscription(hub, topic, token, secret, known.asked if known else None, known.asks if known else 0)


def asking(known: Subscription, now: datetime) -> Subscription:
    """The subscription when its hub is asked."""
    return msgspec.structs.replace(known, asked=now, asks=known.asks + 1)


def form(known: Subscription, callback: str) -> list[tuple[str, str]]:
    """What a hub is asked with (5.1)."""
    return [
        ("hub.mode", "subscribe"), ("hub.topic", known.topic), ("hub.callback", callback),
        ("hub.secret", known.secret), ("hub.lease_seconds", str(int(LEASE.total_seconds()))),
    ]  # fmt: skip


def confirmed(known: Subscription, seconds: str, now: datetime) -> Subscription:
    """The subscription after its hub asked whether it is meant (5.3), for so many seconds as it says."""
    stated = timedelta(seconds=int(seconds)) if re.fullmatch(r"[0-9]{1,9}", seconds) else LEASE
    lease = min(max(stated, LEASE_LEAST), LEASE_MAX)
    return msgspec.structs.replace(known, asks=0, until=now + lease, lease=lease, denied="")


def refused(known: Subscription, why: str) -> Subscription:
    """The subscription after its hub refused it (5.2)."""
    return msgspec.structs.replace(known, until=None, denied=why[:200] or "without a reason")


def unanswered(known: Subscription, why: str) -> Subscription:
    """The subscription after its hub did not take the request; what it agreed to before holds."""
    return msgspec.structs.replace(known, denied=why[:200])


def told(known: Subscription, now: datetime) -> Subscription:
    """The subscription after its hub told of something new."""
    return msgspec.structs.replace(known, told=now, missed=0)


def looked(known: Subscription, before: datetime | None, new: int) -> Subscription:
    """The subscription after a look which found so many new articles; the look `before` it was then."""
    silent = known.until is not None and before is not None and (known.told is None or known.told < before)
    return msgspec.structs.replace(known, missed=known.missed + 1) if new and silent else known


def signed(known: Subscription, header: str | None, pieces: Iterable[bytes]) -> bool:
    """Whether a body comes from the hub (7.1): its X-Hub-Signature is made with the secret."""
    method, _, value = (header or "").strip().partition("=")
    if method.lower() not in _METHODS or not value.isascii():
        return False
    made = hmac.new(known.secret.encode(), digestmod=getattr(hashlib, method.lower()))
    for piece in pieces:
        made.update(piece)
    return hmac.compare_digest(made.hexdigest(), value.lower())


def due(known: Subscription | None, polled: Polled, begun: datetime | None) -> datetime:
    """When a source is looked at: at its time, or as soon as its hub told since the last look began."""
    since = begun or polled.at
    if known is None or known.told is None or since is None or known.told <= since:
        return polled.due
    return min(polled.due, max(known.told, since + APART))


def relaxed(known: Subscription | None, polled: Polled, now: datetime) -> Polled:
    """The source after a look: while its hub tells, the next one is later, but not after the hub ends to tell."""
    if known is None or known.until is None or not known.tells(now):
        return polled
    wait = min(max((polled.due - now) * SELDOMER, FALLBACK), MOST)
    return msgspec.structs.replace(polled, due=max(polled.due, min(now + wait, known.until)))
