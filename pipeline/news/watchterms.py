"""Which watches can be concerned by a statement at all, found by the terms that their queries require.

A term is a folded word, a stem ("~kapal") or a whole value ("language=id"). A query requires a set of terms when no
document without one of them is a hit; so a watch is looked at only where the document has one of its terms. Queries
that require nothing, such as "NOT pupuk" or "pelabuh*", are looked at always.
"""

from collections.abc import Iterable, Mapping
from typing import Generic, NamedTuple, TypeVar

from pipeline.news.queries import Query
from pipeline.news.queries.tree import FIELDS, And, Near, Node, Or, Value, Words
from pipeline.news.queries.words import stems, words
from schemas.documents import StatementDocument

_Terms = frozenset[str]
_PROSE = tuple(name for name, field in FIELDS["statements"].items() if field.kind in ("text", "name"))
_TEXT = tuple(name for name, field in FIELDS["statements"].items() if field.kind == "text")
_VALUES = tuple(name for name, field in FIELDS["statements"].items() if field.kind == "keyword")

T = TypeVar("T")


class ByTerm(NamedTuple, Generic[T]):
    """Things by the terms that their queries require; `always` holds those that require none."""

    always: tuple[T, ...]
    terms: Mapping[str, tuple[T, ...]]

    def near(self, terms: _Terms) -> Iterable[T]:
        """The things whose query may hold of a document with these terms; one may come twice."""
        yield from self.always
        for term in self.terms.keys() & terms:
            yield from self.terms[term]


def by_term(things: Iterable[tuple[T, Query | None]]) -> ByTerm[T]:
    """Sort things with their queries by what these require."""
    always: list[T] = []
    terms: dict[str, list[T]] = {}
    for thing, query in things:
        required = _required(query.tree) if query else None
        if required is None:
            always.append(thing)
        for term in required or ():
            terms.setdefault(term, []).append(thing)
    return ByTerm(tuple(always), {term: tuple(found) for term, found in terms.items()})


def terms_of(document: StatementDocument) -> _Terms:
    """All terms of a statement."""
    found = {word for name in _PROSE for text in _texts(document, name) for word in words(text)}
    found |= {
        f"~{stem}" for name in _TEXT for text in _texts(document, name) for stem in stems(text, document.language)
    }
    return frozenset(found) | {f"{name}={value}" for name in _VALUES for value in _texts(document, name)}


def _texts(document: StatementDocument, field: str) -> tuple[str, ...]:
    value = getattr(document, field)
    return value if isinstance(value, tuple) else () if value is None else (value,)


def _required(node: Node) -> _Terms | None:
    """Terms of which every hit has at least one; None when there is no such set."""
    match node:
        case And():
            found = [terms for child in node.children if (terms := _required(child))]
            return min(found, key=_commonness, default=None)
        case Or():
            parts = [_required(child) or frozenset() for child in node.children]
            return frozenset().union(*parts) if all(parts) else None
        case Words() if whole := node.words[:-1] if node.prefix else node.words:
            return frozenset({max(whole, key=len), *(f"~{stem}" for _, stem in node.stems)})
        case Near():
            return frozenset({max(node.words, key=len)})
        case Value():
            return frozenset({f"{node.field}={node.value}"})
        case _:
            return None


def _commonness(terms: _Terms) -> tuple[bool, int, int]:
    """Words are rarer than values of a field, long words than short ones, few terms than many."""
    return any("=" in term for term in terms), -min(map(len, terms)), len(terms)
