"""Watches from the command line to their alerts: defined, tried, told once whatever happens, and proved."""

import json
import re
import shlex
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pipeline.adapters import keys
from pipeline.cli.demo import ingest_world
from pipeline.cli.ingest import process
from pipeline.cli.installation import Installation, seeds
from pipeline.runners import operations
from pipeline.settings import load
from schemas.catalog import Watch
from tests.command import Pantau

WORLD = seeds() / "articles"


@pytest.fixture
def pantau(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Pantau:
    """`pantau` in a home of its own, with the catalog of the demo."""
    monkeypatch.setenv("COLUMNS", "110")
    made = Pantau(tmp_path / "home", monkeypatch, capsys)
    Installation(load({}, made.home), WORLD / "catalog").prepare()
    return made


@pytest.fixture
def house(pantau: Pantau) -> Installation:
    """The same home after the demo world went through it."""
    made = Installation(load({}, pantau.home))
    ingest_world(made, WORLD)
    process(made, 0)
    return made


def told(home: Path) -> list[str]:
    """The alerts of the feed, by their ids."""
    path = home / "alerts.jsonl"
    lines = path.read_bytes().splitlines() if path.exists() else []
    return [msgspec.json.decode(line)["alert_id"] for line in lines]


# Definitions


def test_a_watch_is_added_edited_paused_and_removed_and_all_of_it_is_kept(pantau: Pantau) -> None:
    for line in (
        "add dermaga --who 'role:Menhan' --about dermaga --cadence daily --at 06:30 --zone Asia/Jakarta"
        " --quiet 22:00-06:00",
        "edit dermaga --novelty carried --novelty first --outlets 4 --channel feed: --channel atom: --maximum 10",
        "edit dermaga --quiet '' --about 'dermaga OR kapal' --who anyone",
        "pause dermaga",
    ):
        assert pantau("watch", *shlex.split(line)).code == 0
    shown = {watch["id"]: watch for watch in pantau("watch", "list", "--json").json()}["dermaga"]
    assert msgspec.convert(shown, Watch) == Watch(
        id="dermaga", name="dermaga", about="dermaga OR kapal", cadence="daily", at="06:30",
        zone="Asia/Jakarta", novelty=("carried", "first"), outlets=4, channels=("feed:", "atom:"), maximum=10,
        paused=True,
    )  # fmt: skip
    assert pantau("watch", "remove", "dermaga").code == 0
    changes = pantau("watch", "history", "dermaga", "--json").json()
    assert [change["change"] for change in changes] == ["removed", "changed", "changed", "changed", "added"]
    assert all("@" in change["by"] for change in changes)
    assert changes[1]["fields"] == {"paused": [None, True]}
    assert "quiet: 22:00-06:00 -> -" in " ".join(pantau("watch", "history", "dermaga").out.replace("│", " ").split())


def test_a_pause_link_pauses_its_watch(pantau: Pantau) -> None:
    token = keys.pause_token(pantau.home, "tarif")
    assert pantau("watch", "pause", "--token", token, "--json").json()["id"] == "tarif"
    assert [w["paused"] for w in pantau("watch", "list", "--json").json() if w["id"] == "tarif"] == [True]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ("watch alerts nope", 2, "there is no watch 'nope'"),
        ("watch show tarf", 2, "did you mean 'tarif'?"),
        ("watch preview nope", 2, "there is no watch 'nope'"),
        ("watch test nope", 2, "there is no watch 'nope'"),
        ("watch edit tarif", 2, "see `pantau watch edit --help`"),
        ("watch edit tarif --quiet 22", 2, "'quiet' cannot be used: '22' is no stretch of hours: write '22:00-06:00'"),
        ("watch edit tarif --zone Jakarta", 2, "there is no time zone 'Jakarta'"),
        ("watch edit tarif --cadence weekly", 2, "'hourly'"),
        ("watch edit tarif --outlets 4", 2, "add 'carried' to 'novelty'"),
        ("watch pause", 2, "name the watch, or give the --token"),
        ("watch pause --token nonsense", 2, "this link was not made here"),
        ("watch proof nope", 2, "no alert is called 'nope'"),
        ("watch add x --who 'Harsa Wiratmako'", 2, "did you mean 'Harsa Wiratmaka'?"),
        ("watch add x --who 'role:Juru Bicara Istano'", 2, "did you mean 'role:Juru Bicara Istana'?"),
        ("watch add x --who anyone --who nato", 2, "a watch without 'who' hears anyone"),
        ("watch add x --who group:kabinet", 2, "no official is in the group 'kabinet'"),
        ("watch add x --channel mailto:nobody", 2, "holds no mail address"),
        ("watch add x --channel feeds:", 2, "did you mean 'feed:'?"),
    ],
)
def test_a_mistake_names_the_field_and_the_cure(pantau: Pantau, arguments: str, code: int, said: str) -> None:
    ended = pantau(*shlex.split(arguments))
    assert ended.code == code
    assert said in re.sub(r"[\s│]+", " ", ended.err)


# Trying


def test_a_preview_foresees_what_the_watches_told(pantau: Pantau, house: Installation) -> None:
    raised = [m["watch"] + m["reason"] for m in pantau("watch", "alerts", "--limit", "1000", "--json").json()]
    for id in ("aliansi", "pertahanan", "tarif"):
        found = pantau("watch", "preview", id, "--json").json()
        assert sorted(id + alert["reason"] for alert in found["alerts"]) == sorted(
            r for r in raised if r.startswith(id)
        )
    paused = pantau("watch", "preview", "oranta", "--json").json()
    assert paused["heard"] > 0
    out = pantau("watch", "preview", "istana").out
    assert "a day" in out
    assert "just short by one condition: another kind" in out


class Receiver(BaseHTTPRequestHandler):
    got: list[dict[str, Any]] = []
    answer = 200

    def do_POST(self) -> None:
        self.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(self.answer)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("PANTAU_PRIVATE_HOSTS", "127.0.0.1")
    Receiver.got, Receiver.answer = [], 200
    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"webhook+http://127.0.0.1:{server.server_port}/hush-hush"
        server.shutdown()
        thread.join()


def test_a_sample_goes_to_every_channel_and_says_what_failed(pantau: Pantau, hook: str) -> None:
    for channels in (["--channel", hook], ["--channel", hook, "--channel", "mailto:ani@warta.example"]):
        assert pantau("watch", "edit", "tarif", "--channel", "feed:", *channels).code == 0
        ended = pantau("watch", "test", "tarif")
        assert ended.code == (1 if len(channels) > 2 else 0)
        assert "hush" not in ended.out
    assert "set PANTAU_SMTP" in ended.out
    assert [one["sample"] for one in Receiver.got] == [True, True]
    assert told(pantau.home) == []


def test_a_proof_shows_the_passage_in_the_stored_page(pantau: Pantau, house: Installation) -> None:
    first = pantau("watch", "alerts", "pertahanan", "--json").json()[0]
    out = " ".join(pantau("watch", "proof", first["id"][:12]).out.split())
    words = " ".join(first["text"].split())
    assert out.count(words) >= 2, "in the proof, and in the stored copy"
    assert "stored copy:" in out
    assert pantau("watch", "proof", first["id"], "--json").json()["proof"]["quote"]


# Never twice


def test_nothing_is_told_twice_by_restarts_replays_or_watches_that_are_enabled_again(
    pantau: Pantau, house: Installation
) -> None:
    before = told(pantau.home)
    assert len(before) == len(set(before)) > 10
    assert pantau("watch", "pause", "tarif").code == 0
    assert pantau("replay").code == 0
    assert pantau("run", "--once", "--workers", "0").code == 0
    assert pantau("watch", "resume", "tarif").code == 0
    assert pantau("replay").code == 0
    assert pantau("run", "--once", "--workers", "0").code == 0
    assert told(pantau.home) == before


def test_a_rebuilt_index_tells_nothing_again(pantau: Pantau, house: Installation) -> None:
    before, alerts = told(pantau.home), house.search.count("alerts")
    house.index.close()
    for file in pantau.home.glob("index.db*"):
        file.unlink()
    assert pantau("replay").code == 0
    assert pantau("run", "--once", "--workers", "0").code == 0
    assert told(pantau.home) == before
    assert len(pantau("watch", "alerts", "--limit", "1000", "--json").json()) == alerts


def test_a_dead_channel_holds_up_no_other_and_gets_everything_when_it_is_back(pantau: Pantau, hook: str) -> None:
    assert pantau("watch", "edit", "tarif", "--channel", "feed:", "--channel", hook).code == 0
    Receiver.answer = 503
    made = Installation(load({}, pantau.home))
    ingest_world(made, WORLD)
    process(made, 0)
    alerts = pantau("watch", "alerts", "tarif", "--limit", "100", "--json").json()
    raised = {alert["id"] for alert in alerts}
    assert raised <= set(told(pantau.home))
    assert len(Receiver.got) < 2 * len(raised), "what does not answer is left alone for a while"
    assert operations.waiting((), made.broker) == 0
    Receiver.answer, Receiver.got = 200, []

    class Later:
        def now(self) -> Any:
            return made.clock.now().replace(year=made.clock.now().year + 1)

    again = Installation(load({}, pantau.home), clock=Later())
    process(again, 0)
    assert {one["alert_id"] for one in Receiver.got} == raised
    assert len(Receiver.got) == len(raised)
