"""Who asks, and whether that may be: the API key of a request, what it is for, and how often it is used."""

import math

from starlette.requests import Request

from pipeline.adapters.apikeys import ApiKey, ApiKeys, Scope
from pipeline.ports import Clock
from pipeline.serving.pace import Pace
from pipeline.serving.problems import Problem

BYTES_PER_MINUTE = 500_000_000
"""Bytes a minute that one key may upload."""
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="pantau"'}
_CURE = "make one with `pantau keys add NAME` and send it as `Authorization: Bearer KEY`"


class Access:
    """Lets requests in. A key is needed on loopback too: a proxy in front makes all the world local."""

    def __init__(self, keys: ApiKeys, clock: Clock, requests: Pace, traffic: Pace) -> None:
        self._keys, self._clock, self._requests, self._traffic = keys, clock, requests, traffic

    def admit(self, request: Request, scope: Scope) -> ApiKey:
        """The key of a request. Raises Problem when there is none that may do this now."""
        scheme, _, words = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not words.strip():
            raise Problem("no-key", f"this needs an API key: {_CURE}", _CHALLENGE)
        key = self._keys.find(words.strip())
        if key is None:
            raise Problem("wrong-key", f"this API key opens nothing here: {_CURE}", _CHALLENGE)
        self._check(key, scope)
        self._slow(self._requests.wait(key.id, key.per_minute), f"{key.per_minute} requests")
        self._slow(self._traffic.wait(key.id, BYTES_PER_MINUTE, 0.0), f"{BYTES_PER_MINUTE // 10**6} MB")
        self._requests.take(key.id)
        return key

    def spend(self, key: ApiKey, size: int) -> None:
        """Count the bytes of an upload. A key that sent too many is not let in again before they are paid off."""
        self._traffic.take(key.id, size)

    def _check(self, key: ApiKey, scope: Scope) -> None:
        if key.revoked:
            detail = f"the API key {key.name!r} was revoked on {key.revoked:%Y-%m-%d}: {_CURE}"
            raise Problem("revoked-key", detail, _CHALLENGE)
        if not key.works(self._clock.now()):
            raise Problem("expired-key", f"the API key {key.name!r} has expired: {_CURE}", _CHALLENGE)
        if scope not in key.scopes:
            detail = f"the API key {key.name!r} is for {', '.join(key.scopes)}: use one made with `--scope {scope}`"
            raise Problem("wrong-scope", detail)

    @staticmethod
    def _slow(seconds: float, what: str) -> None:
        if seconds:
            wait = math.ceil(seconds)
            detail = f"the API key may send {what} a minute: wait {wait} s, or make one with a higher --per-minute"
            raise Problem("too-often", detail, {"Retry-After": str(wait)})
