"""One thread that everything goes through that touches the topics: pages come in, and questions are answered.

Uploads that wait at the same time are written together, in one transaction and with one order to the disk to keep them:
a commit that outlives a loss of power costs milliseconds, and a hundred senders would wait in line for it. Nobody hears
that a page is in before that commit.
"""

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pipeline.broker import Topics
from pipeline.errors import Unavailable
from pipeline.runners.intake import Arrival, Intake, Receipt

T = TypeVar("T")
Note = Callable[[Sequence[Receipt]], None]
TOGETHER = 64
"""Deliveries that are written in one transaction."""


@dataclass(frozen=True)
class _Delivery:
    arrivals: Sequence[Arrival]
    note: Note | None
    done: "Future[list[Receipt]]" = field(default_factory=Future)


@dataclass(frozen=True)
class _Question:
    ask: Callable[[], Any]
    done: "Future[Any]" = field(default_factory=Future)


class Desk:
    """Serves any number of threads. `close` ends its own, after what is in hand."""

    def __init__(self, broker: Topics, intake: Intake) -> None:
        self._broker, self._intake = broker, intake
        self._line: queue.SimpleQueue[_Delivery | _Question | None] = queue.SimpleQueue()
        self._open, self._lock = True, threading.Lock()
        self._thread = threading.Thread(target=self._work, name="desk", daemon=True)
        self._thread.start()

    def take(self, arrivals: Sequence[Arrival], note: Note | None = None) -> "Future[list[Receipt]]":
        """Take pages in. The future is done when they are in for good; `note` writes more in the same transaction."""
        delivery = _Delivery(arrivals, note)
        self._put(delivery)
        return delivery.done

    def ask(self, question: Callable[[], T]) -> "Future[T]":
        """Call something that uses the topics, in a transaction of its own."""
        asked = _Question(question)
        self._put(asked)
        return asked.done

    def close(self) -> None:
        """End after what is in line. What comes later is told that it comes too late."""
        with self._lock:
            self._open = False
        self._line.put(None)
        self._thread.join()

    def _put(self, waiting: _Delivery | _Question) -> None:
        with self._lock:
            if self._open:
                self._line.put(waiting)
                return
        waiting.done.set_exception(Unavailable("this server is about to end: try again when it is back"))

    def _work(self) -> None:
        while (first := self._line.get()) is not None:
            deliveries = []
            waiting: _Delivery | _Question | None = first
            while isinstance(waiting, _Delivery):
                deliveries.append(waiting)
                waiting = self._next() if len(deliveries) < TOGETHER else None
            self._deliver(deliveries)
            if isinstance(waiting, _Question):
                self._answer(waiting)

    def _next(self) -> "_Delivery | _Question | None":
        """What waits, None when nothing does. The order to end stays in line."""
        try:
            waiting = self._line.get_nowait()
        except queue.Empty:
            return None
        if waiting is None:
            self._line.put(None)
        return waiting

    def _answer(self, question: _Question) -> None:
        try:
            with self._broker.transaction():
                answer = question.ask()
        except Exception as error:  # noqa: BLE001 - whoever asked gets it
            question.done.set_exception(error)
        else:
            question.done.set_result(answer)

    def _deliver(self, deliveries: Sequence[_Delivery]) -> None:
        if not deliveries:
            return
        try:
            receipts = self._written(deliveries)
        except Exception as error:  # noqa: BLE001 - whoever sent it gets it
            if len(deliveries) == 1 or isinstance(error, Unavailable):
                for delivery in deliveries:
                    delivery.done.set_exception(error)
                return
            for delivery in deliveries:  # one of them is the reason, and the others have nothing to do with it
                self._deliver([delivery])
            return
        for delivery, own in zip(deliveries, receipts):
            delivery.done.set_result(own)

    def _written(self, deliveries: Sequence[_Delivery]) -> list[list[Receipt]]:
        with self._broker.transaction():
            receipts = iter(self._intake.receive([page for one in deliveries for page in one.arrivals]))
            parts = [[next(receipts) for _ in one.arrivals] for one in deliveries]
            for delivery, own in zip(deliveries, parts):
                if delivery.note:
                    delivery.note(own)
        return parts
