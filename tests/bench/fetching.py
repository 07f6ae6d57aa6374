"""How many pages a second one process fetches from many hosts, and whether each host is left alone as it should be.

`python -m tests.bench.fetching --hosts 200 --pages 10 --delay 1`. A process of its own plays all hosts on loopback.
"""

import argparse
import asyncio
import gzip
import resource
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise
from multiprocessing import get_context
from multiprocessing.connection import Connection

from pipeline.adapters.fetching import Fetcher, Policy
from pipeline.news.crawling.outcomes import Fetched
from tests.web_site import Request, Site, answer

PAGE = gzip.compress("".join(f"<p>Kalimat nomor {n} tentang {n * 7919 % 1000}.</p>\n" for n in range(1500)).encode())
"""60 kB of HTML, as it travels."""


async def _play(pipe: Connection) -> None:
    """Serve every path until told to stop; then send the times of the requests to each host."""
    times: dict[str, list[float]] = defaultdict(list)
    send = answer(200, PAGE, "Content-Type: text/html", "Content-Encoding: gzip")

    async def noted(request: Request, writer: asyncio.StreamWriter) -> None:
        times[request.host].append(time.monotonic())
        await (answer(404) if request.path == "/robots.txt" else send)(request, writer)

    async with Site(defaultdict(lambda: noted)) as site:
        pipe.send(site.port)
        await asyncio.get_running_loop().run_in_executor(None, pipe.recv)
        pipe.send(dict(times))


def _serve(pipe: Connection) -> None:
    asyncio.run(_play(pipe))


@contextmanager
def _world() -> Iterator[tuple[int, Connection]]:
    ours, theirs = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=_serve, args=(theirs,))
    process.start()
    try:
        yield ours.recv(), ours
    finally:
        process.join(10)
        process.terminate()


async def _fetch(port: int, hosts: int, pages: int, delay: float) -> int:
    names = [f"h{n}.example" for n in range(hosts)]
    policy = Policy(ports=frozenset({port}), delay=timedelta(seconds=delay))

    async def one(host: str) -> int:
        found = [await made.fetch(f"http://{host}:{port}/{n}") for n in range(pages)]
        return sum(isinstance(came, Fetched) for came in found)

    async with Fetcher(policy, hosts=frozenset(names), resolve=lambda host, port: ["127.0.0.1"]) as made:
        return sum(await asyncio.gather(*map(one, names)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", type=int, default=200)
    parser.add_argument("--pages", type=int, default=10, help="of each host")
    parser.add_argument("--delay", type=float, default=1.0, help="seconds between two requests to a host")
    given = parser.parse_args()
    with _world() as (port, pipe):
        begun, used = time.monotonic(), time.process_time()
        came = asyncio.run(_fetch(port, given.hosts, given.pages, given.delay))
        took, cpu = time.monotonic() - begun, time.process_time() - used
        pipe.send("stop")
        times = pipe.recv()
    gaps = [later - sooner for seen in times.values() for sooner, later in pairwise(seen)]
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(f"{came} pages in {took:.1f} s, {came / took:.0f} a second; {1000 * cpu / came:.2f} ms of CPU a page")
    print(f"shortest gap between two requests to a host {min(gaps):.3f} s; memory at most {held:.0f} MB")


if __name__ == "__main__":
    main()
