"""What crawling costs: a day of 500 sources on a simulated clock, and how many pages a second really come.

`python -m tests.bench.crawl_load day --hours 3` simulates hours of a day of 50,000 articles, the server in the same
process; `python -m tests.bench.crawl_load rate` crawls 200 hosts in real time, one request a second each, the server
in a process of its own. Pages are 60 kB, a fifth of it text, and are kept in a home folder as `pantau crawl` does.
"""

import argparse
import asyncio
import gzip
import resource
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from pipeline.adapters.clock import SystemClock
from pipeline.adapters.files import FilePages
from schemas.catalog import Source
from tests.crawled import Crawl
from tests.simulated import SimulatedTimer, simulate
from tests.web_site import Handler, Request, Site, answer

START = datetime(2022, 1, 3, tzinfo=UTC)
SENTENCE = "Kepala pelabuhan nomor {n} berkata bahwa dermaga {m} dibuka lagi pada hari Senin pekan depan. "
TEXT = "".join(f"<p>{SENTENCE.format(n=n, m=n * 7919 % 1000) * 4}</p>\n" for n in range(30))
TEXT += "".join(f"<li><a href='/{n}'>Berita {n * 7919 % 1000}</a></li><script>f({n})</script>\n" for n in range(700))
SHOWN = 30


class Sites:
    """Hosts that each publish an article every so often, and answer conditional requests."""

    def __init__(self, now: Callable[[], datetime], every: timedelta, dated: bool = True) -> None:
        self._now, self._every, self._dated = now, every, dated
        self.times: dict[str, list[float]] = defaultdict(list)
        self.requests = 0

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> None:
        """See Handler."""
        self.requests += 1
        self.times[request.host].append(time.monotonic())
        tag = f'"{request.path}"' if request.path != "/feed" else f'"{self._latest(request.host)}"'
        if request.headers.get("if-none-match") == tag:
            await answer(304)(request, writer)
        elif request.path == "/robots.txt":
            await answer(404)(request, writer)
        elif request.path == "/feed":
            await answer(200, self._feed(request.host), "Content-Type: application/rss+xml", f"ETag: {tag}")(
                request, writer
            )
        else:
            page = gzip.compress(f"<html><h1>{request.path}</h1>{TEXT}</html>".encode(), 1)
            await answer(200, page, "Content-Type: text/html", "Content-Encoding: gzip", f"ETag: {tag}")(
                request, writer
            )

    def _latest(self, host: str) -> int:
        shift = int(host[1:].partition(".")[0]) * 37 % 100 / 100
        return int((self._now() - START) / self._every + shift)

    def _feed(self, host: str) -> bytes:
        latest = self._latest(host)
        items = "".join(
            f"<item><title>Berita {n}</title><link>/berita/{n}-pejabat-bicara</link>"
            f"<pubDate>{format_datetime(START + n * self._every) if self._dated else ''}</pubDate></item>"
            for n in range(latest - SHOWN if latest > SHOWN else 0, latest + 1)
        )
        return f"<rss version='2.0'><channel>{items}</channel></rss>".encode()


class _All(defaultdict[str, Handler]):
    def __init__(self, handler: Handler) -> None:
        super().__init__(lambda: handler)


def sources(count: int, port: int) -> list[Source]:
    return [Source(id=f"s{n}", name="S", url=f"http://h{n}.example:{port}/feed") for n in range(count)]


def memory() -> float:
    """Megabytes at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def day(count: int, articles: int, hours: float, home: Path) -> None:
    timer = SimulatedTimer(START)
    sites = Sites(timer.now, timedelta(days=count / articles))
    site = Site(_All(sites))

    async def body() -> Crawl:
        async with site:
            crawl = Crawl(timer, site.port, sources(count, site.port), home)
            crawl.pages = FilePages(home / "pages")  # type: ignore[assignment]
            await crawl.run(once=False, until=timedelta(hours=hours))
            return crawl

    begun, used = time.monotonic(), time.process_time()
    crawl = simulate(timer, body)
    took, cpu = time.monotonic() - begun, time.process_time() - used
    pages = len(crawl.fetched())
    print(
        f"{count} sources, {hours:g} hours of {articles:,} articles a day: {pages:,} pages, {sites.requests:,} requests"
    )
    print(f"{took:.0f} s, {cpu:.0f} s of CPU with the server: {100 * cpu / hours / 3600:.1f} % of a core; "
          f"{1000 * cpu / sites.requests:.1f} ms a request; memory at most {memory():.0f} MB")  # fmt: skip
    size = (home / "frontier.db").stat().st_size
    print(f"frontier {size / 1e6:.1f} MB, {size / max(1, pages):.0f} bytes an article")


async def _play(pipe: Connection) -> None:
    sites = Sites(lambda: START + timedelta(days=1), timedelta(hours=1), dated=False)
    async with Site(_All(sites)) as site:
        pipe.send(site.port)
        await asyncio.get_running_loop().run_in_executor(None, pipe.recv)
        pipe.send(dict(sites.times))


def _serve(pipe: Connection) -> None:
    asyncio.run(_play(pipe))


def rate(hosts: int, delay: float, home: Path) -> None:
    ours, theirs = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=_serve, args=(theirs,))
    process.start()
    port = ours.recv()
    crawl = Crawl(SystemClock(), port, sources(hosts, port), home, policy={"delay": timedelta(seconds=delay)})
    crawl.pages = FilePages(home / "pages")  # type: ignore[assignment]
    begun, used = time.monotonic(), time.process_time()
    asyncio.run(crawl.run())
    took, cpu = time.monotonic() - begun, time.process_time() - used
    ours.send("stop")
    times = ours.recv()
    process.join(10)
    gaps = [later - sooner for seen in times.values() for sooner, later in pairwise(seen)]
    pages = len(crawl.fetched())
    print(f"{pages} pages of {hosts} hosts in {took:.1f} s, {pages / took:.0f} a second")
    print(f"{1000 * cpu / pages:.1f} ms of CPU a page")
    print(f"shortest gap between two requests to a host {min(gaps):.3f} s; memory at most {memory():.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["day", "rate"])
    parser.add_argument("--sources", type=int, default=500)
    parser.add_argument("--articles", type=int, default=50_000, help="a day")
    parser.add_argument("--hours", type=float, default=3.0)
    parser.add_argument("--hosts", type=int, default=200)
    parser.add_argument("--delay", type=float, default=1.0, help="seconds between two requests to a host")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if given.what == "day":
            day(given.sources, given.articles, given.hours, Path(folder))
        else:
            rate(given.hosts, given.delay, Path(folder))


if __name__ == "__main__":
    main()
