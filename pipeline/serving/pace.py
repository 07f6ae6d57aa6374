"""How often a key may be used: a bucket that fills evenly and that each use takes from."""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

KEYS_MAX = 10_000
"""Buckets that are remembered; full ones are forgotten first, since a new one is full too."""


@dataclass(slots=True)
class _Bucket:
    level: float
    at: float


class Pace:
    """So much a minute for each key; a minute's worth may come at once. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def wait(self, key: str, per_minute: float, cost: float = 1.0) -> float:
        """Take `cost` from the bucket of a key. Returns 0, or the seconds until there is enough; then nothing is taken.

        What costs more than a whole bucket is taken from a full one, which then stays empty for longer.
        """
        now = self._clock()
        bucket = self._buckets.setdefault(key, _Bucket(per_minute, now))
        bucket.level = min(per_minute, bucket.level + (now - bucket.at) * per_minute / 60)
        bucket.at = now
        needed = min(cost, per_minute)
        if bucket.level < needed:
            return (needed - bucket.level) * 60 / per_minute
        bucket.level -= cost
        if len(self._buckets) > KEYS_MAX:
            del self._buckets[next(iter(self._buckets))]
        return 0.0
