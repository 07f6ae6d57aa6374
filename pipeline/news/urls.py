"""One URL for one article: canonical form, article id, outlet.

Pages that show one story in another form (AMP, mobile, print, all on one page) get the same canonical URL, and pages
of two stories never do: what may be part of a story's address stays. Page 2 of a story is an article of its own, even
where its canonical link names the first page: it has another text, and under one id each part would look like a
correction of the other.
"""

import hashlib
import re
import tomllib
from importlib.resources import files
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urlsplit, urlunsplit

_DATA = tomllib.loads(files("pipeline.news").joinpath("urls.toml").read_text(encoding="utf-8"))
_PORTS = {"http": 80, "https": 443}
_TRACKING = re.compile(
    "(?:amp;)?(?:" + "|".join(re.escape(name).replace(r"\*", ".*") for name in _DATA["tracking"]) + ")",
    re.IGNORECASE | re.DOTALL,
)
"""A parameter that was escaped twice begins with "amp;"."""
_FORMS: dict[str, list[str]] = _DATA["forms"]
_TAILS = frozenset(_DATA["tails"])
_INDEXES = frozenset(("", "index.html", "index.htm", "index.php"))
_PREFIXES = frozenset(_DATA["prefixes"])
_REGISTRIES = re.compile(r"(?:ac|biz|co|com|desa|edu|go|gob|gov|gv|mil|my|ne|net|or|org|sch|web)\.[a-z]{2}")
"""What is no host of its own ("co.id"), so that m.co.id stays what it is."""
_AMP_FILE = re.compile(r"\.amp(?=(?:\.html?)?$)")
_AMP_CACHES = re.compile(r"(?:[\w-]+\.)*(?:cdn\.ampproject\.org|bing-amp\.com)")
_AMP_VIEWERS = re.compile(r"(?:www\.)?(?:google\.[a-z]{2,3}(?:\.[a-z]{2})?|bing\.com)")
_CACHED = re.compile(r"/(?:[a-z]{1,3}/)?(s/)?([^/]+\.[^/]+)(/.*)?", re.DOTALL)
_REDUCED = re.compile(r"(?<![^./?&=])(?:amp(?:project|html)?|print(?:able)?|cetak)(?![^./?&=#])", re.IGNORECASE)
_STORY = re.compile(r"[\d-]")
"""The address of a story has a number or a slug of several words; a section ("/print", "/tag/amp") seldom does."""
_PAGE = re.compile(r"(?:page|halaman|hal|pg|showpage|pagewanted)=0*(?:[2-9]|[1-9]\d+)", re.IGNORECASE)
_PAGE_TAIL = re.compile(r"(?:/(?:page|halaman))?/0*(?:[2-9]|[1-9]\d)")
_OWN_NAME = re.compile(r"\d{5}|(?:[^-]+-){3}")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})?")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_UNENCODABLE = re.compile("[\ud800-\udfff]")
_SAFE = "/:@!$&'()*+,;=~-._%"


def canonical_url(url: str) -> str:
    """The URL under which a story is known, whatever form of it was reached; idempotent. It need not lead anywhere.

    Gone are: the AMP cache around the URL; www, m, mobile and amp before the host; http, the default port, user name
    and fragment; tracking parameters; parameters and path endings for AMP, print, mobile and the whole story on one
    page; index files and the slash at the end. Case and percent-encoding are as in RFC 3986 6.2.2, hosts in ASCII.
    What remains of path and parameters stays in its order. What is no http(s) URL is only stripped.
    """
    url = _UNENCODABLE.sub("\ufffd", url.strip())
    parts = _split(url)
    if parts is None:
        return url
    pairs = [
        pair
        for pair in parse_qsl(parts.query, keep_blank_values=True, errors="surrogateescape", max_num_fields=None)
        if not _TRACKING.fullmatch(pair[0])
    ]
    path, pairs = _story(_escaped(parts.path), pairs)
    query = urlencode(pairs, errors="surrogateescape") if pairs else ""
    return urlunsplit(("https", _netloc(parts), path, query, ""))


def article_id(url: str | None, content: bytes) -> str:
    """20 hex digits: of the canonical URL, or of the content where there is no URL."""
    identity = canonical_url(url).encode() if url and url.strip() else content
    return hashlib.sha256(identity).hexdigest()[:20]


def outlet(url: str) -> str | None:
    """The host without www., m. and amp., for people ("example.com"); None when the URL has no host."""
    parts = _split(url.strip())
    if parts is None:
        return None
    host = _host(parts)
    try:
        return host.encode("ascii").decode("idna")
    except UnicodeError:
        return host


def site(url: str) -> str | None:
    """The part of the host that its owner registered ("example.co.id" of "news.example.co.id"), as far as the names of
    registries tell; None when the URL has no host.
    """
    parts = _split(url.strip())
    if parts is None:
        return None
    labels = _host(parts).split(".")
    return ".".join(labels[-3:] if _REGISTRIES.fullmatch(".".join(labels[-2:])) else labels[-2:])


def believable(declared: str, given: str) -> bool:
    """Whether the page of a URL may be known under the URL that it declares.

    Templates get this wrong: a front page, another outlet, a section, or the first page of a story on each of its
    pages would make one article of many.
    """
    if outlet(declared) != outlet(given):
        return False
    wanted, here = urlsplit(canonical_url(declared)), urlsplit(canonical_url(given))
    if wanted.path == "/" and not wanted.query:
        return False
    if _PAGE.search(here.query) and not _PAGE.search(wanted.query):
        return False
    if not here.path.startswith(f"{wanted.path}/"):
        return True
    rest = here.path[len(wanted.path) :]
    return not _PAGE_TAIL.fullmatch(rest) and bool(wanted.query or _OWN_NAME.search(wanted.path.rpartition("/")[2]))


def reduced(url: str) -> bool:
    """Whether a URL leads to the AMP or print form of its story, which may leave parts of it out."""
    return len(_REDUCED.findall(url)) > len(_REDUCED.findall(canonical_url(url)))


def _split(url: str) -> SplitResult | None:
    """The parts of a URL of the web, None for anything else. A copy in an AMP cache is taken for its original."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  raises ValueError for a port that is no number
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname:
        return None
    original = _original(parts)
    return (_split(original) or parts) if original else parts


def _original(parts: SplitResult) -> str | None:
    """The URL of what an AMP cache or viewer shows."""
    host, path = (parts.hostname or "").rstrip("."), parts.path
    if _AMP_VIEWERS.fullmatch(host) and path.startswith("/amp/"):
        path = path.removeprefix("/amp")
    elif not _AMP_CACHES.fullmatch(host):
        return None
    cached = _CACHED.fullmatch(path)
    return cached and urlunsplit(("https", cached[2], cached[3] or "/", parts.query, ""))


def _host(parts: SplitResult) -> str:
    """The host in ASCII, without what stands before the same site for other devices ("en.m.site.org" too)."""
    labels = _ascii((parts.hostname or "").rstrip(".")).split(".")
    while len(labels) > 2 and labels[0] in _PREFIXES and not _REGISTRIES.fullmatch(".".join(labels[1:])):
        del labels[0]
    if len(labels) > 3 and labels[1] == "m":
        del labels[1]
    return ".".join(labels)


def _ascii(host: str) -> str:
    try:
        return host if host.isascii() else host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return host


def _netloc(parts: SplitResult) -> str:
    host = f"[{_host(parts)}]" if ":" in _host(parts) else _host(parts)
    return host if parts.port in (None, *_PORTS.values()) else f"{host}:{parts.port}"


def _escaped(path: str) -> str:
    """Percent-encoding as everybody writes it: of what needs it and of nothing else, in capitals."""

    def escape(match: re.Match[str]) -> str:
        if not match[1]:
            return "%25"
        code = int(match[1], 16)
        return chr(code) if code in _UNRESERVED else match[0].upper()

    return _ESCAPE.sub(escape, quote(path, safe=_SAFE))


def _story(path: str, pairs: list[tuple[str, str]]) -> tuple[str, list[tuple[str, str]]]:
    """Path and parameters without what shows the same story in another form, if they are those of a story."""
    kept = [(name, value) for name, value in pairs if value.lower() not in _FORMS.get(name.lower(), ())]
    bare = _without_forms(path.split("/")[1:])
    if _STORY.search(bare) or any(_STORY.search(value) for _, value in kept):
        return bare or "/", kept
    return _without_ends(path.split("/")[1:], _INDEXES) or "/", pairs


def _without_forms(segments: list[str]) -> str:
    while segments[:1] == ["amp"] and len(segments) > 1:
        del segments[0]
    path = _without_ends(segments, _INDEXES | _TAILS)
    while (shorter := _AMP_FILE.sub("", path)) != path:
        path = shorter
    return path


def _without_ends(segments: list[str], ends: frozenset[str]) -> str:
    end = len(segments)
    while end and segments[end - 1] in ends:
        end -= 1
    return "".join(f"/{segment}" for segment in segments[:end])
