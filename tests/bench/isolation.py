"""What limits cost, and what they save: `python -m tests.bench.isolation [--pages N] [--rounds N] [--hostile]`.

Ordinary pages go through the step of `clean` in this process and in a worker under limits, in turns; CPU counts, of
both processes together. Hostile pages (`tests.hostile`) show what each costs the worker and how it ends.
"""

import argparse
import gzip
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from agents.clean import CLEAN
from pipeline.adapters.clock import SystemClock
from pipeline.adapters.files import FilePages
from pipeline.broker import Message
from pipeline.flow import Agent
from pipeline.runners.handle import Dead, Handled, handle
from pipeline.runners.workers import BATCH, Pool, Ticket
from schemas.article import Article
from schemas.codec import decode, encode
from schemas.page import PageFetched
from schemas.topics import PAGES_FETCHED
from tests import hostile
from tests.bench.corpus import NEWS, arrivals

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
WEB = NEWS.parents[1] / "extraction" / "scrapinghub" / "html"


def ports(folder: str) -> tuple[Sequence[Agent], Mapping[str, Any]]:
    """What a worker needs for cleaning."""
    return (CLEAN,), {"pages": FilePages(Path(folder)), "clock": SystemClock()}


def message(pages: FilePages, number: int, content: bytes, media_type: str) -> Message:
    """A page as it stands in its topic."""
    page = PageFetched(
        article_id=str(number),
        revision=1,
        page=pages.put(content),
        media_type=media_type,
        source="bench",
        fetched_at=NOON,
        url=f"https://kabar.example/{number}",
    )
    return Message(PAGES_FETCHED.name, number, str(number), str(number), page.SCHEMA, encode(page), "", 0.0, NOON)


class Process:
    """CPU seconds and memory of the one worker of a pool."""

    def __init__(self, pool: Pool) -> None:
        self._folder = Path(f"/proc/{pool._workers[0].process.pid}")

    def cpu(self) -> float:
        """Seconds, to the nanosecond, of its threads that are alive."""
        tasks = (self._folder / "task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9

    def peak(self) -> int:
        """Megabytes that it had resident at most since `forget`; 0 when it has ended."""
        lines = (self._folder / "status").read_text().splitlines()
        return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0) // 1024

    def forget(self) -> None:
        """Let the peak start anew."""
        (self._folder / "clear_refs").write_text("5")


def through(pool: Pool, messages: Sequence[Message]) -> list[Handled]:
    """Hand in all messages as a runner does; what became of each."""
    tickets: list[Ticket] = []
    for start in range(0, len(messages), BATCH):
        while not pool.free():
            pool.collect(0.2)
        tickets.append(pool.submit(CLEAN.name, messages[start : start + BATCH]))
    while not all(ticket.done for ticket in tickets):
        pool.collect(0.2)
    return [handled for ticket in tickets for _, handled in ticket.results()]


def cost(what: str, messages: Sequence[Message], folder: str, rounds: int) -> None:
    """Print CPU per page here and in a worker, and what a worker costs to start."""
    _, own = ports(folder)
    began = time.process_time()
    pool = Pool(1, partial(ports, folder))
    through(pool, messages[:BATCH])
    worker = Process(pool)
    print(f"\n{what}: {len(messages)} pages, {rounds} rounds; a worker is up after {worker.cpu():.2f} s of CPU")
    print(f"  (this process took {time.process_time() - began:.2f} s for it)")
    [handle(CLEAN, one, own) for one in messages]
    ratios = []
    for _ in range(rounds):
        alone = _cpu(lambda: [handle(CLEAN, one, own) for one in messages], lambda: 0.0) / len(messages)
        apart = _cpu(lambda: through(pool, messages), worker.cpu) / len(messages)
        ratios.append(alone / apart)
        print(
            f"  here {alone * 1e3:7.2f} ms   apart {apart * 1e3:7.2f} ms   {1 / apart:6.1f} pages/s   {ratios[-1]:.3f}"
        )
    print(f"  median ratio {statistics.median(ratios):.3f}")
    pool.close()


def _cpu(run: Callable[[], object], other: Callable[[], float]) -> float:
    begun = time.process_time() + other()
    run()
    return time.process_time() + other() - begun


def show_hostile(folder: str) -> None:
    """Print what each hostile page costs and how it ends."""
    store, pool = FilePages(Path(folder)), Pool(1, partial(ports, folder))
    through(pool, [message(store, 0, hostile.html(""), "text/html")] * BATCH)
    for number, page in enumerate(hostile.pages()):
        worker = Process(pool)
        worker.forget()
        before, base = worker.cpu(), worker.peak()
        one = message(store, number, page.content, page.media_type)
        ticket = pool.submit(CLEAN.name, [one])
        spent, peak = 0.0, base
        while not ticket.done:
            spent, peak = worker.cpu() - before, max(peak, worker.peak())
            pool.collect(0.05)
        handled = ticket.results()[0][1]
        size = len(page.content) / 1e6
        print(f"{page.name:32} {size:6.2f} MB {spent:6.2f} s +{peak - base:4} MB  {_told(handled)}", flush=True)
    pool.close()


def _told(handled: Handled) -> str:
    if isinstance(handled.outcome, Dead):
        return f"{handled.outcome.reason}: {handled.outcome.error[:90]}"
    assert isinstance(handled.outcome, tuple)
    return f"article of {len(decode(handled.outcome[0].body, handled.outcome[0].schema, Article).text):,} codepoints"


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=400, help="ordinary pages of each kind")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--hostile", action="store_true", help="hostile pages instead of ordinary ones")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.hostile:
            show_hostile(folder)
            return
        store = FilePages(Path(folder))
        copies = [(arrival.content, "text/plain") for arrival in arrivals(options.pages)]
        web = [(gzip.decompress(path.read_bytes()), "text/html") for path in sorted(WEB.glob("*.gz"))[: options.pages]]
        for what, pages in (("text copies", copies), ("web pages", web)):
            if pages:
                cost(what, [message(store, n, *page) for n, page in enumerate(pages)], folder, options.rounds)


if __name__ == "__main__":
    main()
