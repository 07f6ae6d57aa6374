"""A page as it came in, before anything is known about its content."""

from datetime import datetime
from typing import ClassVar

from schemas.record import Record, Value


class Hints(Value, frozen=True, kw_only=True, omit_defaults=True):
    """What the sender says about a page (fields of a JSON line, headers of an e-mail). Beats what is read from it.

    `published` is as the sender wrote it; the cleaner parses it.
    """

    title: str | None = None
    authors: tuple[str, ...] = ()
    published: str | None = None
    language: str | None = None
    outlet: str | None = None


class PageFetched(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A page lies in the page store and waits to be cleaned.

    article_id  hash of the canonical URL, or of the content for an upload without one
    revision    1 for the first content seen under this article id, 2 for the next different one, ...
    page        the key of its bytes in the page store (SHA-256, hex)
    media_type  text/html, text/plain or application/pdf
    charset     what the transport said; None leaves it to the content
    source      where it came from: "upload", "fetch", or the id of a source
    name        file name or archive member, for people
    same_as     articles known under ids of their own that the page's links declare to be this one
    status      of the answer that it came with, and the `headers` worth keeping; names are in lower case
    """

    SCHEMA: ClassVar[str] = "page.v1"
    article_id: str
    revision: int
    page: str
    media_type: str
    source: str
    fetched_at: datetime
    charset: str | None = None
    url: str | None = None
    name: str | None = None
    hints: Hints = Hints()
    same_as: tuple[str, ...] = ()
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
