"""Watches are told of what is new, each once."""

from enum import StrEnum

import msgspec

from pipeline.flow import Agent, Drop, Emit
from pipeline.news import watching
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
    raised = [alert for watch in watches if (alert := _raised(recorded, watch, state, clock))]
    return Emit(*raised) if raised else Drop(Reason.ALREADY_TOLD)


def _raised(recorded: StatementRecorded, watch: Watch, state: State, clock: Clock) -> AlertRaised | None:
    recorded = _as_told(recorded, watch, state)

    def told(reason: News) -> Told | None:
        value = state.get(_key(recorded, watch, reason))
        return _TOLD.decode(value) if value is not None else None

    reason = watching.news(recorded, watch, told)
    if reason is None:
        return None
    told_now = told(reason) or Told(recorded.statement.statement_id, recorded.carrier.revision, clock.now())
    state.put(_key(recorded, watch, reason), msgspec.msgpack.encode(told_now))
    return AlertRaised(
        alert_id=watching.alert_id(recorded, watch, reason),
        watch_id=watch.id,
        watch=watch.name,
        reason=reason,
        why=watching.why(recorded, watch, reason),
        raised_at=told_now.raised_at,
        recorded=recorded,
        channels=watch.channels,
    )


def _as_told(recorded: StatementRecorded, watch: Watch, state: State) -> StatementRecorded:
    """The record with its utterance under the name that the watch knows it by, if it was joined with others since."""
    utterance = recorded.utterance
    for name in (utterance.utterance_id, *utterance.former):
        known = msgspec.structs.replace(recorded, utterance=msgspec.structs.replace(utterance, utterance_id=name))
        if state.get(_key(known, watch, News.UTTERANCE)) is not None:
            return known
    return recorded


def _key(recorded: StatementRecorded, watch: Watch, reason: News) -> str:
    return f"{watch.id}\0{recorded.utterance.utterance_id}\0{reason}"


ALERT = Agent("alert", (STATEMENTS_RECORDED,), (ALERTS_RAISED,), alert, Reason)
