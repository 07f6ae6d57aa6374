"""What every search backend does alike: cursors, hits with their highlights, and what it refuses."""

import base64
import zlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, NamedTuple

import msgspec

from pipeline.errors import Misuse
from pipeline.news.queries import Query, highlight, parse
from pipeline.news.queries.tree import FIELDS, Node
from pipeline.ports import Hit, Sort
from schemas.documents import Document

MOST_HITS = 1_000
"""How many hits a page may have."""

_Int = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_CURSOR = msgspec.json.Decoder(tuple[_Int, _Int, _Int, str])
_ENCODER = msgspec.json.Encoder()


class Position(NamedTuple):
    """Where a hit stands in the order of its list."""

    score: int
    at: int
    id: str


def known(family: str) -> str:
    """The family. Raises Misuse when there is no such family."""
    if family not in FIELDS:
        raise Misuse(f"there are no {family!r}: choose one of {', '.join(FIELDS)}")
    return family


def parsed(family: str, query: str | Query, called: Callable[[str], Node] | None = None) -> Query:
    """The query over a family as of now. `called`: see `pipeline.news.queries.parse`."""
    known(family)
    return query if isinstance(query, Query) else parse(query, family, now=datetime.now(UTC), called=called)


def check_limit(limit: int) -> None:
    """Raise Misuse for a page that is too short or too long."""
    if not 1 <= limit <= MOST_HITS:
        raise Misuse(f"a page cannot have {limit} hits: ask for 1 to {MOST_HITS:,}")


def check_facets(family: str, names: Sequence[str], size: int) -> None:
    """Raise Misuse for fields that cannot be counted."""
    countable = [name for name, field in FIELDS[family].items() if field.kind in ("name", "keyword")]
    for name in names:
        if name not in countable:
            raise Misuse(f"{family} cannot be counted by {name!r}: choose from {', '.join(countable)}")
    if size < 1:
        raise Misuse(f"a facet cannot have {size} values: ask for 1 or more")


def mark(query: Query, sort: Sort) -> int:
    """What a cursor remembers of its list."""
    return zlib.crc32(f"{query.family} {sort} {query.text}".encode())


def cursor(mark: int, last: Position) -> str:
    """The cursor that goes on after a hit."""
    return base64.urlsafe_b64encode(_ENCODER.encode((mark, *last))).decode()


def position(cursor: str, mark: int) -> Position:
    """Where a cursor goes on. Raises Misuse for one that is damaged or of another list."""
    try:
        found, score, at, id = _CURSOR.decode(base64.urlsafe_b64decode(cursor.encode()))
    except (ValueError, msgspec.MsgspecError) as error:
        raise Misuse("the cursor is damaged: begin again without one") from error
    if found != mark:
        raise Misuse("the cursor belongs to another query or order: begin again without one")
    return Position(score, at, id)


def hit(query: Query, document: Document, score: float) -> Hit:
    """A hit with the highlights of its texts and names of one value."""
    spans: dict[str, list[tuple[int, int]]] = {}
    for name, field in FIELDS[query.family].items():
        value = getattr(document, name) if field.kind in ("text", "name") else None
        if isinstance(value, str) and (marked := highlight(query, value, name, document.language)):
            spans[name] = marked
    return Hit(document, score, spans)
