"""A statement: somebody's words or reported words in one article; and its place in the ledger of utterances."""

from datetime import date, datetime
from typing import ClassVar, Literal

from schemas.article import Part
from schemas.record import Record, Value

StatementKind = Literal["direct", "mixed", "indirect"]
Novelty = Literal["new", "version", "repeat"]


class Statement(Value, frozen=True, kw_only=True, omit_defaults=True):
    """What was said, by whom, and how we know.

    kind        direct: inside quotation marks; mixed: a reported clause with a quoted
                fragment; indirect: a reported clause
    start, end  codepoints in `part`; text == article.part(part)[start:end]; marks, speaker and cue excluded
    page_start, page_end  the same stretch in the page's text
    mention     the words that name the speaker here (name, role, pronoun, "-nya"); None in a continuation
    speaker     the canonical name; None when unknown (unknown rather than wrong)
    speaker_id  official id, else "person:...", "organisation:...", "role:...", "unknown:..."
    official    the id in the catalog when the speaker is tracked
    medium      the outlet that relayed it, never the speaker
    reasons     the chain from mention to speaker, first step first
    rule        which rule found it
    confidence  the chance, 0 to 1, that these words were said and that the speaker is right
    said_on     the day of speaking, when its sentence tells it ("on Monday", "Senin (17/1)"), by the article's date
    place       where it was said, and `occasion` at what ("press conference"), in the article's words, when told
    negated     it denies something: "denied that ...", or its first clause is negated
    conditional  it names a condition ("if", "jika")
    entities    names of the entities named in it
    before, after  the rest of its paragraph around it, for people
    """

    statement_id: str
    kind: StatementKind
    part: Part
    start: int
    end: int
    text: str
    speaker_id: str
    rule: str
    confidence: float
    page_start: int | None = None
    page_end: int | None = None
    speaker: str | None = None
    official: str | None = None
    mention: str | None = None
    mention_start: int | None = None
    mention_end: int | None = None
    cue: str | None = None
    cue_start: int | None = None
    cue_end: int | None = None
    medium: str | None = None
    reasons: tuple[str, ...] = ()
    said_on: date | None = None
    place: str | None = None
    occasion: str | None = None
    negated: bool = False
    conditional: bool = False
    entities: tuple[str, ...] = ()
    before: str = ""
    after: str = ""


class Carrier(Value, frozen=True, kw_only=True, omit_defaults=True):
    """The article that carries a statement, as far as its readers need it. `family` joins copies of one text."""

    article_id: str
    revision: int
    page: str
    title: str
    language: str
    family: str
    fetched_at: datetime
    url: str | None = None
    outlet: str | None = None
    published: datetime | None = None

    @property
    def seen_at(self) -> datetime:
        """When the article is taken to have appeared: published, or else fetched."""
        return self.published or self.fetched_at


class StatementMade(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A statement found in an article, on its way to the ledger of its speaker.

    withdrawn  when its page was first fetched without these words; `carrier` is the version without them then, but
               `carrier.page` the page that had them
    repeated   the beginnings of its words that another statement of its speaker in the article has as well, unless it
               says the same; `frequent`: that two others have
    """

    SCHEMA: ClassVar[str] = "statement-made.v1"
    statement: Statement
    carrier: Carrier
    withdrawn: datetime | None = None
    repeated: tuple[str, ...] = ()
    frequent: tuple[str, ...] = ()


class Utterance(Value, frozen=True, kw_only=True, omit_defaults=True):
    """What the ledger knew of the utterance when this statement was recorded.

    utterance_id  the id of the statement that opened it
    former        the ids of utterances that turned out to be this one, when a statement joined them
    novelty       new: first time heard; version: an earlier utterance with content words added; repeat: heard before
    closest       the statement id of the nearest earlier wording, and its `similarity`, 0 to 1
    earlier       the nearest earlier wording itself, for a version or a repeat
    added         the words that a version adds, in order
    outlets       outlets that carried it so far, this one included, in order of appearance
    articles      how many articles carried it so far and still do; `families` counts copies of one text once
    """

    utterance_id: str
    novelty: Novelty
    first_seen: datetime
    articles: int = 1
    families: int = 1
    outlets: tuple[str, ...] = ()
    closest: str | None = None
    similarity: float = 0.0
    earlier: str | None = None
    added: tuple[str, ...] = ()
    former: tuple[str, ...] = ()


class StatementRecorded(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A statement with its place in the ledger. `withdrawn` as in StatementMade."""

    SCHEMA: ClassVar[str] = "statement-recorded.v1"
    statement: Statement
    carrier: Carrier
    utterance: Utterance
    withdrawn: datetime | None = None
