"""A dead letter: a message that a stage could not use, kept whole so that it can be replayed."""

from datetime import datetime
from typing import ClassVar

from schemas.record import Record


class DeadLetter(Record, frozen=True, kw_only=True, omit_defaults=True):
    """`original` holds the bytes and `schema` the header exactly as they were read from `topic` at `offset`.

    `partition` is the part of the topic in which `offset` counts, 0 where a topic has only one.
    """

    SCHEMA: ClassVar[str] = "dead-letter.v1"
    agent: str
    reason: str
    error: str
    topic: str
    offset: int
    key: str
    trace: str
    attempts: int
    at: datetime
    schema: str
    original: bytes
    partition: int = 0
