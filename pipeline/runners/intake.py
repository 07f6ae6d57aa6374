"""The way in: a page goes to the page store and, when it is new, a message to pages-fetched."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple

import msgspec

from pipeline.broker import Draft, Topics
from pipeline.news.declared import declared_url
from pipeline.news.urls import article_id
from pipeline.ports import Clock, Pages, State
from schemas.codec import encode
from schemas.page import Hints, PageFetched
from schemas.topics import PAGES_FETCHED

Entry = Literal["new", "changed", "known"]


class Arrival(NamedTuple):
    """A page that comes in. `source` is "upload" or the id of a source; the rest is as in PageFetched."""

    content: bytes
    media_type: str
    source: str
    charset: str | None = None
    url: str | None = None
    name: str | None = None
    hints: Hints = Hints()
    fetched_at: datetime | None = None


class Seen(msgspec.Struct, frozen=True):
    """What the intake remembers of an article: how many revisions it had, and the newest of their pages."""

    revision: int = 0
    pages: tuple[str, ...] = ()


REMEMBERED = 64
"""Pages of one article that are remembered; a page that changes more often is a ticker, not an article."""


class Intake:
    """Takes pages in: a content that an article had before is known, another content is its new revision."""

    def __init__(self, broker: Topics, pages: Pages, clock: Clock) -> None:
        self._broker, self._pages, self._clock = broker, pages, clock

    def take(self, arrivals: Sequence[Arrival]) -> list[Entry]:
        """Take pages in, in one transaction. Returns for each whether it was new, changed or known."""
        with self._broker.transaction():
            state = self._broker.state("intake")
            entries = [self._take(arrival, state) for arrival in arrivals]
            self._pages.sync()
            return entries

    def _take(self, arrival: Arrival, state: State) -> Entry:
        url = declared_url(arrival.content, arrival.media_type, arrival.url)
        id, page = article_id(url, arrival.content), self._pages.put(arrival.content)
        found = state.get(id)
        seen = msgspec.json.decode(found, type=Seen) if found else Seen()
        if page in seen.pages:
            return "known"
        revision = seen.revision + 1
        state.put(id, msgspec.json.encode(Seen(revision, (*seen.pages, page)[-REMEMBERED:])))
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
        )
        draft = Draft(PAGES_FETCHED.name, PAGES_FETCHED.key(record), id, record.SCHEMA, encode(record), arrival.source)
        self._broker.append([draft], self._clock.now())
        return "new" if revision == 1 else "changed"
