"""When sources are looked at and articles fetched again: from what was observed, within bounds, whatever comes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.news.crawling import items, polling, walking
from pipeline.news.crawling.habits import Habit, expected, observed, reached
from pipeline.news.crawling.items import AGAIN, CHANGES_MAX, GIVE_UP, Item, Rank, Unwanted
from pipeline.news.crawling.listings import Listed, Listing, Part, Unread, Unreadable
from pipeline.news.crawling.outcomes import Fetched, NotModified, Refused, Unfetched
from pipeline.news.crawling.polling import LEAST, MOST, Look, PartSeen, Polled
from pipeline.news.crawling.walking import Walk
from schemas.catalog import Source

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TIMES = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))
CHANCES = st.floats(0, 1)


# Habits


def weeks(hours: range, a_day: int = 24, days: int = 28) -> Habit:
    """The habit of a source that brings its articles evenly in some hours of each day; looked at every hour."""
    habit, moment = Habit(), NOON - days * DAY
    while moment < NOON:
        times = [moment + HOUR / 2] * (a_day // len(hours)) if moment.hour in hours else []
        habit = observed(habit, moment, moment + HOUR, times)
        moment += HOUR
    return habit


def test_rates_become_those_that_were_observed() -> None:
    habit = weeks(range(24), 48)
    assert expected(habit, NOON, NOON + DAY) == pytest.approx(48, rel=0.1)
    assert habit.mean == pytest.approx(2, rel=0.1)


def test_a_night_without_articles_is_slept_through() -> None:
    habit = weeks(range(6, 18), 24)
    evening = NOON.replace(hour=18)
    assert reached(habit, NOON, 1, NOON + DAY) - NOON < HOUR
    assert reached(habit, evening, 2, evening + DAY) - evening > 3 * HOUR


def test_a_weekday_without_articles_is_expected_to_have_few() -> None:
    habit, moment = Habit(), NOON - 42 * DAY
    while moment < NOON:
        habit = observed(habit, moment, moment + HOUR, [] if moment.weekday() == 6 else [moment])
        moment += HOUR
    sunday, tuesday = datetime(2026, 11, 29, tzinfo=UTC), datetime(2026, 11, 24, tzinfo=UTC)
    assert expected(habit, sunday, sunday + DAY) < expected(habit, tuesday, tuesday + DAY) / 2


@given(TIMES, st.floats(0, 400), st.lists(TIMES, max_size=20), st.integers(0, 20))
def test_what_is_counted_is_what_came(since: datetime, hours: float, times: list[datetime], undated: int) -> None:
    until = since + hours * HOUR
    habit = observed(Habit(), since, until, times, undated)
    if until > since:
        assert sum(habit.found) == pytest.approx(len(times) + undated)
        assert sum(habit.hours) == pytest.approx(min(hours, 168), abs=1e-3)
        assert sum(habit.week_found) == pytest.approx(sum(habit.found))
    assert all(habit.rate(moment) > 0 for moment in (since, until))


@given(TIMES, st.floats(0.01, 50), st.floats(0.1, 48))
def test_what_is_reached_was_expected(since: datetime, articles: float, hours: float) -> None:
    habit, latest = weeks(range(6, 18), 24, 2), since + hours * HOUR
    end = reached(habit, since, articles, latest)
    assert since <= end <= latest
    assert expected(habit, since, end) == pytest.approx(articles, abs=1e-3) or end == latest


# Looks


def page(*headers: tuple[str, str], hops: tuple[str, ...] = ()) -> Fetched:
    return Fetched("https://a.example/feed", 200, headers, b"x", NOON, hops)


FEED = Listing("feed")


def look(times: list[datetime | None], known: int = 5, listing: Listing | None = FEED, **more: Any) -> Look:
    return Look(more.pop("came", page()), listing, times, known, **more)


HABITS = st.builds(
    lambda counts, undated: observed(Habit(), NOON - 3 * DAY, NOON, [NOON - n * HOUR for n in counts], undated),
    st.lists(st.integers(0, 72), max_size=60), st.integers(0, 500),
)  # fmt: skip
LISTINGS = st.builds(
    lambda wait, hours, days: Listing("feed", wait=timedelta(minutes=wait), skip_hours=hours, skip_days=days),
    st.integers(0, 10**6), st.frozensets(st.integers(0, 23)), st.frozensets(st.integers(0, 6)),
)  # fmt: skip


@given(HABITS, LISTINGS, st.integers(0, 9), st.integers(0, 9), CHANCES, st.integers(0, 10**9))
def test_a_look_comes_within_five_minutes_and_a_day(
    habit: Habit, listing: Listing, new: int, known: int, chance: float, age: int
) -> None:
    before = Polled("s", "u", NOON, habit=habit, read=NOON - HOUR, first=NOON - DAY)
    came = page(("cache-control", f"public, max-age={age}"))
    after = polling.seen(before, look([None] * new, known, listing, came=came), NOON, chance)
    assert after.due - NOON >= LEAST
    if not listing.skip_hours and not listing.skip_days:
        assert after.due - NOON <= MOST
    elif len(listing.skip_hours) < 24 and len(listing.skip_days) < 7:
        assert after.due.hour not in listing.skip_hours
        assert after.due.weekday() not in listing.skip_days
    assert (after.polls, after.articles, after.failures) == (1, new, 0)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(after), type=Polled) == after


def test_who_brings_more_is_looked_at_more_often() -> None:
    waits = []
    for a_day in (0, 24, 96, 960):
        before = Polled("s", "u", NOON, habit=weeks(range(24), a_day), read=NOON - HOUR, came=NOON)
        waits.append(polling.seen(before, look([]), NOON, 0.0).due - NOON)
    assert waits == sorted(waits, reverse=True)
    assert waits[0] > 6 * HOUR > waits[1]
    assert waits[-1] == LEAST


def test_a_source_that_falls_silent_is_looked_at_ever_more_seldom() -> None:
    polled, now, looks = Polled("s", "u", NOON, habit=weeks(range(24), 48), read=NOON, came=NOON, first=NOON), NOON, 0
    while now < NOON + 5 * DAY:
        polled = polling.seen(polled, look([], listing=None), now, 0.5)
        now, looks = polled.due, looks + 1
    assert 5 < looks < 60, "at its rate it would be 480"


def test_a_feed_of_which_nothing_is_known_any_more_is_looked_at_more_often() -> None:
    before = Polled("s", "u", NOON, habit=weeks(range(24), 24), read=NOON - HOUR, came=NOON - HOUR)
    calm = polling.seen(before, look([NOON]), NOON, 0.0)
    rush = polling.seen(before, look([NOON], known=0), NOON, 0.0)
    assert rush.overflow == 1
    assert rush.due - NOON < (calm.due - NOON) * 0.6
    assert polling.seen(rush, look([NOON]), NOON, 0.0).overflow == 0
    first = polling.seen(Polled("s", "u", NOON), look([NOON], known=0), NOON, 0.0)
    assert first.overflow == 0, "at the first look everything is new"


def test_the_first_look_learns_from_the_dates_of_the_feed() -> None:
    times: list[datetime | None] = [NOON - n * HOUR / 4 for n in range(96)]
    after = polling.seen(Polled("s", "u", NOON), look(times, known=0), NOON, 0.0)
    assert after.habit.mean == pytest.approx(4, rel=0.3)


@given(st.integers(0, 30), st.sampled_from(list(Unfetched)), st.integers(0, 10**6), CHANCES)
def test_a_source_that_fails_is_never_given_up(failures: int, reason: Unfetched, wait: int, chance: float) -> None:
    before = Polled("s", "u", NOON, failures=failures, since=NOON if failures else None)
    why = Refused("u", reason, "x", wait=timedelta(seconds=wait))
    after = polling.failed(before, why, NOON, chance)
    assert timedelta(minutes=5) <= after.due - NOON <= max(MOST * 1.1, timedelta(seconds=wait))
    assert after.due - NOON >= timedelta(seconds=wait)
    assert (after.failures, after.reason, after.since) == (failures + 1, reason, NOON)
    recovered = polling.seen(after, look([]), NOON, chance)
    assert (recovered.failures, recovered.reason, recovered.since) == (0, None, None)


def test_what_cannot_be_read_is_a_failure_too() -> None:
    after = polling.failed(Polled("s", "u", NOON), Unreadable(Unread.BROKEN, "it is broken"), NOON, 0.0)
    assert (after.reason, after.detail, after.due) == ("broken-listing", "it is broken", NOON + HOUR)


def test_an_index_is_read_where_it_changed() -> None:
    since = NOON - 7 * DAY
    parts = [Part("old", NOON - 30 * DAY), Part("a", NOON - DAY), Part("b", NOON), Part("none", None)]
    index = Listing("index", parts=tuple(parts))
    assert [part.url for part in polling.parts_to_read(index, {}, since)] == ["b", "a"]
    known = {"b": PartSeen(NOON), "a": PartSeen(NOON - 2 * DAY)}
    assert [part.url for part in polling.parts_to_read(index, known, since)] == ["a"]
    undated = Listing("index", parts=tuple(Part(str(n)) for n in range(50)))
    assert [part.url for part in polling.parts_to_read(undated, {}, since)][:2] == ["49", "48"]
    assert len(polling.parts_to_read(undated, {}, since)) == polling.PARTS_AT_ONCE


# Items


def item(**more: Any) -> Item:
    return Item("k", "https://a.example/1", "a.example", "s", NOON, NOON, NOON)._replace(**more)


def test_an_article_is_looked_at_again_ever_later_and_anew_after_a_change() -> None:
    one, now, waits = item(), NOON, []
    while one.due is not None:
        now = max(now, one.due)
        one = items.fetched(one, page(), one.fetched is None, now, 0.0)
        if one.due:
            waits.append(one.due - now)
    assert tuple(waits) == AGAIN
    changed = items.fetched(one, page(("etag", "e")), True, now, 0.0)
    assert (changed.due, changed.changes, changed.etag, changed.rank) == (now + AGAIN[0], 1, "e", Rank.AGAIN)
    same = items.fetched(changed, NotModified("u", (), now), False, now, 0.0)
    assert (same.etag, same.fetched) == ("e", changed.fetched)


def test_a_ticker_is_let_go() -> None:
    one = item()
    for _ in range(CHANGES_MAX + 3):
        one = items.fetched(one, page(), True, NOON, 0.0)
    assert one.due is None


@given(st.sampled_from(list(Unfetched)), st.integers(0, 40), CHANCES, st.integers(0, 20))
def test_what_does_not_come_is_tried_for_a_week_or_not_at_all(
    reason: Unfetched, tries: int, chance: float, days: int
) -> None:
    now = NOON + days * DAY
    after = items.refused(item(tries=tries), Refused("u", reason, "x"), now, chance)
    assert after.reason == reason
    assert (after.due is None) == (not reason.passing or now - NOON > GIVE_UP)
    assert after.due is None or timedelta(minutes=10) <= after.due - now <= 13.2 * HOUR


@pytest.mark.parametrize(
    ("published", "changed", "since", "reason"),
    [
        (NOON - DAY, None, None, None), (NOON - 30 * DAY, None, None, Unwanted.TOO_OLD), (None, None, None, None),
        (NOON - 30 * DAY, NOON, None, None), (NOON - 30 * DAY, None, NOON - 40 * DAY, None),
        (NOON - 50 * DAY, None, NOON - 40 * DAY, Unwanted.TOO_OLD),
    ],
)  # fmt: skip
def test_old_articles_are_left_to_backfills(
    published: datetime | None, changed: datetime | None, since: datetime | None, reason: str | None
) -> None:
    made = items.listed(Listed("https://a.example/1", published, changed), "s", NOON, frozenset(), since)
    assert (made.reason, made.due) == (reason, None if reason else NOON)
    assert made.rank is (Rank.NEW if since is None else Rank.BACKFILL)


def test_what_a_listing_says_to_have_changed_is_looked_at_as_long_as_it_is_true() -> None:
    fetched = items.fetched(item(), page(), True, NOON, 0.0)
    later = NOON + 2 * HOUR
    told = items.relisted(fetched._replace(due=NOON + 5 * DAY), Listed("u", NOON, NOON + HOUR), later)
    assert told is not None
    assert told.due == later
    assert items.relisted(fetched, Listed("u", NOON, NOON - HOUR), later) is None
    assert items.relisted(fetched, Listed("u", NOON, later + DAY), later) is None, "it lies in the future"
    liar, looks = fetched, 0
    for n in range(1, 400):
        now = NOON + n * HOUR
        heard = items.relisted(liar, Listed("u", NOON, now), now)
        liar = heard or liar
        if liar.due and liar.due <= now:
            liar, looks = items.fetched(liar, page(), False, now, 0.0), looks + 1
    assert looks <= items.TOLD_MAX


def test_what_a_backfill_brings_is_not_looked_at_again() -> None:
    assert items.fetched(item(rank=Rank.BACKFILL), page(), True, NOON, 0.0).due is None


def test_an_item_waits_for_its_source_for_a_week() -> None:
    assert items.held(item(), NOON + DAY).due == NOON + DAY + HOUR
    assert items.held(item(), NOON + 8 * DAY).due is None


def test_an_item_of_a_paused_source_goes_on_when_it_is_listed_again() -> None:
    waiting = item(due=None, reason=Unwanted.PAUSED)
    again = items.relisted(waiting, Listed("u"), NOON + DAY)
    assert again is not None
    assert (again.due, again.reason) == (NOON + DAY, None)


@pytest.mark.parametrize(
    ("stated", "content", "kind"),
    [
        ("text/html", b"", "text/html"), ("application/xhtml+xml", b"", "text/html"),
        ("text/plain", b"halo", "text/plain"),
        ("text/plain", b" <!DOCTYPE html>", "text/html"), ("application/pdf", b"", "application/pdf"),
        (None, b"%PDF-1.4", "application/pdf"), (None, b"<?xml?><html>", "text/html"), ("image/png", b"", None),
        ("application/json", b"{}", None), (None, b"\x00", None),
    ],
)  # fmt: skip
def test_what_is_no_article_is_told_by_its_type(stated: str | None, content: bytes, kind: str | None) -> None:
    assert items.media_type(stated, content) == kind


def test_what_is_kept_of_a_page_is_bounded() -> None:
    one = items.listed(Listed("https://a.example/" + "x" * 10**6), "s", NOON, frozenset())
    assert (len(one.url) < 5000, one.reason, one.due) == (True, Unfetched.BAD_URL, None)
    assert page(("etag", "x" * 10**6)).etag is None
    assert page(("etag", "x" * 60)).etag == "x" * 60


# Walks


def walk(**more: Any) -> Walk:
    source = Source(id="s", name="S", url="https://a.example/index.xml", kind="sitemap")
    return msgspec.structs.replace(walking.begun(source, NOON - 60 * DAY, NOON, NOON), **more)


def test_a_walk_reads_the_sitemaps_that_may_hold_its_days_and_ends() -> None:
    names = ["2026-10.xml", "sitemap-2026-05.xml", "2025.xml", "2026/map.xml", "news.xml", "old.xml"]
    parts = tuple(Part(f"https://a.example/{name}", NOON - 90 * DAY if name == "old.xml" else None) for name in names)
    after = walking.onward(walk(), "https://a.example/index.xml", Listing("index", parts=parts), 0, NOON)
    assert [url.rpartition("example/")[2] for url in after.ahead] == ["2026-10.xml", "2026/map.xml", "news.xml"]
    while after.ahead:
        after = walking.onward(after, after.ahead[0], Listing("sitemap"), 2, NOON)
    assert (after.done, after.read, after.total, after.articles) == (NOON, 4, 4, 6)


def test_a_walk_turns_the_pages_of_a_feed_until_they_are_too_old_or_repeat() -> None:
    now = walk(ahead=("https://a.example/feed",))
    for days in (1, 20, 70):
        listing = Listing("feed", (Listed(f"https://a.example/{days}", NOON - days * DAY),))
        now = walking.onward(now, now.ahead[0], listing, 1, NOON)
    assert (now.done, now.read) == (NOON, 3)
    same = Listing("feed", (Listed("https://a.example/1"),))
    stuck = walk(ahead=("https://a.example/feed",))
    for _ in range(2):
        assert stuck.ahead
        stuck = walking.onward(stuck, stuck.ahead[0], same, 1, NOON)
    assert stuck.done
    assert walking.turned("https://a.example/feed?x=1&paged=9") == "https://a.example/feed?x=1&paged=10"


def test_the_end_of_the_pages_is_no_failure() -> None:
    now = walking.stuck(
        walk(ahead=("https://a.example/feed?paged=3",), pages=2), "https://a.example/feed?paged=3", "404", NOON
    )
    assert (now.done, now.failed) == (NOON, {})
    failed = walking.stuck(walk(), "https://a.example/index.xml", "404", NOON)
    assert failed.failed == {"https://a.example/index.xml": "404"}
