"""Utterances as the commands see them: what the index holds, with what people corrected laid over it."""

from collections.abc import Iterator, Sequence
from typing import cast

from pipeline.cli.installation import Installation
from pipeline.news import edits
from pipeline.news.edits import Corrections
from pipeline.news.queries import quote
from pipeline.news.unnamed import named, unnamed
from pipeline.news.utterances import Heard, completed, utterances
from schemas.documents import StatementDocument

TOGETHER = 200
"""Ids that are asked for in one query."""
_ANY = "utterance:({0}) OR former:({0}) OR id:({0})"


def corrections(house: Installation) -> Corrections:
    """What people corrected in the ledger."""
    return edits.corrections(house.catalog.snapshot())


def statements(house: Installation, query: str) -> Iterator[StatementDocument]:
    """All statements that a query finds, the newest first."""
    return (cast(StatementDocument, document) for document in house.search.export("statements", query))


def find(house: Installation, id: str) -> Heard | None:
    """The utterance that a statement belongs to now, or else the one that has this id or had it. That of a quotation of
    nobody known is the utterance of him whom a copy names.
    """
    found = _find(house, id)
    if found is None:
        return None
    if all(map(unnamed, found.carriers)):
        near = list(copies(house, [found]))
        known = (named(quotation, near) for quotation in found.carriers)
        found = next((heard for one in known if one and (heard := _find(house, one.id))), found)
    return completed([found], copies(house, [found]))[0]


def copies(house: Installation, heard: Sequence[Heard]) -> Iterator[StatementDocument]:
    """All statements in the articles that carry these utterances, and in their copies."""
    families = sorted({statement.family for one in heard for statement in one.carriers})
    for start in range(0, len(families), TOGETHER):
        yield from statements(house, f"family:({' OR '.join(map(quote, families[start : start + TOGETHER]))})")


def _find(house: Installation, id: str) -> Heard | None:
    made = corrections(house)
    found = utterances(_related(house, id, made), made=made)
    carrying = (heard for heard in found if any(statement.id == id for statement in heard.carriers))
    called = (heard for heard in found if id in (heard.utterance, *heard.former))
    return next(carrying, next(called, None))


def _related(house: Installation, id: str, made: Corrections) -> list[StatementDocument]:
    """All statements of an utterance, by any of its ids, and of those that an edit names together with it."""
    names = {document.utterance for document in statements(house, f"id:{quote(id)} OR former:{quote(id)}")} | {id}
    while True:
        names = set(edits.related(names, made))
        found = _named(house, sorted(names))
        more = names.union(*({document.utterance, *document.former} for document in found.values()))
        if more == names:
            return list(found.values())
        names = more


def _named(house: Installation, names: list[str]) -> dict[str, StatementDocument]:
    found: dict[str, StatementDocument] = {}
    for start in range(0, len(names), TOGETHER):
        listed = " OR ".join(map(quote, names[start : start + TOGETHER]))
        found |= {one.id: one for one in statements(house, _ANY.format(listed))}
    return found
