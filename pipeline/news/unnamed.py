"""Whose words a quotation of nobody known is: of him whom another copy of the same text names.

One outlet cuts the name off that another one prints. Each article is read on its own, and unknown is better than wrong,
so such a quotation is recorded as that of somebody unknown. When records are made, it joins the utterance of the one
speaker to whom copies give the same words; where they give them to two, it stays apart.
"""

from collections.abc import Iterable

from pipeline.news import likeness, wording
from schemas.documents import StatementDocument

UNKNOWN = "unknown:"
"""The ids of speakers who are not known begin so."""
COPIED = 0.7
"""The least share of content words that the same words have in two copies of one text, of which one may be edited."""


def unnamed(statement: StatementDocument) -> bool:
    """Whether nobody knows who said it."""
    return statement.speaker_id.startswith(UNKNOWN)


def named(quotation: StatementDocument, family: Iterable[StatementDocument]) -> StatementDocument | None:
    """The first statement in the copies of its text that gives these words to somebody known; None when there is none,
    and when they are given to several.
    """
    found = [statement for statement in family if not unnamed(statement) and _copied(quotation, statement)]
    speakers = {statement.speaker_id for statement in found}
    if len(speakers) != 1:
        return None
    return min(found, key=lambda statement: (statement.published or statement.fetched, statement.id))


def _copied(one: StatementDocument, other: StatementDocument) -> bool:
    together = (one.family, one.language) == (other.family, other.language) and one.article != other.article
    return together and _alike(_content(one), _content(other))


def _alike(one: wording.Content, other: wording.Content) -> bool:
    copied = likeness.comparable(one, other, together=False) and not wording.contradict(one, other)
    return one.key == other.key or (copied and likeness.share(one, other) >= COPIED)


def _content(statement: StatementDocument) -> wording.Content:
    return wording.read(statement.text, statement.language).content
