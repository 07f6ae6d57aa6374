"""How a source does: what is to be expected of it, what came, and what to do.

A source is silent when it was expected to bring so much by now that no chance explains why nothing came, and when it
has been still for longer than ever before. Weekday and hour are in the expectation (`habits`); as long as a source is
not known for two weekends, it has three days. So a feed that answers 200 with nothing new is found, and Sundays are
not taken for the end.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from pipeline.news.crawling.habits import expected
from pipeline.news.crawling.items import Item, Unwanted
from pipeline.news.crawling.listings import Unread
from pipeline.news.crawling.outcomes import Unfetched
from pipeline.news.crawling.polling import Polled
from pipeline.news.crawling.quality import Quality

QUIET, SILENT = 5.0, 16.0
"""Articles that did not come. The chance of none where 5 are expected is 1 in 150, where news came by chance alone."""
QUIET_LEAST, SILENT_LEAST = timedelta(hours=12), timedelta(days=1)
UNKNOWN_LEAST, KNOWN = timedelta(days=3), timedelta(days=16)
LONGER = 1.5
"""How much longer than ever before it has to be still."""
FAILS = timedelta(hours=6)
"""A source that cannot be read for less is healthy: sites have bad hours."""
ALIKE = 3
"""Different articles in a row whose pages have the same title."""
LOOKED_AT, SHARE = 20, 0.8
"""Articles that were listed last, and the share of them that is refused where a site is blocked."""


class State(StrEnum):
    """How a source does."""

    NEW = "new"
    """It was not looked at yet."""
    PAUSED = "paused"
    """It is not looked at."""
    HEALTHY = "healthy"
    """It brings what is to be expected."""
    QUIET = "quiet"
    """It brings less, which may be chance."""
    SILENT = "silent"
    """It can be read, and has brought nothing for too long."""
    BLOCKED = "blocked"
    """Its site refuses us, or shows a page of its own before every article."""
    MOVED = "moved"
    """What lists its articles is not at its address any more."""
    BROKEN = "broken"
    """What comes from its address cannot be read, or nothing is found in its pages any more."""
    DOWN = "down"
    """Its site does not answer."""


_FAILED: dict[StrEnum, State] = {
    **dict.fromkeys((Unfetched.DENIED, Unfetched.ROBOTS, Unfetched.REFUSED), State.BLOCKED),
    **dict.fromkeys((Unfetched.GONE, Unread.NO_LISTING, Unfetched.TOO_MANY_REDIRECTS), State.MOVED),
    **dict.fromkeys((Unread.BROKEN, Unread.NO_LINKS, Unread.TOO_COSTLY, Unfetched.ENCODING), State.BROKEN),
}
_DO = {
    State.QUIET: "nothing yet",
    State.SILENT: "see whether the site still writes to this address; `pantau sources discover` finds others",
    State.BLOCKED: "look at an article in a browser; ask the publisher, or pause the source",
    State.MOVED: "find its new address with `pantau sources discover`",
    State.BROKEN: "look at what it serves; `pantau sources discover` finds other feeds and sitemaps",
    State.DOWN: "wait; if the site is gone for good, pause the source",
}
_DO_UNREAD = "save one of its articles and look at it with `pantau clean FILE`: the site may have been built anew"
_BARRED = frozenset({Unfetched.DENIED, Unfetched.ROBOTS, Unfetched.REFUSED, Unwanted.FRONT_PAGE})


class Health(NamedTuple):
    """How a source does, since when, what shows it, and what to do."""

    state: State
    since: datetime | None = None
    evidence: str = ""
    advice: str = ""


def assessed(
    polled: Polled | None,
    latest: Sequence[Item],
    now: datetime,
    paused: bool = False,
    quality: Quality | None = None,
) -> Health:
    """How a source does, by what is known of it, of the articles that it listed last, and of what was read in them."""
    if paused:
        return Health(State.PAUSED)
    if polled is None or polled.at is None:
        return Health(State.NEW)
    came = _failing(polled, now) or _blocked(polled, latest)
    if came is None and (unread := _unread(quality)):
        return Health(*unread, _DO[State.BLOCKED] if unread[0] is State.BLOCKED else _DO_UNREAD)
    state, since, evidence = came or _still(polled, now)
    return Health(state, since, evidence, _DO.get(state, ""))


_Found = tuple[State, datetime | None, str]


def _failing(polled: Polled, now: datetime) -> _Found | None:
    if polled.reason is None or polled.since is None or now - polled.since < FAILS:
        return None
    state = next((state for reason, state in _FAILED.items() if reason == polled.reason), State.DOWN)
    return state, polled.since, f"it could not be read {polled.failures} times in a row ({polled.detail})"


def _blocked(polled: Polled, latest: Sequence[Item]) -> _Found | None:
    if polled.alike >= ALIKE:
        evidence = f"{polled.alike + 1} different articles in a row came as pages of one title, {polled.face!r}"
        return State.BLOCKED, polled.alike_since, evidence
    settled = [item for item in latest[:LOOKED_AT] if item.fetched or item.due is None]
    barred = [item for item in settled if item.fetched is None and item.reason in _BARRED]
    if len(barred) < max(ALIKE, SHARE * len(settled)):
        return None
    reasons = ", ".join(f"{times} {reason}" for reason, times in Counter(item.reason for item in barred).most_common())
    return State.BLOCKED, min(item.listed for item in barred), f"of the last {len(settled)} articles: {reasons}"


def _unread(quality: Quality | None) -> _Found | None:
    """Whether its pages come, and cleaning finds little in them."""
    if quality is None or quality.bad is None:
        return None
    return State.BLOCKED if quality.walled else State.BROKEN, quality.bad, quality.why


def _still(polled: Polled, now: datetime) -> _Found:
    came = polled.came or polled.first or now
    missing, still = expected(polled.habit, came, now), now - came
    known = now - (polled.first or now)
    least = max(SILENT_LEAST if known >= KNOWN else UNKNOWN_LEAST, polled.gap * LONGER)
    evidence = f"nothing new for {_days(still)}, where {missing:.0f} articles were to be expected"
    if missing >= SILENT and still >= least:
        return State.SILENT, came, evidence
    if missing >= QUIET and still >= max(QUIET_LEAST, polled.gap):
        return State.QUIET, came, evidence
    return State.HEALTHY, None, ""


def _days(time: timedelta) -> str:
    hours = time / timedelta(hours=1)
    return f"{hours:.0f} hours" if hours < 48 else f"{hours / 24:.1f} days"
