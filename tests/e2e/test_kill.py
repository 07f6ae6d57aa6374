"""kill -9 at any instant loses nothing and doubles nothing: the demo world, killed 30 times, ends as if undisturbed."""

import random
import shutil
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pipeline.adapters.sqlite.broker import SqliteBroker
from pipeline.cli.demo import ingest_world
from pipeline.cli.installation import Installation, flow, seeds
from pipeline.runners import operations
from pipeline.settings import load
from schemas.documents import FAMILIES
from schemas.topics import TOPICS
from tests.killing import killed_after

KILLS = 30
KILLS_OF_A_HOME = 6
TIMES = {"raised_at", "raised", "at"}
"""Fields that hold the time of the run itself."""

WORLD = seeds() / "articles"


def work(home: Path) -> None:
    """Ingest the demo world and run the flow, as `pantau demo` does."""
    house = Installation(load({"PANTAU_WORKERS": "0"}, home), WORLD / "catalog")
    ingest_world(house, WORLD)
    with house.runner(0) as runner:
        runner.drain()


def state(home: Path) -> dict[str, Any]:
    """Everything that a run leaves behind, without the times of the run.

    Alerts of one watch come in order; whose turn it is when several watches wait depends on the time.
    """
    broker = SqliteBroker(home / "flow.db")
    topics = {t.name: [(m.offset, m.key, masked(m.body)) for m in broker.scan(t.name)] for t in TOPICS}
    house = Installation(load({}, home))
    documents = {
        family: sorted((masked(msgspec.json.encode(d)) for d in house.search.export(family, "")), key=str)
        for family in FAMILIES
    }
    feed = [masked(line) for line in (home / "alerts.jsonl").read_bytes().splitlines()]
    feed.sort(key=lambda alert: str(alert["watch_id"]))
    pages = sorted(path.name for path in (home / "pages").rglob("*.gz"))
    tallies = operations.tallies(flow(), broker)
    broker.close()
    return {"topics": topics, "documents": documents, "feed": feed, "pages": pages, "tallies": tallies}


def masked(body: bytes) -> Any:
    record = msgspec.json.decode(body)
    return {name: value for name, value in record.items() if name not in TIMES}


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_kill_at_any_instant_loses_and_doubles_nothing(tmp_path: Path) -> None:
    undisturbed = tmp_path / "undisturbed"
    work(undisturbed)
    wanted = state(undisturbed)
    start = time.perf_counter()
    work(tmp_path / "warm")
    whole = time.perf_counter() - start
    assert wanted["feed"], "the demo world raises alerts"

    chance = random.Random(20300501)
    kills = 0
    for number in range(KILLS):
        home = tmp_path / f"home{number}"
        for _ in range(KILLS_OF_A_HOME):
            kills += killed_after(chance.uniform(0, whole / 3), work, home)
        work(home)
        assert state(home) == wanted
        shutil.rmtree(home)
        if kills >= KILLS:
            break
    assert kills >= KILLS, "a kill counts when it met a process at work"
