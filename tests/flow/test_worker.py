"""What surrounds a worker on Kafka, without Kafka: lanes, the marker, the guard, the supervisor."""

import asyncio
import contextlib
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from pipeline.adapters.kafka.memory import Change, PartitionMemory
from pipeline.adapters.kafka.notes import Counts
from pipeline.broker import Draft, Message
from pipeline.errors import Misuse, Refused, Unavailable
from pipeline.flow import Agent, Drop, Emit, Reject, TryLater
from pipeline.metrics import Meters
from pipeline.ports import State
from pipeline.runners.faust import supervisor
from pipeline.runners.faust.aside import Aside
from pipeline.runners.faust.guard import DEATHS, WINDOW, Guard, Marker, Watchdog
from pipeline.runners.faust.lane import BATCH, LARGEST, RETRY_FOR, Desk, Item, Lane
from pipeline.runners.faust.supervisor import MISTAKE, Command, supervise
from pipeline.runners.handle import Dead, Dropped, Handled
from pipeline.runners.workers import Pool
from schemas.codec import decode, encode
from schemas.dead import DeadLetter
from schemas.page import PageFetched
from schemas.topics import PAGES_FETCHED
from tests.flow.test_workers import LIMITS, message, setup, title

NOON = datetime(2030, 5, 1, 12, tzinfo=UTC)


class Why(StrEnum):
    UGLY = "ugly"


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.time = NOON

    def now(self) -> datetime:
        return self.time


class Recorder:
    """Implements Outside by noting what happens in which order. `fails` is raised by the next call of that name."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Any]] = []
        self.fails: dict[str, BaseException] = {}
        self.topic: list[Change] = []
        self.counts: Counts = Counter()

    def _note(self, name: str, what: Any) -> None:
        if name in self.fails:
            raise self.fails.pop(name)
        self.events.append((name, what))

    async def send(self, drafts: Sequence[Draft]) -> None:
        if drafts:
            self._note("send", [draft.trace or draft.topic for draft in drafts])
        self.drafts = list(drafts)

    async def remember(self, partition: int, changes: Sequence[Change]) -> list[int]:
        if changes:
            self._note("remember", [change.key.decode() for change in changes])
        self.topic += changes
        return list(range(len(self.topic) - len(changes), len(self.topic)))

    def done(self, items: Sequence[Item], counts: Counts) -> None:
        for item in items:
            self._note("ack", item.message.offset)
        self.counts.update(counts)

    def pause(self, topic: str, partition: int) -> None:
        self._note("pause", partition)

    def resume(self, topic: str, partition: int) -> None:
        self._note("resume", partition)

    def moved(self) -> None:
        pass


REFUSING: list[str] = []
"""As an index does: a document is taken at first, refused by the flush, and from then on at once."""


def step(page: PageFetched, *, state: State) -> Emit | Drop:
    state.put(page.article_id, b"seen", at=page.fetched_at if page.name == "dated" else None)
    match page.name:
        case "ugly":
            raise Reject(Why.UGLY)
        case "later":
            raise TryLater(0.01, "not yet")
        case "refused" if REFUSING:
            raise Refused({("articles", page.article_id): "no such field"})
        case "refused":
            REFUSING.append(page.article_id)
        case "world":
            raise Unavailable("the world has gone")
        case "huge":
            return Emit(PageFetched(**{**_fields(0), "name": "x" * LARGEST}))
        case "drop":
            return Drop(Why.UGLY)
    return Emit(page)


def _fields(number: int, name: str | None = None) -> dict[str, Any]:
    return {
        "article_id": f"a{number}", "revision": 1, "page": "", "media_type": "text/plain", "source": "", "name": name,
        "fetched_at": NOON,
    }  # fmt: skip


AGENT = Agent("step", (PAGES_FETCHED,), (PAGES_FETCHED,), step, Why)


def item(number: int, name: str | None = None, passed: bool = False) -> Item:
    record = PageFetched(**_fields(number, name))
    body = encode(record)
    return Item(Message("pages-fetched", number, "k", f"a{number}", record.SCHEMA, body, "", 0.0, NOON), passed)


class Bench:
    """A lane with everything around it in hand: its `Ground`."""

    def __init__(self, folder: Path) -> None:
        self.outside, self.clock, self.ours = Recorder(), Hands(), True
        self.store = PartitionMemory(folder / "0.db", "step")
        self.desk = Desk(AGENT, {"clock": self.clock}, Meters(), self.outside, Marker(folder / "mark"))
        self.desk.flush = lambda: self.outside._note("flush", None)
        self.lane = self.another()

    def another(self) -> Lane:
        return Lane(self.desk, "pages-fetched", 0, self)

    def held(self) -> bool:
        return self.ours

    def done(self, items: Sequence[Item], counts: Counts) -> None:
        self.outside.done(items, counts)

    async def memory(self) -> PartitionMemory:
        return self.store

    def take(self, *items: Item, seconds: float | None = None) -> list[tuple[str, Any]]:
        """Hand in messages and let the lane work, for so long if it is not done before."""

        async def run() -> None:
            assert self.lane.put(items)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.lane.work(), seconds)

        asyncio.run(run())
        return self.outside.events

    def letters(self) -> list[DeadLetter]:
        return [decode(d.body, d.schema, DeadLetter) for d in self.outside.drafts if d.topic == "dead-letters"]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.store.close()


def test_a_batch_is_made_durable_in_the_order_that_loses_nothing(bench: Bench) -> None:
    assert bench.take(item(1), item(2, "drop"), item(3)) == [
        ("flush", None),
        ("send", ["a1", "a3"]),
        ("remember", ["a1", "a2", "a3"]),
        ("ack", 1),
        ("ack", 2),
        ("ack", 3),
    ]
    assert bench.store.get("a2") == b"seen"
    assert bench.store.followed() == 3


@pytest.mark.parametrize("where", ["send", "flush", "remember"])
def test_a_batch_that_fails_anywhere_acknowledges_and_remembers_nothing(bench: Bench, where: str) -> None:
    bench.outside.fails[where] = Unavailable("the world has gone")
    with pytest.raises(Unavailable):
        bench.take(item(1))
    assert "ack" not in dict(bench.outside.events)
    assert bench.store.get("a1") is None


def test_a_document_that_the_index_refuses_is_a_dead_letter_and_its_batch_goes_on(bench: Bench) -> None:
    bench.outside.fails["flush"] = Refused({("articles", "a2"): "no such field"})
    events = bench.take(item(1), item(2, "refused"), item(3))
    assert [what for name, what in events if name == "ack"] == [1, 2, 3]
    assert [(letter.trace, letter.reason) for letter in bench.letters()] == [("a2", "refused")]
    assert bench.store.get("a2") is None


def test_an_error_of_the_world_goes_up(bench: Bench) -> None:
    with pytest.raises(Unavailable):
        bench.take(item(1), item(2, "world"))
    assert bench.outside.events == []


def test_a_partition_that_was_lost_meanwhile_is_left_alone(bench: Bench) -> None:
    def lose(_: object) -> None:
        bench.ours = False

    bench.desk.flush = lambda: lose(None)
    assert bench.take(item(1), item(2)) == [("send", ["a1", "a2"])]
    assert bench.store.get("a1") is None
    assert bench.lane.oldest is None, "nothing of it is waited for here any more"


def test_a_dead_letter_takes_back_what_was_remembered(bench: Bench) -> None:
    bench.take(item(1, "ugly"), item(2, "huge"), item(3)._replace(message=item(3).message._replace(body=b"{")))
    assert [(x.reason, x.offset) for x in bench.letters()] == [
        ("ugly", 1),
        ("limits-exceeded", 2),
        ("broken-message", 3),
    ]
    assert bench.store.get("a1") is None


def test_what_is_too_long_ago_is_forgotten_here_and_in_the_topic(bench: Bench) -> None:
    bench.take(item(1, "dated"), item(2))
    bench.clock.time += timedelta(days=91)
    later = PageFetched(**_fields(3, "dated") | {"fetched_at": NOON + timedelta(days=91)})
    bench.take(item(3)._replace(message=item(3).message._replace(body=encode(later))))
    assert (bench.store.get("a1"), bench.store.get("a2")) == (None, b"seen")
    assert Change(b"a1", None) in bench.outside.topic


def test_a_message_for_another_agent_is_passed_over(bench: Bench) -> None:
    assert bench.take(item(1, "ugly", passed=True)) == [("flush", None), ("ack", 1)]


def test_a_message_that_waits_holds_back_its_partition_and_is_tried_again(bench: Bench) -> None:
    events = bench.take(item(1), item(2, "later"), item(3), seconds=0.2)
    assert events[:5] == [("flush", None), ("send", ["a1"]), ("remember", ["a1", "a2"]), ("ack", 1), ("pause", 0)]
    assert bench.store.get("a2") == b"seen", "what a step remembered before it asked for time is kept"
    assert ("ack", 3) not in events


def test_a_message_that_waited_for_too_long_is_dead_and_the_next_go_on(bench: Bench) -> None:
    async def run() -> None:
        bench.lane.put([item(2, "later"), item(3)])
        work = asyncio.create_task(bench.lane.work())
        await asyncio.sleep(0.2)
        assert bench.lane.waiting
        bench.clock.time += RETRY_FOR + timedelta(seconds=1)
        await work

    asyncio.run(run())
    (letter,) = bench.letters()
    assert (letter.reason, letter.offset, letter.attempts) == ("retries-exhausted", 2, 2)
    assert bench.outside.events[-3:] == [("remember", ["a2", "a3"]), ("ack", 2), ("ack", 3)]
    assert [what for what, _ in bench.outside.events if what in ("pause", "resume")] == ["pause", "resume"]
    assert bench.outside.counts == {("retry", ""): 1, ("in", ""): 2, ("reject", "retries-exhausted"): 1, ("out", ""): 1}


def test_messages_that_come_while_a_lane_works_wait_in_its_line(bench: Bench) -> None:
    async def run() -> None:
        assert bench.lane.put([item(1, "later")])
        work = asyncio.create_task(bench.lane.work())
        await asyncio.sleep(0.1)
        assert not bench.lane.put([item(2)])
        assert bench.lane.oldest == NOON
        bench.lane.end()
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work

    asyncio.run(run())
    assert bench.outside.events[-1] == ("pause", 0)


def test_a_long_line_is_fetched_no_further_until_it_is_short(bench: Bench) -> None:
    events = bench.take(*[item(number, "drop") for number in range(2 * BATCH)])
    moves = [what for what in events if what[0] in ("pause", "resume")]
    assert moves == [("pause", 0), ("resume", 0)]
    assert len([what for what in events if what[0] == "ack"]) == 2 * BATCH


def test_what_another_lane_was_refused_meanwhile_is_put_again(bench: Bench) -> None:
    """Lanes share the buffer of the index: one flush writes, and is refused, what the other put there."""
    other = bench.another()
    waits = asyncio.Event()

    async def hands(function: Any) -> Any:
        if getattr(function, "func", None) == bench.lane._decide:
            found = function()
            await waits.wait()
            return found
        return function()

    async def run() -> None:
        bench.desk.hands = hands
        bench.lane.put([item(2, "refused")])
        first = asyncio.create_task(bench.lane.work())
        await asyncio.sleep(0)
        bench.outside.fails["flush"] = Refused({("articles", "a2"): "no such field"})
        bench.store = PartitionMemory(Path(bench.store._path).with_name("1.db"), "step")
        other.put([item(7)])
        await other.work()
        waits.set()
        await first

    asyncio.run(run())
    assert [(letter.trace, letter.reason) for letter in bench.letters()] == [("a2", "refused")]
    assert [what for name, what in bench.outside.events if name == "ack"] == [7, 2]


def test_steps_that_run_in_another_process_come_out_in_order(bench: Bench) -> None:
    """Some are handed over at once; what another agent is meant to have is not."""
    asked: list[list[int]] = []

    def aside(messages: Sequence[Message]) -> list[Handled]:
        asked.append([message.offset for message in messages])
        outcomes = [(), Dropped("ugly"), Dead("limits-exceeded", "it took more than 8 s of CPU time")]
        return [Handled(outcomes[message.offset % 3], 0.0) for message in messages]

    bench.desk.aside = aside
    events = bench.take(item(1), item(2), item(3, passed=True), *[item(number) for number in range(4, 12)])
    assert asked == [[1, 2, 4, 5, 6, 7, 8], [9, 10, 11]]
    assert [what for name, what in events if name == "ack"] == list(range(1, 12))
    assert ("send", ["a2", "a5", "a8", "a11"]) in events, "their dead letters"


def test_a_process_of_its_own_is_under_limits() -> None:
    moves: list[None] = []
    pool = Pool(1, setup, LIMITS)
    try:
        found = Aside("work", pool, lambda: moves.append(None)).handle(
            [message(n, "hang" if n == 3 else f"{n}") for n in range(8)]
        )
    finally:
        pool.close()
    assert [n for n, handled in enumerate(found) if isinstance(handled.outcome, Dead)] == [3]
    assert title(found[7]).startswith("7 by ")
    assert moves


KILLER = """
import os, sys
from pathlib import Path
from tests.flow.test_worker import Marker, item
marker = Marker(Path(sys.argv[1]))
print(marker.fatal(item(5).message))
with marker.at(item(5).message):
    os.kill(os.getpid(), 9)
"""


def test_versions_that_were_not_tested_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    contiguous = pytest.importorskip("pipeline.runners.faust.contiguous", exc_type=ImportError)
    contiguous.check_versions()
    monkeypatch.setitem(contiguous.TESTED, "aiokafka", "0.0.1")
    with pytest.raises(Misuse, match=r"aiokafka is .*, and only 0\.0\.1 is known to lose no messages"):
        contiguous.check_versions()


def test_a_message_that_ends_the_process_again_and_again_is_known(tmp_path: Path) -> None:
    path = tmp_path / "mark"
    for _ in range(DEATHS):
        ended = subprocess.run([sys.executable, "-c", KILLER, str(path)], capture_output=True, check=False)
        assert (ended.returncode, ended.stdout.strip()) == (-9, b"None")
    marker = Marker(path)
    assert f"ended {DEATHS} times" in (marker.fatal(item(5).message) or "")
    assert marker.fatal(item(6).message) is None
    with marker.at(item(6).message):
        pass
    assert Marker(path).fatal(item(5).message) is None


def test_the_guard_stops_an_agent_that_refuses_most(tmp_path: Path) -> None:
    guard = Guard()
    for number in range(WINDOW * 3):  # the half
        guard.saw(number % 2 == 0)
    guard.saw(True)
    with pytest.raises(Unavailable, match="pantau dead list"):
        guard.saw(True)


def test_the_watchdog_ends_what_stands_still() -> None:
    ended = threading.Event()
    watchdog = Watchdog(0.4, lambda why: ended.set())
    busy = threading.Event()
    watchdog.start(busy.is_set)
    assert not ended.wait(0.8), "nothing waits, so nothing is late"
    busy.set()
    assert ended.wait(2)


def test_the_supervisor_starts_again_what_ends_and_ends_all_in_time(tmp_path: Path) -> None:
    log, stop = tmp_path / "log", threading.Event()
    brief = Command(["sh", "-c", f"echo x >> {log}; exit 3"], os.environ)
    timer = threading.Timer(4.5, stop.set)
    timer.start()
    start = time.monotonic()
    assert supervise({"brief": brief, "polite": Command(["sleep", "60"], os.environ)}, stop) == 0
    assert 4 < time.monotonic() - start < 7
    assert 2 <= len(log.read_text().splitlines()) <= 3, "at once, after one second, after two more"


def test_a_worker_that_does_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "STOP_SECONDS", 0.5)
    stop = threading.Event()
    timer = threading.Timer(1, stop.set)
    timer.start()
    start = time.monotonic()
    stubborn = [
        sys.executable,
        "-c",
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)",
    ]
    assert supervise({"stubborn": Command(stubborn, os.environ)}, stop) == 0
    assert 1 < time.monotonic() - start < 6


def test_a_mistake_in_the_settings_ends_the_supervisor() -> None:
    wrong = Command(["sh", "-c", f"exit {MISTAKE}"], os.environ)
    assert supervise({"wrong": wrong, "right": Command(["sleep", "60"], os.environ)}, threading.Event()) == MISTAKE
