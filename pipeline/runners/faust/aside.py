"""Steps that only read run in a process of their own, under limits; the event loop goes on meanwhile."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from pipeline.broker import Message
from pipeline.runners.handle import Handled
from pipeline.runners.workers import BATCH, Pool

LOOK_AGAIN = 5.0
"""Seconds after which it is looked whether the process got on, when it has not answered by then."""


class Aside:
    """Hands the messages of one agent to a pool. `moved` is told when the pool gets on."""

    def __init__(self, agent: str, pool: Pool, moved: Callable[[], None]) -> None:
        self._agent, self._pool, self._moved = agent, pool, moved
        self._collecting = asyncio.Lock()
        self._begun = 0

    async def handle(self, messages: Sequence[Message]) -> list[Handled]:
        """What became of each message. Raises Unavailable as `Pool.collect` does.

        Any number of lanes may wait at once: their batches stand in line, and one of them collects for all.
        """
        batches = (messages[start : start + BATCH] for start in range(0, len(messages), BATCH))
        tickets = [self._pool.submit(self._agent, batch) for batch in batches]
        while not all(ticket.done for ticket in tickets):
            async with self._collecting:
                if not all(ticket.done for ticket in tickets):
                    await self._collect()
        return [handled for ticket in tickets for _, handled in ticket.results()]

    async def _collect(self) -> None:
        await self._readable()
        if self._pool.begun != self._begun:
            self._begun = self._pool.begun
            self._moved()
        self._pool.collect(0)

    async def _readable(self) -> None:
        """Return when a worker of the pool has something to say, or after a while."""
        loop, ready = asyncio.get_running_loop(), asyncio.Event()
        pipes = self._pool.pipes()
        for pipe in pipes:
            loop.add_reader(pipe, ready.set)
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(ready.wait(), LOOK_AGAIN)
        finally:
            for pipe in pipes:
                loop.remove_reader(pipe)
