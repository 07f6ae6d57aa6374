"""The one thread in which steps run, beside the loop that keeps the worker in its group."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar

Result = TypeVar("Result")


class _Task(NamedTuple):
    function: Callable[[], Any]
    future: "asyncio.Future[Any]"


class Hands:
    """Runs functions one after the other in a thread.

    A step or a flush that waits for a server for a minute holds up the lanes of this worker, which need that server
    too, but no heartbeat, no commit and no rebalance. What lanes ask for at the same time runs, and ends, together: so
    they go on together, and share their requests to Kafka and to the index.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="steps")
        self._waiting: list[_Task] = []
        self._running = False

    async def __call__(self, function: Callable[[], Result]) -> Result:
        """The result of a function. Being cancelled, however often, waits for its end too: it may be inside a
        transaction.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        self._waiting.append(_Task(function, future))
        if not self._running:
            self._running = True
            loop.call_soon(self._start, loop)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            while not future.done():
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.wait([future])
            raise

    def _start(self, loop: asyncio.AbstractEventLoop) -> None:
        tasks, self._waiting = self._waiting, []
        self._pool.submit(self._work, tasks, loop)

    def _work(self, tasks: Sequence[_Task], loop: asyncio.AbstractEventLoop) -> None:
        """In the thread."""
        outcomes = [_outcome(task.function) for task in tasks]
        loop.call_soon_threadsafe(self._end, tasks, outcomes, loop)

    def _end(self, tasks: Sequence[_Task], outcomes: Sequence[Any], loop: asyncio.AbstractEventLoop) -> None:
        for task, (result, error) in zip(tasks, outcomes, strict=True):
            task.future.set_exception(error) if error else task.future.set_result(result)
        self._running = bool(self._waiting)
        if self._running:
            self._start(loop)


def _outcome(function: Callable[[], Any]) -> tuple[Any, BaseException | None]:
    try:
        return function(), None
    except Exception as error:  # noqa: BLE001 - it is raised again where the function was handed in
        return None, error
