"""Uploads that are sent again: the header Idempotency-Key stands for one upload and its answer.

As draft-ietf-httpapi-idempotency-key-header says: the same key with the same upload gets the same answer and nothing
happens, the same key with another upload is a mistake, and one that is still at work is told so. The answer is written
down in the transaction that takes the last pages in, so the two cannot come apart. Refusals are not remembered: an
upload that was mended may keep its key.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256

import msgspec

from pipeline.broker import Topics
from pipeline.ports import Clock
from pipeline.serving.problems import Problem

NAME = "uploads"
"""The memory in which answers are kept, beside the topics."""
KEPT = timedelta(days=2)
"""How long an answer is remembered at least; the days that end before are forgotten as new ones come."""
_FORGOTTEN = 200
_FORM = re.compile(r"[!-~]{1,255}")


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    upload: str
    answer: bytes


class Repeats:
    """The answers of uploads. `find` and `keep` are called on the desk."""

    def __init__(self, broker: Topics, clock: Clock) -> None:
        self._broker, self._clock = broker, clock
        self._at_work: set[str] = set()

    @contextmanager
    def alone(self, sender: str, header: str | None) -> Iterator[str | None]:
        """The name of this upload, None for one without the header. Raises Problem while the same one is at work."""
        if header is None:
            yield None
            return
        if not _FORM.fullmatch(header):
            raise Problem("bad-header", "Idempotency-Key has 1 to 255 visible ASCII characters: take a UUID")
        name = sha256(f"{sender} {header}".encode()).hexdigest()
        if name in self._at_work:
            detail = "an upload with this Idempotency-Key is at work: wait for its answer"
            raise Problem("in-progress", detail, {"Retry-After": "5"})
        self._at_work.add(name)
        try:
            yield name
        finally:
            self._at_work.discard(name)

    def find(self, name: str, upload: str) -> bytes | None:
        """The answer to this upload, None when it was not there before. Raises Problem when another one was."""
        kept = self._broker.state(NAME).get(name)
        if kept is None:
            return None
        before = msgspec.msgpack.decode(kept, type=_Kept)
        if before.upload != upload:
            raise Problem("key-reused", "another upload had this Idempotency-Key: take a new one for each upload")
        return before.answer

    def keep(self, name: str, upload: str, answer: bytes) -> None:
        """Remember an answer."""
        now, state = self._clock.now(), self._broker.state(NAME)
        state.put(name, msgspec.msgpack.encode(_Kept(upload, answer)), at=now)
        state.expire(now - KEPT, _FORGOTTEN)
