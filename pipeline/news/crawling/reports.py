"""The report of the sources: how each did in a time, and when the report of a week is due."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from pipeline.news import words
from pipeline.news.crawling.courses import TOLD, WATCH_ID, Course, Turn, notice
from pipeline.news.crawling.health import Health, State
from schemas.alert import AlertRaised, Notice
from schemas.catalog import Source

WEEK = timedelta(days=7)
_ORDER = (State.BLOCKED, State.SILENT, State.MOVED, State.BROKEN, State.DOWN, State.QUIET, State.NEW, State.HEALTHY,
          State.PAUSED)  # fmt: skip
REASONS_MAX = 3


class Count(NamedTuple):
    """How many articles of a source were listed in a time and stand alike: `state` is waiting, fetched or refused."""

    state: str
    reason: str
    items: int


class Row(NamedTuple):
    """How a source did in a time.

    turns        its changes of state in it; how it was seen first is none
    reasons      why articles were not fetched, the most frequent first
    corrections  articles that came in it and changed after they were fetched first
    """

    source: Source
    health: Health
    turns: tuple[Turn, ...]
    listed: int
    fetched: int
    refused: int
    reasons: tuple[tuple[str, int], ...]
    corrections: int

    @property
    def needs_care(self) -> bool:
        """Whether somebody should see to it."""
        return self.health.state in TOLD


class Reported(msgspec.Struct, frozen=True):
    """The last time for which a report was sent, or need not be."""

    due: datetime


def row(
    source: Source, health: Health, course: Course, counts: Sequence[Count], corrections: int, since: datetime
) -> Row:
    """How a source did since then; `counts` are of what was listed since then."""
    tally = {state: sum(c.items for c in counts if c.state == state) for state in ("fetched", "refused", "waiting")}
    refused = sorted(((c.reason, c.items) for c in counts if c.state == "refused"), key=lambda pair: -pair[1])
    return Row(
        source, health, tuple(turn for turn in course.turns[1:] if turn.at >= since), sum(tally.values()),
        tally["fetched"], tally["refused"], tuple(refused[:REASONS_MAX]), corrections,
    )  # fmt: skip


def ordered(rows: Iterable[Row]) -> list[Row]:
    """Those that need care first, then by id."""
    return sorted(rows, key=lambda one: (_ORDER.index(one.health.state), one.source.id))


def summary(rows: Sequence[Row]) -> str:
    """All of them in one sentence."""
    fetched, corrections = sum(one.fetched for one in rows), sum(one.corrections for one in rows)
    care = sum(one.needs_care for one in rows)
    followed = sum(one.health.state is not State.PAUSED for one in rows)
    return (
        f"{_so_many(followed, 'source')} brought {_so_many(fetched, 'article')}, {corrections:,} of them corrected "
        f"later; {care or 'none'} of the sources need{'s' if care < 2 else ''} care"
    )


def _so_many(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def sentence(one: Row) -> str:
    """How a source did, on one line."""
    parts = [f"{one.source.id}: {one.health.state}, {one.fetched:,} of {one.listed:,} articles fetched"]
    parts += [", ".join(f"{items:,} {reason}" for reason, items in one.reasons)] if one.reasons else []
    parts += [f"{one.corrections:,} corrected"] if one.corrections else []
    parts += [was] if (was := became(one)) else []
    parts += [f"{one.health.evidence}: {one.health.advice}"] if one.needs_care else []
    return "; ".join(parts)


def became(one: Row) -> str:
    """Its changes of state, on one line."""
    return ", ".join(f"{turn.state} {turn.at:%a %H:%M}" for turn in one.turns[-5:])


def report(rows: Sequence[Row], due: datetime, now: datetime) -> AlertRaised:
    """The report of the week before `due` as an alert, the same for each time that it is made."""
    told = ordered(one for one in rows if one.health.state is not State.PAUSED)
    title = f"Sources from {due - WEEK:%Y-%m-%d} to {due:%Y-%m-%d}: {summary(told)}"
    lines = (*map(sentence, told), "more: pantau sources report")
    return notice(words.identity(WATCH_ID, "report", due.isoformat()), "report", Notice(title=title, lines=lines), now)
