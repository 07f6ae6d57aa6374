"""What the crawler asks of sites for each new article, beside a poller that looks at every source every 15 minutes.

`python -m tests.bench.crawling --days 7 --volume 1` plays the thirty sites of `tests.crawl_world` on a simulated clock.
The naive poller is counted, not run: 96 looks a day at each source without validators, and one request an article.
"""

import argparse
import resource
import statistics
import time
from collections import defaultdict
from datetime import datetime, timedelta

from rich.console import Console
from rich.table import Table

from tests.crawl_world import DAY, START, Outlet, Story, World
from tests.crawled import Crawl
from tests.simulated import SimulatedTimer, simulate

NAIVE_A_DAY = 96
LISTINGS = frozenset({"/list", "/list2", "/part.xml"})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=float, default=7.0)
    parser.add_argument("--volume", type=float, default=1.0, help="times of what the sites publish")
    given = parser.parse_args()
    timer = SimulatedTimer(START)
    world = World(timer, given.days, given.volume)

    async def body() -> Crawl:
        async with world.site:
            crawl = Crawl(timer, world.site.port, world.sources())
            await crawl.run(once=False, until=given.days * DAY)
            return crawl

    begun, used = time.monotonic(), time.process_time()
    crawl = simulate(timer, body)
    took, cpu = time.monotonic() - begun, time.process_time() - used
    Console(width=110).print(_table(world, given.days))
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(f"{len(world.seen)} requests, {len(crawl.fetched())} pages kept; {given.days:g} days in {took:.0f} s, "
          f"{cpu:.0f} s of CPU with the server; memory at most {held:.0f} MB")  # fmt: skip


def _table(world: World, days: float) -> Table:
    columns = ("sites", "a day", "articles", "looks", "of them 304", "again", "looks", "naive looks", "minutes")
    made = Table(title="requests by sites of like volume: in all, then per new article; median time to an article")
    for column in columns:
        made.add_column(column, justify="right")
    groups: dict[str, list[Outlet]] = defaultdict(list)
    for outlet in world.outlets.values():
        groups[_group(outlet.a_day)].append(outlet)
    for name, some in [*sorted(groups.items()), ("all", list(world.outlets.values()))]:
        made.add_row(*_row(world, name, some, days))
    return made


def _group(a_day: float) -> str:
    return "20 and more" if a_day >= 20 else "5 to 20" if a_day >= 5 else "0 to 5"


def _row(world: World, name: str, some: list[Outlet], days: float) -> list[str]:
    hosts = {outlet.host for outlet in some} | {outlet.feeds for outlet in some}
    seen = [one for one in world.seen if one.host in hosts]
    looks = [one for one in seen if one.path in LISTINGS]
    stories = {(o.host, o.path(s)): (o, s) for o in some for s in o.stories}
    first: dict[tuple[str, str], datetime] = {}
    again = 0
    for one in seen:
        if (one.host, one.path) in stories:
            again += (one.host, one.path) in first
            first.setdefault((one.host, one.path), one.at)
    waits = [_minutes(stories[place], at) for place, at in first.items() if stories[place][1].at > START]
    naive = len(some) * NAIVE_A_DAY * days
    articles = max(len(first), 1)
    return [str(len(some)), name, str(len(first)), str(len(looks)), str(sum(one.status == 304 for one in looks)),
            str(again), f"{len(looks) / articles:.2f}", f"{naive / articles:.2f}",
            f"{statistics.median(waits or [0]):.0f}"]  # fmt: skip


def _minutes(story: tuple[Outlet, Story], at: datetime) -> float:
    return (at - story[1].at) / timedelta(minutes=1)


if __name__ == "__main__":
    main()
