"""Alerts are sent to each channel of their watch, once."""

from enum import StrEnum

from pipeline.flow import Agent, Drop, Emit, Reject, TryLater
from pipeline.ports import Notify, State
from schemas.alert import AlertRaised
from schemas.topics import ALERTS_RAISED

_DELIVERED, _REFUSED = b"delivered", b"refused"


class Reason(StrEnum):
    """What became of an alert."""

    DELIVERED = "delivered"
    """Every channel has it."""
    PARTLY_DELIVERED = "partly-delivered"
    """At least one channel has it; the others will never take it."""
    NO_CHANNEL = "no-channel"
    """The watch names no channel."""
    REFUSED = "refused"
    """No channel will ever take it."""


def deliver(alert: AlertRaised, *, notify: Notify, state: State) -> Emit | Drop:
    """Send an alert to the channels that do not have it yet; one that fails does not stop the others.

    Raises TryLater when a channel does not answer now; what the others got is in `state`, which a runner keeps.
    """
    channels = tuple(dict.fromkeys(alert.channels))
    if not channels:
        return Drop(Reason.NO_CHANNEL)
    waiting = [error for channel in channels if (error := _send(alert, channel, notify, state))]
    if waiting:
        raise TryLater(max(error.seconds for error in waiting), "; ".join(error.detail for error in waiting))
    outcomes = {state.get(_key(alert, channel)) for channel in channels}
    if outcomes == {_REFUSED}:
        raise Reject(Reason.REFUSED, f"none of the channels of watch {alert.watch} takes alerts: correct their URLs")
    return Drop(Reason.PARTLY_DELIVERED if _REFUSED in outcomes else Reason.DELIVERED)


def _send(alert: AlertRaised, channel: str, notify: Notify, state: State) -> TryLater | None:
    """Send to one channel unless it is settled. Returns the error of a channel that does not answer now."""
    if state.get(_key(alert, channel)) is not None:
        return None
    outcome = _DELIVERED
    try:
        notify.send(channel, alert)
    except TryLater as error:
        return error
    except Reject:
        outcome = _REFUSED
    state.put(_key(alert, channel), outcome)
    return None


def _key(alert: AlertRaised, channel: str) -> str:
    return f"{alert.alert_id}\0{channel}"


DELIVER = Agent("deliver", (ALERTS_RAISED,), (), deliver, Reason)
