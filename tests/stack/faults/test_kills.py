"""Workers and brokers are killed at random while articles come in."""

import random
import time

import pytest

from tests.stack.faults.articles import expected
from tests.stack.faults.conftest import Figures, Size
from tests.stack.faults.product import Product

pytestmark = [pytest.mark.stack, pytest.mark.timeout(1500), pytest.mark.filterwarnings("ignore")]


def test_kills_of_workers_and_brokers(product: Product, size: Size, figures: Figures) -> None:
    stories, chance = product.stories(size.of(600, 12_000)), random.Random(20300501)
    workers, brokers, seconds = size.of(4, 16), size.of(1, 3), size.of(16, 240)
    killed = 0
    with product.feeding(stories, seconds):
        for turn in range(workers):
            time.sleep(chance.uniform(0.5, 1.5) * seconds / workers)
            killed += product.kill_any(chance)
            part, place = divmod(turn, workers // brokers)
            if place == 1 and part < brokers:
                product.kafka.kill(part)
                time.sleep(chance.uniform(1, 4))
                product.kafka.revive(part)
    product.settle(size.of(120, 900))
    figures |= {"articles": len(stories), "workers killed": killed, "brokers killed": brokers}
    told, (messages, alerts) = product.told(), product.sent("alerts-raised")
    figures |= {"alerts sent again on Kafka": messages - alerts, "repeated to people": told.total() - len(told)}
    figures.compare(product.outcome(stories), expected(stories))
    assert killed == workers
    assert told.total() == len(told)
