"""Alerts reach each channel of their watch: none twice, none lost, whatever the channels, clocks and runners do."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import msgspec
import pytest

from agents.deliver import ATTEMPTS, DELIVER, FULL, RETRY_FOR, Reason, deliver, wake
from pipeline.adapters.memory import MemoryState
from pipeline.errors import Reject, TryLater
from pipeline.flow import Bury, Drop
from schemas.alert import AlertRaised
from schemas.catalog import Pace
from schemas.statement import StatementRecorded, Utterance
from schemas.topics import ALERTS_RAISED
from tests.invented import DAY, made

AT_ONCE = Pace()
HOOK, FEED, MAIL = "hook:", "feed:", "mail:"
DAILY = Pace(cadence="daily", at="07:00", zone="Asia/Jakarta", maximum=3)


def alert(*channels: str, alert_id: str = "x", pace: Pace = AT_ONCE, watch: str = "w") -> AlertRaised:
    statement = made("a.1", "Kami sudah menyiapkan tiga kapal patroli")
    utterance = Utterance(utterance_id="a.1", novelty="new", first_seen=DAY)
    recorded = StatementRecorded(statement=statement.statement, carrier=statement.carrier, utterance=utterance)
    return AlertRaised(
        alert_id=alert_id,
        watch_id=watch,
        watch="Perairan",
        reason="new-utterance",
        why="Because.",
        raised_at=DAY,
        recorded=recorded,
        channels=channels,
        pace=pace,
    )


class Office:
    """Delivers with channels that can be away or gone, and a clock that is set by hand."""

    def __init__(self) -> None:
        self.state, self.time = MemoryState(), DAY
        self.away: set[str] = set()
        self.gone: set[str] = set()
        self.sent: list[tuple[str, str]] = []
        self.tried: list[tuple[str, datetime]] = []
        self.buried: list[tuple[str, Reason, str]] = []

    def now(self) -> datetime:
        return self.time

    def together(self, channel: str) -> bool:
        return channel == MAIL

    def send(self, channel: str, alerts: Sequence[AlertRaised]) -> None:
        self.tried.append((channel, self.time))
        if channel in self.away:
            raise TryLater(1, f"{channel} does not answer")
        if channel in self.gone:
            raise Reject(Reason.REFUSED, f"{channel} is gone")
        self.sent.append((channel, " ".join(alert.alert_id for alert in alerts)))

    def take(self, *alerts: AlertRaised) -> list[Drop]:
        taken = [deliver(alert, state=self.state, clock=self) for alert in alerts]
        self.work()
        return taken

    def work(self) -> list[Reason]:
        """Wake the agent until nothing is due."""
        reasons: list[Reason] = []
        while due := self.state.due(self.time, 1):
            outcome = wake(*due[0], notify=self, state=self.state, clock=self)
            reasons.append(outcome.reason)
            if isinstance(outcome, Bury):
                self.buried += [(one.alert_id, outcome.reason, outcome.detail) for one in outcome.records]
        return reasons

    def later(self, **time: float) -> list[Reason]:
        self.time += timedelta(**time)
        return self.work()


def test_the_agent_is_what_the_flow_says() -> None:
    assert (DELIVER.reads, DELIVER.writes, DELIVER.ports) == ((ALERTS_RAISED,), (), {"notify", "state", "clock"})


def test_every_channel_gets_an_alert_once() -> None:
    office = Office()
    assert office.take(alert(FEED, MAIL, FEED)) == [Drop(Reason.QUEUED)]
    assert office.sent == [(FEED, "x"), (MAIL, "x")]
    assert office.take(alert(FEED, MAIL)) == [Drop(Reason.KNOWN)]
    assert office.take(alert(FEED, alert_id="y")) == [Drop(Reason.QUEUED)]
    assert office.sent[2:] == [(FEED, "y")]


def test_a_watch_without_channels_is_said() -> None:
    assert Office().take(alert()) == [Drop(Reason.NO_CHANNEL)]


def test_a_channel_that_is_away_holds_up_no_other_and_is_tried_again_alone() -> None:
    office = Office()
    office.away = {HOOK}
    office.take(alert(HOOK, FEED), alert(FEED, alert_id="y"))
    assert office.sent == [(FEED, "x"), (FEED, "y")]
    office.away = set()
    office.later(seconds=5)
    assert office.sent[2:] == [(HOOK, "x")]
    assert office.later(days=1) == []


def test_a_channel_that_is_away_is_not_tried_for_each_of_its_alerts_and_watches() -> None:
    office = Office()
    office.away = {HOOK}
    for number in range(50):
        office.take(alert(HOOK, alert_id=f"a{number}", watch=f"w{number % 7}"))
    assert len(office.tried) == 1
    office.away = set()
    office.later(minutes=1)
    assert sorted(office.sent) == sorted((HOOK, f"a{number}") for number in range(50))


def test_attempts_are_further_and_further_apart() -> None:
    office = Office()
    office.away = {HOOK}
    office.take(alert(HOOK))
    for _ in range(3600):
        office.later(seconds=1)
    times = [time for _, time in office.tried]
    waits = [(later - earlier).total_seconds() for earlier, later in pairwise(times)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (2, 600)
    assert len(times) < 16


def test_after_a_day_it_is_a_dead_letter_that_can_be_replayed() -> None:
    office = Office()
    office.away = {HOOK}
    office.take(alert(HOOK, FEED))
    while not office.buried:
        office.later(minutes=10)
    ((id, reason, detail),) = office.buried
    assert (id, reason) == ("x", Reason.UNDELIVERED)
    assert detail == "hook: hook: does not answer: see to the channel, then replay this letter"
    assert RETRY_FOR <= office.time - DAY < RETRY_FOR + timedelta(minutes=30)
    office.away = set()
    assert office.later(days=1) == [], "it is given up"
    assert office.take(alert(HOOK, FEED)) == [Drop(Reason.QUEUED)]
    assert office.sent == [(FEED, "x"), (HOOK, "x")], "the replay tells the feed nothing twice"


def test_what_comes_while_a_channel_is_away_has_a_day_of_its_own() -> None:
    office = Office()
    office.away = {HOOK}
    office.take(alert(HOOK))
    office.later(hours=20)
    office.take(alert(HOOK, alert_id="y"))
    while not office.buried:
        office.later(minutes=10)
    assert [id for id, *_ in office.buried] == ["x"]
    office.away = set()
    office.later(minutes=10)
    assert office.sent == [(HOOK, "y")]


def test_what_a_channel_will_never_take_is_a_dead_letter_at_once_and_others_go_on() -> None:
    office = Office()
    office.gone = {HOOK}
    office.take(alert(HOOK, FEED), alert(HOOK, alert_id="y"))
    assert [(id, reason) for id, reason, _ in office.buried] == [("x", Reason.REFUSED), ("y", Reason.REFUSED)]
    assert office.sent == [(FEED, "x")]


def test_a_clock_that_jumps_a_day_ahead_gives_nothing_up() -> None:
    office = Office()
    office.away = {HOOK}
    office.take(alert(HOOK))
    for _ in range(ATTEMPTS - 2):
        office.later(days=2)
    assert office.buried == []
    office.away = set()
    office.later(minutes=10)
    assert office.sent == [(HOOK, "x")]


def test_a_clock_that_is_set_back_delays_nothing_for_long() -> None:
    office = Office()
    office.time = DAY + timedelta(days=400)
    office.away = {HOOK}
    office.take(alert(HOOK), alert(MAIL, alert_id="y", pace=DAILY))
    office.time, office.away = DAY, set()
    office.work()
    assert sorted(office.sent) == [(HOOK, "x"), (MAIL, "y")]


# Quiet hours and digests


def test_quiet_hours_keep_alerts_until_they_end() -> None:
    office, night = Office(), Pace(quiet="22:00-06:00", zone="Asia/Jakarta")
    office.time = datetime(2031, 3, 10, 16, tzinfo=UTC)  # 23:00 in Jakarta
    office.take(alert(HOOK, MAIL, pace=night), alert(HOOK, MAIL, alert_id="y", pace=night))
    assert office.later(hours=6, minutes=59) == []
    office.later(minutes=1)
    assert sorted(office.sent) == [(HOOK, "x"), (HOOK, "y"), (MAIL, "x y")]


def test_a_retry_does_not_break_the_quiet() -> None:
    office, night = Office(), Pace(quiet="22:00-06:00")
    office.time, office.away = datetime(2031, 3, 10, 21, 59, 59, tzinfo=UTC), {HOOK}
    office.take(alert(HOOK, pace=night))
    office.away = set()
    assert office.later(minutes=1) == [Reason.WAITING]
    office.later(hours=8)
    assert office.sent == [(HOOK, "x")]


def test_a_digest_holds_each_once_and_at_most_so_many() -> None:
    office = Office()
    alerts = [alert(MAIL, alert_id=id, pace=DAILY) for id in "abcde"]
    office.take(*alerts)
    office.take(*alerts)
    assert office.sent == []
    office.later(days=1)
    assert office.sent == [(MAIL, "a b c"), (MAIL, "d e")]
    assert office.take(*alerts) == [Drop(Reason.KNOWN)] * 5
    assert office.later(days=2) == []


def test_a_digest_that_fails_comes_whole_again() -> None:
    office = Office()
    office.away = {MAIL}
    office.take(*(alert(MAIL, alert_id=id, pace=DAILY) for id in "ab"))
    office.later(days=1)
    office.away = set()
    office.later(minutes=1)
    assert office.sent == [(MAIL, "a b")]


def test_a_channel_for_programs_gets_each_alert_of_a_digest_on_its_own() -> None:
    office = Office()
    office.take(*(alert(HOOK, alert_id=id, pace=DAILY) for id in "ab"))
    office.later(days=1)
    assert office.sent == [(HOOK, "a"), (HOOK, "b")]


def test_a_watch_that_is_told_at_once_from_now_on_does_not_wait_for_its_digest() -> None:
    office = Office()
    office.take(alert(MAIL, alert_id="a", pace=DAILY), alert(MAIL, alert_id="b"))
    assert office.sent == [(MAIL, "a b")]


def test_more_than_can_be_kept_together_are_sent_before_their_time() -> None:
    office, pace = Office(), msgspec.structs.replace(DAILY, maximum=500)
    for number in range(FULL + 5):
        office.take(alert(MAIL, alert_id=f"a{number}", pace=pace))
    assert sum(len(ids.split()) for _, ids in office.sent) == FULL
    office.later(days=1)
    assert sum(len(ids.split()) for _, ids in office.sent) == FULL + 5


@pytest.mark.parametrize("kills", [0, 1, 2, 3])
def test_what_a_kill_undid_is_sent_again_and_nothing_else(kills: int) -> None:
    """A kill between the send and the commit takes back what was remembered, not what was sent."""
    office = Office()
    office.take(alert(FEED, alert_id="old"))
    before = dict(office.state._entries)
    for _ in range(kills):
        office.take(alert(FEED))
        kept = MemoryState()
        for key, entry in before.items():
            kept.put(key, entry.value, due=entry.due)
        office.state = kept
    office.take(alert(FEED), alert(FEED, alert_id="old"))
    assert office.sent == [(FEED, "old"), *[(FEED, "x")] * (kills + 1)]
