"""index: writes articles, statements and alerts as documents that people search."""

from enum import StrEnum

from pipeline.flow import Agent, Drop, Emit
from pipeline.news.documents import alert_document, article_document, statement_document
from pipeline.ports import Index
from schemas.alert import AlertRaised
from schemas.article import ArticleExtracted
from schemas.statement import StatementRecorded
from schemas.topics import ALERTS_RAISED, ARTICLES_EXTRACTED, STATEMENTS_RECORDED


class Reason(StrEnum):
    """Why nothing was written."""

    SUPERSEDED = "superseded"
    """The index has a newer revision of the article already."""
    NOTICE = "notice"
    """It tells of Pantau itself, which is no document."""


def index(record: ArticleExtracted | StatementRecorded | AlertRaised, *, index: Index) -> Emit | Drop:
    """Write a record's document; with an article, retract the statements that its new revision no longer has."""
    match record:
        case ArticleExtracted():
            return _article(record, index)
        case StatementRecorded():
            return _statement(record, index)
        case AlertRaised(recorded=None):
            return Drop(Reason.NOTICE)
        case AlertRaised():
            index.put("alerts", alert_document(record))
            return Emit()


def _article(record: ArticleExtracted, index: Index) -> Emit | Drop:
    article = record.article
    if index.revision("articles", article.article_id) > article.revision:
        return Drop(Reason.SUPERSEDED)
    index.put("articles", article_document(record))
    index.retract(article.article_id, record.statements, article.revision)
    return Emit()


def _statement(record: StatementRecorded, index: Index) -> Emit | Drop:
    carrier = record.carrier
    if not record.withdrawn and index.revision("articles", carrier.article_id) > carrier.revision:
        return Drop(Reason.SUPERSEDED)
    index.put("statements", statement_document(record))
    return Emit()


INDEX = Agent(
    name="index",
    reads=(ARTICLES_EXTRACTED, STATEMENTS_RECORDED, ALERTS_RAISED),
    writes=(),
    step=index,
    reasons=Reason,
)
