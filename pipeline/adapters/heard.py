"""Utterances as they are read: what an index holds, with what people corrected laid over it."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import cast

from pipeline.adapters.hits import parsed
from pipeline.news import edits
from pipeline.news.edits import Corrections
from pipeline.news.queries import Query
from pipeline.news.queries.tree import Everything, Node, OneOf, Or
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
        return self.find_all([id]).get(id)

    def find_all(self, ids: Sequence[str]) -> dict[str, Heard]:
        """The same for many ids; those that nobody has are left out. It reads as often as for one."""
        found = self._find(ids)
        nameless = {id: heard for id, heard in found.items() if all(map(unnamed, heard.carriers))}
        if nameless:
            near = list(self.copies(nameless.values()))
            known = {id: [named(quotation, near) for quotation in heard.carriers] for id, heard in nameless.items()}
            speaking = {id: one.id for id, statements in known.items() for one in statements[::-1] if one}
            better = self._find(list(speaking.values()))
            found |= {id: better[name] for id, name in speaking.items() if name in better}
        return dict(zip(found, completed(found.values(), self.copies(found.values())), strict=True))

    def copies(self, heard: Collection[Heard]) -> Iterator[StatementDocument]:
        """All statements in the articles that carry these utterances, and in their copies."""
        return self._having({statement.family for one in heard for statement in one.carriers}, "family")

    def _find(self, ids: Sequence[str]) -> dict[str, Heard]:
        made = self.corrections
        found = utterances(self._related(ids, made), made=made)
        known = {name: heard for heard in found for name in (*heard.former, heard.utterance)}
        known |= {statement.id: heard for heard in found for statement in heard.carriers}
        return {id: known[id] for id in ids if id in known}

    def _related(self, ids: Sequence[str], made: Corrections) -> list[StatementDocument]:
        """All statements of utterances, by any of their ids, and of those that an edit names together with them."""
        names = {document.utterance for document in self._having(set(ids), "id", "former")}.union(ids)
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
        """The query with the utterances that it names, all of which are looked up together."""
        asked: list[str] = []

        def note(id: str) -> Node:
            asked.append(id)
            return Everything()

        read = parsed(family, query, note)
        return parsed(family, query, partial(_about, family, self._ledger().find_all(asked))) if asked else read


def _about(family: str, found: Mapping[str, Heard], id: str) -> Node:
    """What holds of documents about an utterance."""
    heard = found.get(id)
    carriers = tuple(statement.id for statement in heard.carriers) if heard else ()
    if family == "statements":
        return OneOf("id", carriers)
    names = (heard.utterance, *heard.former) if heard else (id,)
    return Or((OneOf("statement", carriers), OneOf("utterance", names)))
