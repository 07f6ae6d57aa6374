"""The offline world through the whole flow, once into SQLite and once into Elasticsearch: readers see the same."""

from pathlib import Path

import pytest

from pipeline.cli.demo import ingest_world
from pipeline.cli.ingest import process
from pipeline.cli.installation import Installation, seeds
from pipeline.ports import Search
from pipeline.settings import load

pytestmark = pytest.mark.stack
FAMILIES = ("articles", "statements")  # alerts carry the time at which they were raised
QUERIES = (
    "", "kapal", "selat ambara", "kapal OR patroli NOT presiden", '"kapal patroli"', "menolak", "speaker:harsa",
    "title:kap* language:id", '"kapal selat"~5', "published:[2030-05 TO *] -language:en", "_exists_:outlet",
)  # fmt: skip


def through(home: Path, settings: dict[str, str]) -> Search:
    world = seeds() / "articles"
    house = Installation(load(settings, home), world / "catalog")
    ingest_world(house, world)
    process(house, 0)
    return house.search


def test_both_backends_answer_alike(tmp_path: Path, elasticsearch_index: str) -> None:
    one = through(tmp_path / "sqlite", {})
    other = through(tmp_path / "elasticsearch", {"PANTAU_INDEX": elasticsearch_index})
    assert one.count("articles") > 30
    assert one.count("alerts") == other.count("alerts") > 0
    for family in FAMILIES:
        assert list(one.export(family, "")) == list(other.export(family, ""))
        for query in QUERIES:
            found = [index.search(family, query, limit=100) for index in (one, other)]
            assert found[0] == found[1], query
            counts = [index.facets(family, query, ["outlet", "language", "speaker"]) for index in (one, other)]
            assert counts[0] == counts[1], query
