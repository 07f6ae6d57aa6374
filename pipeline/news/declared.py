"""The URLs under which a page wants to be known."""

import html
import re
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from pipeline.news.urls import believable, reduced

HEAD = 1 << 18
"""Bytes of a page in which its declarations stand; the largest heads of news pages have about 100 kB."""

_LINK = re.compile(r"<link\b[^<>]{0,2000}>", re.IGNORECASE)
_AMP_PAGE = re.compile(r"<html\b[^<>]{0,500}\s(?:amp|⚡)[\s=>]", re.IGNORECASE)
_REL = re.compile(r"""\brel\s*=\s*["']?(canonical|amphtml)\b""", re.IGNORECASE)
_HREF = re.compile(r"""\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)


class Declared(NamedTuple):
    """The URL of a page, and its `others`: under which it was reached, and that of its AMP form.

    reduced  whether it is the AMP or print form itself
    """

    url: str | None
    others: tuple[str, ...] = ()
    reduced: bool = False


def declared(content: bytes, media_type: str, given: str | None) -> Declared:
    """The canonical link of an HTML page, else the URL that is `given`; and its other URLs.

    A link that `believable` does not believe is left out.
    """
    reached = given is not None and reduced(given)
    if media_type != "text/html":
        return Declared(given, (), reached)
    head = content[:HEAD].decode("utf-8", "replace")
    links: dict[str, str] = {}
    for link in _LINK.finditer(head):
        rel, href = _REL.search(link[0]), _HREF.search(link[0])
        if rel and href:
            url = _absolute(html.unescape(next(filter(None, href.groups()), "")), given)
            if url and believable(url, given or url):
                links.setdefault(rel[1].lower(), url)
    url = links.get("canonical", given)
    others = (given, links.get("amphtml"))
    known = tuple(other for other in others if url and other and other != url)
    return Declared(url, known, reached or bool(_AMP_PAGE.search(head)))


def _absolute(href: str, given: str | None) -> str | None:
    try:
        url = urljoin(given or "", href.strip())
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.netloc else None
