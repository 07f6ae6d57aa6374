"""A query tree as Elasticsearch's query language. No text of a user is parsed by the server: it only gets terms."""

from collections.abc import Sequence
from typing import Any

from pipeline.adapters.elasticsearch.mapping import BODY, clipped, named, tagged
from pipeline.news.queries.highlight import leaves
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

SCORED = 16
"""How many words of a query count for its relevance."""
EXPANSIONS = 50_000
"""How many words the open end of a phrase may stand for; Elasticsearch wants a number."""
TERMS = 65_536
"""How many values one clause may list (index.max_terms_count)."""

Dsl = dict[str, Any]
EVERYTHING: Dsl = {"match_all": {}}


class Compiler:
    """Compiles trees over one family."""

    def __init__(self, family: str) -> None:
        self.fields = FIELDS[family]
        self.prose, self.texts = named(family, "text", "name"), named(family, "text")

    def where(self, node: Node) -> Dsl:
        """The condition that holds for the hits; nested no deeper than the tree, for Elasticsearch ends at 30."""
        match node:
            case Words() | Near() | Shape():
                return self.leaf(node)
            case And():
                wanted = [self.where(child) for child in node.children if not isinstance(child, Not)]
                banned = [self.where(child.child) for child in node.children if isinstance(child, Not)]
                return {"bool": {"filter": wanted, "must_not": banned}}
            case Or():
                return _any([self.where(child) for child in node.children])
            case Not():
                return {"bool": {"must_not": [self.where(node.child)]}}
            case Everything():
                return EVERYTHING
        return self.value(node)

    def score(self, node: Node) -> list[Dsl]:
        """Clauses whose scores add up to the relevance that `pipeline.ports.Search.search` describes.

        In base `scale`: how many leaves hold as written, how many hold at all, how many hold in the title. The sum is
        a whole number below 2^24, which a score (a 32-bit float) holds exactly.
        """
        asked, parts = list(leaves(node))[:SCORED], []
        scale = len(asked) + 1
        for leaf in asked:
            stemmed = isinstance(leaf, Words) and leaf.stems
            parts.append(_worth(self.exact(leaf, leaf.fields), scale * scale + (0 if stemmed else scale)))
            if stemmed:
                parts.append(_worth(self.leaf(leaf), scale))
            if "title" in leaf.fields:
                parts.append(_worth(self.exact(leaf, ("title",)), 1))
        return parts

    @staticmethod
    def scale(node: Node) -> int:
        """What a score is divided by so that a leaf that holds as written counts 1."""
        return (min(len(list(leaves(node))), SCORED) + 1) ** 2

    def leaf(self, node: Words | Near | Shape) -> Dsl:
        """The leaf with its stems."""
        forms = self.forms(node, node.fields)
        texts = [name for name in node.fields if name in self.texts]
        if isinstance(node, Words) and node.stems and texts:
            places = [BODY, "rest"] if len(texts) == len(self.texts) else texts
            roots = [tagged(language, [root]) for language, root in node.stems]
            forms += [{"terms": {f"search.stems.{place}": roots}} for place in places]
        return _any(forms)

    def exact(self, node: Words | Near | Shape, fields: Sequence[str]) -> Dsl:
        """The leaf without stems."""
        return _any(self.forms(node, fields))

    def forms(self, node: Words | Near | Shape, fields: Sequence[str]) -> list[Dsl]:
        """The leaf in each of these fields; in all of them it takes two clauses."""
        places = (BODY, "rest") if set(fields) == set(self.prose) else fields
        return [_found(node, f"search.words.{place}") for place in places]

    def value(self, node: Value | OneOf | ValueShape | Between | Exists) -> Dsl:
        """The condition on a whole value, or on one of several."""
        match node:
            case Exists():
                return {"term": {"search.filled": node.field}}
            case Value():
                return {"term": {node.field: node.value}}
            case OneOf():
                cut = range(0, max(1, len(node.values)), TERMS)
                return _any([{"terms": {node.field: node.values[start : start + TERMS]}} for start in cut])
            case ValueShape():
                return {"wildcard": {node.field: {"value": _wildcard(node.pattern)}}}
            case Between():
                dated = self.fields[node.field].kind == "date"
                return {"range": {f"search.moments.{node.field}" if dated else node.field: _bounds(node)}}


def request(query: Query, scored: bool) -> Dsl:
    """The whole query; `scored` adds what relevance sorts by."""
    compiler = Compiler(query.family)
    return {
        "bool": {
            "filter": [compiler.where(query.tree)],
            "should": compiler.score(query.tree) if scored else [],
            "minimum_should_match": 0,
        }
    }


def _found(node: Words | Near | Shape, place: str) -> Dsl:
    match node:
        case Words():
            return _row(node, place)
        case Near():
            words = [{"match": {"query": clipped(word), "analyzer": "whitespace"}} for word in node.words]
            return {"intervals": {place: {"all_of": {"intervals": words, "max_gaps": node.gaps}}}}
        case Shape():
            return {"wildcard": {place: {"value": _wildcard(node.pattern)}}}


def _row(node: Words, place: str) -> Dsl:
    words = [clipped(word) for word in node.words]
    if len(words) == 1:
        return {"prefix" if node.prefix else "term": {place: {"value": words[0]}}}
    phrase = {"query": " ".join(words), "analyzer": "whitespace"}
    if node.prefix:
        return {"match_phrase_prefix": {place: phrase | {"max_expansions": EXPANSIONS}}}
    return {"match_phrase": {place: phrase}}


def _any(options: list[Dsl]) -> Dsl:
    return options[0] if len(options) == 1 else {"bool": {"should": options, "minimum_should_match": 1}}


def _worth(condition: Dsl, points: int) -> Dsl:
    return {"constant_score": {"filter": condition, "boost": points}}


def _bounds(node: Between) -> Dsl:
    low, high = ("gte" if node.low_in else "gt", node.low), ("lte" if node.high_in else "lt", node.high)
    return {sign: bound for sign, bound in (low, high) if bound is not None}


def _wildcard(pattern: Pattern) -> str:
    return "".join(part if isinstance(part, Wild) else _literal(part) for part in pattern)


def _literal(text: str) -> str:
    return "".join(f"\\{sign}" if sign in "*?\\" else sign for sign in text)
