"""Extract: who is named in an article, and who said what in it."""

from enum import StrEnum

import msgspec

from pipeline.flow import Agent, Drop, Emit
from pipeline.news.extraction import EXTRACTOR
from pipeline.news.extraction import extract as extraction
from pipeline.news.officials import Roster
from pipeline.news.parse import UNREAD, Parse
from pipeline.news.spans import Span
from pipeline.news.statements.tokens import plain
from pipeline.ports import Catalog, Recogniser
from schemas.article import Article, ArticleExtracted, ArticleMarked, Part
from schemas.statement import Carrier, Statement, StatementMade
from schemas.topics import ARTICLES_EXTRACTED, ARTICLES_MARKED, STATEMENTS_MADE

_UNKNOWN = "unknown:"
_PROSE: tuple[Part, ...] = ("standfirst", "body")
"""The parts that a model reads. In headlines capitals mislead it, so they take their names from these."""


class Reason(StrEnum):
    """Why an article is dropped or rejected here: never. An article without statements goes on as well."""


def extract(marked: ArticleMarked, *, catalog: Catalog, recogniser: Recogniser) -> Emit | Drop:
    """The article with its entities, and each statement on its own."""
    article = marked.article
    found = extraction(article, Roster.of(catalog.snapshot()), *recognised(article, recogniser))
    statements = [_met(statement, marked.family) for statement in found.statements]
    carrier = _carrier(marked)
    extracted = ArticleExtracted(
        article=article,
        family=marked.family,
        links=marked.links,
        entities=found.entities,
        statements=tuple(statement.statement_id for statement in statements),
        speakers=tuple(dict.fromkeys(s.speaker for s in statements if s.speaker)),
        extractor=EXTRACTOR,
    )
    return Emit(extracted, *(StatementMade(statement=statement, carrier=carrier) for statement in statements))


def recognised(article: Article, recogniser: Recogniser) -> tuple[list[Span], dict[Part, Parse]]:
    """What a model takes for names in the prose of an article, and the dependency trees of its parts."""
    spans: list[Span] = []
    parses: dict[Part, Parse] = {}
    for part in _PROSE:
        text = article.part(part)
        reading = recogniser.read(plain(text), article.language) if text else UNREAD
        spans += [Span(part, start, end, kind) for start, end, kind in reading.names]
        if reading.parse:
            parses[part] = reading.parse
    return spans, parses


def _met(statement: Statement, family: str) -> Statement:
    """A quotation of nobody known belongs to its family of copies, so that its copies meet in the ledger."""
    if statement.speaker_id != _UNKNOWN:
        return statement
    return msgspec.structs.replace(statement, speaker_id=f"{_UNKNOWN}{family}")


def _carrier(marked: ArticleMarked) -> Carrier:
    article = marked.article
    return Carrier(
        article_id=article.article_id,
        revision=article.revision,
        page=article.page,
        title=article.title,
        language=article.language,
        family=marked.family,
        fetched_at=article.fetched_at,
        url=article.url,
        outlet=article.outlet,
        published=article.published,
    )


EXTRACT = Agent(
    "extract",
    reads=(ARTICLES_MARKED,),
    writes=(ARTICLES_EXTRACTED, STATEMENTS_MADE),
    step=extract,
    reasons=Reason,
)
