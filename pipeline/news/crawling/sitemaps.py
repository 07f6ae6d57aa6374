"""Sitemaps by sitemaps.org, with the dates of news sitemaps, and their indexes. Entities are not expanded."""

import io
import re
import zlib
from datetime import datetime
from urllib.parse import urljoin

from lxml import etree

from pipeline.news.crawling.listings import Listed, Listing, Part, Unread, Unreadable, plausible

MOST = 50_000
"""Entries of a sitemap (sitemaps.org)."""
UNPACKED_MAX = 20 * 10**6
"""Bytes of a sitemap that came as a .gz file."""
LONGEST = 4096
_GZIP = 31
_MONTH = re.compile(r"\d{4}-\d{2}")
_DATES = ("publication_date", "lastmod")


def unzipped(content: bytes) -> bytes | Unreadable:
    """The content of a .gz file; anything else as it is."""
    if not content.startswith(b"\x1f\x8b"):
        return content
    unpack = zlib.decompressobj(_GZIP)
    try:
        plain = unpack.decompress(content, UNPACKED_MAX + 1)
    except zlib.error as error:
        return Unreadable(Unread.BROKEN, f"it is no whole gzip file ({error})")
    if len(plain) > UNPACKED_MAX:
        return Unreadable(Unread.TOO_COSTLY, f"it is longer than {UNPACKED_MAX:,} bytes unpacked")
    return plain


def sitemap(content: bytes, url: str) -> Listing | Unreadable:
    """What a sitemap or a sitemap index lists; of a broken one what stands before the break."""
    items: list[Listed] = []
    parts: list[Part] = []
    left_out, failure = 0, ""
    try:
        for _, element in etree.iterparse(
            io.BytesIO(content), events=("end",), resolve_entities=False, no_network=True, load_dtd=False,
            huge_tree=False, remove_comments=True, remove_pis=True,
        ):  # fmt: skip
            name = _name(element)
            if name not in ("url", "sitemap"):
                continue
            address, dates = _entry(element, url)
            element.clear()
            if address is None or len(items) + len(parts) >= MOST:
                left_out += 1
            elif name == "url":
                items.append(Listed(address, dates["publication_date"], dates["lastmod"]))
            else:
                parts.append(Part(address, dates["lastmod"]))
    except etree.XMLSyntaxError as error:
        failure = str(error)[:100]
    if failure and not items and not parts:
        return Unreadable(Unread.BROKEN, f"it cannot be read as a sitemap ({failure})")
    if left_out and not items and not parts:
        return Unreadable(Unread.NO_LINKS, f"none of its {left_out:,} entries has a link")
    return Listing("index" if parts else "sitemap", tuple(items), tuple(parts), left_out=left_out)


def _entry(element: etree._Element, base: str) -> tuple[str | None, dict[str, datetime | None]]:
    """The address of an entry and its dates."""
    address: str | None = None
    dates: dict[str, datetime | None] = dict.fromkeys(_DATES)
    for below in element.iter():
        name, text = _name(below), (below.text or "").strip() if isinstance(below.tag, str) else ""
        if name == "loc" and address is None and 0 < len(text) <= LONGEST and below.getparent() is element:
            address = _joined(base, text)
        elif name in _DATES and dates[name] is None:
            dates[name] = _date(text)
    return address, dates


def _name(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def _joined(base: str, text: str) -> str | None:
    try:
        return urljoin(base, text)
    except ValueError:
        return None


def _date(text: str) -> datetime | None:
    """A W3C date; of a month without a day its first."""
    try:
        return plausible(datetime.fromisoformat(f"{text}-01" if _MONTH.fullmatch(text) else text))
    except (ValueError, OverflowError):
        return None
