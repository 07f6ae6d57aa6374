"""The query language: Lucene syntax, read by luqum, checked against the fields of a family.

    ukraina nato                   both words, in any text or name field; forms of the same stem count too
    "anggota baru"                 these words in a row, as they are; "anggota nato"~5 with at most 5 others among them
    gung* jok?wi                   wildcards inside one word
    speaker:stoltenberg            a field; _exists_:url, title:(nato OR rusia)
    published:[2022-01 TO 2022-02} ranges, also >=2022-01-17 and [now-7d TO *]; { and } leave the bound out
    a OR b, NOT a, -a, +a, ( )     OR binds closer than the AND that stands between words without an operator, and
                                   less than an AND that is written
    kind:direct url:*bantara.id*   keywords as a whole, with their case
    utterance:58ab7feb             the utterance that has this id or had it

Boosts are read and have no effect; fuzzy words and regular expressions are refused.
"""

import re
from collections.abc import Callable
from datetime import datetime
from difflib import get_close_matches
from functools import partial
from threading import Lock

from luqum import tree as lucene
from luqum.thread import parse as parse_lucene

from pipeline.errors import BadQuery
from pipeline.news.queries.dates import span
from pipeline.news.queries.faults import at, syntax
from pipeline.news.queries.tree import (
    FIELDS,
    And,
    Between,
    Everything,
    Exists,
    Near,
    Node,
    Not,
    Or,
    Pattern,
    Query,
    Shape,
    Value,
    ValueShape,
    Wild,
    Words,
)
from pipeline.news.queries.words import STEMMED, places, stem, words
from schemas.documents import Field

LONGEST_QUERY = 10_000
"""Codepoints; luqum takes 0.2 s for a query of this length."""
DEEPEST = 40
"""Groups and operators inside each other; SQLite's own parser ends at 100."""
CLAUSES = 1_000
"""Words, phrases and ranges of one query; Lucene stops at 1,024."""
MOST_STARS = 5
"""Stars of one word: each multiplies the time that a backend needs."""
MOST_GAPS = 100
"""The greatest number after "..."~."""

_MARKS = re.compile(r'"(?:[^\\"]|\\.)*"|\\.|[“”„]', re.DOTALL)
_NUMBER = re.compile(r"-?\d{1,300}(\.\d{1,300})?", re.ASCII)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_LOCK = Lock()  # luqum's parser keeps its state in the module


def parse(text: str, family: str, *, now: datetime | None = None, called: Callable[[str], Node] | None = None) -> Query:
    """The query in a text over a family ("articles", "statements" or "alerts"). An empty text is every document.

    now     what "now-7d" counts from; without it such dates are refused
    called  the condition that a document is about the utterance with this id; without it, that the document says so

    Raises BadQuery with one sentence that says what is wrong, where, and what to write.
    """
    if family not in FIELDS:
        raise BadQuery(f"there are no {family!r}: search in {', '.join(FIELDS)}", text[:100])
    known = FIELDS[family]
    if len(text) > LONGEST_QUERY:
        message = f"the query has {len(text):,} characters, {LONGEST_QUERY:,} are the most: split it into several"
        raise BadQuery(message, text[:100])
    if not text.strip():
        return Query(text, family, Everything())
    return Query(text, family, _Reader(text, family, now, called or partial(_called, known)).read())


def quote(value: str) -> str:
    """A value as a phrase that stands for itself in a query, whatever it contains."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


class _Reader:
    """Turns one text into a tree."""

    def __init__(self, text: str, family: str, now: datetime | None, called: Callable[[str], Node]) -> None:
        self.text, self.family, self.known, self.now, self.called = text, family, FIELDS[family], now, called
        self.anywhere = tuple(name for name, field in self.known.items() if field.kind in ("text", "name"))
        self.clauses = 0

    def read(self) -> Node:
        plain = _MARKS.sub(lambda found: '"' if found.group() in "“”„" else found.group(), self.text)
        try:
            with _LOCK:
                found = parse_lucene(plain)
        except (ValueError, ArithmeticError) as error:  # ArithmeticError: ^1.2.3
            raise syntax(self.text, plain, str(error)) from error
        return self.node(found, None, 0)

    def bad(self, item: lucene.Item, what: str, cure: str) -> BadQuery:
        return at(self.text, item.pos, " ".join(what.split()), cure)

    def node(self, item: lucene.Item, field: str | None, depth: int) -> Node:
        if depth > DEEPEST:
            raise self.bad(item, f"more than {DEEPEST} groups and operators inside each other", "write it flatter")
        match item:
            case lucene.BaseGroup() | lucene.Boost():
                return self.node(item.expr, field, depth + 1)
            case lucene.SearchField():
                return self.named(item, field, depth + 1)
            case lucene.UnaryOperator() if not self.negative_number(item, field):
                inner = self.node(item.a, field, depth + 1)
                return inner if isinstance(item, lucene.Plus) else _negation(inner)
            case lucene.BaseOperation():
                kind = Or if isinstance(item, lucene.OrOperation) else And
                return _joined(kind, [self.node(child, field, depth + 1) for child in item.operands])
        return self.leaf(item, field)

    def named(self, item: lucene.SearchField, outer: str | None, depth: int) -> Node:
        """`name:expression`."""
        name = _unescaped(item.name)
        if outer is not None:
            cure = f'put the value of {outer} in quotes: {outer}:"..."'
            raise self.bad(item, f"a second field, {name}:, inside {outer}:", cure)
        if name == "*" and isinstance(item.expr, lucene.Word) and item.expr.value == "*":
            return Everything()
        if name == "_exists_":
            return Exists(self.field(str(getattr(item.expr, "value", "")).strip('"'), item.expr))
        return self.node(item.expr, self.field(name, item), depth)

    def field(self, name: str, item: lucene.Item) -> str:
        if name in self.known:
            return name
        close = get_close_matches(name.lower(), self.known, n=1)
        others = [family for family, fields in FIELDS.items() if name in fields]
        cure = f"did you mean {close[0]}?" if close else f"there are {', '.join(self.known)}"
        cure = f"it is one of {' and '.join(others)}, search these" if others else cure
        raise self.bad(item, f"{self.family} have no field {name!r}", cure)

    def leaf(self, item: lucene.Item, field: str | None) -> Node:
        self.clauses += 1
        if self.clauses > CLAUSES:
            raise self.bad(item, f"more than {CLAUSES:,} words and ranges", "split the query into several")
        if isinstance(item, lucene.Fuzzy):
            raise self.bad(item, f"the fuzzy word {item.term.value}~", "write a wildcard instead: jok?wi, gung*")
        if isinstance(item, lucene.Regex):
            raise self.bad(item, f"the regular expression {item.value}", "write wildcards, or quote the slashes")
        kind = self.known[field].kind if field else "text"
        if isinstance(item, lucene.Range | lucene.OpenRange):
            return self.range(item, field, kind)
        if field and isinstance(item, lucene.Word) and item.value == "*":
            return Exists(field)
        if field is None or kind in ("text", "name"):
            return self.prose(item, (field,) if field else self.anywhere)
        if isinstance(item, lucene.Proximity):
            raise self.bad(item, f"the distance ~{item.degree}", f"{field} is matched whole: remove it")
        if kind == "keyword":
            return self.keyword(item, field)
        if kind == "flag":
            return self.flag(item, field)
        low, high = self.bounds(item, field, kind)
        return Between(field, low, high, high_in=kind == "number")

    # Words of text and names.

    def prose(self, item: lucene.Item, scope: tuple[str, ...]) -> Node:
        match item:
            case lucene.Proximity():
                return self.near(item, scope)
            case lucene.Phrase():
                return Words(scope, self.worded(item, _unescaped(item.value[1:-1])))
        if item.value.startswith("!"):  # NOT in Lucene, a letter in luqum: searching for it would do the opposite
            raise self.bad(item, "the sign !", f"write NOT {item.value[1:]}")
        pattern = self.pattern(item)
        if pattern == (Wild.ANY,):
            return Everything()
        if any(isinstance(part, Wild) for part in pattern):
            return self.shape(item, scope, pattern)
        found = self.worded(item, "".join(pattern))
        return Words(scope, found, stems=_stems(found[0]) if len(found) == 1 else ())

    def worded(self, item: lucene.Item, text: str) -> tuple[str, ...]:
        found = words(text)
        if found:
            return found
        operator = {"&&": "AND", "||": "OR"}.get(text)
        cure = f"write {operator}" if operator else "remove it"
        raise self.bad(item, f"{text!r} has no letter or digit to search for", cure)

    def near(self, item: lucene.Proximity, scope: tuple[str, ...]) -> Node:
        found = tuple(dict.fromkeys(self.worded(item, _unescaped(item.term.value[1:-1]))))
        if not 0 <= item.degree <= MOST_GAPS:
            raise self.bad(item, f"the distance ~{item.degree}", f"write a number from 0 to {MOST_GAPS}")
        return Near(scope, found, item.degree) if len(found) > 1 else Words(scope, found)

    def shape(self, item: lucene.Item, scope: tuple[str, ...], pattern: Pattern) -> Node:
        """A word with wildcards. `anak-an*` is two words, of which the last may go on."""
        if len(pattern) == 2 and pattern[1] is Wild.ANY:
            found = list(places(pattern[0]))
            if found and found[-1].end == len(pattern[0]):
                return Words(scope, tuple(place.word for place in found), prefix=True)
        folded: list[str] = []
        for part in pattern:
            found = [] if isinstance(part, Wild) else list(places(part))
            if not isinstance(part, Wild) and [(place.start, place.end) for place in found] != [(0, len(part))]:
                raise self.bad(
                    item, f"wildcards across the words of {item.value!r}", "use them inside one word: jok?wi"
                )
            folded.append(part if isinstance(part, Wild) else found[0].word)
        return Shape(scope, tuple(folded))

    def pattern(self, item: lucene.Item) -> Pattern:
        parts = _pattern(item.value)
        if sum(part is Wild.ANY for part in parts) > MOST_STARS:
            raise self.bad(item, f"more than {MOST_STARS} stars in {item.value!r}", "remove some")
        return parts

    # Whole values.

    def keyword(self, item: lucene.Item, field: str) -> Node:
        quoted = isinstance(item, lucene.Phrase)
        pattern = (_unescaped(item.value[1:-1]),) if quoted else self.pattern(item)
        if any(isinstance(part, Wild) for part in pattern):
            return ValueShape(field, pattern)
        value = "".join(pattern)
        return self.called(value) if field == "utterance" else Value(field, value)

    def flag(self, item: lucene.Item, field: str) -> Node:
        value = _literal(item).lower()
        if value not in ("true", "false"):
            raise self.bad(item, f"{value!r} as {field}", f"write {field}:true or {field}:false")
        return Value(field, value == "true")

    def range(self, item: lucene.Item, field: str | None, kind: str) -> Node:
        if field is None:
            raise self.bad(item, "a range without a field", "name one: published:[2022-01 TO 2022-02]")
        if kind == "flag":
            raise self.bad(item, f"a range of {field}", f"write {field}:true or {field}:false")
        if kind in ("text", "name"):
            raise self.bad(item, f"a range of {field}, which is searched by words", "write words, or name a date field")
        low, low_in, high, high_in = _ends(item)
        start = self.bounds(low, field, kind) if low is not None else (None, None)
        stop = self.bounds(high, field, kind) if high is not None else (None, None)
        if low is None and high is None:
            return Exists(field)
        if kind == "date":
            return Between(field, start[0] if low_in else start[1], stop[1] if high_in else stop[0], high_in=False)
        return Between(field, start[0], stop[0], low_in, high_in)

    def bounds(self, item: lucene.Item, field: str, kind: str) -> tuple[str | int | float, str | int | float]:
        """What a value stands for: a date for its first microsecond and the first after it, others for themselves."""
        value = _literal(item)
        if kind == "keyword":
            return value, value
        if kind == "number":
            if not _NUMBER.fullmatch(value):
                raise self.bad(item, f"{value!r} as {field}", f"write a number: {field}:0.8 or {field}:[0.8 TO *]")
            return float(value), float(value)
        try:
            return span(value, self.now)
        except ValueError as error:
            cure = f'write {field}:2022, 2022-01, 2022-01-17 or "2022-01-17T10:00+07:00"'
            raise self.bad(item, f"{value!r} as {field}", cure) from error

    def negative_number(self, item: lucene.UnaryOperator, field: str | None) -> bool:
        """Whether `field:-1` means the number below zero and not the negation."""
        sign = isinstance(item, lucene.Prohibit) and isinstance(item.a, lucene.Word)
        return sign and field is not None and self.known[field].kind == "number"


def _called(known: dict[str, Field], id: str) -> Node:
    named = tuple(Value(field, id) for field in ("utterance", "former") if field in known)
    return Or(named) if len(named) > 1 else named[0]


def _negation(child: Node) -> Node:
    return child.child if isinstance(child, Not) else Not(child)


def _joined(kind: type[And] | type[Or], children: list[Node]) -> Node:
    flat = [inner for child in children for inner in (child.children if isinstance(child, kind) else (child,))]
    return kind(tuple(flat)) if len(flat) > 1 else flat[0]


def _stems(word: str) -> tuple[tuple[str, str], ...]:
    return tuple((language, found) for language in STEMMED if (found := stem(word, language)))


def _unescaped(value: str) -> str:
    return _ESCAPED.sub(r"\1", value)


def _literal(item: lucene.Item) -> str:
    if isinstance(item, lucene.Prohibit):
        return "-" + _literal(item.a)
    value = str(item.value)
    return _unescaped(value[1:-1] if isinstance(item, lucene.Phrase) else value)


def _pattern(value: str) -> Pattern:
    """The literal stretches and the wildcards of a word, escapes resolved."""
    parts: list[str] = []
    for piece in re.findall(r"\\.|[^\\]", value, re.DOTALL):
        wild = Wild(piece) if piece in ("*", "?") else None
        if wild is not None:
            parts += [wild] if parts[-1:] != [Wild.ANY] or wild is not Wild.ANY else []
        elif parts and not isinstance(parts[-1], Wild):
            parts[-1] += piece[-1]
        else:
            parts.append(piece[-1])
    return tuple(parts)


def _ends(item: lucene.Item) -> tuple[lucene.Item | None, bool, lucene.Item | None, bool]:
    """The lower bound, whether it belongs, the upper bound, whether it belongs; None is open."""
    if isinstance(item, lucene.From):
        return item.a, item.include, None, False
    if isinstance(item, lucene.To):
        return None, False, item.a, item.include
    low, high = (None if bound.value == "*" else bound for bound in map(_bare, (item.low, item.high)))
    return low, item.include_low, high, item.include_high


def _bare(bound: lucene.Item) -> lucene.Item:
    """A bound; one below zero as a single word."""
    return lucene.Word(_literal(bound), pos=bound.pos) if isinstance(bound, lucene.Prohibit) else bound
