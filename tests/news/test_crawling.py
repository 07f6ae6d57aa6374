"""What may be asked for, what an answer means, when to come back."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.news.crawling import hosts
from pipeline.news.crawling.answers import LONGEST_ASKED, charset, judged, media_type, refresh, retry_after
from pipeline.news.crawling.hosts import Standing
from pipeline.news.crawling.outcomes import HOST_TROUBLE, PASSING, Fetched, Redirect, Refused, Unfetched
from pipeline.news.crawling.robots import Rules, rules
from pipeline.news.crawling.targets import Target, following, target

NOW = datetime(2022, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("http://Warta.Example", "http://warta.example/"),
        (" https://warta.example:443/a?b=c#d \n", "https://warta.example/a?b=c"),
        ("http://warta.example:443/", "http://warta.example:443/"),
        ("https://warta.example./", "https://warta.example/"),
        ("https://warta.example/kata kata?q=ü&r=%C3%BC", "https://warta.example/kata%20kata?q=%C3%BC&r=%C3%BC"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://аррӏе.example/", "https://xn--80ak6aa92e.example/"),
        ("http://[2606:4700::1111]/", "http://[2606:4700::1111]/"),
        ("HTTPS://my_site.example/?a[]=1", "https://my_site.example/?a[]=1"),
        ("https://warta.example//two//", "https://warta.example//two//"),
        ("https://warta.example/a@b:c", "https://warta.example/a@b:c"),
    ],
)
def test_a_url_has_one_form(url: str, asked: str) -> None:
    found = target(url)
    assert isinstance(found, Target)
    assert found.url == asked
    assert target(asked) == found


def test_ports_are_those_of_the_web_and_of_the_setting() -> None:
    assert target("http://a.example:8080/", frozenset({8080})) == ("http://a.example:8080/", "http", "a.example", 8080)
    refused = target("http://a.example:8080/")
    assert isinstance(refused, Refused)
    assert (refused.reason, "PANTAU_FETCH_PORTS" in refused.detail) == (Unfetched.PORT, True)


PIECES = st.sampled_from(
    [*"abz019.-_:/@?#[]%\\ ", "http://", "https:", "//", "127.1", "::ffff:", "xn--", "\t", "ü", "①"]
)


@given(
    st.one_of(st.text(), st.lists(PIECES).map("".join), st.lists(PIECES).map(lambda found: "http://" + "".join(found)))
)
def test_what_a_target_says_of_a_url_is_what_every_reader_of_it_sees(url: str) -> None:
    found = target(url)
    if isinstance(found, Target):
        parts = urlsplit(found.url)
        assert found.url.isascii()
        assert not set(found.url) & set("\\ \t\r\n#")
        assert (parts.scheme, parts.hostname, parts.username) == (found.scheme, found.host, None)
        assert (parts.port or {"http": 80, "https": 443}[found.scheme]) == found.port
        assert target(found.url) == found


@given(st.lists(PIECES).map("".join))
def test_no_location_breaks_the_fetcher(location: str) -> None:
    assert isinstance(following("https://a.example/x/y", location), (Target, Refused))


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("z", "https://a.example/x/z"), ("/z", "https://a.example/z"), ("//b.example/z", "https://b.example/z"),
        ("?q", "https://a.example/x/y?q"), ("http://b.example", "http://b.example/"), ("../../..", "https://a.example/"),
    ],
)  # fmt: skip
def test_a_location_is_read_where_it_stands(location: str, url: str) -> None:
    found = following("https://a.example/x/y", location)
    assert isinstance(found, Target)
    assert found.url == url


@given(st.integers(100, 999))
def test_every_status_means_something(status: int) -> None:
    said = judged("u", status, (("location", "/x"), ("retry-after", "5")), NOW)
    if isinstance(said, Refused):
        assert (said.status, said.wait) == (status, 5 * SECOND if said.reason.passing else None)
        assert said.reason.passing == (status >= 500 or status == 429)
    elif said is None:
        assert status in (200, 203)
    else:
        assert said == Redirect("/x")


def test_what_passes_is_what_speaks_against_the_host_or_was_not_asked() -> None:
    assert {reason for reason in Unfetched if reason.passing} == PASSING
    assert {Unfetched.HOST_PAUSED, Unfetched.ROBOTS_UNAVAILABLE} == PASSING - HOST_TROUBLE


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120), (" 0 ", 0), ("Sat, 01 Jan 2022 00:02:00 GMT", 120), ("Saturday, 01-Jan-22 00:02:00 GMT", 120),
        ("Sat, 01 Jan 2000 00:00:00 GMT", 0), ("Sat, 01 Jan 2022 00:02:00", 120), ("", None), ("-1", None),
        ("1.5", None), ("soon", None), ("٣", None), ("9" * 9, 86400), ("9" * 400, None),
        ("Sat, 99 Foo 99999 99:99:99 GMT", None),
    ],
)  # fmt: skip
def test_retry_after_is_seconds_or_a_date(value: str, seconds: int | None) -> None:
    assert retry_after((("retry-after", value),), NOW) == (None if seconds is None else seconds * SECOND)


@given(st.text())
def test_no_header_breaks_its_reader(value: str) -> None:
    headers = tuple((name, value) for name in ("retry-after", "content-type", "refresh"))
    assert (retry_after(headers, NOW) or timedelta(0)) >= timedelta(0)
    assert media_type(headers) != ""
    assert len(charset(headers) or "") <= 40
    refresh(Fetched("u", 200, headers, b"", NOW))


@pytest.mark.parametrize(
    ("content", "to"),
    [
        ("0;url=/y", "/y"), ("0; URL='/y'", "/y"), (" 3 ; url = /y ", "/y"), ("0,/y", "/y"), ("0;/y", "/y"),
        ("5;url=/y?url=z", "/y?url=z"), (";url=/y", "/y"), ("0.5;url=/y", "/y"),
        ("6;url=/y", None), ("300", None), ("0", None), ("0;url=", None), ("x;url=/y", None), ("", None),
    ],
)  # fmt: skip
def test_a_refresh_says_when_and_where_to(content: str, to: str | None) -> None:
    for body in (
        f'<meta http-equiv="refresh" content="{content}">',
        f"<html><META CONTENT=\"{content}\" HTTP-EQUIV='REFRESH'>",
    ):
        found = refresh(Fetched("u", 200, (("content-type", "text/html"),), body.encode(), NOW))
        assert (found.location if found else None) == to


def test_a_refresh_counts_in_html_and_where_browsers_see_it() -> None:
    tag = '<meta http-equiv="refresh" content="0;url=/y">'
    for body in (f"<noscript>{tag}</noscript>", f"<!-- {tag} -->", f"<script>'{tag}'</script>", "x" * 70_000 + tag):
        assert refresh(Fetched("u", 200, (), body.encode(), NOW)) is None
    assert refresh(Fetched("u", 200, (("content-type", "text/plain"),), tag.encode(), NOW)) is None


REASONS = st.one_of(st.none(), st.sampled_from(list(Unfetched)))


@given(st.lists(st.tuples(REASONS, st.one_of(st.none(), st.timedeltas(timedelta(0), LONGEST_ASKED)))))
def test_a_host_is_never_asked_sooner_than_its_delay_nor_left_for_more_than_a_day(
    history: list[tuple[Unfetched | None, timedelta | None]],
) -> None:
    standing = Standing()
    for reason, asked in history:
        before, standing = standing, hosts.after(standing, reason, asked, NOW, 2 * SECOND)
        if reason in hosts.UNASKED:
            assert standing == before
            continue
        assert 2 * SECOND <= standing.wait(NOW) <= LONGEST_ASKED
        assert standing.failures == (before.failures + 1 if reason in HOST_TROUBLE else 0)
        assert standing.paused == (standing.wait(NOW) > hosts.PATIENCE)
    assert standing.wait(NOW + LONGEST_ASKED) == timedelta(0)


def test_rules_that_were_cut_off_end_with_their_last_whole_line() -> None:
    whole = b"User-agent: *\n" + b"#" * 511_973 + b"\n"
    cut = whole + b"Disallow: /x"
    assert len(cut) == 512_000
    assert Rules(cut).allows("https://a.example/x")
    assert not Rules(cut[100:].replace(b"#" * 100, b"User-agent: *\n", 1)).allows("https://a.example/x")


def test_a_robots_file_that_answers_not_modified_permits_nothing() -> None:
    found = rules("u", Refused("u", Unfetched.REFUSED, "it answers 304", 304))
    assert isinstance(found, Refused)
    assert found.reason is Unfetched.ROBOTS_UNAVAILABLE
