import pytest

from agents.deliver import DELIVER, Reason, deliver
from pipeline.adapters.memory import MemoryState
from pipeline.flow import Drop, Reject, TryLater
from schemas.alert import AlertRaised
from schemas.statement import StatementRecorded, Utterance
from schemas.topics import ALERTS_RAISED
from tests.invented import DAY, made


class Channels:
    """Keeps what is sent to each channel; `away` does not answer now, `gone` never will."""

    def __init__(self, away: tuple[str, ...] = (), gone: tuple[str, ...] = ()) -> None:
        self.away, self.gone = away, gone
        self.sent: list[tuple[str, str]] = []

    def send(self, channel: str, alert: AlertRaised) -> None:
        if channel in self.away:
            raise TryLater(30.0 * (1 + self.away.index(channel)), f"{channel} does not answer")
        if channel in self.gone:
            raise Reject(Reason.REFUSED, f"{channel} is gone")
        self.sent.append((channel, alert.alert_id))


def alert(*channels: str, alert_id: str = "x") -> AlertRaised:
    statement = made("a.1", "Kapal feri malam dihentikan")
    utterance = Utterance(utterance_id="a.1", novelty="new", first_seen=DAY)
    recorded = StatementRecorded(statement=statement.statement, carrier=statement.carrier, utterance=utterance)
    return AlertRaised(
        alert_id=alert_id,
        watch_id="w",
        watch="Perairan",
        reason="new-utterance",
        why="Because.",
        raised_at=DAY,
        recorded=recorded,
        channels=channels,
    )


def test_the_agent_is_what_the_flow_says() -> None:
    assert (DELIVER.reads, DELIVER.writes, DELIVER.ports) == ((ALERTS_RAISED,), (), {"notify", "state"})


def test_every_channel_gets_an_alert_once() -> None:
    notify, state = Channels(), MemoryState()
    for _ in range(2):
        assert deliver(alert("feed:", "mail:", "feed:"), notify=notify, state=state) == Drop(Reason.DELIVERED)
    assert notify.sent == [("feed:", "x"), ("mail:", "x")]
    deliver(alert("feed:", alert_id="y"), notify=notify, state=state)
    assert notify.sent[2:] == [("feed:", "y")]


def test_a_channel_that_is_away_stops_no_other_and_is_tried_again_alone() -> None:
    notify, state = Channels(away=("hook:", "slow:")), MemoryState()
    with pytest.raises(TryLater) as raised:
        deliver(alert("hook:", "feed:", "slow:", "mail:"), notify=notify, state=state)
    assert raised.value.seconds == 60
    assert raised.value.detail == "hook: does not answer; slow: does not answer"
    assert notify.sent == [("feed:", "x"), ("mail:", "x")]
    notify.away = ()
    assert deliver(alert("hook:", "feed:", "slow:", "mail:"), notify=notify, state=state) == Drop(Reason.DELIVERED)
    assert notify.sent[2:] == [("hook:", "x"), ("slow:", "x")]


def test_a_channel_that_is_gone_leaves_it_partly_delivered_and_is_not_tried_again() -> None:
    notify, state = Channels(gone=("hook:",)), MemoryState()
    for _ in range(2):
        assert deliver(alert("hook:", "feed:"), notify=notify, state=state) == Drop(Reason.PARTLY_DELIVERED)
        notify.gone = ()
    assert notify.sent == [("feed:", "x")]


def test_an_alert_that_no_channel_ever_takes_is_rejected() -> None:
    with pytest.raises(Reject) as raised:
        deliver(alert("hook:", "mail:"), notify=Channels(gone=("hook:", "mail:")), state=MemoryState())
    assert raised.value.reason is Reason.REFUSED
    assert "watch Perairan" in raised.value.detail


def test_a_watch_without_channels_is_said() -> None:
    assert deliver(alert(), notify=Channels(), state=MemoryState()) == Drop(Reason.NO_CHANNEL)
