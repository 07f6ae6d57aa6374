"""Dates in queries: a date names the whole year, month, day, minute or second that it is written for."""

import re
from datetime import UTC, date, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DAY = re.compile(r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d))?)?")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?P<second>:\d\d(?P<fraction>[.,]\d+)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?")
_RELATIVE = re.compile(r"now(?:(?P<sign>[+-])(?P<amount>\d{1,6})(?P<unit>[smhdw]))?")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def microseconds(moment: date) -> int:
    """Microseconds since 1970-01-01 UTC; a time without a zone is taken as UTC, a day as its midnight."""
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - EPOCH) // _MICROSECOND


def span(text: str, now: datetime | None = None) -> tuple[int, int]:
    """The first microsecond of the date in a text, and the first after it.

    2022, 2022-01, 2022-01-17, 2022-01-17T10:00Z (with seconds, fractions or an offset), and where `now` is given
    now, now-7d, now+1h (s, m, h, d, w). Raises ValueError for anything else.
    """
    if found := _DAY.fullmatch(text):
        return _calendar(*(found[name] for name in ("year", "month", "day")))
    if found := _TIME.fullmatch(text):
        start = microseconds(datetime.fromisoformat(text))
        return start, start + (1 if found["fraction"] else 1_000_000 if found["second"] else 60_000_000)
    if now is not None and (found := _RELATIVE.fullmatch(text)):
        start = microseconds(_relative(now, *(found[name] for name in ("sign", "amount", "unit"))))
        return start, start + 1
    raise ValueError(f"{text!r} is not a date")


def _calendar(year: str, month: str | None, day: str | None) -> tuple[int, int]:
    start = datetime(int(year), int(month or 1), int(day or 1), tzinfo=UTC)
    first = microseconds(start)
    if day:
        return first, first + 86_400_000_000
    months = start.year * 12 + start.month - 1 + (1 if month else 12)
    if months >= 120_000:  # the year 10000, which datetime cannot write
        return first, microseconds(datetime.max.replace(tzinfo=UTC)) + 1
    return first, microseconds(datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC))


def _relative(now: datetime, sign: str | None, amount: str | None, unit: str | None) -> datetime:
    if not (sign and amount and unit):
        return now
    distance = timedelta(**{_UNITS[unit]: int(amount)})
    try:
        return now + distance if sign == "+" else now - distance
    except OverflowError as error:
        raise ValueError(str(error)) from error
