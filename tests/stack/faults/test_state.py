"""After all faults: whoever takes over what an agent remembers gets the same, from its own disk or from none."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from agents import FLOW
from pipeline.adapters.kafka.address import Address
from pipeline.adapters.kafka.memory import PartitionMemory, topic_name
from pipeline.adapters.kafka.reading import follow
from tests.stack.faults.conftest import Figures
from tests.stack.faults.product import Product

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300), pytest.mark.filterwarnings("ignore")]


def test_what_is_remembered_is_the_same_everywhere(product: Product, tmp_path: Path, figures: Figures) -> None:
    """Runs last: it ends the workers, whose copies of a partition it reads."""
    product.close()
    records = copies = 0
    differing = []
    for agent in (agent.name for agent in FLOW if "state" in agent.ports):
        for partition in range(product.partitions):
            fresh = followed(tmp_path / f"{agent}-{partition}.db", agent, partition, product.address)
            records += len(fresh)
            for path in sorted((product.home / "work").glob(f"{agent}-*/{partition}.db")):
                copies += 1
                kept = followed(path, agent, partition, product.address)
                differing += [
                    (path.parent.name, key) for key in fresh.keys() | kept.keys() if fresh.get(key) != kept.get(key)
                ]
    figures |= {"records": records, "copies": copies, "records that differ": len(differing)}
    assert copies >= product.partitions
    assert not differing, differing[:5]


def followed(path: Path, agent: str, partition: int, address: Address) -> dict[str, Any]:
    """What a worker remembers that begins with this file: value and origin of each key."""
    memory = PartitionMemory(path, agent)
    asyncio.run(follow(memory, address, topic_name(agent), partition))
    memory.close()
    with sqlite3.connect(path) as found:
        rows = found.execute("SELECT key, value, postings, origin FROM state").fetchall()
    return {key: rest for key, *rest in rows}
