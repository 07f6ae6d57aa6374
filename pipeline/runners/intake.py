"""The way in: a page goes to the page store and, when it is new, a message to pages-fetched."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple

import msgspec

from pipeline.adapters.readers import Item
from pipeline.broker import Draft, Topics
from pipeline.news.declared import declared
from pipeline.news.urls import article_id
from pipeline.ports import Clock, Pages, State
from schemas.codec import encode
from schemas.page import Hints, PageFetched
from schemas.topics import PAGES_FETCHED

Entry = Literal["new", "changed", "known"]


class Arrival(NamedTuple):
    """A page that comes in. `source` is "upload", "fetch", or the id of a source; the rest is as in PageFetched."""

    content: bytes
    media_type: str
    source: str
    charset: str | None = None
    url: str | None = None
    name: str | None = None
    hints: Hints = Hints()
    fetched_at: datetime | None = None
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


def arrival(item: Item, source: str = "upload") -> Arrival:
    """What the intake needs of an item that a reader found."""
    return Arrival(
        item.content, item.media_type, source, item.charset, item.url, item.name, item.hints, item.fetched_at
    )


class Seen(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the intake remembers of an article: how many revisions it had, and the newest of their pages.

    known_as  the article that a page declared to be this one; this one has no pages then
    called    the article whose page declared to be this one as well
    """

    revision: int = 0
    pages: tuple[str, ...] = ()
    known_as: str | None = None
    called: str | None = None


class Receipt(NamedTuple):
    """What became of a page that came in: the article it belongs to, and which of its revisions is the newest now."""

    article_id: str
    revision: int
    entry: Entry


REMEMBERED = 64
"""Pages of one article that are remembered; a page that changes more often is a ticker, not an article."""


class Intake:
    """Takes pages in: a content that an article had before is known, another content is its new revision.

    The AMP or print form of an article that there is already is known too: what it leaves out is no correction.
    """

    def __init__(self, broker: Topics, pages: Pages, clock: Clock) -> None:
        self._broker, self._pages, self._clock = broker, pages, clock

    def take(self, arrivals: Sequence[Arrival]) -> list[Entry]:
        """Take pages in, in one transaction. Returns for each whether it was new, changed or known."""
        return [receipt.entry for receipt in self.receive(arrivals)]

    def receive(self, arrivals: Sequence[Arrival]) -> list[Receipt]:
        """The same, with the article that each page belongs to."""
        with self._broker.transaction():
            state = self._broker.state("intake")
            receipts = [self._take(arrival, state) for arrival in arrivals]
            self._pages.sync()
            return receipts

    def revision(self, id: str) -> int:
        """How many revisions of an article came in here; 0 for one that nobody brought."""
        with self._broker.transaction():
            return _seen(id, self._broker.state("intake")).revision

    def article_id(self, url: str) -> str:
        """The id of the article that a URL leads to, as far as pages declared it."""
        with self._broker.transaction():
            id = article_id(url, b"")
            return _seen(id, self._broker.state("intake")).known_as or id

    def _take(self, arrival: Arrival, state: State) -> Receipt:
        url, others, reduced = declared(arrival.content, arrival.media_type, arrival.url)
        first = article_id(url, arrival.content)
        forms = dict.fromkeys(article_id(other, b"") for other in others)
        id, same_as = _settle(first, [form for form in forms if form != first], state)
        seen = _seen(id, state)
        if seen.pages and reduced:
            return Receipt(id, seen.revision, "known")
        page = self._pages.put(arrival.content)
        if page in seen.pages:
            return Receipt(id, seen.revision, "known")
        revision = seen.revision + 1
        pages = (*seen.pages, page)[-REMEMBERED:]
        _remember(id, msgspec.structs.replace(seen, revision=revision, pages=pages), state)
        record = PageFetched(
            article_id=id,
            revision=revision,
            page=page,
            media_type=arrival.media_type,
            source=arrival.source,
            fetched_at=arrival.fetched_at or self._clock.now(),
            charset=arrival.charset,
            url=url,
            name=arrival.name,
            hints=arrival.hints,
            same_as=same_as,
            status=arrival.status,
            headers=arrival.headers,
        )
        draft = Draft(PAGES_FETCHED.name, PAGES_FETCHED.key(record), id, record.SCHEMA, encode(record), arrival.source)
        self._broker.append([draft], self._clock.now())
        return Receipt(id, revision, "new" if revision == 1 else "changed")


def _settle(first: str, others: Sequence[str], state: State) -> tuple[str, tuple[str, ...]]:
    """The article that a page belongs to, and those known under ids of their own that are the same.

    `first` is the id of its URL, `others` those of its other URLs. An article that came under another URL before keeps
    its id. One article takes one name only: where a template gives all pages one AMP link, they are not the same.
    """
    known = _seen(first, state)
    id = known.known_as or first
    same = [other for other in others if other != id and _nameless(_seen(other, state), first)]
    if same and not known.pages and not known.known_as:
        id = same[0]
        _remember(first, Seen(known_as=id), state)
    for other in same:
        _remember(other, msgspec.structs.replace(_seen(other, state), called=first), state)
    for other in others:
        if state.get(other) is None:
            _remember(other, Seen(known_as=id), state)
    return id, tuple(other for other in same if other != id)


def _nameless(seen: Seen, name: str) -> bool:
    return bool(seen.pages) and seen.called in (None, name)


def _seen(id: str, state: State) -> Seen:
    found = state.get(id)
    return msgspec.json.decode(found, type=Seen) if found else Seen()


def _remember(id: str, seen: Seen, state: State) -> None:
    state.put(id, msgspec.json.encode(seen))
