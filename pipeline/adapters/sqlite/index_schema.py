"""The tables of the search index, derived from the declaration in schemas.documents.

Per family there are four: one narrow row per document with the fields that are filtered and counted, the document
itself as JSON, the words (FTS5 without content: the JSON has the text already), and the vocabulary of those words.
The words are analysed by `pipeline.news.queries.words`, so the tokenizer only splits at spaces: `ascii` takes every
other character for a letter.
"""

import zlib
from collections.abc import Callable
from datetime import date
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec

from pipeline.news.queries.dates import microseconds
from pipeline.news.queries.predicate import row as row_of_words
from pipeline.news.queries.tree import FIELDS
from pipeline.news.queries.words import STEMMED, other_forms, words
from schemas.documents import AlertDocument, Document, Field

GAP_WORD = "¶"
"""What stands in the index between two values of a field; no folded word contains it."""
TAGS = "tags"
"""The column with the language of the document."""
_ENCODER = msgspec.json.Encoder()
_PLAIN = frozenset({str, int, float, bool, type(None)})
LOOKED_UP = ("article", "family", "utterance")
"""Fields of one value with an index of their own: by them the ledger finds what belongs together."""
SELDOM = ("former",)
"""Fields that few documents have, with an index of those that do."""
NO_WORD = '"×"'
"""A word that is in no document."""


class Table(NamedTuple):
    """The tables of one family.

    columns  fields that are filtered and counted, with what takes their `values` from a document
    prose    fields that are searched by words, with what takes their `words` from a document
    texts    those of them that are stemmed
    written  the columns of the words: as they are, then the stems of each text, then the language
    """

    family: str
    fields: dict[str, Field]
    columns: tuple[str, ...]
    values: Callable[[Document], tuple[Any, ...]]
    prose: tuple[str, ...]
    words: Callable[[Document], tuple[Any, ...]]
    texts: tuple[str, ...]
    written: tuple[str, ...]


def stems_of(field: str) -> str:
    """The column with the stems of a text field."""
    return f"{field}_stems"


def _table(family: str) -> Table:
    known = FIELDS[family]
    columns = tuple(name for name, field in known.items() if field.kind != "text")
    prose = tuple(name for name, field in known.items() if field.kind in ("text", "name"))
    texts = tuple(name for name, field in known.items() if field.kind == "text")
    written = (*prose, *map(stems_of, texts), TAGS)
    return Table(family, known, columns, attrgetter(*columns), prose, attrgetter(*prose), texts, written)


class Writes(NamedTuple):
    """The statements that write into the tables of a family, with their question marks.

    There is no INSERT OR REPLACE: it opens a savepoint, at which FTS5 writes out the words it has gathered, and a
    document costs five times as much.
    """

    find: str
    add: str
    change: str
    add_document: str
    change_document: str
    add_words: str
    forget_words: str


def _writes(table: Table) -> Writes:
    family, words = table.family, f"{table.family}_words"
    return Writes(
        find=f"SELECT row, revision FROM {family} WHERE id = ?",
        add=_insert(family, ("at", *table.columns)),
        change=_update(family, ("at", *table.columns)),
        add_document=_insert(f"{family}_json", ("document", "row")),
        change_document=_update(f"{family}_json", ("document",)),
        add_words=_insert(words, (*table.written, "rowid")),
        # FTS5 without content has to be told what it forgets: exactly what was written.
        forget_words=_insert(words, (*table.written, "rowid", words)),
    )


def _insert(table: str, columns: tuple[str, ...]) -> str:
    names = ", ".join(f'"{name}"' for name in columns)
    return f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(columns))})"


def _update(table: str, columns: tuple[str, ...]) -> str:
    values = ", ".join(f'"{name}" = ?' for name in columns)
    return f'UPDATE {table} SET {values} WHERE "row" = ?'


TABLES = {family: _table(family) for family in FIELDS}
WRITES = {family: _writes(table) for family, table in TABLES.items()}


def statements(table: Table) -> tuple[str, ...]:
    """What creates the tables of a family."""
    family = table.family
    columns = ", ".join(f'"{name}"' for name in table.columns if name != "id")
    return (
        f'CREATE TABLE {family} ("row" INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, "at" INTEGER NOT NULL, {columns})',
        f'CREATE INDEX {family}_newest ON {family} ("at" DESC, id)',
        *(f"CREATE INDEX {family}_{name} ON {family} ({name})" for name in LOOKED_UP if name in table.columns),
        *(
            f"CREATE INDEX {family}_{name} ON {family} ({name}) WHERE {name} IS NOT NULL"
            for name in SELDOM
            if name in table.columns
        ),
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
    """The moment, then the values of `Table.columns`."""
    return [moment(document), *[value if type(value) in _PLAIN else _column(value) for value in table.values(document)]]


def _column(value: Any) -> object:
    if isinstance(value, date):
        return microseconds(value)
    return _ENCODER.encode(list(dict.fromkeys(value))).decode() if value else None  # once, so that rows can be counted


def written(table: Table, document: Document) -> list[str]:
    """The values of `Table.written`."""
    exact = [_words(value) for value in table.words(document)]
    texts = [getattr(document, name) for name in table.texts]
    tags = tag(document.language) if document.language in STEMMED else ""
    return [*exact, *[_other_forms(text, document.language) for text in texts], tags]


def _words(value: str | tuple[str, ...] | None) -> str:
    if not value:
        return ""
    if isinstance(value, str):
        return " ".join(words(value))
    return " ".join([word or GAP_WORD for word in row_of_words(value)])


def _other_forms(text: str | None, language: str) -> str:
    """The stems of a text that do not stand in it as words, each with its language."""
    if not text:
        return ""
    found, mark = other_forms(text, language), f" {tag(language)}"
    return mark + mark.join(found) if found else ""


def tag(language: str, stem: str = "") -> str:
    """A stem of a language, or the language itself, as it stands in the index. No folded word has such a dot."""
    return f"{language}·{stem}"
