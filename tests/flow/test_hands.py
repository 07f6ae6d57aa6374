"""The thread in which a worker's steps run, and lanes that end while it is at work."""

import asyncio
import dataclasses
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from faust.types import TP

from pipeline.adapters.kafka.memory import PartitionMemory
from pipeline.errors import Unavailable
from pipeline.flow import Drop
from pipeline.ports import State
from pipeline.runners.faust.app import Worker, _Seat
from pipeline.runners.faust.hands import Hands
from schemas.page import PageFetched
from tests.flow.test_worker import AGENT, Bench, Why, item


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.store.close()


def test_a_step_that_waits_holds_up_nothing_but_steps() -> None:
    async def run() -> list[str]:
        hands, events = Hands(), list[str]()

        async def step(name: str, seconds: float) -> None:
            await hands(lambda: time.sleep(seconds))
            events.append(name)

        async def beat() -> None:
            for _ in range(5):
                await asyncio.sleep(0.02)
                events.append("beat")

        await asyncio.gather(step("slow", 0.4), beat())
        with pytest.raises(Unavailable):
            await hands(lambda: raise_(Unavailable("away")))
        return events

    assert asyncio.run(run()) == ["beat"] * 5 + ["slow"]


def raise_(error: Exception) -> None:
    raise error


def test_a_step_that_is_cancelled_is_waited_for() -> None:
    ended = threading.Event()

    def slow() -> None:
        time.sleep(0.3)
        ended.set()

    async def run() -> None:
        task = asyncio.create_task(Hands()(slow))
        for _ in range(3):
            await asyncio.sleep(0.05)
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert ended.is_set()

    asyncio.run(run())


def test_a_lane_whose_end_two_ask_for_ends_once_its_step_has_ended(bench: Bench) -> None:
    events: list[str] = []

    class Around:
        consumer = SimpleNamespace(holds=lambda *_: True)

        async def memory(self, partition: int) -> PartitionMemory:
            return bench.store

        def fail(self, error: BaseException) -> None:
            events.append(repr(error))

    def slow(page: PageFetched, *, state: State) -> Drop:
        time.sleep(0.4)
        state.put("slow", b"seen")
        events.append("step")
        return Drop(Why.UGLY)

    async def run() -> None:
        bench.desk.agent, bench.desk.hands = dataclasses.replace(AGENT, step=slow), Hands()
        seat = _Seat(cast("Worker", Around()), bench.desk, TP("pages-fetched", 0), 1, None)
        seat.put([item(1)])
        await asyncio.sleep(0.1)
        gives_up, waits = asyncio.create_task(seat.close()), asyncio.create_task(seat.close())
        await asyncio.sleep(0.1)
        gives_up.cancel()
        await waits
        events.append("closed")

    asyncio.run(run())
    assert events == ["step", "closed"]
    again = PartitionMemory(Path(bench.store._path), "step")
    assert again.get("slow") is None
    again.close()
