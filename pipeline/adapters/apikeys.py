"""API keys: who may upload over HTTP, and ask what became of it. Kept hashed in one file of the home folder.

A key is `pantau_ID_SECRET`. The secret has 256 random bits, so one round of SHA-256 keeps it as well as a slow hash
would, and a server checks thousands a second. The file is read again when it changed, so a key that is revoked works no
longer than the request at hand.
"""

import errno
import fcntl
import hmac
import os
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Literal, get_args

import msgspec

from pipeline.errors import Misuse, StorageFull, Unavailable

Scope = Literal["upload", "status"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
PER_MINUTE = 600
"""Requests a minute that a key may make, unless it was made for more or fewer."""
_NOBODY = sha256(secrets.token_bytes(32)).hexdigest()


class ApiKey(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One key, without its secret.

    hash        SHA-256 of the secret, hex
    scopes      what it opens: "upload" sends articles, "status" asks where they are
    per_minute  requests a minute
    until       when it expires by itself
    """

    id: str
    name: str
    hash: str
    scopes: tuple[Scope, ...]
    made: datetime
    per_minute: int = PER_MINUTE
    until: datetime | None = None
    revoked: datetime | None = None

    def works(self, now: datetime) -> bool:
        """Whether it opens anything at this time."""
        return self.revoked is None and (self.until is None or now < self.until)


class ApiKeys:
    """The keys of a home folder. All methods raise Unavailable when their file cannot be used."""

    def __init__(self, home: Path) -> None:
        self._home, self._path = home, home / "api-keys.json"
        self._stamp: tuple[int, int, int] | None = None
        self._keys: dict[str, ApiKey] = {}

    def all(self) -> Sequence[ApiKey]:
        """Every key that was ever made, the oldest first."""
        stamp = self._looked()
        if stamp != self._stamp:
            self._keys, self._stamp = self._load() if stamp else {}, stamp
        return list(self._keys.values())

    def make(
        self,
        name: str,
        scopes: Sequence[Scope],
        now: datetime,
        until: datetime | None = None,
        per_minute: int = PER_MINUTE,
    ) -> tuple[ApiKey, str]:
        """Make a key. Returns it and the words that open it, which nobody can show again."""
        secret = secrets.token_urlsafe(32)
        with self._alone() as keys:
            if any(key.name == name and key.works(now) for key in keys.values()):
                raise Misuse(f"there is a key {name!r} already: revoke it first, or take another name")
            made = ApiKey(
                id=secrets.token_hex(6),
                name=name,
                hash=_hash(secret),
                scopes=tuple(dict.fromkeys(scopes)),
                made=now,
                per_minute=per_minute,
                until=until,
            )
            keys[made.id] = made
        return made, f"pantau_{made.id}_{secret}"

    def revoke(self, which: str, now: datetime) -> ApiKey:
        """Let a key open nothing any more; `which` is its id or its name. Raises Misuse when there is none."""
        with self._alone() as keys:
            found = [key for key in keys.values() if which in (key.id, key.name) and key.revoked is None]
            if not found:
                known = ", ".join(key.name for key in keys.values() if key.revoked is None) or "none"
                raise Misuse(f"there is no key {which!r} that could be revoked: there are {known}")
            revoked = msgspec.structs.replace(found[0], revoked=now)
            keys[revoked.id] = revoked
        return revoked

    def find(self, words: str) -> ApiKey | None:
        """The key that these words open, whether it still works or not; None for words that open none.

        It takes the same time for a wrong secret and for an id that there is not.
        """
        self.all()
        mark, id, secret = ([*words.split("_", 2), "", ""])[:3]
        key = self._keys.get(id) if mark == "pantau" else None
        right = hmac.compare_digest(_hash(secret), key.hash if key else _NOBODY)
        return key if right else None

    def _looked(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable(f"{self._path} cannot be read ({error.strerror}): check its permissions") from error
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _load(self) -> dict[str, ApiKey]:
        try:
            found = msgspec.json.decode(self._path.read_bytes(), type=list[ApiKey])
        except OSError as error:
            raise Unavailable(f"{self._path} cannot be read ({error.strerror}): check its permissions") from error
        except msgspec.DecodeError as error:
            raise Unavailable(
                f"{self._path} is damaged: move it away and make new keys with `pantau keys add`"
            ) from error
        return {key.id: key for key in found}

    @contextmanager
    def _alone(self) -> Iterator[dict[str, ApiKey]]:
        """The keys, to be changed; they are written at the end. One process at a time."""
        try:
            self._home.mkdir(parents=True, exist_ok=True)
            held = os.open(self._home, os.O_RDONLY)
        except OSError as error:
            raise Unavailable(f"{self._home} cannot be used ({error.strerror}): choose another --home") from error
        try:
            fcntl.flock(held, fcntl.LOCK_EX)
            keys = self._load() if self._looked() else {}
            yield keys
            self._write(list(keys.values()))
        finally:
            os.close(held)

    def _write(self, keys: Sequence[ApiKey]) -> None:
        try:
            handle, name = tempfile.mkstemp(dir=self._home, prefix=".api-keys.")  # only its owner may read it
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(msgspec.json.format(msgspec.json.encode(keys), indent=2))
                    file.flush()
                    os.fsync(file.fileno())
                Path(name).replace(self._path)
            finally:
                Path(name).unlink(missing_ok=True)
        except OSError as error:
            kind = StorageFull if error.errno in (errno.ENOSPC, errno.EDQUOT) else Unavailable
            raise kind(
                f"{self._path} cannot be written ({error.strerror}): check the disk and its permissions"
            ) from error


def _hash(secret: str) -> str:
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
