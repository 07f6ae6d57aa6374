"""A site whose pages come and cannot be read any more is found by what cleaning makes of them."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.news.crawling.health import State, assessed
from pipeline.news.crawling.polling import Polled
from pipeline.news.crawling.quality import KNOWN, Quality, Seen, counted

NOON = datetime(2030, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
GOOD, SHORT, UNDATED = Seen(400, True), Seen(30, True), Seen(400, False)
NOTHING, WALL = Seen(0, False, "no-article"), Seen(0, False, "consent-wall")


NOTHING_YET = Quality()


def after(*seen: Seen, known: Quality = NOTHING_YET) -> Quality:
    start = known.upto or NOON
    return counted(known, [(start + number * HOUR, one) for number, one in enumerate(seen, 1)])


def state(quality: Quality) -> State:
    polled = Polled("s", "u", NOON, at=NOON, first=NOON, came=NOON)
    return assessed(polled, (), NOON, quality=quality).state


USUAL = after(*[GOOD, Seen(300, True), Seen(600, True)] * 10)


@pytest.mark.parametrize(
    ("seen", "expected", "says"),
    [
        (NOTHING, State.BROKEN, "no-article"),
        (WALL, State.BLOCKED, "consent-wall"),
        (SHORT, State.BROKEN, "words, where 4"),
        (UNDATED, State.BROKEN, "of its last articles have a date"),
    ],
)
def test_what_falls_is_found_within_two_dozen_articles_and_is_over_when_it_is_well(
    seen: Seen, expected: State, says: str
) -> None:
    assert state(USUAL) is State.HEALTHY
    bad = after(*[seen] * 24, known=USUAL)
    assert (state(bad), says in bad.why) == (expected, True), bad
    polled = Polled("s", "u", NOON, at=NOON, first=NOON, came=NOON)
    assert ("pantau clean" in assessed(polled, (), NOON, quality=bad).advice) == (expected is State.BROKEN)
    assert bad.bad
    assert NOON + 30 * HOUR < bad.bad <= NOON + 54 * HOUR
    assert after(*[seen] * 200, known=bad).bad == bad.bad, "it stays bad, since when it was"
    assert state(after(*[GOOD] * 24, known=bad)) is State.HEALTHY


@pytest.mark.parametrize("seen", [NOTHING, SHORT, UNDATED])
def test_a_few_pages_are_chance(seen: Seen) -> None:
    quality = USUAL
    for _ in range(10):
        quality = after(seen, seen, seen, *[GOOD] * 9, known=quality)
        assert state(quality) is State.HEALTHY


def test_what_was_always_so_is_no_fall_but_nothing_at_all_is() -> None:
    assert state(after(*[SHORT] * 99)) is State.HEALTHY
    assert state(after(*[UNDATED] * 99)) is State.HEALTHY
    assert state(after(*[NOTHING, GOOD] * 50)) is State.HEALTHY
    assert state(after(*[NOTHING] * (KNOWN - 1))) is State.HEALTHY, "too few to say"
    assert state(after(*[NOTHING] * KNOWN)) is State.BROKEN


REASONS = st.none() | st.sampled_from(["paywall", "empty"])


@given(st.lists(st.builds(Seen, st.integers(0, 10**6), st.booleans(), REASONS)))
def test_any_pages_can_be_counted_and_kept(seen: list[Seen]) -> None:
    quality = after(*seen)
    assert 0 <= quality.usual.rejected <= 1
    assert 0 <= quality.usual.dated <= 1
    assert (quality.bad is None) == (quality.why == "")
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(quality), type=Quality) == quality
