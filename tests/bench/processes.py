"""What processes have used, from /proc."""

import os
from pathlib import Path


def cpu(pid: int) -> float:
    """CPU seconds of a process with all its threads, in user and system mode."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
