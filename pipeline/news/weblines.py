"""The lines that extractors take for text: which are the body, and which are furniture of the page."""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass

from pipeline.news.layout import Copy, find_body
from pipeline.news.lines import Block, Line, Reason, cue_of
from pipeline.news.mapping import packed_text

_NOT_BODY = frozenset((Reason.TEASER, Reason.COMMENT_FORM, Reason.PROMOTION, Reason.SHARE))
"""Cues that are believed of a line that an extractor took for text; it knows menus better than the cues do."""


def bare(text: str) -> str:
    """Letters and digits only, in lower case."""
    return "".join(re.findall(r"\w+", text.lower()))


def copy_of(lines: Sequence[str], blank_before: bool = True) -> Copy:
    """The lines as a text copy of one line a block."""
    return Copy([Block((Line(0, len(text), blank_before),), text) for text in lines])


@dataclass(frozen=True)
class Lines:
    """Paragraphs of the body, and the lines that were taken out of it."""

    kept: list[str]
    removed: list[tuple[str, Reason]]

    @property
    def text(self) -> str:
        """The body."""
        return "\n".join(self.kept)

    @classmethod
    def split(cls, paragraphs: Sequence[str], title: str, links: Set[str]) -> "Lines":
        """`links`: texts of links without white space."""
        outside = furniture(paragraphs, links)
        lines = cls([], [])
        for i, text in enumerate(paragraphs):
            if i in outside:
                lines.removed.append((text, outside[i]))
                continue
            reason = cue_of(text)
            if not lines.kept and bare(text) == bare(title):
                continue  # the heading of the page is the title itself
            last = i + 1 == len(paragraphs)
            if reason and (reason in _NOT_BODY or (last and reason is Reason.SECTION)):
                lines.removed.append((text, reason))
            else:
                lines.kept.append(text)
        return lines


_LINK_LINES, _FRAME_LINES = 2, 5
"""Lines around the body that are links, and lines there that are links or say what they are (date, share, rights, ...),
from which an extractor took the template of a page for text."""
_FRAME = frozenset((Reason.MENU, Reason.SHARE, Reason.SECTION, Reason.COMMENT_FORM, Reason.RIGHTS, Reason.BYLINE))
_LINK_SEPARATOR = re.compile(r"\s*[|·•»›/]\s*")


def furniture(paragraphs: Sequence[str], links: Set[str]) -> dict[int, Reason]:
    """The lines around the article, where they look like menus: what stands before the body, and behind
    it from the first line on that is a link or says what it is. `links`: texts of links without white space.
    """
    links_only = {i for i, text in enumerate(paragraphs) if _is_link(text, links)}
    if len(links_only) < _LINK_LINES:
        return {}
    copy = copy_of(paragraphs)
    found = [i for i in range(len(paragraphs)) if copy.paragraph(i)]
    if not found:
        return {}
    edges = [*range(found[0]), *range(found[-1] + 1, len(paragraphs))]
    linked = [i for i in edges if i in links_only]
    framed = {*linked, *(i for i in edges if copy.reasons[i] in _FRAME)}
    if len(linked) < _LINK_LINES or len(framed) < _FRAME_LINES:
        return {}
    body, _ = find_body(copy)
    known = [i for i in range(len(paragraphs)) if i in framed or copy.reasons[i]]
    last = min((i for i in known if i > body.last), default=len(paragraphs))
    outside = dict.fromkeys(range(body.first if min(known) < body.first else 0), Reason.BEFORE_ARTICLE)
    outside |= dict.fromkeys(range(last, len(paragraphs)), Reason.AFTER_ARTICLE)
    return {i: Reason.MENU if i in linked else copy.reasons[i] or reason for i, reason in outside.items()}


def _is_link(text: str, links: Set[str]) -> bool:
    """Whether a line is nothing but links."""
    parts = [packed for part in _LINK_SEPARATOR.split(text) if (packed := packed_text(part))]
    whole = bool(parts) and (packed_text(text) in links or all(part in links for part in parts))
    return whole and "://" not in text
