"""How long a worker takes to get back what its agent remembers, from a real Kafka: on a fresh disk, on its own, and on
one that is a tenth behind. Articles and statements are invented; the agents' own steps make the records of them.

All of it is in one partition, as the articles of one language are: the worst case.
"""

import asyncio
import contextlib
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from kafka import KafkaProducer

from agents.alert import ALERT
from agents.attribute import ATTRIBUTE
from agents.dedupe import DEDUPE
from pipeline.adapters.catalog import FileCatalog
from pipeline.adapters.clock import SystemClock
from pipeline.adapters.kafka.address import Address, parse
from pipeline.adapters.kafka.admin import Admin, wanted
from pipeline.adapters.kafka.memory import PartitionMemory, topic_name
from pipeline.adapters.kafka.reading import follow
from pipeline.flow import Agent, Emit
from schemas.article import Article
from schemas.statement import StatementMade, StatementRecorded
from tests.invented import article, made, prose
from tests.stack.servers import Kafka

BATCH = 200
SPEAKERS = 5_000
WATCH = '- id: everything\n  name: Anything that anybody says\n  channels: ["feed:"]\n'


class Recovery(NamedTuple):
    """How many messages were read, and how long it took: wall and CPU seconds."""

    messages: int
    wall: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.messages:,} messages in {self.wall:.1f} s ({self.cpu:.1f} s CPU)"


def articles(count: int) -> Iterator[Article]:
    """Every tenth is a copy of an earlier one."""
    for number in range(count):
        text = prose(number if number % 10 else number // 2)
        yield article(f"article-{number}", text, days=number / 1000)


def statements(count: int) -> Iterator[StatementMade]:
    """Every tenth repeats an earlier one of its speaker."""
    for number in range(count):
        text = prose(number if number % 10 or number < SPEAKERS else number - SPEAKERS, 25)
        yield made(f"s{number}", text, article=f"article-{number}", speaker_id=f"person:{number % SPEAKERS}")


class Memory:
    """What an agent remembers of partition 0, written to its topic as a lane does."""

    def __init__(self, agent: Agent, address: Address, folder: Path) -> None:
        self.agent, self._address, self._folder = agent, address, folder
        self.topic, self.path, self.bytes = topic_name(agent.name), folder / "own" / "0.db", 0

    def fill(self, records: Sequence[Any], ports: dict[str, Any]) -> list[Any]:
        """Handle records; returns what the steps emitted. The file of an earlier time stays beside as "behind"."""
        emitted: list[Any] = []
        producer = KafkaProducer(**self._address.client(), linger_ms=5, batch_size=1 << 18)
        memory = PartitionMemory(self.path, self.agent.name)
        for start in range(0, len(records), BATCH):
            if start == len(records) * 9 // 10 // BATCH * BATCH:
                self._copy("behind")
            with memory.transaction():
                for origin, record in enumerate(records[start : start + BATCH], start):
                    memory.origin = origin
                    result = self.agent.step(record, **ports, state=memory)
                    emitted += result.records if isinstance(result, Emit) else ()
                changes = memory.changes()
                sent = [producer.send(self.topic, key=c.key, value=c.value, partition=0) for c in changes]
                self.bytes += sum(len(change.key) + len(change.value or b"") for change in changes)
                memory.wrote([one.get(60).offset for one in sent])
                memory.reached(memory.followed(), time.time())
        memory.close()
        producer.close()
        return emitted

    def _copy(self, name: str) -> None:
        (self._folder / name).mkdir()
        with (
            contextlib.closing(sqlite3.connect(self.path)) as own,
            contextlib.closing(sqlite3.connect(self._folder / name / "0.db")) as other,
        ):
            own.backup(other)

    def recover(self, name: str) -> Recovery:
        """Get it back in a folder of this name, which may be there or not."""
        memory = PartitionMemory(self._folder / name / "0.db", self.agent.name)
        wall, cpu = time.perf_counter(), time.process_time()
        messages = asyncio.run(follow(memory, self._address, self.topic, 0))
        found = Recovery(messages, time.perf_counter() - wall, time.process_time() - cpu)
        memory.close()
        return found

    @property
    def size(self) -> int:
        """Bytes of the local file."""
        return self.path.stat().st_size


def measure(count: int) -> None:
    """Print it for so many articles and statements."""
    with Kafka() as kafka, tempfile.TemporaryDirectory() as folder:
        address = parse(f"kafka://{kafka.bootstrap}?partitions=1")
        with contextlib.closing(Admin(address)) as admin:
            admin.create(wanted((DEDUPE, ATTRIBUTE, ALERT), address))
        catalog = Path(folder) / "catalog"
        catalog.mkdir()
        (catalog / "watches.yaml").write_text(WATCH)
        ports = {"catalog": FileCatalog(catalog, check=lambda _: None), "clock": SystemClock()}
        print(f"\nwhat agents remember of {count:,} articles or statements, all in one partition")
        _one(Memory(DEDUPE, address, Path(folder) / "dedupe"), list(articles(count)), {})
        recorded = _one(Memory(ATTRIBUTE, address, Path(folder) / "attribute"), list(statements(count)), {})
        assert all(isinstance(one, StatementRecorded) for one in islice(recorded, 10))
        _one(Memory(ALERT, address, Path(folder) / "alert"), recorded, ports)


def _one(memory: Memory, records: Sequence[Any], ports: dict[str, Any]) -> list[Any]:
    start = time.process_time()
    emitted = memory.fill(records, ports)
    each = (time.process_time() - start) / len(records)
    name, topic, disk = memory.agent.name, memory.bytes / 1e6, memory.size / 1e6
    print(f"  {name}: {topic:,.0f} MB in its topic, {disk:,.0f} MB on disk; {each * 1e3:.2f} ms CPU each", flush=True)
    for what, place in (("fresh disk", "fresh"), ("same disk", "own"), ("a tenth behind", "behind")):
        print(f"    {what:15} {memory.recover(place)}", flush=True)
    return emitted
