"""One installation lives through all faults; what they cost is shown in one table at the end."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.stack.faults.articles import Outcome
from tests.stack.faults.product import Product, index_url
from tests.stack.servers import Elasticsearch, Kafka

_TABLE: list[tuple[str, dict[str, Any]]] = []


@dataclass(frozen=True)
class Size:
    """How much is done: shortly in CI, fully by `make faults`."""

    full: bool

    def of(self, short: int, full: int) -> int:
        """The one or the other."""
        return full if self.full else short


@pytest.fixture(scope="session")
def size() -> Size:
    return Size(os.environ.get("FAULTS") == "full")


@pytest.fixture(scope="session")
def product(size: Size, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A Kafka of three brokers, an Elasticsearch, and two workers for each agent."""
    home: Path = tmp_path_factory.mktemp("faults") / "home"
    with Kafka(brokers=3) as kafka, Elasticsearch() as search:
        found = Product(kafka, index_url(search.url), home, processes=2)
        found.search = search
        try:
            found.start("flow")
            found.start("index")
            found.await_workers(180)
            yield found
        finally:
            found.close()
            found.house.broker.close()


class Figures(dict[str, Any]):
    """What a test found out, for the table."""

    def compare(self, found: Outcome, wanted: Outcome) -> None:
        """Note how much is lost, and how much is there twice or should not be; fail when anything is."""
        lost, more = wanted.beyond(found), found.beyond(wanted)
        self["lost"], self["doubled or wrong"] = len(lost), len(more)
        assert (lost[:20], more[:20]) == ([], [])


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Iterator[Figures]:
    """What a test found out, for the table."""
    found, start = Figures(), time.monotonic()
    _TABLE.append((request.node.name, found))
    yield found
    found["seconds"] = round(time.monotonic() - start)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _TABLE:
        terminalreporter.section("faults")
    for name, found in _TABLE:
        said = ", ".join(f"{value} {what}" for what, value in found.items())
        terminalreporter.line(f"{name.removeprefix('test_').replace('_', ' ')}: {said or 'did not get that far'}")
