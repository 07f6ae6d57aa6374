"""The flow on a real Kafka and a real Elasticsearch: CPU of its workers against the bare loop, and how long an alert
takes.

Both servers and the workers share the cores of this machine, so throughput says less than CPU seconds do.
"""

import contextlib
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Self

from agents import FLOW
from pipeline.cli.installation import Installation
from pipeline.flow import Agent
from pipeline.news.officials import Roster
from pipeline.news.urls import article_id
from pipeline.runners import operations
from pipeline.runners.intake import Arrival
from pipeline.settings import load
from schemas.topics import ALERTS_RAISED, PAGES_FETCHED
from tests.bench.chain import apart, bare, loop
from tests.bench.corpus import arrivals
from tests.bench.processes import cpu
from tests.stack.servers import Elasticsearch, Kafka

ROOT = Path(__file__).parents[2]
WARM = 100
"""Articles before the clock starts: models are loaded, indices made, connections open."""
PARTITIONS = 4
SESSION = 300
"""Seconds that a worker may be frozen and stay in its group."""
ROUNDS = 3
HEAVY = ("clean", "extract")
"""Agents that get more processes: all others together need less than one of these."""
EVERYTHING = '- id: everything\n  name: Anything that anybody says\n  channels: ["feed:"]\n'


class Plant:
    """A fresh flow on running servers, in its own topics, with worker processes for each agent."""

    def __init__(self, kafka: Kafka, search: Elasticsearch, processes: int = 1) -> None:
        self._closing = contextlib.ExitStack()
        home = Path(self._closing.enter_context(tempfile.TemporaryDirectory()))
        name = f"bench-{os.getpid()}-{time.monotonic_ns()}"
        self._settings = {
            "PANTAU_BROKER": f"kafka://{kafka.bootstrap}?partitions={PARTITIONS}&session={SESSION}",
            "PANTAU_INDEX": f"elasticsearch+{search.url}/{name}",
            "PANTAU_METRICS_PORT": "0",
            "PANTAU_LOG": "warning",
        }
        self.house = Installation(load(self._settings, home))
        self.house.prepare()
        (home / "catalog" / "watches.yaml").write_text(EVERYTHING)
        with contextlib.closing(self.house.admin()) as admin:
            admin.create(self.house.topics())
        slots = {agent.name: processes if agent.name in HEAVY else 1 for agent in FLOW}
        self._workers = [self._worker(name, slot) for name, number in slots.items() for slot in range(number)]

    def _worker(self, agent: str, slot: int) -> subprocess.Popen[bytes]:
        argv = [sys.executable, "-m", "pipeline.cli", "--home", str(self.house.settings.home)]
        environment = os.environ | self._settings | {"PYTHONPATH": str(ROOT)}
        return subprocess.Popen([*argv, "work", agent, "--slot", str(slot)], env=environment, cwd=ROOT)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for worker in self._workers:
            worker.terminate()
        for worker in self._workers:
            worker.wait(20)
        self.house.broker.close()
        self._closing.close()

    def feed(self, pages: Sequence[Arrival]) -> None:
        """Take pages in, fifty at a time."""
        for start in range(0, len(pages), 50):
            self.house.intake.take(pages[start : start + 50])

    def drain(self, *agents: Agent, seconds: float = 900) -> None:
        """Return when these agents, without any all, have read all of their topics."""
        end = time.monotonic() + seconds
        while operations.waiting(agents or FLOW, self.house.broker):
            if time.monotonic() > end or any(worker.poll() is not None for worker in self._workers):
                raise RuntimeError("the workers do not come to an end: look at what they said above")
            time.sleep(0.5)

    def signal(self, number: signal.Signals, agent: str | None = None) -> None:
        """Freeze or wake the workers of one agent, or all."""
        for worker in self._workers:
            if agent in (None, _agent(worker)):
                worker.send_signal(number)

    def read(self) -> dict[str, int]:
        """How many messages each agent has read."""
        reads = [(agent.name, topic.name) for agent in FLOW for topic in agent.reads]
        found = {agent.name: 0 for agent in FLOW}
        for standing in self.house.broker.standings(reads):
            found[standing.agent] += standing.position
        return found

    def cpu(self) -> dict[str, float]:
        """CPU seconds that the workers of each agent have used, in user and system mode."""
        used: dict[str, float] = {}
        for worker in self._workers:
            used[_agent(worker)] = used.get(_agent(worker), 0.0) + cpu(worker.pid)
        return used


def _agent(worker: subprocess.Popen[bytes]) -> str:
    words: Sequence[str] = worker.args  # type: ignore[assignment]
    return words[words.index("work") + 1]


class Beside:
    """The bare loop in a process of its own, over and over while the workers work: both meet the same neighbours."""

    def __init__(self, count: int) -> None:
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_beside, args=(theirs, count), daemon=True)
        self._process.start()
        self._pipe.recv()

    def start(self) -> None:
        """Begin."""
        self._pipe.send(None)

    def stop(self) -> float:
        """End. Returns CPU seconds for an article."""
        self._pipe.send(None)
        seconds: float = self._pipe.recv()
        self._process.join()
        return seconds


def _beside(pipe: Connection, count: int) -> None:
    pages = arrivals(count)
    with tempfile.TemporaryDirectory() as folder:
        house = Installation(load({}, Path(folder)))
        roster = Roster.of(house.catalog.snapshot())
        loop(pages[:20], roster, house.recogniser)
    pipe.send(None)
    pipe.recv()
    start, done = time.process_time(), 0
    while not (done >= count and pipe.poll()):
        loop([pages[done % count]], roster, house.recogniser)
        done += 1
    pipe.send((time.process_time() - start) / done)


def full(search: Elasticsearch, count: int, rounds: int) -> None:
    """Print articles per CPU second when every agent has all it can do: one after the other, the others frozen."""
    print(f"\nKafka and Elasticsearch against the bare loop of cleaning and extraction, {count} articles,")
    print("each agent in turn with a full topic: CPU of the workers, without that of the servers")
    ratios, used, read = [], dict[str, float](), dict[str, int]()
    for _ in range(rounds):
        alone = apart(bare, count) / count
        with Kafka() as kafka, Plant(kafka, search) as plant:
            used, read = _in_turn(plant, count)
        alone = (alone + apart(bare, count) / count) / 2
        ratios.append(_told(alone, sum(used.values()) / count))
    _by_agent(ratios, used, read, count)


def _in_turn(plant: Plant, count: int) -> tuple[dict[str, float], dict[str, int]]:
    pages = arrivals(count + WARM)
    plant.feed(pages[:WARM])
    plant.drain()
    used, read = plant.cpu(), plant.read()
    plant.signal(signal.SIGSTOP)
    plant.feed(pages[WARM:])
    for agent in FLOW:
        plant.signal(signal.SIGCONT, agent.name)
        plant.drain(agent)
        plant.signal(signal.SIGSTOP, agent.name)
    found = _since(used, plant.cpu()), _since(read, plant.read())
    plant.signal(signal.SIGCONT)
    return found


def together(search: Elasticsearch, count: int, rounds: int) -> float:
    """Print the same while all work at the same time. Returns how many articles they did a second.

    Here most agents wait for the slowest, and what a worker costs each second counts the more the less there is to do.
    """
    print(f"\nthe same with all agents at once and the bare loop beside them, {os.cpu_count()} cores for all of it")
    ratios, used, read, speed = [], dict[str, float](), dict[str, int](), 0.0
    for _ in range(rounds):
        with Kafka() as kafka, Plant(kafka, search) as plant:
            beside = Beside(count)
            used, read, seconds = _worked(plant, count, beside.start)
            alone = beside.stop()
        speed = count / seconds
        ratios.append(_told(alone, sum(used.values()) / count, f"  {speed:.1f} articles a second"))
    _by_agent(ratios, used, read, count)
    return speed


def _told(alone: float, whole: float, more: str = "") -> float:
    print(f"  bare {1 / alone:6.1f}/s  Kafka {1 / whole:6.1f}/s  ratio {alone / whole:.3f}{more}", flush=True)
    return alone / whole


def _by_agent(ratios: Sequence[float], used: dict[str, float], read: dict[str, int], count: int) -> None:
    print(f"  median ratio {statistics.median(ratios):.3f} (goal .85); by agent, in the last round:")
    for name, total in used.items():
        each, messages = total / count * 1e3, read[name] / count
        print(f"  {name:9} {each:7.2f} ms an article, {messages:5.2f} messages an article")


def _since(before: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    return {name: value - before[name] for name, value in now.items()}


def _worked(
    plant: Plant, count: int, ready: Callable[[], object] = lambda: None
) -> tuple[dict[str, float], dict[str, int], float]:
    """CPU seconds and messages read by agent, and wall seconds, for `count` articles."""
    pages = arrivals(count + WARM)
    plant.feed(pages[:WARM])
    plant.drain()
    ready()
    used, read, start = plant.cpu(), plant.read(), time.monotonic()
    plant.feed(pages[WARM:])
    plant.drain()
    seconds = time.monotonic() - start
    return _since(used, plant.cpu()), _since(read, plant.read()), seconds


def delay(search: Elasticsearch, speed: float, seconds: float) -> None:
    """Print how long it takes from the arrival of a page to its alerts, while pages come in at half the speed."""
    rate = speed / 2
    count = int(rate * seconds)
    pages = arrivals(count + WARM)
    with Kafka() as kafka, Plant(kafka, search) as plant:
        plant.feed(pages[:WARM])
        plant.drain()
        start = time.monotonic()
        for number, page in enumerate(pages[WARM:]):
            time.sleep(max(0.0, start + number / rate - time.monotonic()))
            plant.feed([page])
        plant.drain()
        known = {article_id(page.url or "", page.content) for page in pages[:WARM]}
        arrived = {m.trace: m.at for m in plant.house.broker.scan(PAGES_FETCHED.name) if m.trace not in known}
        raised = [m for m in plant.house.broker.scan(ALERTS_RAISED.name) if m.trace in arrived]
    waits = sorted((m.at - arrived[m.trace]).total_seconds() for m in raised)
    print(f"\nfrom arrival to alert at {rate:.1f} articles a second, half of the speed: {len(waits)} alerts of {count}")
    places = [(name, waits[int(len(waits) * share)]) for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))]
    print("  articles: " + ", ".join(f"{name} {wait:.2f} s" for name, wait in places))


def scale(search: Elasticsearch, count: int) -> None:
    """Print the throughput with more processes."""
    print(f"\narticles a second with more processes for {' and '.join(HEAVY)}, {os.cpu_count()} cores that the servers")
    print("use as well")
    for processes in (1, 2, 4):
        with Kafka() as kafka, Plant(kafka, search, processes) as plant:
            seconds = _worked(plant, count)[2]
        print(f"  {processes} each: {count / seconds:6.1f}/s", flush=True)


def measure(count: int, rounds: int = ROUNDS) -> None:
    """All of it."""
    with Elasticsearch() as search:
        full(search, count, rounds)
        speed = together(search, count, rounds)
        delay(search, speed, 60)
        scale(search, count)
