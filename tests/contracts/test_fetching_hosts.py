"""Hosts are treated politely: one request at a time, delays, pauses that they ask for, a breaker, robots.txt."""

import asyncio
import gzip
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from pipeline.adapters.fetching import Fetcher, Policy
from pipeline.adapters.fetching.queues import Queues
from pipeline.news.crawling.outcomes import Fetched, NotModified, Refused, Unfetched
from tests.web_site import FakeTimer, Handler, Request, Site, answer, page, redirect

Outcome = Fetched | NotModified | Refused


class World:
    """A site that plays every host, a fetcher and its clock. In `async with`."""

    def __init__(self, routes: dict[str, Handler], chance: float = 0.0, **policy: Any) -> None:
        self.site, self.timer, self._chance, self._policy = Site(routes), FakeTimer(), chance, policy
        self.resolved = 0

    async def __aenter__(self) -> "World":
        await self.site.__aenter__()
        self._fetcher = Fetcher(
            Policy(ports=frozenset({self.site.port}), **self._policy),
            self.timer,
            hosts=frozenset(f"{name}.example" for name in (*"abc", *map(str, range(50)))),
            resolve=self._resolve,
            chance=lambda: self._chance,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._fetcher.aclose()
        await self.site.__aexit__()

    def _resolve(self, host: str, port: int) -> list[str]:
        self.resolved += 1
        return ["127.0.0.1"]

    async def get(self, path: str = "/x", host: str = "a.example") -> Outcome:
        return await self._fetcher.fetch(f"http://{host}:{self.site.port}{path}")

    async def reasons(self, *paths: str) -> list[Unfetched | None]:
        found = [await self.get(path) for path in paths]
        return [came.reason if isinstance(came, Refused) else None for came in found]


def play(world: World, script: Callable[[World], Awaitable[None]]) -> World:
    async def body() -> None:
        async with world:
            await script(world)

    asyncio.run(body())
    return world


@pytest.mark.parametrize(("chance", "seconds"), [(0.0, 2.0), (1.0, 3.0), (0.5, 2.5)])
def test_a_host_is_left_alone_between_two_requests(chance: float, seconds: float) -> None:
    async def script(world: World) -> None:
        assert await world.reasons("/x", "/x", "/missing", "/x") == [None, None, Unfetched.GONE, None]

    world = play(World({"/x": page("x")}, chance), script)
    assert world.timer.slept == [seconds] * 4, "robots.txt is a request as well"


def test_one_request_at_a_time_and_in_the_order_in_which_they_came() -> None:
    async def slow(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.01)
        await page("x")(request, writer)

    async def script(world: World) -> None:
        await asyncio.gather(*(world.get(f"/{n}") for n in range(10)))

    world = play(World({f"/{n}": slow for n in range(10)}), script)
    assert (world.site.most, world.site.paths()) == (1, [f"/{n}" for n in range(10)])
    assert len(world.site.log) == 11
    assert world.timer.slept == [2.0] * 10


def test_many_hosts_are_asked_at_once_and_no_more_than_the_policy_says() -> None:
    async def script(world: World) -> None:
        met = asyncio.Barrier(20)

        async def together(request: Request, writer: asyncio.StreamWriter) -> None:
            await met.wait()  # nobody is answered before 20 are here
            await page("x")(request, writer)

        world.site.routes["/x"] = together
        found = await asyncio.gather(*(world.get(host=f"{n}.example") for n in range(40)))
        assert all(isinstance(came, Fetched) for came in found)

    assert play(World({}, at_once=20), script).site.most == 20


@pytest.mark.parametrize(
    ("status", "header", "pause"),
    [
        (429, "Retry-After: 600", 600), (503, "Retry-After: 600", 600), (500, "Retry-After: 600", 600),
        (429, "Retry-After: 99999999", 86400), (429, "X: y", 60), (503, "Retry-After: soon", 60),
        (429, "Retry-After: " + format_datetime(datetime(2022, 1, 1, 0, 10, 2, tzinfo=UTC), usegmt=True), 600),
        (429, "Retry-After: -5", 60), (429, "Retry-After: 1e9", 60),
    ],
)  # fmt: skip
def test_a_host_that_asks_for_a_pause_gets_it(status: int, header: str, pause: int) -> None:
    async def script(world: World) -> None:
        await world.get()
        paused = await world.get("/y")
        assert isinstance(paused, Refused)
        assert (paused.reason, paused.wait) == (Unfetched.HOST_PAUSED, timedelta(seconds=pause))
        assert world.site.paths() == ["/x"]
        assert isinstance(await world.get("/x", "b.example"), Refused), "another host is asked nevertheless"
        assert world.site.paths() == ["/x", "/x"]
        world.timer.time += timedelta(seconds=pause)
        assert isinstance(await world.get("/y"), Fetched)

    play(World({"/x": answer(status, b"", header), "/y": page("y")}), script)


def test_a_short_pause_is_waited_for_in_line() -> None:
    async def script(world: World) -> None:
        assert await world.reasons("/x", "/y") == [Unfetched.BUSY, None]

    world = play(World({"/x": answer(429, b"", "Retry-After: 20"), "/y": page("y")}), script)
    assert world.timer.slept == [2.0, 20.0]


def test_a_host_that_fails_again_and_again_is_left_alone_longer_and_longer() -> None:
    async def script(world: World) -> None:
        assert await world.reasons(*["/x"] * 5) == [Unfetched.SERVER_ERROR] * 5
        for pause in (60, 120, 240, 480, 960, 1920, 3600, 3600):
            paused = await world.get("/y")
            assert isinstance(paused, Refused)
            assert (paused.reason, paused.wait) == (Unfetched.HOST_PAUSED, timedelta(seconds=pause))
            world.timer.time += timedelta(seconds=pause)
            assert await world.reasons("/x") == [Unfetched.SERVER_ERROR]
        world.timer.time += timedelta(hours=1)
        assert await world.reasons("/y", "/x", "/x", "/x", "/x", "/y") == [None, *[Unfetched.SERVER_ERROR] * 4, None]

    play(World({"/x": answer(500), "/y": page("y")}), script)


def test_pages_that_are_gone_or_harmful_do_not_speak_against_their_host() -> None:
    async def script(world: World) -> None:
        assert None not in await world.reasons(*["/missing", "/bomb", "/denied"] * 4)
        assert await world.reasons("/x") == [None]

    bomb = answer(200, gzip.compress(bytes(3_000_000)), "Content-Encoding: gzip")
    play(World({"/x": page("x"), "/bomb": bomb, "/denied": answer(403)}), script)


def test_whoever_is_cancelled_leaves_the_line_and_its_delay() -> None:
    async def script(world: World) -> None:
        begun = asyncio.Event()

        async def hangs(request: Request, writer: asyncio.StreamWriter) -> None:
            begun.set()
            await asyncio.sleep(30)

        world.site.routes["/hangs"] = hangs
        task = asyncio.ensure_future(world.get("/hangs"))
        await begun.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert await world.reasons("/x") == [None]

    assert play(World({"/x": page("x")}), script).timer.slept == [2.0, 2.0]


def test_lines_of_idle_hosts_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.adapters.fetching.queues.HOSTS_MAX", 3)
    timer = FakeTimer()
    queues = Queues(timer, timedelta(seconds=2), lambda: 0.0)

    async def ask() -> Outcome:
        return NotModified("", (), timer.now())

    async def script() -> None:
        for name in "abcd":
            await queues.ask("", name, None, ask)
        assert set(queues._lines) == {"a", "b", "c", "d"}, "each still has its delay"
        timer.time += timedelta(seconds=2)
        await queues.ask("", "e", None, ask)
        assert set(queues._lines) == {"e"}

    asyncio.run(script())


# robots.txt


def robots(text: str, *headers: str) -> dict[str, Handler]:
    return {"/robots.txt": answer(200, text.encode(), *headers), "/x": page("x"), "/y": page("y")}


def test_robots_txt_is_obeyed() -> None:
    async def script(world: World) -> None:
        assert await world.reasons("/x", "/y") == [Unfetched.ROBOTS, None]

    everybody = World(robots("User-agent: *\nDisallow: /x\n"))
    assert play(everybody, script).site.paths() == ["/y"]
    us = World(robots("User-agent: *\nDisallow: /\n\nUser-agent: pantau\nDisallow: /x\nAllow: /\n"))
    assert play(us, script).site.paths() == ["/y"]


def test_robots_txt_of_each_host_on_the_way_is_asked() -> None:
    async def script(world: World) -> None:
        world.site.routes["/x"] = redirect(f"http://b.example:{world.site.port}/z")
        came = await world.get()
        assert isinstance(came, Refused)
        assert (came.reason, len(came.hops)) == (Unfetched.ROBOTS, 1)
        assert world.site.paths() == ["/x"]

    play(World({"b.example/robots.txt": answer(200, b"User-agent: *\nDisallow: /z")}), script)


@pytest.mark.parametrize(
    ("status", "reason"),
    [(404, None), (403, None), (401, None), (410, None), (418, None), (500, Unfetched.ROBOTS_UNAVAILABLE),
     (503, Unfetched.BUSY), (429, Unfetched.BUSY), (302, Unfetched.ROBOTS_UNAVAILABLE)],
)  # fmt: skip
def test_a_file_that_is_not_there_permits_and_one_that_cannot_be_had_does_not(
    status: int, reason: Unfetched | None
) -> None:
    async def script(world: World) -> None:
        came = await world.get()
        assert (came.reason if isinstance(came, Refused) else None) is reason
        assert (came.wait if isinstance(came, Refused) else None) == (timedelta(minutes=10) if reason else None)

    world = play(World({"/robots.txt": answer(status), "/x": page("x")}), script)
    assert bool(world.site.paths()) == (reason is None)


def test_robots_txt_may_be_elsewhere_and_too_many_redirects_are_none() -> None:
    hops = {f"/{n}": redirect(f"/{n + 1}") for n in range(9)}

    async def script(world: World) -> None:
        assert await world.reasons("/x") == [Unfetched.ROBOTS]
        came = await world.get("/x", "b.example")
        assert isinstance(came, Fetched)

    disallowing = answer(200, b"User-agent: *\nDisallow: /x")
    play(World({"a.example/robots.txt": redirect("/5"), "b.example/robots.txt": redirect("/0"), **hops,
                "a.example/9": disallowing, "/x": page("x")}), script)  # fmt: skip


def test_robots_txt_is_asked_for_once_a_day_however_many_want_it() -> None:
    async def script(world: World) -> None:
        await asyncio.gather(*(world.get("/y") for _ in range(5)))
        world.timer.time += timedelta(hours=23)
        await world.get("/y")
        assert len(world.site.log) - len(world.site.paths()) == 1
        world.timer.time += timedelta(hours=2)
        await world.get("/y")
        assert len(world.site.log) - len(world.site.paths()) == 2

    play(World(robots("User-agent: *\nDisallow: /x")), script)


def test_old_rules_stay_while_the_file_cannot_be_had() -> None:
    async def script(world: World) -> None:
        assert await world.reasons("/x", "/y") == [Unfetched.ROBOTS, None]
        world.site.routes["/robots.txt"] = answer(500)
        world.timer.time += timedelta(days=2)
        assert await world.reasons("/x", "/y") == [Unfetched.ROBOTS, None]

    play(World(robots("User-agent: *\nDisallow: /x")), script)


def test_an_unavailable_file_is_asked_for_again_after_a_while() -> None:
    async def script(world: World) -> None:
        assert await world.reasons("/x", "/x") == [Unfetched.ROBOTS_UNAVAILABLE] * 2
        assert len(world.site.log) == 1
        world.site.routes["/robots.txt"] = answer(404)
        world.timer.time += timedelta(minutes=4)
        (came,) = [await world.get()]
        assert isinstance(came, Refused)
        assert came.wait == timedelta(minutes=6)
        world.timer.time += timedelta(minutes=6)
        assert await world.reasons("/x") == [None]

    play(World({"/robots.txt": answer(500), "/x": page("x")}), script)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("10", 10.0), ("1", 2.0), ("0.5", 2.0), ("86400", 30.0), ("1e300", 30.0), ("nan", 2.0), ("-9", 2.0), ("x", 2.0)],
)
def test_a_crawl_delay_makes_ours_longer_within_reason(said: str, seconds: float) -> None:
    async def script(world: World) -> None:
        await world.reasons("/x", "/y")

    world = play(World(robots(f"User-agent: *\nCrawl-delay: {said}\n")), script)
    assert world.timer.slept[1:] == [seconds]


def test_rules_are_held_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(world: World) -> None:
        for n in (*range(5), 4, 0):
            await world.get("/y", f"{n}.example")

    monkeypatch.setattr("pipeline.adapters.fetching.robots.BYTES_MAX", 100)
    world = play(World(robots("User-agent: *\nDisallow: /x\n")), script)  # 28 bytes, so three of them are held
    asked = [request.host[0] for request in world.site.log if request.path == "/robots.txt"]
    assert asked == ["0", "1", "2", "3", "4", "0"]


BIG = (
    "User-agent: *\nDisallow: /x\n####\n"
    + "Disallow: /a*b*c$\n" * 28_442
    + "Disallow: /y-and-more\n"
    + "User-agent: *\nDisallow: /y\n"
)
"""It is cut off behind "Disallow: /y", which would bar /y."""


@pytest.mark.parametrize("packed", [False, True])
def test_of_a_huge_robots_txt_the_first_500_kilobytes_are_read(packed: bool) -> None:
    async def script(world: World) -> None:
        assert await world.reasons("/x", "/y") == [Unfetched.ROBOTS, None]

    body = BIG.encode() + b"#" * 50_000_000 * packed
    headers = ("Content-Encoding: gzip",) if packed else ()
    routes = {**robots(""), "/robots.txt": answer(200, gzip.compress(body) if packed else body, *headers)}
    play(World(routes), script)


@pytest.mark.parametrize(
    "content",
    [b"<html>not a robots file", b"\x00\xff" * 1000, b"User-agent\nDisallow", b"Disallow: /x", "﻿".encode() + b"x",
     b"User-agent: *\n" * 30_000, b"".join(b"User-agent: a%d\nDisallow: /\n" % n for n in range(15_000)),
     b"User-agent: *\nDisallow: /" + b"a*" * 100_000 + b"b"],
)  # fmt: skip
def test_a_robots_txt_of_rubbish_permits_and_takes_little_time(content: bytes) -> None:
    async def script(world: World) -> None:
        begun = asyncio.get_running_loop().time()
        assert await world.reasons("/" + "a" * 1000) == [None]
        assert asyncio.get_running_loop().time() - begun < 10

    play(World({"/robots.txt": answer(200, content), "/" + "a" * 1000: page("x")}), script)


def test_validators_that_cannot_be_sent_are_left_out() -> None:
    async def script(world: World) -> None:
        url = f"http://a.example:{world.site.port}/x"
        for odd in ('"ü"', "a\r\nX: y", "\ud800"):
            assert isinstance(await world._fetcher.fetch(url, etag=odd, modified=odd), Fetched)

    world = play(World({"/x": page("x")}), script)
    assert not [request for request in world.site.log if "if-none-match" in request.headers or "x" in request.headers]
