"""What a watch would have told: its conditions on statements of the past, as they lie in the index, with what people
corrected in the ledger in force from the beginning.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import date, datetime
from itertools import chain
from typing import NamedTuple

import msgspec

from pipeline.news import edits
from pipeline.news.edits import Corrections
from pipeline.news.queries import parse, quote
from pipeline.news.utterances import seen
from pipeline.news.watching import Condition, Listener, News, keys, plan, reasons, short
from schemas.catalog import Snapshot, Watch
from schemas.documents import StatementDocument

LONGEST = 9000
"""Letters of a query that narrows what is looked at; for a longer one everything is."""
NEAREST = 5
"""Statements that fell just short that are kept for each condition."""


class Foreseen(NamedTuple):
    """An alert that would have been raised."""

    at: datetime
    reason: News
    statement: StatementDocument


class Preview(NamedTuple):
    """What a watch would have told of statements in these days.

    heard    statements of those whom it listens to
    missing  of how many of them exactly one condition was not met, by condition
    nearest  some of these, those of the highest confidence
    """

    since: datetime
    until: datetime
    heard: int
    alerts: tuple[Foreseen, ...]
    missing: dict[Condition, int]
    nearest: dict[Condition, tuple[StatementDocument, ...]]

    @property
    def a_day(self) -> float:
        """Alerts a day on average."""
        return len(self.alerts) / max(1, (self.until - self.since).days)

    @property
    def busiest(self) -> tuple[date, int] | None:
        """The day with the most alerts."""
        days = Counter(alert.at.date() for alert in self.alerts)
        return max(days.items(), key=lambda day: (day[1], day[0])) if days else None


def query(watch: Watch, snapshot: Snapshot) -> str:
    """A query over statements that finds all that the watch listens to, and maybe more.

    It also finds what has former names when people corrected the ledger, for these tell what else was told already; and
    everything where outlets are counted, for those count as well that carry an utterance in words it is not about.
    """
    anyone = "" if "carried" in watch.novelty else watch.about or ""
    found = _speaking(watch, snapshot) if watch.who else anyone
    return f"({found}) OR _exists_:former" if found and snapshot.edits else found


def _speaking(watch: Watch, snapshot: Snapshot) -> str:
    """A query for what those said whom the watch listens to; empty when it would be too long."""
    listens = plan(Snapshot(officials=snapshot.officials, watches=(_awake(watch),)))
    officials = [id for id, belongs in listens.belongs.items() if any(b.office in listens.listeners for b in belongs)]
    names = dict.fromkeys(chain(watch.who, listens.listeners, officials))
    found = " OR ".join(f"{field}:{quote(name)}" for name in names for field in ("official", "speaker_id", "speaker"))
    return found if len(found) < LONGEST else ""


class Days(NamedTuple):
    """The days that are looked at: from the first instant to the last."""

    since: datetime
    until: datetime


def preview(
    watch: Watch,
    snapshot: Snapshot,
    statements: Iterable[StatementDocument],
    days: Days,
    about: Collection[str] | None = None,
) -> Preview:
    """What the watch would have told, had it been there in these days.

    about  the ids of the statements that an index finds for its query; without them each is compared with the query,
           which comes to the same and takes longer
    """
    watch, (since, until) = _awake(watch), days
    listens = plan(Snapshot(officials=snapshot.officials, watches=(watch,)))
    compared = watch.about if about is None else None
    listener = Listener(watch, parse(compared, "statements") if compared else None)
    made = edits.corrections(snapshot)
    past = _Past(watch, made)
    alerts: list[Foreseen] = []
    falling: dict[Condition, list[StatementDocument]] = {}
    heard = 0
    inside = (s for s in statements if since <= seen(s) <= until and s.withdrawn is None)
    for statement in sorted(inside, key=lambda s: (seen(s), s.id)):
        past.add(statement)
        if listens.listeners.keys().isdisjoint(keys(statement, listens)):
            continue
        missing = list(short(edits.called(statement, made), listener))
        if about is not None and statement.id not in about:
            missing.append("about")
        if "about" in missing and not watch.who:  # that somebody else spoke of something else is not just short of it
            continue
        heard += 1
        if len(missing) == 1:
            falling.setdefault(missing[0], []).append(statement)
        if not missing:
            alerts += past.told(statement)
    nearest = {c: tuple(sorted(found, key=lambda s: -s.confidence)[:NEAREST]) for c, found in falling.items()}
    return Preview(since, until, heard, tuple(alerts), {c: len(found) for c, found in falling.items()}, nearest)


class _Past:
    """What was heard so far and what a watch was told of it, under the same names as `agents.alert` remembers it."""

    def __init__(self, watch: Watch, made: Corrections) -> None:
        self._watch, self._made = watch, made
        self._carried: dict[str, _Carried] = {}
        self._now: dict[str, str] = {}
        self._told: set[tuple[str, News]] = set()

    def add(self, statement: StatementDocument) -> None:
        """Note who carried it, and what utterances are called now that the ledger joined them with its own."""
        spread = self._carried.setdefault(statement.utterance, _Carried(set(), set()))
        for name in statement.former:
            spread.join(self._carried.get(name, spread))
            self._carried[name] = spread
        spread.add(statement)
        self._now |= dict.fromkeys(self._made.touched.intersection(statement.former), statement.utterance)

    def told(self, statement: StatementDocument) -> list[Foreseen]:
        """The alerts that it would have raised."""
        names = self._names(statement)

        def fresh(reason: News) -> bool:
            among = (statement.speaker_id,) if reason is News.FIRST else names
            return self._told.isdisjoint((name, reason) for name in among)

        independent = self._carried[statement.utterance].independent
        found = reasons(self._watch, statement.novelty, independent, fresh)
        self._told |= {(statement.speaker_id if reason is News.FIRST else names[0], reason) for reason in found}
        if News.FIRST in found:
            self._told.add((names[0], News.UTTERANCE))
        return [Foreseen(seen(statement), reason, statement) for reason in found]

    def _names(self, statement: StatementDocument) -> list[str]:
        """Under which names the watch may have been told of the utterance, its own first."""
        names = edits.told_as((statement.utterance, *statement.former), statement.id, self._made)
        return list(dict.fromkeys([*names, *(self._now[name] for name in names if name in self._now)]))


class _Carried(NamedTuple):
    outlets: set[str]
    families: set[str]

    def add(self, statement: StatementDocument) -> None:
        self.families.add(statement.family)
        if statement.outlet:
            self.outlets.add(statement.outlet)

    def join(self, other: "_Carried") -> None:
        self.families.update(other.families)
        self.outlets.update(other.outlets)

    @property
    def independent(self) -> int:
        return min(len(self.outlets), len(self.families))


def _awake(watch: Watch) -> Watch:
    """The watch as it is when it is not paused."""
    return msgspec.structs.replace(watch, paused=False)
