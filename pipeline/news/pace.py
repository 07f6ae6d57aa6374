"""When an alert may be sent: quiet hours, digests and reports of a week, by the clock of the reader's time zone."""

import re
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipeline.errors import Misuse
from schemas.catalog import Pace

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


def clock_time(text: str) -> time:
    """A time of day such as "07:00". Raises Misuse."""
    found = _TIME.fullmatch(text)
    if found is None:
        raise Misuse(f"{text!r} is no time of day: write hours and minutes, '07:00'")
    return time(int(found[1]), int(found[2]))


def hours(text: str) -> tuple[time, time]:
    """The first and the end of quiet hours such as "22:00-06:00". Raises Misuse."""
    first, dash, end = text.partition("-")
    if not dash:
        raise Misuse(f"{text!r} is no stretch of hours: write '22:00-06:00'")
    found = clock_time(first.strip()), clock_time(end.strip())
    if found[0] == found[1]:
        raise Misuse(f"{text!r} begins when it ends: write '22:00-06:00', or pause the watch")
    return found


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """A time zone of the IANA database. Raises Misuse."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Misuse(
            f"there is no time zone {name!r}: write one like 'Asia/Jakarta', 'Europe/London' or 'UTC'"
        ) from error


class Weekly(NamedTuple):
    """When a report is sent: a day of the week (0 is Monday), a time of that day, and the zone of both."""

    day: int
    at: time
    zone: str

    def latest(self, now: datetime) -> datetime:
        """The last time before `now` at which a report was due."""
        local = now.astimezone(zone(self.zone))
        date = local.date() - timedelta(days=(local.weekday() - self.day) % 7)
        if datetime.combine(date, self.at, local.tzinfo) > local:
            date -= timedelta(days=7)
        return datetime.combine(date, self.at, local.tzinfo).astimezone(UTC)


def weekly(text: str) -> Weekly:
    """When a report is sent, from "monday 07:00" or "friday 16:30 Asia/Jakarta" (UTC without a zone). Raises Misuse."""
    day, _, rest = " ".join(text.split()).partition(" ")
    at, _, place = rest.partition(" ")
    if day.lower() not in _DAYS or not at:
        raise Misuse(f"{text!r} is no time of the week: write 'monday 07:00' or 'monday 07:00 Asia/Jakarta'")
    return Weekly(_DAYS.index(day.lower()), clock_time(at), zone(place or "UTC").key)


def quiet_until(pace: Pace, now: datetime) -> datetime | None:
    """When the quiet hours end in which `now` lies; None outside of them."""
    if pace.quiet is None:
        return None
    (first, end), local = hours(pace.quiet), now.astimezone(zone(pace.zone))
    clock = local.time()
    inside = first <= clock < end if first < end else clock >= first or clock < end
    return _next(end, local) if inside else None


def next_digest(pace: Pace, now: datetime) -> datetime:
    """When the digest is sent that an alert of `now` goes into; never in quiet hours."""
    local = now.astimezone(zone(pace.zone))
    if pace.cadence == "daily":
        due = _next(clock_time(pace.at), local)
    else:  # from the hour that it is, in UTC, so that a clock that is set back gives no hour twice
        shift = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        due = now.astimezone(UTC) - shift + timedelta(hours=1)
    return quiet_until(pace, due) or due


def _next(at: time, local: datetime) -> datetime:
    """The next instant after `local` at which the clock there shows `at`."""
    due = datetime.combine(local.date(), at, local.tzinfo).astimezone(UTC)
    if due <= local:
        due = datetime.combine(local.date() + timedelta(days=1), at, local.tzinfo).astimezone(UTC)
    return due
