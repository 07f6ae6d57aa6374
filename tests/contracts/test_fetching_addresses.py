"""Every way to be led to a private address: the listeners on loopback must see no connection."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from itertools import cycle
from typing import Any

import httpcore
import pytest

from pipeline.adapters.addresses import system
from pipeline.adapters.fetching import Fetcher, Policy
from pipeline.news.crawling.outcomes import Fetched, NotModified, Refused, Unfetched
from tests.web_site import FakeTimer, Handler, Site, page, redirect

Outcome = Fetched | NotModified | Refused
PUBLIC = "8.8.4.4"
PRIVATE, BAD = Unfetched.PRIVATE_ADDRESS, Unfetched.BAD_URL


class Trap:
    """Counts the connections to a port on 127.0.0.1 and ::1."""

    def __init__(self) -> None:
        self.caught = 0

    async def __aenter__(self) -> "Trap":
        self._stack = AsyncExitStack()
        first = await asyncio.start_server(self._catch, "127.0.0.1", 0)
        self.port: int = first.sockets[0].getsockname()[1]
        await self._stack.enter_async_context(first)
        if socket.has_ipv6:
            await self._stack.enter_async_context(await asyncio.start_server(self._catch, "::1", self.port))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def _catch(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.caught += 1
        writer.transport.abort()


def tried(url: str, **given: Callable[[str, int], list[str]]) -> tuple[Outcome, int]:
    """What becomes of a URL with {port} in it, and how many connections the trap saw."""

    async def body() -> tuple[Outcome, int]:
        async with Trap() as trap:
            policy = Policy(ports=frozenset({trap.port}), connect=3.0)
            async with Fetcher(policy, FakeTimer(), hosts=frozenset(), **given) as made:
                return await made.fetch(url.format(port=trap.port)), trap.caught

    return asyncio.run(body())


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1:{port}/", PRIVATE),
        ("http://127.1:{port}/", PRIVATE),
        ("http://0x7f.1:{port}/", PRIVATE),
        ("http://2130706433:{port}/", PRIVATE),
        ("http://017700000001:{port}/", PRIVATE),
        ("http://0:{port}/", PRIVATE),
        ("http://127.0.0.1.:{port}/", PRIVATE),
        ("http://localhost:{port}/", PRIVATE),
        ("http://LOCALHOST.:{port}/", PRIVATE),
        ("http://[::1]:{port}/", PRIVATE),
        ("http://[0:0:0:0:0:0:0:1]:{port}/", PRIVATE),
        ("http://[::ffff:127.0.0.1]:{port}/", PRIVATE),
        ("http://[::ffff:169.254.169.254]:{port}/", PRIVATE),
        ("http://[::127.0.0.1]:{port}/", PRIVATE),
        ("http://[64:ff9b::7f00:1]:{port}/", PRIVATE),
        ("http://[2002:7f00:1::]:{port}/", PRIVATE),
        ("http://[fe80::1%25lo]:{port}/", BAD),
        ("http://169.254.169.254/latest/meta-data/", PRIVATE),
        ("http://１２７.0.0.1:{port}/", PRIVATE),
        ("http://①②⑦.⓪.⓪.①:{port}/", PRIVATE),
        ("http://127。0。0。1:{port}/", PRIVATE),
        ("http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:{port}/", PRIVATE),
        ("http://%31%32%37.0.0.1:{port}/", BAD),
        ("http://a.example@127.0.0.1:{port}/", BAD),
        ("http://a.example:80@127.0.0.1:{port}/", BAD),
        ("http://@127.0.0.1:{port}/", BAD),
        ("http://127.0.0.1:{port}\\@a.example/", BAD),
        ("http://a.example\\@127.0.0.1:{port}/", BAD),
        ("http:\\\\127.0.0.1:{port}\\", BAD),
        ("http://127.0.0.1:{port}\t/", BAD),
        ("http://127.0.0.1\n:{port}/", BAD),
        ("http://127.0.0.1\x00.a.example:{port}/", BAD),
        ("http://127.0.0.1 :{port}/", BAD),
        ("http:///127.0.0.1:{port}/", BAD),
        ("http://:{port}/", BAD),
        ("http://[127.0.0.1]:{port}/", BAD),
        ("http://a..example:{port}/", BAD),
        ("http://127.0.0.1:{port}0000000/", BAD),
        ("//127.0.0.1:{port}/", Unfetched.SCHEME),
        ("file:///etc/passwd", Unfetched.SCHEME),
        ("gopher://127.0.0.1:{port}/_x", Unfetched.SCHEME),
        ("ftp://127.0.0.1:{port}/", Unfetched.SCHEME),
        ("data:text/html,x", Unfetched.SCHEME),
        ("http://127.0.0.1:22/", Unfetched.PORT),
        ("http://127.0.0.1:25/", Unfetched.PORT),
        ("http://127.0.0.1:6066/", Unfetched.PORT),
        ("http://127.0.0.1:9200/", Unfetched.PORT),
        ("http://127.0.0.1:0/", Unfetched.PORT),
        ("http://" + "a" * 64 + ".example/", BAD),
        ("http://a.example/" + "a" * 5000, BAD),
        ("http://\ud800.example/", BAD),
        ("", Unfetched.SCHEME),
    ],
)  # fmt: skip
def test_a_url_that_leads_inside_is_refused_and_nothing_is_connected(url: str, reason: Unfetched) -> None:
    came, caught = tried(url)
    assert isinstance(came, Refused)
    assert (came.reason, caught) == (reason, 0)
    assert not reason.passing


@pytest.mark.parametrize("found", [["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["8.8.8.8", "::1"], ["::1", "8.8.8.8"]])
def test_a_name_with_one_private_address_among_others_is_refused(found: list[str]) -> None:
    came, caught = tried("http://mixed.example:{port}/", resolve=lambda host, port: found)
    assert isinstance(came, Refused)
    assert (came.reason, caught) == (PRIVATE, 0)


@pytest.mark.parametrize("answers", [(PUBLIC, "127.0.0.1"), ("127.0.0.1", PUBLIC), (PUBLIC, PUBLIC, "::1")])
def test_a_resolver_that_alternates_its_answers_gets_nobody_inside(
    answers: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server on loopback plays the one at the public address: whatever is dialled is noted, and leads to it."""
    dialled: list[str] = []
    dial = httpcore.AnyIOBackend.connect_tcp

    async def connect(self: httpcore.AnyIOBackend, host: str, *rest: Any) -> httpcore.AsyncNetworkStream:
        dialled.append(host)
        return await dial(self, "127.0.0.1", *rest)

    async def several() -> list[Outcome]:
        found = cycle(answers)
        pages = {f"/{n}": page("public", "Connection: close") for n in range(6)}
        async with Site({"/robots.txt": page("", "Connection: close"), **pages}) as site:
            policy = Policy(ports=frozenset({site.port}))
            names = lambda host, port: [next(found)]  # noqa: E731
            async with Fetcher(policy, timer := FakeTimer(), hosts=frozenset(), resolve=names) as made:
                came = [await made.fetch(f"http://rebinds.example:{site.port}/0")]
                timer.time += timedelta(hours=1)
                return [*came, *[await made.fetch(f"http://rebinds.example:{site.port}/{n}") for n in range(1, 6)]]

    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect)
    outcomes = asyncio.run(several())
    assert set(dialled) == {PUBLIC}
    assert PRIVATE in [came.reason for came in outcomes if isinstance(came, Refused)]
    assert [came.content for came in outcomes if isinstance(came, Fetched)], "the public answers are used"


def resolved(host: str, port: int) -> list[str]:
    """The names of the tests are on loopback; all else is what the system says, which asks nobody for an address."""
    return ["127.0.0.1"] if host.endswith(".example") else list(system(host, port))


def refresh(location: str) -> Handler:
    return page(f'<html><head><meta http-equiv="refresh" content="0;url={location}"></head><body>x')


WAYS: dict[str, Callable[[str], Handler]] = {
    **{str(status): lambda to, status=status: redirect(to, status) for status in (301, 302, 303, 307, 308)},
    "meta refresh": refresh,
    "refresh header": lambda to: page("x", f"Refresh: 0; url={to}"),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("http://127.0.0.1:{port}/", PRIVATE), ("http://[::1]:{port}/", PRIVATE), ("//2130706433:{port}/", PRIVATE),
        ("http://x@127.0.0.1:{port}/", BAD), ("file:///etc/passwd", Unfetched.SCHEME),
    ],
)  # fmt: skip
def test_a_redirect_that_leads_inside_is_refused_and_nothing_is_connected(
    way: str, place: str, reason: Unfetched
) -> None:
    async def body() -> None:
        async with Trap() as trap, Site({"/x": WAYS[way](place.format(port=trap.port))}) as site:
            policy = Policy(ports=frozenset({site.port, trap.port}))
            async with Fetcher(policy, FakeTimer(), hosts=frozenset({"a.example"}), resolve=resolved) as made:
                came = await made.fetch(f"http://a.example:{site.port}/x")
            assert isinstance(came, Refused)
            assert (came.reason, trap.caught, site.paths()) == (reason, 0, ["/x"])
            assert came.hops == (f"http://a.example:{site.port}/x",)

    asyncio.run(body())


def test_a_robots_file_that_leads_inside_is_not_followed_and_bars_the_site() -> None:
    async def body() -> None:
        async with Trap() as trap, Site() as site:
            site.routes = {"/robots.txt": redirect(f"http://127.0.0.1:{trap.port}/robots.txt"), "/x": page("x")}
            policy = Policy(ports=frozenset({site.port, trap.port}))
            async with Fetcher(policy, FakeTimer(), hosts=frozenset({"a.example"}), resolve=resolved) as made:
                came = await made.fetch(f"http://a.example:{site.port}/x")
            assert isinstance(came, Refused)
            assert (came.reason, trap.caught, site.paths()) == (Unfetched.ROBOTS_UNAVAILABLE, 0, [])

    asyncio.run(body())


def test_a_host_that_may_be_anywhere_opens_no_other_host() -> None:
    came, caught = tried("http://b.example:{port}/", resolve=resolved)
    assert isinstance(came, Refused)
    assert (came.reason, caught) == (PRIVATE, 0)
    assert "PANTAU_PRIVATE_HOSTS" in came.detail
