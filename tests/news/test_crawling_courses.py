"""Each change of a source is told once, and a report says how all of them did."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import Misuse
from pipeline.news import telling
from pipeline.news.crawling import reports
from pipeline.news.crawling.courses import TOLD, Course, Turn, course_after, tidings
from pipeline.news.crawling.health import Health, State
from pipeline.news.crawling.reports import Count
from pipeline.news.pace import weekly
from schemas.catalog import Source

NOON = datetime(2030, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SOURCE = Source(id="warta", name="Warta", url="https://warta.example/rss")


def told(*states: State) -> list[str]:
    """What is told of a source that goes through these states, hour by hour."""
    course, found = Course(), list[str]()
    for hours, state in enumerate(states):
        health, now = Health(state, NOON, "nothing new", "look"), NOON + hours * HOUR
        alert = tidings(course, SOURCE, health, now)
        found += [alert.reason] if alert else []
        course = course_after(course, health, now)
    return found


def test_a_change_is_told_once_and_so_is_its_end() -> None:
    ok, quiet, silent, blocked = State.HEALTHY, State.QUIET, State.SILENT, State.BLOCKED
    assert told(State.NEW, ok, quiet, ok) == []
    assert told(ok, silent, silent, ok, ok) == ["silent", "healthy"]
    assert told(ok, silent, quiet, silent, ok) == ["silent", "healthy"], "quiet is no end of silence"
    assert told(ok, silent, blocked, blocked, ok) == ["silent", "blocked", "healthy"]
    assert told(blocked, State.PAUSED, ok) == ["blocked"], "who is paused is not missed, and nobody waits for it"
    assert told(blocked, ok, blocked) == ["blocked", "healthy", "blocked"]


@given(st.lists(st.sampled_from(sorted({*State} - {State.NEW, State.PAUSED})), max_size=30))
def test_nothing_is_told_twice_in_a_row(states: list[State]) -> None:
    found = told(*states)
    assert all(sooner != later for sooner, later in pairwise(found))
    assert set(found) <= {*TOLD, "healthy"}


def test_what_is_told_holds_evidence_and_advice_and_nothing_active() -> None:
    hostile = Source(id="w", name="<b>W</b>\r\nBcc: x@evil.example", url="https://w.example/")
    alert = tidings(Course(), hostile, Health(State.SILENT, NOON, "nothing new for 3.0 days", "see the site"), NOON)
    assert alert
    for text in (telling.text(alert), telling.digest_html([alert]), telling.chat_text([alert])):
        assert "nothing new for 3" in text
        assert "see the site" in text
    assert "\n" not in telling.subject([alert])
    assert "x@evil.example" not in telling.text(alert)
    assert "<b>" not in telling.digest_html([alert])


@pytest.mark.parametrize(
    ("text", "now", "due"),
    [
        ("monday 07:00", "2030-05-06T07:00", "2030-05-06T07:00"),
        ("monday 07:00", "2030-05-06T06:59", "2030-04-29T07:00"),
        ("Sunday 23:30", "2030-05-06T00:00", "2030-05-05T23:30"),
        ("monday  07:00  Asia/Jakarta", "2030-05-06T00:00", "2030-05-06T00:00"),
        ("monday 07:00 Asia/Jakarta", "2030-05-05T23:59", "2030-04-29T00:00"),
    ],
)
def test_a_report_is_due_once_a_week(text: str, now: str, due: str) -> None:
    assert weekly(text).latest(_at(now)) == _at(due)


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)), st.sampled_from(["UTC", "Asia/Jakarta", "Europe/Rome"])
)
def test_the_last_report_is_never_older_than_a_week(now: datetime, zone: str) -> None:
    due = weekly(f"sunday 02:30 {zone}").latest(now.replace(tzinfo=UTC))
    assert timedelta(0) <= now.replace(tzinfo=UTC) - due <= reports.WEEK + HOUR, "an hour where clocks are changed"


@pytest.mark.parametrize(
    "text", ["montag 07:00", "monday", "monday 7", "monday 25:00", "monday 07:00 Asia/Jakartaa", ""]
)
def test_a_time_that_is_none_is_named_with_the_cure(text: str) -> None:
    with pytest.raises(Misuse, match="write"):
        weekly(text)


def test_a_report_names_those_that_need_care_first() -> None:
    course = Course((Turn(NOON - 99 * HOUR, State.HEALTHY), Turn(NOON - HOUR, State.SILENT, "nothing new")))
    counts = [
        Count("fetched", "", 40),
        Count("refused", "gone", 3),
        Count("refused", "denied", 5),
        Count("waiting", "", 2),
    ]
    silent = reports.row(
        SOURCE, Health(State.SILENT, NOON, "nothing new", "see the site"), course, counts, 4, NOON - 24 * HOUR
    )
    well = reports.row(Source(id="a", name="A", url="u"), Health(State.HEALTHY), Course(), [], 0, NOON - HOUR)
    paused = reports.row(Source(id="b", name="B", url="u"), Health(State.PAUSED), Course(), [], 0, NOON - HOUR)
    assert (silent.listed, silent.fetched, silent.refused, silent.turns) == (50, 40, 8, course.turns[1:])
    alert = reports.report([well, paused, silent], NOON, NOON)
    assert alert.notice
    assert alert.notice.title == (
        "Sources from 2030-04-24 to 2030-05-01: 2 sources brought 40 articles, 4 of them corrected later; "
        "1 of the sources needs care"
    )
    assert alert.notice.lines == (
        "warta: silent, 40 of 50 articles fetched; 5 denied, 3 gone; 4 corrected; silent Wed 11:00; "
        "nothing new: see the site",
        "a: healthy, 0 of 0 articles fetched",
        "more: pantau sources report",
    )
    assert reports.report([well], NOON, NOON + HOUR).alert_id == alert.alert_id, "the same week is told once"


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
