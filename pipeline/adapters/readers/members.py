"""The names of archive members. Nothing is written under them; those that try to trick an unpacker are refused."""

import re

from pipeline.adapters.readers.items import Refusal

_ROOT = re.compile(r"[/\\]|[A-Za-z]:")
_STEP = re.compile(r"[/\\]")


def refuse_name(name: str) -> tuple[Refusal, str] | None:
    """Why a member of this name is not read; None when it may be."""
    if _ROOT.match(name) or ".." in _STEP.split(name):
        return Refusal.UNSAFE_PATH, "its name leads out of the archive: pack it again with plain names"
    return None


def hidden(name: str) -> bool:
    """Whether the member is a hidden file, or one of those that macOS adds to each."""
    return any((step.startswith(".") and step not in (".", "..")) or step == "__MACOSX" for step in _STEP.split(name))
