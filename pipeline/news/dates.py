"""Dates as news pages write them.

A date without a zone is taken as UTC; a date without a time of day is midnight UTC with precision "day". Dates that
no news page can have (before the first web page, after the page was fetched) are not dates at all.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import Literal

from babel.dates import get_month_names

FIRST_PAGE = datetime(1991, 8, 6, tzinfo=UTC)
"""The day of the first web page (https://home.cern/science/computing/birth-web)."""
AHEAD = timedelta(hours=14)
"""How far after the fetch a date may seem to lie: it is read as UTC without its zone, and no zone is further east."""

Precision = Literal["day", "minute"]


@dataclass(frozen=True, slots=True)
class Found:
    """A date and where it stands in the text that was searched."""

    when: datetime
    precision: Precision
    start: int = 0
    end: int = 0


def plausible(found: Found | None, fetched_at: datetime) -> Found | None:
    """The date when a page fetched then can have it, else None."""
    if found is None or found.when < FIRST_PAGE:
        return None
    return found if found.when - AHEAD <= fetched_at else None


def has_year(text: str) -> bool:
    """Whether there are four digits, without which a text has no date."""
    return bool(_YEAR.search(text))


def find_dates(text: str) -> Iterator[Found]:
    """Every date in the text, in order: "Sabtu, 08 Januari 2022 - 13:03 WIB", "January 8, 2022", "(27/12/2021)"."""
    for start, end in _near_years(text):
        for match in _pattern().finditer(text, start, end):
            found = _found(match)
            if found:
                yield found


_YEAR = re.compile(r"\d{4}")
_BEFORE_YEAR, _BEHIND_YEAR = 48, 96
"""Codepoints around a year that its date and its time of day take."""


def _near_years(text: str) -> Iterator[tuple[int, int]]:
    """The stretches with four digits in them, apart from each other: nothing else is worth a search."""
    start = end = 0
    for match in _YEAR.finditer(text):
        if end and match.start() - _BEFORE_YEAR > end:
            yield start, end
            end = 0
        start = start if end else max(0, match.start() - _BEFORE_YEAR)
        end = min(len(text), match.end() + _BEHIND_YEAR)
    if end:
        yield start, end


def parse_date(text: str) -> Found | None:
    """The date that a field holds: ISO 8601, RFC 2822, seconds since 1970, or as people write it."""
    text = text.strip()[:200]
    return _iso(text) or _epoch(text) or next(find_dates(text), None)


def url_date(url: str) -> Found | None:
    """The day in a path like /2022/01/08/ or /20220108/."""
    match = _IN_URL.search(url)
    return match and _built(int(match[1]), int(match[2]), int(match[3]), None, None)


# --- fields


def _iso(text: str) -> Found | None:
    """`datetime.fromisoformat` with a day or more; a zone without its colon and a space for the T are fine."""
    if not _ISO_START.match(text):
        return None
    try:
        when = datetime.fromisoformat(_SHORT_ZONE.sub(r"\1\2:\3", text.replace(" +", "+")))
    except ValueError:
        return None
    return _aware(when, "minute" if ":" in text or "T" in text else "day")


_ISO_START = re.compile(r"\d{4}-\d\d-\d\d")
_SHORT_ZONE = re.compile(r"(:\d\d(?:\.\d+)?)([+-]\d\d)(\d\d)$")


def _epoch(text: str) -> Found | None:
    """Ten digits are seconds, thirteen are milliseconds."""
    if not re.fullmatch(r"[0-9]{10}(?:[0-9]{3})?", text):
        return None
    return Found(datetime.fromtimestamp(int(text[:10]), UTC), "minute")


def _aware(when: datetime, precision: Precision) -> Found | None:
    try:
        return Found(when if when.tzinfo else when.replace(tzinfo=UTC), precision)
    except (ValueError, OverflowError):
        return None


# --- dates in text

_LANGUAGES = (
    "en",
    "id",
    "ms",
    "de",
    "fr",
    "es",
    "it",
    "pt",
    "nl",
    "sv",
    "da",
    "nb",
    "tr",
    "pl",
    "cs",
    "ro",
    "ru",
    "uk",
)
_OTHER_NAMES = {"agt": 8, "ags": 8, "nop": 11, "nopember": 11, "pebruari": 2, "sept": 9, "juny": 6, "mrt": 3}
"""Spellings of Indonesian and English newsrooms that CLDR does not list."""


@cache
def months() -> dict[str, int]:
    """Names and abbreviations of months in CLDR; the first language that uses a name decides what it means."""
    names: dict[str, int] = {}
    for language in _LANGUAGES:
        for width in ("wide", "abbreviated"):
            for number, name in get_month_names(width, locale=language).items():
                names.setdefault(name.lower().rstrip("."), number)
    return _OTHER_NAMES | {name: number for name, number in names.items() if name.isalpha()}


_ZONES = {
    "WIB": 7, "WITA": 8, "WIT": 9, "UTC": 0, "GMT": 0, "Z": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7,
    "MDT": -6, "PST": -8, "PDT": -7, "BST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "MSK": 3, "SGT": 8, "MYT": 8,
    "HKT": 8, "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11,
}  # fmt: skip
"""Hours east of Greenwich. Names that mean several zones (IST) and names of regions (ET) are left out."""


_ZONE_NAMES = "|".join(sorted(_ZONES, key=len, reverse=True))
_CLOCK = rf"""
    (?:(?:\s*(?:[-–—|•·,/T@]|at\b|pukul\b|jam\b|um\b|à\b|в\b)){{0,2}}\s*
       (?P<hour>[01]?\d|2[0-3])[:.h時时点點](?P<minute>[0-5]\d)(?!\d)(?:[:.][0-5]\d(?:\.\d+)?)?分?
       \s?(?P<half>[ap]\.?m\b\.?)?
       (?:\s?(?:(?:UTC|GMT)(?=[+-]\d)|(?=[+-]\d\d:?\d\d))(?P<offset>[+-]\d\d?(?::?\d\d)?)(?!\d)
         |\s?\(?(?P<zone>{_ZONE_NAMES})\b
       )?
    )?
"""


@cache
def _pattern() -> re.Pattern[str]:
    month = "|".join(sorted(months(), key=len, reverse=True))
    calendar = rf"""(?<![\w/.-])(?:
        (?P<y1>\d{{4}})-(?P<m1>\d\d)-(?P<d1>\d\d)(?!\d)
      | (?P<y2>\d{{4}})\s?年\s?(?P<m2>\d\d?)\s?月\s?(?P<d2>\d\d?)\s?日
      | (?P<d3>\d\d?)(?:st|nd|rd|th|\.|º)?\s+(?:de\s+)?(?P<n3>{month})\.?,?\s+(?:de\s+)?(?P<y3>\d{{4}})(?!\d)
      | (?P<n4>{month})\.?\s+(?P<d4>\d\d?)(?:st|nd|rd|th)?,?\s+(?P<y4>\d{{4}})(?!\d)
      | (?P<d5>\d\d?)(?P<sep>[/.-])(?P<m5>\d\d?)(?P=sep)(?P<y5>\d{{4}})(?![\d/])
    )"""
    return re.compile(calendar + _CLOCK, re.IGNORECASE | re.VERBOSE)


_IN_URL = re.compile(r"/(19[89]\d|20\d\d)[/-]?([01]\d)[/-]?([0-3]\d)(?=[/_.-]|$)")


def _found(match: re.Match[str]) -> Found | None:
    built = _built(*_calendar(match), _time(match), _zone(match))
    return built and Found(built.when, built.precision, match.start(), match.end())


def _calendar(match: re.Match[str]) -> tuple[int, int, int]:
    """Year, month and day. 1/8/2022 is the 1st of August, as everywhere but in America; 1/18/2022 is American."""
    g = match.groupdict()
    if g["y1"]:
        return int(g["y1"]), int(g["m1"]), int(g["d1"])
    if g["y2"]:
        return int(g["y2"]), int(g["m2"]), int(g["d2"])
    if g["y5"]:
        day, month = int(g["d5"]), int(g["m5"])
        return (int(g["y5"]), day, month) if month > 12 else (int(g["y5"]), month, day)
    name = (g["n3"] or g["n4"]).lower()
    return int(g["y3"] or g["y4"]), months()[name], int(g["d3"] or g["d4"])


def _time(match: re.Match[str]) -> tuple[int, int] | None:
    if not match["hour"]:
        return None
    hour, half = int(match["hour"]), (match["half"] or "").lower()
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half[0] == "p" else 0)
    return hour, int(match["minute"])


def _zone(match: re.Match[str]) -> timezone | None:
    if match["zone"]:
        return timezone(timedelta(hours=_ZONES[match["zone"].upper()]))
    if not match["offset"]:
        return None
    digits = match["offset"][1:].replace(":", "")
    hours, minutes = (int(digits[:-2]), int(digits[-2:])) if len(digits) > 2 else (int(digits), 0)
    ahead = timedelta(hours=hours, minutes=minutes)
    return timezone(-ahead if match["offset"][0] == "-" else ahead) if ahead < timedelta(hours=24) else None


def _built(year: int, month: int, day: int, clock: tuple[int, int] | None, zone: timezone | None) -> Found | None:
    hour, minute = clock or (0, 0)
    try:
        when = datetime(year, month, day, hour, minute, tzinfo=(zone if clock else None) or UTC)
    except ValueError:
        return None
    return Found(when, "minute" if clock else "day")
