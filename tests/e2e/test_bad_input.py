"""Whatever goes in: the answer is a sentence with its exit code, and the good neighbours are ingested."""

import gc
import json
import os
import sqlite3
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.command import Ended, Pantau, command, environment, run
from tests.e2e.test_cli import wait_for_work
from tests.e2e.test_kill import state

GOOD = (
    "Pelabuhan Dibuka Kembali\n\n"
    'Kepala Pelabuhan Sagara, Ratna Kusuma, membuka kembali dermaga timur pada Senin. "Dermaga ini aman bagi semua '
    'kapal," kata Ratna Kusuma kepada wartawan di Sagara.\n\n'
    "Dermaga timur ditutup selama enam pekan karena tiangnya retak. Perbaikan menelan waktu dua kali lipat dari "
    "rencana karena hujan, dan para nelayan menambatkan perahunya di muara sungai selama itu.\n"
)


@pytest.fixture
def pantau(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Pantau:
    for name in os.environ:
        if name.startswith("PANTAU_"):
            monkeypatch.delenv(name)
    return Pantau(tmp_path / "home", monkeypatch, capsys)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for uploads with one good article."""
    made = tmp_path / "uploads"
    made.mkdir()
    (made / "good.txt").write_text(GOOD, encoding="utf-8")
    return made


def ingested(pantau: Pantau, folder: Path) -> Ended:
    """Ingest the folder; the good article comes in whatever lies beside it."""
    ended = pantau("ingest", "--workers", "0", folder)
    assert titles(pantau) >= {"Pelabuhan Dibuka Kembali"}
    return ended


def titles(pantau: Pantau) -> set[str]:
    found = pantau("search", "--json").json()
    return {hit["document"]["title"] for hit in found["hits"]}


def result(home: Path) -> dict[str, Any]:
    """What a run leaves behind. Not how often it tried: after a stop between the commits of the index and of the
    topics, the index meets its own newer articles and counts older ones as superseded once more."""
    return {name: value for name, value in state(home).items() if name != "tallies"}


def refused(pantau: Pantau, folder: Path, reason: str, cure: str) -> Ended:
    """Ingest the folder, of which one file is refused."""
    ended = ingested(pantau, folder)
    assert ended.code == 1
    assert "1 new, 0 changed" in ended.out
    assert reason in ended.out
    assert cure in ended.err
    again = pantau("ingest", "--workers", "0", "--json", folder)
    assert [gone["reason"] for gone in again.json()["refused"]] == [reason]
    return ended


# Files


def test_an_empty_file(pantau: Pantau, folder: Path) -> None:
    (folder / "empty.txt").write_bytes(b"")
    refused(pantau, folder, "empty", "empty.txt: ")


def test_a_binary_that_is_called_text(pantau: Pantau, folder: Path) -> None:
    (folder / "binary.txt").write_bytes(bytes(range(256)) * 50)
    refused(pantau, folder, "binary", "binary.txt: ")


def test_a_line_of_50_megabytes(pantau: Pantau, folder: Path) -> None:
    with (folder / "line.jsonl").open("w", encoding="utf-8") as file:
        file.write(json.dumps({"title": "Panjang", "text": "kata " * 10_000_000}) + "\n")
        file.write(json.dumps({"title": "Sesudah Panjang", "text": GOOD.replace("Ratna", "Mira")}) + "\n")
    ended = ingested(pantau, folder)
    assert ended.code == 1
    assert "too-large" in ended.out
    assert "line.jsonl:1: " in ended.err
    assert "Sesudah Panjang" in titles(pantau), "the line after it is read"


def test_a_zip_bomb_of_200_megabytes(pantau: Pantau, folder: Path) -> None:
    with zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.txt", b"a" * 200_000_000)
    refused(pantau, folder, "bomb", "bomb.zip!bomb.txt: ")


def test_a_zip_that_climbs_out_of_its_folder(pantau: Pantau, folder: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(folder / "slip.zip", "w") as archive:
        archive.writestr("../../slipped.txt", GOOD)
    refused(pantau, folder, "unsafe-path", "slipped.txt: ")
    assert not list(tmp_path.rglob("slipped*"))


def test_a_link_in_a_tar(pantau: Pantau, folder: Path) -> None:
    with tarfile.open(folder / "link.tar", "w") as archive:
        link = tarfile.TarInfo("password.txt")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    refused(pantau, folder, "link", "password.txt: ")


def test_100_000_open_elements_are_a_dead_letter(pantau: Pantau, folder: Path) -> None:
    (folder / "deep.html").write_text("<html><body>" + "<div>" * 100_000 + "dalam", encoding="utf-8")
    ended = ingested(pantau, folder)
    assert ended.code == 1
    assert "2 new, 0 changed" in ended.out
    assert "1 went to dead letters (1 by clean: too-deep): see `pantau dead list`" in ended.out
    (letter,) = pantau("dead", "list", "--json").json()
    assert (letter["agent"], letter["reason"]) == ("clean", "too-deep")


def test_nul_bytes_in_a_text(pantau: Pantau, folder: Path) -> None:
    (folder / "nul.txt").write_bytes(GOOD.replace("Dibuka", "Ditutup").replace("aman", "am\0an").encode())
    ended = ingested(pantau, folder)
    assert "Pelabuhan Ditutup Kembali" in titles(pantau) or "binary" in ended.out
    assert "\0" not in pantau("statements", "--json").out


def test_lone_surrogates_in_json(pantau: Pantau, folder: Path) -> None:
    line = {"title": "Setengah \ud800 Huruf", "text": GOOD + "\udfff", "url": "https://warta.example/\ud800"}
    (folder / "half.jsonl").write_text(json.dumps(line) + "\n", encoding="ascii")
    ended = ingested(pantau, folder)
    assert ended.code == 0
    assert "Setengah \N{REPLACEMENT CHARACTER} Huruf" in titles(pantau)


def test_a_charset_that_is_not_the_one_that_it_says(pantau: Pantau, folder: Path) -> None:
    text = GOOD.replace("Dibuka", "Café Dibuka").replace("\n\n", "</p><p>")
    page = f'<html><head><meta charset="ascii"><title>Pelabuhan Café</title></head><body><p>{text}</p></body></html>'
    (folder / "wrong.html").write_bytes(page.encode("utf-8"))
    assert ingested(pantau, folder).code == 0
    assert "Pelabuhan Café" in titles(pantau)


def test_one_bad_line_in_the_middle(pantau: Pantau, folder: Path) -> None:
    lines = [json.dumps({"title": f"Berita {n}", "text": GOOD.replace("Ratna", f"Ratna {n}")}) for n in range(3)]
    lines[1] = '{"title": "Berita 1", '
    (folder / "lines.jsonl").write_text("\n".join(lines), encoding="utf-8")
    ended = ingested(pantau, folder)
    assert ended.code == 1
    assert "3 new" in ended.out
    assert "lines.jsonl:2: " in ended.err
    assert titles(pantau) == {"Pelabuhan Dibuka Kembali", "Berita 0", "Berita 2"}


def test_a_date_in_the_year_99999(pantau: Pantau, folder: Path) -> None:
    line = {
        "title": "Jauh",
        "text": GOOD.replace("Ratna", "Mira"),
        "published": "99999-12-31",
        "fetched_at": "99999-01-01T00:00:00Z",
    }
    (folder / "far.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    assert ingested(pantau, folder).code == 0
    (jauh,) = [hit["document"] for hit in pantau("search", "title:jauh", "--json").json()["hits"]]
    assert jauh["published"] is None or int(jauh["published"][:4]) < 3000


# The machine


@contextmanager
def small_disk(place: Path, size: str) -> Iterator[None]:
    """A real file system of its own, in memory; skips where one may not be mounted."""
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can only be mounted by root, outside most containers")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_stops_it_and_room_lets_it_go_on(pantau: Pantau, tmp_path: Path) -> None:
    place = tmp_path / "disk"
    with small_disk(place, "1600k"):
        pantau.home = place / "home"
        ended = pantau("demo", "--workers", "0")
        assert ended.code == 3
        assert "room" in ended.err
        assert "free" in ended.err
        subprocess.run(["mount", "-o", "remount,size=64m", str(place)], check=True)
        assert pantau("demo", "--workers", "0").code == 0
        disturbed = result(pantau.home)
    pantau.home = tmp_path / "undisturbed"
    assert pantau("demo", "--workers", "0").code == 0
    assert disturbed == result(pantau.home)


def test_a_database_at_its_largest_size_stops_it_and_room_lets_it_go_on(pantau: Pantau, folder: Path) -> None:
    for number in range(30):
        text = GOOD.replace("Ratna", f"Ratna {number}") + f"Paragraf {number}. " * 40
        (folder / f"{number}.txt").write_text(text, encoding="utf-8")
    assert pantau("status").code == 0
    flow = pantau.home / "flow.db"
    before = flow.stat().st_size
    with sqlite3.connect(flow) as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.close()
    ended = limited(pantau, folder, pages + 8)
    assert (ended.code, "no room left" in ended.err) == (3, True), ended
    assert flow.stat().st_size <= before + 8 * 4096
    assert ingested(pantau, folder).code == 0
    assert pantau("search", "--json").json()["total"] == 31


LIMITED = """
import sqlite3, sys
connect, pages = sqlite3.connect, sys.argv.pop(1)
def limited(path, *args, **options):
    made = connect(path, *args, **options)
    made.execute(f"PRAGMA max_page_count={pages}") if str(path).endswith("flow.db") else None
    return made
sqlite3.connect = limited
from pipeline.cli import main
main()
"""


def limited(pantau: Pantau, folder: Path, pages: int) -> Ended:
    """Ingest with a flow.db that may not grow beyond so many pages."""
    arguments = ["--home", str(pantau.home), "ingest", "--workers", "0", str(folder)]
    done = subprocess.run(
        [command()[0], "-c", LIMITED, str(pages), *arguments],
        capture_output=True,
        env=environment(),
        timeout=120,
        check=False,
    )
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.mark.parametrize("home", ["/proc/pantau", "file", "file/below"])
def test_a_home_that_cannot_be(pantau: Pantau, folder: Path, tmp_path: Path, home: str) -> None:
    (tmp_path / "file").touch()
    pantau.home = tmp_path / home
    ended = pantau("ingest", folder)
    assert (ended.code, ended.out) == (3, "")
    assert ended.err.startswith("pantau: cannot write in ")
    assert "--home" in ended.err


def test_a_folder_that_may_only_be_read(pantau: Pantau, folder: Path, tmp_path: Path) -> None:
    place = tmp_path / "disk"
    with small_disk(place, "1m"):
        subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
        pantau.home = place / "home"
        ended = pantau("ingest", folder)
        assert (ended.code, ended.out) == (3, "")
        assert "choose another folder with --home" in ended.err


@pytest.mark.parametrize("name", ["flow.db", "index.db"])
def test_a_damaged_database(pantau: Pantau, folder: Path, name: str) -> None:
    ingested(pantau, folder)
    gc.collect()  # a connection that is closed later would write its pages back
    for end in ("-wal", "-shm"):
        (pantau.home / f"{name}{end}").unlink(missing_ok=True)
    (pantau.home / name).write_bytes(b"this is no database" * 1000)
    for arguments in (("status",), ("ingest", "--workers", "0", str(folder))):
        ended = pantau(*arguments)
        assert (ended.code, ended.out) == (3, "")
        assert f"{name} is damaged" in ended.err
        assert "move it away" in ended.err


def test_a_database_that_another_process_holds(pantau: Pantau, folder: Path) -> None:
    ingested(pantau, folder)
    (folder / "second.txt").write_text(GOOD.replace("Dibuka", "Ditutup"), encoding="utf-8")
    holder = sqlite3.connect(pantau.home / "index.db", isolation_level=None)
    try:
        holder.execute("BEGIN EXCLUSIVE")
        ended = pantau("ingest", "--workers", "0", folder)
        assert ended.code == 3
        assert "another process" in ended.err
        assert titles(pantau) == {"Pelabuhan Dibuka Kembali"}, "what is there can be found meanwhile"
        holder.execute("ROLLBACK")
    finally:
        holder.close()
    assert pantau("run", "--once", "--workers", "0").code == 0
    assert titles(pantau) == {"Pelabuhan Dibuka Kembali", "Pelabuhan Ditutup Kembali"}


def test_a_broken_catalog(pantau: Pantau, folder: Path) -> None:
    assert pantau("status").code == 0
    officials = pantau.home / "catalog" / "officials.yaml"
    kept = officials.read_text(encoding="utf-8")
    officials.write_text("- id: ratna-kusuma\n  name: Ratna Kusuma\n  alias: [Ratna]\n", encoding="utf-8")
    (pantau.home / "catalog" / "watches.yaml").write_text("", encoding="utf-8")
    ended = pantau("ingest", "--workers", "0", folder)
    assert (ended.code, ended.out) == (2, "")
    assert f"{officials}:3: " in ended.err
    assert "'alias'" in ended.err
    assert "aliases" in ended.err
    officials.write_text(kept, encoding="utf-8")
    assert pantau("run", "--once", "--workers", "0").code == 0
    assert titles(pantau) == {"Pelabuhan Dibuka Kembali"}, "what went in before the mistake was found is not lost"


def test_a_runner_with_workers_that_is_killed_goes_on_as_if_undisturbed(tmp_path: Path) -> None:
    assert run("--home", tmp_path / "undisturbed", "demo", "--workers", "0").code == 0
    home = tmp_path / "killed"
    killed = 0
    for articles in (1, 20):
        process = subprocess.Popen(
            command("--home", home, "demo", "--workers", "2"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment(),
        )
        wait_for_work(home, articles)
        process.kill()
        killed += process.wait() == -9
    assert killed, "at least one kill met a runner at work"
    assert run("--home", home, "demo", "--workers", "2").code == 0
    assert result(home) == result(tmp_path / "undisturbed")
