"""Utterances as they are read: what an index holds, with what people corrected laid over it."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import cast

from pipeline.adapters.hits import parsed
from pipeline.news import edits
from pipeline.news.edits import Corrections
from pipeline.news.queries import Query
from pipeline.news.queries.tree import Node, OneOf, Or
from pipeline.news.unnamed import named, unnamed
from pipeline.news.utterances import Heard, completed, utterances
from pipeline.ports import Catalog, Facet, Hits, Search, Sort
from schemas.documents import Document, StatementDocument


class Ledger:
    """The utterances of an index, as a catalog corrects them."""

    def __init__(self, index: Search, catalog: Catalog) -> None:
        self._index, self._catalog = index, catalog

    @property
    def corrections(self) -> Corrections:
        """What people corrected."""
        return edits.corrections(self._catalog.snapshot())

    def statements(self, query: str | Query) -> Iterator[StatementDocument]:
        """All statements that a query finds, the newest first."""
        return (cast(StatementDocument, document) for document in self._index.export("statements", query))

    def find(self, id: str) -> Heard | None:
        """The utterance that a statement belongs to now, or else the one that has this id or had it. That of a
        quotation of nobody known is the utterance of him whom a copy names.
        """
        found = self._find(id)
        if found is None:
            return None
        if all(map(unnamed, found.carriers)):
            near = list(self.copies([found]))
            known = (named(quotation, near) for quotation in found.carriers)
            found = next((heard for one in known if one and (heard := self._find(one.id))), found)
        return completed([found], self.copies([found]))[0]

    def copies(self, heard: Sequence[Heard]) -> Iterator[StatementDocument]:
        """All statements in the articles that carry these utterances, and in their copies."""
        return self._having({statement.family for one in heard for statement in one.carriers}, "family")

    def _find(self, id: str) -> Heard | None:
        made = self.corrections
        found = utterances(self._related(id, made), made=made)
        carrying = (heard for heard in found if any(statement.id == id for statement in heard.carriers))
        called = (heard for heard in found if id in (heard.utterance, *heard.former))
        return next(carrying, next(called, None))

    def _related(self, id: str, made: Corrections) -> list[StatementDocument]:
        """All statements of an utterance, by any of its ids, and of those that an edit names together with it."""
        names = {document.utterance for document in self._having({id}, "id", "former")} | {id}
        while True:
            names = set(edits.related(names, made))
            found = list(self._having(names, "utterance", "former", "id"))
            more = names.union(*({document.utterance, *document.former} for document in found))
            if more == names:
                return found
            names = more

    def _having(self, values: set[str], *fields: str) -> Iterator[StatementDocument]:
        """All statements that have one of these values in one of the fields."""
        known = tuple(sorted(values))
        return self.statements(Query("", "statements", Or(tuple(OneOf(field, known) for field in fields))))


class LedgerSearch:
    """A `Search` over an index in which `utterance:ID` finds what the ledger shows under this id, whatever that was
    called when it was recorded: the statements of the utterance, and the alerts about it.
    """

    def __init__(self, index: Search, ledger: Callable[[], Ledger]) -> None:
        self._index, self._ledger = index, ledger

    def search(
        self, family: str, query: str | Query, *, limit: int = 20, cursor: str | None = None, sort: Sort = "relevance"
    ) -> Hits:
        """See `pipeline.ports.Search.search`."""
        return self._index.search(family, self._read(family, query), limit=limit, cursor=cursor, sort=sort)

    def facets(self, family: str, query: str | Query, names: Sequence[str], size: int = 10) -> dict[str, Facet]:
        """See `pipeline.ports.Search.facets`."""
        return self._index.facets(family, self._read(family, query), names, size)

    def get(self, family: str, id: str) -> Document | None:
        """See `pipeline.ports.Search.get`."""
        return self._index.get(family, id)

    def count(self, family: str) -> int:
        """See `pipeline.ports.Search.count`."""
        return self._index.count(family)

    def export(self, family: str, query: str | Query) -> Iterator[Document]:
        """See `pipeline.ports.Search.export`."""
        return self._index.export(family, self._read(family, query))

    def _read(self, family: str, query: str | Query) -> Query:
        return parsed(family, query, partial(self._called, family))

    def _called(self, family: str, id: str) -> Node:
        heard = self._ledger().find(id)
        carriers = tuple(statement.id for statement in heard.carriers) if heard else ()
        if family == "statements":
            return OneOf("id", carriers)
        names = (heard.utterance, *heard.former) if heard else (id,)
        return Or((OneOf("statement", carriers), OneOf("utterance", names)))
