"""JSON lines, arrays and documents."""

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from pipeline.adapters.readers import Item, Refusal, Refused, streams
from schemas.page import Hints
from tests.contracts.readers.uploads import LINE, Put, found, items, jsonl, one, reason, reasons


def test_json_lines_with_a_bad_one_in_the_middle(put: Put) -> None:
    path = put("a.jsonl", jsonl(LINE) + b'{"text": "unclosed\n\n' + jsonl(LINE))
    first, bad, last = found(path)
    assert first == Item(
        f"{path}:1", b"Wira Lestari hadir.", "text/plain", "utf-8", "https://kabar.example/a", Hints(title="Rapat")
    )
    assert (bad.name, bad.reason) == (f"{path}:2", Refusal.NOT_JSON)
    assert last.name == f"{path}:4"


def test_json_lines_whose_first_line_is_bad(put: Put) -> None:
    assert [type(result) for result in found(put("a.json", b'{"text": "x\n' + jsonl(LINE)))] == [Refused, Item]
    assert [type(result) for result in found(put("b.jsonl", b"oops\n" + jsonl(LINE)))] == [Refused, Item]


@pytest.mark.parametrize(
    ("value", "content", "hints"),
    [
        ({"content": "isi"}, "isi", Hints()),
        ({"body": "isi"}, "isi", Hints()),
        ({"text": "", "body": "isi"}, "isi", Hints()),
        ({"text": "isi", "html": "<p>isi</p>"}, "<p>isi</p>", Hints()),
        ({"text": "isi", "author": "Sari"}, "isi", Hints(authors=("Sari",))),
        ({"text": "isi", "authors": ["Sari", {"name": "Budi"}, None]}, "isi", Hints(authors=("Sari", "Budi"))),
        ({"text": "isi", "published": "3 Mei 2024"}, "isi", Hints(published="3 Mei 2024")),
        ({"text": "isi", "date": 1714700000}, "isi", Hints(published="1714700000")),
        ({"text": "isi", "language": "id", "outlet": "Kabar"}, "isi", Hints(language="id", outlet="Kabar")),
        ({"text": "isi", "source": {"id": 3, "name": "Kabar"}}, "isi", Hints(outlet="Kabar")),
        ({"text": "is\ud83di", "title": "\ud83d\ude00"}, "is�i", Hints(title="😀")),
        ({"text": "isi", "title": {"x": 1}, "author": True, "url": "javascript:alert(1)"}, "isi", Hints()),
    ],
)
def test_the_fields_of_an_object(put: Put, value: Any, content: bytes, hints: Hints) -> None:
    item = one(put("a.json", json.dumps(value).encode()))
    assert (item.content.decode(), item.hints, item.url) == (content, hints, None)


def test_html_in_any_field_is_html(put: Put) -> None:
    assert one(put("a.json", jsonl({"content": "<p>isi</p>"}))).media_type == "text/html"
    assert one(put("a.json", jsonl({"html": "isi"}))).media_type == "text/html"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"headline": "x", "words": "y"}, Refusal.UNKNOWN_FIELDS),
        ({f"field{n}": n for n in range(10_000)}, Refusal.UNKNOWN_FIELDS),
        ({"text": "  "}, Refusal.EMPTY),
        ({"text": None, "url": "https://kabar.example/"}, Refusal.EMPTY),
        ({"text": "\0" * 500}, Refusal.BINARY),
    ],
)
def test_objects_that_are_no_article(put: Put, value: Any, expected: Refusal) -> None:
    refused = one(put("a.json", json.dumps(value).encode()))
    assert refused.reason is expected
    assert len(refused.detail) < 300
    if expected is Refusal.UNKNOWN_FIELDS:
        for accepted in ("url", "title", "text", "html", "author", "published", "language", "outlet"):
            assert accepted in refused.detail


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (json.dumps([LINE, LINE]), ["#1", "#2"]),
        (json.dumps([LINE, LINE], indent=2), ["#1", "#2"]),
        (json.dumps(LINE, indent=2), ["#1"]),
        (json.dumps(LINE, indent=2) + "\n" + json.dumps(LINE, indent=2), ["#1", "#2"]),
        (json.dumps([LINE] * 2000), [f"#{n}" for n in range(1, 2001)]),
        ("﻿" + json.dumps(LINE), [":1"]),
        ("﻿" + json.dumps([LINE]), ["#1"]),
    ],
)
def test_arrays_and_documents(put: Put, text: str, names: list[str]) -> None:
    path = put("a.json", text.encode())
    assert [result.name.removeprefix(str(path)) for result in items(found(path))] == names


def test_utf16_json_lines(put: Put) -> None:
    assert len(items(found(put("a.jsonl", jsonl(LINE, LINE).decode().encode("utf-16"))))) == 2


def test_an_array_is_refused_from_its_damage_on(put: Put) -> None:
    for end in (b', {"text": oops}]', b', {"text": "cut', b"", b" 1]"):
        results = found(put("a.json", json.dumps([LINE, LINE]).encode()[:-1] + end))
        assert (len(items(results)), reasons(results)) == (2, [Refusal.NOT_JSON]), end


@pytest.mark.parametrize(
    "content",
    [b"[]", b"[\n]", b'[{"a": ' + b"[" * 100_000, b'{"text": ' + b"[" * 100_000, b'[{"text": "\xff\xfe\xff"}]'],
)
def test_json_without_articles(put: Put, content: bytes) -> None:
    assert reason(put("a.json", content)) in (Refusal.EMPTY, Refusal.NOT_JSON)


def test_a_line_of_50_mb_is_refused_with_little_memory_and_the_next_is_read(put: Put, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with path.open("wb") as file:
        file.write(jsonl(LINE) + b'{"text": "')
        for _ in range(50):
            file.write(b"a" * 10**6)
        file.write(b'"}\n' + jsonl(LINE))
    tracemalloc.start()
    results = found(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [(result.name, getattr(result, "reason", None)) for result in results] == [
        (f"{path}:1", None),
        (f"{path}:2", Refusal.TOO_LARGE),
        (f"{path}:3", None),
    ]
    assert peak < 3 * streams.PAGE_MAX
