"""Buffered, versioned bulk writing: nothing is lost, nothing is doubled, and a replay overwrites what is there.

The version of a document in Elasticsearch is its revision (version type external_gte), so a bulk that is sent twice, or
a replay of messages, leaves what the newest revision left. Items that cannot be written now stay in the buffer and go
with the next bulk.

Searches see a write of another process up to a second late. So when one process writes an article and another one a
statement of an earlier revision of it, neither may see that the statement is outdated. Each looks again after it has
written: whoever comes second sees both, and deletes the statement.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from elasticsearch import ApiError, Elasticsearch, TransportError

from pipeline.adapters.elasticsearch.bulk import Action, Answer, Key, Verdict, send
from pipeline.adapters.elasticsearch.connection import Address, Patience, denied, passing, translation
from pipeline.adapters.elasticsearch.mapping import month, source
from pipeline.adapters.elasticsearch.shelf import QUIETLY, Shelf, read_name
from pipeline.errors import Refused
from schemas.documents import FAMILIES, Document, StatementDocument

MOST = 500
"""Documents of one bulk."""
MOST_BYTES = 5_000_000
"""Bytes of one bulk: Elastic's advice is 5 to 15 MB."""
OLDEST = 1.0
"""Seconds after which a put sends what waits."""
REMEMBERED = 5_000
"""How many writes that no search may see yet are remembered before the indices are refreshed."""
MOST_STATEMENTS = 10_000
"""Statements of one article: the longest page of Elasticsearch."""
_FOUND = "hits.hits._index,hits.hits._id,hits.hits._version,hits.hits.fields"
_FIELDS = ({"field": "article"}, {"field": "withdrawn"})


class Place(NamedTuple):
    """Where a document lies, its revision (0 for a deleted one), and the article of a statement."""

    home: str
    revision: int
    article: str = ""
    withdrawn: bool = False


class Writer:
    """Writes into the indices of a shelf. Not for several threads at a time.

    `copying` is for what was compared with its article already: it is not looked at again.
    """

    def __init__(self, client: Elasticsearch, address: Address, shelf: Shelf, copying: bool = False) -> None:
        self._client, self._address, self._shelf, self._copying = client, address, shelf, copying
        self._patience = Patience(address)
        self._queue: dict[Key, Action] = {}
        self._places: dict[Key, str] = {}  # of what is in the queue; kept when the answer to a bulk was lost
        self._written: dict[Key, Place] = {}  # what searches may not see yet
        self._expected: dict[str, dict[Key, Place]] = {}  # by article: it and its statements, as searches saw them
        self._said: dict[Key, tuple[str, Action]] = {}  # statements since the last flush: index, and how to delete it
        self._revised: dict[str, tuple[int, frozenset[str]]] = {}  # articles since then: revision, statements to keep
        self._taken: dict[Key, bytes] = {}  # what was written since the last flush that nothing was refused in
        self._refused: dict[Key, tuple[int, str]] = {}
        self._refusals: dict[Key, str] = {}
        self._bytes, self._since, self._most = 0, 0.0, MOST
        self._blind = set(FAMILIES)  # in which another process may have written what searches do not see yet

    def expect(self, articles: Iterable[str]) -> None:
        """Look up articles and their statements in one request; what it finds is used until the next flush."""
        new = sorted(set(articles) - self._expected.keys())
        if not new:
            return
        query: dict[str, object] = {"bool": {"should": [{"ids": {"values": new}}, {"terms": {"article": new}}]}}
        found = self._search(query, MOST_STATEMENTS, "articles", "statements")
        if len(found) < MOST_STATEMENTS:
            self._expected |= {article: {} for article in new}
            for key, place in found.items():
                self._expected[place.article or key[1]][key] = place

    def put(self, family: str, document: Document) -> None:
        """Take a document into the buffer. Raises Refused for one that a flush has refused before."""
        key = (family, document.id)
        revision, why = self._refused.get(key, (0, ""))
        if why and revision == document.revision:
            raise Refused({key: why})
        article = document.article if isinstance(document, StatementDocument) and not document.withdrawn else ""
        waiting = self._queue.get(key)
        if waiting is None or waiting.body is None or waiting.revision <= document.revision:
            body = source(family, document)
            if waiting or self._taken.get(key) != body:  # after a refusal all comes again
                self._enqueue(Action(key, document.revision, month(document), article, body))
        if len(self._queue) >= MOST or self._bytes >= MOST_BYTES or time.monotonic() - self._since > OLDEST:
            self._try()

    def revision(self, family: str, id: str) -> int:
        """The revision of a document, 0 when it is not there."""
        key = (family, id)
        waiting = self._queue.get(key)
        if waiting and waiting.body is None:
            return 0
        place = self._known(key, id) or self._locate([key]).get(key)
        return max(waiting.revision if waiting else 0, place.revision if place else 0)

    def retract(self, article: str, keep: Iterable[str], revision: int) -> int:
        """Delete the statements of an article up to a revision that are not kept; returns how many."""
        kept, there = frozenset(keep), self._statements(article)
        gone = {id: place for id, place in there.items() if id not in kept and place.revision <= revision}
        for id, place in gone.items():
            self._delete_outdated(id, place, article, revision)
        if revision > 1:
            self._revised[article] = revision, kept
        return len(gone)

    def _delete_outdated(self, id: str, place: Place, article: str, revision: int) -> None:
        """Delete a statement that this revision of its article lacks.

        Another writer may be marking it as withdrawn; that mark is of this revision too, so the deletion is of the one
        before.
        """
        self._delete(Action(("statements", id), max(place.revision, revision - 1), "", article, None), place.home)

    def _delete(self, action: Action, home: str) -> None:
        if home:
            self._places[action.key] = home
        self._enqueue(action)

    def remove(self, family: str, id: str, revision: int) -> None:
        """Delete a document of this revision or a lower one."""
        self._enqueue(Action((family, id), revision, "", "", None))

    def flush(self) -> None:
        """Write all that waits. Raises Unavailable, or Refused when all but what it names is written."""
        while self._queue or self._said or self._revised:
            if self._queue:
                self._try()
            else:
                self._look_again()
        self._expected.clear()
        if len(self._written) > REMEMBERED:
            self.refresh()
        if self._refusals:
            refusals, self._refusals = self._refusals, {}
            raise Refused(refusals)
        self._taken.clear()

    def refresh(self) -> None:
        """Flush, and let searches see all that was written."""
        if self._queue:
            self.flush()
        if self._written:
            indices = ",".join(sorted({place.home for place in self._written.values()}))
            self._patience.ask(lambda: self._client.indices.refresh(index=indices, ignore_unavailable=True))
            self._written.clear()

    def _enqueue(self, action: Action) -> None:
        if not self._queue:
            self._since = time.monotonic()
        self._dequeue(action.key)
        self._queue[action.key] = action
        self._bytes += len(action.body or b"")

    def _dequeue(self, key: Key) -> None:
        if gone := self._queue.pop(key, None):
            self._bytes -= len(gone.body or b"")

    # What is there.

    def _known(self, key: Key, article: str) -> Place | None:
        """Where a document lies, as far as that is known without asking; in no home and of revision 0: nowhere."""
        place = self._written.get(key)
        if place is None and article in self._expected:
            place = self._expected[article].get(key, Place("", 0))
        return place

    def _statements(self, article: str) -> dict[str, Place]:
        """The statements of an article that are not withdrawn, with what is not searched yet."""
        if article in self._expected:
            seen = self._expected[article]
        else:
            seen = self._search({"term": {"article": article}}, MOST_STATEMENTS, "statements")
        found = {key: place for key, place in seen.items() if key[0] == "statements" and not place.withdrawn}
        for (family, id), place in self._written.items():
            if family == "statements" and (place.article == article or (family, id) in found):
                found[family, id] = place if place.article else Place("", 0)
        for key, action in self._queue.items():
            if key[0] == "statements" and (action.article == article or key in found):
                place = found.get(key, Place("", 0))
                current = action.body and action.article
                found[key] = place._replace(revision=max(place.revision, action.revision) if current else 0)
        return {id: place for (_, id), place in found.items() if place.revision}

    def _locate(self, keys: Sequence[Key]) -> dict[Key, Place]:
        """Where documents lie, as far as searches see it."""
        families = sorted({family for family, _ in keys})
        ids = sorted({id for _, id in keys})
        return self._search({"ids": {"values": ids}}, len(ids) * len(families), *families)

    def _search(self, query: dict[str, object], size: int, *families: str) -> dict[Key, Place]:
        reading = self._shelf.reading(*families)
        if self._blind.intersection(families):
            self._patience.ask(lambda: self._client.indices.refresh(index=reading, **QUIETLY))
            self._blind.difference_update(families)
        answer = self._patience.ask(
            lambda: self._client.search(
                index=reading, query=query, size=size, source=False, version=True, sort="_doc",
                docvalue_fields=_FIELDS, allow_partial_search_results=False, filter_path=_FOUND,
                **QUIETLY,
            )
        )  # fmt: skip
        hits = answer.get("hits", {}).get("hits", [])
        named = [(read_name(hit["_index"]), hit) for hit in hits]
        return {(name.family, hit["_id"]): _place(hit) for name, hit in named if name}

    # What others wrote meanwhile.

    def _look_again(self) -> None:
        """Delete the statements that are outdated by an article which was written at the same time."""
        said, self._said = self._said, {}
        revised, self._revised = self._revised, {}
        revisions = self._revisions([action for _, action in said.values()])
        for home, action in said.values():
            if revisions.get(action.article, 0) > action.revision:
                self._delete(action, home)
        self._blind |= {"statements"} if revised else set()
        query: dict[str, object] = {"terms": {"article": sorted(revised)}}
        for key, place in (self._search(query, MOST_STATEMENTS, "statements") if revised else {}).items():
            revision, kept = revised[place.article]
            if key[1] not in kept and place.revision < revision and not place.withdrawn:
                self._delete_outdated(key[1], place, place.article, revision)

    def _revisions(self, statements: Sequence[Action]) -> dict[str, int]:
        """The revisions of the articles of statements at this moment, whether searches see them or not."""
        homes = {(self._shelf.index("articles", action.month), action.article) for action in statements}
        for article in {action.article for action in statements}:
            place = self._known(("articles", article), article)
            homes |= {(place.home, article)} if place and place.home else set()
        if not homes:
            return {}
        docs = [{"_index": index, "_id": article} for index, article in sorted(homes)]
        answer = self._patience.ask(
            lambda: self._client.mget(docs=docs, source=False, filter_path="docs._id,docs._version")
        )
        found = [doc for doc in answer.get("docs", []) if "_version" in doc]
        return {doc["_id"]: doc["_version"] for doc in sorted(found, key=lambda doc: int(doc["_version"]))}

    # Sending.

    def _try(self) -> None:
        """Send the head of the queue once. Whatever is raised empties it: the runner replays."""
        try:
            batch = self._batch()
            self._place(batch)
            batch = [action for action in batch if action.key in self._queue]
            if batch:
                self._send(batch)
        except BaseException:
            self._queue.clear()
            self._places.clear()
            self._expected.clear()
            self._said.clear()
            self._revised.clear()
            self._taken.clear()
            self._bytes, self._blind = 0, set(FAMILIES)
            raise
        self._since = time.monotonic()

    def _batch(self) -> list[Action]:
        batch: list[Action] = []
        size = 0
        for action in islice(self._queue.values(), self._most):
            size += len(action.body or b"")
            if batch and size > MOST_BYTES:
                break
            batch.append(action)
        return batch

    def _place(self, batch: Sequence[Action]) -> None:
        """Choose the index of each item: where its document is, else that of its month."""
        homeless = [action for action in batch if action.key not in self._places]
        known = {action.key: self._known(action.key, action.article or action.key[1]) for action in homeless}
        unknown = [key for key, place in known.items() if place is None]
        found = self._locate(unknown) if unknown else {}
        for action in homeless:
            place = known[action.key] or found.get(action.key)
            if place and place.home:
                self._places[action.key] = place.home
            elif action.body is None:
                self._dequeue(action.key)  # it was never written
            else:
                self._places[action.key] = self._index(action)

    def _index(self, action: Action) -> str:
        return self._patience.ask(lambda: self._shelf.place(action.key[0], action.month))

    def _send(self, batch: Sequence[Action]) -> None:
        try:
            answers = send(self._client, batch, self._places)
        except (ApiError, TransportError) as error:
            self._failed(batch, error)
            return
        self._most = min(MOST, self._most + 10)
        for action, answer in zip(batch, answers, strict=True):
            self._settle(action, answer)
        later = [answer.why for answer in answers if answer.verdict in (Verdict.AGAIN, Verdict.MOVED)]
        if len(later) < len(batch):
            self._patience.progress(complete=not later)
        if later:
            self._patience.pause(later[0])

    def _failed(self, batch: Sequence[Action], error: ApiError | TransportError) -> None:
        """The whole bulk failed: wait, or send less at a time."""
        if passing(error):
            self._patience.pause(error)
        elif not isinstance(error, ApiError) or error.status_code not in (400, 413):
            raise translation(error, self._address) from error
        elif len(batch) > 1:
            self._most = len(batch) // 2
        else:
            self._refuse(batch[0], f"{error.status_code} {error.message}")

    def _settle(self, action: Action, answer: Answer) -> None:
        match answer.verdict:
            case Verdict.DONE:
                self._done(action, answer)
            case Verdict.REFUSED:
                self._refuse(action, answer.why)
            case Verdict.DENIED:
                raise denied(self._address, answer.why)
            case Verdict.AGAIN | Verdict.MOVED:
                if answer.verdict is Verdict.MOVED:
                    self._shelf.forget()
                    self._expected.clear()
                    self._places.pop(action.key, None)
                    self._written.pop(action.key, None)
                self._enqueue(action)  # at the end: others go first

    def _done(self, action: Action, answer: Answer) -> None:
        index = self._places.pop(action.key)
        self._taken[action.key] = action.body or b""
        if not answer.why.startswith("409"):
            self._written[action.key] = Place(index, action.revision if action.body else 0, action.article)
            if action.article and action.body and not self._copying:
                self._said[action.key] = index, action._replace(body=None)
        self._dequeue(action.key)

    def _refuse(self, action: Action, why: str) -> None:
        if len(self._refused) >= REMEMBERED:
            self._refused.clear()
        self._refused[action.key] = action.revision, why
        self._refusals[action.key] = why
        self._places.pop(action.key, None)
        self._dequeue(action.key)


def _place(hit: Mapping[str, Any]) -> Place:
    fields = hit.get("fields", {})
    return Place(hit["_index"], hit["_version"], fields.get("article", [""])[0], "withdrawn" in fields)
