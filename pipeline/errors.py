"""Every error that Pantau raises on purpose.

PantauError                 its text is one sentence for people: what is wrong and what to do
├── Misuse                  a wrong command, query, setting or catalog                    exit code 2
│   └── BadQuery            a query that cannot be understood; knows the place
├── Unavailable             a server, file or database that cannot be used right now      exit code 3
│   └── StorageFull         no room left on the disk
├── Refused                 documents that the search index will never take
└── Outcome                 raised by a step to the runner, never seen by people
├── Reject              this record can never be handled: dead letters
└── TryLater            this record can be handled later: retried with backoff
"""

from collections.abc import Mapping
from enum import StrEnum


class PantauError(Exception):
    """The root of the tree."""


class Misuse(PantauError):
    """Something that the user wrote cannot be used as it stands."""


class BadQuery(Misuse):
    """A query that cannot be understood. `position` counts codepoints, None when no place can be named."""

    def __init__(self, message: str, query: str, position: int | None = None) -> None:
        super().__init__(message)
        self.query, self.position = query, position

    def pointer(self) -> str:
        """The query with a caret under the place, on two lines; the query alone when no place is known."""
        return self.query if self.position is None else f"{self.query}\n{' ' * self.position}^"


class Unavailable(PantauError):
    """A server, file or database that Pantau needs cannot be used right now."""


class StorageFull(Unavailable):
    """No room left where Pantau writes."""


class Refused(PantauError):
    """Documents that the search index will never take: family and id of each, with the reason.

    All other documents since the last flush are written. Putting one of them again raises this at once, so a runner
    that handles the messages again can tell which of them to give up.
    """

    def __init__(self, documents: Mapping[tuple[str, str], str]) -> None:
        (_, id), why = next(iter(documents.items()))
        super().__init__(
            f"the search index refuses {len(documents)} documents, first {id} ({why}): run pantau index check"
        )
        self.documents = dict(documents)


class Outcome(PantauError):
    """How a step tells its runner that it did not end as usual."""


class Reject(Outcome):
    """The record can never be handled. `reason` is a member of the agent's closed list, `detail` one sentence."""

    def __init__(self, reason: StrEnum, detail: str = "") -> None:
        super().__init__(f"{reason.value}: {detail}" if detail else reason.value)
        self.reason, self.detail = reason, detail


class TryLater(Outcome):
    """The record can be handled in `seconds` or more: something that it needs is not there now."""

    def __init__(self, seconds: float, detail: str) -> None:
        super().__init__(detail)
        self.seconds, self.detail = seconds, detail
