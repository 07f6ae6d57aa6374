"""Invented articles, statements, people and outlets."""

from datetime import UTC, datetime, timedelta
from random import Random

from schemas.article import Article
from schemas.statement import Carrier, Statement, StatementMade, StatementRecorded

DAY = datetime(2031, 3, 10, 8, tzinfo=UTC)
SYLLABLES = ("ba", "ci", "du", "ge", "ka", "lo", "mi", "nu", "pe", "ra", "si", "ta", "wo", "ya")


def prose(seed: int, words: int = 220) -> str:
    """A text of words that no other seed has in this order, in paragraphs of 40 words."""
    random = Random(seed)
    found = ["".join(random.choices(SYLLABLES, k=random.randint(2, 4))) for _ in range(words)]
    return "\n".join(" ".join(found[start : start + 40]) for start in range(0, words, 40))


def article(
    article_id: str,
    text: str,
    *,
    days: float = 0,
    revision: int = 1,
    title: str = "",
    outlet: str | None = None,
    language: str = "id",
) -> Article:
    return Article(
        article_id=article_id,
        revision=revision,
        page="p",
        media_type="text/plain",
        source="upload",
        fetched_at=DAY + timedelta(days=days),
        title=title or f"Judul {article_id}",
        text=text,
        language=language,
        extractor="test-1",
        outlet=outlet,
    )


def made(
    statement_id: str,
    text: str,
    *,
    article: str = "",
    days: float = 0,
    speaker_id: str = "person:ratna-kusuma",
    speaker: str | None = "Ratna Kusuma",
    official: str | None = None,
    outlet: str | None = None,
    revision: int = 1,
    family: str = "",
    language: str = "id",
    kind: str = "direct",
    confidence: float = 0.9,
    start: int | None = None,
) -> StatementMade:
    """A statement; the second of an article ("a.2") stands 1,000 codepoints behind the first ("a.1")."""
    name, _, number = statement_id.partition(".")
    article = article or name
    start = 1000 * int(number if number.isdecimal() else 0) if start is None else start
    return StatementMade(
        statement=Statement(
            statement_id=statement_id,
            kind=kind,
            part="body",
            start=start,
            end=start + len(text),
            text=text,
            speaker=speaker,
            speaker_id=speaker_id,
            official=official,
            rule="test",
            confidence=confidence,
        ),
        carrier=Carrier(
            article_id=article,
            revision=revision,
            page="p",
            title="Judul",
            language=language,
            family=family or article,
            fetched_at=DAY + timedelta(days=days),
            outlet=outlet,
        ),
    )


def recorded(statement: StatementMade, utterance: object) -> StatementRecorded:
    return StatementRecorded(statement=statement.statement, carrier=statement.carrier, utterance=utterance)
