"""Tells people of the sources, through the channels that alerts of watches go through.

What is to be told is noted in the frontier together with what it is told of, then put into `alerts-raised`, then taken
out of the notes. A kill between two of these puts the same alert id in twice, which `deliver` tells once.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

import msgspec

from pipeline.broker import Draft, Topics
from pipeline.frontier import Frontier
from pipeline.news.pace import Weekly
from schemas.alert import AlertRaised
from schemas.codec import encode
from schemas.topics import ALERTS_RAISED


class Telling(NamedTuple):
    """Whom sources are told of: channels, and when each week the report is sent, if it is."""

    channels: tuple[str, ...] = ()
    weekly: Weekly | None = None


class Herald:
    """Keeps what is to be told until it is in its topic."""

    def __init__(self, broker: Topics, telling: Telling) -> None:
        self._broker, self.telling = broker, telling

    def note(self, frontier: Frontier, alert: AlertRaised) -> None:
        """Note what is to be told, in the transaction in which that comes to pass."""
        if self.telling.channels:
            told = msgspec.structs.replace(alert, channels=self.telling.channels)
            frontier.amend(AlertRaised, alert.alert_id, lambda _: told)

    async def tell(
        self, frontier: Frontier, now: datetime, store: Callable[[Callable[[], Any]], Awaitable[Any]]
    ) -> None:
        """Hand on what is noted; `store` calls what uses the topics."""
        noted = list(frontier.notes(AlertRaised).values())
        if noted:
            await store(partial(self._hand_on, noted, now))
            with frontier.together():
                for alert in noted:
                    frontier.amend(AlertRaised, alert.alert_id, lambda _: None)

    def _hand_on(self, noted: Sequence[AlertRaised], now: datetime) -> None:
        with self._broker.transaction():
            self._broker.append(map(_draft, noted), now)


def _draft(alert: AlertRaised) -> Draft:
    return Draft(
        ALERTS_RAISED.name, ALERTS_RAISED.key(alert), ALERTS_RAISED.trace(alert), alert.SCHEMA, encode(alert), "crawl"
    )
