"""Whether a page says something else than before. Its bytes nearly always differ: they hold counts, teasers, tokens.

What counts is its headings and paragraphs. It is no cleaning: what stays the same here need not be looked at again,
and what differs is a revision, of which `dedupe` finds out whether it is a correction. Paragraphs are cut out by
their tags, which takes a tenth of the time of a parser and is the same each time; each byte is looked at a few times
whatever stands there.
"""

import hashlib
from collections.abc import Iterator
from itertools import islice

from lxml import html

from pipeline.news.crawling.sections import tree

READ = 2 * 10**6
"""Bytes of a page that are looked at."""
HEADS_MOST, MOST = 20, 400
"""Headings and paragraphs that are looked at; a long article has a hundred."""
PARAGRAPH_MIN, PARAGRAPHS_MIN = 40, 3
"""Bytes of a paragraph, and paragraphs of an article. Dates, counts and labels are shorter."""
LINE_MIN, ELEMENTS_MOST = 100, 20_000
"""Letters of a line where a page has no paragraphs, and elements that are looked at. Teasers are shorter."""
_BEHIND_NAME = frozenset(b" >\t\r\n\f/")
_UNSEEN = frozenset({"script", "style", "noscript", "template"})


def substance(content: bytes, media_type: str, charset: str | None) -> str:
    """A short name for what a page says."""
    if media_type != "text/html":
        return _name([content])
    content = content[:READ]
    heads = list(islice(_inside(content, b"h1"), HEADS_MOST))
    paragraphs = [text for text in islice(_inside(content, b"p"), MOST) if len(text) >= PARAGRAPH_MIN]
    if len(paragraphs) >= PARAGRAPHS_MIN:
        return _name([*heads, *paragraphs])
    root = tree(content, charset)
    lines = [] if root is None else list(_lines(root))
    said = [line for line in lines if len(line) >= LINE_MIN] or lines
    return _name([*heads, *(line.encode("utf-8", "replace") for line in said)]) if said else _name([content])


def _name(said: list[bytes]) -> str:
    return hashlib.blake2b(b"\n".join(said), digest_size=12).hexdigest()


def _inside(content: bytes, name: bytes) -> Iterator[bytes]:
    """The text inside each element of a name, without tags."""
    opening, closing, start = b"<" + name, b"</" + name, 0
    while (start := content.find(opening, start)) >= 0:
        start += len(opening)
        if content[start : start + 1] and content[start] in _BEHIND_NAME:
            following = content.find(opening, start)
            block = content[start : following if following >= 0 else None]
            text = b"".join(piece.partition(b">")[2] for piece in _until(block, closing).split(b"<"))
            yield b" ".join(text.split())


def _until(block: bytes, closing: bytes) -> bytes:
    """What stands before the end of an element; where it is not written, before the next block."""
    inside, end, _ = block.partition(closing)
    return inside if end else block.partition(b"<div")[0].partition(b"</div")[0]


def _lines(root: html.HtmlElement) -> Iterator[str]:
    """Every piece of text that is seen."""
    for element in islice(root.iter(), ELEMENTS_MOST):
        seen = isinstance(element.tag, str) and element.tag not in _UNSEEN
        for text in (element.text if seen else None, element.tail):
            if line := " ".join((text or "").split()):
                yield line
