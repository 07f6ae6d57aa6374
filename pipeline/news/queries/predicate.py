"""Whether a query holds of one document: the meaning of the language, which every backend has to agree with."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache, partial

from pipeline.news.queries.dates import microseconds
from pipeline.news.queries.tree import (
    FIELDS,
    And,
    Between,
    Everything,
    Exists,
    Near,
    Node,
    Not,
    OneOf,
    Or,
    Pattern,
    Query,
    Shape,
    Value,
    ValueShape,
    Wild,
    Words,
)
from pipeline.news.queries.words import stems, words
from schemas.documents import Document

GAP = ""
"""The empty place between two values of a field; no query asks for it."""


def matches(query: Query, document: Document) -> bool:
    """Whether the document is among the hits of the query. It must be of the query's family."""
    return _holds(query.tree, document, query.family)


def _holds(node: Node, document: Document, family: str) -> bool:
    match node:
        case Everything():
            return True
        case And():
            return all(_holds(child, document, family) for child in node.children)
        case Or():
            return any(_holds(child, document, family) for child in node.children)
        case Not():
            return not _holds(node.child, document, family)
        case Words() | Near() | Shape():
            return any(found(node, _row(document, name)) for name in node.fields) or _stemmed(node, document, family)
        case _:
            return any(map(partial(_passes, node), _values(document, node.field)))


def _passes(node: Value | OneOf | ValueShape | Between | Exists, value: object) -> bool:
    match node:
        case Value():
            return value == node.value
        case OneOf():
            return value in node.values
        case ValueShape():
            return shape(node.pattern).fullmatch(str(value)) is not None
        case Between():
            return _between(node, microseconds(value) if isinstance(value, date) else value)
        case Exists():
            return value != ""


def _between(node: Between, value: object) -> bool:
    low: object = node.low
    high: object = node.high
    above = low is None or _less(low, value) or (node.low_in and value == low)
    return above and (high is None or _less(value, high) or (node.high_in and value == high))


def _less(one: object, other: object) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return one < other
    return isinstance(one, int | float) and isinstance(other, int | float) and one < other


def _values(document: Document, field: str) -> tuple[object, ...]:
    value = getattr(document, field)
    return value if isinstance(value, tuple) else () if value is None else (value,)


def _row(document: Document, field: str) -> Sequence[str]:
    values = _values(document, field)
    return words(str(values[0])) if len(values) == 1 else row(str(value) for value in values)


def row(values: Iterable[str]) -> list[str]:
    """The words of a field with several values, a gap between two values."""
    found = [word for value in values for word in (*words(value), GAP)]
    return found[:-1]


def _stemmed(node: Words | Near | Shape, document: Document, family: str) -> bool:
    if not isinstance(node, Words) or not node.stems:
        return False
    wanted = dict(node.stems).get(document.language)
    texts = (name for name in node.fields if FIELDS[family][name].kind == "text")
    return wanted is not None and any(
        wanted in stems(str(value), document.language) for name in texts for value in _values(document, name)
    )


def found(node: Words | Near | Shape, line: Sequence[str]) -> bool:
    """Whether the words of a field pass, stems left aside."""
    return next(occurrences(node, line), None) is not None


def occurrences(node: Words | Near | Shape, line: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where the leaf holds among the words of a field: the first word and the one after the last."""
    match node:
        case Words():
            yield from _in_a_row(node, line)
        case Near():
            yield from _close_by(node, line)
        case Shape():
            wanted = shape(node.pattern)
            yield from ((at, at + 1) for at, word in enumerate(line) if word and wanted.fullmatch(word))


def _in_a_row(node: Words, line: Sequence[str]) -> Iterator[tuple[int, int]]:
    *fixed, last = node.words
    size = len(fixed)
    for at in range(len(line) - size):
        end = line[at + size]
        if (end.startswith(last) if node.prefix else end == last) and list(line[at : at + size]) == fixed:
            yield at, at + size + 1


def _close_by(node: Near, line: Sequence[str]) -> Iterator[tuple[int, int]]:
    """For each place that ends a window with all the words: the shortest such window, when it is short enough."""
    latest: dict[str, int] = {}
    for at, word in enumerate(line):
        if word not in node.words:
            continue
        latest[word] = at
        first = min(latest.values())
        if len(latest) == len(node.words) and at - first + 1 - len(latest) <= node.gaps:
            yield first, at + 1


@lru_cache(maxsize=1024)
def shape(pattern: Pattern) -> re.Pattern[str]:
    """A pattern as a regular expression for a whole value."""
    parts = (re.escape(part) if not isinstance(part, Wild) else ".*" if part is Wild.ANY else "." for part in pattern)
    return re.compile("".join(parts), re.DOTALL)
