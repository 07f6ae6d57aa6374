"""The whole embedded chain against the bare loop of the functions it calls, and against itself with more workers."""

import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from agents.extract import recognised
from pipeline.cli.installation import Installation
from pipeline.news.cleaning import clean
from pipeline.news.extraction import extract
from pipeline.news.officials import Roster
from pipeline.ports import Recogniser
from pipeline.runners.intake import Arrival
from pipeline.settings import load
from schemas.page import PageFetched
from tests.bench.corpus import arrivals
from tests.bench.processes import tree

ROUNDS = 3


def bare(count: int) -> float:
    """CPU seconds of cleaning and extraction alone, called in a loop."""
    pages = arrivals(count)
    house = Installation(load({}, Path(tempfile.mkdtemp())))
    roster = Roster.of(house.catalog.snapshot())
    loop(pages[:20], roster, house.recogniser)
    start = time.process_time()
    loop(pages, roster, house.recogniser)
    return time.process_time() - start


def loop(pages: list[Arrival], roster: Roster, recogniser: Recogniser) -> None:
    """The bare loop: clean and extract, one article after the other."""
    for number, arrival in enumerate(pages):
        page = PageFetched(
            article_id=str(number),
            revision=1,
            page="",
            media_type=arrival.media_type,
            source="bench",
            fetched_at=datetime.now(UTC),
            url=arrival.url,
            hints=arrival.hints,
        )
        article = clean(arrival.content, page)
        extract(article, roster, *recognised(article, recogniser))


def chain(count: int) -> tuple[float, dict[str, int]]:
    """CPU seconds of the whole chain in one process, and the bytes that each part keeps."""
    pages = arrivals(count)
    with tempfile.TemporaryDirectory() as folder:
        house = Installation(load({}, Path(folder)))
        run(house, pages[:20], 0)
        start = time.process_time()
        run(house, pages[20:], 0)
        return time.process_time() - start, sizes(Path(folder))


def run(house: Installation, pages: list[Arrival], workers: int) -> None:
    """Take pages in and drain the flow."""
    for start in range(0, len(pages), 50):
        house.intake.take(pages[start : start + 50])
    with house.runner(workers) as runner:
        runner.drain()


def timed(count: int, workers: int) -> float:
    """Wall seconds to drain the flow with worker processes that are up already."""
    pages = arrivals(count)
    with tempfile.TemporaryDirectory() as folder:
        house = Installation(load({}, Path(folder)))
        house.intake.take(pages[:20])
        with house.runner(workers) as runner:
            runner.drain()
            for start in range(20, count, 50):
                house.intake.take(pages[start : start + 50])
            begin = time.perf_counter()
            runner.drain()
            return time.perf_counter() - begin


def sizes(home: Path) -> dict[str, int]:
    """Bytes of the files of the broker, the index and the page store."""
    of = {"broker": home.glob("flow.db*"), "index": home.glob("index.db*"), "pages": home.rglob("pages/**/*")}
    return {name: sum(path.stat().st_size for path in files if path.is_file()) for name, files in of.items()}


def memory(count: int, workers: int) -> tuple[float, float]:
    """Peak megabytes of the process tree, shared memory counted once (PSS), and wall seconds, for `count` articles."""
    peak, done = 0.0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.5):
            peak = max(peak, sum(map(_megabytes, tree(os.getpid()))))

    watcher = threading.Thread(target=watch)
    watcher.start()
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        house = Installation(load({}, Path(folder)))
        for start in range(0, count, 2000):
            run(house, arrivals(count)[start : start + 2000], workers)
    done.set()
    watcher.join()
    return peak, time.perf_counter() - begin


def _megabytes(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has ended meanwhile
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def apart(function: Callable[..., Any], *values: Any) -> Any:
    """Call a function in a process of its own, so that no run warms the next."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *values).result()


def overhead(count: int) -> None:
    """Print articles per CPU second of the chain and of the bare loop, round by round."""
    print(f"\nwhole chain against the bare loop of cleaning and extraction, {count} articles, {ROUNDS} rounds")
    ratios, kept = [], {}
    for _ in range(ROUNDS):
        alone = apart(bare, count) / count
        whole, kept = apart(chain, count)
        whole /= count - 20
        ratios.append(alone / whole)
        print(f"  bare {1 / alone:7.1f}/s   chain {1 / whole:7.1f}/s   ratio {ratios[-1]:.3f}")
    print(f"  median ratio {statistics.median(ratios):.3f} (goal .90)")
    print("  bytes per article: " + ", ".join(f"{name} {size / count:,.0f}" for name, size in kept.items()))


def speedup(count: int) -> None:
    """Print the wall time of one and of two worker processes."""
    print(f"\nworker processes, {count} articles, {os.cpu_count()} cores")
    gains = []
    for _ in range(ROUNDS):
        one, two = apart(timed, count, 1), apart(timed, count, 2)
        gains.append(one / two)
        print(f"  one {count / one:7.1f}/s   two {count / two:7.1f}/s   gain {gains[-1]:.2f}")
    print(f"  median gain {statistics.median(gains):.2f} (goal 1.7)")


def footprint(count: int) -> None:
    """Print the peak memory of the whole process tree."""
    peak, seconds = apart(memory, count, 2)
    print(
        f"\npeak memory of all processes, {count} articles, two workers: {peak:,.0f} MB (goal 1,500); {seconds:.0f} s"
    )
