"""A page as text, in two of the ways in which people and programs make text copies.

`blocks` writes one line per block of the markup and nothing else, as text dumps of crawlers do. `browser` writes what a
selection in a browser gives: hidden parts are left out, paragraphs stand apart, links outside of prose have lines of
their own.
"""

import re
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

_DROPPED = frozenset(["script", "style", "head", "noscript", "template", "svg", "iframe", "object", "video", "audio"])
_BLOCKS = frozenset(
    [
        *("address", "article", "aside", "blockquote", "body", "br", "button", "canvas", "dd", "div", "dl", "dt"),
        *("fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr"),
        *("label", "legend", "li", "main", "nav", "ol", "optgroup", "option", "p", "pre", "section", "select"),
        *("table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"),
    ]
)
_APART = frozenset(["p", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "figure", "pre"])
_HIDDEN = re.compile(r"display:\s*none|visibility:\s*hidden", re.IGNORECASE)
_INLINE_LETTERS = 20
"""A block with so many letters outside of its links is prose, and its links stay in their line."""


def blocks(html: bytes) -> str:
    """One line per block, no blank lines."""
    lines = "".join(_pieces(_parsed(html), _block_break)).split("\n")
    return "\n".join(line.strip() for line in lines if line.strip())


def browser(html: bytes) -> str:
    """Lines with at most one blank line between them."""
    text = "\n".join(line.strip() for line in "".join(_pieces(_parsed(html), _browser_break)).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n")


WAYS: dict[str, Callable[[bytes], str]] = {"blocks": blocks, "browser": browser}
"""The ways by their names."""


def _parsed(html: bytes) -> Any:
    lxml = import_module("lxml.html")
    return lxml.document_fromstring(html, parser=lxml.HTMLParser(encoding="utf-8"))


def _pieces(element: Any, breaks: Callable[[Any], str | None]) -> Iterator[str]:
    """The text of an element and of all in it. `breaks` says what stands around an element, None to leave it out."""
    around = breaks(element) if isinstance(element.tag, str) and element.tag not in _DROPPED else None
    if around is None:
        return
    yield around
    yield _spaced(element.text)
    for child in element:
        yield from _pieces(child, breaks)
        yield _spaced(child.tail)
    yield around if element.tag != "br" else ""


def _spaced(text: str | None) -> str:
    return re.sub(r"\s+", " ", text or "")


def _block_break(element: Any) -> str | None:
    return "\n" if element.tag in _BLOCKS else ""


def _browser_break(element: Any) -> str | None:
    if _HIDDEN.search(element.get("style") or "") or "hidden" in element.attrib:
        return None
    if element.tag == "option":
        return None
    if element.tag == "a" and not _in_prose(element):
        return "\n"
    return "\n\n" if element.tag in _APART else _block_break(element)


def _in_prose(link: Any) -> bool:
    """Whether the block around a link has text of its own."""
    block = link.getparent()
    while block is not None and block.tag not in _BLOCKS:
        block = block.getparent()
    return block is not None and _letters_outside_links(block) >= _INLINE_LETTERS


def _letters_outside_links(block: Any) -> int:
    own = len((block.text or "").strip()) + sum(len((child.tail or "").strip()) for child in block)
    inner = (child for child in block if isinstance(child.tag, str) and child.tag not in _BLOCKS | _DROPPED | {"a"})
    return own + sum(_letters_outside_links(child) for child in inner)
