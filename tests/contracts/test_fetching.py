"""Pages are fetched: redirects, conditional requests, headers, TLS, and what is refused before anything is asked."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import TypeVar

import pytest

from pipeline.adapters.fetching import Fetcher, Policy
from pipeline.news.crawling.answers import charset, media_type
from pipeline.news.crawling.outcomes import Fetched, NotModified, Refused, Unfetched
from tests.stack.certificates import Authority
from tests.web_site import FakeTimer, Request, Site, answer, page, redirect

T = TypeVar("T")
HOSTS = frozenset({"a.example", "b.example"})


def fetcher(site: Site, **changed: object) -> Fetcher:
    policy = Policy(**{"ports": frozenset({site.port}), "connect": 5.0, **changed})  # type: ignore[arg-type]
    return Fetcher(policy, FakeTimer(), hosts=HOSTS, resolve=lambda host, port: ["127.0.0.1"], chance=lambda: 0.0)


def run(site: Site, use: Callable[[Fetcher], Awaitable[T]], **changed: object) -> T:
    async def body() -> T:
        async with site, fetcher(site, **changed) as made:
            return await use(made)

    return asyncio.run(body())


def got(site: Site, path: str, **changed: object) -> Fetched | NotModified | Refused:
    return run(site, lambda made: made.fetch(f"http://a.example:{site.port}{path}"), **changed)


def test_a_page_comes_with_what_the_server_says_of_it() -> None:
    site = Site({"/x": page("<p>Halo", 'ETag: "1"', "Last-Modified: Sat, 01 Jan 2022 00:00:00 GMT")})
    came = got(site, "/x#part", contact="https://pantau.example/about")
    assert isinstance(came, Fetched)
    assert (came.content, came.status, came.etag, came.hops) == (b"<p>Halo", 200, '"1"', ())
    assert came.url == f"http://a.example:{site.port}/x"
    assert (media_type(came.headers), charset(came.headers)) == ("text/html", "utf-8")
    assert came.at >= FakeTimer().time
    (_, asked) = site.log
    assert asked.headers["user-agent"].startswith("Pantau/")
    assert asked.headers["user-agent"].endswith("(+https://pantau.example/about)")
    assert asked.headers["accept-encoding"] == "gzip, deflate, br, zstd"


def test_no_cookie_is_kept_and_one_connection_serves_a_host() -> None:
    site = Site({"/x": page("x", "Set-Cookie: a=b"), "/y": page("y")})

    async def both(made: Fetcher) -> None:
        for path in ("/x", "/y"):
            assert isinstance(await made.fetch(f"http://a.example:{site.port}{path}"), Fetched)

    run(site, both)
    assert not [request for request in site.log if "cookie" in request.headers]
    assert site.paths() == ["/x", "/y"]
    assert site.connections == 2, "one ended with the 404 of robots.txt, whose body is not read"


def test_an_unchanged_page_is_not_sent_again() -> None:
    async def conditional(request: Request, writer: asyncio.StreamWriter) -> None:
        known = request.headers.get("if-none-match") == '"1"'
        await (answer(304, b"", 'ETag: "1"') if known else page("x"))(request, writer)

    site = Site({"/x": conditional, "/y": answer(304)})
    came = run(site, lambda made: made.fetch(f"http://a.example:{site.port}/x", etag='"1"', modified="then"))
    assert isinstance(came, NotModified)
    assert site.log[-1].headers["if-modified-since"] == "then"
    assert isinstance(got(site, "/x"), Fetched)
    unasked = got(site, "/y")
    assert isinstance(unasked, Refused)
    assert unasked.reason is Unfetched.REFUSED


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_lead_on_also_to_other_hosts(status: int) -> None:
    site = Site({"a.example/x": redirect("/y", status), "b.example/z": page("here")})

    async def across(made: Fetcher) -> Fetched | NotModified | Refused:
        site.routes["a.example/y"] = redirect(f"//b.example:{site.port}/z", status)
        return await made.fetch(f"http://a.example:{site.port}/x")

    came = run(site, across)
    assert isinstance(came, Fetched)
    assert came.content == b"here"
    assert [hop.rpartition("/")[2] for hop in came.hops] == ["x", "y"]


def test_redirects_in_a_circle_and_without_end() -> None:
    site = Site({"/a": redirect("/b"), "/b": redirect("/a"), **{f"/{n}": redirect(f"/{n + 1}") for n in range(9)}})
    circle = got(site, "/a")
    assert isinstance(circle, Refused)
    assert (circle.reason, site.paths()) == (Unfetched.TOO_MANY_REDIRECTS, ["/a", "/b"])
    endless = got(site, "/0")
    assert isinstance(endless, Refused)
    assert (endless.reason, len(endless.hops)) == (Unfetched.TOO_MANY_REDIRECTS, 6)
    five = got(Site({**site.routes, "/9": page("end")}), "/4")
    assert isinstance(five, Fetched)


def test_a_redirect_that_does_not_say_where_to() -> None:
    for odd in (answer(302), redirect("http://[x/"), redirect("https://a.example:99999999/")):
        came = got(Site({"/x": odd}), "/x")
        assert isinstance(came, Refused)
        assert came.reason in (Unfetched.BAD_REDIRECT, Unfetched.BAD_URL)


def test_a_page_that_moves_on_at_once_is_a_redirect() -> None:
    moves = '<head><meta http-equiv="Refresh" content="{}"></head>'
    site = Site({"/x": page(moves.format("0; url='/y'")), "/y": page(moves.format("300; url=/z") + "here"),
                 "/self": page(moves.format("1; url=/self"))})  # fmt: skip
    came = got(site, "/x")
    assert isinstance(came, Fetched)
    assert (came.url[-2:], len(came.hops)) == ("/y", 1)
    assert isinstance(got(site, "/self"), Fetched), "it shows itself again"


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (404, Unfetched.GONE), (410, Unfetched.GONE), (401, Unfetched.DENIED), (403, Unfetched.DENIED),
        (451, Unfetched.DENIED), (418, Unfetched.REFUSED), (204, Unfetched.REFUSED), (300, Unfetched.REFUSED),
        (500, Unfetched.SERVER_ERROR), (502, Unfetched.SERVER_ERROR), (429, Unfetched.BUSY), (503, Unfetched.BUSY),
    ],
)  # fmt: skip
def test_each_status_has_a_reason(status: int, reason: Unfetched) -> None:
    came = got(Site({"/x": answer(status)}), "/x")
    assert isinstance(came, Refused)
    assert (came.reason, came.status) == (reason, status)
    assert reason.passing == (status >= 500 or status == 429) == (came.wait is not None)


def test_a_host_that_takes_no_connection_or_has_no_name() -> None:
    async def nowhere(made: Fetcher) -> Fetched | NotModified | Refused:
        return await made.fetch("http://a.example:1/x")

    came = run(Site(), nowhere, ports=frozenset({1}))
    assert isinstance(came, Refused)
    assert came.reason is Unfetched.UNREACHABLE

    async def unnamed() -> Fetched | NotModified | Refused:
        def none(host: str, port: int) -> list[str]:
            raise OSError(-2, "Name or service not known")

        async with Fetcher(Policy(), FakeTimer(), resolve=none) as made:
            return await made.fetch("http://nowhere.example/")

    came = asyncio.run(unnamed())
    assert isinstance(came, Refused)
    assert (came.reason, "Name or service" in came.detail) == (Unfetched.UNREACHABLE, True)


def test_a_resolver_that_hangs_is_a_host_that_cannot_be_reached() -> None:
    async def hung() -> Fetched | NotModified | Refused:
        released = Event()
        try:
            async with Fetcher(
                Policy(connect=0.2), FakeTimer(), resolve=lambda host, port: ["8.8.8.8"] * released.wait(9)
            ) as made:
                return await made.fetch("http://slow.example/")
        finally:
            released.set()

    came = asyncio.run(hung())
    assert isinstance(came, Refused)
    assert came.reason is Unfetched.UNREACHABLE


def test_certificates_are_checked_for_the_name_that_was_asked_for(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "ca")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(*authority.certify("localhost"))
    trust = ssl.create_default_context(cafile=str(authority.certificate))

    async def fetched(host: str, trusted: ssl.SSLContext | None) -> Fetched | NotModified | Refused:
        async with Site({"/x": page("safe")}, server) as site:
            policy = Policy(ports=frozenset({site.port}), trust=trusted, delay=timedelta(0))
            names = frozenset({"localhost", "a.example"})
            async with Fetcher(policy, FakeTimer(), hosts=names, resolve=lambda host, port: ["127.0.0.1"]) as made:
                return await made.fetch(f"https://{host}:{site.port}/x")

    assert isinstance(asyncio.run(fetched("localhost", trust)), Fetched)
    for host, trusted in (("a.example", trust), ("localhost", None)):
        came = asyncio.run(fetched(host, trusted))
        assert isinstance(came, Refused)
        assert (came.reason, "certificate" in came.detail.lower()) == (Unfetched.UNREACHABLE, True)
