"""What a crawler remembers: the sources that it looks at, every article that was ever listed, and backfills.

One process crawls with a frontier; others may read it, and ask for backfills.
"""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, NamedTuple, Protocol, TypeVar

from pipeline.news.crawling.items import Item
from pipeline.news.crawling.polling import Polled
from pipeline.news.crawling.walking import Walk

N = TypeVar("N")


class Count(NamedTuple):
    """How many items of a source stand alike: `state` is waiting, fetched or refused; `reason` the last one."""

    source: str
    state: str
    reason: str
    items: int


class Frontier(Protocol):
    """The memory of a crawler. What one call changes is changed together, whatever happens meanwhile."""

    def polled(self) -> dict[str, Polled]:
        """What is known of each source, by its id."""

    def walks(self) -> list[Walk]:
        """All backfills, the first that was begun first."""

    def known(self, keys: Iterable[str]) -> dict[str, Item]:
        """Those items of these keys that there are."""

    def record(
        self,
        items: Iterable[Item] = (),
        polled: Polled | None = None,
        walk: Walk | None = None,
        rest: tuple[str, datetime] | None = None,
    ) -> None:
        """Put items, a source, a backfill, and until when a host rests. Each replaces the one with its key, its id, its
        source and days, its host.
        """

    def rests(self, now: datetime) -> dict[str, datetime]:
        """The hosts that rest, and until when."""

    def agenda(self) -> dict[str, datetime]:
        """When the first item of each host is due, whatever its rank."""

    def due(self, host: str, now: datetime) -> Item | None:
        """The item of a host that is fetched next: by rank, then by the time for which it was due."""

    def waiting(self, source: str) -> int:
        """How many articles of a source wait to be fetched for the first time, those of backfills left out."""

    def counts(self, since: datetime | None = None) -> list[Count]:
        """All items, or those that were listed since then, counted."""

    def corrected(self, since: datetime) -> dict[str, int]:
        """How many items of each source that were listed since then changed after their first fetch."""

    def latest(self, source: str, limit: int) -> list[Item]:
        """The items of a source that were listed last, the newest first."""

    def notes(self, kind: type[N]) -> dict[str, N]:
        """What was noted of this kind, by id."""

    def amend(self, kind: type[N], id: str, change: Callable[[N | None], N | None]) -> N | None:
        """Replace a note by what `change` makes of it; None is no note. Nobody else changes it meanwhile."""

    def together(self) -> AbstractContextManager[Any]:
        """What is changed inside is changed together, or not at all."""

    def forget(self, before: datetime, limit: int) -> int:
        """Forget what will not be fetched again and was listed last before then, `limit` items at most."""

    def close(self) -> None:
        """Let the files go."""
