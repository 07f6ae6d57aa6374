"""The channel `webhook+https://...`: each alert is posted as JSON, with its id as idempotency key."""

from pathlib import Path

import httpx

from pipeline.errors import TryLater, Unavailable
from schemas.alert import AlertRaised
from schemas.codec import encode

SECONDS = 5.0
"""Longest wait for the receiver. Redirects are not followed: an alert goes where its watch says, nowhere else."""


class Webhook:
    """Posts to the URL behind "webhook+". Anything but a 2xx answer is tried again later, for a day."""

    def __init__(self, home: Path) -> None:
        self._client = httpx.Client(timeout=SECONDS, follow_redirects=False)

    def send(self, url: str, alert: AlertRaised) -> None:
        """See Notify."""
        target = url.removeprefix("webhook+")
        headers = {"Content-Type": "application/json", "Idempotency-Key": alert.alert_id}
        try:
            answer = self._client.post(target, content=encode(alert), headers=headers)
        except httpx.HTTPError as error:
            raise TryLater(1.0, f"{target} does not answer: {error}") from error
        if not answer.is_success:
            raise TryLater(1.0, f"{target} answers {answer.status_code}")

    def examine(self, url: str) -> str:
        """See Channel. It asks with OPTIONS, which changes nothing, so any answer will do."""
        target = url.removeprefix("webhook+")
        host = httpx.URL(target).host
        try:
            answer = self._client.options(target)
        except httpx.HTTPError as error:
            cure = "start it, or correct the channel in watches.yaml"
            raise Unavailable(f"the webhook at {host} does not answer ({error}): {cure}") from error
        return f"{host} answers, with {answer.status_code}"
