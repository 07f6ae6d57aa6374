"""Single pages, folders, standard input, and whatever else may come."""

import bz2
import gzip
import io
import json
import lzma
import os
import socket
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipeline.adapters.readers import Item, Refusal, Refused, count, read, streams
from tests.contracts.readers.uploads import (
    HTML,
    HTML_TYPE,
    LINE,
    MEMBER_NAMES,
    MEMBERS,
    PDF,
    TEXT,
    Put,
    found,
    items,
    jsonl,
    one,
    reason,
    reasons,
    response,
    tarred,
    zipped,
)


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("a.html", HTML, "text/html"),
        ("a.htm", b"<p>Sepotong berita.</p>", "text/html"),
        ("a.html", b"Sepotong <b>berita</b> tanpa awal.", "text/html"),
        ("a.txt", TEXT, "text/plain"),
        ("a.md", b"# Rapat\n\nWira Lestari hadir.\n", "text/plain"),
        ("a", TEXT, "text/plain"),
        ("a.pdf", PDF, "application/pdf"),
        ("named-wrongly.txt", HTML, "text/html"),
        ("named-wrongly.html", PDF, "application/pdf"),
        ("comment.txt", b"<!-- saved -->\n <HTML><body>x</body></HTML>", "text/html"),
        ("xhtml.txt", b'<?xml version="1.0"?>\n<!DOCTYPE html><html><body>x</body></html>', "text/html"),
        ("bom.txt", b"\xef\xbb\xbf" + HTML, "text/html"),
        ("utf16.txt", TEXT.decode().encode("utf-16"), "text/plain"),
        ("utf16.html", HTML.decode().encode("utf-16"), "text/html"),
        ("latin.txt", "Café à côté".encode("latin-1"), "text/plain"),
        ("one-nul.txt", TEXT * 20 + b"\0" + TEXT, "text/plain"),
        ("comments.md", b"<!-- -->" * 900 + TEXT, "text/plain"),
        ("long-comment", b"<!-- " + TEXT * 900 + b"--><p>Berita.</p>", "text/html"),
        ("bracket.txt", b"[JAKARTA] Wira Lestari hadir.", "text/plain"),
        ("title.txt", b"Judul: Rapat\nTanggal: 3 Mei\n\nWira Lestari hadir.", "text/plain"),
        ("blank-start.txt", b" " * 20_000 + TEXT, "text/plain"),
        ("a.json", HTML, "text/html"),
    ],
)
def test_the_content_says_what_a_page_is(put: Put, name: str, content: bytes, media_type: str) -> None:
    path = put(name, content)
    item = one(path)
    assert item == Item(str(path), content, media_type)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("nothing.txt", b"", Refusal.EMPTY),
        ("blank.html", b" \n\t\r\n", Refusal.EMPTY),
        ("many-nuls.txt", b"ab\0\0" * 100, Refusal.BINARY),
        ("nuls-later.txt", TEXT * 1000 + b"\0" * 5000, Refusal.BINARY),
        ("random.txt", bytes(range(256)) * 20, Refusal.BINARY),
        ("zeros.tar", b"\0" * 10240, Refusal.BINARY),
        ("utf32.txt", "Berita".encode("utf-32"), Refusal.BINARY),
        ("picture.html", b"\x89PNG\r\n\x1a\n" + b"abc" * 50, Refusal.UNSUPPORTED),
        ("feed.xml", b'<?xml version="1.0"?><rss><channel/></rss>', Refusal.UNSUPPORTED),
        ("style.css", b"body { color: red }", Refusal.UNSUPPORTED),
        ("large.txt", b"a" * (streams.PAGE_MAX + 1), Refusal.TOO_LARGE),
        ("cut.html.gz", gzip.compress(HTML * 100)[:-20], Refusal.TRUNCATED),
        ("damaged.html.gz", gzip.compress(HTML)[:-8] + b"checksum", Refusal.DAMAGED),
        ("damaged.xz", lzma.compress(TEXT * 99)[:30] + b"?" * 50, Refusal.DAMAGED),
        ("bomb.html.gz", gzip.compress(b"<p>" + b" " * 200_000_000, 1), Refusal.BOMB),
        ("bomb.bz2", bz2.compress(b" " + b"x" * 50_000_000), Refusal.BOMB),
        ("deep.gz", gzip.compress(gzip.compress(gzip.compress(gzip.compress(TEXT)))), Refusal.TOO_DEEP),
    ],
)
def test_what_is_no_page_is_refused(put: Put, name: str, content: bytes, expected: Refusal) -> None:
    assert reason(put(name, content)) is expected


def test_a_missing_path_and_a_folder_without_files_are_refused(tmp_path: Path, put: Put) -> None:
    put("hidden-only/.a.txt", TEXT)
    assert reason(tmp_path / "nowhere.html") is Refusal.MISSING
    assert reason(tmp_path / "bad\0name") is Refusal.MISSING
    assert reason(put("file", TEXT) / "below") is Refusal.MISSING
    assert reason(tmp_path / "hidden-only") is Refusal.NO_FILES


def test_an_unreadable_file_is_refused_and_the_next_one_read() -> None:
    with tempfile.TemporaryDirectory() as home:  # everybody may look into it, other than into tmp_path
        folder = Path(home)
        folder.chmod(0o755)
        for name, mode in (("a.txt", 0), ("b.txt", 0o644)):
            (folder / name).write_bytes(TEXT)
            (folder / name).chmod(mode)
        (folder / "c").mkdir(mode=0)
        user = os.geteuid()
        os.seteuid(user or 65534)  # who may do anything becomes somebody else
        try:
            results = found(folder)
        finally:
            os.seteuid(user)
    assert [(Path(result.name).name, getattr(result, "reason", None)) for result in results] == [
        ("a.txt", Refusal.DENIED),
        ("b.txt", None),
        ("c", Refusal.DENIED),
    ]


def test_a_socket_is_refused_and_a_named_pipe_in_a_folder_does_not_block(tmp_path: Path, put: Put) -> None:
    put("d/a.txt", TEXT)
    os.mkfifo(tmp_path / "d" / "pipe.txt")
    with socket.socket(socket.AF_UNIX) as server:
        cwd = os.open(".", os.O_RDONLY)
        os.chdir(tmp_path)
        server.bind("s")  # a path of a socket has 107 bytes at most
        os.fchdir(cwd)
        os.close(cwd)
        assert reason(tmp_path / "s") is Refusal.SPECIAL
    assert reasons(found(tmp_path / "d")) == [Refusal.SPECIAL]


def test_a_folder_is_read_in_the_order_of_its_names_without_hidden_files(put: Put, tmp_path: Path) -> None:
    for name in ("f/b.txt", "f/a/z.txt", "f/a/c/x.txt", "f/.git/config", "f/.hidden.txt", "f/c.html"):
        put(name, TEXT)
    names = [Path(item.name).relative_to(tmp_path / "f").as_posix() for item in found(tmp_path / "f")]
    assert names == ["a/c/x.txt", "a/z.txt", "b.txt", "c.html"]
    assert count([tmp_path / "f", "-", tmp_path / "nowhere"]) == 6


def test_links_in_a_folder_are_not_followed(put: Put, tmp_path: Path) -> None:
    put("secret/s.txt", TEXT)
    put("f/a.txt", TEXT)
    (tmp_path / "f/again.txt").symlink_to("a.txt")
    (tmp_path / "f/loop").symlink_to(tmp_path / "f")
    (tmp_path / "f/self").symlink_to("self")
    (tmp_path / "f/out").symlink_to(tmp_path / "secret")
    (tmp_path / "f/out.txt").symlink_to(tmp_path / "secret/s.txt")
    (tmp_path / "f/nothing.txt").symlink_to("nowhere.txt")
    results = found(tmp_path / "f")
    assert [Path(item.name).name for item in items(results)] == ["a.txt"]
    assert [(Path(result.name).name, result.reason) for result in results if isinstance(result, Refused)] == [
        ("nothing.txt", Refusal.LINK),
        ("out", Refusal.LINK),
        ("out.txt", Refusal.LINK),
        ("self", Refusal.LINK),
    ]


def test_a_link_that_a_person_names_is_followed(put: Put, tmp_path: Path) -> None:
    put("f/a.txt", TEXT)
    (tmp_path / "l").symlink_to(tmp_path / "f")
    assert len(items(found(tmp_path / "l"))) == 1


@pytest.fixture
def deep(tmp_path: Path) -> Iterator[Path]:
    """A folder 1,200 levels deep. It is taken down here, for pytest itself cannot."""
    home = os.open(".", os.O_RDONLY)
    os.chdir(tmp_path)
    for _ in range(1200):
        os.mkdir("d")
        os.chdir("d")
    Path("a.txt").write_bytes(TEXT)
    os.fchdir(home)
    yield tmp_path
    os.chdir(tmp_path.joinpath(*["d"] * 1200))
    os.remove("a.txt")
    for _ in range(1200):
        os.chdir("..")
        os.rmdir("d")
    os.fchdir(home)
    os.close(home)


def test_a_very_deep_folder_is_read(deep: Path) -> None:
    assert [item.content for item in items(found(deep))] == [TEXT]


def test_names_that_are_no_utf8_are_shown(tmp_path: Path) -> None:
    with open(os.path.join(os.fsencode(tmp_path), b"caf\xe9\n.txt"), "wb") as file:
        file.write(TEXT)
    name = one(tmp_path).name
    assert name.endswith("caf��.txt")
    name.encode()


class Pipe(io.RawIOBase):
    """Standard input that cannot seek and gives little at a time."""

    def __init__(self, data: bytes) -> None:
        self.inner = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self.inner.read(min(len(buffer), 700))
        buffer[: len(data)] = data
        return len(data)


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (HTML, ["stdin"]),
        (jsonl(LINE, LINE), ["stdin:1", "stdin:2"]),
        (zipped(MEMBERS), [f"stdin!{name}" for name in MEMBER_NAMES]),
        (tarred(MEMBERS, "w:xz"), [f"stdin!{name}" for name in MEMBER_NAMES]),
        (b"", ["stdin"]),
    ],
)
def test_standard_input_is_recognised_by_its_content(content: bytes, names: list[str]) -> None:
    for stdin in (Pipe(content), io.BufferedReader(Pipe(content)), io.BytesIO(content)):
        assert [result.name for result in read(["-"], stdin)] == names


def test_nothing_is_written(put: Put, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put("f/a.zip", zipped([("b.zip", zipped(MEMBERS)), ("../out.txt", TEXT)]))
    put("f/a.tgz", tarred(MEMBERS, "w:gz"))
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    assert len(found(tmp_path / "f")) == 11
    assert sorted(tmp_path.rglob("*")) == before


EXTENSIONS = "html htm txt md json jsonl ndjson pdf eml warc warc.gz zip tar tar.gz tgz tar.bz2 tar.xz gz xz x".split()  # noqa: SIM905
VALID = [
    HTML,
    TEXT,
    PDF,
    jsonl(LINE, LINE),
    json.dumps([LINE, LINE], indent=1).encode(),
    zipped(MEMBERS),
    tarred(MEMBERS),
]
VALID += [
    gzip.compress(VALID[3]),
    lzma.compress(VALID[6]),
    bz2.compress(HTML),
    response("a", "200 OK", [HTML_TYPE], HTML),
]
VALID += [tarred([("x/" * 90 + "é", TEXT)], format=tarfile.PAX_FORMAT), zipped([("a.zip", zipped(MEMBERS))])]
VALID += [
    b"From: a@b.example\nTo: c\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nisi\n--b--\n"
]


@st.composite
def damaged(draw: Any) -> bytes:
    data = bytearray(draw(st.sampled_from(VALID)))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(data) - 1))
        end = at + draw(st.integers(0, 20))
        data[at:end] = draw(st.binary(max_size=20))
        if not data:
            break
    return bytes(data[: draw(st.integers(0, len(data)))]) if draw(st.booleans()) else bytes(data)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.one_of(st.binary(max_size=3000), damaged(), st.text(max_size=500).map(str.encode)),
    extension=st.sampled_from(EXTENSIONS),
)
@example(content=b"PK\3\4" + bytes(22) + b"\1\0\0\0\n", extension="zip")
def test_whatever_comes_is_an_item_or_a_refusal(tmp_path: Path, content: bytes, extension: str) -> None:
    path = tmp_path / f"a.{extension}"
    path.write_bytes(content)
    results = found(path)
    assert results
    for result in results:
        result.name.encode()
        if isinstance(result, Item):
            assert result.content.strip()
            assert result.media_type in ("text/html", "text/plain", "application/pdf")
            assert result.fetched_at is None or result.fetched_at.tzinfo
        else:
            assert result.detail
            assert "\n" not in result.detail
