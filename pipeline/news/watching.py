"""Which watches a statement concerns, and whether there is something to tell.

A watch is told of an utterance once for each reason that it asked for. A repeat is told only when the watch never heard
of the utterance, because what came before did not meet its conditions (a headline of low confidence, then the words
themselves) or came before the watch was made.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Literal, NamedTuple

from pipeline.errors import BadQuery
from pipeline.news import words
from pipeline.news.officials import role_key
from pipeline.news.queries import Query, matches, parse
from pipeline.news.watchterms import ByTerm, by_term, terms_of
from schemas.catalog import Official, Snapshot, Watch
from schemas.documents import StatementDocument
from schemas.record import Value
from schemas.statement import StatementRecorded, Utterance


class News(StrEnum):
    """Why a watch is told."""

    UTTERANCE = "new-utterance"
    VERSION = "new-version"
    CARRIED = "widely-carried"
    FIRST = "first-on-topic"


Condition = Literal["kind", "confidence", "about"]
"""What a statement of somebody who is watched may fall short of."""


class Told(Value, frozen=True, kw_only=False, array_like=True):
    """The statement that a watch was told of, when, and what its utterance was called: a replay of it comes out the
    same.
    """

    statement_id: str
    revision: int
    raised_at: datetime
    utterance: str = ""


class _Tenure(NamedTuple):
    office: str
    since: date | None
    until: date | None


class Listener(NamedTuple):
    """A watch with its query."""

    watch: Watch
    about: Query | None


class Plan(NamedTuple):
    """The watches of a catalog that are not paused, by whom they listen to.

    listeners  by official id, speaker id, name (case folded), role or group; "" listens to anyone
    belongs    by official id: the groups that he belongs to and the offices that he held, as keys of `listeners`
    broken     watches whose query cannot be understood, with the reason; they are never told
    """

    listeners: Mapping[str, ByTerm[Listener]]
    belongs: Mapping[str, tuple[_Tenure, ...]]
    broken: Mapping[str, str]


@lru_cache(maxsize=2)
def plan(snapshot: Snapshot) -> Plan:
    """The plan of a catalog, made once for each snapshot.

    A watch on a name listens to the official of that name or alias too, a watch on "role:..." to whoever holds the
    office when the statement appears, in whichever words and language the office is called.
    """
    known = _names(snapshot.officials)
    listeners: dict[str, list[Listener]] = {}
    broken: dict[str, str] = {}
    for watch in snapshot.watches:
        if watch.paused:
            continue
        try:
            listener = Listener(watch, parse(watch.about, "statements") if watch.about else None)
        except BadQuery as error:
            broken[watch.id] = str(error)
            continue
        for key in _keys(watch, known):
            listeners.setdefault(key, []).append(listener)
    sorted_out = {key: by_term((one, one.about) for one in found) for key, found in listeners.items()}
    return Plan(sorted_out, _belonging(snapshot.officials), broken)


def concerned(document: StatementDocument, made: Plan) -> list[Watch]:
    """The watches whose conditions a statement meets, each once, in the order of their ids."""
    found: dict[str, Watch] = {}
    terms: frozenset[str] | None = None
    for key in keys(document, made):
        listening = made.listeners.get(key)
        if listening is None:
            continue
        if listening.terms and terms is None:
            terms = terms_of(document)
        for listener in listening.near(terms or frozenset()):
            if listener.watch.id not in found and next(short(document, listener), None) is None:
                found[listener.watch.id] = listener.watch
    return [found[id] for id in sorted(found)]


def short(document: StatementDocument, listener: Listener) -> Iterator[Condition]:
    """The conditions of a watch that a statement of somebody it listens to does not meet, the cheapest first."""
    watch, about = listener
    if document.kind not in watch.kinds:
        yield "kind"
    if document.confidence < watch.confidence:
        yield "confidence"
    if about is not None and not matches(about, document):
        yield "about"


def keys(document: StatementDocument, made: Plan) -> Iterable[str]:
    """Under which keys somebody listens to the speaker of a statement: his names, his groups, the office of that day,
    and "" for those who listen to anyone.
    """
    day = document.said_on or (document.published or document.fetched).date()
    official = document.official or ""
    own = ["", official, document.speaker_id, (document.speaker or "").casefold()]
    own += [tenure.office for tenure in made.belongs.get(official, ()) if _holds(tenure, day)]
    return dict.fromkeys(own)


def news(recorded: StatementRecorded, watch: Watch, told: Callable[[News], Told | None]) -> list[News]:
    """What there is to tell a watch that a statement concerns; empty for nothing.

    `told` says what the watch was told of the utterance; for FIRST, of the speaker. Whoever is told of the first
    statement on a topic needs not to be told that it is new, and whoever is told that it is new not what is new in it.
    """

    def fresh(reason: News) -> bool:
        before = told(reason)
        return before is None or (before.statement_id, before.revision) == (
            recorded.statement.statement_id,
            recorded.carrier.revision,
        )

    return reasons(watch, recorded.utterance.novelty, independent(recorded.utterance), fresh)


def reasons(watch: Watch, novelty: str, outlets: int, fresh: Callable[[News], bool]) -> list[News]:
    """The reasons to tell a watch of a statement of this novelty, whose utterance so many outlets carry on their own.

    `fresh` says whether the watch was not told for a reason yet.
    """
    wanted, found = watch.novelty, list[News]()
    if "first" in wanted and fresh(News.FIRST):
        found = [News.FIRST]
    elif "utterance" in wanted and fresh(News.UTTERANCE):
        found = [News.UTTERANCE]
    elif "version" in wanted and novelty == "version" and fresh(News.VERSION):
        found = [News.VERSION]
    if "carried" in wanted and outlets >= watch.outlets and fresh(News.CARRIED):
        found.append(News.CARRIED)
    return found


def independent(utterance: Utterance) -> int:
    """How many outlets carry an utterance on their own: copies of one text count once."""
    return min(len(utterance.outlets), utterance.families)


def alert_id(recorded: StatementRecorded, watch: Watch, reason: News) -> str:
    """The id of an alert: a replay overwrites it and never doubles it."""
    return words.identity(watch.id, recorded.utterance.utterance_id, reason)


def why(recorded: StatementRecorded, watch: Watch, reason: News) -> str:
    """One sentence on which conditions of the watch were met."""
    speaker = recorded.statement.speaker or recorded.statement.mention or recorded.statement.speaker_id
    parts = [f"{speaker if watch.who else 'Anyone'} is watched"]
    if watch.about:
        parts.append(f'the statement matches "{watch.about}"')
    parts.append(_news(recorded.utterance, reason, "it" if watch.about else "the statement"))
    return f"{', '.join(parts[:-1])} and {parts[-1]}."


def _news(utterance: Utterance, reason: News, subject: str) -> str:
    match reason:
        case News.VERSION:
            return f"{subject} adds {_quoted(utterance.added)} to what was heard before"
        case News.CARRIED:
            return f"{subject} is carried by {independent(utterance)} independent outlets by now"
        case News.FIRST:
            return f"{subject} is the first of this speaker that the watch hears"
        case News.UTTERANCE if utterance.novelty == "new":
            return f"{subject} was not heard before"
        case _:
            return f"{subject} was heard before but this watch was not told"


def _quoted(added: tuple[str, ...]) -> str:
    shown = " ".join(added[:12])
    return f'"{shown} …"' if len(added) > 12 else f'"{shown}"'


def _holds(tenure: _Tenure, day: date) -> bool:
    return (tenure.since is None or tenure.since <= day) and (tenure.until is None or day < tenure.until)


def _keys(watch: Watch, known: Mapping[str, tuple[str, ...]]) -> list[str]:
    found: list[str] = []
    for who in watch.who:
        found += [who, who.casefold(), *known.get(who.casefold(), ())]
        if who.startswith("role:"):
            found.append(_office(who.removeprefix("role:")))
    return list(dict.fromkeys(found)) or [""]


def _office(title: str) -> str:
    """The key of an office: its concepts, so that abbreviations, synonyms and languages meet."""
    return f"role:{' '.join(sorted(role_key(title)))}"


def _names(officials: Iterable[Official]) -> dict[str, tuple[str, ...]]:
    """The ids of the officials of each name and alias."""
    found: dict[str, tuple[str, ...]] = {}
    for official in officials:
        for name in {name.casefold() for name in (official.name, *official.aliases)}:
            found[name] = (*found.get(name, ()), official.id)
    return found


def _belonging(officials: Iterable[Official]) -> dict[str, tuple[_Tenure, ...]]:
    return {
        official.id: (
            *(_Tenure(f"group:{group}".casefold(), None, None) for group in official.groups),
            *(
                _Tenure(key, role.since, role.until)
                for role in official.roles
                for title in (role.title, *role.aliases)
                for key in {f"role:{title}".casefold(), _office(title)}
            ),
        )
        for official in officials
    }
