"""Ports in memory: for tests, and for trying something out. What they hold is gone when the process ends."""

from hashlib import sha256


class MemoryPages:
    """A page store in a dictionary; it may be used from several threads."""

    def __init__(self) -> None:
        self._pages: dict[str, bytes] = {}

    def put(self, content: bytes) -> str:
        """Keep the bytes and return their key (SHA-256, hex)."""
        key = sha256(content).hexdigest()
        self._pages.setdefault(key, bytes(content))
        return key

    def get(self, key: str) -> bytes:
        """The bytes under a key. Raises KeyError when they are not there."""
        return self._pages[key]
