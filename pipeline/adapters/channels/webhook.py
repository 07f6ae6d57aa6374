"""The channel `webhook+https://...`: each alert is posted as JSON, signed as Standard Webhooks say.

https://www.standardwebhooks.com: `webhook-id` is the id of the alert and the same in every attempt, `webhook-timestamp`
the seconds of this one, `webhook-signature` an HMAC-SHA-256 of both and the body. `pantau watch secret` shows the key.
"""

import time
from collections.abc import Sequence
from pathlib import Path

import httpcore

from pipeline.adapters import keys
from pipeline.adapters.addresses import Forbidden, pool
from pipeline.adapters.channels import Refusal
from pipeline.errors import Misuse, Reject, TryLater, Unavailable
from schemas.alert import AlertRaised
from schemas.codec import encode

SECONDS = 5.0
"""Longest time for a post, from the name of the host to the first lines of the answer. Redirects are not followed: an
alert goes where its watch says, nowhere else."""


class Webhook:
    """Posts to the URL behind "webhook+". Anything but a 2xx answer is tried again later, for a day."""

    together = False

    def __init__(self, home: Path) -> None:
        self._home = home

    def send(self, url: str, alerts: Sequence[AlertRaised]) -> None:
        """See Channel."""
        for alert in alerts:
            self._post(url.removeprefix("webhook+"), alert)

    def examine(self, url: str) -> str:
        """See Channel. It asks with OPTIONS, which changes nothing, so any answer will do."""
        target = url.removeprefix("webhook+")
        host = httpcore.URL(target).host.decode()
        try:
            status = _ask("OPTIONS", target, {}, b"")
        except Forbidden as error:
            raise Misuse(str(error)) from error
        except TryLater as error:
            cure = "start it, or correct the channel in watches.yaml"
            raise Unavailable(f"the webhook at {host} does not answer ({error.detail}): {cure}") from error
        return f"{host} answers, with {status}"

    def _post(self, target: str, alert: AlertRaised) -> None:
        body, now = encode(alert), int(time.time())
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": alert.alert_id,
            "webhook-id": alert.alert_id,
            "webhook-timestamp": str(now),
            "webhook-signature": keys.signature(self._home, alert.alert_id, now, body),
        }
        try:
            status = _ask("POST", target, headers, body)
        except Forbidden as error:
            raise Reject(Refusal.FORBIDDEN, str(error)) from error
        if not 200 <= status < 300:
            raise TryLater(1.0, f"{_host(target)} answers {status}")


def _ask(method: str, target: str, headers: dict[str, str], body: bytes) -> int:
    """The status of the answer; its body is not read. Raises TryLater and Forbidden."""
    timeouts = dict.fromkeys(("connect", "read", "write", "pool"), SECONDS)
    try:
        with pool(SECONDS) as client:
            given = [("User-Agent", "pantau"), *headers.items()]
            with client.stream(method, target, headers=given, content=body, extensions={"timeout": timeouts}) as answer:
                return answer.status
    except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError) as error:
        raise TryLater(1.0, f"{_host(target)} does not answer: {str(error) or type(error).__name__}") from error


def _host(target: str) -> str:
    """The host alone: the path of a webhook is often its password."""
    return httpcore.URL(target).host.decode()
