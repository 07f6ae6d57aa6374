"""How well the pages of a source can be read: what is usual of it, and what came last.

A site that is built anew or puts a wall before its articles goes on to list them, and its pages go on to come. It
shows in what cleaning made of them: no article, a tenth of the words, no dates. Each article counts once. What came
last is a dozen articles; those before them make what is usual, a mean that fades over a hundred, and that hardly moves
while the source is bad.
"""

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from statistics import median
from typing import NamedTuple

import msgspec

from pipeline.news.pages import Uncleanable

LAST, USUAL, USUAL_WHILE_BAD = 12, 100, 1_000
"""Articles that came last, and over how many the mean of the others fades."""
KNOWN = 20
"""Articles before which nothing is said of a source."""
REJECTED, REJECTED_STILL, REJECTED_ALWAYS, REJECTED_USUAL = 0.75, 0.4, 0.9, 0.4
"""Shares of articles of which cleaning made none: that are bad where REJECTED_USUAL or less are usual; that stay bad;
that are bad whatever is usual.
"""
WORDS, WORDS_STILL = 0.25, 0.5
"""Parts of the usual words that are bad, and that stay bad."""
DATED, DATED_STILL, DATED_USUAL = 0.15, 0.5, 0.8
ENOUGH = 5
"""Articles among the last ones whose words and dates are looked at."""
WALLS = frozenset({
    Uncleanable.BOT_CHECK, Uncleanable.DENIED, Uncleanable.CONSENT, Uncleanable.LOGIN, Uncleanable.PAYWALL,
})  # fmt: skip
"""Reasons that say that a site does not want to show its articles."""


class Seen(NamedTuple):
    """What cleaning made of a page: so many words with a date or without one, or nothing and why."""

    words: int
    dated: bool
    reason: str | None = None


class Means(msgspec.Struct, frozen=True, array_like=True):
    """Shares of articles that were rejected and dated, and the mean of the logarithm of their words. The last two are
    of the `articles` that were not rejected.
    """

    rejected: float = 0.0
    dated: float = 0.0
    words: float = 0.0
    pages: int = 0
    articles: int = 0


class Quality(msgspec.Struct, frozen=True, omit_defaults=True):
    """How well a source can be read.

    last   what came last, the oldest first; `usual` is of what came before
    upto   when the article was listed that was counted last
    bad    since when it is bad, `why` in what
    """

    last: tuple[Seen, ...] = ()
    usual: Means = Means()
    upto: datetime | None = None
    bad: datetime | None = None
    why: str = ""

    @property
    def walled(self) -> bool:
        """Whether most of what was rejected last are walls."""
        reasons = [one.reason for one in self.last if one.reason]
        return bool(reasons) and sum(reason in WALLS for reason in reasons) * 2 > len(reasons)


def counted(quality: Quality, seen: Iterable[tuple[datetime, Seen]]) -> Quality:
    """The quality after these articles, each with when it was listed, the oldest first."""
    for at, one in seen:
        last, usual = (*quality.last, one), quality.usual
        if len(last) > LAST:
            usual, last = _usual(usual, last[0], quality.bad is not None), last[1:]
        why = _bad(last, usual, quality.bad is not None)
        quality = Quality(last, usual, at, (quality.bad or at) if why else None, why)
    return quality


def described(quality: Quality) -> str | None:
    """What is usual of the pages of a source, and what came last; None as long as nothing is known."""
    articles, usual = [one for one in quality.last if one.reason is None], quality.usual
    if not quality.last:
        return None
    words = f"{median(one.words for one in articles):.0f} words each" if articles else "no words"
    came = (
        f"of its last {len(quality.last)} pages {len(articles)} are articles, with {words}, "
        f"{sum(one.dated for one in articles)} dated"
    )
    if not usual.articles:
        return came
    words = f"{math.exp(usual.words):.0f} words"
    return f"{came}; usual are {1 - usual.rejected:.0%} articles, {words}, {usual.dated:.0%} dated"


def _usual(means: Means, seen: Seen, bad: bool) -> Means:
    """The means with another article."""
    pages, articles = means.pages + 1, means.articles + (seen.reason is None)
    over = USUAL_WHILE_BAD if bad else min(pages, USUAL)
    rejected = means.rejected + (float(seen.reason is not None) - means.rejected) / over
    if seen.reason is not None:
        return Means(rejected, means.dated, means.words, pages, articles)
    over = USUAL_WHILE_BAD if bad else min(articles, USUAL)
    dated = means.dated + (float(seen.dated) - means.dated) / over
    words = means.words + (math.log(max(seen.words, 1)) - means.words) / over
    return Means(rejected, dated, words, pages, articles)


def _bad(last: Sequence[Seen], usual: Means, still: bool) -> str:
    """What is bad, in a phrase; empty when nothing is."""
    if len(last) < LAST or usual.pages + len(last) < KNOWN:
        return ""
    articles = [one for one in last if one.reason is None]
    rejected = 1 - len(articles) / len(last)
    fell = usual.rejected <= REJECTED_USUAL and rejected >= (REJECTED_STILL if still else REJECTED)
    if fell or rejected >= REJECTED_ALWAYS:
        reasons = ", ".join(dict.fromkeys(one.reason for one in last if one.reason))
        share = f", where {usual.rejected:.0%} are usual" if fell else ""
        return f"in {len(last) - len(articles)} of its last {len(last)} pages no article is found ({reasons}){share}"
    return _poor(articles, usual, still) if len(articles) >= ENOUGH and usual.articles >= ENOUGH else ""


def _poor(articles: Sequence[Seen], usual: Means, still: bool) -> str:
    """What articles lack, in a phrase; empty when it is nothing."""
    words = median(one.words for one in articles)
    if words <= (WORDS_STILL if still else WORDS) * math.exp(usual.words):
        return f"its last articles have {words:.0f} words, where {math.exp(usual.words):.0f} are usual"
    dated = sum(one.dated for one in articles) / len(articles)
    if usual.dated >= DATED_USUAL and dated <= (DATED_STILL if still else DATED):
        return f"{dated:.0%} of its last articles have a date, where {usual.dated:.0%} are usual"
    return ""
