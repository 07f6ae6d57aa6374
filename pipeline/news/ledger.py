"""The ledger of utterances: who said what first, in which words, and who carried it.

An *utterance* is one thing that somebody said, however it is worded. A statement joins the utterance of the nearest
known wording of the same speaker that `pipeline.news.wording` takes for the same, at most `WINDOW` apart; each repeat
in the window extends it. It is a *version* when a later article adds content words to all that was heard before. A
statement that is older than all known ones is a repeat and moves `first_seen`; the utterance keeps its id.

Bounds: an utterance keeps `WORDINGS` wordings, counts `CARRIERS` articles (a count of 256 means 256 or more) and
remembers `VOCABULARY` words. A statement that joins two utterances joins the nearer one; the two stay apart.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec

from pipeline.news import wording, words
from pipeline.news.wording import Content, Reading
from schemas.record import Value
from schemas.statement import Novelty, StatementMade, Utterance

WINDOW = timedelta(days=30)
"""Wordings further apart are never the same utterance."""
BRIEF_WINDOW = timedelta(days=7)
"""The same for wordings of one or two content words ("Itu tidak benar"), which are said of many things."""
TRANSLATED_WINDOW = timedelta(days=1)
"""The same for wordings in two languages."""
CANDIDATES = 12
"""How many known wordings are compared with one statement."""
WORDINGS, CARRIERS, VOCABULARY = 16, 256, 1000
ADDED, ADDED_SHARE = 3, 0.2
"""The least number and share of content words that make a version, after those that only replace others."""

_BUCKET = 2 * WINDOW
_POSTINGS = 64
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Wording(Value, frozen=True, kw_only=False, array_like=True):
    """One way in which an utterance was put, under its first statement."""

    statement_id: str
    utterance_id: str
    speaker_id: str
    article_id: str
    seen_at: datetime
    language: str
    text: str
    content: Content


class Carried(Value, frozen=True, kw_only=False, array_like=True):
    """An article that carried an utterance; `revision` is the newest that did, `withdrawn` that no later one does."""

    article_id: str
    family: str
    outlet: str | None
    seen_at: datetime
    revision: int = 0
    withdrawn: bool = False


class Entry(Value, frozen=True, kw_only=False, array_like=True):
    """What is remembered of an utterance. `wordings` counts them, `vocabulary` holds the stems of all of them."""

    utterance_id: str
    first_seen: datetime
    carriers: tuple[Carried, ...]
    wordings: int
    vocabulary: tuple[str, ...]


class Settled(Value, frozen=True, kw_only=False, array_like=True):
    """What came out for a statement, so that a replay comes out the same. `content` is a hash of what went in."""

    content: str
    utterance: Utterance


class Match(NamedTuple):
    """A known wording of the same utterance."""

    wording: Wording
    similarity: float


class Place(NamedTuple):
    """Where a statement was put: the utterance as its readers see it, and what to remember.

    wording  the statement's own wording, None when it is not worth keeping
    """

    utterance: Utterance
    entry: Entry
    wording: Wording | None


def content(made: StatementMade) -> str:
    """A name for what the outcome depends on; not the family, which may be known better when a record comes again."""
    statement, carrier = made.statement, made.carrier
    return words.identity(
        statement.speaker_id, statement.text, carrier.article_id, str(carrier.revision), carrier.language,
        carrier.seen_at.isoformat(),
    )  # fmt: skip


def postings(made: StatementMade, reading: Reading) -> list[int]:
    """What the wordings of the same utterance are found by: the same words in the same or the nearest period."""
    at = made.carrier.seen_at - _EPOCH
    period, rest = divmod(at, _BUCKET)
    neighbour = period - 1 if rest < _BUCKET / 2 else period + 1
    return [p for when in (period, neighbour) for p in _postings(made, reading.content, when)]


def kept_under(made: StatementMade, reading: Reading) -> list[int]:
    """The postings that a wording is kept under, those for finding translations included."""
    at = made.carrier.seen_at - _EPOCH
    return _postings(made, reading.content, at // _BUCKET) + _landmarks(made, reading.content, at.days)


def translation_postings(made: StatementMade, reading: Reading) -> list[int]:
    """What wordings in other languages are found by: the same names and figures within a day."""
    day = (made.carrier.seen_at - _EPOCH).days
    return [p for when in (day - 1, day, day + 1) for p in _landmarks(made, reading.content, when)]


def match(made: StatementMade, reading: Reading, known: Wording) -> Match | None:
    """How a statement matches a known wording; None when it is another utterance."""
    apart = abs(made.carrier.seen_at - known.seen_at)
    if known.speaker_id != made.statement.speaker_id or apart > WINDOW:
        return None
    mine, one_article = reading.content, known.article_id == made.carrier.article_id
    if mine.key != known.content.key and known.language != made.carrier.language:
        score = wording.translated(mine, known.content) if apart <= TRANSLATED_WINDOW else 0.0
        return Match(known, score) if score else None
    if apart > BRIEF_WINDOW and mine.weight < wording.BRIEF:
        return None
    score = wording.similarity(mine, known.content, together=not one_article)
    return Match(known, score) if wording.same(mine, known.content, score, one_article=one_article) else None


def rank(matches: Iterable[Match], reading: Reading) -> list[Match]:
    """The nearest wording first: by similarity, then by the words that both share, then the earlier."""
    mine = set(reading.content.stems)

    def nearness(found: Match) -> tuple[float, float, datetime, str]:
        theirs = mine.symmetric_difference(found.wording.content.stems)
        return -found.similarity, len(theirs), found.wording.seen_at, found.wording.statement_id

    return sorted(matches, key=nearness)


def place(made: StatementMade, reading: Reading, matches: Sequence[Match], entries: Sequence[Entry]) -> Place:
    """Put a statement into the ledger, given its matches (nearest first) and their entries, the nearest's first."""
    if not matches:
        return _opened(made, reading)
    nearest, before = matches[0], entries[0]
    heard = {stem for entry in entries for stem in entry.vocabulary}
    new_words = _added(made, reading, nearest, before, heard)
    entry = _joined(made, reading, before)
    kept = None
    if before.wordings < WORDINGS and not _known_already(made, reading, matches):
        kept, entry = _wording(made, reading, before.utterance_id), _one_more_wording(entry)
    novelty: Novelty = "version" if new_words else "repeat"
    return Place(_utterance(made, entry, novelty, matches, new_words), entry, kept)


def withdrawn(made: StatementMade, entry: Entry) -> Entry:
    """The entry after an article withdrew a statement; nothing changes when it says the same in another one."""
    carriers = tuple(
        msgspec.structs.replace(carried, withdrawn=True)
        if carried.article_id == made.carrier.article_id and carried.revision < made.carrier.revision
        else carried
        for carried in entry.carriers
    )
    return msgspec.structs.replace(entry, carriers=carriers)


def carried(utterance: Utterance, entry: Entry) -> Utterance:
    """The utterance with those that carry it, what was withdrawn left out."""
    carriers = [carried for carried in entry.carriers if not carried.withdrawn]
    return msgspec.structs.replace(
        utterance,
        articles=len(carriers),
        families=len({carried.family for carried in carriers}),
        outlets=tuple(dict.fromkeys(carried.outlet for carried in carriers if carried.outlet)),
    )


def _opened(made: StatementMade, reading: Reading) -> Place:
    utterance_id = made.statement.statement_id
    entry = Entry(utterance_id, made.carrier.seen_at, (_carried(made),), 1, reading.content.stems[:VOCABULARY])
    return Place(_utterance(made, entry, "new", (), ()), entry, _wording(made, reading, utterance_id))


def _joined(made: StatementMade, reading: Reading, entry: Entry) -> Entry:
    """The entry with one more carrier; an article that is there already is replaced, not counted again."""
    others = tuple(carried for carried in entry.carriers if carried.article_id != made.carrier.article_id)
    mine = (_carried(made),) if len(others) < CARRIERS else ()
    carriers = tuple(sorted(others + mine, key=lambda carried: (carried.seen_at, carried.article_id)))
    vocabulary = tuple(dict.fromkeys(entry.vocabulary + reading.content.stems))[:VOCABULARY]
    first_seen = min(entry.first_seen, made.carrier.seen_at)
    return Entry(entry.utterance_id, first_seen, carriers, entry.wordings, vocabulary)


def _one_more_wording(entry: Entry) -> Entry:
    return Entry(entry.utterance_id, entry.first_seen, entry.carriers, entry.wordings + 1, entry.vocabulary)


def _added(
    made: StatementMade, reading: Reading, nearest: Match, before: Entry, heard: set[str]
) -> tuple[str, ...]:  # fmt: skip
    """The words that make this a version; empty for a repeat.

    What one article says again in full is no version of it, nor is a translation, nor what is older than the rest.
    """
    elsewhere = any(carried.article_id != made.carrier.article_id for carried in before.carriers)
    translation = nearest.wording.language != made.carrier.language
    if not elsewhere or translation or made.carrier.seen_at < before.first_seen:
        return ()
    found = wording.added(reading, heard)
    replaced = len(set(nearest.wording.content.stems).difference(reading.content.stems))
    net = len(found) - replaced
    return found if net >= ADDED and net >= ADDED_SHARE * len(reading.content.stems) else ()


def _known_already(made: StatementMade, reading: Reading, matches: Sequence[Match]) -> bool:
    """Whether the same words are kept for about the same time."""
    return any(
        match.wording.content.key == reading.content.key
        and match.wording.utterance_id == matches[0].wording.utterance_id
        and abs(match.wording.seen_at - made.carrier.seen_at) <= WINDOW / 2
        for match in matches
    )


def _utterance(
    made: StatementMade, entry: Entry, novelty: Novelty, matches: Sequence[Match], new_words: tuple[str, ...]
) -> Utterance:
    others = [match for match in matches if match.wording.statement_id != made.statement.statement_id]
    utterance = Utterance(
        utterance_id=entry.utterance_id,
        novelty=novelty,
        first_seen=entry.first_seen,
        closest=others[0].wording.statement_id if others else None,
        similarity=round(others[0].similarity, 3) if others else 0.0,
        earlier=others[0].wording.text if others else None,
        added=new_words,
    )
    return carried(utterance, entry)


def _wording(made: StatementMade, reading: Reading, utterance_id: str) -> Wording:
    statement, carrier = made.statement, made.carrier
    return Wording(
        statement.statement_id, utterance_id, statement.speaker_id, carrier.article_id, carrier.seen_at,
        carrier.language, statement.text, reading.content,
    )  # fmt: skip


def _carried(made: StatementMade) -> Carried:
    carrier = made.carrier
    return Carried(carrier.article_id, carrier.family, carrier.outlet, carrier.seen_at, carrier.revision)


def _postings(made: StatementMade, found: Content, period: int) -> list[int]:
    seed = words.hash64(f"{made.statement.speaker_id}\0{period}")
    near = sorted({words.hash64(pair, seed) for pair in wording.pairs(found)})
    return words.postings([words.hash64(f"={found.key}", seed), *near[:_POSTINGS]])


def _landmarks(made: StatementMade, found: Content, day: int) -> list[int]:
    marks = wording.landmarks(found)
    if len(marks) < wording.TRANSLATED_NAMES:
        return []
    seed = words.hash64(f"{made.statement.speaker_id}\0day {day}")
    return words.postings(sorted(words.hash64(mark, seed) for mark in marks))
