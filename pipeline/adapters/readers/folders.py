"""Files and folders as people name them on a command line."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from pipeline.adapters.readers.items import Refusal, Refused, printable

_READ_WHEN_NAMED = (stat.S_ISREG, stat.S_ISFIFO, stat.S_ISCHR)  # `pantau upload <(curl ...)` is a FIFO


def walk(path: Path) -> Iterator[Path | Refused]:
    """The files at a path that a person named, in the order of their names; hidden ones in a folder are left out.

    Links in a folder are not followed, so that there are no loops: one that stays in the folder is read at its
    target, one that leaves it is refused. The named path itself may be a link.
    """
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        yield failed(path, error)
        return
    if stat.S_ISDIR(mode):
        yield from _folder(path)
    elif any(readable(mode) for readable in _READ_WHEN_NAMED):
        yield path
    else:
        yield _special(path)


def count(path: Path) -> int:
    """How many files a path stands for, at least 1."""
    return max(1, sum(isinstance(found, Path) for found in walk(path)))


def open_file(path: Path) -> BinaryIO:
    """The file, unbuffered. Raises OSError."""
    return open(path, "rb", buffering=0)


def seekable(file: BinaryIO) -> bool:
    """Whether the file can be read from its end, which pipes cannot."""
    return file.seekable()


def shown(path: Path) -> str:
    """The path for people; bytes that are no UTF-8 become U+FFFD."""
    return printable(str(path))


def failed(path: Path, error: OSError | ValueError) -> Refused:
    """The refusal for an error of the operating system."""
    if isinstance(error, FileNotFoundError | NotADirectoryError | ValueError):
        return Refused(shown(path), Refusal.MISSING, "there is nothing at this path: check its spelling")
    if isinstance(error, PermissionError):
        return Refused(shown(path), Refusal.DENIED, "Pantau may not read it: give it the right, or copy the file")
    return Refused(shown(path), Refusal.UNREADABLE, f"it cannot be read ({error.strerror}): check the disk or copy it")


def _folder(root: Path) -> Iterator[Path | Refused]:
    inside, empty, waiting = os.path.realpath(root), True, [root]
    while waiting:
        path = waiting.pop()
        try:
            mode = (path.stat() if path is root else path.lstat()).st_mode
            if stat.S_ISDIR(mode):
                waiting += sorted((child for child in path.iterdir() if not child.name.startswith(".")), reverse=True)
                continue
            found = _entry(path, mode, inside)
        except OSError as error:
            found = failed(path, error)
        if found:
            empty = False
            yield found
    if empty:
        yield Refused(shown(root), Refusal.NO_FILES, "the folder holds no files to read: name another one")


def _entry(path: Path, mode: int, inside: str) -> Path | Refused | None:
    """What a path in a folder is: a file, a refusal, or nothing when it is a link to what is read anyway."""
    if stat.S_ISREG(mode):
        return path
    if not stat.S_ISLNK(mode):
        return _special(path)
    if _stays(path, inside):
        return None
    return Refused(shown(path), Refusal.LINK, "it is a link to nothing or out of the folder: name what it should be")


def _stays(link: Path, inside: str) -> bool:
    target = os.path.realpath(link)
    return os.path.exists(target) and os.path.commonpath((target, inside)) == inside


def _special(path: Path) -> Refused:
    return Refused(shown(path), Refusal.SPECIAL, "it is a device, a socket or a pipe: name a file or a folder")
