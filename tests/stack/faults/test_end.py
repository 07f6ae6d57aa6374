"""SIGTERM at random instants, to single workers and to whole groups of them."""

import random
import signal
import time
from itertools import islice
from pathlib import Path

import pytest

from tests.stack.faults.articles import expected
from tests.stack.faults.conftest import Figures, Size
from tests.stack.faults.product import Product, eventually

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900), pytest.mark.filterwarnings("ignore")]


def test_orders_to_end(product: Product, size: Size, figures: Figures) -> None:
    chance = random.Random(20300502)
    stories, rounds = product.stories(size.of(200, 2_000)), size.of(4, 20)
    took = []
    with product.feeding(stories, rounds * 3):
        for turn in range(rounds):
            time.sleep(chance.uniform(0, 4))
            took.append(product.restart(chance.choice(("flow", "index"))) if turn % 4 == 3 else _end(product, chance))
    product.settle(size.of(120, 300))
    figures |= {"articles": len(stories), "orders to end": len(took), "seconds for the slowest": round(max(took), 1)}
    figures.compare(product.outcome(stories), expected(stories))
    assert max(took) < 10


def _end(product: Product, chance: random.Random) -> float:
    """End one worker, as soon as one is up. Returns the seconds until it is gone."""
    slots, pids = product.slots(), list[int]()
    chance.shuffle(slots)

    def sent() -> bool:
        pids.extend(islice(filter(None, (product.send(slot, signal.SIGTERM) for slot in slots)), 1))
        return bool(pids)

    eventually(sent, 60)
    (pid,), start = pids, time.monotonic()
    while Path(f"/proc/{pid}").exists():
        time.sleep(0.05)
    return time.monotonic() - start
