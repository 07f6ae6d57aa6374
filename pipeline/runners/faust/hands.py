"""The one thread in which steps run, beside the loop that keeps the worker in its group."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")


class Hands:
    """Runs functions one after the other in a thread.

    A step or a flush that waits for a server for a minute holds up the lanes of this worker, which need that server
    too, but no heartbeat, no commit and no rebalance.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="steps")

    async def __call__(self, function: Callable[[], Result]) -> Result:
        """The result of a function. Being cancelled waits for its end too: it may be inside a transaction."""
        running = asyncio.get_running_loop().run_in_executor(self._pool, function)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            await asyncio.wait([running])
            raise
