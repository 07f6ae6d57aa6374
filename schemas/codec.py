"""Record <-> bytes. The body is JSON; the schema header ("article.v1") says what it is."""

from functools import cache
from typing import Any, TypeVar

import msgspec

from schemas.record import Record

R = TypeVar("R", bound=Record)


class UnknownSchema(ValueError):
    """The header names another record or another version than the topic carries."""


class BrokenMessage(ValueError):
    """The body is not what the header says."""


def encode(record: Record) -> bytes:
    """The body of a message. The inverse of `decode`."""
    return _ENCODER.encode(record)


def decode(body: bytes, schema: str, record: type[R]) -> R:
    """The record in a message. Raises UnknownSchema or BrokenMessage, each with a sentence for people."""
    if schema != record.SCHEMA:
        raise UnknownSchema(f"the message says {schema or 'nothing'!r}, this version of Pantau reads {record.SCHEMA!r}")
    try:
        found: R = _decoder(record).decode(body)
        return found
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BrokenMessage(f"not a {schema}: {error}") from error


_ENCODER = msgspec.json.Encoder()


@cache
def _decoder(record: type[Record]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(record)
