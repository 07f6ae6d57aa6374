"""What a model reads in a text: names, and where its language has a parser, how the words depend on each other."""

from collections.abc import Sequence
from typing import NamedTuple

from schemas.article import EntityKind

Name = tuple[int, int, EntityKind]
"""Codepoints start..end-1 and what they name."""


class Parse(NamedTuple):
    """Dependency trees, one a sentence, as arrays over the tokens of a text in order.

    Token i is codepoints starts[i]..ends[i]-1; it depends on token heads[i] (itself at the root of a sentence) as
    labels[i] says: a dependency of Universal Dependencies or of ClearNLP ("nsubj", "ccomp").
    """

    starts: Sequence[int]
    ends: Sequence[int]
    heads: Sequence[int]
    labels: Sequence[str]


class Reading(NamedTuple):
    """Names in order and without overlap. `parse` is None where no parser serves the language."""

    names: list[Name]
    parse: Parse | None = None


UNREAD = Reading([])
"""Of a text that no model reads."""
