"""A channel that is away for a while, on Kafka: it holds up nobody, gets everything later, and outlives its worker."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest

from agents import FLOW
from pipeline.cli.installation import Installation
from pipeline.runners import operations
from pipeline.settings import load
from tests.stack.faults.articles import WATCHED, Story, write_catalog
from tests.stack.servers import Kafka, with_us

pytestmark = [pytest.mark.stack, pytest.mark.timeout(400), pytest.mark.filterwarnings("ignore")]
ROOT = Path(__file__).parents[2]


class Hook(ThreadingHTTPServer):
    """A webhook that answers 503 until it is open. `taken` counts the alerts that it took, `refused` other posts."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.open, self.taken, self.refused = False, Counter[str](), 0
        self.url = f"webhook+http://127.0.0.1:{self.server_port}/hook"


class _Handler(BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.open:
            self.server.taken[self.headers["webhook-id"]] += 1
        else:
            self.server.refused += 1
        self.send_response(204 if self.server.open else 503)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def hook() -> Iterator[Hook]:
    with Hook() as found:
        threading.Thread(target=found.serve_forever, args=(0.05,), daemon=True).start()
        yield found
        found.shutdown()


@contextlib.contextmanager
def working(house: Installation, settings: dict[str, str]) -> Iterator[None]:
    argv = [sys.executable, "-m", "pipeline.cli", "--home", str(house.settings.home), "work"]
    environment = os.environ | settings | {"PYTHONPATH": str(ROOT)}
    workers = subprocess.Popen(argv, env=environment, cwd=ROOT, preexec_fn=with_us)  # noqa: PLW1509 - prctl alone
    try:
        yield
    finally:
        workers.send_signal(signal.SIGTERM)
        code = workers.wait(30)
    assert code == 0


def test_a_channel_that_is_away_gets_everything_later(tmp_path: Path, hook: Hook) -> None:
    write_catalog(tmp_path / "catalog")
    watches = tmp_path / "catalog" / "watches.yaml"
    watches.write_text(watches.read_text().replace("  who:", f'  channels: ["feed:", "{hook.url}"]\n  who:'))
    stories = [Story(number) for number in range(100)]
    wanted = {(story.speaker, story.quote) for story in stories if story.speaker in WATCHED}
    with Kafka() as kafka:
        settings = {
            "PANTAU_BROKER": f"kafka://{kafka.bootstrap}?partitions=3&session=6",
            "PANTAU_RECOGNISER": "none:",
            "PANTAU_METRICS_PORT": "0",
            "PANTAU_PRIVATE_HOSTS": "127.0.0.1",
        }
        home = tmp_path / "home"
        house = Installation(load(settings, home), tmp_path / "catalog")
        house.prepare()
        with contextlib.closing(house.admin()) as admin:
            admin.create(house.topics())
        house.intake.take([story.arrival() for story in stories])
        with working(house, settings):
            eventually(lambda: len(told(home)) == len(wanted) and not operations.waiting(FLOW, house.broker), 120)
        assert hook.taken == {}
        assert 0 < hook.refused < len(wanted), "a channel that is away is not asked for each alert"
        hook.open = True
        with working(house, settings):
            eventually(lambda: hook.taken.keys() >= told(home), 120)
        assert hook.taken.keys() == told(home)
        assert set(hook.taken.values()) == {1}
        assert list(operations.dead_letters(house.broker)) == []
        house.broker.close()


def told(home: Path) -> set[str]:
    """The alerts in the feed."""
    feed = home / "alerts.jsonl"
    lines = feed.read_bytes().splitlines() if feed.exists() else []
    return {msgspec.json.decode(line)["alert_id"] for line in lines}


def eventually(holds: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not so within {seconds} s"
        time.sleep(0.5)
