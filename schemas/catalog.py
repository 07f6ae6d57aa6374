"""What people define: the officials that are tracked, the watches on them, the sources that are crawled."""

from datetime import date
from typing import Literal

from schemas.record import Value
from schemas.statement import StatementKind


class Role(Value, frozen=True, kw_only=True, omit_defaults=True):
    """An office and when it was held: `since` the first day, `until` the first day after; None is open."""

    title: str
    aliases: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None


class Official(Value, frozen=True, kw_only=True, omit_defaults=True):
    """A person or body that can be tracked. `source` is a public page that shows the roles."""

    id: str
    name: str
    kind: Literal["person", "organisation", "place"] = "person"
    aliases: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ()
    source: str | None = None


class Watch(Value, frozen=True, kw_only=True, omit_defaults=True):
    """Whom to listen to, about what, and whom to tell.

    who         official ids, speaker ids or names; empty is anyone
    about       a query over statement documents (Lucene syntax); None is anything
    kinds       kinds of statement
    confidence  the least confidence of a statement
    versions    whether a new version of a known utterance is told too
    channels    URLs: "feed:", "webhook+https://...", ...
    """

    id: str
    name: str
    who: tuple[str, ...] = ()
    about: str | None = None
    kinds: tuple[StatementKind, ...] = ("direct", "mixed", "indirect")
    confidence: float = 0.5
    versions: bool = True
    channels: tuple[str, ...] = ("feed:",)
    paused: bool = False


class Source(Value, frozen=True, kw_only=True, omit_defaults=True):
    """Where articles come from. `url` is a feed, a sitemap or a section page."""

    id: str
    name: str
    url: str
    kind: Literal["feed", "sitemap", "section"] = "feed"
    language: str | None = None
    paused: bool = False


class Snapshot(Value, frozen=True, kw_only=True, eq=False):
    """The whole catalog at one instant. Compared by identity, so that what is derived from it can be cached."""

    officials: tuple[Official, ...] = ()
    watches: tuple[Watch, ...] = ()
    sources: tuple[Source, ...] = ()
