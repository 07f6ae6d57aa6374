"""Which watches a statement concerns, and whether there is something to tell.

A watch is told of an utterance once, and once more of a new version if it wants to know. A repeat is told only when
the watch never heard of the utterance, because what came before did not meet its conditions (a headline of low
confidence, then the words themselves) or came before the watch was made.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from pipeline.errors import BadQuery
from pipeline.news import words
from pipeline.news.documents import statement_document
from pipeline.news.queries import Query, matches, parse
from schemas.catalog import Official, Snapshot, Watch
from schemas.documents import StatementDocument
from schemas.record import Value
from schemas.statement import StatementRecorded


class News(StrEnum):
    """Why a watch is told."""

    UTTERANCE = "new-utterance"
    VERSION = "new-version"


class Told(Value, frozen=True, kw_only=False, array_like=True):
    """The statement that a watch was told of, and why: a replay of it comes out the same."""

    statement_id: str
    revision: int
    raised_at: datetime


class _Tenure(NamedTuple):
    office: str
    since: date | None
    until: date | None


class _Listener(NamedTuple):
    watch: Watch
    about: Query | None


class Plan(NamedTuple):
    """The watches of a catalog that are not paused, by whom they listen to.

    listeners  by official id, speaker id or name (case folded); "" listens to anyone
    offices    by official id: the offices that he held, as keys of `listeners`
    broken     watches whose query cannot be understood, with the reason; they are never told
    """

    listeners: Mapping[str, tuple[_Listener, ...]]
    offices: Mapping[str, tuple[_Tenure, ...]]
    broken: Mapping[str, str]


@lru_cache(maxsize=2)
def plan(snapshot: Snapshot) -> Plan:
    """The plan of a catalog, made once for each snapshot.

    A watch on a name listens to the official of that name or alias too, a watch on "role:..." to whoever holds the
    office when the statement appears.
    """
    known = _names(snapshot.officials)
    listeners: dict[str, list[_Listener]] = {}
    broken: dict[str, str] = {}
    for watch in snapshot.watches:
        if watch.paused:
            continue
        try:
            listener = _Listener(watch, parse(watch.about, "statements") if watch.about else None)
        except BadQuery as error:
            broken[watch.id] = str(error)
            continue
        for key in _keys(watch, known):
            listeners.setdefault(key, []).append(listener)
    return Plan({key: tuple(found) for key, found in listeners.items()}, _offices(snapshot.officials), broken)


def concerned(recorded: StatementRecorded, made: Plan) -> list[Watch]:
    """The watches whose conditions a statement meets, each once."""
    document: StatementDocument | None = None
    found: dict[str, Watch] = {}
    for watch, about in _listening(recorded, made):
        if watch.id in found or not _meets(recorded, watch):
            continue
        if about is not None:
            document = document or statement_document(recorded)
            if not matches(about, document):
                continue
        found[watch.id] = watch
    return list(found.values())


def news(recorded: StatementRecorded, watch: Watch, told: Callable[[News], Told | None]) -> News | None:
    """What there is to tell a watch that a statement concerns, None for nothing.

    `told` says what the watch was told of the utterance.
    """
    before = told(News.UTTERANCE)
    if before is None or _by(before, recorded):
        return News.UTTERANCE
    if recorded.utterance.novelty != "version" or not watch.versions:
        return None
    before = told(News.VERSION)
    return News.VERSION if before is None or _by(before, recorded) else None


def alert_id(recorded: StatementRecorded, watch: Watch, reason: News) -> str:
    """The id of an alert: a replay overwrites it and never doubles it."""
    return words.identity(watch.id, recorded.utterance.utterance_id, reason)


def why(recorded: StatementRecorded, watch: Watch, reason: News) -> str:
    """One sentence on which conditions of the watch were met."""
    speaker = recorded.statement.speaker or recorded.statement.mention or recorded.statement.speaker_id
    parts = [f"{speaker if watch.who else 'Anyone'} is watched"]
    if watch.about:
        parts.append(f'the statement matches "{watch.about}"')
    subject = "it" if watch.about else "the statement"
    if reason is News.VERSION:
        parts.append(f"{subject} adds {_quoted(recorded.utterance.added)} to what was heard before")
    elif recorded.utterance.novelty == "new":
        parts.append(f"{subject} was not heard before")
    else:
        parts.append(f"{subject} was heard before but this watch was not told")
    return f"{', '.join(parts[:-1])} and {parts[-1]}."


def _quoted(added: tuple[str, ...]) -> str:
    shown = " ".join(added[:12])
    return f'"{shown} …"' if len(added) > 12 else f'"{shown}"'


def _by(told: Told, recorded: StatementRecorded) -> bool:
    return (told.statement_id, told.revision) == (recorded.statement.statement_id, recorded.carrier.revision)


def _meets(recorded: StatementRecorded, watch: Watch) -> bool:
    statement = recorded.statement
    return statement.kind in watch.kinds and statement.confidence >= watch.confidence


def _listening(recorded: StatementRecorded, made: Plan) -> Iterable[_Listener]:
    """Those who listen to the speaker under any of his names, and those who listen to anyone."""
    statement, day = recorded.statement, recorded.carrier.seen_at.date()
    keys = ["", statement.official or "", statement.speaker_id, (statement.speaker or "").casefold()]
    keys += [tenure.office for tenure in made.offices.get(statement.official or "", ()) if _holds(tenure, day)]
    for key in dict.fromkeys(keys):
        yield from made.listeners.get(key, ())


def _holds(tenure: _Tenure, day: date) -> bool:
    return (tenure.since is None or tenure.since <= day) and (tenure.until is None or day < tenure.until)


def _keys(watch: Watch, known: Mapping[str, tuple[str, ...]]) -> list[str]:
    keys = [key for who in watch.who for key in (who, who.casefold(), *known.get(who.casefold(), ()))]
    return list(dict.fromkeys(keys)) or [""]


def _names(officials: Iterable[Official]) -> dict[str, tuple[str, ...]]:
    """The ids of the officials of each name and alias."""
    found: dict[str, tuple[str, ...]] = {}
    for official in officials:
        for name in {name.casefold() for name in (official.name, *official.aliases)}:
            found[name] = (*found.get(name, ()), official.id)
    return found


def _offices(officials: Iterable[Official]) -> dict[str, tuple[_Tenure, ...]]:
    return {
        official.id: tuple(
            _Tenure(f"role:{title}".casefold(), role.since, role.until)
            for role in official.roles
            for title in (role.title, *role.aliases)
        )
        for official in officials
    }
