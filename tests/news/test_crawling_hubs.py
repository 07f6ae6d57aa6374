"""Hubs: who is asked and when, whose word counts, and what it changes."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.news.crawling import hubs
from pipeline.news.crawling.hubs import Subscription
from pipeline.news.crawling.listings import Listing
from pipeline.news.crawling.polling import Polled
from pipeline.news.crawling.reading import read

NOON = datetime(2030, 5, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
URL = "https://a.example/feed"
KNOWN = Subscription("https://hub.example/", URL, "token", "secret")
ASKED = hubs.asking(KNOWN, NOON)
LIVE = hubs.confirmed(ASKED, "864000", NOON)


def listed(content: str) -> Listing:
    found = read(content.encode(), None, None, URL, "feed")
    assert isinstance(found, Listing)
    return found


ITEM = "<item><link>https://a.example/1</link></item>"
RSS = (
    "<rss version='2.0' xmlns:atom='http://www.w3.org/2005/Atom'><channel>"
    f"<atom:link rel='hub' href='https://hub.example/'/><atom:link rel='self' href='/feed?x=1'/>{ITEM}</channel></rss>"
)
ATOM = (
    "<feed xmlns='http://www.w3.org/2005/Atom'><link rel='hub' href='https://hub.example/'/>"
    "<link rel='self' href='https://a.example/feed?x=1'/><entry><link href='/1'/></entry></feed>"
)
JSON = (
    '{"version": "https://jsonfeed.org/version/1.1", "feed_url": "/feed?x=1", "items": [{"id": "1", "url": "/1"}],'
    ' "hubs": [{"type": "rssCloud", "url": "x"}, {"type": "WebSub", "url": "https://hub.example/"}]}'
)


@pytest.mark.parametrize("content", [RSS, ATOM, JSON])
def test_a_feed_names_its_hub_and_itself(content: str) -> None:
    assert hubs.announced(listed(content), (), URL) == ("https://hub.example/", "https://a.example/feed?x=1")


@pytest.mark.parametrize(
    ("link", "found"),
    [
        (
            '<https://hub.example/>; rel="hub", <https://a.example/t>; rel=self',
            ("https://hub.example/", "https://a.example/t"),
        ),
        ('<https://hub.example/>; title="a, b"; rel="alternate hub"', ("https://hub.example/", URL)),
        ("</hub>;rel=HUB", ("https://a.example/hub", URL)),
        ("<https://hub.example/>; rel=hubs", None),
        ("https://hub.example/; rel=hub", None),
        ("<http://[>; rel=hub", None),
        ("<" * 5000, None),
    ],
)
def test_headers_come_before_what_stands_in_the_feed(link: str, found: tuple[str, str] | None) -> None:
    assert hubs.announced(Listing("feed"), (("link", link),), URL) == found
    if found:
        assert (hubs.announced(listed(RSS), (("link", link),), URL) or ("",))[0] == found[0]


@given(st.lists(st.text(st.characters(max_codepoint=255))), st.text() | st.none(), st.text() | st.none())
def test_nothing_that_is_announced_breaks_it(links: list[str], hub: str | None, topic: str | None) -> None:
    hubs.announced(Listing("feed", hub=hub, topic=topic), tuple(("link", link) for link in links), URL)


def test_a_hub_is_asked_once_then_ever_later_and_again_before_the_lease_ends() -> None:
    assert KNOWN.asked_again(NOON) == NOON
    one, waits = KNOWN, []
    for _ in range(12):
        one = hubs.unanswered(hubs.asking(one, NOON), "it answers 404")
        waits.append(one.asked_again(NOON) - NOON)
    assert waits[:3] == [HOUR, 2 * HOUR, 4 * HOUR]
    assert max(waits) == hubs.RETRY_MAX
    assert LIVE.asked_again(NOON) == NOON + 7.5 * DAY
    assert hubs.asking(LIVE, NOON + 8 * DAY).asked_again(NOON) == NOON + 8 * DAY + HOUR, "it did not confirm again"
    assert hubs.asking(LIVE, NOON + 8 * DAY).tells(NOON + 9 * DAY), "what it agreed to holds until its end"


def test_a_feed_that_names_another_hub_each_time_costs_no_more_requests() -> None:
    one = ASKED
    for number in range(5):
        one = hubs.agreed(one, f"https://hub{number}.example/", URL, "t", "s")
        assert one.asked_again(NOON) >= NOON + HOUR
    assert hubs.agreed(LIVE, LIVE.hub, URL, "other", "other") is LIVE


@pytest.mark.parametrize(
    ("said", "lease"),
    [("864000", 10 * DAY), ("1", hubs.LEASE_LEAST), ("999999999", 30 * DAY), ("", 10 * DAY), ("-5", 10 * DAY)],
)
def test_a_lease_is_believed_within_reason(said: str, lease: timedelta) -> None:
    assert hubs.confirmed(ASKED, said, NOON).until == NOON + lease


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_only_the_word_of_the_hub_counts(method: str) -> None:
    made = hmac.new(b"secret", b"news", getattr(hashlib, method)).hexdigest()
    assert hubs.signed(KNOWN, f"{method}={made}", [b"ne", b"ws"])
    assert hubs.signed(KNOWN, f"{method.upper()}={made.upper()}", [b"news"])
    for header in (None, "", made, f"{method}=", f"{method}={made[:-1]}", f"md5={made}", f"blake2b={made}", "sha256=é"):
        assert not hubs.signed(KNOWN, header, [b"news"])
    assert not hubs.signed(KNOWN, f"{method}={made}", [b"new"])


def test_a_source_is_due_when_its_hub_tells_but_not_all_the_time() -> None:
    polled = Polled("s", URL, NOON + 5 * HOUR, at=NOON)
    assert hubs.due(None, polled, None) == hubs.due(LIVE, polled, None) == polled.due
    told = hubs.told(LIVE, NOON + HOUR)
    assert hubs.due(told, polled, NOON) == NOON + HOUR
    assert hubs.due(told, polled, NOON + 2 * HOUR) == polled.due, "that was looked at"
    soon = hubs.told(LIVE, NOON + timedelta(seconds=1))
    assert hubs.due(soon, polled, NOON) == NOON + hubs.APART
    during = hubs.told(LIVE, NOON - timedelta(seconds=1))
    assert hubs.due(during, polled, NOON - timedelta(seconds=2)) <= NOON + hubs.APART, "told while it was looked at"


def test_looks_are_more_seldom_while_a_hub_tells_of_all_that_is_new() -> None:
    polled = Polled("s", URL, NOON + 0.1 * HOUR, at=NOON)
    assert hubs.relaxed(None, polled, NOON) == hubs.relaxed(ASKED, polled, NOON) == polled
    assert hubs.relaxed(LIVE, polled, NOON).due == NOON + HOUR
    assert hubs.relaxed(LIVE, Polled("s", URL, NOON + 2 * HOUR), NOON).due == NOON + 8 * HOUR
    short = hubs.confirmed(ASKED, "600", NOON)
    assert hubs.relaxed(short, polled, NOON).due == NOON + timedelta(minutes=10), "not after its end"
    silent = LIVE
    for _ in range(hubs.MISSED_MAX):
        silent = hubs.looked(silent, NOON, 2)
    assert hubs.relaxed(silent, polled, NOON) == polled
    assert hubs.told(silent, NOON + HOUR).tells(NOON + HOUR)
    assert hubs.looked(LIVE, NOON, 0) == LIVE
    assert hubs.looked(hubs.told(LIVE, NOON + HOUR), NOON, 3).missed == 0
    assert hubs.looked(ASKED, NOON, 3) == ASKED, "who did not confirm misses nothing"
