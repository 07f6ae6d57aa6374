"""Watches are told of what is new, each once."""

from enum import StrEnum
from functools import partial

import msgspec

from pipeline.flow import Agent, Drop, Emit
from pipeline.news import watching
from pipeline.news.proof import proof
from pipeline.news.watching import News, Told
from pipeline.ports import Catalog, Clock, State
from schemas.alert import AlertRaised
from schemas.catalog import Watch
from schemas.statement import StatementRecorded
from schemas.topics import ALERTS_RAISED, STATEMENTS_RECORDED

_TOLD = msgspec.msgpack.Decoder(Told)


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
    watches = watching.concerned(recorded, watching.plan(catalog.snapshot()))
    if not watches:
        return Drop(Reason.NO_WATCH)
    raised = [
        _raise(known, watch, reason, state, clock)
        for watch in watches
        for known in (_as_told(recorded, watch, state),)
        for reason in watching.news(known, watch, partial(_told, state, known, watch))
    ]
    return Emit(*raised) if raised else Drop(Reason.ALREADY_TOLD)


def _as_told(recorded: StatementRecorded, watch: Watch, state: State) -> StatementRecorded:
    """The record with its utterance under the name that the watch knows it by, if it was joined with others since."""
    utterance = recorded.utterance
    for name in (utterance.utterance_id, *utterance.former):
        known = msgspec.structs.replace(recorded, utterance=msgspec.structs.replace(utterance, utterance_id=name))
        if any(_told(state, known, watch, reason) for reason in News if reason is not News.FIRST):
            return known
    return recorded


def _told(state: State, recorded: StatementRecorded, watch: Watch, reason: News) -> Told | None:
    value = state.get(_key(recorded, watch, reason))
    return _TOLD.decode(value) if value is not None else None


def _raise(recorded: StatementRecorded, watch: Watch, reason: News, state: State, clock: Clock) -> AlertRaised:
    """The alert. It is remembered that the watch was told; with its first statement on a topic it was told of that."""
    statement, carrier = recorded.statement, recorded.carrier
    told = _told(state, recorded, watch, reason) or Told(statement.statement_id, carrier.revision, clock.now())
    for known in (reason, News.UTTERANCE) if reason is News.FIRST else (reason,):
        state.put(_key(recorded, watch, known), msgspec.msgpack.encode(told))
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


def _key(recorded: StatementRecorded, watch: Watch, reason: News) -> str:
    about = recorded.statement.speaker_id if reason is News.FIRST else recorded.utterance.utterance_id
    return f"{watch.id}\0{about}\0{reason}"


ALERT = Agent("alert", (STATEMENTS_RECORDED,), (ALERTS_RAISED,), alert, Reason, version=2)
