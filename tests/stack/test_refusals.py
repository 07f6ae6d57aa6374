"""The offline world through the whole flow into an Elasticsearch that refuses some of it: refusals are buried."""

from pathlib import Path

import pytest

from pipeline.cli.demo import ingest_world
from pipeline.cli.ingest import process
from pipeline.cli.installation import Installation, seeds
from pipeline.flow import Failure
from pipeline.settings import load
from schemas.codec import decode
from schemas.dead import DeadLetter
from schemas.topics import DEAD_LETTERS
from tests.stack.proxy import Proxy

pytestmark = pytest.mark.stack
FAMILIES = ("articles", "statements")  # alerts carry the time at which they were raised


def through(home: Path, settings: dict[str, str], workers: int = 0) -> Installation:
    world = seeds() / "articles"
    house = Installation(load(settings, home), world / "catalog")
    ingest_world(house, world)
    process(house, workers)
    return house


@pytest.mark.parametrize("workers", [0, 2])
def test_a_refused_document_goes_to_dead_letters(
    tmp_path: Path, elasticsearch: str, elasticsearch_index: str, workers: int
) -> None:
    with Proxy(elasticsearch) as proxy:
        proxy.trouble.poison = 0.1
        prefix = elasticsearch_index.rpartition("/")[2]
        house = through(tmp_path / "home", {"PANTAU_INDEX": f"elasticsearch+{proxy.url}/{prefix}"}, workers)
        dead = house.broker.scan(DEAD_LETTERS.name)
        letters = [decode(message.body, message.schema, DeadLetter) for message in dead]
        refused = [letter for letter in letters if letter.reason == Failure.REFUSED]
        plain = through(tmp_path / "plain", {}).search
        expected = {family: [d.id for d in plain.export(family, "")] for family in FAMILIES}
        gone = {family: {id for id in ids if proxy.trouble.poisoned(id)} for family, ids in expected.items()}
        assert {letter.agent for letter in refused} == {"index"}
        assert len(refused) >= len(gone["articles"]) + len(gone["statements"]) > 5
        for family, ids in expected.items():
            assert {d.id for d in house.search.export(family, "")} == set(ids) - gone[family]
