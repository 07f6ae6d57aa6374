"""The crawler beside what else a command does: in the foreground, or in a thread of its own."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pipeline.cli.installation import Installation
from pipeline.cli.output import notes


def remind(house: Installation) -> None:
    """Say what whoever crawls may have forgotten."""
    sources = house.catalog.snapshot().sources
    if all(source.paused for source in sources):
        why = "each source is paused: take `paused = true` out of" if sources else "there are no sources: add some to"
        notes.print(f"nothing is crawled, {why} catalog/sources.toml", style="yellow")
    elif house.settings.contact is None:
        notes.print("set PANTAU_CONTACT to a URL, so that owners of sites can tell who is asking", style="yellow")


async def crawl(house: Installation, stop: asyncio.Event, once: bool = False) -> None:
    """Crawl until told to stop, or `once`: until nothing is left that is due. Raises as a crawler does."""
    async with house.crawler() as crawler:
        work = asyncio.ensure_future(crawler.run(once))
        stopped = asyncio.ensure_future(stop.wait())
        await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if not work.done():
            work.cancel()
        await asyncio.gather(work, stopped, return_exceptions=True)
        if not work.cancelled():
            work.result()


@contextmanager
def beside(house: Installation, ended: Callable[[], object]) -> Iterator[None]:
    """Crawl in a thread while the body runs; `ended` is called when the crawl ends before it, whose error is raised."""
    failure: list[BaseException] = []
    stop, loop = asyncio.Event(), asyncio.new_event_loop()

    def body() -> None:
        try:
            loop.run_until_complete(crawl(house.twin(), stop))
        except BaseException as error:  # noqa: BLE001 - the thread that waits for this one raises it
            failure.append(error)
        finally:
            ended()

    thread = threading.Thread(target=body, name="crawl")
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
    if failure:
        raise failure[0]
