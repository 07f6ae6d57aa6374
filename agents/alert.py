"""Watches are told of what is new, each once."""

from collections.abc import Sequence
from enum import StrEnum
from functools import partial

import msgspec

from pipeline.flow import Agent, Drop, Emit
from pipeline.news import edits, watching
from pipeline.news.documents import statement_document
from pipeline.news.edits import Corrections
from pipeline.news.proof import proof
from pipeline.news.watching import News, Told
from pipeline.ports import Catalog, Clock, State
from schemas.alert import AlertRaised
from schemas.catalog import Watch
from schemas.documents import StatementDocument
from schemas.statement import StatementRecorded
from schemas.topics import ALERTS_RAISED, STATEMENTS_RECORDED

_TOLD = msgspec.msgpack.Decoder(Told)
_NOW = "now\0"


class Reason(StrEnum):
    """Why nobody is told of a statement."""

    NO_WATCH = "no-watch"
    """No watch listens to this speaker about this, in this kind, with this confidence."""
    ALREADY_TOLD = "already-told"
    """Every watch that it concerns knows the utterance."""
    WITHDRAWN = "withdrawn"
    """The page no longer says so."""


def alert(recorded: StatementRecorded, *, catalog: Catalog, state: State, clock: Clock) -> Emit | Drop:
    """Raise an alert for each watch that a statement has news for. The same record handled again comes out the same."""
    if recorded.withdrawn:
        return Drop(Reason.WITHDRAWN)
    snapshot = catalog.snapshot()
    made = edits.corrections(snapshot)
    _note_names(recorded, made, state)
    watches = watching.concerned(_document(recorded, made, state), watching.plan(snapshot))
    if not watches:
        return Drop(Reason.NO_WATCH)
    names = _names(recorded, made, state)
    raised = [
        _raise(_as_told(recorded, watch, names, state), watch, reason, names, state, clock)
        for watch in watches
        for reason in watching.news(recorded, watch, partial(_told, state, recorded, watch, names))
    ]
    return Emit(*raised) if raised else Drop(Reason.ALREADY_TOLD)


def _note_names(recorded: StatementRecorded, made: Corrections, state: State) -> None:
    """Remember what an utterance that was corrected is called since the ledger joined it with others."""
    for name in made.touched.intersection(recorded.utterance.former):
        state.put(f"{_NOW}{name}", recorded.utterance.utterance_id.encode())


def _document(recorded: StatementRecorded, made: Corrections, state: State) -> StatementDocument:
    """The statement as queries see it: its utterance has all names that it has as corrected."""
    document = edits.called(statement_document(recorded), made)
    now = [state.get(f"{_NOW}{name}") for name in made.touched.intersection(document.former)]
    joined = tuple(name.decode() for name in now if name)
    return msgspec.structs.replace(document, former=(*document.former, *joined)) if joined else document


def _names(recorded: StatementRecorded, made: Corrections, state: State) -> tuple[str, ...]:
    """Under which names watches may have been told of the utterance."""
    utterance, own = recorded.utterance, (recorded.utterance.utterance_id, *recorded.utterance.former)
    names = edits.told_as(own, recorded.statement.statement_id, made)
    now = (state.get(f"{_NOW}{name}") for name in names[len(own) :])
    return tuple(dict.fromkeys([utterance.utterance_id, *names, *(name.decode() for name in now if name)]))


def _as_told(recorded: StatementRecorded, watch: Watch, names: Sequence[str], state: State) -> StatementRecorded:
    """The record with its utterance under the name that the watch was told, if that is another one."""
    told = (_told(state, recorded, watch, names, reason) for reason in News if reason is not News.FIRST)
    name = next((one.utterance for one in told if one), names[0])
    utterance = msgspec.structs.replace(recorded.utterance, utterance_id=name)
    return msgspec.structs.replace(recorded, utterance=utterance)


def _told(state: State, recorded: StatementRecorded, watch: Watch, names: Sequence[str], reason: News) -> Told | None:
    """What the watch was told of the utterance under any of its names; of this very statement if it was of that."""
    if reason is News.FIRST:
        names = (recorded.statement.speaker_id,)
    values = ((name, state.get(_key(watch, name, reason))) for name in names)
    found = [_named(_TOLD.decode(value), name) for name, value in values if value is not None]
    mine = (told for told in found if told.statement_id == recorded.statement.statement_id)
    return next(mine, found[0] if found else None)


def _named(told: Told, name: str) -> Told:
    return told if told.utterance else msgspec.structs.replace(told, utterance=name)


def _raise(
    recorded: StatementRecorded, watch: Watch, reason: News, names: Sequence[str], state: State, clock: Clock
) -> AlertRaised:
    """The alert. It is remembered that the watch was told; with its first statement on a topic it was told of that."""
    statement, carrier, name = recorded.statement, recorded.carrier, recorded.utterance.utterance_id
    before = _told(state, recorded, watch, names, reason)
    told = before or Told(statement.statement_id, carrier.revision, clock.now(), name)
    for kind in (reason, News.UTTERANCE) if reason is News.FIRST else (reason,):
        about = statement.speaker_id if kind is News.FIRST else name
        state.put(_key(watch, about, kind), msgspec.msgpack.encode(told))
    return AlertRaised(
        alert_id=watching.alert_id(recorded, watch, reason),
        watch_id=watch.id,
        watch=watch.name,
        reason=reason,
        why=watching.why(recorded, watch, reason),
        raised_at=told.raised_at,
        recorded=recorded,
        channels=watch.channels,
        pace=watch.pace,
        proof=proof(recorded),
    )


def _key(watch: Watch, about: str, reason: News) -> str:
    return f"{watch.id}\0{about}\0{reason}"


ALERT = Agent("alert", (STATEMENTS_RECORDED,), (ALERTS_RAISED,), alert, Reason, version=3)
