"""Pages that were fetched go in together, wait for what is away, and fail where waiting is no use."""

import asyncio
import threading
from collections.abc import Sequence

import pytest

from pipeline.errors import StorageFull, Unavailable
from pipeline.runners.crawl import storing
from pipeline.runners.crawl.storing import Store
from pipeline.runners.intake import Arrival, Entry


class Gate:
    """An intake that fails as it is told, and notes what came."""

    def __init__(self, *errors: Exception) -> None:
        self.errors, self.batches = list(errors), list[int]()

    def take(self, arrivals: Sequence[Arrival]) -> list[Entry]:
        if self.errors:
            raise self.errors.pop(0)
        self.batches.append(len(arrivals))
        return ["new"] * len(arrivals)


def put(gate: Gate, pages: int = 1) -> list[Entry | BaseException]:
    async def body() -> list[Entry | BaseException]:
        store = Store(gate)  # type: ignore[arg-type]

        async def one() -> Entry:
            await store.room()
            return await store.put(Arrival(b"x", "text/html", "s"))

        found = await asyncio.gather(*(one() for _ in range(pages)), return_exceptions=True)
        store.close()
        return found

    return asyncio.run(body())


def test_what_comes_meanwhile_goes_in_together() -> None:
    gate = Gate()
    assert put(gate, 500) == ["new"] * 500
    assert len(gate.batches) < 20
    assert max(gate.batches) <= storing.BATCH


def test_what_is_away_for_a_while_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storing, "PAUSE", 0.01)
    gate = Gate(Unavailable("flow.db is locked"), Unavailable("Kafka does not answer"))
    assert put(gate) == ["new"]
    monkeypatch.setattr(storing, "PATIENCE", 0.05)
    (failed,) = put(Gate(*[Unavailable("Kafka does not answer")] * 99))
    assert isinstance(failed, Unavailable)


def test_a_full_disk_is_told_at_once() -> None:
    gate = Gate(StorageFull("no room left"))
    (failed,) = put(gate)
    assert isinstance(failed, StorageFull)
    assert not gate.batches


def test_nothing_more_is_asked_for_while_much_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storing, "HELD_MAX", 10)
    released = threading.Event()

    class Slow(Gate):
        def take(self, arrivals: Sequence[Arrival]) -> list[Entry]:
            released.wait(30)
            return super().take(arrivals)

    async def body() -> None:
        store = Store(Slow())  # type: ignore[arg-type]
        await store.room()
        waiting = [asyncio.ensure_future(store.put(Arrival(b"x" * 6, "text/html", "s"))) for _ in range(2)]
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(store.room(), 0.1)
        released.set()
        await store.room()
        assert await asyncio.gather(*waiting) == ["new", "new"]
        store.close()

    asyncio.run(body())
