"""Both sets of backends come to the same: SQLite in one process, and Kafka with Elasticsearch and many workers.

Kafka keeps the order of the messages of one key, and no other. Revisions of an article, the statements of a speaker and
what was told of an utterance have their keys. Between articles some things depend on which of them a step meets first,
on the embedded runner too:

- which of two articles is the copy of the other, and so the links, and the name of a family, which is its first article
  (a speaker whom nobody names is called by it);
- who belongs to a family: an article joins the one that it is closest to when it first comes, and families are never
  merged afterwards. That two articles are the same word for word is noticed in any order;
- of one thing said in several articles, which statement is the new utterance and which are its repeats or versions;
- so also what an alert shows first, and the figures of an utterance (articles, outlets) at that moment.

So everything is compared when pages are handed in one after the other, and when all come at once what is left: articles
and their texts, statements with their speakers, entities, who is an exact copy of whom, and dead letters.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.errors import CoordinatorNotAvailableError

from agents import FLOW
from pipeline.adapters import readers
from pipeline.adapters.kafka.address import parse
from pipeline.cli.demo import arrivals
from pipeline.cli.installation import Installation, seeds
from pipeline.errors import Misuse
from pipeline.runners import operations
from pipeline.runners.intake import Arrival, arrival
from pipeline.settings import load
from schemas.documents import FAMILIES
from schemas.topics import TOPICS
from tests.stack.servers import Kafka, with_us

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900), pytest.mark.filterwarnings("ignore")]
ROOT = Path(__file__).parents[2]
WORLD = seeds() / "articles"
DOCUMENTS = ROOT.parent / "shared" / "data" / "seeds"
"""Five real articles; without them the demo world alone is compared."""
NOON = datetime(2030, 5, 1, 12, tzinfo=UTC)
"""When they were fetched."""
PROCESSES = 2
TIMES = {"raised_at", "raised", "at"}
"""What is taken from the clock when something happens."""
ORDERED = {"family", "copy", "of", "utterance", "novelty", "similarity", "added", "first_seen", "verbatim", "former"}
"""What depends on the order in which articles came."""
QUERIES = (
    "", "kapal", "selat ambara", "kapal OR patroli NOT presiden", '"kapal patroli"', "menolak", "speaker:harsa",
    "title:kap* language:id", '"kapal selat"~5', "published:[2030-05 TO *] -language:en", "_exists_:outlet",
)  # fmt: skip


def pages() -> list[Arrival]:
    """The demo world in its order, then the documents."""
    found = list(arrivals(WORLD, Counter()))
    items = readers.read([DOCUMENTS] if DOCUMENTS.is_dir() else [], sys.stdin.buffer)
    return found + [arrival(item)._replace(fetched_at=NOON) for item in items if isinstance(item, readers.Item)]


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The officials and watches of both worlds."""
    folder = tmp_path_factory.mktemp("catalog")
    for name in ("officials.yaml", "watches.yaml", "sources.toml"):
        both = [(place / name).read_text(encoding="utf-8") for place in (WORLD / "catalog", seeds())]
        (folder / name).write_text("\n".join(both), encoding="utf-8")
    return folder


class Embedded:
    """What SQLite makes of the pages, and how many messages each topic has after each page."""

    def __init__(self, home: Path, catalog: Path) -> None:
        self.house = Installation(load({}, home), catalog)
        self.sizes: list[dict[str, int]] = []
        with self.house.runner(0) as runner:
            for page in pages():
                self.house.intake.take([page])
                runner.drain()
                self.sizes.append({t.name: sum(1 for _ in self.house.broker.scan(t.name)) for t in TOPICS})


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory, catalog: Path) -> Embedded:
    return Embedded(tmp_path_factory.mktemp("embedded"), catalog)


class Production:
    """An installation on Kafka and Elasticsearch, with two processes for each agent."""

    def __init__(self, home: Path, catalog: Path, kafka: Kafka, index: str) -> None:
        broker = f"kafka://{kafka.bootstrap}"
        self.settings = {"PANTAU_BROKER": broker, "PANTAU_INDEX": index, "PANTAU_METRICS_PORT": "0"}
        self.house = Installation(load(self.settings, home), catalog)
        self.house.prepare()
        with contextlib.closing(self.house.admin()) as admin:
            admin.create(self.house.topics())
        self.house.index.upkeep().create()
        options = parse(broker).client()
        self._admin, self._reader = KafkaAdminClient(**options), KafkaConsumer(**options)
        names = [topic.name for topic in TOPICS]
        found = self._admin.describe_topics(names)
        self._parts = [TopicPartition(t["name"], number) for t in found for number in range(len(t["partitions"]))]

    @contextlib.contextmanager
    def working(self, processes: int = PROCESSES, *options: str) -> Iterator[None]:
        """While `pantau work` runs with so many processes for each agent."""
        command = [sys.executable, "-m", "pipeline.cli", "--home", str(self.house.settings.home), "work"]
        environment = os.environ | self.settings | {"PYTHONPATH": str(ROOT)}
        workers = subprocess.Popen(
            [*command, "--processes", str(processes), *options], env=environment, cwd=ROOT,
            preexec_fn=with_us,  # noqa: PLW1509 - prctl alone
        )  # fmt: skip
        try:
            eventually(lambda: workers.poll() is not None or self._settled(processes), 300)
            assert workers.poll() is None, "the workers cannot run"
            yield
        finally:
            workers.send_signal(signal.SIGTERM)
            code = workers.wait(60)
        assert code == 0

    def _settled(self, processes: int) -> bool:
        """Whether every worker has its partitions: a group that still changes may handle a message twice."""
        try:
            groups = self._admin.describe_groups([agent.name for agent in FLOW])
        except CoordinatorNotAvailableError:
            return False  # no group has met yet
        return all(g["group_state"] == "Stable" and len(g["members"]) == processes for g in groups.values())

    def sizes(self) -> dict[str, int]:
        sizes: dict[str, int] = dict.fromkeys((part.topic for part in self._parts), 0)
        for part, end in self._reader.end_offsets(self._parts).items():
            sizes[part.topic] += end
        return sizes

    def unread(self) -> dict[tuple[str, str], int]:
        """How much each agent has not read of its topics, where it has not read all."""
        reads = [(agent.name, topic.name) for agent in FLOW for topic in agent.reads]
        return {pair: s.lag for pair, s in zip(reads, self.house.broker.standings(reads), strict=True) if s.lag}

    def close(self) -> None:
        self._admin.close()
        self._reader.close()
        self.house.broker.close()
        self.house.index.close()


@pytest.fixture
def production(tmp_path: Path, catalog: Path, elasticsearch_index: str) -> Iterator[Production]:
    with (
        Kafka() as kafka,
        contextlib.closing(Production(tmp_path / "home", catalog, kafka, elasticsearch_index)) as made,
    ):
        yield made


def eventually(
    holds: Callable[[], bool], seconds: float, pause: float = 0.5, told: Callable[[], object] = lambda: ""
) -> None:
    """Wait until it holds. What is told when it does not in time is added to the failure."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not so within {seconds} s: {told()}"
        time.sleep(pause)


# What came out


def masked(body: bytes) -> Any:
    return {name: value for name, value in msgspec.json.decode(body).items() if name not in TIMES}


def documents(house: Installation, family: str) -> list[Any]:
    return sorted((masked(msgspec.json.encode(d)) for d in house.search.export(family, "")), key=lambda d: d["id"])


def messages(house: Installation, topic: str) -> list[str]:
    """Everything in a topic, whole but for times and places, in an order that is the same everywhere."""
    found = set()
    for message in house.broker.scan(topic):
        content = masked(message.body)
        if topic == "dead-letters":
            content = {
                name: content[name] for name in ("agent", "reason", "topic", "key", "trace", "schema", "original")
            }
        found.add(repr((message.key, message.trace, message.schema, content)))
    return sorted(found)


def unordered(house: Installation, family: str) -> list[Any]:
    """The documents without what depends on the order in which articles came."""
    rows = [{n: v for n, v in row.items() if n not in ORDERED} for row in documents(house, family)]
    nameless = [row for row in rows if str(row.get("speaker_id")).startswith("unknown:")]
    for row in nameless:
        row["speaker_id"] = "unknown"
    return rows


# One after the other


def test_one_after_the_other_everything_is_the_same(production: Production, embedded: Embedded) -> None:
    one, other = embedded.house, production.house
    start = time.monotonic()
    with production.working():
        ready = time.monotonic() - start
        for page, sizes in zip(pages(), embedded.sizes, strict=True):
            other.intake.take([page])
            eventually(lambda sizes=sizes: _reached(production.sizes(), sizes), 60, 0.05)  # type: ignore[misc]
        eventually(lambda: not production.unread(), 60)
    took = time.monotonic() - start - ready
    time.sleep(1.5)  # until Elasticsearch shows to others what was written
    for topic in TOPICS:
        assert messages(other, topic.name) == messages(one, topic.name), topic.name
    for family in FAMILIES:
        assert documents(other, family) == documents(one, family)
    for family in ("articles", "statements"):
        for query in QUERIES:
            assert _found(other, family, query) == _found(one, family, query), query
    assert one.search.count("articles") > 30
    assert one.search.count("alerts") == other.search.count("alerts") > 0
    (trace, *_) = (message.trace for message in other.broker.scan("alerts-raised"))
    agents = {event.by.partition("/")[0] for event in operations.trace(other.broker, trace)}
    assert agents >= {"upload", "clean", "dedupe", "extract", "attribute", "alert"}
    with pytest.raises(Misuse, match="pantau work"), other.runner(0):
        pass
    counts = {family: other.search.count(family) for family in FAMILIES}
    print(
        f"{len(pages())} pages one by one in {took:.0f} s ({ready:.0f} s until {7 * PROCESSES} workers stood): {counts}"
    )


def _reached(sizes: dict[str, int], wanted: dict[str, int]) -> bool:
    return all(sizes[topic] >= size for topic, size in wanted.items())


def _found(house: Installation, family: str, query: str) -> Any:
    search = house.search
    return search.search(family, query, limit=100), search.facets(family, query, ["outlet", "language", "speaker"])


# All at once


@pytest.mark.parametrize(("processes", "options"), [(PROCESSES, ()), (1, ("--together",))], ids=["apart", "together"])
def test_all_at_once_what_has_no_order_is_the_same(
    production: Production, embedded: Embedded, processes: int, options: tuple[str, ...]
) -> None:
    one, other = embedded.house, production.house
    other.intake.take(pages())
    start = time.monotonic()
    wanted = _certain(embedded)
    with production.working(processes, *options):
        eventually(
            lambda: not production.unread() and _reached(production.sizes(), wanted),
            300,
            told=lambda: f"{production.unread()} unread, {production.sizes()} of {wanted}",
        )
    took = time.monotonic() - start
    time.sleep(1.5)  # until Elasticsearch shows to others what was written
    assert messages(other, "articles-cleaned") == messages(one, "articles-cleaned")
    for family in ("articles", "statements"):
        assert unordered(other, family) == unordered(one, family)
    assert exact(other) == exact(one) != set()
    assert dead(other) == dead(one)
    print(f"{len(pages())} pages at once in {took:.0f} s, the start of {7 * processes} workers included")


def exact(house: Installation) -> set[frozenset[str]]:
    """The pairs that are the same word for word."""
    return {frozenset((d["id"], d["of"])) for d in documents(house, "articles") if d["copy"] == "exact"}


def dead(house: Installation) -> set[tuple[str, str, str]]:
    """What became a dead letter. While workers come in one by one, a message may be handled twice."""
    return {(x.letter.agent, x.letter.reason, x.letter.trace) for x in operations.dead_letters(house.broker)}


def _certain(embedded: Embedded) -> dict[str, int]:
    """The sizes of the topics in which as much is in any order."""
    return {
        name: embedded.sizes[-1][name] for name in ("articles-cleaned", "articles-extracted", "statements-recorded")
    }
