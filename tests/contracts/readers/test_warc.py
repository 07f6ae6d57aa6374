"""Crawls in WARC files."""

import gzip
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from pipeline.adapters.readers import Item, Refusal
from schemas.page import Hints
from tests.contracts.readers.uploads import (
    HTML,
    HTML_TYPE,
    KABAR,
    PDF,
    TEXT,
    Put,
    found,
    items,
    reason,
    reasons,
    record,
    response,
)


@pytest.mark.parametrize("packed", [False, True])
def test_a_warc(put: Put, packed: bool) -> None:
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(HTML), HTML)
    records = [
        record("warcinfo", b"software: none", media_type="application/warc-fields"),
        response("a", "200 OK", [HTML_TYPE], HTML),
        response("robots.txt", "200 OK", [("Content-Type", "text/plain")], b"User-agent: *"),
        response("gone", "404 Not Found", [HTML_TYPE], HTML),
        response("p.png", "200 OK", [("Content-Type", "image/png")], b"\x89PNG"),
        response("b", "200 OK", [("Content-Type", "text/plain"), ("Transfer-Encoding", "chunked")], chunked),
        response("c", "200 OK", [HTML_TYPE, ("Content-Encoding", "gzip")], gzip.compress(HTML)),
        response("d", "200 OK", [HTML_TYPE, ("Content-Encoding", "gzip")], HTML),
        response("e", "200 OK", [HTML_TYPE, ("Content-Encoding", "br")], b"???"),
        response("f", "200 OK", [HTML_TYPE, ("Content-Encoding", "gzip")], gzip.compress(b" " * 150_000_000, 1)),
        response("g.pdf", "200 OK", [("Content-Type", "application/pdf")], PDF),
    ]
    content = b"".join(map(gzip.compress, records) if packed else records)
    path = put("crawl.warc.gz" if packed else "crawl.warc", content)
    results = found(path)
    pages = items(results)
    assert pages[0] == Item(
        f"{path}!{KABAR}a", HTML, "text/html", "iso-8859-1", KABAR + "a", Hints(), datetime(2024, 5, 3, 1, tzinfo=UTC)
    )
    assert [(page.url, page.content) for page in pages[1:]] == [
        (KABAR + "b", HTML),
        (KABAR + "c", HTML),
        (KABAR + "d", HTML),
        (KABAR + "g.pdf", PDF),
    ]
    assert reasons(results) == [Refusal.UNSUPPORTED, Refusal.BOMB]


def test_records_without_http(put: Put) -> None:
    content = record("resource", HTML, media_type="text/html") + record("metadata", b"z", media_type="x/y")
    content += record("conversion", TEXT, media_type="text/plain")
    assert [(item.url, item.media_type) for item in found(put("a.warc", content))] == [
        (KABAR, "text/html"),
        (KABAR, "text/plain"),
    ]


@pytest.mark.parametrize(
    ("cut", "expected"),
    [(lambda whole: whole[:-200], Refusal.TRUNCATED), (lambda whole: whole + b"junk\r\n\r\n", Refusal.DAMAGED)],
)
def test_a_damaged_warc_gives_what_came_before(put: Put, cut: Callable[[bytes], bytes], expected: Refusal) -> None:
    whole = response("a", "200 OK", [HTML_TYPE], HTML) + response("b", "200 OK", [HTML_TYPE], HTML * 9)
    results = found(put("a.warc", cut(whole)))
    assert items(results)[0].content == HTML
    assert reasons(results) == [expected]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"WARC/1.0\r\n", Refusal.TRUNCATED),
        (b"WARC/1.0\r\n\r\n", Refusal.DAMAGED),
        (b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: -5\r\n\r\n", Refusal.DAMAGED),
        (b"WARC/1.0\r\nWARC-Type: warcinfo\r\nContent-Length: 0\r\n\r\n\r\n\r\n", Refusal.NO_FILES),
        (b"WARC/1.0\r\n" + b"a" * 30_000_000, Refusal.DAMAGED),
        (b"WARC/1.0\r\n" + b"a: b\r\n" * 3_000_000, Refusal.DAMAGED),
    ],
)
def test_bad_warcs(put: Put, content: bytes, expected: Refusal) -> None:
    assert reason(put("a.warc", content)) is expected
