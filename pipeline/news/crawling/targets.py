"""Which URLs may be asked for, in the one form in which they are.

Whatever two programs could read differently is refused rather than mended, because one of them checks and another one
connects. How a host is written decides nothing else: 127.1 and 2130706433 are judged by their address when it is
resolved (`pipeline/adapters/addresses.py`). Letters of other scripts become ASCII as browsers do it (UTS 46), so that
digits in circles are digits here too.
"""

import ipaddress
import re
from typing import NamedTuple
from urllib.parse import SplitResult, quote, urljoin, urlsplit, urlunsplit

import idna

from pipeline.news.crawling.outcomes import Refused, Unfetched

PORTS = {"http": 80, "https": 443}
LONGEST = 4096
"""Characters of a URL. RFC 9110 4.1 asks for 8,000 at least of servers; addresses of articles stay below 1,000."""
_CONFUSING = re.compile(r"[\x00-\x1f\x7f\\\ud800-\udfff]")
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")
_SAFE = "/:@!$&'()*+,;=~-._%?"


class Target(NamedTuple):
    """A page that may be asked for: its URL in ASCII without fragment, and the parts that say where to go."""

    url: str
    scheme: str
    host: str
    port: int

    @property
    def origin(self) -> str:
        """Scheme, host and port, in the form of a URL."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


def target(url: str, ports: frozenset[int] = frozenset()) -> Target | Refused:
    """The target of a URL. `ports` may be asked besides 80 and 443."""
    url = url.strip()
    shown = url[:LONGEST]
    if len(url) > LONGEST:
        return Refused(shown, Unfetched.BAD_URL, f"it is longer than {LONGEST:,} characters")
    if _CONFUSING.search(url):
        return Refused(shown, Unfetched.BAD_URL, "it has a backslash or a control character in it")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        return Refused(shown, Unfetched.BAD_URL, str(error))
    return _scheme_refused(shown, parts) or _target(shown, parts, port, ports)


def following(base: str, location: str, ports: frozenset[int] = frozenset()) -> Target | Refused:
    """The target of a link or redirect that stands on the page of the URL `base`."""
    try:
        return target(urljoin(base, location.strip()), ports)
    except ValueError as error:
        return Refused(base, Unfetched.BAD_REDIRECT, f"it leads to {location[:100]!r} ({error})")


def _scheme_refused(shown: str, parts: SplitResult) -> Refused | None:
    if parts.scheme not in PORTS:
        return Refused(
            shown,
            Unfetched.SCHEME,
            f"it begins with {parts.scheme!r}: write https://" if parts.scheme else "https:// is missing in front",
        )
    if "@" in parts.netloc:
        return Refused(shown, Unfetched.BAD_URL, "it has a user name in it")
    return None


def _target(shown: str, parts: SplitResult, port: int | None, ports: frozenset[int]) -> Target | Refused:
    host = _host(parts)
    if host is None:
        return Refused(shown, Unfetched.BAD_URL, f"{parts.netloc[:100]!r} is no host")
    port = PORTS[parts.scheme] if port is None else port
    if port not in PORTS.values() and port not in ports:
        cure = f"port {port} is neither 80 nor 443: if that is meant, add it to PANTAU_FETCH_PORTS"
        return Refused(shown, Unfetched.PORT, cure)
    place = f"[{host}]" if ":" in host else host
    place = place if port == PORTS[parts.scheme] else f"{place}:{port}"
    path, query = quote(parts.path or "/", safe=_SAFE), quote(parts.query, safe=_SAFE + "[]")
    return Target(urlunsplit((parts.scheme, place, path, query, "")), parts.scheme, host, port)


def _host(parts: SplitResult) -> str | None:
    """The host in ASCII without the dot at its end, None when it is none."""
    host = parts.hostname or ""
    if "[" in parts.netloc:
        try:
            return str(ipaddress.IPv6Address(host)) if "%" not in host else None
        except ValueError:
            return None
    try:
        ascii_host = host if host.isascii() else idna.encode(host, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return None
    ascii_host = ascii_host.removesuffix(".")
    return ascii_host if _HOST.fullmatch(ascii_host) else None
