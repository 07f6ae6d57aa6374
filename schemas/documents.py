"""What can be searched: three families of documents and the type of each field.

One declaration serves every backend: tables of SQLite, mappings of Elasticsearch, the fields that a query may name.
"""

from datetime import date, datetime
from typing import Annotated, Literal, NamedTuple, get_args, get_origin, get_type_hints

import msgspec

from schemas.record import Value

FieldKind = Literal["text", "name", "keyword", "date", "number", "flag"]

Text = Annotated[str, msgspec.Meta(extra={"index": "text"})]
"""Prose: searched by words, exact first and stemmed second; highlighted."""
Name = Annotated[str, msgspec.Meta(extra={"index": "name"})]
"""A proper name: searched by words without stemming, counted as a whole."""
Keyword = Annotated[str, msgspec.Meta(extra={"index": "keyword"})]
"""One value: matched whole (case counts), counted as a whole."""


class _Whole(Value, frozen=True, kw_only=True, omit_defaults=False):
    """Written with all its fields: a server can only find the defaults that it was given."""


class ArticleDocument(_Whole, frozen=True, kw_only=True):
    """One article, its newest revision. `month` is that of `published`, or else of `fetched`: "2022-01"."""

    id: Keyword
    revision: int
    title: Text
    text: Text
    standfirst: Text | None
    language: Keyword
    month: Keyword
    outlet: Name | None
    url: Keyword | None
    page: Keyword
    source: Keyword
    published: datetime | None
    fetched: datetime
    author: tuple[Name, ...]
    section: Keyword | None
    speaker: tuple[Name, ...]
    entity: tuple[Name, ...]
    family: Keyword
    copy: Keyword
    """The closest relation to an earlier article, or "original"."""
    of: Keyword | None
    verbatim: float = 0.0
    """How much of the text stands in `of` word by word, 0 to 1."""
    statements: int
    quality: float
    change: Keyword | None = None
    """What the newest change of the page was: "correction", "extended" or "shortened"."""
    changed: datetime | None = None
    """When it was first fetched."""
    modified: datetime | None = None
    dated_by: Keyword | None = None
    """Where the date of publication was found, `Article.published_source`."""
    dated_surely: float = 0.0
    """How far that can be trusted, `Article.confidence`."""
    image: Keyword | None = None
    paywall: Keyword | None = None
    truncated: Keyword | None = None
    languages: tuple[Keyword, ...] = ()
    """The language, and those of paragraphs in another one."""


class StatementDocument(_Whole, frozen=True, kw_only=True):
    """One statement with what is needed to show and to count it."""

    id: Keyword
    revision: int
    text: Text
    before: Text
    after: Text
    title: Text
    kind: Keyword
    part: Keyword
    speaker: Name | None
    speaker_id: Keyword
    official: Keyword | None
    mention: Name | None
    cue: Keyword | None
    medium: Name | None
    rule: Keyword
    reasons: tuple[Keyword, ...]
    confidence: float
    entity: tuple[Name, ...]
    article: Keyword
    family: Keyword
    outlet: Name | None
    url: Keyword | None
    page: Keyword
    page_start: int | None
    page_end: int | None
    language: Keyword
    month: Keyword
    published: datetime | None
    fetched: datetime
    utterance: Keyword
    novelty: Keyword
    similarity: float
    added: tuple[Keyword, ...]
    first_seen: datetime
    withdrawn: datetime | None = None
    """When the page was first fetched without these words; None while they stand there."""
    former: tuple[Keyword, ...] = ()
    """Ids of utterances that turned out to be this one."""
    said_on: date | None = None
    """The day of speaking, `place` and `occasion`, when the article tells them."""
    place: Name | None = None
    occasion: Name | None = None
    negated: bool = False
    conditional: bool = False


class AlertDocument(_Whole, frozen=True, kw_only=True):
    """One alert."""

    id: Keyword
    revision: int
    watch: Keyword
    reason: Keyword
    why: Text
    raised: datetime
    text: Text
    title: Text
    speaker: Name | None
    speaker_id: Keyword
    kind: Keyword
    statement: Keyword
    utterance: Keyword
    article: Keyword
    outlet: Name | None
    outlets: tuple[Name, ...]
    url: Keyword | None
    language: Keyword
    month: Keyword
    published: datetime | None
    confidence: float
    added: tuple[Keyword, ...]


Document = ArticleDocument | StatementDocument | AlertDocument
FAMILIES: dict[str, type[Document]] = {
    "articles": ArticleDocument,
    "statements": StatementDocument,
    "alerts": AlertDocument,
}
FACETS = ("outlet", "language", "speaker", "entity", "month")


class Field(NamedTuple):
    """How one field is indexed. `many`: it holds several values."""

    kind: FieldKind
    many: bool


def fields(document: type[Document]) -> dict[str, Field]:
    """The fields of a family by name, in the order of their declaration."""
    hints = get_type_hints(document, include_extras=True)
    return {name: _field(hints[name]) for name in document.__struct_fields__}


def _field(hint: object) -> Field:
    if get_origin(hint) is tuple:
        return Field(_field(get_args(hint)[0]).kind, many=True)
    for option in (hint, *get_args(hint)):
        for meta in getattr(option, "__metadata__", ()):
            return Field(meta.extra["index"], many=False)
        if option in (date, datetime):
            return Field("date", many=False)
        if option is bool:
            return Field("flag", many=False)
        if option in (int, float):
            return Field("number", many=False)
    raise TypeError(f"no index type for {hint}")
