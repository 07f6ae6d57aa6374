"""The ledger: each statement is put to the utterance that it repeats, or opens a new one."""

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from pipeline.flow import Agent, Drop, Emit
from pipeline.news import ledger, wording
from pipeline.news.ledger import Entry, Match, Place, Seated, Settled, Wording
from pipeline.news.likeness import Seat
from pipeline.ports import State
from schemas.statement import StatementMade, StatementRecorded, Utterance
from schemas.topics import STATEMENTS_MADE, STATEMENTS_RECORDED

_ENTRY = msgspec.msgpack.Decoder(Entry)
_SETTLED = msgspec.msgpack.Decoder(tuple[Settled, ...])
_WORDING = msgspec.msgpack.Decoder(Wording)
_SEATED = msgspec.msgpack.Decoder(Seated)
_SEAT = "seat:"
_encode = msgspec.msgpack.Encoder(order="deterministic").encode


class Reason(StrEnum):
    """Why a statement is not recorded. Whatever was said is."""

    UNHEARD = "unheard"
    """It is withdrawn, and the ledger never had it."""


def attribute(made: StatementMade, *, state: State) -> Emit | Drop:
    """Record a statement in the ledger of its speaker. The same record handled again comes out the same."""
    if made.withdrawn:
        return _withdraw(made, state)
    content, settled = ledger.content(made), _outcomes(made, state)
    for one in settled:
        if one.content == content:
            return _recorded(made, one.utterance)
    reading = wording.read(made.statement.text, made.carrier.language)
    mine = ledger.worded(made, reading)
    value = state.get(f"worded:{mine.wording_id}")
    known = _WORDING.decode(value) if value is not None else None
    beside = _beside(mine, state)
    alike = [Match(known, 1.0)] if known else _alike(mine, state)
    matches = ledger.rank(alike + beside, mine)
    names = [match.wording.utterance_id for match in matches] + [one.utterance.utterance_id for one in settled]
    place = ledger.place(made, reading, matches, _entries(names, state))
    _remember(place, state)
    _seat(mine, known, place.utterance.utterance_id, state)
    if place.utterance.novelty != "new":
        outcomes = (*settled, Settled(content, place.utterance))[-ledger.REVISIONS :]
        state.put(f"settled:{made.statement.statement_id}", _encode(outcomes))
    return _recorded(made, place.utterance)


def _seat(mine: Wording, known: Wording | None, utterance: str, state: State) -> None:
    """Keep a wording that was not known, and of a known one where else it stands."""
    if known is None:
        kept = msgspec.structs.replace(mine, utterance_id=utterance)
        state.put(f"worded:{mine.wording_id}", _encode(kept), ledger.kept_under(mine))
    elif known.seat != mine.seat:
        seated = Seated(mine.seat, mine.wording_id)
        state.put(f"{_SEAT}{mine.statement_id}", _encode(seated), [ledger.article_posting(mine)])


def _withdraw(made: StatementMade, state: State) -> Emit | Drop:
    """Record that an article no longer carries a statement, as the ledger knew it then."""
    key, content = f"gone:{made.statement.statement_id}", ledger.content(made)
    settled = _settled(key, state)
    for one in settled:
        if one.content == content:
            return _recorded(made, one.utterance)
    heard = _outcomes(made, state)
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


def _outcomes(made: StatementMade, state: State) -> tuple[Settled, ...]:
    """What came out for a statement, also when all that is remembered of it is the utterance that it opened."""
    id = made.statement.statement_id
    settled = _settled(f"settled:{id}", state)
    value = state.get(f"entry:{id}") if not settled else None
    return (Settled(_ENTRY.decode(value).opened, ledger.opened(made)),) if value is not None else settled


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


def _beside(mine: Wording, state: State) -> list[Match]:
    """The wordings whose place in the same article shows that they say the same."""
    found = (_seated(*record, state) for record in state.find([ledger.article_posting(mine)], ledger.SEATS))
    near = (ledger.match(mine, known, there) for known, there in found if there.beside(mine.seat))
    return [match for match in near if match]


def _seated(key: str, value: bytes, state: State) -> tuple[Wording, Seat]:
    """A wording and where it stands in this article."""
    if not key.startswith(_SEAT):
        known = _WORDING.decode(value)
        return known, known.seat
    seated = _SEATED.decode(value)
    return _WORDING.decode(state.get(f"worded:{seated.wording_id}") or b""), seated.seat


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
