"""One record per utterance, read from the statements that carry it."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from schemas.documents import StatementDocument

_FULLEST = {"direct": 2, "mixed": 1, "indirect": 0}


class Heard(NamedTuple):
    """An utterance as people read it.

    wording   the fullest verbatim wording, else the fullest reported one; `statement` is the statement that has it
    carriers  its statements, oldest first
    families  articles, copies of one text counted once
    """

    utterance: str
    speaker: str | None
    speaker_id: str
    wording: str
    statement: StatementDocument
    first_seen: datetime
    last_seen: datetime
    outlets: tuple[str, ...]
    articles: int
    families: int
    versions: int
    carriers: tuple[StatementDocument, ...]


def utterances(statements: Iterable[StatementDocument]) -> list[Heard]:
    """Group statements by their utterance, the newest utterance first."""
    groups: dict[str, list[StatementDocument]] = {}
    for statement in statements:
        groups.setdefault(statement.utterance, []).append(statement)
    heard = [_heard(id, sorted(group, key=lambda s: (seen(s), s.id))) for id, group in groups.items()]
    return sorted(heard, key=lambda h: (h.first_seen, h.utterance), reverse=True)


def seen(statement: StatementDocument) -> datetime:
    """When the article of a statement appeared: published, or else fetched."""
    return statement.published or statement.fetched


def _heard(id: str, carriers: list[StatementDocument]) -> Heard:
    fullest = max(carriers, key=lambda s: (_FULLEST[s.kind], len(s.text)))
    return Heard(
        utterance=id,
        speaker=fullest.speaker,
        speaker_id=fullest.speaker_id,
        wording=fullest.text,
        statement=fullest,
        first_seen=seen(carriers[0]),
        last_seen=seen(carriers[-1]),
        outlets=tuple(dict.fromkeys(s.outlet for s in carriers if s.outlet)),
        articles=len({s.article for s in carriers}),
        families=len({s.family for s in carriers}),
        versions=sum(s.novelty == "version" for s in carriers),
        carriers=tuple(carriers),
    )
