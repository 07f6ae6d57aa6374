"""The ledger: each statement is put to the utterance that it repeats, or opens a new one."""

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from pipeline.flow import Agent, Drop, Emit
from pipeline.news import ledger, wording
from pipeline.news.ledger import Entry, Match, Place, Seated, Settled, Wording
from pipeline.ports import State
from schemas.statement import StatementMade, StatementRecorded, Utterance
from schemas.topics import STATEMENTS_MADE, STATEMENTS_RECORDED

_ENTRY = msgspec.msgpack.Decoder(Entry)
_SETTLED = msgspec.msgpack.Decoder(tuple[Settled, ...])
_WORDING = msgspec.msgpack.Decoder(Wording)
_SEATED = msgspec.msgpack.Decoder(tuple[Seated, ...])
_encode = msgspec.msgpack.Encoder(order="deterministic").encode


class Reason(StrEnum):
    """Why a statement is not recorded. Whatever was said is."""

    UNHEARD = "unheard"
    """It is withdrawn, and the ledger never had it."""


def attribute(made: StatementMade, *, state: State) -> Emit | Drop:
    """Record a statement in the ledger of its speaker. The same record handled again comes out the same."""
    if made.withdrawn:
        return _withdraw(made, state)
    key, content = f"settled:{made.statement.statement_id}", ledger.content(made)
    settled = _settled(key, state)
    for one in settled:
        if one.content == content:
            return _recorded(made, one.utterance)
    reading = wording.read(made.statement.text, made.carrier.language)
    mine = ledger.worded(made, reading)
    value = state.get(f"worded:{mine.wording_id}")
    known = _WORDING.decode(value) if value is not None else None
    beside = _beside(made, mine, state)
    alike = [Match(known, 1.0)] if known else _alike(mine, state)
    matches = ledger.rank(alike + beside, mine)
    names = [match.wording.utterance_id for match in matches] + [one.utterance.utterance_id for one in settled]
    place = ledger.place(made, reading, matches, _entries(names, state))
    _remember(place, state)
    if known is None:
        kept = msgspec.structs.replace(mine, utterance_id=place.utterance.utterance_id)
        state.put(f"worded:{mine.wording_id}", _encode(kept), ledger.kept_under(mine))
    state.put(key, _encode((*settled, Settled(content, place.utterance))[-ledger.REVISIONS :]))
    return _recorded(made, place.utterance)


def _withdraw(made: StatementMade, state: State) -> Emit | Drop:
    """Record that an article no longer carries a statement, as the ledger knew it then."""
    key, content = f"gone:{made.statement.statement_id}", ledger.content(made)
    settled = _settled(key, state)
    for one in settled:
        if one.content == content:
            return _recorded(made, one.utterance)
    heard = _settled(f"settled:{made.statement.statement_id}", state)
    if not heard:
        return Drop(Reason.UNHEARD)
    utterance = heard[-1].utterance
    known = _entry(utterance.utterance_id, state)
    if known:
        entry = ledger.withdrawn(made, known)
        utterance = ledger.carried(utterance, entry)
        state.put(f"entry:{entry.utterance_id}", _encode(entry))
    state.put(key, _encode((*settled, Settled(content, utterance))[-ledger.REVISIONS :]))
    return _recorded(made, utterance)


def _settled(key: str, state: State) -> tuple[Settled, ...]:
    """What came out for the revisions of a statement, oldest first."""
    value = state.get(key)
    return _SETTLED.decode(value) if value is not None else ()


def _alike(mine: Wording, state: State) -> list[Match]:
    """The wordings that say the same, wherever they stand, and translations."""
    near = state.find(ledger.postings(mine), ledger.CANDIDATES)
    marks = ledger.translation_postings(mine)
    near += state.find(marks, ledger.CANDIDATES) if marks else []
    matches = (ledger.match(mine, _WORDING.decode(value)) for value in dict(near).values())
    return [match for match in matches if match]


def _beside(made: StatementMade, mine: Wording, state: State) -> list[Match]:
    """The wordings whose place in the same article shows that they say the same."""
    key = f"article:{ledger.article(made)}"
    value = state.get(key)
    known = _SEATED.decode(value) if value is not None else ()
    state.put(key, _encode(ledger.seated(known, mine)))
    found: list[Match] = []
    for seated in known:
        value = state.get(f"worded:{seated.wording_id}") if seated.seat.beside(mine.seat) else None
        match = ledger.match(mine, _WORDING.decode(value), seated.seat) if value is not None else None
        found += [match] if match else []
    return found


def _entries(names: Iterable[str], state: State) -> dict[str, Entry]:
    """These utterances by what they are called now."""
    found = (_entry(name, state) for name in dict.fromkeys(names))
    return {entry.utterance_id: entry for entry in found if entry}


def _entry(utterance: str, state: State) -> Entry | None:
    value = state.get(f"entry:{utterance}")
    entry = _ENTRY.decode(value) if value is not None else None
    return _entry(entry.joined, state) if entry and entry.joined else entry


def _remember(place: Place, state: State) -> None:
    for entry in (place.entry, *place.joined):
        state.put(f"entry:{entry.utterance_id}", _encode(entry))


def _recorded(made: StatementMade, utterance: Utterance) -> Emit:
    said, carrier, withdrawn = made.statement, made.carrier, made.withdrawn
    return Emit(StatementRecorded(statement=said, carrier=carrier, utterance=utterance, withdrawn=withdrawn))


ATTRIBUTE = Agent("attribute", (STATEMENTS_MADE,), (STATEMENTS_RECORDED,), attribute, Reason)
