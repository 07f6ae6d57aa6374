"""Checks at start-up that Python loads Pantau's own packages."""

import importlib.util
from pathlib import Path

from pipeline.errors import Misuse


def check() -> None:
    """Raise Misuse when another distribution owns one of our import names (openai-agents owns `agents`)."""
    here = Path(__file__).parent.parent
    for name in ("agents", "schemas"):
        found = importlib.util.find_spec(name)
        origin = Path(found.origin).parent.parent if found and found.origin else None
        if origin != here:
            raise Misuse(
                f"Python loads the package {name!r} from {origin or 'nowhere'} instead of {here}: another package "
                "of that name is installed; install Pantau into an environment of its own (pipx, or a new venv)"
            )
