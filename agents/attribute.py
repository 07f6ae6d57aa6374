"""The ledger: each statement is put to the utterance that it repeats, or opens a new one."""

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from pipeline.flow import Agent, Drop, Emit
from pipeline.news import ledger, wording
from pipeline.news.ledger import Entry, Match, Place, Settled, Wording
from pipeline.news.wording import Reading
from pipeline.ports import State
from schemas.statement import StatementMade, StatementRecorded, Utterance
from schemas.topics import STATEMENTS_MADE, STATEMENTS_RECORDED

_ENTRY = msgspec.msgpack.Decoder(Entry)
_SETTLED = msgspec.msgpack.Decoder(Settled)
_WORDING = msgspec.msgpack.Decoder(Wording)
_encode = msgspec.msgpack.Encoder(order="deterministic").encode


class Reason(StrEnum):
    """Why a statement is not recorded. Whatever was said is."""

    UNHEARD = "unheard"
    """It is withdrawn, and the ledger never had it."""


def attribute(made: StatementMade, *, state: State) -> Emit | Drop:
    """Record a statement in the ledger of its speaker. The same record handled again comes out the same."""
    if made.withdrawn:
        return _withdraw(made, state)
    key, content = f"statement:{made.statement.statement_id}", ledger.content(made)
    value = state.get(key)
    if value is not None:
        settled = _SETTLED.decode(value)
        if settled.content == content:
            return _recorded(made, settled.utterance)
    reading = wording.read(made.statement.text, made.carrier.language)
    matches = ledger.rank(_matches(made, reading, state), reading)
    utterances = dict.fromkeys(match.wording.utterance_id for match in matches)
    place = ledger.place(made, reading, matches, _entries(utterances, state))
    _remember(made, reading, place, state)
    state.put(key, _encode(Settled(content, place.utterance)))
    return _recorded(made, place.utterance)


def _withdraw(made: StatementMade, state: State) -> Emit | Drop:
    """Record that an article no longer carries a statement, as the ledger knew it then."""
    key, content = f"withdrawn:{made.statement.statement_id}", ledger.content(made)
    value = state.get(key)
    if value is not None and _SETTLED.decode(value).content == content:
        return _recorded(made, _SETTLED.decode(value).utterance)
    value = state.get(f"statement:{made.statement.statement_id}")
    if value is None:
        return Drop(Reason.UNHEARD)
    utterance = _SETTLED.decode(value).utterance
    for known in _entries([utterance.utterance_id], state):
        entry = ledger.withdrawn(made, known)
        utterance = ledger.carried(utterance, entry)
        state.put(f"utterance:{entry.utterance_id}", _encode(entry))
    state.put(key, _encode(Settled(content, utterance)))
    return _recorded(made, utterance)


def _matches(made: StatementMade, reading: Reading, state: State) -> list[Match]:
    """The wordings that say the same; translations only when nothing in the same language does."""
    found = _found(made, reading, ledger.postings(made, reading), state)
    return found or _found(made, reading, ledger.translation_postings(made, reading), state)


def _found(made: StatementMade, reading: Reading, postings: list[int], state: State) -> list[Match]:
    near = state.find(postings, ledger.CANDIDATES) if postings else []
    matches = (ledger.match(made, reading, _WORDING.decode(value)) for _, value in near)
    return [match for match in matches if match]


def _entries(utterances: Iterable[str], state: State) -> list[Entry]:
    values = (state.get(f"utterance:{utterance}") for utterance in utterances)
    return [_ENTRY.decode(value) for value in values if value is not None]


def _remember(made: StatementMade, reading: Reading, place: Place, state: State) -> None:
    state.put(f"utterance:{place.entry.utterance_id}", _encode(place.entry))
    if place.wording:
        key = f"wording:{place.wording.statement_id}"
        state.put(key, _encode(place.wording), ledger.kept_under(made, reading))


def _recorded(made: StatementMade, utterance: Utterance) -> Emit:
    said, carrier, withdrawn = made.statement, made.carrier, made.withdrawn
    return Emit(StatementRecorded(statement=said, carrier=carrier, utterance=utterance, withdrawn=withdrawn))


ATTRIBUTE = Agent("attribute", (STATEMENTS_MADE,), (STATEMENTS_RECORDED,), attribute, Reason)
