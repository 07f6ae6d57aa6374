"""The tree of a web page: parsed once, for all extractors, and read as lines of text."""

import re
from collections.abc import Iterator
from copy import copy
from typing import Any

import trafilatura
from lxml.etree import Comment, ElementDefaultClassLookup, LxmlError, ProcessingInstruction, strip_elements
from lxml.html import HtmlComment, HtmlElement, HtmlEntity, HtmlProcessingInstruction
from trafilatura.utils import HTML_PARSER

from pipeline.errors import Reject
from pipeline.news.mapping import packed_text
from pipeline.news.pages import Uncleanable

TROUBLE = (LxmlError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What extractors raise on pages that are broken in a way that they did not foresee."""

# lxml asks a Python function for the class of each element, as forms have one of their own; no extractor needs that.
HTML_PARSER.set_element_class_lookup(
    ElementDefaultClassLookup(element=HtmlElement, comment=HtmlComment, pi=HtmlProcessingInstruction, entity=HtmlEntity)
)
_BLOCKS = frozenset(
    (
        *("p", "head", "quote", "item", "list", "row", "table", "lb", "code", "ab", "fw", "div"),  # of TEI
        *("address", "article", "aside", "blockquote", "body", "br", "button", "dd", "dl", "dt", "fieldset"),
        *("figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "label"),
        *("legend", "li", "main", "nav", "ol", "option", "pre", "section", "select", "tbody", "tfoot", "thead"),
        *("tr", "ul"),
    )
)
_CELLS = frozenset(("cell", "td", "th"))
_DROPPED = frozenset(
    ("script", "style", "noscript", "template", "svg", "iframe", "object", "video", "audio", "title", "textarea")
)
_UNREAD = ("script", "style", "svg", "link", "meta", Comment, ProcessingInstruction)
_SPACE = re.compile(r"\s+")


def parsed(page: str) -> Any:
    """The tree, None when there is none. Raises Reject(BROKEN_MARKUP)."""
    try:
        tree = trafilatura.load_html(page)
    except TROUBLE as error:
        raise broken(error) from error
    if tree is not None:
        _keep_pull_quotes(tree)
    return tree


def broken(error: Exception) -> Reject:
    """What a page is rejected with that the extractors cannot read."""
    detail = f"the markup cannot be read ({type(error).__name__}): save the page as text and upload that"
    return Reject(Uncleanable.BROKEN_MARKUP, detail)


def paragraphs(root: Any) -> list[str]:
    """The text of each block of a tree of HTML or TEI, in order, with single spaces."""
    pieces = ("\n" if text is None else _SPACE.sub(" ", text) for text in _texts(root) if text != "")
    lines = (" ".join(line.split()) for line in "".join(pieces).split("\n"))
    return [line for line in lines if line]


def _texts(root: Any) -> Iterator[str | None]:
    """Texts of the tree in order; None where a paragraph ends."""
    stack = [(root, False)]
    while stack:
        element, behind = stack.pop()
        if element.tag in _BLOCKS:
            yield None
        elif element.tag in _CELLS:
            yield " "
        if behind:
            yield element.tail or ""
            continue
        shown = isinstance(element.tag, str) and element.tag not in _DROPPED
        yield (element.text or "") if shown else ""
        stack += [(element, True)] if element is not root else []
        stack += [(child, False) for child in reversed(element)] if shown else []


# --- pull quotes

_QUOTE_CLASS = re.compile(r"(?:^|[\s_-])(?:pull|block)?[_-]?quotes?(?:$|[\s_-])", re.IGNORECASE)
_MARKS = re.compile('["“”„«»‘’「」『』]|[.!?。！？…।؟]$')
_PULL_MAX = 1000
"""Codepoints of the longest pull quote; what is longer is a story in a box."""
_BOXES_MAX = 40
"""Boxes that may be pull quotes; where there are more, they are what the page is made of."""
_CLASS_READ = 500
_QUOTED_SHARE = 0.6
"""Of the text of a figure or an aside; the rest is who said it."""


def _keep_pull_quotes(tree: Any) -> None:
    """Make a block quote of each pull quote: extractors take figures and asides for what is beside the story.

    One that repeats a passage of the story is left to them, so that nothing is said twice.
    """
    boxes = [element for element in tree.iter("aside", "figure", "div", "section", "p") if _may_be_pull_quote(element)]
    found = [element for element in boxes if _is_pull_quote(element)] if len(boxes) <= _BOXES_MAX else []
    if not found:
        return
    whole = packed_text(" ".join(tree.itertext()))
    for element in found:
        if whole.count(packed_text(_quoted(element))) == 1:
            element.tag = "blockquote"
            element.attrib.clear()


def _may_be_pull_quote(element: Any) -> bool:
    return _is_box(element) or bool(_QUOTE_CLASS.search((element.get("class") or "")[:_CLASS_READ]))


def _is_box(element: Any) -> bool:
    return element.tag in ("aside", "figure") and element.find(".//blockquote") is not None


def _is_pull_quote(element: Any) -> bool:
    text = "".join(element.itertext()).strip()
    quoted = _quoted(element)
    enough = len(quoted) >= _QUOTED_SHARE * len(text) if _is_box(element) else bool(_MARKS.search(text))
    return enough and 0 < len(text) <= _PULL_MAX and len(quoted.split()) > 1


def _quoted(element: Any) -> str:
    """The text of the block quotes in it, else all of it."""
    inner = element.findall(".//blockquote")
    text = " ".join("".join(quote.itertext()) for quote in inner) if inner else "".join(element.itertext())
    return " ".join(text.split())


def legible(tree: Any) -> Any:
    """A copy without what no extractor reads, which is half of the elements of some pages."""
    smaller = copy(tree)
    strip_elements(smaller, *_UNREAD, with_tail=False)
    return smaller


def twin(tree: Any) -> Any:
    """A copy for an extractor that changes what it is given."""
    return copy(tree)
