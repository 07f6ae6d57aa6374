"""A query tree as SQL over the tables of one family: words go to FTS5, values to columns."""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from pipeline.adapters.sqlite.index_schema import NO_WORD, SELDOM, TAGS, Table, stems_of, tag
from pipeline.news.queries.highlight import leaves
from pipeline.news.queries.tree import (
    And,
    Between,
    Exists,
    Near,
    Node,
    Not,
    OneOf,
    Or,
    Pattern,
    Shape,
    Value,
    ValueShape,
    Wild,
    Words,
)

HEIGHT = 4
"""Levels of operators that go into one FTS5 expression; its parser has a stack of 100."""
SCORED = 16
"""How many words of a query count for its relevance: each costs up to three look-ups."""

Expand = Callable[[Pattern], Sequence[str]]
"""The words of the vocabulary that have a shape."""


class Sql(NamedTuple):
    """A piece of SQL and the values of its question marks."""

    text: str
    values: tuple[object, ...] = ()


class Compiler:
    """Compiles trees over one family. `t` names the family's table in what comes out."""

    def __init__(self, table: Table, expand: Expand) -> None:
        self.table, self.expand = table, expand

    def where(self, node: Node) -> Sql:
        """The condition that holds for the hits."""
        if (words := self.words(node, HEIGHT)) is not None:
            return self.found(words)
        match node:
            case And() | Or():
                return self.joined(node)
            case Not():
                inner = self.where(node.child)
                return Sql(f"NOT {inner.text}", inner.values)
            case Value() | OneOf() | ValueShape() | Between() | Exists():
                return self.value(node)
        return Sql("1")

    def score(self, node: Node) -> Sql:
        """A whole number that sorts by relevance, as `pipeline.ports.Search.search` says. Depends on no other document.

        In base `scale`: how many leaves hold as written, how many hold at all, how many hold in the title.
        """
        asked = list(leaves(node))[:SCORED]
        scale = len(asked) + 1
        parts: list[Sql] = []
        for leaf in asked:
            stemmed = isinstance(leaf, Words) and leaf.stems
            parts.append(_times(self.found(self.exact(leaf, leaf.fields)), scale * scale + (0 if stemmed else scale)))
            if stemmed:
                parts.append(_times(self.found(self.leaf(leaf)), scale))
            if "title" in leaf.fields:
                parts.append(_times(self.found(self.exact(leaf, ("title",))), 1))
        return _join("+", parts) if parts else Sql("0")

    @staticmethod
    def scale(node: Node) -> int:
        """What a score is divided by so that a leaf that holds as written counts 1."""
        return (min(len(list(leaves(node))), SCORED) + 1) ** 2

    def found(self, words: str) -> Sql:
        """The documents in which an FTS5 expression holds."""
        name = f"{self.table.family}_words"
        return Sql(f"t.row IN (SELECT rowid FROM {name} WHERE {name} MATCH ?)", (words,))

    # FTS5 expressions.

    def words(self, node: Node, height: int) -> str | None:
        """The whole tree as one FTS5 expression, None when it is about more than words."""
        match node:
            case Words() | Near() | Shape():
                return self.leaf(node)
            case And() if height:
                return self.conjunction(node, height - 1)
            case Or() if height:
                inner = [self.words(child, height - 1) for child in node.children]
                return f"({' OR '.join(part for part in inner if part)})" if all(inner) else None
        return None

    def conjunction(self, node: And, height: int) -> str | None:
        """FTS5 excludes only from something: words under NOT need a word without it."""
        wanted = [self.words(child, height) for child in node.children if not isinstance(child, Not)]
        banned = [self.words(child.child, height) for child in node.children if isinstance(child, Not)]
        if not wanted or not all(wanted) or not all(banned):
            return None
        text = " AND ".join(part for part in wanted if part)
        return f"(({text}) NOT ({' OR '.join(part for part in banned if part)}))" if banned else f"({text})"

    def leaf(self, node: Words | Near | Shape) -> str:
        """The leaf as an FTS5 expression."""
        exact = self.exact(node, node.fields)
        texts = [name for name in node.fields if name in self.table.texts]
        if not isinstance(node, Words) or not node.stems or not texts:
            return exact
        roots = " OR ".join(f'"{tag(language, root)}"' for language, root in node.stems)
        forms = [exact, f"{_columns(map(stems_of, texts))} : ({roots})"]
        for language, root in node.stems:  # a word that is its own stem stands in the text only
            if root != node.words[0]:
                forms.append(f'({_columns(texts)} : "{root}" AND {TAGS} : "{tag(language)}")')
        return f"({' OR '.join(forms)})"

    def exact(self, node: Words | Near | Shape, fields: Sequence[str]) -> str:
        """The leaf without stems."""
        match node:
            case Words():
                phrase = f'"{" ".join(node.words)}"{" *" if node.prefix else ""}'
            case Near():
                inside = len(node.words) - 2  # FTS5 counts the words between the first and the last
                phrase = f"NEAR({' '.join(map(_quoted, node.words))}, {node.gaps + inside})"
            case Shape():
                phrase = f"({' OR '.join(map(_quoted, self.expand(node.pattern))) or NO_WORD})"
        return f"({_columns(fields)} : {phrase})"

    # Conditions on columns.

    def joined(self, node: And | Or) -> Sql:
        """Words together in one look-up, the rest one by one."""
        together = [child for child in node.children if self.words(child, HEIGHT - 1) is not None]
        rest: list[Node] = [child for child in node.children if child not in together]
        if isinstance(node, And) and together:
            banned: list[Node] = [c for c in rest if isinstance(c, Not) and self.words(c.child, HEIGHT - 1) is not None]
            together, rest = together + banned, [child for child in rest if child not in banned]
        parts = [type(node)(tuple(together)), *rest] if len(together) > 1 and rest else list(node.children)
        return _join(" AND " if isinstance(node, And) else " OR ", [self.where(part) for part in parts])

    def value(self, node: Value | OneOf | ValueShape | Between | Exists) -> Sql:
        """The condition on the field, or on one of its values. Never null, so that NOT can turn it."""
        field = self.table.fields[node.field]
        if field.kind == "text":  # only its existence is asked for
            json = (
                f"SELECT json_extract(document, '$.{node.field}') FROM {self.table.family}_json d WHERE d.row = t.row"
            )
            return Sql(f"coalesce(({json}), '') <> ''")
        if field.many:
            condition = _condition(node, "value")
            if node.field in SELDOM:  # looked up once, not for each document that is asked about
                rows = f'{self.table.family} s, json_each(s."{node.field}") WHERE s."{node.field}" IS NOT NULL'
                return Sql(f't."row" IN (SELECT s."row" FROM {rows} AND {condition.text})', condition.values)
            return Sql(f'EXISTS (SELECT 1 FROM json_each(t."{node.field}") WHERE {condition.text})', condition.values)
        condition = _condition(node, f't."{node.field}"')
        return Sql(f'(t."{node.field}" IS NOT NULL AND {condition.text})', condition.values)


def _condition(node: Value | OneOf | ValueShape | Between | Exists, name: str) -> Sql:
    match node:
        case Value():
            return Sql(f"{name} = ?", (node.value,))
        case OneOf():  # as one JSON list, because SQLite limits question marks
            return Sql(f"{name} IN (SELECT value FROM json_each(?))", (json.dumps(node.values),))
        case ValueShape():
            return Sql(f"{name} GLOB ?", (glob(node.pattern),))
        case Between():
            bounds = ((">", node.low_in, node.low), ("<", node.high_in, node.high))
            closed = [
                (f"{sign}{'=' if belongs else ''}", bound) for sign, belongs, bound in bounds if bound is not None
            ]
            return _join(" AND ", [Sql(f"{name} {sign} ?", (bound,)) for sign, bound in closed])
    return Sql(f"{name} <> ''")


def glob(pattern: Pattern) -> str:
    """A pattern as the right side of GLOB."""
    return "".join(part if isinstance(part, Wild) else _literal(part) for part in pattern)


def _literal(text: str) -> str:
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in text)


def _columns(names: Iterable[str]) -> str:
    return f"{{{' '.join(names)}}}"


def _quoted(word: str) -> str:
    return f'"{word}"'


def _times(condition: Sql, weight: int) -> Sql:
    return Sql(f"({condition.text}) * {weight}", condition.values)


def _join(operator: str, parts: Sequence[Sql]) -> Sql:
    """Joined in halves: SQLite allows no expression that is nested more than 1,000 deep, and a chain is."""
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    left, right = _join(operator, parts[:half]), _join(operator, parts[half:])
    return Sql(f"({left.text}{operator}{right.text})", left.values + right.values)
