"""What cleaning found out about a page, before it is an article."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pipeline.news.pages import Uncleanable
from schemas.article import Part, Removed, Run

DateSource = Literal["json-ld", "meta", "url", "text", "upload"]


@dataclass(frozen=True, slots=True)
class Published:
    """When it was published, where that is stated, and how far that can be trusted, 0 to 1."""

    when: datetime
    precision: Literal["day", "minute"]
    source: DateSource
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The fields have the meaning and the units of those of `schemas.article.Article`.

    language   the page's lang attribute
    locked     where the page states that it is not free: "json-ld" or "meta"
    beginning  the first visible text of the page
    behind     the visible text of the page right behind the body
    wall       what seems to stand in the place of an article
    """

    title: str
    text: str
    quality: float
    extractor: str
    maps: dict[Part, tuple[Run, ...]]
    standfirst: str | None = None
    authors: tuple[str, ...] = ()
    editor: str | None = None
    section: str | None = None
    image: str | None = None
    captions: tuple[str, ...] = ()
    published: Published | None = None
    modified: datetime | None = None
    removed: tuple[Removed, ...] = ()
    language: str | None = None
    locked: str | None = None
    beginning: str = ""
    behind: str = ""
    wall: Uncleanable | None = None
