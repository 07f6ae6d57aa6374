"""What a runner asks of the topics. Steps never see this; they return records."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol, runtime_checkable

from pipeline.flow import Agent
from pipeline.ports import Expiring


class Draft(NamedTuple):
    """A message that is not in its topic yet.

    trace  the article that it is about
    by     the agent that made it and its version ("clean/1"), or the way it came in ("upload")
    took   seconds of the step that made it
    """

    topic: str
    key: str
    trace: str
    schema: str
    body: bytes
    by: str = ""
    took: float = 0.0


class Message(NamedTuple):
    """A message in its topic. `attempts` counts how often an agent asked to try it later.

    `partition` is the part of its topic in which `offset` counts; topics in a file have only one.
    """

    topic: str
    offset: int
    key: str
    trace: str
    schema: str
    body: bytes
    by: str
    took: float
    at: datetime
    attempts: int = 0
    partition: int = 0


class Parked(NamedTuple):
    """A message that waits for its next attempt: `due`; `since` its first one; `error` says what is missing."""

    message: Message
    due: datetime
    since: datetime
    error: str


class Ending(NamedTuple):
    """A message that went no further, as expected."""

    agent: str
    topic: str
    offset: int
    trace: str
    reason: str
    took: float
    at: datetime


class Standing(NamedTuple):
    """Where an agent stands in one topic. `oldest` is when the first unread message was written."""

    agent: str
    topic: str
    position: int
    lag: int
    oldest: datetime | None
    parked: int


class Tally(NamedTuple):
    """How often an agent ended in this way. `outcome` is in, out, drop, reject or retry."""

    agent: str
    outcome: str
    reason: str
    times: int


class Wanted(NamedTuple):
    """A topic on servers as it has to be. `settings` are those of the servers."""

    name: str
    partitions: int
    settings: dict[str, str]


class Found(NamedTuple):
    """A topic on servers as it is."""

    name: str
    partitions: int
    replication: int
    settings: dict[str, str]


class Topics(Protocol):
    """What people and uploads do with topics, wherever they are."""

    def transaction(self) -> AbstractContextManager[None]:
        """Everything inside happens, or nothing of it does; topics on servers may get it twice, never by half."""

    def state(self, agent: str) -> Expiring:
        """A memory beside the topics, changed in the same transaction: of the intake, of uploads, of replays."""

    def append(self, drafts: Iterable[Draft], at: datetime) -> None:
        """Write messages to the ends of their topics."""

    def again(self, agent: str, message: Message, at: datetime) -> None:
        """Let one agent take up a message once more, whatever became of it before."""

    def scan(self, topic: str) -> Iterator[Message]:
        """All messages that a topic still holds, oldest first."""

    def history(self, trace: str) -> tuple[list[Message], list[Ending]]:
        """All messages about an article and where messages about it ended, as far as that is kept, oldest first."""

    def tallies(self, reads: Sequence[tuple[str, str]]) -> list[Tally]:
        """All counts of the agents in these (agent, topic)."""

    def standings(self, reads: Sequence[tuple[str, str]]) -> list[Standing]:
        """Where each (agent, topic) stands."""

    def close(self) -> None:
        """Let go of files and connections."""


class Care(Protocol):
    """The care of topics on servers. All methods raise Unavailable, and Misuse for a topic that cannot be used."""

    def about(self, topics: Sequence[Wanted]) -> str:
        """What answers there, in a phrase, when all topics are as they have to be and may be read and written."""

    def create(self, topics: Sequence[Wanted]) -> list[str]:
        """Create the topics that are missing and bring the settings of the others up to date; names the new ones."""

    def check(self, topics: Sequence[Wanted]) -> None:
        """Raise Misuse unless all topics are there with the partitions that they must have."""

    def describe(self, names: Sequence[str]) -> list[Found]:
        """Those of the topics that exist, as they are."""

    def close(self) -> None:
        """End the connection."""


@runtime_checkable
class Served(Topics, Protocol):
    """Topics on servers: they are made before anything flows, and each agent has workers of its own."""

    def wanted(self, flow: Sequence[Agent]) -> list[Wanted]:
        """All topics of a flow as they have to be."""

    def admin(self) -> Care:
        """A connection for their care."""


@runtime_checkable
class Broker(Topics, Protocol):
    """Topics in one place, with an offset for each agent: what the embedded runner drives."""

    def tentative(self) -> AbstractContextManager[Callable[[], None]]:
        """Inside a transaction: calling what this yields takes back all that was changed inside."""

    def read(self, topic: str, start: int, limit: int) -> list[Message]:
        """Return messages from an offset on, in order."""

    def position(self, agent: str, topic: str) -> int:
        """Return the offset of the next message that the agent has not ended with."""

    def advance(self, agent: str, topic: str, position: int) -> None:
        """Set that offset."""

    def end(self, endings: Iterable[Ending]) -> None:
        """Keep where messages ended, for `trace`."""

    def park(self, agent: str, parked: Parked) -> None:
        """Set a message aside until it is due; one of the same topic and offset is replaced."""

    def unpark(self, agent: str, message: Message) -> None:
        """Forget a message that was set aside."""

    def parked(self, agent: str) -> list[Parked]:
        """Everything that an agent has set aside, in order of topic and offset."""

    def count(self, tallies: Iterable[Tally]) -> None:
        """Add to the counts."""

    def expire(self, now: datetime, readers: Mapping[str, Sequence[str]], remember: timedelta) -> int:
        """Delete messages past their retention that every reader has passed, and a part of what agents remember of days
        longer ago than `remember`; returns how many messages.
        """
