"""The desk: many deliveries are one transaction, one that cannot be taken harms no other, and nobody waits for ever."""

import threading
from collections.abc import Iterator
from concurrent.futures import wait

import pytest

from pipeline.adapters.memory import MemoryPages
from pipeline.adapters.sqlite.broker import SqliteBroker
from pipeline.errors import Unavailable
from pipeline.runners.intake import Arrival, Intake, Receipt
from pipeline.serving.desk import Desk
from pipeline.serving.pace import Pace
from tests.serving.service import NOW


class Noon:
    def now(self) -> object:
        return NOW


class Counting(MemoryPages):
    """A page store that counts how often it was told to keep everything, and refuses one page."""

    syncs = 0

    def put(self, content: bytes) -> str:
        if content == b"bad":
            raise ValueError("this page is bad")
        return super().put(content)

    def sync(self) -> None:
        self.syncs += 1


@pytest.fixture
def pages() -> Counting:
    return Counting()


@pytest.fixture
def broker() -> Iterator[SqliteBroker]:
    opened = SqliteBroker(":memory:")
    yield opened
    opened.close()


@pytest.fixture
def desk(broker: SqliteBroker, pages: Counting) -> Iterator[Desk]:
    made = Desk(broker, Intake(broker, pages, Noon()))  # type: ignore[arg-type]
    yield made
    made.close()


def page(text: str) -> Arrival:
    return Arrival(text.encode(), "text/plain", "upload")


def held(desk: Desk) -> threading.Event:
    """Keeps the desk busy until the event is set."""
    release, begun = threading.Event(), threading.Event()
    desk.ask(lambda: (begun.set(), release.wait(10)))
    assert begun.wait(10)
    return release


def test_what_waits_together_is_kept_together(desk: Desk, broker: SqliteBroker, pages: Counting) -> None:
    release = held(desk)
    deliveries = [desk.take([page(f"{number}a"), page(f"{number}b")]) for number in range(30)]
    assert not any(delivery.done() for delivery in deliveries)
    release.set()
    wait(deliveries, 10)
    assert [len(delivery.result()) for delivery in deliveries] == [2] * 30
    assert pages.syncs == 1
    assert len(list(broker.scan("pages-fetched"))) == 60


def test_a_delivery_that_cannot_be_taken_harms_no_other(desk: Desk, broker: SqliteBroker) -> None:
    release = held(desk)
    deliveries = [desk.take([page(text)]) for text in ("one", "bad", "two")]
    release.set()
    wait(deliveries, 10)
    assert [type(delivery.exception()) for delivery in deliveries] == [type(None), ValueError, type(None)]
    assert len(list(broker.scan("pages-fetched"))) == 2


def test_a_note_is_written_with_its_pages_or_not_at_all(desk: Desk, broker: SqliteBroker) -> None:
    def note(receipts: object) -> None:
        del receipts
        broker.state("uploads").put("name", b"answer")
        raise RuntimeError("after the note")

    assert isinstance(desk.take([page("one")], note).exception(10), RuntimeError)
    assert desk.ask(lambda: broker.state("uploads").get("name")).result(10) is None
    assert list(broker.scan("pages-fetched")) == []


def test_who_asks_gets_an_answer_and_his_own_mistakes(desk: Desk) -> None:
    assert desk.ask(lambda: 6 * 7).result(10) == 42
    assert isinstance(desk.ask(lambda: 1 / 0).exception(10), ZeroDivisionError)
    assert desk.take([page("one")]).result(10)[0].entry == "new"


def test_what_is_in_line_at_the_end_is_done_and_what_comes_later_is_told_so(desk: Desk) -> None:
    release = held(desk)
    last = desk.take([page("last")])
    ending = threading.Thread(target=desk.close)
    ending.start()
    release.set()
    ending.join(10)
    (receipt,) = last.result(10)
    assert isinstance(receipt, Receipt)
    assert isinstance(desk.take([page("late")]).exception(1), Unavailable)


def test_a_bucket_fills_evenly_and_may_hold_less_than_nothing() -> None:
    now = [0.0]
    pace = Pace(lambda: now[0])
    for _ in range(60):
        assert pace.wait("a", 60) == 0.0
        pace.take("a")
    assert pace.wait("a", 60) == pytest.approx(1.0)
    assert pace.wait("b", 60) == 0.0, "each key has its own"
    now[0] = 10.0
    assert pace.wait("a", 60) == 0.0
    assert pace.wait("a", 60, 11) == pytest.approx(1.0)
    pace.take("b", 160)
    assert pace.wait("b", 60, 0) == pytest.approx(100.0)
    now[0] = 1000.0
    assert pace.wait("b", 60, 61) == pytest.approx(1.0), "no more than a minute's worth is saved up"
