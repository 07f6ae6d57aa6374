"""Workers and brokers are killed at random while articles come in."""

import random
import time
from typing import Any

import pytest

from tests.stack.faults.articles import expected
from tests.stack.faults.conftest import Size
from tests.stack.faults.product import Product

pytestmark = [pytest.mark.stack, pytest.mark.timeout(1500), pytest.mark.filterwarnings("ignore")]


def test_kills_of_workers_and_brokers(product: Product, size: Size, figures: dict[str, Any]) -> None:
    chance, start = random.Random(20300501), time.monotonic()
    stories = product.stories(size.of(600, 12_000))
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
    wanted, found, told = expected(stories), product.outcome(stories), product.told()
    figures |= found.against(wanted)
    messages, alerts = product.sent("alerts-raised")
    figures |= {
        "alerts sent again on Kafka": messages - alerts,
        "alerts repeated in the feed": told.total() - len(told),
    }
    figures["seconds"] = round(time.monotonic() - start)
    assert killed == workers
    assert found == wanted
    assert told.total() == len(told)
