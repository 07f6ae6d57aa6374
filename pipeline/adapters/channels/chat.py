"""The channels `apprise+...`: Slack, Teams, Discord, Telegram, ntfy and JSON through the package apprise.

What stands behind "apprise+" is a URL of apprise (https://github.com/caronc/apprise/wiki). apprise sends through
requests and urllib3, which know nothing of our gate: so urllib3 connects through it in a thread that sends to a chat,
and as ever in all others.
"""

import socket
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import apprise
from urllib3.util import connection

from pipeline.adapters.addresses import Forbidden, addresses
from pipeline.adapters.channels import Refusal
from pipeline.errors import Misuse, Reject, TryLater, Unavailable
from pipeline.news.telling import chat, chat_text, subject
from schemas.alert import AlertRaised

SECONDS, SECONDS_IN_ALL = 5.0, 60.0
"""For a connection and for each answer; for all that one message takes."""
_ANYWHERE = {"ntfy": 80, "ntfys": 443, "json": 80, "jsons": 443, "workflows": 443}
"""Services whose URL names the host that is called, with its usual port."""
_OPTIONS = f"cto={SECONDS}&rto={SECONDS}&redirect=no&overflow=split"
LONGEST = 10
"""Alerts of a digest that are shown; a chat is no place for more."""


class _Gate(threading.local):
    """What was refused to a thread that sends to a chat; None in every other."""

    refused: list[Forbidden] | None = None


_GATE = _Gate()
_CONNECT = connection.create_connection


def _connected(address: tuple[str, int], *arguments: Any, **options: Any) -> socket.socket:
    """urllib3's connection; while a chat is sent, to an address that was checked."""
    if _GATE.refused is None:
        return _CONNECT(address, *arguments, **options)
    host, port = address
    try:
        checked = addresses(host.strip("[]"), port)
    except Forbidden as error:
        _GATE.refused.append(error)  # apprise would swallow it
        raise
    failure = OSError(f"{host} has no address")
    for one in checked:
        try:
            return _CONNECT((one, port), *arguments, **options)
        except OSError as error:
            failure = error
    raise failure


connection.create_connection = _connected


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
        more = len(alerts) - LONGEST
        told = chat_text(alerts[:LONGEST]) + (f"\n\nand {more} more: pantau watch alerts" if more > 0 else "")
        if not _taken(service, told, chat(subject(alerts))):
            raise TryLater(1.0, f"{_name(url)} did not take the alert")

    def examine(self, url: str) -> str:
        """See Channel. Nothing can be asked without sending something, so only the URL is looked at, and its host."""
        _service(url)
        parts = urlsplit(url.removeprefix("apprise+"))
        try:
            if parts.scheme in _ANYWHERE and parts.hostname and parts.path.strip("/"):
                addresses(parts.hostname, parts.port or _ANYWHERE[parts.scheme])
        except Forbidden as error:
            raise Misuse(str(error)) from error
        except OSError as error:
            raise Unavailable(f"{_name(url)} has no address: correct the channel in watches.yaml") from error
        return "the URL is good; `pantau watch test` tries it"


def _taken(service: apprise.Apprise, body: str, title: str) -> bool:
    """Send, in a thread of its own that may call only what may be called, and that nobody waits for endlessly.

    Raises Reject when the host may not be called.
    """
    refused, taken = list[Forbidden](), list[bool]()

    def work() -> None:
        _GATE.refused = refused
        taken.append(bool(service.notify(body=body, title=title, body_format=apprise.NotifyFormat.TEXT)))

    thread = threading.Thread(target=work, name="chat", daemon=True)
    thread.start()
    thread.join(SECONDS_IN_ALL)
    if refused:
        raise Reject(Refusal.FORBIDDEN, str(refused[0])) from refused[0]
    return taken == [True]


def _service(url: str) -> apprise.Apprise:
    """The service behind a channel. Raises Misuse."""
    target = url.removeprefix("apprise+")
    service = apprise.Apprise(asset=apprise.AppriseAsset(service_timeout=0))  # it would send in yet another thread
    if not service.add(f"{target}{'&' if urlsplit(target).query else '?'}{_OPTIONS}"):
        raise Misuse(f"apprise does not understand the channel {_name(url)}: see its wiki for the form of the URL")
    return service


def _name(url: str) -> str:
    """The kind of a channel alone: the rest is a password."""
    return url.partition(":")[0]
