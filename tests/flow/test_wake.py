"""What is due wakes its agent, on the embedded runner and in a lane of Kafka alike."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

import pytest

from pipeline.adapters.kafka.memory import Change, PartitionMemory
from pipeline.adapters.kafka.notes import Counts
from pipeline.adapters.sqlite.broker import SqliteBroker
from pipeline.broker import Draft, Message
from pipeline.flow import Agent, Bury, Drop, Emit
from pipeline.metrics import Meters
from pipeline.ports import Clock, State
from pipeline.runners import operations
from pipeline.runners.embedded import EmbeddedRunner
from pipeline.runners.faust.guard import Marker
from pipeline.runners.faust.lane import Desk, Item, Lane
from pipeline.runners.handle import AGAIN
from schemas.codec import decode, encode
from schemas.dead import DeadLetter
from schemas.page import PageFetched
from schemas.topics import PAGES_FETCHED

NOON = datetime(2030, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Why(StrEnum):
    TAKEN = "taken"
    DONE = "done"
    GIVEN_UP = "given-up"


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.time = NOON

    def now(self) -> datetime:
        return self.time


WOKEN: list[str] = []


def page(name: str) -> PageFetched:
    return PageFetched(
        article_id=name, revision=1, page="", media_type="text/plain", source="", name=name, fetched_at=NOON
    )


def step(page: PageFetched, *, state: State, clock: Clock) -> Emit | Drop:
    state.put(page.article_id, encode(page), due=clock.now() + HOUR)
    return Drop(Why.TAKEN)


def wake(key: str, value: bytes, *, state: State, clock: Clock) -> Emit | Drop | Bury:
    WOKEN.append(key)
    if key == "broken":
        state.delete(key)
        raise ZeroDivisionError
    if key == "twice" and WOKEN.count(key) == 1:
        state.put(key, value, due=clock.now() + HOUR)
        return Drop(Why.TAKEN)
    state.put(key, b"done")
    if key == "hopeless":
        return Bury((decode(value, PageFetched.SCHEMA, PageFetched),), Why.GIVEN_UP, "nobody is there", attempts=7)
    return Drop(Why.DONE)


AGENT = Agent("wait", (PAGES_FETCHED,), (), step, Why, wake=wake)


class Runs(Protocol):
    """A runner of this agent."""

    clock: Hands

    def take(self, *names: str) -> None: ...
    def restart(self) -> None: ...
    def letters(self) -> list[DeadLetter]: ...
    def counts(self) -> dict[tuple[str, str], int]: ...
    def value(self, key: str) -> bytes | None: ...


class Embedded:
    def __init__(self, folder: Path) -> None:
        self.clock, self.path = Hands(), folder / "flow.db"
        self.restart()

    def restart(self) -> None:
        self.broker = SqliteBroker(self.path)
        self.runner = EmbeddedRunner((AGENT,), self.broker, {"clock": self.clock}, Meters())

    def take(self, *names: str) -> None:
        pages = [page(name) for name in names]
        drafts = [Draft(PAGES_FETCHED.name, p.article_id, p.article_id, p.SCHEMA, encode(p)) for p in pages]
        self.broker.append(drafts, self.clock.now())
        self.runner.drain()

    def letters(self) -> list[DeadLetter]:
        return [letter.letter for letter in operations.dead_letters(self.broker)]

    def counts(self) -> dict[tuple[str, str], int]:
        return {(t.outcome, t.reason): t.times for t in operations.tallies((AGENT,), self.broker)}

    def value(self, key: str) -> bytes | None:
        return self.broker.state("wait").get(key)


class Partition:
    """A lane with everything around it in hand: `Outside` and `Ground`. The topic of the memory is a list."""

    def __init__(self, folder: Path) -> None:
        self.clock, self.folder, self.topic, self.drafts, self.tally = Hands(), folder, [], [], Counter[Any]()
        self.number, self.disks = 0, 0
        self.restart()

    topic: list[Change]
    drafts: list[Draft]

    def restart(self) -> None:
        """On a fresh disk: what is known comes from the topic."""
        self.disks += 1
        self.store = PartitionMemory(self.folder / f"{self.disks}.db", "wait")
        with self.store.transaction():
            for change in self.topic:
                self.store.apply(change.key, change.value)
            self.store.reached(len(self.topic), 0.0)
        desk = Desk(AGENT, {"clock": self.clock}, Meters(), self, Marker(self.folder / "mark"))
        self.lane = Lane(desk, PAGES_FETCHED.name, 0, self)

    def take(self, *names: str) -> None:
        async def run() -> None:
            if self.lane.put([self.item(name) for name in names]):
                await self.lane.work()

        asyncio.run(run())

    def item(self, name: str) -> Item:
        self.number += 1
        record = page(name)
        return Item(Message(PAGES_FETCHED.name, self.number, name, name, record.SCHEMA, encode(record), "", 0.0, NOON))

    def letters(self) -> list[DeadLetter]:
        return [decode(draft.body, draft.schema, DeadLetter) for draft in self.drafts]

    def counts(self) -> dict[tuple[str, str], int]:
        return dict(self.tally)

    def value(self, key: str) -> bytes | None:
        return self.store.get(key)

    async def send(self, drafts: Sequence[Draft]) -> None:
        self.drafts += drafts

    async def remember(self, partition: int, changes: Sequence[Change]) -> list[int]:
        self.topic += changes
        return list(range(len(self.topic) - len(changes), len(self.topic)))

    def done(self, items: Sequence[Item], counts: Counts) -> None:
        self.tally.update(counts)

    def held(self) -> bool:
        return True

    async def memory(self) -> PartitionMemory:
        return self.store

    def pause(self, topic: str, partition: int) -> None: ...
    def resume(self, topic: str, partition: int) -> None: ...
    def moved(self) -> None: ...


KINDS: dict[str, Callable[[Path], Runs]] = {"embedded": Embedded, "partition": Partition}


@pytest.fixture(params=KINDS)
def runs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Runs]:
    WOKEN.clear()
    return KINDS[request.param](tmp_path)


def test_an_agent_is_woken_once_when_it_is_due_and_not_before(runs: Runs) -> None:
    runs.take("a")
    runs.clock.time += HOUR - timedelta(seconds=1)
    runs.take()
    assert WOKEN == []
    runs.clock.time += timedelta(seconds=1)
    runs.take()
    runs.take()
    assert WOKEN == ["a"]
    assert runs.value("a") == b"done"
    assert runs.counts() == {("in", ""): 1, ("drop", "taken"): 1, ("drop", "done"): 1}


def test_what_is_due_outlives_the_process(runs: Runs) -> None:
    runs.take("a", "b")
    runs.restart()
    runs.clock.time += HOUR
    runs.take()
    runs.restart()
    runs.take()
    assert WOKEN == ["a", "b"]


def test_it_may_ask_to_be_woken_again(runs: Runs) -> None:
    runs.take("twice")
    for _ in range(3):
        runs.clock.time += HOUR
        runs.take()
    assert WOKEN == ["twice", "twice"]


def test_more_than_one_batch_is_woken_in_the_order_of_time(runs: Runs) -> None:
    names = [f"a{number:02}" for number in range(50)]
    for name in names:
        runs.take(name)
        runs.clock.time += timedelta(seconds=1)
    runs.clock.time += HOUR
    runs.take()
    assert names == WOKEN


def test_a_wake_that_fails_is_taken_back_and_holds_up_nobody(runs: Runs) -> None:
    runs.take("broken", "a")
    runs.clock.time += HOUR
    runs.take("b")
    assert WOKEN == ["broken", "a"]
    assert runs.value("broken") is not None
    runs.clock.time += AGAIN
    runs.take()
    assert WOKEN == ["broken", "a", "broken"]
    assert runs.counts()["drop", "step-failed"] == 2


def test_what_is_given_up_is_a_dead_letter_with_its_record(runs: Runs) -> None:
    runs.take("hopeless")
    runs.clock.time += HOUR
    runs.take()
    (letter,) = runs.letters()
    assert (letter.agent, letter.reason, letter.error, letter.attempts) == ("wait", "given-up", "nobody is there", 7)
    assert (letter.topic, letter.key, letter.trace) == (PAGES_FETCHED.name, "hopeless", "hopeless")
    assert decode(letter.original, letter.schema, PageFetched) == page("hopeless")
    assert runs.counts()["reject", "given-up"] == 1


def test_what_a_wrong_clock_put_off_for_years_is_due_when_it_is_right_again(runs: Runs) -> None:
    runs.clock.time += timedelta(days=3650)
    runs.take("a")
    runs.clock.time = NOON
    runs.take()
    assert WOKEN == ["a"]


def test_a_woken_value_outlasts_what_was_read_before_it(tmp_path: Path) -> None:
    """After a restart earlier messages come again, with lower offsets than what is woken."""
    WOKEN.clear()
    runs = Partition(tmp_path)
    runs.number = 99
    runs.take("a")
    runs.restart()
    runs.number = 80
    runs.take("b")
    runs.clock.time += HOUR
    runs.take()
    runs.restart()
    assert (runs.value("a"), runs.value("b")) == (b"done", b"done")
