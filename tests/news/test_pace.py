from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import Misuse
from pipeline.news.pace import clock_time, hours, next_digest, quiet_until, zone
from pipeline.ports import LONGEST_WAIT
from schemas.catalog import Pace

TIMES = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))
INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))
ZONES = st.sampled_from(["UTC", "Asia/Jakarta", "Asia/Kathmandu", "America/New_York", "Europe/London", "Pacific/Apia"])


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2031-03-10 14:59", None),  # 21:59 in Jakarta
        ("2031-03-10 15:00", "2031-03-10 23:00"),
        ("2031-03-10 20:00", "2031-03-10 23:00"),  # 03:00 of the next day there
        ("2031-03-10 23:00", None),
    ],
)
def test_quiet_hours_are_those_of_the_reader_and_may_go_over_midnight(now: str, until: str | None) -> None:
    pace = Pace(quiet="22:00-06:00", zone="Asia/Jakarta")
    assert quiet_until(pace, at(now)) == (at(until) if until else None)


def test_quiet_hours_by_day() -> None:
    pace = Pace(quiet="09:00-17:00")
    assert quiet_until(pace, at("2031-03-10 09:00")) == at("2031-03-10 17:00")
    assert quiet_until(pace, at("2031-03-10 17:00")) is None


def test_a_night_with_a_change_of_clocks_ends_when_the_clock_says_so() -> None:
    pace = Pace(quiet="22:00-06:00", zone="Europe/London")
    assert quiet_until(pace, at("2031-03-29 23:00")) == at("2031-03-30 05:00"), "the clock was put forward"
    assert quiet_until(pace, at("2031-10-25 22:00")) == at("2031-10-26 06:00"), "and back"


@pytest.mark.parametrize(
    ("pace", "due"),
    [
        (Pace(cadence="hourly"), "2031-03-10 16:00"),
        (Pace(cadence="hourly", zone="Asia/Kathmandu"), "2031-03-10 15:15"),
        (Pace(cadence="daily"), "2031-03-11 07:00"),
        (Pace(cadence="daily", at="22:30", zone="Asia/Jakarta"), "2031-03-10 15:30"),
        (Pace(cadence="daily", at="22:00", zone="Asia/Jakarta"), "2031-03-11 15:00"),
        (Pace(cadence="hourly", quiet="15:30-18:20"), "2031-03-10 18:20"),
    ],
)
def test_digests_come_at_the_full_hour_or_once_a_day_and_not_in_quiet_hours(pace: Pace, due: str) -> None:
    assert next_digest(pace, at("2031-03-10 15:10")) == at(due)


@given(TIMES, TIMES, TIMES, ZONES, st.sampled_from(["hourly", "daily"]), INSTANTS)
def test_a_digest_is_always_later_never_quiet_and_never_too_late(
    first: str, end: str, time: str, name: str, cadence: str, now: datetime
) -> None:
    pace = Pace(cadence=cadence, at=time, zone=name, quiet=f"{first}-{end}" if first != end else None)
    due = next_digest(pace, now)
    assert now < due <= now + LONGEST_WAIT
    assert quiet_until(pace, due) is None
    assert due - now <= timedelta(hours=25) or pace.quiet


@pytest.mark.parametrize("text", ["", "7", "24:00", "07:60", "7.30", "07:00:00"])
def test_what_is_no_time_of_day_is_said(text: str) -> None:
    with pytest.raises(Misuse, match="write hours and minutes"):
        clock_time(text)


@pytest.mark.parametrize("text", ["22:00", "22-06", "22:00-22:00", "22:00-6"])
def test_what_are_no_hours_is_said(text: str) -> None:
    with pytest.raises(Misuse, match="write"):
        hours(text)


@pytest.mark.parametrize("name", ["Jakarta", "../etc/passwd", "", "WIB"])
def test_what_is_no_time_zone_is_said(name: str) -> None:
    with pytest.raises(Misuse, match="'Asia/Jakarta'"):
        zone(name)
