"""Looks what became of the articles of sources, so that a site is noticed whose pages cannot be read any more."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from pipeline.broker import Topics
from pipeline.frontier import Frontier
from pipeline.news.crawling.items import Item
from pipeline.news.crawling.quality import Quality, Seen
from pipeline.news.pages import Uncleanable
from pipeline.ports import Search
from pipeline.runners.intake import Intake
from pipeline.runners.progress import Progress, Whereabouts
from schemas.documents import ArticleDocument

AT_ONCE = 30
"""Articles of a source that are looked at at once."""
LATEST = 100
YOUNG, OLD = timedelta(minutes=10), timedelta(days=1)
"""What is younger may still be at work; what is older and nowhere to be found is left out."""


class Sampler:
    """What cleaning made of articles, by what the flow left of them. Use it where the intake is used."""

    def __init__(self, broker: Topics, intake: Intake, search: Callable[[], Search]) -> None:
        self._broker, self._intake, self._open = broker, intake, search
        self._places: Whereabouts | None = None
        self._filled = False

    def seen(self, urls: Sequence[str]) -> list[Seen | None]:
        """What became of the articles of these URLs; None as long as nobody knows."""
        if self._places is None:
            self._search = self._open()
            self._places = Whereabouts(self._broker, self._intake, self._search)
        self._filled = self._filled or self._search.count("articles") > 0
        if not self._filled:  # nothing is indexed yet, or another index is written: refusals alone would tell half
            return [None] * len(urls)
        with self._broker.transaction():
            ids = [self._intake.article_id(url) for url in urls]
            events = [self._places.events(id) for id in ids]
        return [self._became(self._places.progress(id, *these)) for id, these in zip(ids, events)]

    def _became(self, found: Progress) -> Seen | None:
        if found.state == "refused":
            return Seen(0, False, found.reason) if found.reason in set(Uncleanable) else None
        document = self._search.get("articles", found.id) if found.state == "indexed" else None
        if not isinstance(document, ArticleDocument):
            return None
        return Seen(len(document.text.split()), document.published is not None)

    def sample(self, due: Sequence[Item], now: datetime) -> list[tuple[datetime, Seen]]:
        """What became of these items and when they were listed, the oldest first, up to the first still at work."""
        found = list[tuple[datetime, Seen]]()
        for item, seen in zip(due, self.seen([item.url for item in due])):
            if seen is not None:
                found.append((item.listed, seen))
            elif now - item.listed < OLD:
                break
        return found


def unseen(frontier: Frontier, source: str, now: datetime) -> list[Item]:
    """Articles of a source that were fetched, and listed since the last sample, the oldest first."""
    known = frontier.notes(Quality).get(source, Quality())
    fresh = [
        item
        for item in frontier.latest(source, LATEST)
        if item.fetched and item.fetched <= now - YOUNG and (known.upto is None or item.listed > known.upto)
    ]
    return sorted(fresh, key=lambda item: item.listed)[:AT_ONCE]
