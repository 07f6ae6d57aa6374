"""The search index in one SQLite file (FTS5): the writing side and the reading side.

Reading sees what was put but not yet flushed, on the same object. Another process may read the same file at any time
and sees what was flushed; one process at a time may write, from its first put to its flush.
"""

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, partial
from typing import Any

import msgspec

from pipeline.adapters import hits
from pipeline.adapters.hits import Position, parsed
from pipeline.adapters.sqlite.database import connect, explained, translated
from pipeline.adapters.sqlite.index_compile import Compiler, Sql, glob
from pipeline.adapters.sqlite.index_schema import SCHEMA, TABLES, VERSION, WRITES, Table, columns, written
from pipeline.errors import BadQuery
from pipeline.news.queries import Query
from pipeline.news.queries.tree import Pattern, Wild
from pipeline.ports import Facet, Hits, Sort
from schemas.documents import FAMILIES, Document

PRAGMAS = (
    "secure_delete = OFF",  # merging FTS5 segments would overwrite every freed page
    "cache_size = -32000",  # KiB
    "wal_autocheckpoint = 4000",  # pages; FTS5 writes the same ones again and again
)
MOST_WORDS = 1_000
"""How many words of the vocabulary one wildcard may stand for."""
BATCH = 200
"""How many documents an export reads at once."""

_ENCODER = msgspec.json.Encoder()
_DECODERS = {family: msgspec.json.Decoder(document) for family, document in FAMILIES.items()}


class SqliteIndex:
    """An `Index` and a `Search` over the file at `path`, ":memory:" for none. Any thread may call its methods.

    They raise Unavailable when the file cannot be used, StorageFull when its disk is full.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._connection = connect(path, SCHEMA, VERSION, PRAGMAS, anew="run `pantau replay`, which fills it again")

    def close(self) -> None:
        """Flush and let the file go."""
        with self._lock:
            self.flush()
            self._connection.close()

    # Index

    def expect(self, articles: Sequence[str]) -> None:
        """See `pipeline.ports.Index.expect`. A look into a file needs no preparation."""

    def put(self, family: str, document: Document) -> None:
        """See `pipeline.ports.Index.put`."""
        table = _table(family)
        with self._writing() as connection:
            row, revision = connection.execute(WRITES[family].find, (document.id,)).fetchone() or (None, 0)
            if row is None:
                self._add(table, document)
            elif revision <= document.revision:
                self._change(table, row, document)

    def _add(self, table: Table, document: Document) -> None:
        sql, execute = WRITES[table.family], self._connection.execute
        row = execute(sql.add, columns(table, document)).lastrowid
        execute(sql.add_document, (_ENCODER.encode(document).decode(), row))
        execute(sql.add_words, (*written(table, document), row))

    def _change(self, table: Table, row: int, document: Document) -> None:
        sql, execute = WRITES[table.family], self._connection.execute
        old, new = written(table, self._document(table.family, row)), written(table, document)
        execute(sql.change, (*columns(table, document), row))
        execute(sql.change_document, (_ENCODER.encode(document).decode(), row))
        if old != new:
            execute(sql.forget_words, (*old, row, "delete"))
            execute(sql.add_words, (*new, row))

    def revision(self, family: str, id: str) -> int:
        """See `pipeline.ports.Index.revision`."""
        query = f"SELECT revision FROM {_table(family).family} WHERE id = ?"
        found = self._rows(Sql(query, (id,)))
        return int(found[0][0]) if found else 0

    def retract(self, article: str, keep: Iterable[str], revision: int) -> int:
        """See `pipeline.ports.Index.retract`."""
        table, kept = TABLES["statements"], frozenset(keep)
        with self._writing() as connection:
            query = "SELECT row, id FROM statements WHERE article = ? AND revision <= ? AND withdrawn IS NULL"
            found = connection.execute(query, (article, revision)).fetchall()
            gone = [row for row, id in found if id not in kept]
            for row in gone:
                old = written(table, self._document("statements", row))
                connection.execute(WRITES["statements"].forget_words, (*old, row, "delete"))
                connection.execute("DELETE FROM statements_json WHERE row = ?", (row,))
                connection.execute("DELETE FROM statements WHERE row = ?", (row,))
        return len(gone)

    def flush(self) -> None:
        """See `pipeline.ports.Index.flush`."""
        with self._lock:
            if self._connection.in_transaction:
                with self._writing() as connection:
                    connection.execute("COMMIT")

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that stays open until `flush`; an error undoes it."""
        with self._lock:
            try:
                if not self._connection.in_transaction:
                    self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection
            except BaseException as error:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error):
                    raise explained(self._path, error) from error
                raise

    # Search

    def search(
        self, family: str, query: str | Query, *, limit: int = 20, cursor: str | None = None, sort: Sort = "relevance"
    ) -> Hits:
        """See `pipeline.ports.Search.search`."""
        hits.check_limit(limit)
        asked = parsed(family, query)
        mark = hits.mark(asked, sort)
        after = hits.position(cursor, mark) if cursor else None
        with self._lock:
            compiler = self._compiler(asked)
            where = compiler.where(asked.tree)
            score = compiler.score(asked.tree) if sort == "relevance" else Sql("0")
            total = self._rows(Sql(f"SELECT count(*) FROM {family} t WHERE {where.text}", where.values))[0][0]
            rows = self._rows(_page(family, where, score, after, limit + 1))
        scale, decode = compiler.scale(asked.tree), _DECODERS[family].decode
        page = tuple(hits.hit(asked, decode(row[3]), row[0] / scale) for row in rows[:limit])
        following = hits.cursor(mark, Position(*rows[limit - 1][:3])) if len(rows) > limit else None
        return Hits(total, page, following)

    def facets(self, family: str, query: str | Query, names: Sequence[str], size: int = 10) -> dict[str, Facet]:
        """See `pipeline.ports.Search.facets`."""
        asked = parsed(family, query)
        hits.check_facets(family, names, size)
        if not names:
            return {}
        with self._lock:
            where = self._compiler(asked).where(asked.tree)
            rows = self._rows(_counts(_table(family), where, names, size))
        counted: dict[str, Facet] = {name: [] for name in names}
        for name, value, count in rows:
            counted[name].append((value, count))
        return counted

    def get(self, family: str, id: str) -> Document | None:
        """See `pipeline.ports.Search.get`."""
        _table(family)
        found = self._documents(family, [id])
        return found[0] if found else None

    def count(self, family: str) -> int:
        """See `pipeline.ports.Search.count`."""
        return int(self._rows(Sql(f"SELECT count(*) FROM {_table(family).family}"))[0][0])

    def export(self, family: str, query: str | Query) -> Iterator[Document]:
        """See `pipeline.ports.Search.export`. A document that is retracted meanwhile is left out."""
        asked = parsed(family, query)
        with self._lock:
            where = self._compiler(asked).where(asked.tree)
            text = f'SELECT id FROM {family} t WHERE {where.text} ORDER BY t."at" DESC, id'
            ids = [row[0] for row in self._rows(Sql(text, where.values))]
        return self._read(family, ids)

    def _read(self, family: str, ids: list[str]) -> Iterator[Document]:
        for start in range(0, len(ids), BATCH):
            yield from self._documents(family, ids[start : start + BATCH])

    def _documents(self, family: str, ids: list[str]) -> list[Document]:
        """The documents with these ids, in this order."""
        marks = ", ".join("?" * len(ids))
        text = f"SELECT t.id, d.document FROM {family} t JOIN {family}_json d ON d.row = t.row WHERE t.id IN ({marks})"
        found = dict(self._rows(Sql(text, tuple(ids))))
        return [_DECODERS[family].decode(found[id]) for id in ids if id in found]

    def _document(self, family: str, row: int) -> Document:
        found = self._connection.execute(f"SELECT document FROM {family}_json WHERE row = ?", (row,)).fetchone()
        document: Document = _DECODERS[family].decode(found[0])
        return document

    def _compiler(self, query: Query) -> Compiler:
        return Compiler(TABLES[query.family], cache(partial(self._expand, query)))

    def _expand(self, query: Query, pattern: Pattern) -> list[str]:
        """The words of the vocabulary with this shape. Raises BadQuery when they are too many."""
        first = "" if isinstance(pattern[0], Wild) else pattern[0]
        text = (
            f"SELECT term FROM {query.family}_vocabulary "
            "WHERE term >= ? AND term < ? AND term GLOB ? AND instr(term, '·') = 0 LIMIT ?"
        )
        found = self._rows(Sql(text, (first, first + "\U0010ffff", glob(pattern), MOST_WORDS + 1)))
        if len(found) > MOST_WORDS:
            shape = "".join(pattern)
            raise BadQuery(f"{shape} stands for more than {MOST_WORDS:,} words: write more letters of it", query.text)
        return [row[0] for row in found]

    def _rows(self, sql: Sql) -> list[Any]:
        with self._lock, translated(self._path):
            return self._connection.execute(sql.text, sql.values).fetchall()


def _table(family: str) -> Table:
    return TABLES[hits.known(family)]


def _page(family: str, where: Sql, score: Sql, after: Position | None, limit: int) -> Sql:
    """Score, moment, id and document of the hits after a position."""
    following = _after(score, after) if after else Sql("1")
    text = (
        f'SELECT p.score, p."at", p.id, d.document FROM ('
        f'SELECT t.row, {score.text} AS score, t."at", t.id FROM {family} t WHERE {where.text} AND {following.text} '
        f"ORDER BY {_order('t', score)} LIMIT ?) p "
        f"JOIN {family}_json d ON d.row = p.row ORDER BY {_order('p', score)}"
    )
    return Sql(text, (*score.values, *where.values, *following.values, limit))


def _order(table: str, score: Sql) -> str:
    return f'{"" if score.text == "0" else "score DESC, "}{table}."at" DESC, {table}.id'


def _after(score: Sql, after: Position) -> Sql:
    """The hits that sort after a position; written so that the index over the moment can serve the newest."""
    points, at, id = after
    older = '(t."at" <= ? AND (t."at" < ? OR t.id > ?))'
    if score.text == "0":
        return Sql(older, (at, at, id))
    return Sql(f"(score < ? OR (score = ? AND {older}))", (points, points, at, at, id))


def _counts(table: Table, where: Sql, names: Sequence[str], size: int) -> Sql:
    """Name, value and count of each facet, in one statement that finds the hits once."""
    hits = f"WITH hits AS MATERIALIZED (SELECT t.row FROM {table.family} t WHERE {where.text})"
    groups = (f"SELECT '{name}', {_facet(table, name)} GROUP BY 2 ORDER BY 3 DESC, 2 LIMIT ?" for name in names)
    branches = " UNION ALL ".join(f"SELECT * FROM ({group})" for group in groups)
    return Sql(f"{hits} {branches}", (*where.values, *([size] * len(names))))


def _facet(table: Table, name: str) -> str:
    rows = f"FROM hits JOIN {table.family} t ON t.row = hits.row"
    if table.fields[name].many:
        return f"v.value, count(*) {rows}, json_each(t.\"{name}\") v WHERE v.value <> ''"
    return f't."{name}", count(*) {rows} WHERE t."{name}" <> \'\''
