"""A source that is silent, blocked, moved or broken is named in time; one that rests is not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from pipeline.news.crawling import polling
from pipeline.news.crawling.habits import Habit
from pipeline.news.crawling.health import State, assessed
from pipeline.news.crawling.items import Item
from pipeline.news.crawling.listings import Listing, Unread, Unreadable
from pipeline.news.crawling.outcomes import Fetched, Refused, Unfetched
from pipeline.news.crawling.polling import Look, Polled

MONDAY = datetime(2022, 1, 3, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CAME = Fetched("u", 200, (), b"x", MONDAY)


def after(days: float, a_day: int = 12, rests: tuple[int, ...] = (), until: float | None = None) -> Polled:
    """A source that was looked at every hour for some days, and brought articles from 6 to 18 o'clock `until` then."""
    polled, moment = Polled("s", "u", MONDAY), MONDAY
    while moment < MONDAY + days * DAY:
        moment += HOUR
        writes = 6 <= moment.hour < 18 and moment.weekday() not in rests
        writes = writes and (until is None or moment < MONDAY + until * DAY)
        times: list[datetime | None] = [moment - HOUR / 2] * (a_day // 12 if writes else 0)
        polled = polling.seen(polled, Look(CAME, Listing("feed"), times, 20), moment, 0.0)
    return polled


def state(polled: Polled, *latest: Item) -> State:
    assert polled.at
    return assessed(polled, latest, polled.at).state


def item(**more: Any) -> Item:
    return Item("k", "u", "h", "s", MONDAY, MONDAY, None)._replace(**more)


@pytest.mark.parametrize("rests", [(), (6,), (5, 6)])
@pytest.mark.parametrize("a_day", [12, 60])
def test_nobody_is_called_silent_for_a_night_or_a_weekend(a_day: int, rests: tuple[int, ...]) -> None:
    for hours in range(24 * 10, 24 * 38, 24 * 5 + 7):
        assert state(after(hours / 24, a_day, rests)) in (State.HEALTHY, State.QUIET), (hours, rests)


def test_a_weekend_is_no_silence_from_the_first_one_on() -> None:
    polled, moment = Polled("s", "u", MONDAY), MONDAY
    while moment < MONDAY + 30 * DAY:
        moment += HOUR
        times: list[datetime | None] = [moment] * 3 if moment.weekday() < 5 and 6 <= moment.hour < 18 else []
        polled = polling.seen(polled, Look(CAME, Listing("feed"), times, 20), moment, 0.0)
        assert assessed(polled, (), moment).state is not State.SILENT, moment


@pytest.mark.parametrize(("a_day", "within"), [(12, 3.5), (60, 1.6), (240, 1.6)])
def test_a_source_that_answers_with_nothing_new_is_found(a_day: int, within: float) -> None:
    assert state(after(21, a_day, until=21)) is State.HEALTHY
    found = after(21 + within, a_day, until=21)
    assert state(found) is State.SILENT
    health = assessed(found, (), MONDAY + (21 + within) * DAY)
    assert health.since == found.came
    assert "nothing new for" in health.evidence
    assert "discover" in health.advice


def test_a_source_that_seldom_writes_is_left_alone() -> None:
    seldom = Polled("s", "u", MONDAY, habit=Habit(), at=MONDAY + DAY, first=MONDAY, came=MONDAY)
    assert state(seldom) is not State.SILENT


@pytest.mark.parametrize(
    ("why", "expected"),
    [
        (Refused("u", Unfetched.DENIED, "it answers 403", 403), State.BLOCKED),
        (Refused("u", Unfetched.ROBOTS, "robots.txt"), State.BLOCKED),
        (Refused("u", Unfetched.GONE, "it answers 404", 404), State.MOVED),
        (Refused("u", Unfetched.UNREACHABLE, "no address"), State.DOWN),
        (Refused("u", Unfetched.SERVER_ERROR, "it answers 500", 500), State.DOWN),
        (Unreadable(Unread.NO_LISTING, "it is a web page"), State.MOVED),
        (Unreadable(Unread.BROKEN, "it is broken"), State.BROKEN),
    ],
)
def test_what_fails_for_hours_is_named_and_for_minutes_is_not(why: Any, expected: State) -> None:
    polled = polling.failed(after(2), why, MONDAY + 2 * DAY, 0.0)
    assert state(polled) is State.HEALTHY
    polled = polling.failed(polled, why, MONDAY + 2.5 * DAY, 0.0)
    assert state(polled) is expected
    assert assessed(polled, (), MONDAY + 2.5 * DAY).since == MONDAY + 2 * DAY


def test_a_page_before_every_article_is_a_block() -> None:
    polled = after(3)
    for number in range(5):
        polled = polling.faced(polled, f"Berita {number}", MONDAY)
    assert state(polled) is State.HEALTHY
    for _ in range(4):
        polled = polling.faced(polled, "Sebelum Anda lanjut", MONDAY + DAY)
    health = assessed(polled, (), MONDAY + 3 * DAY)
    assert (health.state, health.since, "Sebelum Anda lanjut" in health.evidence) == (State.BLOCKED, MONDAY + DAY, True)
    assert state(polling.faced(polled, "Berita 9", MONDAY)) is State.HEALTHY
    assert polling.faced(polled, None, MONDAY).alike == 0


def test_a_site_that_refuses_its_articles_blocks() -> None:
    denied, fetched = item(reason="denied"), item(fetched=MONDAY)
    assert state(after(3), *[denied] * 18, fetched, fetched) is State.BLOCKED
    assert state(after(3), *[denied] * 10, *[fetched] * 10) is State.HEALTHY
    assert state(after(3), denied, denied) is State.HEALTHY, "two may be chance"


def test_what_is_not_followed_has_no_health() -> None:
    assert assessed(None, (), MONDAY).state is State.NEW
    assert assessed(after(1), (), MONDAY, paused=True).state is State.PAUSED
    kept = msgspec.msgpack.decode(msgspec.msgpack.encode(after(2)), type=Polled)
    assert kept.gap > 10 * HOUR
