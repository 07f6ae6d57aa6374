"""Authors in the body of a web page, where its head does not name them."""

from collections.abc import Iterator
from typing import Any

from lxml.etree import XPath

from pipeline.news.bylines import byline_of, names_in

_LOWER = "translate(@class, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')"
_OUTSIDE_COMMENTS = f"not(ancestor-or-self::*[contains({_LOWER}, 'comment') or contains(@id, 'comment')])"
_MARKED = XPath(f"//*[@itemprop='author' or @rel='author'][{_OUTSIDE_COMMENTS}]")
_NAMED = XPath(f"//*[contains({_LOWER}, 'author') or contains({_LOWER}, 'byline')][{_OUTSIDE_COMMENTS}]")
_LENGTH_MAX = 120
"""Codepoints of a byline; boxes about an author are longer."""
_ELEMENTS_MAX = 30


def page_authors(tree: Any) -> tuple[str, ...]:
    """The names in the first element that is marked as the author (itemprop, rel), else that is called so (class)."""
    for text in _texts(_MARKED(tree)):
        if names := _names(text):
            return names
    for text in _texts(_NAMED(tree)):
        names = tuple(name for name in _names(text) if " " in name)
        if names:
            return names
    return ()


def _texts(elements: list[Any]) -> Iterator[str]:
    for element in elements[:_ELEMENTS_MAX]:
        text = " ".join(" ".join(element.itertext()).split())
        if 0 < len(text) <= _LENGTH_MAX:
            yield text


def _names(text: str) -> tuple[str, ...]:
    byline = byline_of(text)
    return byline.authors if byline and byline.authors else names_in(text)
