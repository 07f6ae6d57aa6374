"""What one message may cost, in CPU time, memory and time at all: the kernel ends the process that takes more.

Time is counted by timers of the kernel whose signals have no handler: they end the process whatever it is doing, in a
library or in a loop of its own. Memory is a limit on the address space, so that what is beyond it fails as MemoryError.
CPU time is what counts, because a busy machine must not cost an innocent page its life; the clock on the wall is only
for a step that sleeps for ever.
"""

import resource
import signal
from dataclasses import dataclass
from pathlib import Path

_STATM = Path("/proc/self/statm")


@dataclass(frozen=True)
class Limits:
    """What one message may cost.

    cpu_seconds   an ordinary page takes under 0.1 s; whatever is an article within the limits of size takes under 5 s
    wall_seconds  for steps that wait; below the patience of the watchdog of workers on Kafka
    memory_bytes  beyond what the process has when it is ready
    """

    cpu_seconds: float = 9.0
    wall_seconds: float = 120.0
    memory_bytes: int = 1 << 30

    def why(self, exit_code: int | None) -> str | None:
        """What a process exceeded that ended with this code; None when it ended for another reason."""
        return {
            -signal.SIGPROF: f"it took more than {self.cpu_seconds:g} s of CPU time",
            -signal.SIGALRM: f"it took more than {self.wall_seconds:g} s",
        }.get(exit_code or 0)


LIMITS = Limits()


class Confinement:
    """The limits on this process, from now to its end."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        for number in (signal.SIGPROF, signal.SIGALRM):
            signal.signal(number, signal.SIG_DFL)
        self._ready = _size()
        if self._ready:
            hard = resource.getrlimit(resource.RLIMIT_AS)[1]
            wanted = self._ready + limits.memory_bytes
            most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            resource.setrlimit(resource.RLIMIT_AS, (most, hard))

    def begin(self) -> None:
        """A message is taken up: its time starts."""
        signal.setitimer(signal.ITIMER_PROF, self._limits.cpu_seconds)
        signal.setitimer(signal.ITIMER_REAL, self._limits.wall_seconds)

    def end(self) -> None:
        """No message is in hand."""
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)

    @property
    def worn(self) -> bool:
        """Whether what earlier messages left behind takes half of what one may have: then a fresh process is due."""
        return bool(self._ready) and _size() > self._ready + self._limits.memory_bytes // 2


def _size() -> int:
    """Bytes of address space of this process; 0 where the system does not tell, and does not limit it either."""
    if not _STATM.exists():
        return 0
    return int(_STATM.read_bytes().split()[0]) * resource.getpagesize()
