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
from pipeline.runners.progress import Whereabouts
from schemas.documents import ArticleDocument

AT_ONCE = 10
"""Articles of a source that are looked at at once."""
LATEST = 100
YOUNG, OLD = timedelta(minutes=10), timedelta(days=1)
"""What is younger may still be at work; what is older and nowhere to be found is left out."""


class Sampler:
    """What cleaning made of articles, by what the flow left of them. Use it where the intake is used."""

    def __init__(self, broker: Topics, intake: Intake, search: Callable[[], Search]) -> None:
        self._broker, self._intake, self._open = broker, intake, search
        self._places: Whereabouts | None = None

    def seen(self, url: str) -> Seen | None:
        """What became of the article of a URL; None as long as nobody knows."""
        if self._places is None:
            self._search = self._open()
            self._places = Whereabouts(self._broker, self._intake, self._search)
        id = self._intake.article_id(url)
        found = self._places.progress(id, *self._places.events(id))
        if found.state == "refused":
            return Seen(0, False, found.reason) if found.reason in set(Uncleanable) else None
        document = self._search.get("articles", id) if found.state == "indexed" else None
        if not isinstance(document, ArticleDocument):
            return None
        return Seen(len(document.text.split()), document.published is not None)

    def sample(self, due: Sequence[Item], now: datetime) -> list[tuple[datetime, Seen]]:
        """What became of these items, the oldest first, up to the first that is still at work."""
        found = list[tuple[datetime, Seen]]()
        for item in due:
            at = item.fetched or item.listed
            seen = self.seen(item.url)
            if seen is not None:
                found.append((at, seen))
            elif now - at < OLD:
                break
        return found


def unseen(frontier: Frontier, source: str, now: datetime) -> list[Item]:
    """The articles of a source that were fetched since the last sample, the oldest first."""
    known = frontier.notes(Quality).get(source, Quality())
    latest = (item for item in frontier.latest(source, LATEST) if item.fetched and not item.again and not item.changes)
    fresh = [
        item
        for item in latest
        if item.fetched and item.fetched <= now - YOUNG and (known.upto is None or item.fetched > known.upto)
    ]
    return sorted(fresh, key=lambda item: item.fetched or item.listed)[:AT_ONCE]
