"""Documents and a small way of speaking with a search index, for the tests of its backends. All people are invented."""

from datetime import UTC, datetime
from typing import Any, Protocol

from pipeline.news.queries import Query
from pipeline.ports import Index, Search
from schemas.documents import AlertDocument, ArticleDocument, StatementDocument

DAY = datetime(2022, 1, 17, 10, 0, tzinfo=UTC)


class Backend(Index, Search, Protocol):
    """Both sides of one search index."""

    def close(self) -> None: ...


def article(id: str = "a1", **changes: Any) -> ArticleDocument:
    fields: dict[str, Any] = {
        "id": id, "revision": 1, "title": "Menteri bicara", "text": "Rapat itu ditunda.", "standfirst": None,
        "language": "id", "month": "2022-01", "outlet": "Harian Bantara", "url": f"https://bantara.example/{id}",
        "page": "p" * 8, "source": "upload", "published": DAY, "fetched": DAY, "author": (), "section": None,
        "speaker": (), "entity": (), "family": id, "copy": "original", "of": None, "statements": 0, "quality": 1.0,
    }  # fmt: skip
    return ArticleDocument(**{**fields, **changes})


def statement(id: str = "s1", **changes: Any) -> StatementDocument:
    fields: dict[str, Any] = {
        "id": id, "revision": 1, "text": "Kami menolak usul itu", "before": "", "after": "", "title": "Usul ditolak",
        "kind": "direct", "part": "body", "speaker": "Ratna Widuri", "speaker_id": "person:ratna-widuri",
        "official": None, "mention": "Ratna", "cue": "kata", "medium": None, "rule": "r1", "reasons": ("name",),
        "confidence": 0.9, "entity": (), "article": "a1", "family": "a1", "outlet": "Harian Bantara", "url": None,
        "page": "p" * 8, "page_start": None, "page_end": None, "language": "id", "month": "2022-01", "published": DAY,
        "fetched": DAY, "utterance": id, "novelty": "new", "similarity": 0.0, "added": (), "first_seen": DAY,
    }  # fmt: skip
    return StatementDocument(**{**fields, **changes})


def alert(id: str = "l1", **changes: Any) -> AlertDocument:
    fields: dict[str, Any] = {
        "id": id, "revision": 1, "watch": "w1", "reason": "new-utterance", "why": "Ratna Widuri diikuti",
        "raised": DAY, "text": "Kami menolak usul itu", "title": "Usul ditolak", "speaker": "Ratna Widuri",
        "speaker_id": "person:ratna-widuri", "kind": "direct", "statement": "s1", "utterance": "s1", "article": "a1",
        "outlet": "Harian Bantara", "outlets": ("Harian Bantara", "Warta Lembah"), "url": None, "language": "id",
        "month": "2022-01", "published": DAY, "confidence": 0.9, "added": (),
    }  # fmt: skip
    return AlertDocument(**{**fields, **changes})


def ids(index: Search, query: str | Query, family: str = "articles", **options: Any) -> list[str]:
    found = index.search(family, query, **options)
    assert found.total >= len(found.hits)
    return [hit.document.id for hit in found.hits]


def fill(index: Backend, *articles: ArticleDocument) -> None:
    for document in articles:
        index.put("articles", document)
    index.flush()
