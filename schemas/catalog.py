"""What people define: the officials that are tracked, the watches on them, the sources that are crawled; and what they
correct in the ledger.
"""

from datetime import date, datetime
from typing import Any, Literal

from schemas.record import Value
from schemas.statement import StatementKind

Novelty = Literal["utterance", "version", "carried", "first"]
Cadence = Literal["at-once", "hourly", "daily"]


class Role(Value, frozen=True, kw_only=True, omit_defaults=True):
    """An office and when it was held: `since` the first day, `until` the first day after; None is open."""

    title: str
    aliases: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None


class Official(Value, frozen=True, kw_only=True, omit_defaults=True):
    """A person or body that can be tracked. `source` is a public page that shows the roles; watches may name one of its
    `groups` ("cabinet") in place of all who belong to it.
    """

    id: str
    name: str
    kind: Literal["person", "organisation", "place"] = "person"
    aliases: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ()
    groups: tuple[str, ...] = ()
    source: str | None = None


class Pace(Value, frozen=True, kw_only=True, omit_defaults=True):
    """When what a watch is told is sent.

    cadence  at once, or together in a digest every full hour, or daily at `at`
    at       the time of day of a daily digest, "07:00"
    maximum  alerts in one digest; more make another one right behind it
    quiet    hours in which nothing is sent, "22:00-06:00"; what comes then is sent when they end
    zone     the time zone of both, a name of the IANA database: "Asia/Jakarta"
    """

    cadence: Cadence = "at-once"
    at: str = "07:00"
    maximum: int = 50
    quiet: str | None = None
    zone: str = "UTC"


class Watch(Value, frozen=True, kw_only=True, omit_defaults=True):
    """Whom to listen to, about what, and whom to tell.

    who         official ids, speaker ids, names, "role:Menteri Luar Negeri" for whoever holds that office on the day,
                or "group:cabinet"; empty is anyone
    about       a query over statement documents (Lucene syntax); None is anything
    kinds       kinds of statement
    confidence  the least confidence of a statement
    novelty     utterance: what was not heard before; version: a known utterance with words added; carried: an utterance
                that `outlets` independent outlets carry by now; first: only the first time that somebody speaks of this
    cadence, at, maximum, quiet, zone  as in Pace
    channels    URLs: "feed:", "mailto:...", "webhook+https://...", ...
    """

    id: str
    name: str
    who: tuple[str, ...] = ()
    about: str | None = None
    kinds: tuple[StatementKind, ...] = ("direct", "mixed", "indirect")
    confidence: float = 0.5
    novelty: tuple[Novelty, ...] = ("utterance", "version")
    outlets: int = 3
    cadence: Cadence = "at-once"
    at: str = "07:00"
    maximum: int = 50
    quiet: str | None = None
    zone: str = "UTC"
    channels: tuple[str, ...] = ("feed:",)
    paused: bool = False

    @property
    def pace(self) -> Pace:
        """When what it is told is sent."""
        return Pace(cadence=self.cadence, at=self.at, maximum=self.maximum, quiet=self.quiet, zone=self.zone)


class Change(Value, frozen=True, kw_only=True, omit_defaults=True):
    """A change of one entry of the catalog: who made it and when, and each field that differs, before and after.

    by  whoever ran a command; "by hand" for what was changed in a file, with the time of the file
    """

    at: datetime
    by: str
    kind: Literal["official", "watch", "source"]
    id: str
    change: Literal["added", "changed", "removed"]
    fields: dict[str, tuple[Any, Any]]


class Seed(Value, frozen=True, kw_only=True, omit_defaults=True):
    """A statement that shows what belongs to one side of a split: what comes later goes with the most alike."""

    statement_id: str
    language: str
    text: str


class Edit(Value, frozen=True, kw_only=True, omit_defaults=True):
    """A correction of the ledger: who made it, when and why.

    kind        merge: all of `utterances` are one, and the first of them names it
                split: `apart` are no wordings of `utterances[0]`, which keeps `rest`; they are called `name` now
                undo: `undoes`, an edit before this one, holds no longer; if that is an undo, what it undid holds again
    utterances  every id that they had then, the one in use of the first first
    statements  the statements that were merged; of a split they are in `apart` and `rest`
    """

    id: str
    at: datetime
    by: str
    why: str
    kind: Literal["merge", "split", "undo"]
    utterances: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()
    name: str = ""
    apart: tuple[Seed, ...] = ()
    rest: tuple[Seed, ...] = ()
    undoes: str | None = None


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
    edits: tuple[Edit, ...] = ()
