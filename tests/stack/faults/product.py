"""The product as it is installed: `pantau work` processes on a real Kafka and Elasticsearch, seen from outside."""

import contextlib
import os
import random
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from agents import FLOW
from pipeline.adapters.kafka.address import parse
from pipeline.cli.installation import Installation
from pipeline.errors import Unavailable
from pipeline.runners import operations
from pipeline.runners.operations import Letter
from pipeline.settings import load
from schemas.alert import AlertRaised
from schemas.codec import decode
from tests import command
from tests.stack.faults.articles import Outcome, Story, found, write_catalog
from tests.stack.servers import Elasticsearch, Kafka

READS = [(agent.name, topic.name) for agent in FLOW for topic in agent.reads]
SESSION = 6
"""Seconds after which a silent worker loses its partitions."""
BATCH = 50


class Group:
    """One `pantau work` with its workers."""

    def __init__(self, home: Path, environment: dict[str, str], agents: Sequence[str], processes: int) -> None:
        self.slots = [f"{name}-{slot}" for name in agents for slot in range(processes)]
        argv = command.command("--home", home, "work", *agents, "--processes", processes)
        with (home / "work.log").open("ab") as log:
            self.process = subprocess.Popen(argv, env=environment, stdout=log, stderr=log)

    def end(self) -> float:
        """SIGTERM. Returns the seconds until all have ended; raises when they have not in 20."""
        start = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(20) == 0
        return time.monotonic() - start


class Product:
    """One installation. Everything is done to it as a user or a bad day would, and read as a user reads it."""

    search: Elasticsearch
    """The cluster of the index, where that is the product's own."""

    def __init__(self, kafka: Kafka, index: str, home: Path, processes: int) -> None:
        self.kafka, self.home, self._processes = kafka, home, processes
        self.partitions = 4
        write_catalog(home.parent / "catalog")
        self._settings = {
            "PANTAU_BROKER": f"kafka://{kafka.bootstrap}?partitions={self.partitions}&session={SESSION}",
            "PANTAU_INDEX": index,
            "PANTAU_RECOGNISER": "none:",
            "PANTAU_METRICS_PORT": "0",
            "PANTAU_LOG": "info",
        }
        self.house = Installation(load(self._settings, home), home.parent / "catalog")
        self.house.prepare()
        with contextlib.closing(self.house.admin()) as admin:
            admin.create(self.house.topics())
        self.house.index.upkeep().create()
        self.address = parse(self._settings["PANTAU_BROKER"])
        self.groups: dict[str, Group] = {}
        self._next = 0

    def start(self, name: str = "flow", url: str | None = None) -> Group:
        """Start the workers of a group: "index", or "flow" for all others. `url` is another way to the index."""
        agents = ["index"] if name == "index" else [agent.name for agent in FLOW if agent.name != "index"]
        way = {"PANTAU_INDEX": index_url(url)} if url else {}
        environment = command.environment(**self._settings | way)
        self.groups[name] = Group(self.home, environment, agents, self._processes)
        return self.groups[name]

    def restart(self, name: str, url: str | None = None) -> float:
        """End a group and start it again. Returns how long its end took."""
        took = self.groups[name].end()
        self.start(name, url)
        return took

    def await_workers(self, seconds: float) -> None:
        """Wait until all workers are up."""
        eventually(lambda: all(self.worker(slot) for slot in self.slots()), seconds)

    def close(self) -> None:
        """End all workers."""
        groups, self.groups = self.groups, {}
        for group in groups.values():
            group.process.send_signal(signal.SIGTERM)
        for group in groups.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                group.process.wait(20)
            group.process.kill()

    def pantau(self, *words: str) -> Any:
        """Run a command that answers in JSON."""
        ended = command.run("--home", str(self.home), *words, **self._settings)
        assert ended.code == 0, ended.err
        return ended.json()

    # What goes in

    def stories(self, count: int) -> list[Story]:
        """The next articles that were not used yet; `count` is a multiple of ten."""
        first, self._next = self._next, self._next + count
        return [Story(number) for number in range(first, first + count)]

    def feed(self, stories: Sequence[Story]) -> None:
        """Take articles in."""
        for start in range(0, len(stories), BATCH):
            self.house.intake.take([story.arrival() for story in stories[start : start + BATCH]])

    @contextlib.contextmanager
    def feeding(self, stories: Sequence[Story], seconds: float) -> Iterator[None]:
        """Take articles in, spread over some seconds, while something else happens."""
        parts = [stories[start : start + BATCH] for start in range(0, len(stories), BATCH)]
        failed: list[BaseException] = []

        def feed() -> None:
            try:
                for part in parts:
                    self.feed(part)
                    time.sleep(seconds / len(parts))
            except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
                failed.append(error)

        thread = threading.Thread(target=feed)
        thread.start()
        try:
            yield
        finally:
            thread.join()
        assert not failed, failed[0]

    # What is done to it

    def slots(self) -> list[str]:
        """The names of all workers."""
        return [slot for group in self.groups.values() for slot in group.slots]

    def worker(self, slot: str) -> int | None:
        """The process of a worker, None while there is none."""
        try:
            pid = int((self.home / "work" / slot / "lock").read_text())
            argv = Path(f"/proc/{pid}/cmdline").read_bytes().decode()
        except (OSError, ValueError):
            return None
        name, _, number = slot.rpartition("-")
        ours = argv.endswith(f"\0{self.home}\0work\0{name}\0--slot\0{number}\0")
        return pid if ours else None

    def send(self, slot: str, number: signal.Signals) -> int | None:
        """Send a signal to a worker. Returns its process, None when there was none."""
        pid = self.worker(slot)
        if pid is not None:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                return None
        return pid

    def kill_any(self, chance: random.Random) -> bool:
        """SIGKILL to one worker that is up."""
        slots = self.slots()
        chance.shuffle(slots)
        return any(self.send(slot, signal.SIGKILL) for slot in slots)

    # What comes out

    def settle(self, seconds: float, without: str = "") -> None:
        """Wait until no agent, but one maybe, has anything unread.

        They are asked in the order of the flow, so nothing is missed. A Kafka that lost a broker does not always answer
        in time; then it is asked again.
        """
        said: list[int | Unavailable] = []

        def settled() -> bool:
            try:
                said[:] = [self.unread(without)]
            except Unavailable as error:
                said[:] = [error]
            return said == [0]

        def say() -> str:
            rows = [f"{one.agent} in {one.topic}: {one.lag}" for one in self.house.broker.standings(READS) if one.lag]
            return f"unread: {said[-1]}, {', '.join(rows)}"

        eventually(settled, seconds, say)

    def unread(self, without: str = "") -> int:
        """Messages that an agent, but one maybe, has not read yet."""
        return sum(standing.lag for standing in self.house.broker.standings(READS) if standing.agent != without)

    def outcome(self, stories: Sequence[Story]) -> Outcome:
        """What became of these articles."""
        return found(self.house.search, stories)

    def letters(self) -> list[Letter]:
        """All dead letters, the oldest first."""
        return list(operations.dead_letters(self.house.broker))

    def told(self) -> Counter[str]:
        """How often the feed shows each alert."""
        lines = (self.home / "alerts.jsonl").read_bytes().splitlines()
        return Counter(msgspec.json.decode(line)["alert_id"] for line in lines)

    def sent(self, topic: str) -> tuple[int, int]:
        """How many messages a topic holds, and how many articles or alerts they are about."""
        found = list(self.house.broker.scan(topic))
        if topic == "alerts-raised":
            ids = [decode(message.body, message.schema, AlertRaised).alert_id for message in found]
        else:
            ids = [message.trace for message in found]
        return len(ids), len(set(ids))


def index_url(url: str) -> str:
    """The setting for an Elasticsearch at a URL."""
    return f"elasticsearch+{url}/faults"


def eventually(holds: Callable[[], bool], seconds: float, say: Callable[[], str] = lambda: "") -> None:
    """Wait until something holds; fail when it does not in time."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not so within {seconds} s: {say()}"
        time.sleep(0.5)
