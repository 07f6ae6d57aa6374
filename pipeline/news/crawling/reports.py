"""The report of the sources: how each did in a time, and when the report of a week is due."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple

import msgspec

from pipeline.errors import Misuse
from pipeline.news import words
from pipeline.news.crawling.courses import TOLD, WATCH_ID, Course, Turn, notice
from pipeline.news.crawling.health import Health, State
from pipeline.news.pace import clock_time, zone
from schemas.alert import AlertRaised, Notice
from schemas.catalog import Source

WEEK = timedelta(days=7)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
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

    turns        its changes of state in it
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


class Weekly(NamedTuple):
    """When a report is sent: a day of the week (0 is Monday), a time of that day, and the zone of both."""

    day: int
    at: time
    zone: str

    def latest(self, now: datetime) -> datetime:
        """The last time before `now` at which a report was due."""
        local = now.astimezone(zone(self.zone))
        date = local.date() - timedelta(days=(local.weekday() - self.day) % 7)
        due = datetime.combine(date, self.at, local.tzinfo)
        return (due if due <= local else datetime.combine(date - WEEK, self.at, local.tzinfo)).astimezone(UTC)


class Reported(msgspec.Struct, frozen=True):
    """The last time for which a report was sent, or need not be."""

    due: datetime


def weekly(text: str) -> Weekly:
    """When a report is sent, from "monday 07:00" or "friday 16:30 Asia/Jakarta" (UTC without a zone). Raises Misuse."""
    day, _, rest = " ".join(text.split()).partition(" ")
    at, _, place = rest.partition(" ")
    if day.lower() not in _DAYS or not at:
        raise Misuse(f"{text!r} is no time of the week: write 'monday 07:00' or 'monday 07:00 Asia/Jakarta'")
    return Weekly(_DAYS.index(day.lower()), clock_time(at), zone(place or "UTC").key)


def row(
    source: Source, health: Health, course: Course, counts: Sequence[Count], corrections: int, since: datetime
) -> Row:
    """How a source did since then; `counts` are of what was listed since then."""
    tally = {state: sum(c.items for c in counts if c.state == state) for state in ("fetched", "refused", "waiting")}
    refused = sorted(((c.reason, c.items) for c in counts if c.state == "refused"), key=lambda pair: -pair[1])
    return Row(
        source, health, tuple(turn for turn in course.turns if turn.at >= since), sum(tally.values()),
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
        f"{followed:,} sources brought {fetched:,} articles, {corrections:,} of them corrected later; "
        f"{care or 'none'} of them need{'s' if care < 2 else ''} care"
    )


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
    return ", ".join(f"{turn.state} {turn.at:%a %H:%M}" for turn in one.turns[-5:] if turn.state is not State.NEW)


def report(rows: Sequence[Row], due: datetime, now: datetime) -> AlertRaised:
    """The report of the week before `due` as an alert, the same for each time that it is made."""
    told = ordered(one for one in rows if one.health.state is not State.PAUSED)
    title = f"Sources from {due - WEEK:%Y-%m-%d} to {due:%Y-%m-%d}: {summary(told)}"
    lines = (*map(sentence, told), "more: pantau sources report")
    return notice(words.identity(WATCH_ID, "report", due.isoformat()), "report", Notice(title=title, lines=lines), now)
