"""The day that words name: "on Monday", "Senin (17/1)", "17 January", "yesterday", against the day of publication."""

import re
from datetime import date, timedelta
from functools import cache

from babel.dates import get_day_names

from pipeline.news.dates import months
from pipeline.news.lexicons import GENERIC
from pipeline.news.statements.tokens import Passage

_NUMERIC = re.compile(r"(\d{1,2})/(\d{1,2})(?:/(\d{4}|\d{2}))?")
_AHEAD = timedelta(days=1)
"""How far behind its article's date a day of speaking may lie: zones differ."""
_OLDEST = timedelta(days=366)


def day_at(passage: Passage, index: int, end: int, published: date | None) -> date | None:
    """The day that is named at a token and before `end`; None when none is, or when nobody can have spoken on it.

    A weekday is the last one up to the day of publication, a day without a year the last one. A weekday that
    contradicts the date beside it makes both void.
    """
    weekday = _weekday(passage, index)
    if weekday is None and _behind_weekday(passage, index):
        return None  # it was read with its weekday
    if weekday is None:
        found = _relative(passage, index, published) or _calendar(passage, index, end, published)
        return found if found and _possible(found, published) else None
    following = index + 1
    while following < end and passage.words[following] in ",(.":
        following += 1
    exact = _calendar(passage, following, end, published) if following < end else None
    if exact:
        return exact if exact.weekday() == weekday and _possible(exact, published) else None
    if published is None or _shifted(passage, index, end):
        return None
    return published - timedelta(days=(published.weekday() - weekday) % 7)


def _weekday(passage: Passage, index: int) -> int | None:
    lexicon, word = passage.lexicon, passage.lower[index]
    return lexicon.setting.weekdays.get(word, _weekdays(lexicon.language).get(word))


def _behind_weekday(passage: Passage, index: int) -> bool:
    before = index - 1
    while before > 0 and passage.words[before] in ",(.":
        before -= 1
    return before >= 0 and _weekday(passage, before) is not None


def _possible(day: date, published: date | None) -> bool:
    return published is None or published - _OLDEST <= day <= published + _AHEAD


def _shifted(passage: Passage, index: int, end: int) -> bool:
    """Whether "next" or "last" beside a weekday leaves open which one is meant."""
    around = passage.lower[max(0, index - 1) : index] + passage.lower[index + 1 : min(index + 2, end)]
    return not passage.lexicon.setting.shifting.isdisjoint(around)


def _relative(passage: Passage, index: int, published: date | None) -> date | None:
    if published is None:
        return None
    if passage.lexicon.setting.today.at(passage.lower, index):
        return published
    return published - timedelta(days=1) if passage.lexicon.setting.yesterday.at(passage.lower, index) else None


def _calendar(passage: Passage, index: int, end: int, published: date | None) -> date | None:
    """'17/1', '17/1/2022', '17 January 2022', 'Jan. 17'."""
    match = _NUMERIC.fullmatch(passage.words[index])
    if match:
        day, month = int(match[1]), int(match[2])
        if not passage.lexicon.setting.day_first:
            if day <= 12 and month <= 12 and day != month:
                return None  # "1/7" is the first of July or the seventh of January
            day, month = (day, month) if day > 12 else (month, day)
        return _built(int(match[3]) if match[3] else None, month, day, published)
    words = [passage.lower[at] for at in range(index, min(index + 6, end)) if passage.words[at] not in ".,"]
    words = [word for word in words if word not in passage.lexicon.setting.day_particles] + ["", "", ""]
    number, month_name = (words[0], words[1]) if words[0].isdigit() else (words[1], words[0])
    known = months().get(month_name)
    if not known or not number.isdigit() or len(number) > 2:
        return None
    year = int(words[2]) if words[2].isdigit() and len(words[2]) == 4 else None
    return _built(year, known, int(number), published)


def _built(year: int | None, month: int, day: int, published: date | None) -> date | None:
    try:
        if year is not None:
            return date(year + 2000 if year < 100 else year, month, day)
        if published is None:
            return None
        found = date(published.year, month, day)
        return found if found <= published + _AHEAD else date(published.year - 1, month, day)
    except ValueError:
        return None


@cache
def _weekdays(language: str) -> dict[str, int]:
    """Names of the days in CLDR with their numbers, Monday 0."""
    if language == GENERIC:
        return {}
    return {name.casefold().rstrip("."): number for number, name in get_day_names("wide", locale=language).items()}
