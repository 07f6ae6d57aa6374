"""Ports in memory: for tests, and for trying something out. What they hold is gone when the process ends."""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count
from typing import NamedTuple

from pipeline.ports import LONGEST_WAIT

LISTED = 64
"""A posting lists so many records at most; what comes later is not found through it."""


class MemoryPages:
    """A page store in a dictionary; it may be used from several threads."""

    def __init__(self) -> None:
        self._pages: dict[str, bytes] = {}

    def put(self, content: bytes) -> str:
        """Keep the bytes and return their key (SHA-256, hex)."""
        key = sha256(content).hexdigest()
        self._pages.setdefault(key, bytes(content))
        return key

    def get(self, key: str) -> bytes:
        """The bytes under a key. Raises KeyError when they are not there."""
        return self._pages[key]

    def sync(self) -> None:
        """Nothing outlives a power cut here."""


class _Entry(NamedTuple):
    age: int
    value: bytes
    postings: frozenset[int]
    at: datetime | None
    due: datetime | None


class MemoryState:
    """Implements `pipeline.ports.State`. A key keeps its age when its value is replaced, until it is deleted."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}
        self._keys: dict[int, str] = {}  # by age
        self._ages: dict[int, list[int]] = {}  # by posting, ascending
        self._next = count()

    def get(self, key: str) -> bytes | None:
        """The value of a key, None when there is none."""
        entry = self._entries.get(key)
        return entry.value if entry else None

    def put(
        self,
        key: str,
        value: bytes,
        postings: Iterable[int] = (),
        at: datetime | None = None,
        due: datetime | None = None,
    ) -> None:
        """Set the value of a key and replace its postings."""
        old = self._entries.get(key)
        new = _Entry(old.age if old else next(self._next), bytes(value), frozenset(postings), at, due)
        self._entries[key], self._keys[new.age] = new, key
        before = old.postings if old else frozenset()
        self._unlist(new.age, before - new.postings)
        for posting in new.postings - before:
            ages = self._ages.setdefault(posting, [])
            if len(ages) < LISTED:
                insort(ages, new.age)

    def find(
        self, postings: Sequence[int], limit: int, rare: int | None = None, *, newest: bool = False
    ) -> list[tuple[str, bytes]]:
        """See State."""
        shared: Counter[int] = Counter()
        strays = set[int]()
        for posting in self._ages.keys() & set(postings):
            ages = self._ages[posting]
            shared.update(ages)
            if rare is not None and len(ages) > rare:
                strays.update(ages)
        found = (age for age, times in shared.items() if times > 1 or age not in strays)
        best = sorted(found, key=lambda age: (-shared[age], -age if newest else age))[:limit]
        return [(key, self._entries[key].value) for key in map(self._keys.__getitem__, best)]

    def delete(self, key: str) -> None:
        """Forget a key and its postings; nothing happens when it is not there."""
        entry = self._entries.pop(key, None)
        if entry:
            del self._keys[entry.age]
            self._unlist(entry.age, entry.postings)

    def expire(self, before: datetime, limit: int) -> list[str]:
        """Forget what belongs to days before that of `before`, `limit` at most; returns the keys."""
        day = before.astimezone(UTC).date()
        dated = ((entry.at.astimezone(UTC).date(), key) for key, entry in self._entries.items() if entry.at)
        gone = [key for at, key in sorted(dated) if at < day][:limit]
        for key in gone:
            self.delete(key)
        return gone

    def due(self, now: datetime, limit: int) -> list[tuple[str, bytes]]:
        """The records that are due, the longest due first."""
        dated = [(entry.due, key, entry.value) for key, entry in self._entries.items() if entry.due]
        found = sorted(one for one in dated if one[0] <= now or one[0] - now > LONGEST_WAIT)
        return [(key, value) for _, key, value in found[:limit]]

    def _unlist(self, age: int, postings: Iterable[int]) -> None:
        for posting in postings:
            ages = self._ages.get(posting, [])
            place = bisect_left(ages, age)
            if ages[place : place + 1] == [age]:
                del ages[place]
            if posting in self._ages and not ages:
                del self._ages[posting]
