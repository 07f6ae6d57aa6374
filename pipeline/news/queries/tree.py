"""What a query means, as a tree: the same for every backend and for the predicate of a watch.

The leaves say what holds of one document. `Words`, `Near` and `Shape` look at the folded words of text and name fields
(`pipeline.news.queries.words`), the others at whole values. A field that holds several values passes when one of them
does; its words stand one value after the other with one empty place between two values.
"""

from dataclasses import dataclass
from enum import StrEnum

from schemas.documents import FAMILIES, Field, fields

FIELDS: dict[str, dict[str, Field]] = {family: fields(document) for family, document in FAMILIES.items()}
"""The fields of each family."""


class Wild(StrEnum):
    """A wildcard in a pattern."""

    ANY = "*"
    """Any number of letters, none too."""
    ONE = "?"
    """One letter."""


Pattern = tuple[str, ...]
"""Stretches of letters and wildcards in order; a wildcard is told from a letter by its type."""


@dataclass(frozen=True, slots=True)
class Everything:
    """Every document."""


@dataclass(frozen=True, slots=True)
class And:
    """All of these hold."""

    children: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """One of these holds."""

    children: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """This does not hold."""

    child: "Node"


@dataclass(frozen=True, slots=True)
class Words:
    """These words stand one after the other in one of these fields.

    prefix  the last word may go on
    stems   (language, stem) of the only word: in text fields of documents of that language, a word with that stem
            counts as well. Empty for what is quoted: quotes ask for the words as they are.
    """

    fields: tuple[str, ...]
    words: tuple[str, ...]
    prefix: bool = False
    stems: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Near:
    """These (different) words stand in one of these fields in any order, with at most `gaps` other words among them."""

    fields: tuple[str, ...]
    words: tuple[str, ...]
    gaps: int


@dataclass(frozen=True, slots=True)
class Shape:
    """A word in one of these fields has this shape."""

    fields: tuple[str, ...]
    pattern: Pattern


@dataclass(frozen=True, slots=True)
class Value:
    """The keyword field, or the flag, has this value."""

    field: str
    value: str | bool


@dataclass(frozen=True, slots=True)
class OneOf:
    """The keyword field has one of these values; of none of them, nothing."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ValueShape:
    """The value of the keyword field has this shape."""

    field: str
    pattern: Pattern


@dataclass(frozen=True, slots=True)
class Between:
    """The value lies between these bounds; None is open.

    Keywords compare by codepoint. Dates are microseconds since 1970-01-01 UTC (`pipeline.news.queries.dates`).
    """

    field: str
    low: str | int | float | None
    high: str | int | float | None
    low_in: bool = True
    high_in: bool = True


@dataclass(frozen=True, slots=True)
class Exists:
    """The field has a value: not null, not an empty text, not an empty list."""

    field: str


Node = Everything | And | Or | Not | Words | Near | Shape | Value | OneOf | ValueShape | Between | Exists


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query over one family of documents. `text` is as the user wrote it."""

    text: str
    family: str
    tree: Node
