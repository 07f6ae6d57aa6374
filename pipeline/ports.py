"""What a step may ask of the world.

A step names the ports it needs as keyword-only parameters; the runner binds them by name.

`pages`, `catalog`, `clock` and `recogniser` only read, so a step that asks for no other port may run in any process.
`state`, `index` and `notify` change something, so their step runs where its offset is kept.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, Protocol, runtime_checkable

from pipeline.news.parse import Reading
from pipeline.news.queries import Query
from schemas.alert import AlertRaised
from schemas.catalog import Change, Edit, Snapshot, Source, Watch
from schemas.documents import Document

READING = frozenset({"pages", "catalog", "clock", "recogniser"})
CHANGING = frozenset({"state", "index", "notify"})
LONGEST_WAIT = timedelta(days=3)
"""No agent asks to be woken later than this."""


class Clock(Protocol):
    """What time it is."""

    def now(self) -> datetime:
        """The time in UTC, with its zone."""


class Timer(Clock, Protocol):
    """A clock that one can wait on. The crawler waits on nothing else, so a simulated week takes minutes."""

    async def sleep(self, seconds: float) -> None:
        """Come back when so much time has passed on this clock."""


class Pages(Protocol):
    """The page store: bytes by their own hash."""

    def put(self, content: bytes) -> str:
        """Keep the bytes and return their key (SHA-256, hex). Bytes that are there already are not written again."""

    def get(self, key: str) -> bytes:
        """The bytes under a key. Raises KeyError when they are not there."""

    def sync(self) -> None:
        """Make all that was put survive a power cut. Called before it is recorded anywhere that a page is there."""


class Catalog(Protocol):
    """Officials, watches and sources as people defined them."""

    def snapshot(self) -> Snapshot:
        """The newest catalog. The same object as before while nothing changed."""


class Recogniser(Protocol):
    """Models that read a text."""

    def read(self, text: str, language: str) -> Reading:
        """The people, organisations and places named in a text, and its dependency trees; no names and no trees where
        no model serves the language (a tag such as "id" or "en-GB").
        """


class CatalogEditor(Catalog, Protocol):
    """A catalog that can be changed from here, and keeps who changed what. Its methods raise Misuse when it could not
    be used afterwards.
    """

    def save_watch(self, watch: Watch, by: str) -> None:
        """Add a watch, or replace the one with its id. `by` says who does it."""

    def remove_watch(self, id: str, by: str) -> None:
        """Remove a watch. `by` says who does it."""

    def add_sources(self, sources: Sequence[Source], by: str) -> None:
        """Add sources. `by` says who does it."""

    def save_edit(self, edit: Edit) -> None:
        """Add a correction of the ledger. It is never taken out: another one undoes it."""

    def changes(self, id: str | None = None) -> list[Change]:
        """Every change of the catalog, or of the entries with this id, the oldest first."""


class State(Protocol):
    """What an agent remembers: values by key, found again through postings. Each agent sees only its own.

    A posting is a 64-bit signed number (a hash of something that the value contains). Postings are derived data: a
    backend may keep them locally and build them again from the values.
    """

    def get(self, key: str) -> bytes | None:
        """The value of a key, None when there is none."""

    def put(
        self,
        key: str,
        value: bytes,
        postings: Iterable[int] = (),
        at: datetime | None = None,
        due: datetime | None = None,
    ) -> None:
        """Set the value of a key and replace its postings.

        at   the time that it belongs to: a runner that remembers for so many days forgets it when that is longer ago;
             without one it is kept for good
        due  when the runner shall hand it to the agent's `wake`, within LONGEST_WAIT; None is never
        """

    def find(
        self, postings: Sequence[int], limit: int, rare: int | None = None, *, newest: bool = False
    ) -> list[tuple[str, bytes]]:
        """The records that share at least one of these postings, the most shared first, then the older, or the newer.

        A posting lists 64 records at most: what is put when it is full is not found through it, until one of them goes
        and another is put.

        rare  a record that shares a single posting is left out when more records than this are listed there; what
              expired lately may count among them
        """

    def delete(self, key: str) -> None:
        """Forget a key and its postings; nothing happens when it is not there."""


class Expiring(State, Protocol):
    """What a runner sees of a state."""

    def expire(self, before: datetime, limit: int) -> list[str]:
        """Forget what belongs to days (UTC) before that of `before`, the oldest first; returns at most `limit` keys."""

    def due(self, now: datetime, limit: int) -> list[tuple[str, bytes]]:
        """The records that are due, the longest due first. What is due in more than LONGEST_WAIT was put while the
        clock was wrong, and is due now.
        """


class Index(Protocol):
    """Where documents are written so that people find them. (`Search` is the reading side.)"""

    def expect(self, articles: Sequence[str]) -> None:
        """These articles will be asked about next: an index on a server looks them up together. It changes nothing."""

    def put(self, family: str, document: Document) -> None:
        """Write a document; one with the same id and a higher revision stays, an equal or lower one is replaced."""

    def revision(self, family: str, id: str) -> int:
        """The revision of a document, 0 when it is not there."""

    def retract(self, article: str, keep: Iterable[str], revision: int) -> int:
        """Delete the statements that an article of this revision or a lower one had, but those whose ids are in `keep`;
        returns how many. Those of a higher revision may be here before their article.

        Those that are marked as withdrawn stay: that they were said and withdrawn is part of the record.
        """

    def flush(self) -> None:
        """Make everything durable that was put or retracted since the last flush.

        The runner calls it before it commits offsets. When a write or the flush raises, everything since the last
        flush is undone, or will be overwritten when the same messages are handled again. Raises Refused when
        everything was written but what the error names; `put` raises it for the same document from then on.
        """


Sort = Literal["relevance", "newest"]
Facet = list[tuple[str, int]]


class Hit(NamedTuple):
    """A document that was found. `highlights` holds the codepoint spans of what matched, by field."""

    document: Document
    score: float
    highlights: dict[str, list[tuple[int, int]]]


class Hits(NamedTuple):
    """One page of hits; `total` counts all of them. `cursor` asks for the next page, None on the last."""

    total: int
    hits: tuple[Hit, ...]
    cursor: str | None


class Search(Protocol):
    """Where documents are found. A query is Lucene syntax (`pipeline.news.queries`) or what was parsed of it; the empty
    text is everything.

    All methods raise BadQuery for a query, and Misuse for a family, field or cursor that there is not.
    """

    def search(
        self, family: str, query: str | Query, *, limit: int = 20, cursor: str | None = None, sort: Sort = "relevance"
    ) -> Hits:
        """A page of at most `limit` (1 to 1,000) hits.

        relevance  documents with more of the query's words as they were written first, then more of their other
                   forms, then more of them in the title, then the newer
        newest     by date (published, or else fetched; raised for alerts), then by id

        Following the cursors, no document comes twice and none is missed, while others are added.
        """

    def facets(self, family: str, query: str | Query, names: Sequence[str], size: int = 10) -> dict[str, Facet]:
        """The `size` most frequent values of these name or keyword fields among the hits, each with how
        many hits have it: the most frequent first, then by value.
        """

    def get(self, family: str, id: str) -> Document | None:
        """One document, None when it is not there."""

    def count(self, family: str) -> int:
        """How many documents a family has."""

    def export(self, family: str, query: str | Query) -> Iterator[Document]:
        """All hits of the moment of the call, the newest first."""


class Finding(NamedTuple):
    """What is wrong with a part of a server's storage, and what to do."""

    thing: str
    wrong: str
    cure: str


class Switched(NamedTuple):
    """A swap that was done: from one generation to another, with the number of documents of each family."""

    old: int
    new: int
    counts: dict[str, int]


class Upkeep(Protocol):
    """What people do with the storage of an index on a server. All methods raise Unavailable."""

    def create(self) -> list[str]:
        """Make what is missing before the first document; returns the names of what was made."""

    def about(self) -> str:
        """What answers there, in a phrase. Raises Unavailable also for a right that is missing."""

    def check(self) -> list[Finding]:
        """Everything that differs from what this version of Pantau needs."""

    def reindex(self) -> Switched:
        """Rebuild everything beside what is live, compare, and swap, while reading and writing go on.

        When it raises, what is live is as it was.
        """

    def rollback(self) -> Switched:
        """Take the generation before back, with what was written since. Raises Misuse when there is none."""


@runtime_checkable
class Kept(Protocol):
    """An index with storage that needs upkeep."""

    def upkeep(self, say: Callable[[str], None]) -> Upkeep:
        """Its upkeep; `say` hears what happens, one sentence at a time."""


class Notify(Protocol):
    """Tells people."""

    def together(self, channel: str) -> bool:
        """Whether the channel takes several alerts as one digest; else it gets each on its own."""

    def send(self, channel: str, alerts: Sequence[AlertRaised]) -> None:
        """Deliver alerts of one watch to one channel: one, or a digest. What comes twice has the same id both times.

        Raises TryLater when the channel does not answer now, Reject when it never will.
        """
