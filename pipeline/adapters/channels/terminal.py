"""The channel `terminal:`: alerts are printed where the runner runs."""

import sys
from collections.abc import Sequence
from pathlib import Path

from pipeline.news.telling import digest_text
from schemas.alert import AlertRaised


class Terminal:
    """Standard output. Nothing of an article reaches the terminal as a control sequence."""

    together = True

    def __init__(self, home: Path) -> None:
        pass

    def send(self, url: str, alerts: Sequence[AlertRaised]) -> None:
        """See Channel."""
        encoding = sys.stdout.encoding or "ascii"
        shown = digest_text(alerts).replace("\u200b", "")
        sys.stdout.write(shown.encode(encoding, "replace").decode(encoding) + "\n")
        sys.stdout.flush()

    def examine(self, url: str) -> str:
        """See Channel."""
        return "alerts are printed where `pantau run` or `pantau work deliver` runs"
