"""What every page store promises, and what the one in a folder promises beside it."""

import errno
import gzip
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.adapters.files import FilePages
from pipeline.adapters.memory import MemoryPages
from pipeline.errors import StorageFull, Unavailable
from pipeline.ports import Pages

PAGE = b"<html><body><p>Menteri Wira Lestari hadir.</p></body></html>"
KEY = sha256(PAGE).hexdigest()


@pytest.fixture(params=["memory", "files", "s3"])
def pages(request: pytest.FixtureRequest, tmp_path: Path) -> Pages:
    if request.param == "s3":
        return request.getfixturevalue("s3_pages")  # type: ignore[no-any-return]
    return MemoryPages() if request.param == "memory" else FilePages(tmp_path / "pages")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "pages"


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


# ---- every page store


def test_what_was_put_can_be_got(pages: Pages) -> None:
    assert pages.put(PAGE) == KEY
    assert pages.get(KEY) == PAGE


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=2000))
def test_any_bytes_come_back_under_their_hash(pages: Pages, content: bytes) -> None:
    key = pages.put(content)
    assert key == sha256(content).hexdigest()
    assert pages.get(key) == content


def test_putting_again_changes_nothing(pages: Pages) -> None:
    assert pages.put(PAGE) == pages.put(PAGE)
    assert pages.get(KEY) == PAGE


def test_a_page_of_20_mb(pages: Pages) -> None:
    content = os.urandom(1000) * 20_000
    assert pages.get(pages.put(content)) == content


@pytest.mark.parametrize("key", [KEY, "0" * 64, "", "ab", KEY.upper(), "../../../etc/passwd", "ab/../../x", f"{KEY}\n"])
def test_a_key_that_is_not_there(pages: Pages, key: str) -> None:
    with pytest.raises(KeyError) as caught:
        pages.get(key)
    assert caught.value.args == (key,)


def test_threads_put_the_same_pages(pages: Pages) -> None:
    contents = [PAGE + b"%d" % number for number in range(40)]
    keys: list[list[str]] = []

    def put() -> None:
        keys.append([pages.put(content) for content in contents])

    threads = [threading.Thread(target=put) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert keys == [[sha256(content).hexdigest() for content in contents]] * 8
    assert [pages.get(key) for key in keys[0]] == contents


# ---- in a folder


def test_a_page_is_one_gzip_file_under_its_hash(folder: Path) -> None:
    FilePages(folder).put(PAGE)
    (path,) = files(folder)
    assert path == folder / KEY[:2] / f"{KEY}.gz"
    assert gzip.decompress(path.read_bytes()) == PAGE


def test_putting_again_writes_nothing(folder: Path) -> None:
    pages = FilePages(folder)
    pages.put(PAGE)
    before = [(path, path.stat().st_ino, path.stat().st_mtime_ns) for path in files(folder)]
    FilePages(folder).put(PAGE)
    pages.put(PAGE)
    assert [(path, path.stat().st_ino, path.stat().st_mtime_ns) for path in files(folder)] == before


def test_another_process_finds_the_page(folder: Path) -> None:
    FilePages(folder).put(PAGE)
    assert FilePages(folder).get(KEY) == PAGE


def test_sync_returns(folder: Path) -> None:
    pages = FilePages(folder)
    pages.put(PAGE)
    pages.sync()
    assert pages.get(KEY) == PAGE


@pytest.mark.parametrize(
    "damage",
    [
        lambda packed: packed[:-9],
        lambda packed: packed[:30] + b"?" + packed[31:],
        lambda packed: b"",
        lambda packed: b"plain",
        lambda packed: gzip.compress(b"another page"),
    ],
)
def test_a_damaged_page_is_said_to_be_damaged(folder: Path, damage: Callable[[bytes], bytes]) -> None:
    pages = FilePages(folder)
    pages.put(PAGE)
    (path,) = files(folder)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(Unavailable, match=f"{KEY}.gz is damaged: .*upload it again"):
        pages.get(KEY)


def test_an_empty_file_that_a_loss_of_power_left_is_written_again(folder: Path) -> None:
    pages = FilePages(folder)
    pages.put(PAGE)
    files(folder)[0].write_bytes(b"")
    pages.put(PAGE)
    assert pages.get(KEY) == PAGE


@pytest.mark.parametrize(
    ("number", "error", "sentence"),
    [
        (errno.ENOSPC, StorageFull, "no room left for the page store {}: free some, or move it to a larger disk"),
        (errno.EDQUOT, StorageFull, "no room left for the page store {}: free some, or move it to a larger disk"),
        (errno.EROFS, Unavailable, "Pantau may not use the page store {}: give it the right, or name another folder"),
        (errno.EACCES, Unavailable, "Pantau may not use the page store {}: give it the right, or name another folder"),
        (errno.EIO, Unavailable, "the page store {} cannot be used (Input/output error): check the disk it is on"),
    ],
)
@pytest.mark.parametrize("call", ["open", "replace"])
def test_errors_of_the_disk(
    folder: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int, error: type[Unavailable], sentence: str
) -> None:
    pages = FilePages(folder)

    def fail(*_: Any) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail)
        with pytest.raises(error) as caught:
            pages.put(PAGE)
    assert str(caught.value) == sentence.format(folder)
    assert type(caught.value) is error
    assert files(folder) == []
    assert pages.get(pages.put(PAGE)) == PAGE


@pytest.mark.skipif(sys.platform != "linux", reason="a limit on the size of files stands in for a full disk")
def test_a_disk_that_takes_only_a_part_leaves_no_page(folder: Path) -> None:
    program = (
        "import os, resource, signal, sys; from pathlib import Path; from pipeline.adapters.files import FilePages\n"
        "pages = FilePages(Path(sys.argv[1])); signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)); pages.put(os.urandom(5000))\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(folder)], capture_output=True, text=True, check=False)
    assert "Unavailable: the page store" in done.stderr
    assert files(folder) == []


@contextmanager
def only_reading(folder: Path) -> Iterator[None]:
    """Without the right to write in the folder; who may do anything becomes somebody else for the time."""
    folder.chmod(0o555)
    user = os.geteuid()
    os.seteuid(user or 65534)
    try:
        yield
    finally:
        os.seteuid(user)
        folder.chmod(0o755)


def test_a_folder_that_may_only_be_read() -> None:
    with tempfile.TemporaryDirectory() as home:  # everybody may look into it, other than into tmp_path
        folder = Path(home)
        FilePages(folder).put(PAGE)
        with only_reading(folder):
            pages = FilePages(folder)
            assert pages.get(KEY) == PAGE
            assert pages.put(PAGE) == KEY
            with pytest.raises(Unavailable, match="may not use the page store"):
                pages.put(b"another page")
            with pytest.raises(Unavailable, match="may not use the page store"):
                FilePages(folder / "below")


def test_a_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "pages").write_bytes(b"x")
    with pytest.raises(Unavailable, match="cannot be used"):
        FilePages(tmp_path / "pages")


WRITER = """
import sys
from pathlib import Path
from pipeline.adapters.files import FilePages
pages = FilePages(Path(sys.argv[1]))
print("ready", flush=True)
for number in range(10**9):
    pages.put(b"page %d " % number + b"kata " * (number % 20_000))
"""


def test_writers_that_are_killed_leave_no_broken_page(folder: Path) -> None:
    for wait in (0.02, 0.05, 0.1, 0.2, 0.3):
        writers = [
            subprocess.Popen([sys.executable, "-c", WRITER, str(folder)], stdout=subprocess.PIPE) for _ in range(2)
        ]
        for writer in writers:
            assert writer.stdout
            writer.stdout.readline()
        time.sleep(wait)
        for writer in writers:
            writer.send_signal(signal.SIGKILL)
            writer.communicate()
    pages = FilePages(folder)
    keys = [path.name.removesuffix(".gz") for path in files(folder) if not path.name.startswith(".new-")]
    assert len(keys) > 10
    for key in keys:
        assert sha256(pages.get(key)).hexdigest() == key
