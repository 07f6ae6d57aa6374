"""The tables of the search index, derived from the declaration in schemas.documents.

Per family there are four: one narrow row per document with the fields that are filtered and counted, the document
itself as JSON, the words (FTS5 without content: the JSON has the text already), and the vocabulary of those words.
The words are analysed by `pipeline.news.queries.words`, so the tokenizer only splits at spaces: `ascii` takes every
other character for a letter.
"""

import json
import zlib
from datetime import datetime
from typing import Any, NamedTuple

from pipeline.news.queries.dates import microseconds
from pipeline.news.queries.predicate import row as row_of_words
from pipeline.news.queries.tree import FIELDS
from pipeline.news.queries.words import stems, words
from schemas.documents import AlertDocument, Document, Field

GAP_WORD = "¶"
"""What stands in the index between two values of a field; no folded word contains it."""
NO_WORD = '"×"'
"""A word that is in no document."""


class Table(NamedTuple):
    """The tables of one family. `columns` are filtered and counted, `prose` is searched by words."""

    family: str
    fields: dict[str, Field]
    columns: tuple[str, ...]
    prose: tuple[str, ...]
    texts: tuple[str, ...]

    @property
    def written(self) -> tuple[str, ...]:
        """The columns of the words: the words as they are, then the stems of each text field."""
        return (*self.prose, *map(stems_of, self.texts))


def stems_of(field: str) -> str:
    """The column with the stems of a text field."""
    return f"{field}_stems"


def _table(family: str) -> Table:
    known = FIELDS[family]
    return Table(
        family,
        known,
        columns=tuple(name for name, field in known.items() if field.kind != "text"),
        prose=tuple(name for name, field in known.items() if field.kind in ("text", "name")),
        texts=tuple(name for name, field in known.items() if field.kind == "text"),
    )


TABLES = {family: _table(family) for family in FIELDS}


def statements(table: Table) -> tuple[str, ...]:
    """What creates the tables of a family."""
    family = table.family
    columns = ", ".join(f'"{name}"' for name in table.columns if name != "id")
    return (
        f'CREATE TABLE {family} ("row" INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, "at" INTEGER NOT NULL, {columns})',
        f'CREATE INDEX {family}_newest ON {family} ("at" DESC, id)',
        *([f"CREATE INDEX {family}_article ON {family} (article)"] if "article" in table.columns else []),
        f'CREATE TABLE {family}_json ("row" INTEGER PRIMARY KEY, document TEXT NOT NULL)',
        f"CREATE VIRTUAL TABLE {family}_words USING fts5("
        f"{', '.join(table.written)}, content='', columnsize=0, detail=full, tokenize='ascii')",
        f"CREATE VIRTUAL TABLE {family}_vocabulary USING fts5vocab({family}_words, row)",
    )


SCHEMA = tuple(statement for table in TABLES.values() for statement in statements(table))
ANALYSIS = 1
"""Counted up whenever the analysis of words changes what is written."""
VERSION = zlib.crc32("\n".join((*SCHEMA, str(ANALYSIS))).encode()) & 0x7FFFFFFF
"""What PRAGMA user_version holds: any change of a field or of the analysis makes another number."""


def moment(document: Document) -> int:
    """What "newest" sorts by, in microseconds since 1970."""
    if isinstance(document, AlertDocument):
        return microseconds(document.raised)
    return microseconds(document.published or document.fetched)


def columns(table: Table, document: Document) -> list[object]:
    """The values of `Table.columns`."""
    return [_column(getattr(document, name)) for name in table.columns]


def _column(value: Any) -> object:
    if isinstance(value, datetime):
        return microseconds(value)
    if isinstance(value, tuple):
        return json.dumps(value, ensure_ascii=False) if value else None
    return value


def written(table: Table, document: Document) -> list[str]:
    """The values of `Table.written`: folded words and tagged stems, separated by spaces."""
    exact = [_words(getattr(document, name)) for name in table.prose]
    language = document.language
    return exact + [tagged(language, getattr(document, name) or "") for name in table.texts]


def _words(value: str | tuple[str, ...] | None) -> str:
    if isinstance(value, tuple):
        return " ".join(word or GAP_WORD for word in row_of_words(value))
    return " ".join(words(value)) if value else ""


def tagged(language: str, text: str) -> str:
    """The stems of a text, each with its language, so that a stem is never taken for that of another language."""
    return " ".join([tag(language, stem) for stem in stems(text, language)])


def tag(language: str, stem: str) -> str:
    """A stem as it stands in the index. The dot is in no folded word."""
    return f"{language}·{stem}"
