"""What becomes of a page that was asked for: it came, it is as it was, or a reason."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

Headers = tuple[tuple[str, str], ...]
"""Names in lower case and values, in the order in which they came."""


VALIDATOR_MAX = 500
"""Characters of a validator; they have 20 to 60."""


class Unfetched(StrEnum):
    """Why a page was not fetched. Those in PASSING may be tried again, the others end there."""

    BAD_URL = "bad-url"
    """It is no URL that names one host and one page without doubt: user names, backslashes, control characters."""
    SCHEME = "scheme"
    """It is neither http nor https."""
    PORT = "port"
    """Neither 80 nor 443, and no setting names it."""
    PRIVATE_ADDRESS = "private-address"
    """An address of the host is not on the public internet."""
    ROBOTS = "robots"
    """The site's robots.txt disallows the page."""
    TOO_MANY_REDIRECTS = "too-many-redirects"
    """More redirects than are followed, or they lead back to where they began."""
    BAD_REDIRECT = "bad-redirect"
    """A redirect that does not say where to."""
    GONE = "gone"
    """404 or 410: there is no such page."""
    DENIED = "denied"
    """401, 402, 403, 407 or 451: the page is not for us."""
    REFUSED = "refused"
    """Any other status that promises no page."""
    TOO_LARGE = "too-large"
    """The body is larger than what is read, packed or unpacked."""
    BOMB = "bomb"
    """The body grows more when unpacked than anything honest does."""
    ENCODING = "encoding"
    """The body is packed twice, in a way that is not known, or not in the way that is said."""
    HOST_PAUSED = "host-paused"
    """The host asked for a pause or failed too often: nothing was asked now."""
    ROBOTS_UNAVAILABLE = "robots-unavailable"
    """The site's robots.txt cannot be had, so nothing is asked of the site (RFC 9309, 2.3.1.4)."""
    BUSY = "busy"
    """429 or 503: come back later."""
    SERVER_ERROR = "server-error"
    """Any other 5xx."""
    UNREACHABLE = "unreachable"
    """The host has no address, no address takes the connection, or its certificate is wrong."""
    TOO_SLOW = "too-slow"
    """The first lines or the whole answer took too long."""
    BROKEN = "broken-answer"
    """The connection broke, or what came is no HTTP: headers without end, a body that ends too early."""

    @property
    def passing(self) -> bool:
        """Whether the page may come when it is asked for again later."""
        return self in PASSING


HOST_TROUBLE = frozenset({
    Unfetched.BUSY, Unfetched.SERVER_ERROR, Unfetched.UNREACHABLE, Unfetched.TOO_SLOW, Unfetched.BROKEN,
})  # fmt: skip
"""What speaks against the host and not against the page."""
PASSING = HOST_TROUBLE | {Unfetched.HOST_PAUSED, Unfetched.ROBOTS_UNAVAILABLE}


@dataclass(frozen=True)
class Fetched:
    """A page that came.

    url      where it came from in the end; `hops` the URLs before it, the first asked for first
    content  the body, unpacked; `headers` still tell how it was packed
    """

    url: str
    status: int
    headers: Headers
    content: bytes
    at: datetime
    hops: tuple[str, ...] = ()

    @property
    def etag(self) -> str | None:
        """What to send as If-None-Match next time."""
        return _validator(self.headers, "etag")

    @property
    def modified(self) -> str | None:
        """What to send as If-Modified-Since next time."""
        return _validator(self.headers, "last-modified")


@dataclass(frozen=True)
class NotModified:
    """The page is as it was when its validators were kept (304)."""

    url: str
    headers: Headers
    at: datetime
    hops: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refused:
    """No page, and why.

    url     the URL that was refused, which is the last one where redirects were followed
    detail  one phrase for people
    status  of the answer, when one came
    wait    how long until it is worth another try, None when it never is; what passes has one
    """

    url: str
    reason: Unfetched
    detail: str
    status: int | None = None
    wait: timedelta | None = None
    hops: tuple[str, ...] = ()


@dataclass(frozen=True)
class Redirect:
    """An answer that names another place, as it wrote it. It is never seen outside of the fetcher."""

    location: str


def field(headers: Headers, name: str) -> str | None:
    """The value of the first header of this name (lower case), None without one."""
    return next((value for key, value in headers if key == name), None)


def _validator(headers: Headers, name: str) -> str | None:
    """A validator that is worth keeping with each page."""
    value = field(headers, name)
    return value if value and len(value) <= VALIDATOR_MAX else None
