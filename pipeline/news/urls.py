"""One URL for one article: canonical form, article id, outlet."""

import hashlib
import re
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urlsplit, urlunsplit

_PORTS = {"http": 80, "https": 443}
_TRACKING = re.compile(
    r"utm_\w+|fb_\w+|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|ttclid|twclid|igshid|igsh|mc_[ce]id|_ga|_gl"
    r"|_hsenc|_hsmi|__hs\w+|mkt_tok|oly_\w+_id|vero_id|vero_conv|ocid|cmpid|ncid|s_cid|ito|smid|xtor|spm|srsltid"
    r"|at_(?:medium|campaign|custom\d)|ref_(?:src|url)|__twitter_impression",
    re.IGNORECASE,
)
"""Parameters that say where a reader came from, never what is read (families listed by the ClearURLs project)."""
_HOST_PREFIX = re.compile(r"^(?:www\d?|m|amp|mobile)\.(?=[^.]+\.)")
_UNENCODABLE = re.compile("[\ud800-\udfff]")
_SAFE = "/:@!$&'()*+,;=~-._%"


def canonical_url(url: str) -> str:
    """The URL without what does not change the page; idempotent. What is no http(s) URL is only stripped.

    Scheme and host are lower-cased, default port, fragment, user name and tracking parameters go. The path, its
    trailing slash, the other parameters and their order stay, as do AMP and mobile hosts: whether those show the same
    article is for its text to say.
    """
    url = _UNENCODABLE.sub("\ufffd", url.strip())
    parts = _split(url)
    if parts is None:
        return url
    path = quote(parts.path or "/", safe=_SAFE)
    return urlunsplit((parts.scheme, _netloc(parts), path, _query(parts.query), ""))


def article_id(url: str | None, content: bytes) -> str:
    """20 hex digits: of the canonical URL, or of the content where there is no URL."""
    identity = canonical_url(url).encode() if url and url.strip() else content
    return hashlib.sha256(identity).hexdigest()[:20]


def outlet(url: str) -> str | None:
    """The host without www., m. and amp. ("example.com"); None when the URL has no host."""
    parts = _split(url.strip())
    if parts is None:
        return None
    host = _host(parts)
    while stripped := _HOST_PREFIX.sub("", host):
        if stripped == host:
            break
        host = stripped
    return host


def _split(url: str) -> SplitResult | None:
    """The parts of a URL of the web, None for anything else."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  raises ValueError for a port that is no number
    except ValueError:
        return None
    return parts if parts.scheme in _PORTS and _host(parts) else None


def _host(parts: SplitResult) -> str:
    return (parts.hostname or "").rstrip(".")


def _netloc(parts: SplitResult) -> str:
    host = f"[{_host(parts)}]" if ":" in _host(parts) else _host(parts)
    return host if parts.port in (None, _PORTS[parts.scheme]) else f"{host}:{parts.port}"


def _query(query: str) -> str:
    pairs = parse_qsl(query, keep_blank_values=True, errors="surrogateescape", max_num_fields=None)
    kept = [(name, value) for name, value in pairs if not _TRACKING.fullmatch(name)]
    return urlencode(kept, errors="surrogateescape") if kept else ""
