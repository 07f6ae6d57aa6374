"""Reads listings in a process with limits."""

from pipeline.news.crawling.answers import charset, media_type
from pipeline.news.crawling.listings import Listing, Unread, Unreadable
from pipeline.news.crawling.outcomes import Fetched
from pipeline.news.crawling.reading import Kind, read
from pipeline.runners.confined import LIMITS, Confined, Exceeded
from pipeline.runners.limits import Limits


class ConfinedReader:
    """See Reader: a feed that is out to harm harms a process that is started again."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self._confined = Confined(limits)

    async def read(self, page: Fetched, kind: Kind) -> Listing | Unreadable:
        """See Reader."""
        arguments = (page.content, media_type(page.headers), charset(page.headers), page.url, kind)
        try:
            return await self._confined.call(read, *arguments)
        except Exceeded as error:
            return Unreadable(Unread.TOO_COSTLY, str(error))
        except RuntimeError as error:
            return Unreadable(Unread.BROKEN, f"it cannot be read ({str(error)[:200]})")

    def close(self) -> None:
        """End the process."""
        self._confined.close()
