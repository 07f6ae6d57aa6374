"""Versions of one page: which came before, and what the newer one changes."""

from datetime import datetime
from typing import Literal

from schemas.record import Value

ChangeKind = Literal["correction", "extended", "shortened", "form", "unreadable"]


class Cut(Value, frozen=True, kw_only=False, array_like=True):
    """text[start:end] of the cleaned body was taken out as lines of the site, in codepoints."""

    start: int
    end: int


class Version(Value, frozen=True, kw_only=False, array_like=True):
    """One version of a page: what is needed to clean it again and to get the same article.

    page, media_type, charset, fetched_at  as in PageFetched
    title  only where the sender gave it and the page does not have it
    cut    what was taken out of its body
    """

    revision: int
    page: str
    media_type: str
    fetched_at: datetime
    charset: str | None = None
    title: str | None = None
    cut: tuple[Cut, ...] = ()


class Said(Value, frozen=True, kw_only=True, omit_defaults=True):
    """A statement of one version."""

    statement_id: str
    text: str
    speaker: str | None = None


class Reworded(Value, frozen=True, kw_only=True):
    """A statement that says something else now."""

    before: Said
    after: Said


class Changes(Value, frozen=True, kw_only=True, omit_defaults=True):
    """What an article changes against an earlier version of its page.

    revision, page  of that version
    at              when the present text was fetched first
    kind            correction: something was reworded, removed or put between; extended: paragraphs came in and nothing
                    else; shortened: at least two fifths of the words are gone from its end and nothing else changed,
                    which also is what a paywall looks like; form: only white space, punctuation, dates and counters;
                    unreadable: the page store has no such page, or it cannot be cleaned any more
    title           the title before, where it changed
    paragraphs_..., words_...  how many of title, standfirst and body
    added, removed, reworded   statements; one whose words still stand in the article is in none of them
    """

    revision: int
    page: str
    at: datetime
    kind: ChangeKind
    title: str | None = None
    paragraphs_added: int = 0
    paragraphs_removed: int = 0
    paragraphs_changed: int = 0
    words_added: int = 0
    words_removed: int = 0
    added: tuple[Said, ...] = ()
    removed: tuple[Said, ...] = ()
    reworded: tuple[Reworded, ...] = ()
