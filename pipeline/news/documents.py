"""What is searched, built from what flows."""

from datetime import datetime

from schemas.alert import AlertRaised
from schemas.article import ArticleExtracted
from schemas.documents import AlertDocument, ArticleDocument, StatementDocument
from schemas.statement import StatementRecorded


def article_document(extracted: ArticleExtracted) -> ArticleDocument:
    """An article with what was found in it. `copy` and `of` come from its nearest link, which is the first."""
    article, links = extracted.article, extracted.links
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
        speaker=extracted.speakers,
        entity=tuple(dict.fromkeys(entity.name for entity in extracted.entities)),
        family=extracted.family,
        copy=links[0].relation if links else "original",
        of=links[0].of if links else None,
        statements=len(extracted.statements),
        quality=article.quality,
    )


def statement_document(recorded: StatementRecorded) -> StatementDocument:
    """A statement with its article and its place in the ledger."""
    statement, carrier, utterance = recorded.statement, recorded.carrier, recorded.utterance
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
        entity=statement.entities,
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
    )


def alert_document(alert: AlertRaised) -> AlertDocument:
    """An alert with the statement that raised it."""
    statement, carrier, utterance = alert.recorded.statement, alert.recorded.carrier, alert.recorded.utterance
    return AlertDocument(
        id=alert.alert_id,
        revision=carrier.revision,
        watch=alert.watch,
        reason=alert.reason,
        why=alert.why,
        raised=alert.raised_at,
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


def _month(when: datetime) -> str:
    return f"{when:%Y-%m}"
