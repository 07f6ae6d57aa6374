"""Workers are stopped for longer than Kafka waits for them, and wake up when others have taken over their work."""

import signal
import time
from typing import Any

import pytest

from tests.stack.faults.articles import Story, expected
from tests.stack.faults.conftest import Size
from tests.stack.faults.product import SESSION, Product

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900), pytest.mark.filterwarnings("ignore")]
FROZEN = ("dedupe", "attribute", "alert", "deliver", "index")
"""The agents that change something beyond what they send on."""


def test_workers_that_wake_up_late(product: Product, size: Size, figures: dict[str, Any]) -> None:
    stories, frozen, start = product.stories(size.of(200, 1_000)), 0, time.monotonic()
    revised = [Story(story.number, 2) for story in stories]
    for turn, part in enumerate((stories, revised) * size.of(1, 2)):
        names = [f"{name}-{turn % 2}" for name in FROZEN]
        with product.feeding(part, 4):
            time.sleep(2)
            frozen += sum(product.send(name, signal.SIGSTOP) is not None for name in names)
        time.sleep(SESSION + 3)
        for name in names:
            product.send(name, signal.SIGCONT)
    product.settle(size.of(120, 300))
    wanted, found, told = expected(revised, before=stories), product.outcome(stories), product.told()
    figures |= {"articles in two revisions": len(stories), "workers frozen": frozen} | found.against(wanted)
    figures |= {"alerts repeated in the feed": told.total() - len(told), "seconds": round(time.monotonic() - start)}
    assert frozen >= len(FROZEN)
    assert found == wanted
    assert told.total() == len(told)
