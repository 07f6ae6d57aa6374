"""robots.txt by RFC 9309: what a site permits, and what it means when the file is not there."""

import math
from dataclasses import replace
from datetime import timedelta

from protego import Protego

from pipeline.news.crawling.outcomes import Fetched, NotModified, Refused, Unfetched

TOKEN = "Pantau"
"""The product token that site owners write into robots.txt."""
BYTES_MAX = 512_000
"""What is read of the file; RFC 9309 2.5 asks for 500 kibibytes at least."""
LIFETIME = timedelta(days=1)
"""RFC 9309 2.4: a copy should not be used for longer."""
RETRY = timedelta(minutes=10)
"""When an unavailable file is asked for again."""
DELAY_MAX = timedelta(seconds=30)
"""The longest Crawl-delay that is kept. A day has room for 2,880 pages of a site then."""
_OF_THE_HOST = frozenset({
    Unfetched.PRIVATE_ADDRESS, Unfetched.UNREACHABLE, Unfetched.HOST_PAUSED, Unfetched.BUSY,
})  # fmt: skip


class Rules:
    """What a site permits. It permits everything when its file says nothing. `size` is the file's, in bytes."""

    def __init__(self, content: bytes = b"") -> None:
        if len(content) >= BYTES_MAX:  # it was cut off, perhaps in a rule, which would bar more than was meant
            content = content[: content.rfind(b"\n", 0, BYTES_MAX) + 1]
        self.size = len(content)
        self._read = Protego.parse(content.decode("utf-8-sig", "replace"))

    def allows(self, url: str) -> bool:
        """Whether a page may be fetched."""
        return bool(self._read.can_fetch(url, TOKEN))

    @property
    def delay(self) -> timedelta | None:
        """The Crawl-delay, at most DELAY_MAX; None when there is none. (It is no part of the RFC.)"""
        seconds = self._read.crawl_delay(TOKEN)
        if seconds is None or not math.isfinite(seconds) or seconds <= 0:
            return None
        return min(timedelta(seconds=min(seconds, 1e6)), DELAY_MAX)


def rules(url: str, outcome: Fetched | NotModified | Refused) -> Rules | Refused:
    """What follows from the outcome of asking for a robots.txt at a URL.

    4xx and too many redirects permit everything (RFC 9309 2.3.1.2 and 2.3.1.3), all else nothing (2.3.1.4). 429 is
    taken for the server error that it announces.
    """
    if isinstance(outcome, Fetched):
        return Rules(outcome.content)
    if isinstance(outcome, Refused) and _absent(outcome):
        return Rules()
    if isinstance(outcome, Refused) and outcome.url == url and outcome.reason in _OF_THE_HOST:
        return replace(outcome, wait=max(outcome.wait, RETRY)) if outcome.wait else outcome
    why = outcome.detail if isinstance(outcome, Refused) else "it answers 304 though nothing is known"
    wait = max((isinstance(outcome, Refused) and outcome.wait) or RETRY, RETRY)
    return Refused(url, Unfetched.ROBOTS_UNAVAILABLE, f"its robots.txt cannot be had ({why})", wait=wait)


def refusal(url: str, found: Rules | Refused, left: timedelta) -> Refused | None:
    """Why a page is not asked for, None when it is permitted. `left` is how long the answer of robots.txt holds."""
    if isinstance(found, Refused):
        return replace(found, url=url, wait=left if found.reason.passing else None, status=None, hops=())
    return None if found.allows(url) else Refused(url, Unfetched.ROBOTS, "robots.txt of the site disallows it")


def _absent(outcome: Refused) -> bool:
    if outcome.reason is Unfetched.TOO_MANY_REDIRECTS:
        return True
    return outcome.status is not None and 400 <= outcome.status < 500 and outcome.reason is not Unfetched.BUSY
