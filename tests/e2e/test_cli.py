"""Every command of `pantau` as a newcomer meets it: exit codes, sentences, JSON, pipes, Ctrl-C."""

import fcntl
import json
import os
import re
import shlex
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import demo_screen
from pipeline.cli.app import app
from pipeline.cli.export import safe
from schemas.documents import FAMILIES
from tests.command import Pantau, command, environment, run

PAGE = """<!doctype html><html lang="id"><head><title>{title}</title>
<link rel="canonical" href="https://warta.example/{title}"></head><body><article><h1>{title}</h1>
<p>Sagara, 3 Mei 2031 - Kepala Pelabuhan Ratna Kusuma membuka dermaga {number} pada Senin.</p>
<p>"Dermaga {number} aman bagi semua kapal," kata Ratna Kusuma kepada wartawan di Sagara, nomor {number}.</p>
<p>Dermaga itu ditutup selama {number} pekan karena tiangnya retak dan harus diganti satu demi satu.</p>
</article></body></html>"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which the demo has run."""
    home = tmp_path_factory.mktemp("demo") / "pantau-demo"
    ended = run("demo", "--home", home, "--workers", "0", COLUMNS="110")
    assert (ended.code, ended.err) == (0, "")
    (home / "screen.txt").write_text(ended.out, encoding="utf-8")
    return home


@pytest.fixture
def pantau(world: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Pantau:
    """`pantau` in the home of the demo, which the test must leave as it was."""
    for name in os.environ:
        if name.startswith("PANTAU_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "100")
    return Pantau(world, monkeypatch, capsys)


@pytest.fixture
def fresh(pantau: Pantau, tmp_path: Path) -> Pantau:
    """`pantau` in a home of its own."""
    pantau.home = tmp_path / "home"
    return pantau


def pages(folder: Path, count: int) -> Path:
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:04}.html").write_text(PAGE.format(title=f"Dermaga{number}", number=number))
    return folder


# Help and mistakes


def commands() -> list[list[str]]:
    found = [[one.name or ""] for one in app.registered_commands]
    for group in app.registered_groups:
        assert group.typer_instance
        found += [[group.name or "", one.name or ""] for one in group.typer_instance.registered_commands]
    return found


@pytest.mark.parametrize("name", commands(), ids=" ".join)
def test_every_command_explains_itself_with_an_example(pantau: Pantau, name: list[str]) -> None:
    ended = pantau(*name, "--help")
    assert ended.code == 0
    assert f"Example: pantau {' '.join(name)}" in ended.out
    assert max(map(len, ended.out.splitlines())) <= 100


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ("nonsense", 2, "No such command 'nonsense'"),
        ("ingest", 2, "Missing argument"),
        ("search 'text:('", 2, "( is not closed"),
        ("search nofield:3", 2, "no field 'nofield'"),
        ("search --limit 0", 2, "greater than or equal to 1"),
        ("search --cursor nonsense", 2, "begin again without one"),
        ("search zzzzzz", 1, "no articles found for zzzzzz"),
        ("statements 'a) OR (b'", 2, "column"),
        ("ledger nobody", 1, "see `pantau statements --facets`"),
        ("ledger harsa-wiratmka", 1, "speakers near it are harsa-wiratmaka"),
        ("utterance nope", 1, "there is no utterance 'nope': `pantau ledger SPEAKER` shows"),
        ("ledger aruna-kalijati --since soon", 2, "--since 'soon' is no date"),
        ("ledger aruna-kalijati --about '('", 2, "is not closed"),
        ("watch show nope", 2, "there is no watch 'nope': there are aliansi, pertahanan"),
        ("watch history nope", 2, "there is no watch 'nope'"),
        ("watch alerts oranta", 1, "no alert was raised for watch oranta yet"),
        ("watch pause oranta", 1, "is paused already"),
        ("watch add 'Bad Id'", 2, "pantau: id 'Bad Id'"),
        ("watch add x --about 'text:('", 2, "pantau: 'about' is no query"),
        ("watch add x --who nobody", 2, "has no official 'nobody'"),
        ("watch add x --channel ftp://x.example", 2, "write one like 'feed:'"),
        ("trace nope", 1, "ids are shown by `pantau search`"),
        ("dead show 99", 1, "see `pantau dead list`"),
        ("dead replay 99", 1, "there is no dead letter 99"),
        ("dead replay --stage nowhere", 1, "no dead letter is chosen"),
        ("export articles 'text:('", 2, "is not closed"),
        ("export articles -o /proc/nowhere/x", 3, "name another file with -o"),
        ("ingest missing.txt --workers 0", 1, "there is nothing at this path"),
        ("ingest https://warta.example/a --workers 0", 1, "this is a web address, no file"),
    ],
)
def test_a_mistake_is_answered_by_a_sentence_with_its_cure(
    pantau: Pantau, arguments: str, code: int, said: str
) -> None:
    ended = pantau(*shlex.split(arguments))
    assert ended.code == code
    assert said in re.sub(r"[\s│]+", " ", ended.err)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"PANTAU_WROKERS": "1"}, "unknown setting PANTAU_WROKERS"),
        ({"PANTAU_WORKERS": "many"}, "write a whole number from 0 to 256"),
        ({"PANTAU_LOG": "loud"}, "write one of debug"),
        ({"PANTAU_INDEX": "ftp://x"}, "write a URL that begins with sqlite:"),
    ],
)
def test_a_wrong_setting_is_named(
    fresh: Pantau, monkeypatch: pytest.MonkeyPatch, setting: dict[str, str], said: str
) -> None:
    for name, value in setting.items():
        monkeypatch.setenv(name, value)
    ended = fresh("search")
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err


# JSON


@pytest.mark.parametrize(
    "arguments",
    [
        "search pelabuhan --facets",
        "search zzzzzz",
        "statements --speaker harsa --limit 2",
        "ledger harsa-wiratmaka",
        "ledger nobody",
        "utterance nope",
        "watch list",
        "watch show tarif",
        "watch history",
        "watch history oranta",
        "watch alerts",
        "watch alerts oranta",
        "watch preview oranta",
        "watch test tarif",
        "trace https://arus.example/politik/selaraya-kirim-dua-kapal-patroli-ke-selat-ambara",
        "dead list",
        "dead show 1",
        "status",
        "doctor",
        "ingest missing.txt --workers 0",
        "demo --workers 0",
    ],
)
def test_json_is_one_document_and_nothing_else(pantau: Pantau, arguments: str) -> None:
    ended = pantau(*arguments.split(), "--json")
    assert ended.code in (0, 1)
    assert ended.json() is not None


def test_changes_of_watches_answer_in_json_too(fresh: Pantau) -> None:
    assert fresh("watch", "add", "dermaga", "--about", "dermaga", "--json").json()["id"] == "dermaga"
    assert fresh("watch", "pause", "dermaga", "--json").json()["paused"] is True
    assert fresh("watch", "resume", "dermaga", "--json").json().get("paused", False) is False
    assert fresh("watch", "remove", "dermaga", "--json").json()["id"] == "dermaga"
    assert "dermaga" not in {watch["id"] for watch in fresh("watch", "list", "--json").json()}


def test_json_can_be_read_where_only_ascii_can_be_written(world: Path) -> None:
    ended = run("--home", world, "statements", "sejengkal", "--json", PYTHONIOENCODING="ascii")
    assert ended.json()["total"] > 0
    assert run("--home", world, "statements", "sejengkal", PYTHONIOENCODING="ascii").code == 0


# The demo


def test_the_demo_fits_two_pages_and_its_next_steps_work(world: Path) -> None:
    screen = (world / "screen.txt").read_text(encoding="utf-8")
    assert len(screen.splitlines()) <= 112
    assert max(map(len, screen.splitlines()[:-5])) <= 110
    assert screen.count("╭") == demo_screen.PROOFS
    assert "repeats of known utterances raised no alert" in screen
    steps = [line.strip() for line in screen.partition("try next:")[2].splitlines() if line.strip()]
    assert len(steps) == 3
    for step in steps:
        start, _, arguments = step.partition(" --home ")
        assert start == "python -m pipeline.cli"
        ended = run("--home", *shlex.split(arguments), cwd=world.parent)
        assert (ended.code, ended.err) == (0, "")
        assert len(ended.out.splitlines()) > 5


def test_the_demo_finds_a_home_and_says_on_a_second_run_that_all_is_known(fresh: Pantau) -> None:
    first = fresh("demo", "--workers", "0", "--json").json()
    assert first["home"] == str(fresh.home)
    assert (first["came_in"]["changed"], first["dead"]) == (1, {"clean: too-deep": 1, "clean: error-page": 1})
    again = fresh("demo", "--workers", "0", "--json").json()
    assert again["came_in"]["known"] == first["came_in"]["new"] + first["came_in"]["changed"]
    assert {**again, "came_in": 0, "seconds": 0} == {**first, "came_in": 0, "seconds": 0}


# The terminal


@pytest.mark.parametrize("columns", [60, 100])
@pytest.mark.parametrize("arguments", ["search pelabuhan", "statements", "ledger harsa-wiratmaka", "watch alerts"])
def test_lists_fit_the_terminal(pantau: Pantau, monkeypatch: pytest.MonkeyPatch, arguments: str, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    ended = pantau(*arguments.split(), "--limit", "5")
    assert ended.code == 0
    rows = [line for line in ended.out.splitlines() if not line.startswith("next page")]
    assert max(map(len, rows)) <= columns
    assert len(rows) < 60, "no column is so narrow that words stand on a line each"


def test_text_of_pages_cannot_steer_the_terminal(pantau: Pantau) -> None:
    ended = pantau("search", "outlet:jebakan*")
    assert "\\x1b[2J" in ended.out
    assert "\x1b" not in ended.out


def test_colours_go_to_terminals_only_and_never_with_no_color(world: Path) -> None:
    forced = run("--home", world, "search", "pelabuhan", FORCE_COLOR="1")
    assert "\x1b[1" in forced.out
    assert "\x1b[3" not in run("--home", world, "search", "pelabuhan", FORCE_COLOR="1", NO_COLOR="1").out
    assert "\x1b" not in run("--home", world, "search", "pelabuhan").out


@pytest.mark.parametrize("arguments", ["export statements", "search --json --limit 1000", "statements --limit 500"])
def test_a_pipe_that_is_closed_is_no_error(world: Path, arguments: str) -> None:
    line = " ".join(map(shlex.quote, command("--home", world, *arguments.split())))
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line} | head -1"],
        env=environment(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_shell_completion_offers_the_commands(world: Path) -> None:
    ended = run(_PANTAU_COMPLETE="complete_bash", COMP_WORDS="pantau st", COMP_CWORD="1")
    assert set(ended.out.split()) >= {"statements", "status"}


# What the commands do


CORRECTED = "https://harianlayar.example/2026/03/09/presiden-bertolak-ke-lomara/"


def test_versions_of_a_page_are_listed_and_compared(pantau: Pantau) -> None:
    shown = pantau("versions", CORRECTED)
    assert (shown.code, shown.err) == (0, "")
    assert "[-14-] {+15+} Maret" in shown.out
    assert "removed: Galih Pramadya: Pembelian enam radar" in shown.out
    assert "reworded: Galih Pramadya" in shown.out
    back = pantau("versions", CORRECTED + "?utm_source=x", "--diff", "2", "1")
    assert "[-15-] {+14+} Maret" in back.out
    assert "added: Galih Pramadya: Pembelian enam radar" in back.out
    found = json.loads(pantau("versions", CORRECTED, "--json").out)
    assert [version["revision"] for version in found["versions"]] == [1, 2]
    assert found["changes"]["kind"] == "correction"
    assert pantau("versions", CORRECTED, "--diff", "1", "3").code == 2
    assert pantau("versions", "https://harianlayar.example/tidak-ada").code == 1


def test_status_after_all_is_done(pantau: Pantau) -> None:
    found = pantau("status", "--json").json()
    agents = {row["agent"]: row for row in found["agents"]}
    assert list(agents) == ["clean", "dedupe", "extract", "attribute", "alert", "deliver", "index"]
    assert all((row["lag"], row["parked"]) == (0, 0) for row in agents.values())
    assert agents["clean"]["counts"]["in"] == agents["clean"]["counts"]["out"] + agents["clean"]["counts"]["reject"]
    assert agents["alert"]["counts"]["out"] == agents["deliver"]["counts"]["in"] == found["index"]["alerts"]
    assert "index: " in pantau("status").out


def test_status_live_stays_until_ctrl_c(world: Path) -> None:
    process = subprocess.Popen(
        command("--home", world, "status", "--live"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    )
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(4)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, b"")
    assert b"index" in out


def test_an_export_holds_all_and_no_cell_is_a_formula(pantau: Pantau, tmp_path: Path) -> None:
    for family in FAMILIES:
        lines = pantau("export", family).out.splitlines()
        assert len(lines) == pantau("status", "--json").json()["index"][family]
        assert all(json.loads(line)["id"] for line in lines)
    file = tmp_path / "articles.csv"
    assert pantau("export", "articles", "--format", "csv", "-o", file).code == 0
    assert "'=HYPERLINK(" in file.read_text(encoding="utf-8")
    kept = file.read_bytes()
    assert pantau("export", "articles", "text:(", "-o", file).code == 2
    assert file.read_bytes() == kept, "a query that cannot be understood empties no file"


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@a", "\t=1", "\r=1", " =1", "\u00a0=1", "＝1", ["=1", "b"], ("=1", "b"), "|x", "%x"]
)
def test_a_cell_that_begins_like_a_formula_is_quoted(text: Any) -> None:
    assert safe(text).startswith("'")


@pytest.mark.parametrize("value", ["a=1", "", None, 3, -2.5, "Senin - Selasa"])
def test_other_cells_stay_as_they_are(value: Any) -> None:
    assert safe(value) == value


def test_ingest_tells_what_came_of_it(fresh: Pantau, tmp_path: Path) -> None:
    folder = pages(tmp_path / "pages", 3)
    ended = fresh("ingest", "--workers", "0", folder)
    assert (ended.code, ended.err) == (0, "")
    assert re.search(r"3 new, 0 changed, 0 already known\nfound in 3 articles: [3-9] statements, ", ended.out)
    again = fresh("ingest", "--workers", "0", folder)
    assert again.code == 0
    assert "already known: all 3 pages; nothing was changed" in again.out
    page = PAGE.format(title="Pipa", number=9).encode()
    piped = run("--home", fresh.home, "ingest", "-", "--workers", "0", stdin=page)
    assert (piped.code, "1 new" in piped.out) == (0, True)


def test_a_dead_letter_is_handed_in_again_and_comes_through(fresh: Pantau, tmp_path: Path) -> None:
    folder = pages(tmp_path / "pages", 2)
    assert fresh("ingest", "--queue", folder).code == 0
    stored = sorted((fresh.home / "pages").rglob("*.gz"))[0]
    shutil.move(stored, tmp_path / "away.gz")
    first = fresh("run", "--once", "--workers", "0")
    assert "1 went to dead letters (1 by clean: page-missing)" in first.out
    assert fresh("search", "--json").json()["total"] == 1
    shutil.move(tmp_path / "away.gz", stored)
    assert fresh("dead", "replay", "--reason", "page-missing").code == 0
    assert fresh("run", "--once", "--workers", "0").code == 0
    assert fresh("search", "--json").json()["total"] == 2
    twice = fresh("dead", "replay")
    assert (twice.code, "were handed in already" in twice.err) == (1, True)


def test_a_lost_index_is_filled_again_and_nobody_is_told_twice(fresh: Pantau) -> None:
    assert fresh("demo", "--workers", "0").code == 0
    before = documents(fresh)
    feed = (fresh.home / "alerts.jsonl").read_bytes()
    for file in fresh.home.glob("index.db*"):
        file.unlink()
    assert fresh("search").code == 1
    assert fresh("replay", "--workers", "0").code == 0
    assert documents(fresh) == before
    assert (fresh.home / "alerts.jsonl").read_bytes() == feed
    pages = fresh("replay", "--workers", "0", "--json").json()["pages"]
    assert pages == 45, "a page that was replayed is still one page"


def documents(pantau: Pantau) -> list[dict[str, Any]]:
    """All documents, their times without the zone in which they are written."""
    found = [json.loads(line) for family in FAMILIES for line in pantau("export", family).out.splitlines()]
    times = ("first_seen", "raised", "published", "fetched", "changed", "withdrawn")
    return [
        {k: datetime.fromisoformat(v).astimezone(UTC) if k in times and v else v for k, v in document.items()}
        for document in found
    ]


def test_an_utterance_is_shown_by_any_of_its_ids(pantau: Pantau) -> None:
    said = max(pantau("ledger", "harsa-wiratmaka", "--json").json(), key=lambda heard: len(heard["carriers"]))
    found = pantau("utterance", said["utterance"])
    assert found.code == 0
    parts = ("\nwordings\n", "\nversions\n", f"carried by {said['articles']} articles", "{+", "[-")
    assert all(part in found.out for part in parts)
    record = pantau("utterance", said["carriers"][-1]["id"], "--json").json()
    assert (record["utterance"], record["wording"]) == (said["utterance"], said["wording"])
    assert {one["relation"] for one in record["wordings"]} >= {"verbatim", "shortened"}
    assert {step["operation"] for one in record["wordings"] for step in one["steps"]} >= {"kept", "dropped", "added"}


def test_a_taken_port_is_said_with_its_cure(fresh: Pantau, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("PANTAU_METRICS_PORT", str(taken.getsockname()[1]))
        ended = fresh("run", "--workers", "0")
    assert ended.code == 3
    assert "set PANTAU_METRICS_PORT to another port, or to 0" in ended.err


def test_a_second_runner_is_refused_and_ingest_hands_over(fresh: Pantau, tmp_path: Path) -> None:
    assert fresh("status").code == 0
    with (fresh.home / "runner.lock").open("w") as lock:
        lock.write("4711")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        ended = fresh("run", "--once", "--workers", "0")
        assert ended.code == 3
        assert "another Pantau (process 4711) already runs in" in ended.err
        process = subprocess.Popen(
            command("--home", fresh.home, "ingest", "--workers", "0", pages(tmp_path / "pages", 1)),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
        )
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(4)
    out, err = process.communicate(timeout=30)
    assert b"waiting for it" in err
    assert (process.returncode, b"found in 1 articles" in out) == (0, True), "the holder ended: this one takes over"


def test_a_watch_whose_channel_nothing_serves_is_said_before_the_start(fresh: Pantau) -> None:
    assert fresh("status").code == 0
    watches = fresh.home / "catalog" / "watches.yaml"
    watches.write_text("- id: post\n  name: Post\n  channels: ['pigeon:you@warta.example']\n", encoding="utf-8")
    ended = fresh("run", "--once", "--workers", "0")
    assert (ended.code, "watches.yaml:3" in ended.err, "write one like 'feed:'" in ended.err) == (2, True, True)


# Interrupted


def test_ctrl_c_loses_nothing_and_the_same_command_goes_on(fresh: Pantau, tmp_path: Path) -> None:
    folder = pages(tmp_path / "pages", 400)
    process = subprocess.Popen(
        command("--home", fresh.home, "ingest", "--workers", "2", folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        start_new_session=True,
    )
    wait_for_work(fresh.home)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the whole group
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, b"")
    assert err.decode().startswith("pantau: interrupted: ")
    assert b"Traceback" not in err
    ended = fresh("ingest", "--workers", "0", folder)
    assert ended.code == 0
    assert fresh("search", "--json").json()["total"] == 400
    assert fresh("dead", "list", "--json").json() == []


def wait_for_work(home: Path, articles: int = 1) -> None:
    """Until so many articles are cleaned."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if (home / "flow.db").exists():
            made = suppress(sqlite3.OperationalError)
            with closing(sqlite3.connect(home / "flow.db")) as connection, made:
                if connection.execute('SELECT count(*) FROM "articles-cleaned"').fetchone()[0] >= articles:
                    return
        time.sleep(0.05)
    raise AssertionError("the ingest never began")


def test_start_is_quick(world: Path) -> None:
    numpy = seconds(lambda: subprocess.run([sys.executable, "-c", "import numpy"], check=True))
    assert seconds(lambda: run("--help")) < 12 * numpy, "7 times when nothing else runs"
    assert seconds(lambda: run("--home", str(world), "search", "pelabuhan")) < 16 * numpy, "10 times"


def seconds(command: Callable[[], object]) -> float:
    """CPU time of a command in a process of its own, the best of three."""
    found = []
    for _ in range(3):
        before = sum(os.times()[2:4])
        command()
        found.append(sum(os.times()[2:4]) - before)
    return min(found)
