"""The Notify port: finds the channel for a URL and lets it deliver."""

from functools import cache
from pathlib import Path
from typing import Protocol

from pipeline.adapters import backend
from schemas.alert import AlertRaised


class Channel(Protocol):
    """One way to tell people."""

    def send(self, url: str, alert: AlertRaised) -> None:
        """Deliver an alert. Raises TryLater or Reject as Notify does."""


class Channels:
    """All channels. `home` is the folder for those that write files."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._channel = cache(self._open)

    def send(self, channel: str, alert: AlertRaised) -> None:
        """See Notify."""
        self._channel(channel.partition(":")[0]).send(channel, alert)

    def _open(self, scheme: str) -> Channel:
        opened: Channel = backend("channel", scheme + ":")(self._home)
        return opened
