"""Steps that only read run in a process of their own, under limits of CPU time and memory."""

from collections.abc import Callable, Sequence

from pipeline.broker import Message
from pipeline.runners.handle import Handled
from pipeline.runners.workers import Pool

LOOK_AGAIN = 5.0
"""Seconds after which it is looked whether the process got on, when it has not answered by then."""


class Aside:
    """Hands the messages of one agent to a pool. `moved` is told when the pool gets on."""

    def __init__(self, agent: str, pool: Pool, moved: Callable[[], None]) -> None:
        self._agent, self._pool, self._moved = agent, pool, moved
        self._begun = 0

    def handle(self, messages: Sequence[Message]) -> list[Handled]:
        """What became of each message. Raises Unavailable as `Pool.collect` does."""
        ticket = self._pool.submit(self._agent, messages)
        while not ticket.done:
            self._pool.collect(LOOK_AGAIN)
            if self._pool.begun != self._begun:
                self._begun = self._pool.begun
                self._moved()
        return [handled for _, handled in ticket.results()]
