"""How a message looks on Kafka: the body is the value, everything about it is in headers.

schema   "article.v1"          trace    the article it is about
by       "clean/1", "upload"   took     seconds of the step that made it
to       an agent: a dead letter that was replayed; other agents pass it over
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from aiokafka.partitioner import DefaultPartitioner

from pipeline.broker import Draft, Message

_PARTITIONER = DefaultPartitioner()
Headers = list[tuple[str, bytes]]


class Packed(NamedTuple):
    """A message as Kafka takes it."""

    topic: str
    key: bytes
    value: bytes | None
    headers: Headers


def pack(draft: Draft, to: str | None = None) -> Packed:
    """Make a draft ready to be sent."""
    headers = {"schema": draft.schema, "trace": draft.trace, "by": draft.by, "took": f"{draft.took:.6f}"}
    if to:
        headers["to"] = to
    return Packed(
        draft.topic, draft.key.encode(), draft.body, [(name, text.encode()) for name, text in headers.items()]
    )


@lru_cache(8192)
def partition_of(key: bytes, partitions: int) -> int:
    """The partition that all clients of Kafka choose for a key."""
    found: int = _PARTITIONER(key, range(partitions), ())
    return found


class Envelope(NamedTuple):
    """A message as Kafka gave it. It may come from anywhere, so key, value and headers may hold anything."""

    topic: str
    partition: int
    offset: int
    seconds: float
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]

    def message(self) -> Message:
        """The message inside. What is missing is empty, which its reader then refuses."""
        headers = dict(reversed(self.headers))  # of two with one name the first counts
        return Message(
            topic=self.topic,
            offset=self.offset,
            key=_text(self.key),
            trace=_text(headers.get("trace")),
            schema=_text(headers.get("schema")),
            body=self.value or b"",
            by=_text(headers.get("by")),
            took=_seconds(headers.get("took")),
            at=datetime.fromtimestamp(max(0.0, self.seconds), UTC),
            partition=self.partition,
        )

    def header(self, name: str) -> str:
        """The text of a header, empty when it is not there."""
        return _text(next((value for header, value in self.headers if header == name), None))


def _seconds(value: bytes | None) -> float:
    try:
        return float(value or 0)
    except ValueError:
        return 0.0


def _text(value: bytes | None) -> str:
    return (value or b"").decode("utf-8", "replace")
