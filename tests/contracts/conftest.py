"""The search backends that have to answer alike."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.adapters import open_port
from pipeline.adapters.sqlite.index import SqliteIndex
from tests.indexed import Backend


@pytest.fixture(params=["sqlite file", "sqlite memory", pytest.param("elasticsearch", marks=pytest.mark.stack)])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Backend]:
    match request.param:
        case "sqlite memory":
            index: Backend = SqliteIndex(":memory:")
        case "sqlite file":
            index = open_port("index", f"sqlite://{tmp_path}/index.db")
        case _:
            index = open_port("index", request.getfixturevalue("elasticsearch_index"))
    yield index
    index.close()
