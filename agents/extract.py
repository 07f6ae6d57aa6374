"""Extract: who is named in an article, and who said what in it."""

from enum import StrEnum

import msgspec

from pipeline.flow import Agent, Drop, Emit, Reject
from pipeline.news import ledger, versions
from pipeline.news.cleaning import clean
from pipeline.news.extraction import EXTRACTOR, Extraction
from pipeline.news.extraction import extract as extraction
from pipeline.news.officials import Roster
from pipeline.news.parse import UNREAD, Parse
from pipeline.news.sitelines import without
from pipeline.news.spans import Span
from pipeline.news.statements.tokens import plain
from pipeline.news.unnamed import UNKNOWN
from pipeline.news.versions import Text
from pipeline.ports import Catalog, Pages, Recogniser
from schemas.article import Article, ArticleExtracted, ArticleMarked, Part
from schemas.statement import Carrier, Statement, StatementMade
from schemas.topics import ARTICLES_EXTRACTED, ARTICLES_MARKED, STATEMENTS_MADE
from schemas.version import Changes

_PROSE: tuple[Part, ...] = ("standfirst", "body")
"""The parts that a model reads. In headlines capitals mislead it, so they take their names from these."""


class Reason(StrEnum):
    """Why an article is dropped or rejected here: never. An article without statements goes on as well."""


def extract(marked: ArticleMarked, *, catalog: Catalog, recogniser: Recogniser, pages: Pages) -> Emit | Drop:
    """The article with its entities, each statement on its own, and what is new against the version before.

    The version before is read again from its page. What it said and the page no longer says goes on as withdrawn.
    """
    article = marked.article
    found = read(article, catalog, recogniser)
    statements = [_met(statement, marked.family) for statement in found.statements]
    changes, gone = _changes(marked, statements, catalog, recogniser, pages)
    carrier = _carrier(marked)
    extracted = ArticleExtracted(
        article=article,
        family=marked.family,
        links=marked.links,
        entities=found.entities,
        statements=tuple(statement.statement_id for statement in statements),
        speakers=tuple(dict.fromkeys(s.speaker for s in statements if s.speaker)),
        extractor=EXTRACTOR,
        changes=changes,
    )
    made = ledger.surrounded(StatementMade(statement=statement, carrier=carrier) for statement in statements)
    return Emit(extracted, *sorted(made, key=_fullest), *gone)


def read(article: Article, catalog: Catalog, recogniser: Recogniser) -> Extraction:
    """Who is named in an article, and who said what in it."""
    return extraction(article, Roster.of(catalog.snapshot()), *recognised(article, recogniser))


def _changes(
    marked: ArticleMarked, statements: list[Statement], catalog: Catalog, recogniser: Recogniser, pages: Pages
) -> tuple[Changes | None, list[StatementMade]]:
    """What an article changes against the version before, and the statements that it withdraws."""
    previous, at = marked.previous, marked.changed_at
    if previous is None or at is None:
        return None, []
    page = versions.page_of(previous, marked.article)
    try:
        old = without(clean(pages.get(previous.page), page), previous.cut)
    except (KeyError, Reject):
        return versions.unreadable(previous, at), []
    before = [_met(statement, marked.family) for statement in read(old, catalog, recogniser).statements]
    changes = versions.compare(Text(old, before), Text(marked.article, statements), at)
    now = {statement.statement_id for statement in statements}
    carrier = msgspec.structs.replace(_carrier(marked), page=previous.page)
    gone = [s for s in versions.withdrawn(changes, before) if s.statement_id not in now]
    return changes, [StatementMade(statement=statement, carrier=carrier, withdrawn=at) for statement in gone]


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


def _fullest(made: StatementMade) -> tuple[bool, bool]:
    """Quotations come before what only reports them, and headlines last: so the ledger and its readers get to know an
    utterance by its words, and reports that each hold a part of it meet it.
    """
    return made.statement.kind == "indirect", made.statement.part == "title"


def _met(statement: Statement, family: str) -> Statement:
    """A quotation of nobody known belongs to its family of copies, so that its copies meet in the ledger."""
    if statement.speaker_id != UNKNOWN:
        return statement
    return msgspec.structs.replace(statement, speaker_id=f"{UNKNOWN}{family}")


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
    version=3,
)
