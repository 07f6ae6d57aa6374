"""How often a key may be used: a bucket that fills evenly and that each use takes from."""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

KEYS_MAX = 10_000
"""Buckets that are remembered; the oldest is forgotten first, and begins full again."""


@dataclass(slots=True)
class _Bucket:
    """What it holds, when that was so, and how much it takes, which is what comes in a minute."""

    level: float
    at: float
    size: float

    def fill(self, now: float) -> None:
        self.level = min(self.size, self.level + (now - self.at) * self.size / 60)
        self.at = now


class Pace:
    """So much a minute for each key; a minute's worth may come at once. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def wait(self, key: str, per_minute: float, needed: float = 1.0) -> float:
        """Seconds until the bucket of a key holds what is needed; 0 when it does."""
        now = self._clock()
        bucket = self._buckets.setdefault(key, _Bucket(per_minute, now, per_minute))
        bucket.fill(now)
        if len(self._buckets) > KEYS_MAX:
            del self._buckets[next(iter(self._buckets))]
        return max(0.0, needed - bucket.level) * 60 / per_minute

    def take(self, key: str, cost: float = 1.0) -> None:
        """Take from the bucket of a key that was looked at before; it may then hold less than nothing."""
        bucket = self._buckets.get(key)
        if bucket:
            bucket.fill(self._clock())
            bucket.level -= cost
