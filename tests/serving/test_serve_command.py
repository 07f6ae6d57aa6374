"""`pantau serve`, `pantau keys` and uploads under `pantau run`, as people start them."""

import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.command import Pantau, command, environment, run
from tests.stack.servers import free_ports


@pytest.fixture
def pantau(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Pantau:
    return Pantau(tmp_path, monkeypatch, capsys)


def test_keys_are_made_listed_and_revoked(pantau: Pantau) -> None:
    made = pantau("keys", "add", "newsroom", "--scope", "upload", "--days", "30", "--per-minute", "9", "--json").json()
    assert made["key"].startswith(f"pantau_{made['id']}_")
    assert (made["scopes"], made["per_minute"]) == (["upload"], 9)
    words = pantau("keys", "add", "second").out.strip()
    kept = (pantau.home / "api-keys.json").read_text()
    assert made["key"].split("_", 2)[2] not in kept
    assert words.split("_", 2)[2] not in kept
    assert (pantau.home / "api-keys.json").stat().st_mode & 0o077 == 0
    listed = pantau("keys", "list", "--json").json()
    assert [key["name"] for key in listed] == ["newsroom", "second"]
    assert not {"hash", "key"} & listed[0].keys()
    assert pantau("keys", "revoke", "newsroom").code == 0
    assert "revoked" in pantau("keys", "list").out
    assert pantau("keys", "add", "newsroom").code == 0, "the name is free again"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("keys", "revoke", "nobody"), "there are second"),
        (("keys", "add", "second"), "revoke it first"),
        (("keys", "add", "x", "--scope", "everything"), "everything"),
        (("serve", "--host", "no.such.host.example"), "write 127.0.0.1"),
    ],
)
def test_a_mistake_names_the_cure(pantau: Pantau, arguments: tuple[str, ...], said: str) -> None:
    pantau("keys", "add", "second")
    ended = pantau(*arguments)
    assert ended.code == 2
    assert said in re.sub(r"[\s│]+", " ", ended.err)


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_it_listens_to_nobody_else_without_a_key(tmp_path: Path, host: str) -> None:
    for _ in range(2):
        ended = run("--home", tmp_path, "serve", "--host", host, "--port", "0")
        assert ended.code == 2
        assert "make one with `pantau keys add NAME`" in ended.err
        run("--home", tmp_path, "keys", "add", "asks", "--scope", "status")  # which is no key for uploads


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with subprocess.Popen(
        command("--home", tmp_path, "serve", "--port", "0"), env=environment(), stderr=subprocess.PIPE, text=True
    ) as first:
        port = said(first, r"http://127\.0\.0\.1:(\d+)/articles")
        ended = run("--home", tmp_path, "serve", "--port", port)
        first.send_signal(signal.SIGINT)
        assert first.wait(20) == 0
    assert (ended.code, f"port {port}" in ended.err, "PANTAU_SERVE_PORT" in ended.err) == (3, True, True)


def said(process: "subprocess.Popen[str]", pattern: str) -> str:
    assert process.stderr
    for line in process.stderr:
        if found := re.search(pattern, line):
            return found[1]
    raise AssertionError("the server said nothing of it")


def test_run_takes_uploads_when_a_setting_asks_for_it_and_works_on_them(tmp_path: Path) -> None:
    key = run("--home", tmp_path, "keys", "add", "newsroom").out.strip()
    port = free_ports(1)[0]
    settings = environment(
        PANTAU_SERVE_PORT=str(port), PANTAU_METRICS_PORT="0", PANTAU_WORKERS="0", PANTAU_RECOGNISER="none:"
    )
    with subprocess.Popen(command("--home", tmp_path, "run"), env=settings, stderr=subprocess.DEVNULL) as running:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "text/html"}
        client = httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers)
        waited(client, "/health", lambda answer: answer.status_code == 200)
        page = (
            "<html><title>Tarif naik</title>" + "<p>Tarif pelabuhan naik lagi, kata syahbandar Selaraya, Senin.</p>" * 5
        )
        taken = client.post("/articles", content=page).json()["articles"][0]
        waited(client, taken["url"], lambda answer: answer.json()["state"] == "indexed")
        client.close()
        running.send_signal(signal.SIGTERM)
        assert running.wait(30) == 0


def waited(client: httpx.Client, path: str, good: Callable[[httpx.Response], bool]) -> None:
    for _ in range(400):
        try:
            if good(client.get(path)):
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"{path} does not become what it should")
