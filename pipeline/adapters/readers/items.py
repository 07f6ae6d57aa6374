"""What comes out of an upload: items, each one page, and refusals, each with its cure."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit

from schemas.page import Hints

NO_HINTS = Hints()


@dataclass(frozen=True, slots=True)
class Item:
    """One page, ready for the page store.

    name        where it was found, for people: "folder/a.html", "a.zip!inner/b.html", "a.jsonl:17", "a.json#3"
    content     the bytes to store: HTML, text or PDF; a field of a JSON object as UTF-8
    media_type  text/html, text/plain or application/pdf
    charset     what the container states (mail, WARC; UTF-8 for JSON); None leaves it to the content
    url         an http or https URL that the container states
    hints       fields of the JSON object, headers of the mail
    fetched_at  WARC-Date or the mail's Date, with its zone
    """

    name: str
    content: bytes = field(repr=False)
    media_type: str
    charset: str | None = None
    url: str | None = None
    hints: Hints = NO_HINTS
    fetched_at: datetime | None = None


class Refusal(StrEnum):
    """Why something in an upload did not become an item."""

    MISSING = "missing"
    """There is nothing at this path."""
    DENIED = "denied"
    """Pantau may not read it."""
    UNREADABLE = "unreadable"
    """The disk or the server below failed while it was read."""
    NO_FILES = "no-files"
    """A folder or an archive without any file to read."""
    EMPTY = "empty"
    """No bytes, or only white space."""
    BINARY = "binary"
    """Neither text nor any format that Pantau reads."""
    UNSUPPORTED = "unsupported"
    """A known format that Pantau does not read."""
    TOO_LARGE = "too-large"
    """A page, line, mail or held archive above its limit."""
    NOT_JSON = "not-json"
    """A line or file that cannot be parsed as JSON."""
    UNKNOWN_FIELDS = "unknown-fields"
    """JSON without the fields of an article."""
    DAMAGED = "damaged"
    """An archive, compressed file or mail that contradicts itself."""
    TRUNCATED = "truncated"
    """It ends before it should."""
    ENCRYPTED = "encrypted"
    """A member that needs a password."""
    BOMB = "bomb"
    """It grows more when unpacked than any honest file."""
    TOO_MANY = "too-many"
    """An archive with more members, or more bytes in total, than one upload may cost."""
    TOO_DEEP = "too-deep"
    """Archives inside archives inside archives."""
    UNSAFE_PATH = "unsafe-path"
    """An absolute member name, or one that climbs out with '..'."""
    LINK = "link"
    """A link to something else."""
    SPECIAL = "special"
    """A device, a socket or a pipe."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Something that did not become an item; `detail` is one sentence that names what is wrong and the cure."""

    name: str
    reason: StrEnum
    detail: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", printable(self.name))
        object.__setattr__(self, "detail", printable(self.detail))  # it may quote the file


class Unreadable(Exception):
    """A stream cannot be read on. Never leaves this package: it becomes a Refused under the name of its source."""

    def __init__(self, reason: Refusal, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail


Found = Item | Refused

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_URL_MAX = 8192


def printable(name: str) -> str:
    """A name from outside that can be shown, logged and encoded: controls and lone surrogates become U+FFFD."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", name)


def encodable(text: str) -> str:
    """The text without lone surrogates, which JSON can carry and UTF-8 cannot; pairs of them become one codepoint."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def web_url(text: str | None) -> str | None:
    """The text when it is an http or https URL with a host, else None."""
    url = (text or "").strip().strip("<>")
    if len(url) > _URL_MAX or _UNPRINTABLE.search(url) or any(map(str.isspace, url)):
        return None
    try:
        parts = urlsplit(url)
        return url if parts.scheme in ("http", "https") and parts.hostname else None
    except ValueError:  # a bracket without its partner
        return None


def known_charset(name: str | None) -> str | None:
    """The charset as stated, when it is one that text can be decoded with; None leaves it to the content."""
    try:
        bytes(4).decode(name or "")  # no bytes at all would be decoded by any name
    except (LookupError, ValueError):
        return None
    return (name or "").lower()
