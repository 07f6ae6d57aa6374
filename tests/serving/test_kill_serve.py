"""`kill -9` at any instant: what a 202 was given for is in, and nothing is in twice when it is sent again."""

import random
import signal
import subprocess
import threading
import time
from pathlib import Path

import httpx

from pipeline.adapters.apikeys import SCOPES, ApiKeys
from pipeline.cli.installation import Installation
from pipeline.settings import load
from schemas.codec import decode
from schemas.page import PageFetched
from tests.command import command, environment
from tests.serving.service import NOW
from tests.stack.servers import free_ports

KILLS = 4
SENDERS = 4


class Sender(threading.Thread):
    """Sends upload after upload, each under a key of its own, again until there is an answer."""

    def __init__(self, number: int, port: int, key: str) -> None:
        super().__init__(daemon=True)
        self.number, self.answered, self.stop = number, dict[str, str](), threading.Event()
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {key}"}, timeout=20
        )

    def run(self) -> None:
        uploads = 0
        while not self.stop.is_set():
            uploads += 1
            name = f"Pengirim {self.number} unggahan {uploads}"
            while name not in self.answered and not self.stop.is_set():
                self._send(name)

    def _send(self, name: str) -> None:
        body = [{"text": name, "url": f"https://kabar.example/{name.replace(' ', '-')}"}]
        try:
            answer = self.client.post("/articles", json=body, headers={"Idempotency-Key": name.replace(" ", "-")})
        except httpx.HTTPError:
            time.sleep(0.05)
            return
        assert answer.status_code == 202, answer.text
        (taken,) = answer.json()["articles"]
        assert taken["entry"] == "new", "the answer is that of the first time, however often it was sent"
        self.answered[name] = taken["id"]


def started(home: Path, port: int) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        command("--home", home, "serve", "--port", port), env=environment(), stderr=subprocess.DEVNULL
    )
    for _ in range(600):
        try:
            if httpx.get(f"http://127.0.0.1:{port}/health").status_code == 200:
                return process
        except httpx.HTTPError:
            time.sleep(0.05)
    raise AssertionError("the server does not come up")


def test_what_was_answered_is_in_whenever_the_server_is_killed(tmp_path: Path) -> None:
    _, key = ApiKeys(tmp_path).make("senders", SCOPES, NOW, per_minute=1_000_000)
    port, chance = free_ports(1)[0], random.Random(8)
    process = started(tmp_path, port)
    senders = [Sender(number, port, key) for number in range(SENDERS)]
    for sender in senders:
        sender.start()
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.2, 1.0))
        process.kill()
        process.wait()
        process = started(tmp_path, port)
    time.sleep(0.5)
    for sender in senders:
        sender.stop.set()
    for sender in senders:
        sender.join()
        sender.client.close()
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    house = Installation(load({}, tmp_path))
    pages = [decode(m.body, m.schema, PageFetched) for m in house.broker.scan("pages-fetched")]
    house.broker.close()
    answered = {id for sender in senders for id in sender.answered.values()}
    assert len(answered) > KILLS * SENDERS
    assert answered <= {page.article_id for page in pages}
    assert len({page.article_id for page in pages}) == len(pages)
    assert all(house.pages.get(page.page) for page in pages)
