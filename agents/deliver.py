"""Alerts are sent to each channel of their watch: at once or in digests, outside quiet hours, again while it is away.

The step only puts an alert into the queue of its watch and channel. What is due is sent by `wake`, so a channel that
does not answer holds up nobody: its queues are due again later.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

import msgspec

from pipeline.flow import Agent, Bury, Drop, Emit, Reject, TryLater
from pipeline.news.pace import next_digest, quiet_until
from pipeline.ports import Clock, Notify, State
from schemas.alert import AlertRaised
from schemas.codec import decode, encode
from schemas.record import Value
from schemas.topics import ALERTS_RAISED

RETRY_FOR, ATTEMPTS = timedelta(days=1), 10
"""How long and how often an alert is tried at least before it is a dead letter; often, since clocks may jump."""
RETRY_AT_MOST = 600.0
"""Seconds between two attempts at most; they double from two seconds on."""
FULL = 1000
"""Alerts that wait together at most: then they are sent before their time."""
_DELIVERED = b"delivered"


class Reason(StrEnum):
    """What became of an alert, or of what waited for a channel."""

    QUEUED = "queued"
    """It is in the queues of its channels."""
    KNOWN = "known"
    """Every channel has it, or will get it."""
    NO_CHANNEL = "no-channel"
    """The watch names no channel."""
    DELIVERED = "delivered"
    """A channel has it."""
    WAITING = "waiting"
    """It is not the time to send: quiet hours, or the channel did not answer a moment ago."""
    AWAY = "away"
    """The channel does not answer; tried again."""
    REFUSED = "refused"
    """The channel will never take it."""
    UNDELIVERED = "undelivered"
    """The channel did not answer for a day."""


class Waiting(Value, frozen=True, kw_only=False, array_like=True):
    """An alert that waits, and since when it could have been sent."""

    alert_id: str
    since: datetime


class Queue(Value, frozen=True, kw_only=False, array_like=True):
    """What a channel has to be told of a watch; `attempts` failed one after the other, the last with `error`."""

    alerts: tuple[Waiting, ...]
    due: datetime
    attempts: int = 0
    error: str = ""


class Away(Value, frozen=True, kw_only=False, array_like=True):
    """A channel that did not answer `attempts` times is not tried before `until`, whichever watch wants to."""

    until: datetime
    attempts: int


_QUEUE, _AWAY = msgspec.msgpack.Decoder(Queue), msgspec.msgpack.Decoder(Away)


def deliver(alert: AlertRaised, *, state: State, clock: Clock) -> Emit | Drop:
    """Put an alert into the queue of each channel that does not have it yet."""
    channels = tuple(dict.fromkeys(alert.channels))
    if not channels:
        return Drop(Reason.NO_CHANNEL)
    new = [channel for channel in channels if state.get(_key(alert.alert_id, channel)) is None]
    for channel in new:
        state.put(_key(alert.alert_id, channel), encode(alert))
        _enqueue(alert, channel, state, clock.now())
    return Drop(Reason.QUEUED if new else Reason.KNOWN)


def wake(key: str, value: bytes, *, notify: Notify, state: State, clock: Clock) -> Emit | Drop | Bury:
    """Send what is due to one channel of one watch. What it does not take in a day becomes dead letters."""
    queue, now = _QUEUE.decode(value), clock.now()
    desk = _Desk(key, key.split("\0", 2)[2], state)
    hopeless = [w for w in queue.alerts if now - w.since >= RETRY_FOR] if queue.attempts >= ATTEMPTS else []
    if hopeless:
        return _give_up(desk, queue, hopeless, Reason.UNDELIVERED, queue.error)
    size = 500 if notify.together(desk.channel) else 1
    alerts = desk.read(queue.alerts[:size])
    alerts = alerts[: alerts[-1].pace.maximum] if size > 1 else alerts
    batch = queue.alerts[: len(alerts)]
    later = quiet_until(alerts[-1].pace, now) or desk.away(now)
    if later:
        desk.put(_until(queue, later))
        return Drop(Reason.WAITING)
    try:
        notify.send(desk.channel, alerts)
    except TryLater as error:
        until = desk.failed(now, error.seconds)
        desk.put(Queue(queue.alerts, until, queue.attempts + 1, error.detail))
        return Drop(Reason.AWAY)
    except Reject as error:
        return _give_up(desk, queue, batch, Reason.REFUSED, error.detail)
    desk.delivered(queue, batch, now)
    return Drop(Reason.DELIVERED)


class _Desk(NamedTuple):
    """One channel of one watch, and what is remembered of both."""

    key: str
    channel: str
    state: State

    def read(self, waiting: Sequence[Waiting]) -> list[AlertRaised]:
        bodies = (self.state.get(_key(one.alert_id, self.channel)) for one in waiting)
        return [decode(body, AlertRaised.SCHEMA, AlertRaised) for body in bodies if body is not None]

    def put(self, queue: Queue) -> None:
        if queue.alerts:
            self.state.put(self.key, _encode(queue), due=queue.due)
        else:
            self.state.delete(self.key)

    def away(self, now: datetime) -> datetime | None:
        """Until when the channel is not tried; a time that only a wrong clock can have set does not count."""
        value = self.state.get(f"away\0{self.channel}")
        until = _AWAY.decode(value).until if value is not None else now
        return until if now < until <= now + timedelta(seconds=2 * RETRY_AT_MOST) else None

    def failed(self, now: datetime, seconds: float) -> datetime:
        """Note that the channel does not answer. Returns when it is tried again."""
        value = self.state.get(f"away\0{self.channel}")
        attempts = 1 + (_AWAY.decode(value).attempts if value is not None else 0)
        wait = min(RETRY_AT_MOST, max(seconds, 2.0 ** min(attempts, 20)))
        away = Away(now + timedelta(seconds=wait), attempts)
        self.state.put(f"away\0{self.channel}", _encode(away))
        return away.until

    def delivered(self, queue: Queue, batch: Sequence[Waiting], now: datetime) -> None:
        for one in batch:
            self.state.put(_key(one.alert_id, self.channel), _DELIVERED)
        self.state.delete(f"away\0{self.channel}")
        self.put(Queue(queue.alerts[len(batch) :], now))


def _enqueue(alert: AlertRaised, channel: str, state: State, now: datetime) -> None:
    """Add an alert to its queue. It goes out with what waits there, earlier if its own time comes earlier."""
    desk = _Desk(f"queue\0{alert.watch_id}\0{channel}", channel, state)
    due = (quiet_until(alert.pace, now) or now) if alert.pace.cadence == "at-once" else next_digest(alert.pace, now)
    value = state.get(desk.key)
    queue = _QUEUE.decode(value) if value is not None else Queue((), due)
    full = len(queue.alerts) + 1 >= FULL and not queue.attempts
    due = queue.due if queue.attempts else now if full else min(due, queue.due)
    desk.put(Queue((*queue.alerts, Waiting(alert.alert_id, max(now, due))), due, queue.attempts, queue.error))


def _give_up(desk: _Desk, queue: Queue, lost: Sequence[Waiting], reason: Reason, error: str) -> Bury:
    """Forget alerts of a queue, so that a dead letter that is replayed is tried anew."""
    alerts = desk.read(lost)
    for one in lost:
        desk.state.delete(_key(one.alert_id, desk.channel))
    desk.put(_without(queue, lost))
    told = f"{desk.channel.partition(':')[0]}: {error}: see to the channel, then replay this letter"
    return Bury(tuple(alerts), reason, told, queue.attempts + 1)


def _without(queue: Queue, lost: Sequence[Waiting]) -> Queue:
    return Queue(tuple(one for one in queue.alerts if one not in lost), queue.due, queue.attempts, queue.error)


def _until(queue: Queue, due: datetime) -> Queue:
    return Queue(queue.alerts, due, queue.attempts, queue.error)


def _key(alert_id: str, channel: str) -> str:
    """Holds the alert while it waits for the channel, then that it was delivered."""
    return f"{alert_id}\0{channel}"


_encode = msgspec.msgpack.encode

DELIVER = Agent("deliver", (ALERTS_RAISED,), (), deliver, Reason, version=2, wake=wake)
