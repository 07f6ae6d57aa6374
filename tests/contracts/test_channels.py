"""What every channel must do, against a file and a real local server."""

import base64
import hmac
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.message import Message
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import msgspec
import pytest

from pipeline.adapters import BACKENDS, keys
from pipeline.adapters.channels import Channels, webhook
from pipeline.adapters.checked_watch import CHANNELS
from pipeline.errors import Reject, TryLater
from schemas.alert import AlertRaised
from schemas.statement import Carrier, Statement, StatementRecorded, Utterance

NOON = datetime(2030, 5, 1, 12, tzinfo=UTC)


def alert(id: str) -> AlertRaised:
    said = Statement(
        statement_id="s",
        kind="direct",
        part="body",
        start=0,
        end=4,
        text="Kami",
        speaker_id="a",
        rule="r",
        confidence=1,
    )
    carrier = Carrier(article_id="a", revision=1, page="p", title="t\nu", language="id", family="a", fetched_at=NOON)
    recorded = StatementRecorded(
        statement=said, carrier=carrier, utterance=Utterance(utterance_id="s", novelty="new", first_seen=NOON)
    )
    return AlertRaised(
        alert_id=id, watch_id="w", watch="W", reason="new-utterance", why="", raised_at=NOON, recorded=recorded
    )


class Receiver(BaseHTTPRequestHandler):
    """Keeps what is posted; answers as the test sets it."""

    answer = 200
    got: list[tuple[str, Message, bytes]] = []
    drip = 0.0

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((self.path, self.headers, body))
        for _ in range(int(self.drip * 10)):
            self.wfile.write(b"H" if _ == 0 else b"x")
            time.sleep(0.1)
        self.send_response(self.answer)
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent."""


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The servers of these tests are not on the public internet."""
    monkeypatch.setenv("PANTAU_PRIVATE_HOSTS", "somewhere.example, 127.0.0.1")


@pytest.fixture
def receiver() -> Iterator[HTTPServer]:
    Receiver.answer, Receiver.got, Receiver.drip = 200, [], 0.0
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_workers_that_share_a_feed_tell_each_alert_once(tmp_path: Path) -> None:
    one, other = Channels(tmp_path), Channels(tmp_path)
    for channels in (one, other, one):
        channels.send("feed:", [alert("a")])
    with ThreadPoolExecutor(2) as both:
        list(both.map(lambda channels: [channels.send("feed:", [alert(str(n))]) for n in range(50)], (one, other)))
    lines = (tmp_path / "alerts.jsonl").read_bytes().splitlines()
    assert sorted(msgspec.json.decode(line)["alert_id"] for line in lines) == sorted(["a", *map(str, range(50))])


def test_the_feed_holds_each_alert_once_even_after_a_restart(tmp_path: Path) -> None:
    for _ in range(2):
        channels = Channels(tmp_path)
        channels.send("feed:", [alert("one")])
        channels.send("feed:", [alert("two")])
        channels.send("feed:", [alert("one")])
    lines = (tmp_path / "alerts.jsonl").read_bytes().splitlines()
    assert [msgspec.json.decode(line)["alert_id"] for line in lines] == ["one", "two"]


def test_a_half_line_that_a_kill_left_is_mended(tmp_path: Path) -> None:
    Channels(tmp_path).send("feed:", [alert("one")])
    whole = (tmp_path / "alerts.jsonl").read_bytes()
    (tmp_path / "alerts.jsonl").write_bytes(whole + b'{"alert_id": "tw')
    Channels(tmp_path).send("feed:", [alert("two")])
    lines = (tmp_path / "alerts.jsonl").read_bytes().splitlines()
    assert [msgspec.json.decode(line)["alert_id"] for line in lines] == ["one", "two"]


def test_a_webhook_gets_the_alert_with_its_id(tmp_path: Path, receiver: HTTPServer) -> None:
    Channels(tmp_path).send(f"webhook+http://127.0.0.1:{receiver.server_port}/hook?a=1", [alert("one")])
    ((path, headers, body),) = Receiver.got
    assert (path, headers["Idempotency-Key"], headers["webhook-id"]) == ("/hook?a=1", "one", "one")
    assert msgspec.json.decode(body, type=AlertRaised) == alert("one")
    assert verified(keys.webhook_secret(tmp_path), headers, body)
    assert not verified(keys.webhook_secret(tmp_path), headers, body + b" ")
    assert not verified("whsec_" + base64.b64encode(b"x" * 32).decode(), headers, body)


def verified(secret: str, headers: Message, body: bytes) -> bool:
    """As receivers check it: https://github.com/standard-webhooks/standard-webhooks, "verifying webhooks"."""
    sent = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = hmac.digest(base64.b64decode(secret.removeprefix("whsec_")), sent, "sha256")
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
    signed = [word.removeprefix("v1,") for word in headers["webhook-signature"].split()]
    return any(hmac.compare_digest(base64.b64decode(one), wanted) for one in signed)


def test_the_secret_of_an_installation_stays_and_can_be_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = keys.webhook_secret(tmp_path)
    assert keys.webhook_secret(tmp_path) == made
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600
    monkeypatch.setenv("PANTAU_SECRET", "other")
    assert keys.webhook_secret(tmp_path) != made


def test_a_webhook_that_drips_is_cut_off(tmp_path: Path, receiver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "SECONDS", 0.5)
    Receiver.drip = 2.0
    start = time.monotonic()
    with pytest.raises(TryLater, match="does not answer"):
        Channels(tmp_path).send(f"webhook+http://127.0.0.1:{receiver.server_port}/", [alert("one")])
    assert time.monotonic() - start < 1.5


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "0x7f.1", "2130706433", "[::1]"])
def test_a_webhook_inside_is_refused_unless_its_host_is_named(
    tmp_path: Path, receiver: HTTPServer, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setenv("PANTAU_PRIVATE_HOSTS", "somewhere.example")
    with pytest.raises(Reject, match=r"add .* to PANTAU_PRIVATE_HOSTS"):
        Channels(tmp_path).send(f"webhook+http://{host}:{receiver.server_port}/", [alert("one")])
    assert Receiver.got == []


@pytest.mark.parametrize("answer", [302, 400, 429, 503])
def test_a_webhook_that_does_not_take_it_is_asked_again_later(
    tmp_path: Path, receiver: HTTPServer, answer: int
) -> None:
    Receiver.answer = answer
    with pytest.raises(TryLater, match=f"answers {answer}"):
        Channels(tmp_path).send(f"webhook+http://127.0.0.1:{receiver.server_port}/", [alert("one")])
    assert len(Receiver.got) == 1, "a redirect is not followed"


def test_a_webhook_that_is_not_there_is_asked_again_later(tmp_path: Path, receiver: HTTPServer) -> None:
    receiver.server_close()
    with pytest.raises(TryLater, match="does not answer"):
        Channels(tmp_path).send(f"webhook+http://127.0.0.1:{receiver.server_port}/", [alert("one")])


def test_an_unknown_channel_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Reject, match="no channel for 'pigeon:'"):
        Channels(tmp_path).send("pigeon:home", [alert("one")])


def test_the_catalog_takes_the_channels_that_there_are() -> None:
    assert set(CHANNELS) == {scheme for port, scheme in BACKENDS if port == "channel"}
