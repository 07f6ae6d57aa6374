"""When a source brings something new: how much at each hour of the day and on each day of the week.

Counts fade with a half-life of a week and a half, so a source that changes its habits is soon known anew. Rates are
drawn towards the source's mean as long as little is known (shrinkage), so a single night proves nothing.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

HALF_LIFE = timedelta(days=10)
LONGEST = timedelta(days=7)
"""A stretch that is longer than this says nothing of hours."""
DEFAULT_RATE, DEFAULT_HOURS = 0.5, 6.0
"""What is assumed of a source of which nothing is known: one article in two hours, as if six hours had shown it."""
SHRINK_HOURS, SHRINK_WEEKDAY = 5.0, 36.0
_HOUR = timedelta(hours=1)


class Habit(msgspec.Struct, frozen=True, array_like=True):
    """New articles by hour of the day (UTC) and by weekday, and hours that were looked at; all fading since `at`."""

    found: tuple[float, ...] = (0.0,) * 24
    hours: tuple[float, ...] = (0.0,) * 24
    week_found: tuple[float, ...] = (0.0,) * 7
    week_hours: tuple[float, ...] = (0.0,) * 7
    at: datetime | None = None

    @property
    def mean(self) -> float:
        """Articles an hour."""
        return (sum(self.found) + DEFAULT_RATE * DEFAULT_HOURS) / (sum(self.hours) + DEFAULT_HOURS)

    def rate(self, moment: datetime) -> float:
        """Articles an hour that are to be expected at a time."""
        moment = moment.astimezone(UTC)
        mean = self.mean
        hour = (self.found[moment.hour] + SHRINK_HOURS * mean) / (self.hours[moment.hour] + SHRINK_HOURS)
        day = moment.weekday()
        weekday = (self.week_found[day] + SHRINK_WEEKDAY * mean) / (self.week_hours[day] + SHRINK_WEEKDAY)
        return hour * weekday / mean


def observed(habit: Habit, since: datetime, until: datetime, times: Sequence[datetime], undated: int = 0) -> Habit:
    """The habit after a stretch in which articles came at these times, and so many more at times that nobody knows."""
    since = max(since, until - LONGEST)
    if until <= since:
        return habit
    kept = 0.5 ** ((until - habit.at) / HALF_LIFE) if habit.at and until > habit.at else 1.0
    found, hours = [x * kept for x in habit.found], [x * kept for x in habit.hours]
    week_found, week_hours = [x * kept for x in habit.week_found], [x * kept for x in habit.week_hours]
    inside = [time for time in times if since <= time <= until]
    spread = (undated + len(times) - len(inside)) / ((until - since) / _HOUR)
    for moment, length in _hours(since, until):
        hours[moment.hour] += length
        week_hours[moment.weekday()] += length
        found[moment.hour] += spread * length
        week_found[moment.weekday()] += spread * length
    for time in inside:
        found[time.astimezone(UTC).hour] += 1
        week_found[time.astimezone(UTC).weekday()] += 1
    return Habit(tuple(found), tuple(hours), tuple(week_found), tuple(week_hours), max(until, habit.at or until))


def expected(habit: Habit, since: datetime, until: datetime) -> float:
    """How many articles are to be expected in a stretch; what is longer than a month counts as a month."""
    since = max(since, until - timedelta(days=30))
    return sum(habit.rate(moment) * length for moment, length in _hours(since, until))


def reached(habit: Habit, since: datetime, articles: float, latest: datetime) -> datetime:
    """When so many articles are to be expected since then; `latest` when that is sooner."""
    for moment, length in _hours(since, latest):
        rate = habit.rate(moment)
        if articles <= rate * length:
            return min(moment + _HOUR * (articles / rate), latest)
        articles -= rate * length
    return latest


def _hours(since: datetime, until: datetime) -> list[tuple[datetime, float]]:
    """A stretch hour by hour: when each begins, in UTC, and how much of it lies inside."""
    moment, until, found = since.astimezone(UTC), until.astimezone(UTC), list[tuple[datetime, float]]()
    while moment < until:
        end = min(moment.replace(minute=0, second=0, microsecond=0) + _HOUR, until)
        found.append((moment, (end - moment) / _HOUR))
        moment = end
    return found
