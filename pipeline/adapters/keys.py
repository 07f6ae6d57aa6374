"""One secret of an installation, and what is signed with it: webhooks, links that pause a watch.

The secret is PANTAU_SECRET (or the file that PANTAU_SECRET_FILE names); without one it is made once and kept in the
home folder. Each purpose has a key of its own, derived by HMAC-SHA-256, so that what one receiver knows opens nothing
else.
"""

import base64
import contextlib
import hmac
import os
import secrets
import tempfile
import time
from pathlib import Path
from urllib.parse import quote, urlencode

from pipeline.errors import Misuse, Unavailable
from pipeline.settings import secret

PAUSE_DAYS = 30
"""How long a link that pauses a watch works."""


def master(home: Path) -> bytes:
    """The secret of an installation."""
    given = secret("PANTAU_SECRET")
    if given:
        return given.encode()
    path = home / "secret.key"
    try:
        if not path.exists():
            _make(path)
        return path.read_text(encoding="ascii").strip().encode()
    except OSError as error:
        raise Unavailable(
            f"cannot keep {path} ({error.strerror}): set PANTAU_SECRET_FILE, or choose another --home"
        ) from error


def _make(path: Path) -> None:
    """Make the secret; whoever comes second takes that of the first, and nobody sees half of one."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".secret.")  # only its owner may read it
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
        with contextlib.suppress(FileExistsError):
            os.link(name, path)
    finally:
        Path(name).unlink()


def key(home: Path, purpose: str) -> bytes:
    """The key for a purpose, 32 bytes."""
    return hmac.digest(master(home), purpose.encode(), "sha256")


def webhook_secret(home: Path) -> str:
    """What receivers check signatures with, as Standard Webhooks write it."""
    return "whsec_" + base64.b64encode(key(home, "webhook")).decode()


def signature(home: Path, id: str, timestamp: int, body: bytes) -> str:
    """The signature of a message, version 1 of https://www.standardwebhooks.com (HMAC-SHA-256)."""
    signed = hmac.digest(key(home, "webhook"), f"{id}.{timestamp}.".encode() + body, "sha256")
    return "v1," + base64.b64encode(signed).decode()


def pause_token(home: Path, watch: str, now: float | None = None) -> str:
    """A word that lets whoever holds it pause this watch, and nothing else, for PAUSE_DAYS."""
    until = int((time.time() if now is None else now) + PAUSE_DAYS * 86400)
    return f"{watch}.{until}.{_signed(home, watch, until)}"


def paused_by(home: Path, token: str, now: float | None = None) -> str:
    """The watch that a token pauses. Raises Misuse for one that is not ours or too old."""
    watch, *rest = token.rsplit(".", 2)
    whole = len(rest) == 2 and token.isascii() and rest[0].isdecimal()
    if not whole or not hmac.compare_digest(rest[1], _signed(home, watch, int(rest[0]))):
        raise Misuse("this link was not made here, or is cut off: use `pantau watch pause ID`")
    if int(rest[0]) < (time.time() if now is None else now):
        raise Misuse(f"this link is older than {PAUSE_DAYS} days: use `pantau watch pause {watch}`")
    return watch


def pause_link(home: Path, watch: str) -> str | None:
    """The link that pauses a watch at one click; None where no address of this installation is set."""
    base = os.environ.get("PANTAU_PUBLIC_URL", "").rstrip("/")
    return f"{base}/watches/{quote(watch)}/pause?{urlencode({'token': pause_token(home, watch)})}" if base else None


def _signed(home: Path, watch: str, until: int) -> str:
    return hmac.new(key(home, "pause"), f"{watch}.{until}".encode(), "sha256").hexdigest()[:40]
