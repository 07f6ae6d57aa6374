"""The page store in a folder: one gzip file per page, named by the hash of what is in it (`zcat` shows a page).

    pages/ab/abcdef...0123.gz    the page whose SHA-256 begins with ab (`pipeline.adapters.packing`)
    pages/ab/.new-...            a page being written; renamed when complete, left behind when its writer is killed

A page appears under its name complete or not at all, however the writer ends, and any number of processes may write:
whoever comes second replaces a file by an equal one. No page is forced to the disk on its own, which would cost
milliseconds each; against the loss of power the caller asks for `sync` before it records a batch of pages elsewhere.
"""

import ctypes
import errno
import itertools
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline.adapters.packing import key_of, pack, place_of, unpack
from pipeline.errors import StorageFull, Unavailable

_FULL = (errno.ENOSPC, errno.EDQUOT)
_FORBIDDEN = (errno.EROFS, errno.EACCES, errno.EPERM)


class FilePages:
    """A page store in a folder, which is made when it is not there.

    Raises StorageFull when the disk is full and Unavailable when the folder cannot be used or a page is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._root = folder, os.fspath(folder)
        self._numbers = itertools.count()
        self._names = os.urandom(8).hex()  # process ids alone are not unique where containers share a folder
        with self._translated():
            os.makedirs(folder, exist_ok=True)

    def put(self, content: bytes) -> str:
        """Keep the bytes and return their key (SHA-256, hex). Bytes that are there already are not written again."""
        key = key_of(content)
        with self._translated():
            if not self._has(key):
                self._write(key, pack(content))
        return key

    def get(self, key: str) -> bytes:
        """The bytes under a key. Raises KeyError when they are not there."""
        path = self._path(key)
        with self._translated():
            try:
                with open(path, "rb") as file:
                    packed = file.read()
            except FileNotFoundError:
                raise KeyError(key) from None
        return unpack(key, packed, path)

    def sync(self) -> None:
        """Return when all pages put so far outlive a loss of power: one call per batch, before the batch is recorded.

        A killed process alone loses nothing without it: what was written is in the memory of the operating system.
        """
        with self._translated():
            folder = os.open(self._root, os.O_RDONLY)
            try:
                _sync(folder)
            finally:
                os.close(folder)

    def _path(self, key: str) -> str:
        return f"{self._root}/{place_of(key)}"

    def _has(self, key: str) -> bool:
        """Whether the page is there. A loss of power without `sync` may leave an empty file, which does not count."""
        try:
            return os.stat(self._path(key)).st_size > 0
        except FileNotFoundError:
            return False

    def _write(self, key: str, packed: bytes) -> None:
        shard = f"{self._root}/{key[:2]}"
        draft = f"{shard}/.new-{self._names}-{os.getpid()}-{next(self._numbers)}"
        try:
            _create(draft, shard, packed)
            os.replace(draft, self._path(key))
        except OSError:
            with suppress(OSError):  # the first error is the one to tell
                os.unlink(draft)
            raise

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            where = f"the page store {self._folder}"
            if error.errno in _FULL:
                raise StorageFull(f"no room left for {where}: free some, or move it to a larger disk") from error
            if error.errno in _FORBIDDEN:
                raise Unavailable(f"Pantau may not use {where}: give it the right, or name another folder") from error
            raise Unavailable(f"{where} cannot be used ({error.strerror}): check the disk it is on") from error


def _create(path: str, folder: str, content: bytes) -> None:
    """Write a new file, making its folder when it is not there. Raises OSError."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, 0o666)
    except FileNotFoundError:
        os.makedirs(folder, exist_ok=True)
        descriptor = os.open(path, flags, 0o666)
    with open(descriptor, "wb", buffering=0) as file:
        while content:  # a nearly full disk takes a part only
            content = content[file.write(content) or 0 :]


def _sync(folder: int) -> None:
    """Force the file system of an open folder to the disk; all of them where the system cannot tell them apart."""
    if sys.platform != "linux":
        os.sync()
    elif ctypes.CDLL(None, use_errno=True).syncfs(folder):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
