"""How a host is treated: one request at a time, a delay between two, and pauses when it asks for them or fails.

The circuit breaker of M. Nygard (Release It!, 2007): after FAILURES failures in a row nothing is asked for a while,
then one request tries; each further failure doubles the pause.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from pipeline.news.crawling.outcomes import HOST_TROUBLE, Unfetched

FAILURES = 5
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
"""The longest pause of our own choice."""
PATIENCE = timedelta(seconds=30)
"""Who waits for a host waits in line for this long; for longer pauses he is sent away."""
JITTER = 0.5
"""A delay is up to so much longer, so that nothing comes in step."""
UNASKED = frozenset({Unfetched.PRIVATE_ADDRESS, Unfetched.HOST_PAUSED})
"""Reasons for which the host was not asked anything."""


class Standing(NamedTuple):
    """What is remembered of a host.

    next_at   when it may be asked again, None for now
    failures  in a row
    paused    whether whoever comes before that is sent away rather than kept waiting
    """

    next_at: datetime | None = None
    failures: int = 0
    paused: bool = False

    def wait(self, now: datetime) -> timedelta:
        """How long until the host may be asked."""
        return max(self.next_at - now, timedelta(0)) if self.next_at else timedelta(0)


def after(
    standing: Standing, reason: Unfetched | None, asked: timedelta | None, now: datetime, delay: timedelta
) -> Standing:
    """The standing after an answer.

    reason  why there was no page, None when it came
    asked   the pause that the host asks for (Retry-After)
    delay   the ordinary one, with its jitter
    """
    if reason in UNASKED:
        return standing
    if reason not in HOST_TROUBLE:
        return Standing(now + delay)
    failures = standing.failures + 1
    pause = max(delay, _pause(reason, failures) if asked is None else asked)
    return Standing(now + pause, failures, pause > PATIENCE)


def delay(ordinary: timedelta, crawl_delay: timedelta | None, chance: float) -> timedelta:
    """The delay before the next request: the longer of ours and that of robots.txt; `chance` is from 0 to 1."""
    return max(ordinary, crawl_delay or timedelta(0)) * (1 + JITTER * chance)


def _pause(reason: Unfetched | None, failures: int) -> timedelta:
    steps = failures if reason is Unfetched.BUSY else failures - FAILURES + 1
    if steps <= 0:
        return timedelta(0)
    doubled: int = 2 ** min(steps - 1, 16)
    return min(FIRST_PAUSE * doubled, LONGEST_PAUSE)
