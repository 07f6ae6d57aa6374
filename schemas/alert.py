"""An alert: one watch is told of one utterance, with the proof."""

from datetime import datetime
from typing import ClassVar, Literal

from schemas.catalog import Pace
from schemas.record import Record, Value
from schemas.statement import StatementRecorded


class Piece(Value, frozen=True, kw_only=False, omit_defaults=True):
    """Words of a comparison of two wordings: in both, only in the new one, or only in the earlier one."""

    kind: Literal["same", "added", "removed"]
    text: str


class Proof(Value, frozen=True, kw_only=True, omit_defaults=True):
    """What lets a reader check an alert without opening anything; the rest is in `recorded`.

    quote          the words with their quotation marks
    before, after  the sentences around them in their paragraph
    changes        what is new against the closest earlier wording of the speaker, in order; empty when there is none,
                   or one in another language
    stored         the passage in the stored copy of the page: "PAGE#START-END", codepoints of the page's text
    """

    quote: str
    before: str = ""
    after: str = ""
    changes: tuple[Piece, ...] = ()
    stored: str = ""


class AlertRaised(Record, frozen=True, kw_only=True, omit_defaults=True):
    """To be delivered once to each channel of the watch.

    alert_id  hash(watch, utterance, reason): a replay overwrites and never doubles
    reason    new-utterance, new-version, widely-carried or first-on-topic
    why       one sentence: which condition of the watch was met
    channels  URLs of the channels of the watch when the alert was raised, and `pace` when they are told
    sample    it was made to try the channels; nobody said anything
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
    pace: Pace = Pace()
    proof: Proof | None = None
    sample: bool = False
