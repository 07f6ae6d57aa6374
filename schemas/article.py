"""An article: the cleaned text of a page, its copies, its entities.

All offsets count codepoints. An offset into the article goes with a part: `title`, `standfirst` or `body`
(`Article.part()` gives the text that it slices). An offset into the page counts in the page's text, which is the
decoded source for HTML and plain text and the extracted text for PDF (`pipeline.news.pages.page_text`).
"""

from datetime import datetime
from typing import ClassVar, Literal

from schemas.record import Record, Value
from schemas.version import Changes, Version

Part = Literal["title", "standfirst", "body"]
Relation = Literal["exact", "copy", "excerpt", "derived", "template"]
EntityKind = Literal["person", "organisation", "place", "role"]


class Run(Value, frozen=True, kw_only=False, array_like=True):
    """`length` codepoints at `text` in a part of the article stand at `page` in the page's text.

    The two are equal but for white space: any white space of the page may be a plain space in the article.
    """

    text: int
    page: int
    length: int


class Removed(Value, frozen=True, kw_only=False, array_like=True):
    """A stretch of the page's text that is not part of the article, and why."""

    start: int
    end: int
    reason: str


class Tongue(Value, frozen=True, kw_only=False, array_like=True):
    """body[start:end], whole paragraphs, is in another language than the article (ISO 639-1)."""

    start: int
    end: int
    language: str


class Article(Record, frozen=True, kw_only=True, omit_defaults=True):
    """The cleaned text of one revision of one page.

    charset           what the transport said of the page; with it the page's text can be made again
    text              the body: paragraphs separated by one line break
    maps              per part, where its codepoints stand in the page's text
    removed           every line of a text copy that is not in a part, with its reason (captions, bylines and dates too,
                      which also are in their fields); for HTML what the line filter took out after extraction;
                      after `dedupe` also lines of the site (site-template)
    published         with the zone that the page states; midnight UTC when only a day is known
    published_source  json-ld, meta, url, text or upload
    confidence        of `published`, 0 to 1
    quality           of the cleaning, 0 to 1: for web pages how much several extractors agree on the body, for
                      text copies the share of words in lines like paragraphs
    paywall           where the page says that not all may read it: json-ld, meta or text
    truncated         how one sees that the text is not all of it: continue-reading, ellipsis or breaks-off
    languages         the paragraphs in another language than `language`
    extractor         name and version of what cleaned it
    same_as           as in PageFetched
    """

    SCHEMA: ClassVar[str] = "article.v1"
    article_id: str
    revision: int
    page: str
    media_type: str
    source: str
    fetched_at: datetime
    title: str
    text: str
    language: str
    extractor: str
    charset: str | None = None
    url: str | None = None
    outlet: str | None = None
    standfirst: str | None = None
    authors: tuple[str, ...] = ()
    editor: str | None = None
    dateline: str | None = None
    section: str | None = None
    image: str | None = None
    captions: tuple[str, ...] = ()
    published: datetime | None = None
    published_precision: Literal["day", "minute"] | None = None
    published_source: str | None = None
    confidence: float = 0.0
    modified: datetime | None = None
    quality: float = 1.0
    paywall: str | None = None
    truncated: str | None = None
    languages: tuple[Tongue, ...] = ()
    maps: dict[Part, tuple[Run, ...]] = {}
    removed: tuple[Removed, ...] = ()
    same_as: tuple[str, ...] = ()

    def part(self, part: Part) -> str:
        """The text that offsets of this part slice."""
        return {"title": self.title, "standfirst": self.standfirst or "", "body": self.text}[part]

    @property
    def seen_at(self) -> datetime:
        """When the article is taken to have appeared: published, or else fetched."""
        return self.published or self.fetched_at


class Span(Value, frozen=True, kw_only=False, array_like=True, order=True):
    """A stretch of the body: codepoints start..end-1."""

    start: int
    end: int


class Link(Value, frozen=True, kw_only=True, omit_defaults=True):
    """This article shares text with an earlier one.

    score     the containment of 5-word shingles: how much of the shorter text stands in the other, 0 to 1
    share     how much of this article's body stands in the other word by word, 0 to 1
    passages  where it does, the longest ones, in order; their ends may be a few words off
    reason    text: the texts were compared; same-page: a page declared that both are one, whatever their texts
    """

    of: str
    relation: Relation
    score: float
    share: float = 0.0
    passages: tuple[Span, ...] = ()
    reason: Literal["text", "same-page"] = "text"


class ArticleMarked(Record, frozen=True, kw_only=True, omit_defaults=True):
    """An article and its copies. `family` is the article id of the earliest known member.

    previous    the newest earlier version of the page that says something else
    changed_at  when what it says now was fetched first; None as long as there is one version
    """

    SCHEMA: ClassVar[str] = "article-marked.v1"
    article: Article
    family: str
    links: tuple[Link, ...] = ()
    previous: Version | None = None
    changed_at: datetime | None = None


class Mention(Value, frozen=True, kw_only=False, array_like=True):
    """Where an entity is named in the article."""

    part: Part
    start: int
    end: int


class Entity(Value, frozen=True, kw_only=True, omit_defaults=True):
    """Someone or something named in an article, all its mentions together.

    entity_id  the id of the official it is linked to, else kind and name ("person:jens-stoltenberg")
    name       the official's name, else the fullest form in the article
    official   the id in the catalog, None when not tracked
    roles      the offices that stand before a person's name, as written
    reason     why it was linked: name, alias or role
    """

    entity_id: str
    kind: EntityKind
    name: str
    mentions: tuple[Mention, ...]
    aliases: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    official: str | None = None
    reason: str | None = None
    confidence: float = 1.0


class ArticleExtracted(Record, frozen=True, kw_only=True, omit_defaults=True):
    """An article with what was found in it. The statements themselves travel one by one (`StatementMade`).

    changes  against the newest earlier version of the page that said something else
    """

    SCHEMA: ClassVar[str] = "article-extracted.v1"
    article: Article
    family: str
    links: tuple[Link, ...] = ()
    entities: tuple[Entity, ...] = ()
    statements: tuple[str, ...] = ()
    speakers: tuple[str, ...] = ()
    extractor: str
    changes: Changes | None = None
