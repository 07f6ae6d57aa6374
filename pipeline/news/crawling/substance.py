"""Whether a page says something else than before. Its bytes nearly always differ: they hold counts, teasers, tokens.

What counts is its headings and paragraphs. It is no cleaning: what stays the same here need not be looked at again,
and what differs is a revision, of which `dedupe` finds out whether it is a correction.
"""

import hashlib
from collections.abc import Iterator
from itertools import islice

from lxml import html

from pipeline.news.crawling.sections import tree

READ = 2 * 10**6
"""Bytes of a page that are looked at."""
HEADS_MOST, MOST = 20, 2_000
"""Headings and paragraphs that are looked at, and a tenth of the elements; a long article has a hundred paragraphs."""
PARAGRAPH_MIN, PARAGRAPHS_MIN = 40, 3
"""Letters of a paragraph, and paragraphs of an article. Dates, counts and labels are shorter."""
LINE_MIN = 100
"""Letters of a line where a page has no paragraphs. Headlines of teasers are shorter."""
_UNSEEN = frozenset({"script", "style", "noscript", "template"})


def substance(content: bytes, media_type: str, charset: str | None) -> str:
    """A short name for what a page says."""
    root = tree(content[:READ], charset) if media_type == "text/html" else None
    if root is None:
        return _name([content])
    heads = [_text(head) for head in islice(root.iter("h1"), HEADS_MOST)]
    paragraphs = [text for text in map(_text, islice(root.iter("p"), MOST)) if len(text) >= PARAGRAPH_MIN]
    if len(paragraphs) < PARAGRAPHS_MIN:
        paragraphs = [line for line in _lines(root) if len(line) >= LINE_MIN]
    said = [*heads, *paragraphs] if paragraphs else list(_lines(root))
    return _name([line.encode("utf-8", "replace") for line in said])


def _name(said: list[bytes]) -> str:
    return hashlib.blake2b(b"\n".join(said), digest_size=12).hexdigest()


def _text(element: html.HtmlElement) -> str:
    return " ".join(str(element.text_content()).split())


def _lines(root: html.HtmlElement) -> Iterator[str]:
    """Every piece of text that is seen."""
    for element in islice(root.iter(), 10 * MOST):
        seen = isinstance(element.tag, str) and element.tag not in _UNSEEN
        for text in (element.text if seen else None, element.tail):
            if line := " ".join((text or "").split()):
                yield line
