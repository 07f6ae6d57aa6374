"""Reads what strangers sent in a process of its own, with limits: what exceeds them costs that process and no more.

One process, one call at a time: reading a feed takes some 10 ms, and a source is looked at every few minutes.
"""

import asyncio
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, ParamSpec, TypeVar

from pipeline.runners.limits import Confinement, Limits

LIMITS = Limits(cpu_seconds=8.0, wall_seconds=60.0, memory_bytes=160 << 20)
P = ParamSpec("P")
T = TypeVar("T")


class Exceeded(Exception):
    """The call took more than it may; a phrase for people."""


class Confined:
    """Calls functions in the process, which is started with the first call and again when it has ended.

    Functions, arguments and results are sent to and fro, so they have to be importable and of plain parts.
    """

    def __init__(self, limits: Limits = LIMITS) -> None:
        self._limits = limits
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="confined")
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What the function returns. Raises Exceeded for too much time or memory, RuntimeError for its errors."""
        loop = asyncio.get_running_loop()
        answer: Any = await loop.run_in_executor(self._thread, self._call, (function, args, kwargs))
        if isinstance(answer, MemoryError):
            raise Exceeded(f"it took more than {self._limits.memory_bytes >> 20} MB")
        if isinstance(answer, BaseException):
            raise answer
        returned: T = answer
        return returned

    def close(self) -> None:
        """End the process."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._end()

    def _call(self, asked: tuple[object, ...]) -> object:
        if self._process is None or not self._process.is_alive():
            self._start()
        assert self._pipe is not None
        assert self._process is not None
        try:
            self._pipe.send(asked)
            answer, worn = self._pipe.recv()
        except (EOFError, ConnectionError):
            self._process.join(5)
            code = self._process.exitcode
            self._end()
            return Exceeded(self._limits.why(code) or f"its process ended with exit code {code}")
        if worn:
            self._end()
        return answer

    def _start(self) -> None:
        self._end()
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, self._limits), daemon=True)
        self._process.start()
        theirs.close()

    def _end(self) -> None:
        if self._pipe is not None:
            self._pipe.close()
        if self._process is not None:
            self._process.kill()
            self._process.join(5)
        self._process = self._pipe = None


def _serve(pipe: Connection, limits: Limits) -> None:
    """The life of the process: it ends with the one that started it, whose end closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    confinement = Confinement(limits)
    with suppress(EOFError, ConnectionError):
        while True:
            function, args, kwargs = pipe.recv()
            confinement.begin()
            try:
                answer = function(*args, **kwargs)
            except MemoryError as error:
                answer = error
            except Exception as error:  # noqa: BLE001 - it is raised again where the call came from
                answer = RuntimeError(f"{type(error).__name__}: {error}")  # others may not survive the way back
            confinement.end()
            pipe.send((answer, confinement.worn))
