"""OPML: lists of feeds, as readers of feeds exchange them (opml.org/spec2)."""

import re
from collections.abc import Iterable

from lxml import etree

from pipeline.errors import Misuse
from pipeline.news.urls import site
from schemas.catalog import Source

MOST = 5_000


def imported(content: bytes, taken: Iterable[str]) -> list[Source]:
    """The sources of an OPML file; their ids differ from each other and from those `taken`. Raises Misuse."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Misuse(f"this is no OPML file ({error}): export one from your reader of feeds") from error
    if root is None or etree.QName(root).localname.lower() != "opml":
        raise Misuse("this is no OPML file: its first element has to be <opml>")
    ids, found = set(taken), dict[str, Source]()
    for outline in root.iter("outline"):
        url = (outline.get("xmlUrl") or outline.get("xmlurl") or "").strip()
        if not url.startswith(("http://", "https://")) or url in found or len(found) >= MOST:
            continue
        name = " ".join((outline.get("title") or outline.get("text") or site(url) or url).split())
        id = free_id(name, url, ids)
        ids.add(id)
        found[url] = Source(id=id, name=name[:200], url=url, language=outline.get("language") or None)
    return list(found.values())


def exported(sources: Iterable[Source]) -> bytes:
    """The feeds among the sources as an OPML file; sitemaps and section pages have no place in one."""
    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = "Pantau"
    body = etree.SubElement(root, "body")
    for source in sources:
        if source.kind == "feed":
            more = {"language": source.language} if source.language else {}
            etree.SubElement(
                body, "outline", type="rss", text=source.name, title=source.name, xmlUrl=source.url, **more
            )
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="utf-8", pretty_print=True)
    return written


def free_id(name: str, url: str, taken: Iterable[str]) -> str:
    """An id that is not taken, made from a name, or else from the host."""
    words = re.findall(r"[a-z0-9]+", name.lower())[:5] or re.findall(r"[a-z0-9]+", (site(url) or "source").lower())
    id, number, ids = "-".join(words), 2, set(taken)
    while id in ids:
        id, number = f"{'-'.join(words)}-{number}", number + 1
    return id
