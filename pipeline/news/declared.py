"""The URL under which a page wants to be known."""

import html
import re
from urllib.parse import urljoin, urlsplit

from pipeline.news.urls import outlet

HEAD = 1 << 18
"""Bytes of a page in which its declarations stand; the largest heads of news pages have about 100 kB."""

_LINK = re.compile(r"<link\b[^<>]{0,2000}>", re.IGNORECASE)
_CANONICAL = re.compile(r"""\brel\s*=\s*["']?canonical\b""", re.IGNORECASE)
_HREF = re.compile(r"""\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)


def declared_url(content: bytes, media_type: str, given: str | None) -> str | None:
    """The canonical link of an HTML page; else the URL that is `given`.

    A canonical link to a front page (no path) is a common mistake of templates and would make one article of a whole
    site, so it is not believed; neither is one to another outlet than the given URL's.
    """
    if media_type != "text/html":
        return given
    for link in _LINK.finditer(content[:HEAD].decode("utf-8", "replace")):
        href = _HREF.search(link[0])
        if _CANONICAL.search(link[0]) and href:
            declared = _absolute(html.unescape(next(filter(None, href.groups()), "")), given)
            if declared and (given is None or outlet(declared) == outlet(given)):
                return declared
    return given


def _absolute(href: str, given: str | None) -> str | None:
    try:
        url = urljoin(given or "", href.strip())
        parts = urlsplit(url)
    except ValueError:
        return None
    proper = parts.scheme in ("http", "https") and parts.netloc and (parts.path.strip("/") or parts.query)
    return url if proper else None
