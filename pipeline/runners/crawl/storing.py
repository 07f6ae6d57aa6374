"""Pages that were fetched go in: many at a time, because each transaction and each order to the disk has its price."""

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import TypeVar

from pipeline.errors import StorageFull, Unavailable
from pipeline.runners.intake import Arrival, Entry, Intake

T = TypeVar("T")
LOG = logging.getLogger("pantau.crawl")
BATCH = 200
PATIENCE, PAUSE = 600.0, 5.0
"""Seconds for which pages are handed in again, and between two times."""
HELD_MAX = 64 * 10**6
"""Bytes of pages that may wait to be stored; nothing more is asked for meanwhile."""


class Store:
    """Hands pages to the intake in a thread of its own. What arrives meanwhile is the next batch."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="intake")
        self._closing = threading.Event()
        self._waiting: list[tuple[Arrival, asyncio.Future[Entry]]] = []
        self._held, self._room = 0, asyncio.Condition()
        self._writer: asyncio.Task[None] | None = None

    async def room(self) -> None:
        """Come back when another page may be held."""
        async with self._room:
            await self._room.wait_for(lambda: self._held < HELD_MAX)

    async def put(self, arrival: Arrival) -> Entry:
        """Whether the page was new, changed or known; it is stored when this returns. Raises what the intake raises."""
        future: asyncio.Future[Entry] = asyncio.get_running_loop().create_future()
        self._waiting.append((arrival, future))
        self._held += len(arrival.content)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.ensure_future(self._write())
        return await future

    async def call(self, work: Callable[[], T]) -> T:
        """What `work` returns, which uses the topics: only this thread may, for it may be in a transaction."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def close(self) -> None:
        """End the thread."""
        self._closing.set()
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _take(self, arrivals: list[Arrival]) -> list[Entry]:
        """Hand pages in. A runner that is busy holds the file for long, and servers go away for a while: it is tried
        for some minutes, in which nothing more is fetched.
        """
        end = monotonic() + PATIENCE
        while True:
            try:
                return self._intake.take(arrivals)
            except StorageFull:
                raise
            except Unavailable as error:
                if self._closing.is_set() or monotonic() > end:
                    raise
                LOG.warning("pages cannot be handed in now", extra={"error": str(error)})
            self._closing.wait(PAUSE)

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            arrivals = [arrival for arrival, _ in batch]
            try:
                entries = await loop.run_in_executor(self._thread, self._take, arrivals)
            except Exception as error:  # noqa: BLE001 - those who wait for it raise it
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
            else:
                for (_, future), entry in zip(batch, entries):
                    if not future.done():
                        future.set_result(entry)
            async with self._room:
                self._held -= sum(len(arrival.content) for arrival in arrivals)
                self._room.notify_all()
