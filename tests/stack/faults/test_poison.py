"""Messages that nobody can read, in every topic that an agent reads, and a page that is lost and found again."""

from collections import Counter
from hashlib import sha256

import pytest
from kafka import KafkaProducer

from pipeline.adapters.kafka.address import MESSAGE_BYTES
from pipeline.runners.intake import Intake
from schemas.dead import DeadLetter
from schemas.topics import BY_NAME
from tests.stack.faults.articles import expected
from tests.stack.faults.conftest import Figures, Size
from tests.stack.faults.product import READS, Product

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900), pytest.mark.filterwarnings("ignore")]
LARGE = MESSAGE_BYTES - (1 << 16)
"""Bytes: about the most that Kafka takes, and more than a worker fetches at a time."""
POISON: dict[str, tuple[bytes | None, str]] = {
    "not-json": (b"{not json", "broken-message"),
    "null": (None, "broken-message"),
    "too-big": (b"x" * LARGE, "broken-message"),
    "unknown": (b"{}", "unknown-schema"),
}


class _NoPages:
    """A page store that loses what it gets."""

    def put(self, content: bytes) -> str:
        return sha256(content).hexdigest()

    def sync(self) -> None:
        """There is nothing to keep."""


def test_messages_that_nobody_can_read(product: Product, size: Size, figures: Figures) -> None:
    before, stories = len(product.letters()), product.stories(size.of(50, 500))
    poison(product)
    lost = stories[0]
    Intake(product.house.broker, _NoPages(), product.house.clock).take([lost.arrival()])
    product.feed(stories[1:])
    product.settle(size.of(120, 300))
    found = [one.letter for one in product.letters()[before:]]
    figures |= {"topics": len({topic for _, topic in READS}), "dead letters": len(found)}
    assert Counter(map(named, found)) == Counter([*unreadable(), ("clean", "pages-fetched", lost.id, "page-missing")])

    product.house.pages.put(lost.arrival().content)
    waiting = sum(not one.replayed for one in product.letters())
    figures["handed in again"] = product.pantau("dead", "replay", "--json")["replayed"]
    product.settle(120)
    figures.compare(product.outcome(stories), expected(stories))
    assert figures["handed in again"] == waiting
    assert Counter(named(one.letter) for one in product.letters()[before + len(found) :]) == Counter(unreadable())


def poison(product: Product) -> None:
    """Write each kind of poison into each topic that an agent reads."""
    producer = KafkaProducer(bootstrap_servers=product.kafka.bootstrap, max_request_size=MESSAGE_BYTES)
    for topic in sorted({topic for _, topic in READS}):
        for name, (value, _) in POISON.items():
            schema = "record.v99" if name == "unknown" else BY_NAME[topic].record.SCHEMA
            headers = [("schema", schema.encode()), ("trace", name.encode())]
            producer.send(topic, key=name.encode(), value=value, headers=headers).get(30)
    producer.close()


def unreadable() -> list[tuple[str, str, str, str]]:
    """The dead letters that poison has to lead to: one for each agent that reads it."""
    return [(agent, topic, name, reason) for agent, topic in READS for name, (_, reason) in POISON.items()]


def named(letter: DeadLetter) -> tuple[str, str, str, str]:
    return letter.agent, letter.topic, letter.trace, letter.reason
