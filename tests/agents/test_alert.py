from datetime import datetime, timedelta

import msgspec

from agents.alert import ALERT, Reason, alert
from agents.attribute import attribute
from pipeline.adapters.memory import MemoryState
from pipeline.flow import Drop, Emit
from pipeline.ports import READING
from schemas.alert import AlertRaised
from schemas.catalog import Edit, Seed, Snapshot, Watch
from schemas.statement import StatementMade, StatementRecorded
from schemas.topics import ALERTS_RAISED, STATEMENTS_RECORDED
from tests.invented import DAY, made

HEADLINE = "Tiga Kapal Patroli Baru Disiapkan di Teluk Malaka"
TEXT = "Kami sudah menyiapkan tiga kapal patroli baru untuk mengawasi perairan Teluk Malaka,"
FULLER = TEXT[:-1] + ". Awak kapal direkrut dari desa nelayan setempat mulai bulan Juni,"
WATCH = Watch(id="w", name="Perairan", who=("Ratna Kusuma",), about="patroli", channels=("feed:", "mailto:a@b.example"))


class World:
    """A ledger, a catalog and a clock that goes on by a minute each time it is read."""

    def __init__(self, *watches: Watch) -> None:
        self.ledger, self.state = MemoryState(), MemoryState()
        self.watches, self.time = Snapshot(watches=watches), DAY

    def snapshot(self) -> Snapshot:
        return self.watches

    def now(self) -> datetime:
        self.time += timedelta(minutes=1)
        return self.time

    def record(self, statement: StatementMade) -> StatementRecorded:
        outcome = attribute(statement, state=self.ledger)
        assert isinstance(outcome, Emit)
        assert isinstance(outcome.records[0], StatementRecorded)
        return outcome.records[0]

    def tell(self, statement: StatementMade) -> list[AlertRaised] | Reason:
        outcome = alert(self.record(statement), catalog=self, state=self.state, clock=self)
        if isinstance(outcome, Drop):
            return Reason(outcome.reason)
        return [record for record in outcome.records if isinstance(record, AlertRaised)]


def test_the_agent_is_what_the_flow_says() -> None:
    assert (ALERT.reads, ALERT.writes) == ((STATEMENTS_RECORDED,), (ALERTS_RAISED,))
    assert ALERT.ports == {"catalog", "state", "clock"}
    assert not ALERT.ports <= READING


def test_an_alert_carries_its_proof() -> None:
    world = World(WATCH)
    (raised,) = world.tell(made("a.1", TEXT))
    assert (raised.watch_id, raised.watch, raised.reason) == ("w", "Perairan", "new-utterance")
    assert raised.channels == WATCH.channels
    assert raised.raised_at == world.time
    assert raised.recorded.statement.text == TEXT
    assert raised.why == 'Ratna Kusuma is watched, the statement matches "patroli" and it was not heard before.'


def test_an_utterance_is_told_once_and_its_version_once() -> None:
    world = World(WATCH)
    told = [
        world.tell(made(f"{name}.1", text, days=days))
        for days, (name, text) in enumerate((("a", TEXT), ("b", TEXT), ("c", FULLER), ("d", FULLER), ("e", TEXT)))
    ]
    reasons = [[raised.reason for raised in found] if isinstance(found, list) else found for found in told]
    assert reasons == [
        ["new-utterance"],
        Reason.ALREADY_TOLD,
        ["new-version"],
        Reason.ALREADY_TOLD,
        Reason.ALREADY_TOLD,
    ]


def test_a_statement_that_no_watch_wants_is_dropped() -> None:
    world = World(WATCH)
    assert world.tell(made("a.1", "Subsidi pupuk untuk petani kecil dilanjutkan")) is Reason.NO_WATCH
    assert world.tell(made("a.2", TEXT, speaker="Arga Sembiring", speaker_id="person:arga")) is Reason.NO_WATCH


def test_a_repeat_is_told_when_what_came_before_did_not_meet_the_watch() -> None:
    world = World(WATCH)
    assert world.tell(made("a.1", HEADLINE, confidence=0.3, kind="indirect")) is Reason.NO_WATCH
    (raised,) = world.tell(made("a.2", TEXT))
    assert raised.recorded.utterance.novelty == "repeat"
    assert raised.reason == "new-utterance"
    assert world.tell(made("b.1", TEXT, days=1)) is Reason.ALREADY_TOLD


def test_a_record_handled_again_raises_the_same_alerts() -> None:
    world = World(WATCH, Watch(id="v", name="Semua"))
    statements = [made("a.1", TEXT), made("b.1", FULLER, days=1), made("c.1", TEXT, days=2)]
    first = [world.tell(statement) for statement in statements]
    assert [world.tell(statement) for statement in statements] == first
    assert [len(found) if isinstance(found, list) else found for found in first] == [2, 2, Reason.ALREADY_TOLD]


def test_every_watch_is_told_for_itself() -> None:
    world = World(WATCH)
    world.tell(made("a.1", TEXT))
    world.watches = Snapshot(watches=(WATCH, Watch(id="later", name="Kemudian", who=("Ratna Kusuma",))))
    (raised,) = world.tell(made("b.1", TEXT, days=1))
    assert raised.watch_id == "later"
    assert raised.why == "Ratna Kusuma is watched and the statement was heard before but this watch was not told."


def test_nobody_is_alerted_to_what_is_withdrawn() -> None:
    world = World(WATCH)
    world.tell(made("a.1", TEXT))
    gone = msgspec.structs.replace(made("a.1", TEXT, revision=2), withdrawn=DAY)
    assert world.tell(gone) == Reason.WITHDRAWN
    assert world.tell(made("b.1", TEXT, days=1)) == Reason.ALREADY_TOLD


def joined(record: StatementRecorded, former: str) -> StatementRecorded:
    """The record when its utterance turned out to be another one as well, under a new name."""
    utterance = msgspec.structs.replace(record.utterance, utterance_id="joined", former=(former,))
    return msgspec.structs.replace(record, utterance=utterance)


def test_utterances_that_are_joined_later_are_told_once() -> None:
    world = World(WATCH)
    (raised,) = world.tell(made("a.1", TEXT))
    known = raised.recorded.utterance.utterance_id
    for id in ("b.1", "c.1"):
        late = joined(world.record(made(id, TEXT, days=1)), known)
        assert alert(late, catalog=world, state=world.state, clock=world) == Drop(Reason.ALREADY_TOLD)
    replayed = joined(raised.recorded, known)
    assert alert(replayed, catalog=world, state=world.state, clock=world) == Emit(
        msgspec.structs.replace(raised, recorded=msgspec.structs.replace(replayed, utterance=_named(replayed, known)))
    ), "handled again it is the same alert"


def _named(record: StatementRecorded, name: str) -> object:
    return msgspec.structs.replace(record.utterance, utterance_id=name)


def test_a_copy_that_comes_weeks_late_or_with_a_date_long_ago_is_not_told() -> None:
    world = World(WATCH)
    world.tell(made("a.1", TEXT, days=1))
    world.time += timedelta(days=40)
    for days in (2, 0, -1):
        assert world.tell(made(f"b{days}.1", TEXT, days=days)) == Reason.ALREADY_TOLD


def test_a_clock_that_jumps_changes_neither_what_is_told_nor_when_it_was() -> None:
    world = World(WATCH)
    first = world.tell(made("a.1", TEXT))
    for jump in (timedelta(days=400), timedelta(days=-800)):
        world.time += jump
        assert world.tell(made("a.1", TEXT)) == first
        assert world.tell(made("b.1", TEXT, days=1)) == Reason.ALREADY_TOLD


def test_the_first_words_of_a_speaker_on_a_topic_are_told_once_for_each_speaker() -> None:
    world = World(Watch(id="w", name="Perairan", about="patroli", novelty=("first", "utterance")))
    (raised,) = world.tell(made("a.1", TEXT))
    assert raised.reason == "first-on-topic"
    assert world.tell(made("a.1", TEXT)) == [raised]
    assert world.tell(made("b.1", TEXT, days=1)) == Reason.ALREADY_TOLD
    (other,) = world.tell(made("c.1", "Patroli laut dihentikan mulai besok pagi", days=1))
    assert other.reason == "new-utterance"
    (third,) = world.tell(made("d.1", TEXT, days=1, speaker_id="person:arga", speaker="Arga"))
    assert third.reason == "first-on-topic"


def test_an_alert_says_when_it_may_be_sent_and_carries_its_proof() -> None:
    watch = msgspec.structs.replace(WATCH, cadence="daily", quiet="22:00-06:00", zone="Asia/Jakarta", maximum=7)
    world = World(watch)
    world.tell(made("a.1", TEXT))
    (raised,) = world.tell(made("b.1", FULLER, days=1))
    assert raised.pace == watch.pace
    assert raised.proof is not None
    assert [piece.kind for piece in raised.proof.changes][-1] == "added"
    assert "Awak kapal direkrut" in raised.proof.changes[-1].text


def test_a_watch_on_an_utterance_hears_it_under_every_name_that_it_has_as_corrected() -> None:
    merged = Edit(id="m", at=DAY, by="t", why="", kind="merge", utterances=("a.1", "x.1"))
    world = World(Watch(id="w", name="Satu", about="utterance:x.1", novelty=("utterance", "version")))
    assert world.tell(made("a.1", TEXT)) is Reason.NO_WATCH
    world.watches = Snapshot(watches=world.watches.watches, edits=(merged,))
    (raised,) = world.tell(made("b.1", TEXT, days=1))
    assert raised.reason == "new-utterance"
    assert world.tell(made("c.1", "Subsidi pupuk untuk petani kecil dilanjutkan")) is Reason.NO_WATCH
    late = joined(world.record(made("d.1", TEXT, days=2)), "a.1")
    assert alert(late, catalog=world, state=world.state, clock=world) == Drop(Reason.ALREADY_TOLD)
    split = Edit(
        id="s", at=DAY + timedelta(days=1), by="t", why="", kind="split", utterances=("a.1", "x.1"), name="x.1",
        apart=(Seed(statement_id="x.1", language="id", text="Kapal feri malam"),),
        rest=(Seed(statement_id="a.1", language="id", text=TEXT),),
    )  # fmt: skip
    world.watches = Snapshot(watches=world.watches.watches, edits=(merged, split))
    assert world.tell(made("e.1", TEXT, days=3)) is Reason.NO_WATCH


def test_a_watch_on_an_utterance_hears_it_under_the_name_that_the_ledger_gave_it_since() -> None:
    merged = Edit(id="m", at=DAY, by="t", why="", kind="merge", utterances=("a.1", "x.1"))
    world = World(Watch(id="w", name="Satu", about="utterance:joined AND NOT text:patroli"))
    world.watches = Snapshot(watches=world.watches.watches, edits=(merged,))
    assert alert(joined(world.record(made("a.1", TEXT)), "a.1"), catalog=world, state=world.state, clock=world) == Drop(
        Reason.NO_WATCH
    )
    (raised,) = world.tell(made("x.1", "Subsidi pupuk untuk petani kecil dilanjutkan", days=1))
    assert raised.recorded.statement.statement_id == "x.1"
