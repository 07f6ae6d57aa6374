"""The two bases of everything that flows: a Record is sent on its own, a Value only inside a Record."""

from typing import ClassVar

import msgspec


class Value(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An immutable part of a record. Fields that hold their default are left out of the message."""


class Record(Value, frozen=True, kw_only=True, omit_defaults=True):
    """An immutable message. `SCHEMA` ("article.v1") is sent in a header and checked by the reader.

    A field may be added with a default without a new version; a field that is removed, renamed or
    changes its meaning needs one.
    """

    SCHEMA: ClassVar[str]
