"""A hub is subscribed to, confirms, tells, and is believed only when it signs: crawler, server and hub together."""

import asyncio
import hashlib
import hmac
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from pipeline.adapters.clock import SystemClock
from pipeline.adapters.fetching import Fetcher, Policy
from pipeline.news.crawling import hubs
from pipeline.news.crawling.hubs import Subscription
from schemas.catalog import Source
from tests.crawled import Crawl
from tests.serving.service import Service, problem, served
from tests.web_site import Request, Site, answer, page, redirect

NOW = datetime.now(UTC)
KNOWN = Subscription("https://hub.example/", "https://a.example/feed", "t" * 43, "s" * 43, asked=NOW, asks=1)


@pytest.fixture
def hub(service: Service) -> Callable[[], Subscription]:
    """The subscription of a source that is followed; calling it shows how it stands."""
    (service.home / "catalog").mkdir(exist_ok=True)
    follow(service.home, "https://a.example/feed")
    service.house.frontier.amend(Subscription, "s", lambda _: KNOWN)
    return lambda: service.house.frontier.notes(Subscription)["s"]


def follow(home: Path, url: str, paused: str = "false") -> None:
    text = f'[[source]]\nid = "s"\nname = "S"\nurl = "{url}"\npaused = {paused}\n'
    (home / "catalog" / "sources.toml").write_text(text, encoding="utf-8")


def asks(service: Service, token: str = KNOWN.token, **said: str) -> httpx.Response:
    given = {"mode": "subscribe", "topic": KNOWN.topic, "challenge": "<b>word</b>", "lease_seconds": "864000"} | said
    parameters = {f"hub.{name}": value for name, value in given.items()}
    return httpx.get(f"{service.url}/hubs/{token}", params=parameters)


def tells(service: Service, body: bytes = b"news", secret: str = KNOWN.secret, token: str = KNOWN.token) -> int:
    made = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {"X-Hub-Signature": f"sha256={made}", "Content-Type": "application/rss+xml"}
    return httpx.post(f"{service.url}/hubs/{token}", content=body, headers=headers).status_code


def test_a_hub_that_asks_is_told_that_it_is_meant(service: Service, hub: Callable[[], Subscription]) -> None:
    came = asks(service)
    assert (came.status_code, came.text) == (200, "<b>word</b>")
    assert came.headers["content-type"].startswith("text/plain")
    assert came.headers["x-content-type-options"] == "nosniff"
    until = hub().until
    assert until
    assert timedelta(days=9) < until - NOW < timedelta(days=11)
    assert asks(service, lease_seconds="60").status_code == 200, "it may confirm again"


@pytest.mark.parametrize(
    "said",
    [
        {"mode": "unsubscribe"}, {"mode": ""}, {"topic": "https://b.example/feed"}, {"challenge": ""},
        {"challenge": "x" * 1001}, {"mode": "denied", "topic": "https://b.example/feed"}, {"token": "t" * 42},
        {"token": "%00"}, {"token": "é" * 43},
    ],
)  # fmt: skip
def test_what_was_not_asked_for_is_not_confirmed(
    service: Service, hub: Callable[[], Subscription], said: dict[str, str]
) -> None:
    problem(asks(service, **said), 404, "not-found")
    assert hub() == KNOWN


def test_a_hub_may_refuse_and_take_its_word_back(service: Service, hub: Callable[[], Subscription]) -> None:
    assert asks(service).status_code == 200
    assert asks(service, mode="denied", reason="too many").status_code == 200
    assert hub().denied == "too many"
    assert hub().until is None


def test_only_what_the_hub_signed_makes_the_source_due(service: Service, hub: Callable[[], Subscription]) -> None:
    asks(service)
    assert tells(service, secret="wrong") == 202, "who guesses learns nothing"
    assert httpx.post(f"{service.url}/hubs/{KNOWN.token}", content=b"news").status_code == 202
    assert hub().told is None
    assert tells(service, b"x" * 3_000_000) == 202
    assert hub().told


def test_a_feed_that_is_not_followed_any_more_is_gone(service: Service, hub: Callable[[], Subscription]) -> None:
    follow(service.home, "https://a.example/feed", paused="true")
    problem(asks(service), 410, "gone")
    assert tells(service) == 410
    assert hub() == KNOWN


@contextmanager
def playing(routes: dict[str, object]) -> Iterator[Site]:
    """A site on a loop and thread of its own."""
    loop, site = asyncio.new_event_loop(), Site(routes)  # type: ignore[arg-type]
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(site.__aenter__(), loop).result()
    try:
        yield site
    finally:
        asyncio.run_coroutine_threadsafe(site.__aexit__(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def test_an_article_that_a_hub_tells_of_is_fetched_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "APART", timedelta(0))
    links, forms = ["/1"], list[dict[str, list[str]]]()

    async def feed(request: Request, writer: asyncio.StreamWriter) -> None:
        found = "".join(f"<item><link>{link}</link></item>" for link in links)
        hub = f"Link: <http://hub.example:{site.port}/hub>; rel=hub"
        await answer(200, f"<rss version='2.0'><channel>{found}</channel></rss>".encode(), hub)(request, writer)

    async def subscribe(request: Request, writer: asyncio.StreamWriter) -> None:
        forms.append(parse_qs(request.body.decode()))
        await answer(202)(request, writer)

    with served(tmp_path) as service, playing({"/feed": feed, "/hub": subscribe}) as site:
        for number in "12":
            site.routes[f"/{number}"] = page(number)
        url = f"http://a.example:{site.port}/feed"
        follow(tmp_path, url)
        policy = {"delay": timedelta(0)}
        crawl = Crawl(
            SystemClock(), site.port, [Source(id="s", name="S", url=url)], tmp_path, policy=policy,
            told_at=f"{service.url}/hubs",
        )  # fmt: skip
        asyncio.run(crawl.run())
        (form,) = forms
        assert form["hub.mode"] == ["subscribe"]
        assert form["hub.topic"] == [url]
        callback = form["hub.callback"][0]
        assert callback.startswith(f"{service.url}/hubs/")
        said = {"hub.mode": "subscribe", "hub.topic": url, "hub.challenge": "x", "hub.lease_seconds": "86400"}
        assert httpx.get(callback, params=said).text == "x"

        links.append("/2")
        asyncio.run(crawl.run())
        assert len(crawl.fetched()) == 1, "nothing is due, and nobody told"
        token = urlsplit(callback).path.rpartition("/")[2]
        assert tells(service, b"anything", form["hub.secret"][0], token) == 202
        asyncio.run(crawl.run())
        assert [crawl.pages.get(one.page) for one in crawl.fetched()] == [b"1", b"2"]
        assert len(forms) == 1, "it is asked again before its lease ends, not at each look"
        polled = crawl.frontier.polled()["s"]
        assert polled.due - SystemClock().now() > timedelta(minutes=50), "looks go on, more seldom"


def test_a_hub_inside_is_not_called(tmp_path: Path) -> None:
    caught: list[Request] = []

    async def trap(request: Request, writer: asyncio.StreamWriter) -> None:
        caught.append(request)
        await answer(202)(request, writer)

    async def body(url: str) -> object:
        async with Fetcher(Policy(ports=frozenset({urlsplit(url).port or 80})), hosts=frozenset()) as web:
            return await web.post(url, [("hub.mode", "subscribe")])

    with playing({"/hub": trap}) as site:
        for host in ("127.0.0.1", "127.1", "localhost", "[::ffff:127.0.0.1]", "2130706433"):
            came = asyncio.run(body(f"http://{host}:{site.port}/hub"))
            assert getattr(came, "reason", None) == "private-address"
    assert not caught


def test_a_hub_that_redirects_is_not_followed() -> None:
    async def body() -> object:
        async with Fetcher(Policy(ports=frozenset({site.port})), hosts=frozenset({"hub.example", "b.example"}),
                           resolve=lambda host, port: ["127.0.0.1"]) as web:  # fmt: skip
            return await web.post(f"http://hub.example:{site.port}/hub", [("hub.mode", "subscribe")])

    with playing({"hub.example/hub": redirect("http://b.example/hub", 307)}) as site:
        assert getattr(asyncio.run(body()), "reason", None) == "refused"
    assert [request.host.partition(":")[0] for request in site.log] == ["hub.example"]
