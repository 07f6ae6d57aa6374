"""What keeps one bad message, or one bad day, from doing harm: a marker, a guard and a watchdog."""

import contextlib
import logging
import mmap
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from pipeline.broker import Message
from pipeline.errors import Unavailable

LOG = logging.getLogger("pantau.worker")
SIZE = 4096
"""Bytes of the marker's file."""
DEATHS = 3
"""A message under whose step the process died so often is given up: the first deaths may have had another cause."""
WINDOW = 200
"""Messages that the guard looks back on."""
MOST_DEAD = 0.5
"""Share of dead letters in the window above which the agent stops."""


class _Mark(msgspec.Struct, frozen=True):
    place: str
    deaths: int


class Marker:
    """Remembers across the death of the process which message was at work: bytes of a mapped file outlive it.

    Writing them costs about a microsecond, and no step has to be run in a process of its own for it.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b") as file:
            file.truncate(SIZE)
            self._bytes = mmap.mmap(file.fileno(), SIZE)
        self._died = self._read()

    def _read(self) -> _Mark:
        text = self._bytes[:].partition(b"\0")[0]
        try:
            found = msgspec.json.decode(text, type=_Mark) if text else _Mark("", 0)
        except msgspec.DecodeError:
            return _Mark("", 0)
        return _Mark(found.place, found.deaths + 1)

    def fatal(self, message: Message) -> str | None:
        """Why a message must not be handled again, None when it may be."""
        if _place(message) != self._died.place or self._died.deaths < DEATHS:
            return None
        return f"the worker process ended {self._died.deaths} times while it was at this message"

    @contextlib.contextmanager
    def at(self, message: Message) -> Iterator[None]:
        """Inside, a death of the process is put down to this message."""
        place = _place(message)
        self._write(_Mark(place, self._died.deaths if place == self._died.place else 0))
        try:
            yield
        finally:
            self._bytes[:1] = b"\0"

    def _write(self, mark: _Mark) -> None:
        text = msgspec.json.encode(mark)
        if len(text) < SIZE:
            self._bytes[1 : len(text) + 1] = text[1:] + b"\0"
            self._bytes[:1] = text[:1]


def _place(message: Message) -> str:
    return f"{message.topic}/{message.partition}:{message.offset}"


class Guard:
    """Stops an agent that sends most of its messages to dead letters: then the agent is wrong, not the messages."""

    def __init__(self) -> None:
        self._seen: deque[bool] = deque(maxlen=WINDOW)

    def saw(self, dead: bool) -> None:
        """Note what became of a message. Raises Unavailable when too many died."""
        self._seen.append(dead)
        if dead and len(self._seen) == WINDOW and sum(self._seen) > WINDOW * MOST_DEAD:
            raise Unavailable(
                f"{sum(self._seen)} of the last {WINDOW} messages went to dead letters, so the agent stops: see "
                "`pantau dead list` for the reason; after it is cured, `pantau dead replay` hands them in again"
            )


class Watchdog:
    """Ends the process when messages are in hand and none is acknowledged for too long: a step that never returns, or
    a connection that hangs. The supervisor starts it again.
    """

    def __init__(self, seconds: float, end: Callable[[str], None]) -> None:
        self._seconds, self._end = seconds, end
        self._moved = time.monotonic()
        self._waiting: Callable[[], bool] = lambda: False

    def start(self, waiting: Callable[[], bool]) -> None:
        """Watch from a thread of its own. `waiting` says whether messages are in hand."""
        self._waiting = waiting
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    def moved(self) -> None:
        """Something was done."""
        self._moved = time.monotonic()

    def _watch(self) -> None:
        while True:
            time.sleep(min(5.0, self._seconds / 4))
            if not self._waiting():
                self.moved()
            elif time.monotonic() - self._moved > self._seconds:
                self._end(f"nothing was done for {self._seconds:g} s though messages are waiting")


def end_process(why: str, code: int = 70) -> None:
    """End at once. Nothing is lost by it: what was not acknowledged comes again."""
    LOG.error("the worker ends and will be started again", extra={"error": why})
    os._exit(code)
