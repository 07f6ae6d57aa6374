"""What people do with a flow that runs or has run: look at its state, follow an article, replay dead letters."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from pipeline.broker import Draft, Ending, Message, Standing, Tally, Topics
from pipeline.flow import Agent
from pipeline.ports import Clock
from schemas.codec import BrokenMessage, UnknownSchema, decode
from schemas.dead import DeadLetter
from schemas.page import PageFetched
from schemas.topics import DEAD_LETTERS, PAGES_FETCHED

REPLAYED = "replay"
"""The name under which it is kept which dead letters were replayed."""


ARTICLES, STATEMENTS, ALERTS = ("extract", "in", ""), ("attribute", "in", ""), ("alert", "out", "")
"""The tallies that tell how much was found."""


class Letter(NamedTuple):
    """A dead letter, with its number for people."""

    number: int
    letter: DeadLetter
    replayed: bool


class Row(NamedTuple):
    """One agent in the table of `pantau status`."""

    agent: str
    counts: dict[str, int]
    reasons: dict[str, int]
    lag: int
    parked: int
    oldest: Standing | None


class Work(NamedTuple):
    """What a run led to. `dead` counts dead letters by "agent: reason", `waiting` the messages that are tried later."""

    articles: int
    statements: int
    alerts: int
    dead: dict[str, int]
    waiting: int


def dead_letters(broker: Topics, stage: str | None = None, reason: str | None = None) -> Iterator[Letter]:
    """The dead letters, oldest first, of one stage or one reason when given.

    On Kafka a worker that ended in the middle of a batch may have written a letter already, and it is written again
    with the next one: it is the same letter, unless the message failed again after it was replayed.
    """
    with broker.transaction():
        state, known = broker.state(REPLAYED), dict[tuple[str, str, int, int], datetime | None]()
        for message in list(broker.scan(DEAD_LETTERS.name)):
            letter = decode(message.body, message.schema, DeadLetter)
            about = (letter.agent, letter.topic, letter.partition, letter.offset)
            before = known.get(about)
            if about in known and (before is None or letter.at <= before):
                continue
            value = state.get(str(message.offset))
            known[about] = datetime.fromisoformat(value.decode()) if value is not None else None
            if stage in (None, letter.agent) and reason in (None, letter.reason):
                yield Letter(message.offset, letter, value is not None)


def replay(broker: Topics, letters: Sequence[Letter], clock: Clock) -> int:
    """Hand dead letters to their agents again; one that was replayed already is left alone. Returns how many.

    A letter that fails again becomes a new dead letter.
    """
    now, count = clock.now(), 0
    with broker.transaction():
        state = broker.state(REPLAYED)
        for number, letter, _ in letters:
            if state.get(str(number)) is None:
                state.put(str(number), now.isoformat().encode())
                broker.again(letter.agent, _original(letter), now)
                count += 1
    return count


class Choice(NamedTuple):
    """Which pages are meant: of one article, fetched from `since` on and before `until`. None is no limit."""

    article: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def takes(self, message: Message) -> bool:
        """Whether a message of pages-fetched is meant. One that cannot be read is not."""
        try:
            page = decode(message.body, message.schema, PageFetched)
        except (BrokenMessage, UnknownSchema):
            return False
        late = self.since is None or page.fetched_at >= self.since
        early = self.until is None or page.fetched_at < self.until
        return late and early and self.article in (None, page.article_id)


def replay_pages(broker: Topics, clock: Clock, choice: Choice) -> int:
    """Put the chosen pages at the end of pages-fetched again, each revision once. Returns how many.

    Steps give the same answer to the same record, so nothing is doubled; index and state take what comes out now.
    """
    with broker.transaction():
        drafts = {
            (m.trace, m.body): Draft(m.topic, m.key, m.trace, m.schema, m.body, REPLAYED)
            for m in broker.scan(PAGES_FETCHED.name)
            if choice.takes(m)
        }
        broker.append(drafts.values(), clock.now())
        return len(drafts)


def _original(letter: DeadLetter) -> Message:
    return Message(
        topic=letter.topic,
        offset=letter.offset,
        key=letter.key,
        trace=letter.trace,
        schema=letter.schema,
        body=letter.original,
        by=REPLAYED,
        took=0.0,
        at=letter.at,
        partition=letter.partition,
    )


def reads(flow: Sequence[Agent]) -> list[tuple[str, str]]:
    """Which agent reads which topic, by their names."""
    return [(agent.name, topic.name) for agent in flow for topic in agent.reads]


def status(flow: Sequence[Agent], broker: Topics) -> list[Row]:
    """Where every agent stands."""
    counts, standings = tallies(flow, broker), broker.standings(reads(flow))
    return [_row(agent.name, counts, standings) for agent in flow]


def tallies(flow: Sequence[Agent], broker: Topics) -> list[Tally]:
    """What became of the messages of every agent."""
    return broker.tallies(reads(flow))


def _row(agent: str, tallies: Sequence[Tally], standings: Sequence[Standing]) -> Row:
    counts: dict[str, int] = {}
    reasons: dict[str, int] = {}
    for tally in tallies:
        if tally.agent == agent:
            counts[tally.outcome] = counts.get(tally.outcome, 0) + tally.times
            if tally.reason:
                reasons[tally.reason] = reasons.get(tally.reason, 0) + tally.times
    own = [standing for standing in standings if standing.agent == agent]
    unread = [standing for standing in own if standing.oldest]
    oldest = min(unread, key=lambda s: s.oldest.timestamp() if s.oldest else 0.0, default=None)
    return Row(agent, counts, reasons, sum(s.lag for s in own), sum(s.parked for s in own), oldest)


def waiting(flow: Sequence[Agent], broker: Topics) -> int:
    """How many messages are not read yet or wait to be tried later."""
    return sum(standing.lag + standing.parked for standing in broker.standings(reads(flow)))


def work(flow: Sequence[Agent], broker: Topics, before: Sequence[Tally]) -> Work:
    """What was done since the tallies of `before`. Repeated handling of a record counts again."""
    done = {tally[:3]: tally.times for tally in tallies(flow, broker)}
    for tally in before:
        done[tally[:3]] -= tally.times
    dead = {f"{agent}: {reason}": n for (agent, outcome, reason), n in done.items() if outcome == "reject" and n}
    parked = sum(row.parked for row in status(flow, broker))
    return Work(done.get(ARTICLES, 0), done.get(STATEMENTS, 0), done.get(ALERTS, 0), dead, parked)


def trace(broker: Topics, article: str) -> list[Message | Ending]:
    """Everything that happened to an article, in order of time. Empty when nothing is known of it (any more)."""
    messages, endings = broker.history(article)
    return sorted([*messages, *endings], key=lambda event: event.at)
