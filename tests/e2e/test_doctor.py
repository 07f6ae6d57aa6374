"""`pantau doctor` without servers, or with small ones: what is wrong has its row and its cure, no secret is shown."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from pipeline.settings import shown
from tests.command import Pantau
from tests.s3_server import S3Server
from tests.stack.servers import free_ports

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # a command leaves its files to its process' end


@pytest.fixture
def pantau(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Pantau:
    return Pantau(tmp_path / "home", monkeypatch, capsys)


def rows(pantau: Pantau, code: int) -> dict[str, Any]:
    ended = pantau("doctor", "--json")
    assert (ended.code, "hush" in ended.out + ended.err) == (code, False), ended.out
    found = {row["check"]: row for row in ended.json()}
    assert code == int(not all(row["good"] for row in found.values()))
    return found


def test_a_fresh_installation_is_well(pantau: Pantau) -> None:
    found = rows(pantau, 0)
    assert list(found) == [
        "python",
        "disk",
        "flow",
        "catalog",
        "broker",
        "pages",
        "index",
        "recogniser",
        "crawl",
        "channel",
    ]
    assert found["broker"]["where"] == f"sqlite://{pantau.home}/flow.db"
    assert pantau("doctor").out.count(" ok ") == len(found)


def test_sources_need_somebody_to_complain_to(pantau: Pantau, monkeypatch: pytest.MonkeyPatch) -> None:
    (pantau.home / "catalog").mkdir(parents=True)
    entry = '[[source]]\nid = "a"\nname = "A"\nurl = "https://a.example/rss"\n'
    (pantau.home / "catalog" / "sources.toml").write_text(entry, encoding="utf-8")
    assert "set PANTAU_CONTACT" in rows(pantau, 1)["crawl"]["said"]
    monkeypatch.setenv("PANTAU_CONTACT", "https://example.org/crawler")
    assert rows(pantau, 0)["crawl"]["said"] == "1 sources are followed"


@pytest.mark.parametrize(
    ("name", "value", "check", "said"),
    [
        ("PANTAU_BROKER", "rabbit://us:hush@one", "broker", "write a URL that begins with kafka:, sqlite:"),
        ("PANTAU_INDEX", "elasticsearch+http://us:hush@127.0.0.1:9?patience=0", "index", "no Elasticsearch answers"),
        ("PANTAU_INDEX", "elasticsearch+http://127.0.0.1:9?api_key=hush", "index", "no Elasticsearch answers"),
        ("PANTAU_PAGES", "s3://pages?endpoint=http://127.0.0.1:9", "pages", "needs PANTAU_S3_ACCESS_KEY"),
        ("PANTAU_PAGES", "file:///proc/pages", "pages", "cannot be used"),
        ("PANTAU_RECOGNISER", "spacy:/no/such/folder", "recogniser", "no folder of name models at /no/such/folder"),
    ],
)
def test_what_is_wrong_has_its_row_and_the_rest_is_tried(
    pantau: Pantau, monkeypatch: pytest.MonkeyPatch, name: str, value: str, check: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    found = rows(pantau, 1)
    assert said in found[check]["said"]
    assert [row["check"] for row in found.values() if not row["good"]] == [check]


def test_a_wrong_key_and_a_missing_bucket_are_said(
    pantau: Pantau, monkeypatch: pytest.MonkeyPatch, s3_server: S3Server, tmp_path: Path
) -> None:
    for name, value in s3_server.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PANTAU_PAGES", s3_server.url(prefix="doctor"))
    assert rows(pantau, 0)["pages"]["said"] == "a page was put and read back"
    monkeypatch.setenv("PANTAU_PAGES", s3_server.url(bucket="nowhere"))
    assert "there is no bucket s3://nowhere" in rows(pantau, 1)["pages"]["said"]
    (tmp_path / "key").write_text("hush-hush\n")
    monkeypatch.setenv("PANTAU_S3_SECRET_KEY_FILE", str(tmp_path / "key"))
    assert "refuses the key (SignatureDoesNotMatch)" in rows(pantau, 1)["pages"]["said"]
    monkeypatch.setenv("PANTAU_S3_SECRET_KEY_FILE", str(tmp_path / "nothing"))
    assert "PANTAU_S3_SECRET_KEY_FILE names: No such file" in rows(pantau, 1)["pages"]["said"]


@pytest.fixture
def webhook() -> Iterator[tuple[str, list[str]]]:
    """A receiver, and the methods that it was asked with."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_OPTIONS(self) -> None:
            asked.append(self.command)
            self.send_response(405)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"webhook+http://127.0.0.1:{server.server_port}/hush-hush", asked
        server.shutdown()
        thread.join()


def test_channels_are_tried_and_nothing_is_sent(
    pantau: Pantau, webhook: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PANTAU_PRIVATE_HOSTS", "127.0.0.1")
    url, asked = webhook
    assert pantau("watch", "add", "dermaga", "--about", "dermaga", "--channel", url).code == 0
    found = pantau("doctor", "--json")
    assert found.code == 0
    assert [row["said"] for row in found.json() if row["where"].startswith("webhook")] == [
        "127.0.0.1 answers, with 405"
    ]
    assert asked == ["OPTIONS"]
    (port,) = free_ports(1)
    away = f"webhook+http://127.0.0.1:{port}/hush-hush"
    assert pantau("watch", "add", "kapal", "--about", "kapal", "--channel", away).code == 0
    ended = pantau("doctor")
    assert (ended.code, "hush" in ended.out) == (1, False)
    assert "start it, or correct the channel" in " ".join(ended.out.replace("│", " ").split())


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("elasticsearch+https://us:hush/@hush@one:9200/p?ca=/x", "elasticsearch+https://***@one:9200/p?ca=/x"),
        ("elasticsearch+https://one:9200?api_key=hush&ca=/x", "elasticsearch+https://one:9200?api_key=***&ca=/x"),
        ("sqlite:///home/us/flow.db", "sqlite:///home/us/flow.db"),
    ],
)
def test_urls_are_shown_without_secrets(url: str, said: str) -> None:
    assert shown(url) == said


def test_what_is_only_queued_is_said_to_be_queued(pantau: Pantau, tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_text(
        "Dermaga dibuka\n\nKepala Pelabuhan Ratna Kusuma membuka dermaga pada Senin.\n" * 5
    )
    ended = pantau("ingest", "--queue", tmp_path / "page.txt")
    assert ended.out.endswith("queued 1 pages for `pantau run`: `pantau status` shows how far they are\n")
    assert pantau("ingest", "--queue", tmp_path / "page.txt").out == (
        "already known: all 1 pages; nothing was changed\n"
    )
