"""The Notify port: finds the channel for a URL and lets it deliver."""

from collections.abc import Sequence
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Protocol

from pipeline.adapters import backend
from pipeline.errors import Misuse, Reject
from schemas.alert import AlertRaised


class Refusal(StrEnum):
    """Why a channel will never take an alert."""

    UNKNOWN_CHANNEL = "unknown-channel"
    """No backend has the scheme of its URL."""
    FORBIDDEN = "forbidden"
    """Its address is not on the public internet."""
    REFUSED = "refused"
    """Who answers there will never take it."""


class Channel(Protocol):
    """One way to tell people. `together` says whether it takes several alerts as one digest."""

    together: bool

    def send(self, url: str, alerts: Sequence[AlertRaised]) -> None:
        """Deliver alerts of one watch. Raises TryLater or Reject as Notify does."""

    def examine(self, url: str) -> str:
        """Whether alerts would get there, in a phrase; none is sent. Raises Unavailable when they would not."""


class Channels:
    """All channels. `home` is the folder for those that write files."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._channel = cache(self._open)

    def together(self, channel: str) -> bool:
        """See Notify."""
        try:
            return self._channel(channel.partition(":")[0]).together
        except Misuse:  # `send` says why
            return False

    def send(self, channel: str, alerts: Sequence[AlertRaised]) -> None:
        """See Notify. A channel that no backend serves is refused: its watch names another one."""
        try:
            found = self._channel(channel.partition(":")[0])
        except Misuse as error:
            raise Reject(Refusal.UNKNOWN_CHANNEL, str(error)) from error
        found.send(channel, alerts)

    def examine(self, channel: str) -> str:
        """See Channel. Raises Misuse for a channel that no backend serves."""
        return self._channel(channel.partition(":")[0]).examine(channel)

    def _open(self, scheme: str) -> Channel:
        opened: Channel = backend("channel", scheme + ":")(self._home)
        return opened
