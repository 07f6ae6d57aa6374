"""The date that a running text gives itself: "... kata dia, Senin (27/12/2021)"."""

import re
from datetime import datetime
from functools import cache

from babel.dates import get_day_names

from pipeline.news.dates import find_dates, plausible
from pipeline.news.draft import Published

_SEARCHED = 20_000
_CONFIDENCE = 0.5
"""News dates its first report by the day of the week; it is the day of publication or the day before."""


@cache
def _weekday_before() -> re.Pattern[str]:
    days = {name for language in ("en", "id", "ms") for name in get_day_names("wide", locale=language).values()}
    names = "|".join(sorted(days, key=len, reverse=True))
    return re.compile(rf"\b(?:{names}|Jum['’]at|Ahad)\s*,?\s*\(?$", re.IGNORECASE)


def body_date(text: str, fetched_at: datetime) -> Published | None:
    """The first full date with its day of the week. Dates without one are history or future as often as not."""
    for found in find_dates(text[:_SEARCHED]):
        date = plausible(found, fetched_at)
        if date and _weekday_before().search(text, max(0, found.start - 20), found.start):
            return Published(date.when.replace(hour=0, minute=0), "day", "text", _CONFIDENCE)
    return None
