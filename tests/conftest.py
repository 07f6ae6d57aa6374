"""Tests marked `stack` need a real Elasticsearch or Kafka; `make stack` runs them, `make test` leaves them out."""

import json
import os
import signal
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count

import pytest
from hypothesis import settings

from pipeline.adapters.s3 import S3Pages
from tests.s3_server import S3Server
from tests.stack.servers import Elasticsearch, missing

_NUMBERS = count(1)

# What decides whether a change lands is the same every time; on a desk Hypothesis looks further each time. How long an
# example takes on a busy machine says nothing.
settings.register_profile("desk", deadline=None)
settings.register_profile("decided", derandomize=True, deadline=None)
settings.load_profile("decided" if os.environ.get("CI") else "desk")

# A shell starts what it puts into the background without Ctrl-C, which a process hands down to those it starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    marked = [item for item in items if item.get_closest_marker("stack")]
    why = missing() if marked else None
    for item in marked if why else []:
        item.add_marker(pytest.mark.skip(reason=why))


@pytest.fixture(scope="session")
def elasticsearch() -> Iterator[str]:
    """The URL of an Elasticsearch for the whole session: that in $STACK_ELASTICSEARCH, or else one of our own."""
    with ExitStack() as stack:
        yield os.environ.get("STACK_ELASTICSEARCH") or stack.enter_context(Elasticsearch()).url


@pytest.fixture(scope="session")
def guarded() -> Iterator[Elasticsearch]:
    """An Elasticsearch of our own that speaks TLS and asks for a password, and that tests may kill and revive."""
    with Elasticsearch(secure=True) as cluster:
        yield cluster


@pytest.fixture
def elasticsearch_index(elasticsearch: str) -> Iterator[str]:
    """The URL of a search index of the test's own, which is deleted after it."""
    prefix = f"test{os.getpid()}x{next(_NUMBERS)}"
    yield f"elasticsearch+{elasticsearch}/{prefix}"
    with urllib.request.urlopen(f"{elasticsearch}/_cat/indices/{prefix}-*?format=json&h=index") as answer:
        names = [row["index"] for row in json.load(answer)]
    if names:
        urllib.request.urlopen(urllib.request.Request(f"{elasticsearch}/{','.join(names)}", method="DELETE")).close()


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """A server of the protocol of S3 for the whole session."""
    with S3Server() as server:
        yield server


@pytest.fixture
def s3_pages(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Pages:
    """A page store of the test's own on that server."""
    for name, value in s3_server.environment().items():
        monkeypatch.setenv(name, value)
    return S3Pages(s3_server.url(prefix=f"test{next(_NUMBERS)}"))
