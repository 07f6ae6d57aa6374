"""The ledger: each statement is put to the utterance that it repeats, or opens a new one."""

from collections.abc import Iterable, Iterator
from enum import StrEnum

import msgspec

from pipeline.flow import Agent, Drop, Emit
from pipeline.news import ledger, wording
from pipeline.news.ledger import Entry, Glance, Match, Said, Seated, Settled, Worded, Wording
from pipeline.news.likeness import Seat
from pipeline.ports import State
from schemas.statement import StatementMade, StatementRecorded, Utterance
from schemas.topics import STATEMENTS_MADE, STATEMENTS_RECORDED

_ENTRY = msgspec.msgpack.Decoder(Entry)
_GLANCE = msgspec.msgpack.Decoder(Glance)
_SAID = msgspec.msgpack.Decoder(Said)
_SETTLED = msgspec.msgpack.Decoder(tuple[Settled, ...])
_WORDED = msgspec.msgpack.Decoder(Worded)
_encode = msgspec.msgpack.Encoder(order="deterministic").encode


class Reason(StrEnum):
    """Why a statement is not recorded. Whatever was said is."""

    UNHEARD = "unheard"
    """It is withdrawn, and the ledger never had it."""


def attribute(made: StatementMade, *, state: State) -> Emit | Drop:
    """Record a statement in the ledger of its speaker. The same record handled again comes out the same."""
    if made.withdrawn:
        return _withdraw(made, state)
    content, before = ledger.content(made), _said(made.statement.statement_id, state)
    settled = _outcomes(before, made, state)
    for one in settled:
        if one.content == content:
            return _recorded(made, one.utterance)
    reading = wording.read(made.statement.text, made.carrier.language)
    mine = ledger.worded(made, reading)
    near = _near(mine, state)
    known = next(
        ((key, found.wording) for key, found in near if found.wording and found.wording.name == mine.name), None
    )
    beside = _beside(mine, [found for _, found in near], state)
    alike = _again(*known, mine, state) if known else _alike(mine, state)
    matches = ledger.rank(alike + beside, mine)
    names = [match.wording.utterance_id for match in matches] + [one.utterance.utterance_id for one in settled]
    place = ledger.place(made, reading, matches, _entries(names, state))
    for entry in place.entries:
        state.put(f"entry:{entry.utterance_id}", _encode(entry))
    if place.entries:
        outcomes = (*settled, Settled(content, place.utterance))[-ledger.REVISIONS :]
        state.put(f"settled:{mine.statement_id}", _encode(outcomes))
    if before:
        said = _said(mine.statement_id, state) or before  # its wording may just have been heard again
    else:
        said = Said() if place.entries else Said(opening=ledger.opening(made, content))
    _keep(said, msgspec.structs.replace(mine, utterance_id=place.utterance.utterance_id), known, state)
    return _recorded(made, place.utterance)


def _keep(said: Said, own: Wording, known: tuple[str, Wording] | None, state: State) -> None:
    """Keep what a statement leaves behind: its wording when it was not known, else where that stands as well."""
    if not known and said.wording:
        state.put(f"revised:{ledger.wording_posting(own)}", _encode(Worded(own)), ledger.kept_under(own))
    elif not known:
        said = msgspec.structs.replace(said, wording=own)
    elif known[1].standing != own.standing:
        said = msgspec.structs.replace(said, seated=Seated(own.standing, known[0]))
    state.put(f"said:{own.statement_id}", _encode(said), ledger.listed(said, own))


def _withdraw(made: StatementMade, state: State) -> Emit | Drop:
    """Record that an article no longer carries a statement, as the ledger knew it then."""
    key, content = f"gone:{made.statement.statement_id}", ledger.content(made)
    settled = _settled(key, state)
    for one in settled:
        if one.content == content:
            return _recorded(made, one.utterance)
    heard = _outcomes(_said(made.statement.statement_id, state), made, state)
    if not heard:
        return Drop(Reason.UNHEARD)
    utterance = heard[-1].utterance
    for known in _entries([utterance.utterance_id], state).values():
        entry = ledger.withdrawn(made, known)
        utterance = ledger.carried(utterance, entry)
        state.put(f"entry:{entry.utterance_id}", _encode(entry))
    state.put(key, _encode((*settled, Settled(content, utterance))[-ledger.REVISIONS :]))
    return _recorded(made, utterance)


def _said(statement: str, state: State) -> Said | None:
    """What a statement left behind; None when it was not heard."""
    value = state.get(f"said:{statement}")
    return _SAID.decode(value) if value is not None else None


def _outcomes(said: Said | None, made: StatementMade, state: State) -> tuple[Settled, ...]:
    """What came out for a statement, also when all that is remembered is that it opened an utterance."""
    settled = _settled(f"settled:{made.statement.statement_id}", state) if said else ()
    return (Settled(said.opening.content, ledger.opened(made)),) if said and said.opening and not settled else settled


def _settled(key: str, state: State) -> tuple[Settled, ...]:
    """What came out for the revisions of a statement, oldest first."""
    value = state.get(key)
    return _SETTLED.decode(value) if value is not None else ()


def _near(mine: Wording, state: State) -> list[tuple[str, Worded]]:
    """The records of the first statement that was put so on this day, and of those of the speaker in this article."""
    postings = [ledger.wording_posting(mine), ledger.article_posting(mine)]
    return [(key, _WORDED.decode(value)) for key, value in state.find(postings, 1 + ledger.SEATS)]


def _again(key: str, known: Wording, mine: Wording, state: State) -> list[Match]:
    """The known wording that a statement has, and what that is like when its speaker repeats less of it here."""
    wider = ledger.widened(known, mine)
    if wider.seat == known.seat:
        return [Match(known, 1.0)]
    kept = msgspec.structs.replace(_SAID.decode(state.get(key) or b""), wording=wider)
    state.put(key, _encode(kept), ledger.listed(kept, _now(kept, state)))
    return [Match(wider, 1.0), *_alike(wider, state)]


def _alike(mine: Wording, state: State) -> list[Match]:
    """The wordings that say the same, wherever they stand, and translations."""
    near = state.find(ledger.postings(mine), ledger.CANDIDATES, ledger.rare(mine), newest=True)
    marks = ledger.translation_postings(mine)
    near += state.find(marks, ledger.CANDIDATES, newest=True) if marks else []
    matches = (_match(mine, value) for value in dict(near).values())
    return [match for match in matches if match]


def _match(mine: Wording, value: bytes) -> Match | None:
    gist = _GLANCE.decode(value).wording
    known = _WORDED.decode(value).wording if gist and ledger.promising(mine, gist) else None
    return ledger.match(mine, known) if known else None


def _beside(mine: Wording, article: Iterable[Worded], state: State) -> list[Match]:
    """The wordings in the same article that say the same, as their places show as well."""
    seated = (one for record in article for one in _seated(record, state))
    near = (ledger.match(mine, known, there) for known, there in seated)
    return [match for match in near if match]


def _seated(record: Worded, state: State) -> Iterator[tuple[Wording, Seat]]:
    """The wordings of a statement and where they stand in this article."""
    if record.wording:
        yield record.wording, record.wording.seat
    if record.seated:
        elsewhere = _WORDED.decode(state.get(record.seated.kept) or b"").wording
        if elsewhere:
            yield elsewhere, record.seated.seat


def _now(record: Worded, state: State) -> Wording:
    """How the statement of a record puts it now, and where."""
    *_, (known, seat) = _seated(record, state)
    return msgspec.structs.replace(known, seat=seat)


def _entries(names: Iterable[str], state: State) -> dict[str, Entry]:
    """These utterances by what they are called now."""
    found: dict[str, Entry | None] = {}
    for former in names:
        name: str | None = former
        while name and name not in found:
            found[name] = entry = _entry(name, state)
            name = entry.joined if entry else None
    return {name: entry for name, entry in found.items() if entry and not entry.joined}


def _entry(utterance: str, state: State) -> Entry | None:
    """What is remembered under a name that an utterance has or had."""
    value = state.get(f"entry:{utterance}")
    if value is not None:
        return _ENTRY.decode(value)
    said = _said(utterance, state)
    return ledger.entry(said.wording, said.opening) if said and said.wording and said.opening else None


def _recorded(made: StatementMade, utterance: Utterance) -> Emit:
    said, carrier, withdrawn = made.statement, made.carrier, made.withdrawn
    return Emit(StatementRecorded(statement=said, carrier=carrier, utterance=utterance, withdrawn=withdrawn))


ATTRIBUTE = Agent("attribute", (STATEMENTS_MADE,), (STATEMENTS_RECORDED,), attribute, Reason, version=4)
