"""What people and uploads do with topics on Kafka. Agents are driven by `pipeline.runners.faust`.

The memory of the intake and of what was replayed is a SQLite file of this home folder, committed after Kafka has
acknowledged what goes with it: when the process is killed in between, the same messages are sent again, under the same
ids. So one home folder takes in the pages of one set of sources.
"""

import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError

from pipeline.adapters.kafka import notes, reaching
from pipeline.adapters.kafka.address import LETTER_BYTES, Address, parse
from pipeline.adapters.kafka.admin import Admin, wanted
from pipeline.adapters.kafka.reaching import reached
from pipeline.adapters.kafka.wire import Envelope, Packed, pack
from pipeline.adapters.sqlite import state
from pipeline.adapters.sqlite.database import Database
from pipeline.broker import Draft, Ending, Message, Standing, Tally, Wanted
from pipeline.errors import Unavailable
from pipeline.flow import Agent
from schemas.topics import BY_NAME, TOPICS

Commits = dict[TopicPartition, tuple[int, str]]
PATIENCE = 120.0
"""Seconds that a write may take: brokers that are started again one after the other are back within a minute."""
GROUP_PATIENCE = 30.0
"""Seconds to ask where agents stand. Nobody knows of groups before a new Kafka has made its topic for them."""


class KafkaBroker:
    """Implements `Served`. Connections are made when they are first needed."""

    def __init__(self, url: str | Path, home: Path, durable: bool = False) -> None:
        """`home` is the folder for the memory of the intake. `durable` is what Kafka is anyway: a message is in when
        all its replicas have it. Raises Misuse for a URL that cannot be used.
        """
        del durable
        self.address: Address = parse(url)
        self._database = Database(home / "intake.db", state.SCHEMA)
        self._line: list[Packed] = []
        self._open = False
        self._closing = contextlib.ExitStack()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """See Topics."""
        if self._open:
            yield
            return
        with self._database.transaction():
            self._open = True
            try:
                yield
                self._send()
            finally:
                self._open, self._line = False, []

    def state(self, agent: str) -> state.SqliteState:
        """See Topics."""
        return state.SqliteState(self._database, agent)

    def append(self, drafts: Iterable[Draft], at: datetime) -> None:
        """See Topics. Kafka notes the time itself."""
        with self.transaction():
            self._line += [pack(draft) for draft in drafts]

    def again(self, agent: str, message: Message, at: datetime) -> None:
        """See Topics: the message goes to the end of its topic, where only this agent takes it up."""
        sent = Draft(message.topic, message.key, message.trace, message.schema, message.body, message.by)
        with self.transaction():
            self._line.append(pack(sent, to=agent))

    def _send(self) -> None:
        if not self._line:
            return
        with reached(self.address):
            sent = [self._producer.send(m.topic, key=m.key, value=m.value, headers=list(m.headers)) for m in self._line]
            self._producer.flush(timeout=PATIENCE)
            for one in sent:
                one.get(timeout=PATIENCE)

    @cached_property
    def _producer(self) -> Any:
        producer = KafkaProducer(
            **self.address.client(),
            acks="all",
            max_request_size=LETTER_BYTES + (1 << 16),
            linger_ms=5,
            batch_size=1 << 18,
            delivery_timeout_ms=int(PATIENCE * 1000),
            request_timeout_ms=10_000,
            bootstrap_timeout_ms=int(reaching.BEGIN * 1000),
            max_block_ms=int(PATIENCE * 1000),
            reconnect_backoff_max_ms=2000,
        )
        self._closing.callback(producer.close)
        return producer

    def _reader(self) -> Any:
        return KafkaConsumer(
            **self.address.client(),
            group_id=None,
            enable_auto_commit=False,
            max_partition_fetch_bytes=LETTER_BYTES + (1 << 16),
            bootstrap_timeout_ms=int(reaching.BEGIN * 1000),
        )

    def scan(self, topic: str) -> Iterator[Message]:
        """See Topics. Partitions are read side by side, so the order holds for each key."""
        with reached(self.address), contextlib.closing(self._reader()) as reader:
            yield from _read(reader, topic)

    def history(self, trace: str) -> tuple[list[Message], list[Ending]]:
        """See Topics. Reads all topics from end to end; where messages ended is in the workers' metrics only."""
        found = [message for topic in TOPICS for message in self.scan(topic.name) if message.trace == trace]
        return sorted(found, key=lambda message: message.at), []

    def tallies(self, reads: Sequence[tuple[str, str]]) -> list[Tally]:
        """See Topics. The counts are in the notes of the agents' commits (`notes`)."""
        counts: dict[str, notes.Counts] = {agent: Counter() for agent, _ in reads}
        with reached(self.address):
            for agent, commits in self._commits(reads).items():
                for _, note in commits.values():
                    counts[agent].update(notes.read(note))
        return [Tally(agent, *kind, times) for agent, kinds in counts.items() for kind, times in sorted(kinds.items())]

    def standings(self, reads: Sequence[tuple[str, str]]) -> list[Standing]:
        """See Topics. A message that is tried again stays unread, so nothing is parked."""
        with reached(self.address), contextlib.closing(self._reader()) as reader:
            commits = self._commits(reads)
            return [_standing(reader, agent, topic, commits[agent]) for agent, topic in reads]

    def _commits(self, reads: Sequence[tuple[str, str]]) -> dict[str, Commits]:
        """The offset and the note that each agent committed for each partition."""
        agents = list(dict.fromkeys(agent for agent, _ in reads))
        found = self._asked(agents) if agents else {}
        return {
            agent: {part: (max(0, one.offset), one.metadata) for part, one in found.get(agent, {}).items()}
            for agent in agents
        }

    def _asked(self, agents: list[str]) -> Any:
        """What the brokers that keep the groups say. A group moves when its broker ends, and is nowhere for a while."""
        end = monotonic() + GROUP_PATIENCE
        while True:
            options = self.address.client() | {"client_id": "pantau-status", "bootstrap_timeout_ms": 10_000}
            try:
                with contextlib.closing(KafkaAdminClient(**options)) as admin:  # a used one asks where a group was
                    return admin.list_group_offsets(agents)
            except KafkaError as error:
                if not error.retriable or monotonic() > end:
                    raise
            sleep(0.5)

    def wanted(self, flow: Sequence[Agent]) -> list[Wanted]:
        """See Served."""
        return wanted(flow, self.address)

    def admin(self) -> Admin:
        """See Served."""
        return Admin(self.address)

    def close(self) -> None:
        """See Topics."""
        self._closing.close()
        self._database.close()


def _standing(reader: Any, agent: str, topic: str, commits: Commits) -> Standing:
    parts = _partitions(reader, topic)
    first, end = reader.beginning_offsets(parts), reader.end_offsets(parts)
    position = {part: max(first[part], commits.get(part, (0, ""))[0]) for part in parts}
    behind = {part: position[part] for part in parts if position[part] < end[part]}
    lag = sum(end[part] - offset for part, offset in behind.items())
    return Standing(agent, topic, sum(position.values()), lag, _oldest(reader, behind), 0)


def _partitions(reader: Any, topic: str) -> list[TopicPartition]:
    numbers = reader.partitions_for_topic(BY_NAME[topic].name)
    if not numbers:
        raise Unavailable(f"Kafka has no topic {topic}: create all topics with `pantau topics create`")
    return [TopicPartition(topic, number) for number in sorted(numbers)]


def _read(reader: Any, topic: str) -> Iterator[Message]:
    """Everything between the beginning of a topic and its end at the time of the call."""
    parts = _partitions(reader, topic)
    end = reader.end_offsets(parts)
    reader.assign(parts)
    reader.seek_to_beginning(*parts)
    while any(reader.position(part) < end[part] for part in parts):
        for records in reader.poll(timeout_ms=1000).values():
            for record in records:
                if record.offset < end[TopicPartition(topic, record.partition)]:
                    yield _envelope(record).message()


def _oldest(reader: Any, behind: dict[TopicPartition, int]) -> datetime | None:
    """When the first unread message was written, None when none is unread or it does not come in time."""
    if not behind:
        return None
    reader.assign(list(behind))
    for part, offset in behind.items():
        reader.seek(part, offset)
    times = []
    for _ in range(len(behind)):
        found = reader.poll(timeout_ms=1000, max_records=1)
        for part, records in found.items():
            times.append(records[0].timestamp / 1000)
            reader.pause(part)
        if not found:
            break
    return datetime.fromtimestamp(min(times), UTC) if times else None


def _envelope(record: Any) -> Envelope:
    return Envelope(
        record.topic,
        record.partition,
        record.offset,
        (record.timestamp or 0) / 1000,
        record.key,
        record.value,
        record.headers,
    )
