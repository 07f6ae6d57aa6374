"""People correct the ledger while workers run on Kafka: each correction reaches them, nobody is told twice, and at each
step the ledger, the alerts and a search for an utterance are what they are on the embedded runner.
"""

import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, NamedTuple, Protocol

import pytest

from pipeline.cli.installation import Installation
from pipeline.runners.intake import Arrival
from pipeline.settings import load
from schemas.page import Hints
from tests import command
from tests.flow.test_ledger_order import CREW, FERRY, PATROL
from tests.stack.faults.articles import DAY, NAMES, OPENING, QUOTED, WORDS, write_catalog
from tests.stack.faults.product import Product
from tests.stack.servers import Kafka

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600), pytest.mark.filterwarnings("ignore")]
SPEAKER = NAMES[0]
OFFICIAL = "ratna-widuri"
REACHED = 2.0
"""Seconds until a correction holds; 10 are promised."""
SHOWN = 1.5
"""Seconds until Elasticsearch shows to others what was written."""


class Flow(Protocol):
    """An installation that runs."""

    house: Installation

    def hear(self, page: Arrival) -> None:
        """Take an article in, and wait until all is done with it."""

    def kill(self) -> None:
        """Kill the workers that keep the ledger and tell watches, and start them anew."""

    def pantau(self, *words: str) -> Any:
        """Run a command that answers in JSON."""


class Embedded:
    """The flow in one process."""

    def __init__(self, home: Path) -> None:
        write_catalog(home.parent / "catalog")
        self._settings = {"PANTAU_RECOGNISER": "none:"}
        self.house = Installation(load(self._settings, home), home.parent / "catalog")
        self._running = ExitStack()
        self._start()

    def _start(self) -> None:
        self._runner = self._running.enter_context(self.house.runner(0))

    def hear(self, page: Arrival) -> None:
        self.house.intake.take([page])
        self._runner.drain()

    def kill(self) -> None:
        self._running.close()
        self._start()

    def pantau(self, *words: str) -> Any:
        ended = command.run("--home", str(self.house.settings.home), *words, **self._settings)
        assert ended.code == 0, ended.err
        return ended.json()

    def close(self) -> None:
        self._running.close()


class OnKafka:
    """The flow on a real Kafka and Elasticsearch, one worker an agent."""

    def __init__(self, product: Product) -> None:
        self._product, self.house, self.pantau = product, product.house, product.pantau

    def hear(self, page: Arrival) -> None:
        self.house.intake.take([page])
        self._product.settle(120)
        time.sleep(SHOWN)

    def kill(self) -> None:
        for slot in ("attribute-0", "alert-0", "index-0"):
            assert self._product.send(slot, signal.SIGKILL)


class Seen(NamedTuple):
    """What people see: the alerts, the ledger of the speaker, and what a search finds for two utterances."""

    alerts: list[tuple[str, str, str]]
    ledger: Any
    found: list[list[str]]

    @property
    def carriers(self) -> list[list[str]]:
        """The statements of each utterance."""
        return [sorted(one["id"] for one in heard["carriers"]) for heard in self.ledger]


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    with closing(Embedded(tmp_path_factory.mktemp("embedded") / "home")) as found:
        yield found


@pytest.fixture
def on_kafka(tmp_path: Path, elasticsearch_index: str) -> Iterator[OnKafka]:
    with Kafka() as kafka:
        product = Product(kafka, elasticsearch_index, tmp_path / "home", processes=1)
        try:
            product.start("flow")
            product.start("index")
            product.await_workers(180)
            yield OnKafka(product)
        finally:
            product.close()
            product.house.broker.close()


def page(number: int, quote: str) -> Arrival:
    """An article with one quotation. No two share anything else."""
    chance = Random(number)
    first, second, last, title = (" ".join(chance.sample(WORDS["id"], count)) for count in (9, 9, 9, 5))
    text = f"{OPENING['id'].format(first, second)}\n\n{QUOTED['id'].format(quote.rstrip(','), SPEAKER)}\n\n{last}.\n"
    at, outlet = DAY + timedelta(hours=number), f"Kabar {number}"
    hints = Hints(title=title, published=at.isoformat(), language="id", outlet=outlet)
    return Arrival(text.encode(), "text/plain", "upload", "utf-8", f"https://kabar{number}.example/1", None, hints, at)


def seen(flow: Flow, names: list[str]) -> Seen:
    """What people see now; the alerts without what a clock says."""
    alerts = sorted((a.watch, a.statement, a.reason) for a in flow.house.search.export("alerts", ""))  # type: ignore[union-attr]
    searches = (flow.pantau("search", f"utterance:{name}", "--in", "statements", "--json")["hits"] for name in names)
    found = [sorted(hit["document"]["id"] for hit in hits) for hits in searches]
    return Seen(alerts, flow.pantau("ledger", OFFICIAL, "--json"), found)


def corrected(flow: Flow, *words: str) -> str:
    """Correct the ledger, and wait until that holds; returns the id of the correction."""
    id: str = flow.pantau("ledger", *words, "--json")["id"]
    time.sleep(REACHED)
    return id


def lived(flow: Flow) -> Iterator[Seen]:
    """What people see after each step of one story."""
    flow.hear(page(1, PATROL))
    flow.hear(page(2, CREW))
    two = seen(flow, [])
    crew, patrol = names = [heard["utterance"] for heard in two.ledger]
    yield two
    flow.pantau("watch", "add", "later", "--who", OFFICIAL, "--json")
    time.sleep(REACHED)
    flow.hear(page(3, PATROL))
    yield seen(flow, names)
    merge = corrected(flow, "merge", patrol, crew, "--why", "satu pidato")
    flow.hear(page(4, CREW))
    yield seen(flow, names)
    flow.kill()
    flow.hear(page(5, CREW))
    merged = seen(flow, names)
    yield merged
    apart = [one["id"] for one in merged.ledger[0]["carriers"] if one["text"].startswith(CREW.rstrip(","))]
    split = corrected(flow, "split", patrol, *apart, "--why", "dua hal")
    flow.hear(page(6, CREW))
    yield seen(flow, names)
    corrected(flow, "undo", split)
    flow.kill()
    flow.hear(page(7, CREW))
    yield seen(flow, names)
    undo = corrected(flow, "undo", merge)
    flow.hear(page(8, PATROL))
    yield seen(flow, names)
    corrected(flow, "undo", undo)
    flow.hear(page(9, FERRY))
    yield seen(flow, names)


def test_corrections_hold_on_a_running_flow_as_on_the_embedded_runner(embedded: Embedded, on_kafka: OnKafka) -> None:
    steps = list(zip(lived(embedded), lived(on_kafka), strict=True))
    for number, (one, other) in enumerate(steps):
        assert other == one, f"step {number}"
    sizes = [sorted(map(len, one.carriers)) for one, _ in steps]
    assert sizes == [
        [1, 1],
        [1, 2],
        [4],
        [5],
        [2, 4],
        [7],
        [3, 5],
        [1, 8],
    ]
    assert [len(one.alerts) for one, _ in steps] == [2, 3, 3, 3, 3, 3, 3, 5]
    crew, patrol = (carriers[0] for carriers in steps[0][0].carriers)
    for one, _ in steps[1:]:
        assert one.found == [next(ids for ids in one.carriers if first in ids) for first in (crew, patrol)]
    for flow in (embedded, on_kafka):
        assert flow.house.search.search("statements", "utterance:nobody").total == 0
    previews = [flow.pantau("watch", "preview", "later", "--json") for flow in (embedded, on_kafka)]
    assert previews[0] == previews[1]
    assert [one["reason"] for one in previews[0]["alerts"]] == ["new-utterance", "new-utterance"]
