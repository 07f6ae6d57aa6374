"""The ports Index and Search over Elasticsearch.

Reading sees what was put before on the same object, flushed or not; other processes see it within a second of its
flush. A flush that raises Unavailable may have written a part: the replay of its messages overwrites it.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from elasticsearch import ApiError, Elasticsearch, NotFoundError, TransportError

from pipeline.adapters import hits
from pipeline.adapters.elasticsearch.compile import Compiler, Dsl, request
from pipeline.adapters.elasticsearch.connection import Address, connect, read, reason, translated, translation
from pipeline.adapters.elasticsearch.generations import Generations
from pipeline.adapters.elasticsearch.mapping import decode
from pipeline.adapters.elasticsearch.shelf import BATCH, KEPT, QUIETLY, Shelf
from pipeline.adapters.elasticsearch.writer import Writer
from pipeline.adapters.hits import Position, parsed
from pipeline.errors import BadQuery
from pipeline.news.queries import Query
from pipeline.news.queries.tree import FIELDS
from pipeline.ports import Facet, Hits, Sort, Upkeep
from schemas.documents import Document

COUNTED = (1_000, 50_000)
"""How many values each shard counts for a facet: at first, and when the first is not exact."""
READ_ATTEMPTS = 3
"""How many nodes are asked before a reader is told that there is no answer."""

_NEWEST: list[Dsl] = [{"search.at": "desc"}, {"id": "asc"}]
_Result = TypeVar("_Result")


class ElasticsearchIndex:
    """An `Index` and a `Search` over the Elasticsearch of a URL (`connection.read`). Any thread may call its methods.

    It connects with the first call. All methods raise Unavailable when the server cannot be used.
    """

    def __init__(self, url: str | Path) -> None:
        self.address: Address = read(url)
        self.client: Elasticsearch = connect(self.address)
        self._shelf = Shelf(self.client, self.address.prefix)
        self._writer = Writer(self.client, self.address, self._shelf)
        self._lock = threading.RLock()
        self._dirty = False

    def close(self) -> None:
        """Flush and close the connections."""
        with self._lock:
            self.flush()
            self.client.close()

    def upkeep(self, say: Callable[[str], None] = lambda _: None) -> Upkeep:
        """See `pipeline.ports.Kept`."""
        return Generations(self.client, self.address, say)

    # Index

    def expect(self, articles: Sequence[str]) -> None:
        """See `pipeline.ports.Index.expect`."""
        with self._lock:
            self._writer.expect(articles)

    def put(self, family: str, document: Document) -> None:
        """See `pipeline.ports.Index.put`. Raises Refused for a document that the server will never take."""
        with self._lock:
            self._dirty = True
            self._writer.put(hits.known(family), document)

    def revision(self, family: str, id: str) -> int:
        """See `pipeline.ports.Index.revision`."""
        with self._lock:
            return self._writer.revision(hits.known(family), id)

    def retract(self, article: str, keep: Iterable[str], revision: int) -> int:
        """See `pipeline.ports.Index.retract`."""
        with self._lock:
            self._dirty = True
            return self._writer.retract(article, keep, revision)

    def flush(self) -> None:
        """See `pipeline.ports.Index.flush`. Raises Refused when all but what it names is written."""
        with self._lock:
            self._writer.flush()

    # Search

    def search(
        self, family: str, query: str | Query, *, limit: int = 20, cursor: str | None = None, sort: Sort = "relevance"
    ) -> Hits:
        """See `pipeline.ports.Search.search`."""
        hits.check_limit(limit)
        asked = parsed(family, query)
        mark = hits.mark(asked, sort)
        after = hits.position(cursor, mark) if cursor else None
        answer = self._ask(asked, _page(asked, sort, after, limit + 1))
        found, scale = answer["hits"]["hits"], Compiler.scale(asked.tree)
        page = tuple(
            hits.hit(asked, decode(family, one["_source"]), _score(one, sort) / scale) for one in found[:limit]
        )
        following = hits.cursor(mark, _position(found[limit - 1], sort)) if len(found) > limit else None
        return Hits(answer["hits"]["total"]["value"], page, following)

    def facets(self, family: str, query: str | Query, names: Sequence[str], size: int = 10) -> dict[str, Facet]:
        """See `pipeline.ports.Search.facets`. Exact up to 50,000 different values of a field in an index."""
        asked = parsed(family, query)
        hits.check_facets(family, names, size)
        found = self._counted(asked, names, size, COUNTED[0]) if names else {}
        inexact = [name for name in names if found[name].get("doc_count_error_upper_bound")]
        if inexact:
            found |= self._counted(asked, inexact, size, COUNTED[1])
        return {name: [(one["key"], one["doc_count"]) for one in found[name].get("buckets", [])] for name in names}

    def _counted(self, query: Query, names: Sequence[str], size: int, shard: int) -> dict[str, Any]:
        terms = {"size": size, "shard_size": max(size, shard), "exclude": [""]}
        groups = {name: {"terms": terms | {"field": countable(query.family, name)}} for name in names}
        answer = self._ask(query, {"query": request(query, scored=False), "size": 0, "aggs": groups})
        return dict(answer.get("aggregations") or {name: {} for name in names})

    def get(self, family: str, id: str) -> Document | None:
        """See `pipeline.ports.Search.get`."""
        asked = {"query": {"ids": {"values": [id]}}, "size": 1}
        with translated(self.address):
            found = self._read(hits.known(family), asked)["hits"]["hits"]
        return decode(family, found[0]["_source"]) if found else None

    def count(self, family: str) -> int:
        """See `pipeline.ports.Search.count`."""
        asked = {"size": 0, "track_total_hits": True}
        with translated(self.address):
            return int(self._read(hits.known(family), asked)["hits"]["total"]["value"])

    def export(self, family: str, query: str | Query) -> Iterator[Document]:
        """See `pipeline.ports.Search.export`. The server forgets its view five minutes after the last batch."""
        asked = parsed(family, query)
        self._see()
        reading = self._shelf.reading(family)
        try:
            with translated(self.address):
                view = self.client.open_point_in_time(index=reading, keep_alive=KEPT, ignore_unavailable=True)["id"]
        except Exception as error:
            if isinstance(error.__cause__, NotFoundError):
                return iter(())
            raise
        return self._export(asked, view)

    def _export(self, query: Query, view: str) -> Iterator[Document]:
        after: dict[str, Any] = {}
        body: dict[str, Any] = {
            "query": request(query, scored=False),
            "sort": _NEWEST,
            "size": BATCH,
            "track_total_hits": False,
        }
        try:
            while True:
                view_of = {"id": view, "keep_alive": KEPT}
                answer = self._told(query, lambda: self.client.search(**body, **after, pit=view_of))  # noqa: B023
                found, view = answer["hits"]["hits"], answer["pit_id"]
                yield from (decode(query.family, one["_source"]) for one in found)
                if len(found) < BATCH:
                    return
                after = {"search_after": found[-1]["sort"]}
        finally:
            with translated(self.address):
                self.client.options(ignore_status=404).close_point_in_time(id=view)

    # Asking.

    def _ask(self, query: Query, body: dict[str, Any]) -> Any:
        return self._told(query, lambda: self._read(query.family, body))

    def _told(self, query: Query, call: Callable[[], _Result]) -> _Result:
        """The answer about a query; what the server cannot do with it is the query's fault."""
        try:
            return call()
        except (ApiError, TransportError) as error:
            if isinstance(error, ApiError) and error.status_code == 400:
                cure = "write fewer words, more letters before a star, or split it"
                raise BadQuery(f"the query is too large ({reason(error)}): {cure}", query.text) from error
            raise translation(error, self.address) from error

    def _read(self, family: str, body: dict[str, Any]) -> Any:
        self._see()
        reading = self._shelf.reading(family)
        return self._patient().search(index=reading, allow_partial_search_results=False, **QUIETLY, **body)

    def _patient(self) -> Elasticsearch:
        """For readers, who rather ask another node at once than wait."""
        return self.client.options(max_retries=READ_ATTEMPTS - 1, retry_on_status=(429, 502, 503, 504))

    def _see(self) -> None:
        """Make searches see what was put here."""
        with self._lock:
            if self._dirty:
                self._writer.refresh()
                self._dirty = False


def countable(family: str, name: str) -> str:
    """The field of Elasticsearch that counts the values of a field."""
    return f"{name}.keyword" if FIELDS[family][name].kind == "name" else name


def _page(query: Query, sort: Sort, after: Position | None, limit: int) -> dict[str, Any]:
    """The request for the hits after a position. It needs no state on the server, so a cursor never expires."""
    scored = sort == "relevance"
    order: list[Dsl] = [{"_score": "desc"}, *_NEWEST] if scored else _NEWEST
    body = {"query": request(query, scored), "sort": order, "size": limit, "track_total_hits": True}
    return body | ({"search_after": list(after if scored else after[1:])} if after else {})


def _score(hit: Any, sort: Sort) -> int:
    return round(hit["sort"][0]) if sort == "relevance" else 0


def _position(hit: Any, sort: Sort) -> Position:
    at, id = hit["sort"][-2:]
    return Position(_score(hit, sort), at, id)
