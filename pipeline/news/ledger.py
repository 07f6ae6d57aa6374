"""The ledger of utterances: who said what first, in which words, and who carried it.

An *utterance* is one thing that somebody said, however it is worded. Wordings of one speaker are linked when
`pipeline.news.likeness` takes them for the same and they are at most `WINDOW` apart, or when one translates the other;
an utterance is what hangs together by links. Whether two are linked depends on these two alone, so the utterances that
there are in the end do not depend on the order in which statements come: one that links two utterances joins them. The
joined one keeps the id of the earlier; the other id is a *former* one of it, and stays known.

It is a *version* when a later article adds content words to all that was heard before. A statement that is older than
all known ones is a repeat and moves `first_seen`.

Bounds: a wording is compared with the `CANDIDATES` that share the most pairs of words with it, the newest of several,
and with those of a single pair when it is `RARE`; an utterance keeps the first `CARRIERS` articles (a count of 256
means 256 or more) and remembers `VOCABULARY` words; in one article `SEATS` statements of a speaker are known by their
place.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

import msgspec

from pipeline.news import likeness, wording, words
from pipeline.news.likeness import Seat
from pipeline.news.wording import Content, Reading
from schemas.record import Value
from schemas.statement import Novelty, StatementMade, Utterance

WINDOW = timedelta(days=30)
"""Wordings further apart are never linked."""
BRIEF_WINDOW = timedelta(days=7)
"""The same for wordings of one or two content words ("Itu tidak benar"), which are said of many things."""
TRANSLATED_WINDOW = timedelta(days=1)
"""The same for wordings in two languages."""
CANDIDATES = 8
"""How many known wordings are compared with one statement."""
RARE = CANDIDATES
"""A wording that shares one pair of words alone is compared when not more than so many have that pair in its period."""
CARRIERS, VOCABULARY, SEATS, REVISIONS = 256, 1000, 64, 8
ADDED, ADDED_SHARE = 3, 0.2
"""The least number and share of content words that make a version, after those that only replace others."""

_BUCKET = 2 * WINDOW.days  # a list holds 64: enough for what is said on each of these days
_PAIRS, _MOST_PAIRS, _SAMPLED = 16, 48, 3  # of words that a wording is found by: so many, of a long one every third
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


Name = tuple[str, str, int, int, bool]


class Wording(Value, frozen=True, kw_only=False, array_like=True):
    """One way in which an utterance was put on one day, quoted or reported, by the first statement that put it so."""

    language: str
    content: Content
    statement_id: str
    utterance_id: str
    speaker_id: str
    seat: Seat
    text: str

    @property
    def name(self) -> Name:
        """What is the same for every statement that is put so: all that it is compared by with other articles."""
        return self.speaker_id, self.language, self.content.key, self.seat.day, self.seat.kind == "indirect"

    @property
    def standing(self) -> Seat:
        """Where it stands, for what stands beside it; what it is compared by with other articles is the wording's."""
        return self.seat._replace(repeated=())


class Stems(Value, frozen=True, kw_only=False, array_like=True):
    """The beginning of a Content."""

    key: int
    stems: tuple[str, ...]


class Gist(Value, frozen=True, kw_only=False, array_like=True):
    """The beginning of a Wording: most of those that are looked at need not be read any further."""

    language: str
    content: Stems


class Glance(Value, frozen=True, kw_only=False, array_like=True):
    """The beginning of a Worded."""

    wording: Gist | None = None


class Seated(Value, frozen=True, kw_only=False, array_like=True):
    """Where a wording stands that another statement was the first to have; `kept` is the key of its record."""

    seat: Seat
    kept: str


class Carried(Value, frozen=True, kw_only=False, array_like=True):
    """An article that carried an utterance; `revision` is the newest that did, `withdrawn` that no later one does."""

    article_id: str
    family: str
    outlet: str | None
    seen_at: datetime
    revision: int = 0
    withdrawn: bool = False


class Entry(Value, frozen=True, kw_only=False, array_like=True):
    """What is remembered of an utterance that was heard more than once. `vocabulary` holds the stems of all its
    wordings.

    former  the ids of the utterances that were joined with it
    joined  the id of the utterance that it was joined with itself; then this is only its old name
    """

    utterance_id: str
    first_seen: datetime
    carriers: tuple[Carried, ...]
    vocabulary: tuple[str, ...]
    former: tuple[str, ...] = ()
    joined: str | None = None


class Settled(Value, frozen=True, kw_only=False, array_like=True):
    """What came out for a statement, so that a replay comes out the same. `content` is a hash of what went in."""

    content: str
    utterance: Utterance


class Opening(Value, frozen=True, kw_only=False, array_like=True):
    """The article whose statement opened an utterance, and the `content` of it, which comes out as new again."""

    carried: Carried
    content: str


class Worded(Value, frozen=True, kw_only=False, array_like=True):
    """The part of a record that says how somebody put something."""

    wording: Wording | None = None
    seated: Seated | None = None


class Said(Worded, frozen=True, kw_only=False, array_like=True):
    """What a statement left behind, in one record: every statement that was heard has one.

    wording  when it was the first to put it so
    seated   when the wording is that of another one
    opening  when it opened an utterance
    """

    opening: Opening | None = None


class Match(NamedTuple):
    """A known wording of the same utterance."""

    wording: Wording
    similarity: float


class Place(NamedTuple):
    """Where a statement was put: the utterance as its readers see it, and what to remember of it and of those that are
    one with it now; nothing when it was opened.
    """

    utterance: Utterance
    entries: tuple[Entry, ...] = ()


def content(made: StatementMade) -> str:
    """A name for what the outcome depends on; not the family, which may be known better when a record comes again."""
    statement, carrier = made.statement, made.carrier
    return words.identity(
        statement.speaker_id, statement.text, carrier.article_id, str(carrier.revision), carrier.language,
        carrier.seen_at.isoformat(),
    )  # fmt: skip


def worded(made: StatementMade, reading: Reading) -> Wording:
    """The wording of a statement, not yet of any utterance but its own."""
    said, carrier, day = made.statement, made.carrier, (made.carrier.seen_at - _EPOCH).days
    seat = Seat(carrier.article_id, said.part, said.start, said.end, said.kind, day, made.repeated, made.frequent)
    return Wording(
        carrier.language, reading.content, said.statement_id, said.statement_id, said.speaker_id, seat, said.text
    )


def surrounded(statements: Iterable[StatementMade]) -> list[StatementMade]:
    """The statements, in their order, each knowing which of its words its speaker uses elsewhere in the article. All
    statements of an article have to be among them.
    """
    known = list(statements)
    articles: dict[tuple[str, str], list[int]] = {}
    for at, made in enumerate(known):
        articles.setdefault((made.carrier.article_id, made.statement.speaker_id), []).append(at)
    for places in articles.values():
        contents = [wording.read(known[at].statement.text, known[at].carrier.language).content for at in places]
        for at, (repeated, frequent) in zip(places, likeness.surroundings(contents), strict=True):
            known[at] = msgspec.structs.replace(known[at], repeated=repeated, frequent=frequent)
    return known


def widened(known: Wording, mine: Wording) -> Wording:
    """A wording that was heard once more: what its speaker repeats is only what he repeats wherever he puts it so.

    So what it is like grows with each time that it is heard, whichever comes first.
    """
    repeated = tuple(root for root in known.seat.repeated if root in mine.seat.repeated)
    return msgspec.structs.replace(known, seat=known.seat._replace(repeated=repeated))


def wording_posting(mine: Wording) -> int:
    """What statements that are put alike on one day are found by."""
    return words.posting(words.hash64(repr(mine.name)))


def article_posting(mine: Wording) -> int:
    """What the wordings of a speaker in one article are found by."""
    return words.posting(words.hash64(f"{mine.speaker_id}\0in {mine.seat.article_id}"))


def postings(mine: Wording) -> list[int]:
    """What linked wordings are found by: the same words in the periods in which they can be."""
    day = mine.seat.day
    return _postings(mine, {when // _BUCKET for when in (day, day - WINDOW.days, day + WINDOW.days)})


def rare(mine: Wording) -> int | None:
    """How many wordings may have the one posting that they share with it; None for one that has hardly more."""
    return RARE if len(mine.content.stems) > 2 else None


def kept_under(mine: Wording) -> list[int]:
    """The postings that a wording is kept under, those for finding translations and its article included."""
    day = mine.seat.day
    found = _postings(mine, {day // _BUCKET})
    return [wording_posting(mine), article_posting(mine), *found, *_landmarks(mine, (day,))]


def listed(said: Said, mine: Wording) -> list[int]:
    """What the record of a statement is found by; `mine` is how it puts it now."""
    kept = kept_under(said.wording) if said.wording else []
    return [*kept, article_posting(mine)] if said.seated else kept


def translation_postings(mine: Wording) -> list[int]:
    """What wordings in other languages are found by: the same names and figures within a day."""
    day = mine.seat.day
    return _landmarks(mine, (day - 1, day, day + 1))


def promising(mine: Wording, known: Gist) -> bool:
    """Whether `match` may link a wording to this one."""
    there = known.content
    alike = there.key == mine.content.key or known.language != mine.language
    return alike or not wording.hopeless(_stems(mine.content), there.stems)


@lru_cache(maxsize=1)
def _stems(content: Content) -> frozenset[str]:
    return frozenset(content.stems)


def match(mine: Wording, known: Wording, there: Seat | None = None) -> Match | None:
    """How a wording matches a known one; None when they are not linked.

    there  where the known one stands in the same article, when that is to count
    """
    apart = abs(mine.seat.day - known.seat.day)
    if known.speaker_id != mine.speaker_id or apart > WINDOW.days:
        return None
    if mine.content.key != known.content.key and known.language != mine.language:
        score = wording.translated(mine.content, known.content) if apart <= TRANSLATED_WINDOW.days else 0.0
        return Match(known, score) if score else None
    if apart > BRIEF_WINDOW.days and (mine.content.brief or known.content.brief):
        return None
    here = mine.seat if there else mine.seat._replace(article_id="")
    score = likeness.likeness(mine.content, here, known.content, there or known.seat)
    if score < likeness.SAME and repeats(mine, known):
        score = likeness.REPEATED
    return Match(known, score) if score >= likeness.SAME else None


def repeats(one: Wording, other: Wording) -> bool:
    """Whether one of two wordings stands word for word in the other, or overlaps with it."""
    quoted = one.seat.kind != "indirect" or other.seat.kind != "indirect"
    return likeness.repeats(one.content, one.text, other.content, other.text, quoted)


def rank(matches: Sequence[Match], mine: Wording) -> list[Match]:
    """The nearest wording first: by the words that both share, then by similarity, then the earlier; each once."""
    if len(matches) < 2:
        return list(matches)
    best = dict[Name, Match]()

    def nearness(found: Match) -> tuple[float, float, int, str]:
        known = found.wording
        return -likeness.share(mine.content, known.content), -found.similarity, known.seat.day, known.statement_id

    for found in sorted(matches, key=nearness):
        best.setdefault(found.wording.name, found)
    return list(best.values())


def place(made: StatementMade, reading: Reading, matches: Sequence[Match], entries: Mapping[str, Entry]) -> Place:
    """Put a statement into the ledger, given its matches (nearest first) and the entries of their utterances.

    The utterance of an earlier revision of the statement is among them: corrected words correct their utterance.
    """
    if not entries:
        return Place(opened(made))
    before, left = _one(entries.values())
    new_words = _added(made, reading, matches[0], before) if matches else ()
    entry = _joined(made, reading, before)
    novelty: Novelty = "version" if new_words else "repeat"
    return Place(_utterance(made, entry, novelty, matches, new_words), (entry, *left))


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


def _one(entries: Iterable[Entry]) -> tuple[Entry, tuple[Entry, ...]]:
    """All entries as one under the id of the earliest, and what is left of the others."""
    first, *others = sorted(entries, key=lambda entry: (entry.first_seen, entry.utterance_id))
    if not others:
        return first, ()
    former = {name for entry in others for name in (entry.utterance_id, *entry.former)}
    carriers = [carried for entry in (first, *others) for carried in entry.carriers]
    vocabulary = tuple(dict.fromkeys(stem for entry in (first, *others) for stem in entry.vocabulary))
    entry = msgspec.structs.replace(
        first,
        carriers=_first(carriers),
        vocabulary=vocabulary[:VOCABULARY],
        former=tuple(sorted(former.union(first.former))),
    )
    left = (
        msgspec.structs.replace(other, carriers=(), vocabulary=(), former=(), joined=first.utterance_id)
        for other in others
    )
    return entry, tuple(left)


def _first(carriers: Iterable[Carried]) -> tuple[Carried, ...]:
    """Each article once, as its newest revision carried it; the first so many."""
    newest: dict[str, Carried] = {}
    for carried in sorted(carriers, key=lambda carried: (carried.revision, not carried.withdrawn)):
        newest[carried.article_id] = carried
    return tuple(sorted(newest.values(), key=lambda carried: (carried.seen_at, carried.article_id))[:CARRIERS])


def opened(made: StatementMade) -> Utterance:
    """The utterance that a statement opens."""
    carrier = made.carrier
    outlets = (carrier.outlet,) if carrier.outlet else ()
    return Utterance(
        utterance_id=made.statement.statement_id, novelty="new", first_seen=carrier.seen_at, outlets=outlets
    )


def opening(made: StatementMade, content: str) -> Opening:
    """What is remembered of it beside the wording, while nobody repeats it."""
    return Opening(_carried(made), content)


def entry(first: Wording, opening: Opening) -> Entry:
    """The entry of an utterance that was heard once."""
    seen_at, stems = opening.carried.seen_at, first.content.stems
    return Entry(first.statement_id, seen_at, (opening.carried,), stems[:VOCABULARY])


def _joined(made: StatementMade, reading: Reading, entry: Entry) -> Entry:
    """The entry with one more carrier; an article that is there already is replaced, not counted again."""
    others = [carried for carried in entry.carriers if carried.article_id != made.carrier.article_id]
    return msgspec.structs.replace(
        entry,
        first_seen=min(entry.first_seen, made.carrier.seen_at),
        carriers=_first([*others, _carried(made)]),
        vocabulary=tuple(dict.fromkeys(entry.vocabulary + reading.content.stems))[:VOCABULARY],
    )


def _added(made: StatementMade, reading: Reading, nearest: Match, before: Entry) -> tuple[str, ...]:
    """The words that make this a version; empty for a repeat.

    What one article says again in full is no version of it, nor is a translation, nor what is older than the rest.
    """
    elsewhere = any(carried.article_id != made.carrier.article_id for carried in before.carriers)
    translation = nearest.wording.language != made.carrier.language
    if not elsewhere or translation or made.carrier.seen_at < before.first_seen:
        return ()
    return _telling(reading, before.vocabulary, nearest.wording.content.stems)


def added(reading: Reading, known: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The words that make a text a version of wordings with these stems; empty when it is none."""
    mine = set(reading.content.stems)
    nearest = max(known, key=lambda stems: (len(mine.intersection(stems)), -len(stems)))
    return _telling(reading, {stem for stems in known for stem in stems}, nearest)


def _telling(reading: Reading, heard: Iterable[str], nearest: Iterable[str]) -> tuple[str, ...]:
    """The words not heard before, if they are more than replace others of the nearest wording."""
    found = wording.added(reading, heard)
    replaced = len(set(nearest).difference(reading.content.stems))
    net = len(found) - replaced
    return found if net >= ADDED and net >= ADDED_SHARE * len(reading.content.stems) else ()


def _utterance(
    made: StatementMade, entry: Entry, novelty: Novelty, matches: Sequence[Match], new_words: tuple[str, ...]
) -> Utterance:
    others = [match for match in matches if match.wording.statement_id != made.statement.statement_id]
    utterance = Utterance(
        utterance_id=entry.utterance_id,
        former=entry.former,
        novelty=novelty,
        first_seen=entry.first_seen,
        closest=others[0].wording.statement_id if others else None,
        similarity=round(others[0].similarity, 3) if others else 0.0,
        earlier=others[0].wording.text if others else None,
        added=new_words,
    )
    return carried(utterance, entry)


def _carried(made: StatementMade) -> Carried:
    carrier = made.carrier
    return Carried(carrier.article_id, carrier.family, carrier.outlet, carrier.seen_at, carrier.revision)


def _postings(mine: Wording, periods: Iterable[int]) -> list[int]:
    return [p for period in periods for p in _in_period(mine.speaker_id, mine.content, period)]


@lru_cache(maxsize=64)
def _in_period(speaker: str, content: Content, period: int) -> tuple[int, ...]:
    seed = words.posting(words.hash64(f"{speaker}\0period {period}"))
    return tuple([shared ^ seed for shared in _shared(content)])


@lru_cache(maxsize=64)
def _shared(content: Content) -> list[int]:
    """What a wording is found by: all its words, and pairs of them."""
    near = wording.pairs(content)
    near.sort()
    return [words.posting(content.key), *words.postings(near[: min(_MOST_PAIRS, max(_PAIRS, len(near) // _SAMPLED))])]


def _landmarks(mine: Wording, days: Sequence[int]) -> list[int]:
    if len(mine.content.names) + len(mine.content.numbers) < wording.TRANSLATED_NAMES:
        return []
    marks = wording.landmarks(mine.content)
    if len(marks) < wording.TRANSLATED_NAMES:
        return []
    seeds = [words.hash64(f"{mine.speaker_id}\0on day {day}") for day in days]
    return words.postings([words.hash64(mark, seed) for seed in seeds for mark in sorted(marks)])
