"""What is searched, built from what flows."""

from collections.abc import Iterable
from datetime import UTC, datetime

from schemas.alert import AlertRaised
from schemas.article import ArticleExtracted
from schemas.documents import AlertDocument, ArticleDocument, StatementDocument
from schemas.statement import StatementRecorded

_TOLD = ("correction", "extended", "shortened")
"""Changes that say something else, as far as is known."""


def article_document(record: ArticleExtracted) -> ArticleDocument:
    """The document of an article. Its relation is that of the link with the highest score."""
    article = record.article
    best = max(record.links, key=lambda link: link.score, default=None)
    changes = record.changes if record.changes and record.changes.kind in _TOLD else None
    return ArticleDocument(
        id=article.article_id,
        revision=article.revision,
        title=article.title,
        text=article.text,
        standfirst=article.standfirst,
        language=article.language,
        month=_month(article.seen_at),
        outlet=article.outlet,
        url=article.url,
        page=article.page,
        source=article.source,
        published=article.published,
        fetched=article.fetched_at,
        author=article.authors,
        section=article.section,
        speaker=_once(record.speakers),
        entity=_once(entity.name for entity in record.entities),
        family=record.family,
        copy=best.relation if best else "original",
        of=best.of if best else None,
        verbatim=best.share if best else 0.0,
        statements=len(record.statements),
        quality=article.quality,
        change=changes.kind if changes else None,
        changed=changes.at if changes else None,
        modified=article.modified,
        dated_by=article.published_source,
        dated_surely=article.confidence,
        image=article.image,
        paywall=article.paywall,
        truncated=article.truncated,
        languages=_once((article.language, *(tongue.language for tongue in article.languages))),
    )


def statement_document(record: StatementRecorded) -> StatementDocument:
    """The document of a statement with what the ledger knew when it was recorded."""
    statement, carrier, utterance = record.statement, record.carrier, record.utterance
    return StatementDocument(
        id=statement.statement_id,
        revision=carrier.revision,
        text=statement.text,
        before=statement.before,
        after=statement.after,
        title=carrier.title,
        kind=statement.kind,
        part=statement.part,
        speaker=statement.speaker,
        speaker_id=statement.speaker_id,
        official=statement.official,
        mention=statement.mention,
        cue=statement.cue,
        medium=statement.medium,
        rule=statement.rule,
        reasons=statement.reasons,
        confidence=statement.confidence,
        entity=_once(statement.entities),
        article=carrier.article_id,
        family=carrier.family,
        outlet=carrier.outlet,
        url=carrier.url,
        page=carrier.page,
        page_start=statement.page_start,
        page_end=statement.page_end,
        language=carrier.language,
        month=_month(carrier.seen_at),
        published=carrier.published,
        fetched=carrier.fetched_at,
        utterance=utterance.utterance_id,
        novelty=utterance.novelty,
        similarity=utterance.similarity,
        added=utterance.added,
        first_seen=utterance.first_seen,
        withdrawn=record.withdrawn,
        former=utterance.former,
        said_on=statement.said_on,
        place=statement.place,
        occasion=statement.occasion,
        negated=statement.negated,
        conditional=statement.conditional,
    )


def alert_document(record: AlertRaised) -> AlertDocument:
    """The document of an alert. Its month is that of the article, as for the statement that it is about."""
    statement, carrier, utterance = record.heard.statement, record.heard.carrier, record.heard.utterance
    return AlertDocument(
        id=record.alert_id,
        revision=carrier.revision,
        watch=record.watch_id,
        reason=record.reason,
        why=record.why,
        raised=record.raised_at,
        text=statement.text,
        title=carrier.title,
        speaker=statement.speaker,
        speaker_id=statement.speaker_id,
        kind=statement.kind,
        statement=statement.statement_id,
        utterance=utterance.utterance_id,
        article=carrier.article_id,
        outlet=carrier.outlet,
        outlets=utterance.outlets,
        url=carrier.url,
        language=carrier.language,
        month=_month(carrier.seen_at),
        published=carrier.published,
        confidence=statement.confidence,
        added=utterance.added,
    )


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _month(moment: datetime) -> str:
    """The month in UTC, so that month:2022-01 and published:2022-01 mean the same."""
    return (moment.astimezone(UTC) if moment.tzinfo else moment).isoformat()[:7]
