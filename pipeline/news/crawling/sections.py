"""Section pages: the links of a page that lead to other pages of its site."""

from urllib.parse import urljoin

from lxml import etree, html

from pipeline.news.crawling.listings import Listed, Listing, Unread, Unreadable
from pipeline.news.urls import canonical_url, site

MOST = 2_000
"""Links that are read; front pages have 100 to 500."""
TEXT_MAX = 300
_NOT_FOLLOWED = ("#", "javascript:", "mailto:", "tel:", "data:", "whatsapp:")


def section(content: bytes, charset: str | None, url: str) -> Listing | Unreadable:
    """Every link of a page to its own site. Which of them are articles is decided by `shapes.chosen`."""
    root = tree(content, charset)
    if root is None:
        return Unreadable(Unread.BROKEN, "it cannot be read as a web page")
    base, home, found = _base(root, url), canonical_url(url), list[Listed]()
    anchors = root.xpath("//a[@href]")
    for anchor in anchors[:MOST]:
        address = linked(base, anchor.get("href", ""))
        if address and site(address) == site(url) and canonical_url(address) != home:
            text = " ".join(anchor.text_content().split()) or anchor.get("title", "")
            found.append(Listed(address, text=text[:TEXT_MAX]))
    if anchors and not found:
        return Unreadable(Unread.NO_LINKS, "none of its links leads to another page of its site")
    title = root.findtext(".//title")
    return Listing(
        "section", tuple(found), left_out=max(0, len(anchors) - MOST), title=" ".join((title or "").split()) or None
    )


def tree(content: bytes, charset: str | None) -> html.HtmlElement | None:
    """The tree of a web page, None when there is none."""
    try:
        parser = html.HTMLParser(encoding=charset, no_network=True, huge_tree=False)
    except (LookupError, ValueError):  # no charset of this name, or no name at all
        parser = html.HTMLParser(no_network=True, huge_tree=False)
    try:
        return html.document_fromstring(content, parser=parser)
    except (etree.LxmlError, ValueError):
        return None


def linked(base: str, href: str) -> str | None:
    """The address that a link leads to, None for what is no page."""
    href = href.strip()
    if not href or href.lower().startswith(_NOT_FOLLOWED):
        return None
    try:
        address = urljoin(base, href).partition("#")[0]
    except ValueError:
        return None
    return address if address.startswith(("http://", "https://")) else None


def _base(root: html.HtmlElement, url: str) -> str:
    bases = root.xpath("//base/@href")
    return (linked(url, bases[0]) or url) if bases else url
