"""One server for the tests of a module."""

from collections.abc import Iterator

import pytest

from tests.serving.service import Service, served


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with served(tmp_path_factory.mktemp("serving")) as running:
        yield running
