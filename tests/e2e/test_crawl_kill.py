"""kill -9 of the running crawl at any instant: nothing listed is lost, and a page is fetched once more at the most."""

import asyncio
import multiprocessing
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from pipeline.adapters.clock import SystemClock
from pipeline.adapters.sqlite.broker import SqliteBroker
from pipeline.adapters.sqlite.frontier import SqliteFrontier
from schemas.catalog import Source
from schemas.codec import decode
from schemas.page import PageFetched
from tests.crawled import Crawl
from tests.killing import killed_after
from tests.web_site import Request, Site, answer, page

KILLS = 20
HOSTS, ARTICLES = 6, 25
SPAWN = multiprocessing.get_context("spawn")


def _feed(host: str, port: int) -> bytes:
    links = "".join(f"<item><link>http://{host}:{port}/{number}</link></item>" for number in range(ARTICLES))
    return f"<rss version='2.0'><channel>{links}</channel></rss>".encode()


async def _play(pipe: Connection) -> None:
    """Play all hosts until told to stop; then send how often each page was asked for."""
    asked: Counter[str] = Counter()

    async def serve(request: Request, writer: asyncio.StreamWriter) -> None:
        host = request.host.partition(":")[0]
        asked[f"{host}{request.path}"] += 1
        if request.path == "/robots.txt":
            await answer(404)(request, writer)
        elif request.path == "/feed":
            await answer(200, _feed(host, site.port))(request, writer)
        else:
            await page(f"isi {host} {request.path}")(request, writer)

    async with Site() as site:
        site.routes = _All(serve)
        pipe.send(site.port)
        await asyncio.get_running_loop().run_in_executor(None, pipe.recv)
        pipe.send(dict(asked))


class _All(dict):  # type: ignore[type-arg]
    """One handler for every path."""

    def __init__(self, handler: object) -> None:
        super().__init__()
        self._handler = handler

    def __missing__(self, key: str) -> object:
        return self._handler


def _serve(pipe: Connection) -> None:
    asyncio.run(_play(pipe))


@contextmanager
def world() -> Iterator[tuple[int, Connection]]:
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=_serve, args=(theirs,))
    process.start()
    try:
        yield ours.recv(), ours
    finally:
        process.kill()
        process.join()


def crawl(home: Path, port: int) -> None:
    """Crawl once."""
    sources = [Source(id=f"s{n}", name="S", url=f"http://h{n}.example:{port}/feed") for n in range(HOSTS)]
    made = Crawl(SystemClock(), port, sources, home, policy={"delay": timedelta(milliseconds=1)})
    asyncio.run(made.run())


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_kill_at_any_instant_loses_nothing_and_fetches_a_page_once_more_at_most(tmp_path: Path) -> None:
    chance, kills, rounds = random.Random(20300501), 0, 0
    with world() as (port, pipe):
        while kills < KILLS:
            rounds += 1
            home = tmp_path / f"home{rounds}"
            home.mkdir()
            killed = sum(killed_after(chance.uniform(0.02, 0.5), crawl, home, port) for _ in range(5))
            kills += killed
            crawl(home, port)
            complete(home)
            assert rounds < 20, "a kill counts when it met a process at work"
        pipe.send("stop")
        asked = pipe.recv()
    pages = {path: times for path, times in asked.items() if path.rpartition("/")[2].isdecimal()}
    assert len(pages) == HOSTS * ARTICLES
    assert sum(pages.values()) <= rounds * HOSTS * ARTICLES + kills * HOSTS, "one page a host and kill"
    assert max(pages.values()) <= rounds + kills


def complete(home: Path) -> None:
    """Everything that was listed is fetched, and went in exactly once."""
    frontier, broker = SqliteFrontier(home / "frontier.db"), SqliteBroker(home / "flow.db")
    assert {(one.state, one.reason) for one in frontier.counts()} == {("fetched", "")}
    assert sum(one.items for one in frontier.counts()) == HOSTS * ARTICLES
    found = Counter(decode(one.body, one.schema, PageFetched).url for one in broker.scan("pages-fetched"))
    assert len(found) == HOSTS * ARTICLES
    assert set(found.values()) == {1}
    frontier.close()
    broker.close()
