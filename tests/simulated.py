"""A clock that runs ahead whenever everybody waits: a week takes as long as what happens in it."""

import asyncio
import heapq
import selectors
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, TypeVar

T = TypeVar("T")
_PAUSE = 0.0005
"""Seconds without an event after which nothing is under way: on loopback what is sent is there at once."""


class SimulatedTimer:
    """A Timer whose sleepers wake as soon as nobody has anything else to do. Use it inside `simulate`."""

    def __init__(self, time: datetime = datetime(2022, 1, 3, tzinfo=UTC)) -> None:
        self.time = time
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._numbers = count()

    def now(self) -> datetime:
        """See Clock."""
        return self.time

    async def sleep(self, seconds: float) -> None:
        """See Timer."""
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.time + timedelta(seconds=seconds), next(self._numbers), woken))
        await woken

    def advance(self) -> None:
        """Wake who sleeps until the nearest time, and all who wake with him."""
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)
        if not self._sleepers:
            return
        self.time = max(self.time, self._sleepers[0][0])
        while self._sleepers and self._sleepers[0][0] <= self.time:
            _, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                woken.set_result(None)


class _Watchful(selectors.DefaultSelector):
    """Tells when nothing happens: no socket is ready, and no thread is at work."""

    def __init__(self, idle: Callable[[], None]) -> None:
        super().__init__()
        self._idle, self.jobs = idle, 0

    def select(self, timeout: float | None = None) -> Any:
        events = super().select(0)
        if events or timeout == 0 or (timeout is not None and timeout < 0):
            return events
        events = super().select(0.05 if self.jobs else _PAUSE)
        if not events and not self.jobs:
            self._idle()
        return events


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self, watchful: _Watchful) -> None:
        super().__init__(watchful)
        self._watchful = watchful

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:
        future = super().run_in_executor(executor, func, *args)
        self._watchful.jobs += 1
        future.add_done_callback(self._done)
        return future

    def _done(self, _: object) -> None:
        self._watchful.jobs -= 1


def simulate(timer: SimulatedTimer, body: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """What the coroutine returns, run on an event loop on which time passes by the timer alone."""
    watchful = _Watchful(timer.advance)
    with asyncio.Runner(loop_factory=lambda: _Loop(watchful)) as runner:
        return runner.run(body())
