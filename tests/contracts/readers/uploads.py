"""Makes the files that are uploaded in these tests. Their content is invented."""

import io
import json
import random
import tarfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from pipeline.adapters.readers import Item, Refusal, Refused, read

Put = Callable[[str, bytes], Path]
Found = Item | Refused
Members = Sequence[tuple[Any, bytes]]

HTML = b"<!DOCTYPE html><html><head><title>Rapat</title></head><body><p>Menteri Wira Lestari hadir.</p></body></html>"
TEXT = "Menteri Wira Lestari mengatakan, “Harga beras turun.”\n".encode()
PDF = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
LINE = {"url": "https://kabar.example/a", "title": "Rapat", "text": "Wira Lestari hadir."}


def found(*paths: Path | Literal["-"], stdin: bytes = b"") -> list[Found]:
    return list(read(paths, io.BytesIO(stdin)))


def one(path: Path) -> Any:
    (only,) = found(path)
    return only


def reason(path: Path) -> Refusal:
    refused = one(path)
    assert isinstance(refused, Refused), refused
    assert refused.detail
    assert "\n" not in refused.detail
    return refused.reason


def items(results: list[Found]) -> list[Item]:
    return [result for result in results if isinstance(result, Item)]


def reasons(results: list[Found]) -> list[Refusal]:
    return [result.reason for result in results if isinstance(result, Refused)]


def zipped(members: Members, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


def tarred(members: Members, mode: str = "w", **options: Any) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode, **options) as archive:
        for name, content in members:
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def jsonl(*values: Any) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


MEMBERS = [("b/page.html", HTML), ("a.txt", TEXT), ("lines.jsonl", jsonl(LINE, LINE)), ("r.pdf", PDF)]
MEMBER_NAMES = ["b/page.html", "a.txt", "lines.jsonl:1", "lines.jsonl:2", "r.pdf"]


def text_pages(number: int) -> Members:
    return [(f"{n}.txt", TEXT + random.Random(n).randbytes(600).hex().encode()) for n in range(number)]


KABAR = "https://kabar.example/"
HTML_TYPE = ("Content-Type", "text/html; charset=ISO-8859-1")


def record(kind: str, body: bytes, url: str = KABAR, media_type: str = "application/http; msgtype=response") -> bytes:
    head = f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2024-05-03T01:00:00Z\r\n"
    return f"{head}Content-Type: {media_type}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body + b"\r\n\r\n"


def response(path: str, status: str, headers: list[tuple[str, str]], body: bytes) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return record("response", f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body, KABAR + path)
