"""Which words of a text made it a hit."""

from collections.abc import Iterator

from pipeline.news.queries.predicate import occurrences
from pipeline.news.queries.tree import And, Near, Node, Or, Query, Shape, Words
from pipeline.news.queries.words import Place, places, stem

Span = tuple[int, int]


def leaves(node: Node) -> Iterator[Words | Near | Shape]:
    """What is searched in words and not excluded, in the order of the query."""
    match node:
        case Words() | Near() | Shape():
            yield node
        case And() | Or():
            for child in node.children:
                yield from leaves(child)


def highlight(query: Query, text: str, field: str | None = None, language: str | None = None) -> list[Span]:
    """The codepoint spans of the words of a text that the query asks for, in order and apart from each other.

    A phrase is one span. `field` leaves out words that were asked of other fields; `language` is that of the text
    and picks the stems, None takes those of any language. What stands under NOT is never highlighted.
    """
    line = list(places(text))
    asked = [leaf for leaf in leaves(query.tree) if field is None or field in leaf.fields]
    return _apart(
        [(line[first].start, line[end - 1].end) for leaf in asked for first, end in _found(leaf, line, language)]
    )


def _found(leaf: Words | Near | Shape, line: list[Place], language: str | None) -> Iterator[Span]:
    words = [place.word for place in line]
    for first, end in occurrences(leaf, words):
        if isinstance(leaf, Near):
            yield from ((at, at + 1) for at in range(first, end) if words[at] in leaf.words)
        else:
            yield first, end
    if isinstance(leaf, Words):
        wanted = {(tag, root) for tag, root in leaf.stems if language in (None, tag)}
        for at, word in enumerate(words):
            if any(stem(word, tag) == root for tag, root in wanted):
                yield at, at + 1


def _apart(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(set(spans)):
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged
