"""A source that is one page: HTML, text or PDF."""

from datetime import datetime

from pipeline.adapters.readers.detect import TEXTUAL, Kind, detect, refuse_binary
from pipeline.adapters.readers.items import NO_HINTS, Item, Refusal, Unreadable
from pipeline.adapters.readers.streams import HEAD, PAGE_MAX, Source
from schemas.page import Hints

_MEDIA_TYPES = {Kind.HTML: "text/html", Kind.TEXT: "text/plain", Kind.PDF: "application/pdf"}


def page(source: Source, kind: Kind) -> Item:
    """The page that the whole source is. Raises Unreadable when it is too large or not text all through."""
    return checked(Item(source.name, source.stream.read(PAGE_MAX + 1), _MEDIA_TYPES[kind]))


def checked(item: Item) -> Item:
    """The item. Raises Unreadable when its content is too large, blank, or binary although it should be text."""
    if len(item.content) > PAGE_MAX:
        raise too_large("page")
    if not item.content.strip():
        raise Unreadable(Refusal.EMPTY, "its text is empty: leave it out")
    if item.media_type != "application/pdf":
        refuse_binary(item.content)
    return item


def stated(
    name: str,
    content: bytes,
    stated_type: str,
    charset: str | None,
    url: str | None,
    fetched_at: datetime | None,
    hints: Hints = NO_HINTS,
) -> Item:
    """A page whose container says what it is: the content decides between HTML, text and PDF, as in browsers.

    Raises Unreadable like `checked`, and when the content is no page at all.
    """
    kind = detect(content[:HEAD], ".html" if "html" in stated_type else ".txt")
    if kind not in TEXTUAL and kind is not Kind.PDF:
        raise Unreadable(Refusal.UNSUPPORTED, f"it is stated to be {stated_type}, and it is not: get it again")
    media_type = _MEDIA_TYPES.get(kind, "text/html" if "html" in stated_type else "text/plain")
    return checked(Item(name, content, media_type, charset, url, hints, fetched_at))


def too_large(what: str) -> Unreadable:
    """The error of a page, line or mail above PAGE_MAX."""
    return Unreadable(Refusal.TOO_LARGE, f"a {what} may have {PAGE_MAX // 10**6} MB: split it")
