"""An alert: one watch is told of one utterance, with the proof."""

from datetime import datetime
from typing import ClassVar

from schemas.record import Record
from schemas.statement import StatementRecorded


class AlertRaised(Record, frozen=True, kw_only=True, omit_defaults=True):
    """To be delivered once to each channel of the watch.

    alert_id  hash(watch, utterance, reason): a replay overwrites and never doubles
    reason    new-utterance or new-version
    why       one sentence: which condition of the watch was met
    channels  URLs of the channels of the watch when the alert was raised
    """

    SCHEMA: ClassVar[str] = "alert.v1"
    alert_id: str
    watch_id: str
    watch: str
    reason: str
    why: str
    raised_at: datetime
    recorded: StatementRecorded
    channels: tuple[str, ...] = ()
