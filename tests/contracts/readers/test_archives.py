"""Archives, honest and not, whole and damaged."""

import bz2
import gzip
import io
import lzma
import tarfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.adapters.readers import Item, Refusal, Refused, streams, zips
from tests.contracts.readers.uploads import (
    HTML,
    LINE,
    MEMBER_NAMES,
    MEMBERS,
    TEXT,
    Put,
    found,
    items,
    jsonl,
    link,
    one,
    reason,
    reasons,
    tarred,
    text_pages,
    zipped,
)

Limit = Callable[[str, Any], None]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.zip", zipped(MEMBERS)),
        ("stored.zip", zipped(MEMBERS, zipfile.ZIP_STORED)),
        ("a.tar", tarred(MEMBERS)),
        ("a.tar.gz", tarred(MEMBERS, "w:gz")),
        ("a.tgz", tarred(MEMBERS, "w:gz")),
        ("a.tar.bz2", tarred(MEMBERS, "w:bz2")),
        ("a.tar.xz", tarred(MEMBERS, "w:xz")),
        ("v7.tar", tarred(MEMBERS, format=tarfile.USTAR_FORMAT)),
        ("named-wrongly.txt", tarred(MEMBERS, "w:gz")),
        ("noise.zip", zipped([("__MACOSX/._a", b"\0\5\26\7"), ("dir/", b""), (".DS_Store", b"\0"), *MEMBERS])),
        ("noise.tar", tarred([("./._a", b"\0\5\26\7"), *MEMBERS])),
    ],
)
def test_an_archive(put: Put, name: str, content: bytes) -> None:
    path = put(name, content)
    results = found(path)
    assert [result.name for result in results] == [f"{path}!{member}" for member in MEMBER_NAMES]
    assert [item.content for item in results[:2]] == [HTML, TEXT]
    assert found("-", stdin=content)[0].content == HTML


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed_files(put: Put, pack: Callable[..., bytes]) -> None:
    path = put("a.jsonl.gz", pack(jsonl(LINE)) + pack(jsonl(LINE)))
    assert [item.name for item in found(path)] == [f"{path}:1", f"{path}:2"]
    assert one(put("a.html.xz", pack(b"Sepotong"))).media_type == "text/html"


def test_long_names_in_tars(put: Put) -> None:
    name = "berita/" * 40 + "é.txt"
    for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        path = put("a.tar", tarred([(name, TEXT), ("b.txt", TEXT)], format=form))
        assert [item.name for item in found(path)] == [f"{path}!{name}", f"{path}!b.txt"]


def test_members_that_are_refused_do_not_hide_the_others(put: Put) -> None:
    pipe = tarfile.TarInfo("p")
    pipe.type = tarfile.FIFOTYPE
    content = tarred(
        [
            ("/etc/a.txt", TEXT),
            ("x/../../b.txt", TEXT),
            (link("l", "/etc/passwd"), b""),
            (link("h", "ok.txt", tarfile.LNKTYPE), b""),
            (pipe, b""),
            ("photo.jpg", b"\xff\xd8\xff\xe0"),
            ("empty.txt", b""),
            ("ok.txt", TEXT),
        ]
    )
    results = found(put("a.tar", content))
    assert reasons(results) == [
        Refusal.UNSAFE_PATH,
        Refusal.UNSAFE_PATH,
        Refusal.LINK,
        Refusal.LINK,
        Refusal.SPECIAL,
        Refusal.UNSUPPORTED,
        Refusal.EMPTY,
    ]
    assert [item.content for item in items(results)] == [TEXT]


def test_zip_members_that_are_refused_do_not_hide_the_others(put: Put) -> None:
    symlink = zipfile.ZipInfo("l")
    symlink.create_system, symlink.external_attr = 3, 0o120777 << 16
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("/etc/a.txt", "..\\b.txt", "C:\\c.txt", symlink, "secret.txt", "ok.txt"):
            archive.writestr(name, TEXT)
        archive.writestr("rare.txt", TEXT, compress_type=zipfile.ZIP_BZIP2)
        archive.writestr("zeros.txt", b"0" * 200_000_000, compresslevel=1)
        archive.writestr("broken.txt", TEXT, compress_type=zipfile.ZIP_STORED)
    content = bytearray(file.getvalue())
    at = content.index(b"secret.txt", content.index(b"PK\1\2"))
    content[at - 46 + 8] |= 1  # the flag for a password
    content[content.index(TEXT, content.index(b"broken.txt"))] ^= 1
    started = time.perf_counter()
    results = found(put("a.zip", bytes(content)))
    assert time.perf_counter() - started < 2
    assert reasons(results) == [
        Refusal.UNSAFE_PATH,
        Refusal.UNSAFE_PATH,
        Refusal.UNSAFE_PATH,
        Refusal.LINK,
        Refusal.ENCRYPTED,
        Refusal.UNSUPPORTED,
        Refusal.BOMB,
        Refusal.DAMAGED,
    ]
    assert [item.name.rpartition("!")[2] for item in items(results)] == ["ok.txt"]


def test_a_bomb_that_lies_about_its_size(put: Put) -> None:
    content = bytearray(zipped([("zeros.txt", b"0" * 30_000_000)]))
    table = content.index(b"PK\1\2")
    content[table + 24 : table + 28] = (900_000).to_bytes(4, "little")
    assert reason(put("a.zip", bytes(content))) is Refusal.DAMAGED


def test_archives_in_archives(put: Put) -> None:
    content = tarred([("a.txt", TEXT), ("b.zip", zipped([("c.tgz", tarred([("d.txt", TEXT)], "w:gz"))]))])
    path = put("a.tar", content)
    assert [item.name for item in found(path)] == [f"{path}!a.txt", f"{path}!b.zip!c.tgz!d.txt"]
    path = put("e.zip", zipped([("a.tar", content), ("z.txt", TEXT)]))
    assert [(result.name, getattr(result, "reason", None)) for result in found(path)] == [
        (f"{path}!a.tar!a.txt", None),
        (f"{path}!a.tar!b.zip!c.tgz", Refusal.TOO_DEEP),
        (f"{path}!z.txt", None),
    ]


@pytest.mark.parametrize("name", ["a.docx", "a.zip"])
def test_office_documents_are_no_archives(put: Put, name: str) -> None:
    path = put(name, zipped([("[Content_Types].xml", b"<?xml?>"), ("word/document.xml", b"<x/>")]))
    assert reason(path) is Refusal.UNSUPPORTED


def test_an_archive_without_files(put: Put) -> None:
    assert reason(put("a.zip", zipped([]))) is Refusal.NO_FILES
    assert reason(put("a.tar", tarred([(".hidden", TEXT)]))) is Refusal.NO_FILES


@pytest.mark.parametrize(
    "content",
    [
        tarred(text_pages(9)),
        tarred(text_pages(9), "w:gz"),
        tarred(text_pages(9), "w:bz2"),
        tarred(text_pages(9), "w:xz"),
        zipped(text_pages(9)),
        zipped(text_pages(9), zipfile.ZIP_STORED),
    ],
)
@pytest.mark.parametrize("share", [0.3, 0.5, 0.8])
def test_a_truncated_archive_gives_what_came_before(put: Put, content: bytes, share: float) -> None:
    results = found(put("a", content[: int(len(content) * share)]))
    *before, last = results
    assert last.reason is Refusal.TRUNCATED
    assert len(items(before)) == len(before)
    if not content.startswith(b"BZh"):  # one block of bzip2 holds 900 kB: all or nothing
        assert before
    assert all(item.content.startswith(TEXT) for item in before)


def test_a_tar_without_its_end_mark_is_truncated(put: Put) -> None:
    assert [type(result) for result in found(put("a.tar", tarred([("a.txt", TEXT)])[:1024]))] == [Item, Refused]


def test_a_tar_that_is_damaged_in_the_middle(put: Put) -> None:
    content = bytearray(tarred(text_pages(5)))
    content[2 * 2048 + 10] ^= 1
    results = found(put("a.tar", bytes(content)))
    assert (len(items(results)), reasons(results)) == (2, [Refusal.DAMAGED])


def test_a_truncated_zip_that_was_written_to_a_pipe(put: Put) -> None:
    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.data = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: bytes) -> Path:
            self.data += data
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (*MEMBERS, ("../out.txt", TEXT)):
            archive.writestr(name, content)
    results = found(put("a.zip", bytes(pipe.data[:-30])))
    assert [item.name.partition("!")[2] for item in items(results)] == MEMBER_NAMES
    assert reasons(results) == [Refusal.UNSAFE_PATH, Refusal.TRUNCATED]


def test_a_long_name_that_is_a_bomb(put: Put) -> None:
    huge = link("x", "", tarfile.GNUTYPE_LONGNAME)
    huge.size = 10**9
    assert reason(put("a.tar", huge.tobuf() + b"a" * 10_000)) is Refusal.DAMAGED


@pytest.fixture
def low(monkeypatch: pytest.MonkeyPatch) -> Limit:
    def limit(name: str, value: Any) -> None:
        for module in (streams, zips):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, value)

    return limit


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_too_many_members(put: Put, monkeypatch: pytest.MonkeyPatch, pack: Callable[..., bytes]) -> None:
    monkeypatch.setattr(
        streams.Budget, "__init__", lambda self: setattr(self, "members", 5) or setattr(self, "plain", 10**6)
    )
    results = found(put("a", pack(text_pages(20))))
    assert (len(items(results)), reasons(results)) == (5, [Refusal.TOO_MANY])


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_too_many_bytes(put: Put, monkeypatch: pytest.MonkeyPatch, pack: Callable[..., bytes]) -> None:
    monkeypatch.setattr(
        streams.Budget, "__init__", lambda self: setattr(self, "members", 50) or setattr(self, "plain", 5000)
    )
    results = found(put("a", pack([("in.zip", pack(text_pages(20))), ("after.txt", TEXT)])))
    assert set(reasons(results)) == {Refusal.TOO_MANY}
    assert len(results) - len(items(results)) == 1


def test_a_zip_with_a_huge_table(put: Put, low: Limit) -> None:
    low("_TABLE_MAX", 500)
    assert reason(put("a.zip", zipped(text_pages(20)))) is Refusal.TOO_MANY


def test_a_zip_from_a_pipe_that_is_too_large_to_hold(put: Put, low: Limit) -> None:
    low("HELD_MAX", 500)
    assert reasons(found(put("a.tar", tarred([("a.zip", zipped(text_pages(20)))])))) == [Refusal.TOO_LARGE]
