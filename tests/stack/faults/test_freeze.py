"""Workers are stopped for longer than Kafka waits for them, and wake up when others have taken over their work."""

import signal
import time

import pytest

from tests.stack.faults.articles import Story, expected
from tests.stack.faults.conftest import Figures, Size
from tests.stack.faults.product import SESSION, Product

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900), pytest.mark.filterwarnings("ignore")]
FROZEN = ("dedupe", "attribute", "alert", "deliver", "index")
"""The agents that change something beyond what they send on."""


def test_workers_that_wake_up_late(product: Product, size: Size, figures: Figures) -> None:
    stories, frozen = product.stories(size.of(200, 1_000)), 0
    revised = [Story(story.number, 2) for story in stories]
    for turn, part in enumerate((stories, revised) * size.of(1, 3)):
        names = [f"{name}-{turn % 2}" for name in FROZEN]
        with product.feeding(part, 4):
            time.sleep(2)
            frozen += sum(product.send(name, signal.SIGSTOP) is not None for name in names)
        time.sleep(SESSION + 3)
        for name in names:
            product.send(name, signal.SIGCONT)
    product.settle(size.of(120, 300))
    told = product.told()
    figures |= {"articles in two revisions": len(stories), "workers frozen": frozen}
    figures["repeated to people"] = told.total() - len(told)
    figures.compare(product.outcome(stories), expected(revised, before=stories))
    assert frozen >= len(FROZEN)
    assert told.total() == len(told)
