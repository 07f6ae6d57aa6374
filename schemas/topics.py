"""The table of topics: what each carries, by which key, for how long."""

from collections.abc import Callable
from typing import Any, NamedTuple

from schemas.alert import AlertRaised
from schemas.article import Article, ArticleExtracted, ArticleMarked
from schemas.dead import DeadLetter
from schemas.page import PageFetched
from schemas.record import Record
from schemas.statement import StatementMade, StatementRecorded


class Topic(NamedTuple):
    """A named stream of one type of record.

    key    the thing whose state the next agent owns; records of one key are handled in order
    trace  the article that a record is about (or its alert's), for following one article through the flow
    days   retention: a record that every reader has passed may be deleted after so long
    """

    name: str
    record: type[Record]
    key: Callable[[Any], str]
    trace: Callable[[Any], str]
    days: int


def _article(record: Any) -> str:
    return str(record.article.article_id)


def _carrier(record: Any) -> str:
    return str(record.carrier.article_id)


def _told(alert: AlertRaised) -> str:
    return alert.alert_id if alert.recorded is None else _carrier(alert.recorded)


# Small, and all the rest can be made from it and the page store: it is kept as long as anybody may want a replay.
PAGES_FETCHED = Topic("pages-fetched", PageFetched, lambda r: r.article_id, lambda r: r.article_id, 3650)
ARTICLES_CLEANED = Topic("articles-cleaned", Article, lambda r: r.language, lambda r: r.article_id, 7)
ARTICLES_MARKED = Topic("articles-marked", ArticleMarked, _article, _article, 7)
ARTICLES_EXTRACTED = Topic("articles-extracted", ArticleExtracted, _article, _article, 7)
STATEMENTS_MADE = Topic("statements-made", StatementMade, lambda r: r.statement.speaker_id, _carrier, 7)
STATEMENTS_RECORDED = Topic("statements-recorded", StatementRecorded, lambda r: r.statement.speaker_id, _carrier, 30)
ALERTS_RAISED = Topic("alerts-raised", AlertRaised, lambda r: r.watch_id, _told, 90)
DEAD_LETTERS = Topic("dead-letters", DeadLetter, lambda r: r.key, lambda r: r.trace, 90)

TOPICS: tuple[Topic, ...] = (
    PAGES_FETCHED, ARTICLES_CLEANED, ARTICLES_MARKED, ARTICLES_EXTRACTED,
    STATEMENTS_MADE, STATEMENTS_RECORDED, ALERTS_RAISED, DEAD_LETTERS,
)  # fmt: skip
BY_NAME = {topic.name: topic for topic in TOPICS}
BY_RECORD = {topic.record: topic for topic in TOPICS}
