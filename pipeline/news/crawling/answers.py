"""What an answer means: its status, its headers, and the redirects that stand inside of pages."""

import math
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from lxml import etree, html

from pipeline.news.crawling.outcomes import Fetched, Headers, Redirect, Refused, Unfetched, field

REFRESH_MAX = 5.0
"""Seconds. A page that moves on sooner is a redirect; one that waits longer reloads itself for its readers."""
LONGEST_ASKED = timedelta(days=1)
"""The longest pause that a host may ask for."""
HEAD_MAX = 1 << 16
"""Bytes of a page in which a refresh is looked for: it has to stand in the head."""
KEPT_MAX = 8_000
_ABOUT_CONTENT = frozenset({
    "content-type", "content-language", "content-encoding", "content-location", "content-length", "last-modified",
    "etag", "date", "expires", "cache-control", "age", "vary", "link", "server", "x-robots-tag",
})  # fmt: skip
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MEANT = {
    **dict.fromkeys((404, 410), Unfetched.GONE),
    **dict.fromkeys((401, 402, 403, 407, 451), Unfetched.DENIED),
    **dict.fromkeys((429, 503), Unfetched.BUSY),
}
_SECONDS = re.compile(r"[0-9]{1,9}")
_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([A-Za-z0-9_:.\-]{1,40})""", re.IGNORECASE)
_REFRESH = re.compile(r"""\s*([0-9]{0,6}(?:\.[0-9]{0,6})?)\s*[;,]\s*(?:url\s*=)?+\s*["']?([^"']+)""", re.IGNORECASE)
_HTML = ("text/html", "application/xhtml+xml")
_UNSEEN = ("noscript", "template", "svg", "math")


def judged(url: str, status: int, headers: Headers, now: datetime) -> Redirect | Refused | None:
    """What a status says without the body: where to go on, a refusal, or None for a page that can be read."""
    if status in _REDIRECTS:
        location = field(headers, "location")
        if not location:
            return Refused(url, Unfetched.BAD_REDIRECT, f"it answers {status} and does not say where to", status)
        return Redirect(location)
    if status in (200, 203):
        return None
    reason = _MEANT.get(status) or (Unfetched.SERVER_ERROR if status >= 500 else Unfetched.REFUSED)
    wait = retry_after(headers, now) if reason.passing else None
    return Refused(url, reason, f"it answers {status}", status, wait)


def retry_after(headers: Headers, now: datetime) -> timedelta | None:
    """How long a server asks to be left alone (RFC 9110 10.2.3: seconds or a date), at most LONGEST_ASKED; None when it
    does not say.
    """
    value = (field(headers, "retry-after") or "").strip()
    if _SECONDS.fullmatch(value):
        return min(timedelta(seconds=int(value)), LONGEST_ASKED)
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    date = date.replace(tzinfo=UTC) if date.tzinfo is None else date
    return min(max(date - now, timedelta(0)), LONGEST_ASKED)


def media_type(headers: Headers) -> str | None:
    """The media type that the server states, in lower case and without parameters."""
    value = (field(headers, "content-type") or "").partition(";")[0].strip().lower()
    return value or None


def charset(headers: Headers) -> str | None:
    """The charset that the server states, as it wrote it. Whether to believe it is decided with the content."""
    found = _CHARSET.search(field(headers, "content-type") or "")
    return found[1] if found else None


def kept(headers: Headers) -> Headers:
    """The headers that are worth keeping with a page: those about its content, without cookies and what is about the
    connection; so many of them as fit in KEPT_MAX characters.
    """
    found, size = list[tuple[str, str]](), 0
    for name, value in headers:
        size += len(name) + len(value)
        if size > KEPT_MAX:
            break
        if name in _ABOUT_CONTENT:
            found.append((name, value))
    return tuple(found)


def refresh(page: Fetched) -> Redirect | None:
    """Where a page that was fetched sends its readers at once: `<meta http-equiv=refresh>` or a Refresh header."""
    value = field(page.headers, "refresh")
    if value is None and media_type(page.headers) in (None, *_HTML):
        value = _meta_refresh(page.content[:HEAD_MAX])
    found = _REFRESH.match(value or "")
    if found is None or _seconds(found[1]) > REFRESH_MAX:
        return None
    return Redirect(found[2].strip())


def _seconds(text: str) -> float:
    try:
        return float(text or 0)
    except ValueError:
        return math.inf


def _meta_refresh(head: bytes) -> str | None:
    if b"refresh" not in head.lower():
        return None
    try:
        root = html.document_fromstring(head)
    except (etree.LxmlError, ValueError):
        return None
    for meta in root.iter("meta"):
        if meta.get("http-equiv", "").strip().lower() == "refresh" and not _hidden(meta):
            return str(meta.get("content", ""))
    return None


def _hidden(element: html.HtmlElement) -> bool:
    """Whether a browser that runs scripts would not act on it."""
    return any(above.tag in _UNSEEN for above in element.iterancestors())
