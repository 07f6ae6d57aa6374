"""An alert: one watch is told of one utterance, with the proof; or people are told how the sources do."""

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


class Notice(Value, frozen=True, kw_only=True, omit_defaults=True):
    """News of Pantau itself, not of anybody's words: a source fell silent, or the report of a week.

    title  one line
    lines  what there is to know, a sentence or a row each
    url    the page that it is about
    """

    title: str
    lines: tuple[str, ...] = ()
    url: str | None = None


class AlertRaised(Record, frozen=True, kw_only=True, omit_defaults=True):
    """To be delivered once to each channel of the watch.

    alert_id  hash(watch, utterance, reason): a replay overwrites and never doubles
    reason    new-utterance, new-version, widely-carried or first-on-topic; of a notice what it tells of
    why       one sentence: which condition of the watch was met
    recorded  what was said; None where a `notice` is told in its place
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
    recorded: StatementRecorded | None = None
    channels: tuple[str, ...] = ()
    pace: Pace = Pace()
    proof: Proof | None = None
    sample: bool = False
    notice: Notice | None = None

    @property
    def heard(self) -> StatementRecorded:
        """What was said. Raises LookupError for a notice, which is of nobody's words."""
        if self.recorded is None:
            raise LookupError(f"alert {self.alert_id} tells of no statement")
        return self.recorded
