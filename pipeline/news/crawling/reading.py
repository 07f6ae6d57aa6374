"""What came from the address of a source, read by its content and not by what it is called."""

import re
from collections.abc import Callable
from typing import Literal

from pipeline.news.crawling.feeds import feed, json_feed
from pipeline.news.crawling.listings import Listing, Unread, Unreadable
from pipeline.news.crawling.sections import section
from pipeline.news.crawling.sitemaps import sitemap, unzipped

BYTES_MAX = 10 * 10**6
"""Bytes of a feed or section page that are read. feedparser takes up to ten times as much memory."""
_BEFORE_ROOT = re.compile(
    r"\s*(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>|\s+)", re.DOTALL | re.IGNORECASE
)
_ROOT = re.compile(r"<(?:[\w.-]+:)?([\w.-]+)")
_HEAD = 1 << 16

Kind = Literal["feed", "sitemap", "section"]


def read(content: bytes, media_type: str | None, charset: str | None, url: str, kind: Kind) -> Listing | Unreadable:
    """What is listed at a URL. A web page is read only where the source is a section page."""
    plain = unzipped(content)
    if isinstance(plain, Unreadable):
        return plain
    root = _root(plain)
    if root in ("urlset", "sitemapindex"):
        return sitemap(plain, url)
    readers: dict[str, Callable[[], Listing | Unreadable]] = {
        **dict.fromkeys(("rss", "feed", "rdf"), lambda: feed(plain, media_type, url)),
        "{": lambda: json_feed(plain, url),
        "html": lambda: section(plain, charset, url) if kind == "section" else _page(kind),
    }
    if root not in readers:
        return Unreadable(Unread.NO_LISTING, f"it is neither a feed nor a sitemap ({root or 'nothing'} begins it)")
    if len(plain) > BYTES_MAX:
        return Unreadable(Unread.TOO_COSTLY, f"it is longer than {BYTES_MAX:,} bytes")
    return readers[root]()


def _page(kind: Kind) -> Unreadable:
    cure = "`pantau sources discover` finds the feeds of a site"
    return Unreadable(Unread.NO_LISTING, f"it is a web page and no {kind}: {cure}")


def _root(content: bytes) -> str:
    """The name of the root element, in small letters; "{" for JSON, "html" for what looks like a web page."""
    head = content[:_HEAD]
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = head.decode("utf-16" if wide else "utf-8-sig", "replace").lstrip("\ufeff \t\r\n\0")
    while (before := _BEFORE_ROOT.match(text)) and before.end():
        text = text[before.end() :]
    if text.startswith("{"):
        return "{"
    found = _ROOT.match(text)
    if found is None:
        return "html" if "<html" in text.lower() else ""
    name = found[1].lower()
    return "html" if name in ("html", "head", "body", "div", "meta", "title", "p", "script") else name
