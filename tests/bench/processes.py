"""What processes have used, from /proc."""

import os
from pathlib import Path


def tree(pid: int) -> list[int]:
    """A process and all that it started, directly or not, and that still run."""
    children: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        children += map(int, task.read_text().split())
    return [pid, *(grandchild for child in children for grandchild in tree(child))]


def cpu(pid: int) -> float:
    """CPU seconds of a process with all its threads and all that it started, in user and system mode.

    A worker does its steps in a child. What has ended is counted when its parent has waited for it.
    """
    return sum(map(_seconds, tree(pid)))


def _seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
