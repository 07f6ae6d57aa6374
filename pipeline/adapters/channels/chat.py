"""The channels `apprise+...`: Slack, Teams, Discord, Telegram, ntfy and JSON through the package apprise.

What stands behind "apprise+" is a URL of apprise (https://github.com/caronc/apprise/wiki).
"""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import apprise

from pipeline.adapters.addresses import Forbidden, addresses
from pipeline.adapters.channels import Refusal
from pipeline.errors import Misuse, Reject, TryLater, Unavailable
from pipeline.news.telling import chat, chat_text, subject
from schemas.alert import AlertRaised

SECONDS = 5.0
_ANYWHERE = {"ntfy": 80, "ntfys": 443, "json": 80, "jsons": 443, "workflows": 443}
"""Services whose URL names the host that is called, with its usual port: their address is checked."""
_OPTIONS = f"cto={SECONDS}&rto={SECONDS}&redirect=no&overflow=split"
LONGEST = 10
"""Alerts of a digest that are shown; a chat is no place for more."""


class Chat:
    """Sends through apprise. Whatever it does not take is tried again later, for a day."""

    together = True

    def __init__(self, home: Path) -> None:
        pass

    def send(self, url: str, alerts: Sequence[AlertRaised]) -> None:
        """See Channel."""
        try:
            service = _service(url)
        except Misuse as error:
            raise Reject(Refusal.UNKNOWN_CHANNEL, str(error)) from error
        except Forbidden as error:
            raise Reject(Refusal.FORBIDDEN, str(error)) from error
        except OSError as error:
            raise TryLater(1.0, f"{_name(url)} has no address: {error.strerror}") from error
        more = len(alerts) - LONGEST
        told = chat_text(alerts[:LONGEST]) + (f"\n\nand {more} more: pantau watch alerts" if more > 0 else "")
        if not service.notify(body=told, title=chat(subject(alerts)), body_format=apprise.NotifyFormat.TEXT):
            raise TryLater(1.0, f"{_name(url)} did not take the alert")

    def examine(self, url: str) -> str:
        """See Channel. Nothing can be asked without sending something, so only the URL is looked at."""
        try:
            _service(url)
        except Forbidden as error:
            raise Misuse(str(error)) from error
        except OSError as error:
            raise Unavailable(f"{_name(url)} has no address: correct the channel in watches.yaml") from error
        return "the URL is good; `pantau watch test` tries it"


def _service(url: str) -> apprise.Apprise:
    """The service behind a channel. Raises Misuse, Forbidden and OSError."""
    target = url.removeprefix("apprise+")
    parts = urlsplit(target)
    if parts.scheme in _ANYWHERE and parts.hostname and parts.path.strip("/"):
        addresses(parts.hostname, parts.port or _ANYWHERE[parts.scheme])
    service = apprise.Apprise()
    if not service.add(f"{target}{'&' if parts.query else '?'}{_OPTIONS}"):
        raise Misuse(f"apprise does not understand the channel {_name(url)}: see its wiki for the form of the URL")
    return service


def _name(url: str) -> str:
    """The kind of a channel alone: the rest is a password."""
    return url.partition(":")[0]
