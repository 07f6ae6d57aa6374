"""Keeps worker processes alive: starts them, starts those that end again, and ends all of them in time."""

import logging
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LOG = logging.getLogger("pantau.supervisor")
WAIT_AT_MOST = 60.0
"""Seconds before a worker that keeps ending is started again; the first time it is one second."""
HEALTHY_SECONDS = 60.0
"""A worker that lived so long starts at once when it ends."""
STOP_SECONDS = 9.0
"""What workers have to end by themselves after SIGTERM."""
MISTAKE = 2
"""The exit code of a mistake in the settings, which no restart cures."""


@dataclass(frozen=True)
class Command:
    """How to start one worker."""

    argv: Sequence[str]
    environment: Mapping[str, str]


class _Child:
    """One worker, alive or waiting for its next start."""

    def __init__(self, name: str, command: Command) -> None:
        self.name, self._command = name, command
        self._process: subprocess.Popen[bytes] | None = None
        self._started = self._due = 0.0
        self._failures = 0

    def tend(self) -> int | None:
        """Start the worker when it is due. Returns its exit code when it has just ended."""
        now = time.monotonic()
        if self._process is None:
            if now >= self._due:
                self._process = subprocess.Popen(list(self._command.argv), env=dict(self._command.environment))
                self._started = now
            return None
        code = self._process.poll()
        if code is not None:
            self._process = None
            self._failures = 0 if now - self._started > HEALTHY_SECONDS else self._failures + 1
            self._due = now + (min(WAIT_AT_MOST, 2.0 ** (self._failures - 1)) if self._failures else 0.0)
            LOG.warning("worker %s ended with exit code %d", self.name, code)
        return code

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the worker if it is alive."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(number)

    def gone(self, seconds: float) -> bool:
        """Wait for the end of the worker. Returns whether it has ended."""
        if self._process:
            try:
                self._process.wait(max(0.0, seconds))
            except subprocess.TimeoutExpired:
                return False
        return True


def supervise(commands: Mapping[str, Command], stop: threading.Event) -> int:
    """Keep all workers running until `stop` is set. Returns the exit code: 0, or 2 when a worker cannot ever run."""
    children = [_Child(name, command) for name, command in commands.items()]
    code = 0
    try:
        while not code and not stop.is_set():
            if any(child.tend() == MISTAKE for child in children):
                code = MISTAKE
            stop.wait(0.2)
    finally:
        _end(children)
    return code


def _end(children: Sequence[_Child]) -> None:
    for child in children:
        child.send(signal.SIGTERM)
    end = time.monotonic() + STOP_SECONDS
    for child in children:
        if not child.gone(end - time.monotonic()):
            LOG.warning("worker %s did not end in time and is killed; nothing is lost", child.name)
            child.send(signal.SIGKILL)
            child.gone(5)
