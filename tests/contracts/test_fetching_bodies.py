"""Bodies that are meant to hurt: each ends as a named reason, in bounded memory and time."""

import asyncio
import gzip
import os
import resource
import tracemalloc
import weakref
import zlib
from collections.abc import Callable
from itertools import pairwise

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.adapters.fetching import Fetcher, Policy
from pipeline.adapters.fetching.coding import _CODINGS, Brotli, Damaged, coding
from pipeline.adapters.fetching.exchange import UNPACKERS
from pipeline.news.crawling.answers import charset
from pipeline.news.crawling.outcomes import Fetched, NotModified, Refused, Unfetched
from tests.web_site import FakeTimer, Handler, Request, Site, answer

HELD_MAX = 60_000_000
"""Bytes of Python's memory for one body: it may be held packed, unpacked, and once more while it is handed over."""
TEXT = "".join(f"<p>Kalimat nomor {n} tentang {n * 7919 % 1000}.</p>\n" for n in range(3000)).encode()


def got(handler: Handler, **changed: float) -> Fetched | NotModified | Refused:
    async def body() -> Fetched | NotModified | Refused:
        async with Site({"/x": handler}) as site:
            policy = Policy(ports=frozenset({site.port}), **changed)  # type: ignore[arg-type]
            hosts = frozenset({"a.example"})
            async with Fetcher(policy, FakeTimer(), hosts=hosts, resolve=lambda host, port: ["127.0.0.1"]) as made:
                return await made.fetch(f"http://a.example:{site.port}/x")

    return asyncio.run(body())


def refused(handler: Handler, reason: Unfetched, **changed: float) -> Refused:
    """The refusal, which has to be for this reason and within HELD_MAX."""
    tracemalloc.start()
    try:
        came = got(handler, **changed)
        held = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(came, Refused)
    assert came.reason is reason
    assert (came.wait is not None) == reason.passing
    assert held < HELD_MAX
    return came


def zipped(body: bytes, coding: str) -> Handler:
    return answer(200, body, "Content-Type: text/html", f"Content-Encoding: {coding}")


def raw_deflate(data: bytes) -> bytes:
    made = zlib.compressobj(9, zlib.DEFLATED, -15)
    return made.compress(data) + made.flush()


PACKED: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("X-GZIP", gzip.compress),
    "members": ("gzip", lambda data: gzip.compress(data[:999]) + gzip.compress(data[999:])),
    "padded": ("gzip", lambda data: gzip.compress(data) + b"\0" * 100),
    "zlib": ("deflate", zlib.compress),
    "deflate": ("deflate", raw_deflate),
    "br": ("br", brotli.compress),
    "zstd": ("zstd", zstandard.ZstdCompressor().compress),
    "frames": ("zstd", lambda data: b"".join(map(zstandard.ZstdCompressor().compress, (data[:999], data[999:])))),
    "identity": ("identity", bytes),
}


@pytest.mark.parametrize("way", PACKED)
def test_what_is_packed_honestly_comes_out_as_it_was(way: str) -> None:
    name, pack = PACKED[way]
    came = got(zipped(pack(TEXT), name))
    assert isinstance(came, Fetched)
    assert came.content == TEXT


@pytest.mark.parametrize("way", PACKED)
def test_unpacking_does_not_depend_on_where_the_network_cuts(way: str) -> None:
    name, pack = PACKED[way]
    packed, made = pack(TEXT[:5000]), coding(name)
    assert made is not None
    assert b"".join(piece for n in range(len(packed)) for piece in made.feed(packed[n : n + 1])) == TEXT[:5000]
    made.end()


@pytest.mark.parametrize("way", ["gzip", "zlib", "deflate", "br", "zstd"])
def test_what_ends_too_early_or_is_something_else_is_not_taken(way: str) -> None:
    name, pack = PACKED[way]
    refused(zipped(pack(TEXT)[:-20], name), Unfetched.ENCODING)
    refused(zipped(b"\xff<html>not packed", name), Unfetched.ENCODING)
    assert isinstance(got(zipped(b"", name)), Fetched), "nothing is packed as nothing"


BOMBS: dict[str, Callable[[], bytes]] = {
    "gzip": lambda: gzip.compress(bytes(200_000_000), 9),
    "deflate": lambda: raw_deflate(bytes(200_000_000)),
    "br": lambda: brotli.compress(bytes(200_000_000), quality=5),
    "zstd": lambda: zstandard.ZstdCompressor().compress(bytes(200_000_000)),
}


@pytest.mark.parametrize("way", BOMBS)
def test_a_bomb_is_seen_before_it_goes_off(way: str) -> None:
    bomb = BOMBS[way]()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused(zipped(bomb, way), Unfetched.BOMB)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 100_000, "kB; tracemalloc does not see what C libraries take"


def test_a_window_of_zstd_that_takes_too_much_memory_is_refused() -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=27, enable_ldm=True)
    made = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    refused(zipped(made.compress(TEXT) + made.flush(), "zstd"), Unfetched.ENCODING)


@pytest.mark.parametrize("name", ["gzip, gzip", "gzip,br", "br, gzip", "compress", "dcz", "gzip;q=1", "x" * 5000])
def test_two_codings_and_unknown_ones_are_refused(name: str) -> None:
    refused(zipped(gzip.compress(gzip.compress(TEXT)), name), Unfetched.ENCODING)


def test_two_headers_are_two_codings() -> None:
    body = gzip.compress(gzip.compress(TEXT))
    refused(answer(200, body, "Content-Encoding: gzip", "Content-Encoding: gzip"), Unfetched.ENCODING)


def test_a_second_layer_that_is_not_declared_is_refused() -> None:
    refused(zipped(gzip.compress(gzip.compress(TEXT)), "gzip"), Unfetched.ENCODING)
    refused(zipped(gzip.compress(gzip.compress(gzip.compress(bytes(200_000_000)))), "gzip"), Unfetched.ENCODING)


def test_a_file_that_is_packed_itself_comes_as_it_is() -> None:
    packed = gzip.compress(TEXT)
    came = got(answer(200, packed, "Content-Type: application/gzip"))
    assert isinstance(came, Fetched)
    assert came.content == packed


def test_a_body_that_is_large_without_any_trick_is_refused() -> None:
    noise = os.urandom(1_000_000)
    refused(answer(200, noise * 11), Unfetched.TOO_LARGE)
    refused(zipped(gzip.compress(noise[:250_000].hex().encode() * 42, 1), "gzip"), Unfetched.TOO_LARGE)


def head(writer: asyncio.StreamWriter, *lines: str) -> None:
    writer.write("\r\n".join(["HTTP/1.1 200 OK", "Content-Type: text/html", *lines, "", ""]).encode())


def test_a_gigabyte_that_is_declared_is_not_waited_for() -> None:
    async def declared(request: Request, writer: asyncio.StreamWriter) -> None:
        head(writer, f"Content-Length: {10**9}")
        await asyncio.sleep(30)

    refused(declared, Unfetched.TOO_LARGE)
    refused(answer(200, b"x", length=10**19), Unfetched.TOO_LARGE)


def test_chunks_without_end_are_cut_off() -> None:
    async def endless(request: Request, writer: asyncio.StreamWriter) -> None:
        head(writer, "Transfer-Encoding: chunked")
        while True:
            writer.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")
            await writer.drain()

    refused(endless, Unfetched.TOO_LARGE)


def test_promises_without_end_are_cut_off() -> None:
    async def promising(request: Request, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100)
            await writer.drain()

    refused(promising, Unfetched.TOO_SLOW, first_byte=0.5)


@pytest.mark.parametrize("sends", ["headers", "body", "nothing", "chunk sizes"])
def test_a_server_that_sends_a_byte_now_and_then_is_cut_off(sends: str) -> None:
    async def slow(request: Request, writer: asyncio.StreamWriter) -> None:
        if sends == "body":
            head(writer, "Content-Length: 1000")
        if sends == "chunk sizes":
            head(writer, "Transfer-Encoding: chunked")
        while True:
            writer.write({"headers": b"H", "nothing": b"", "chunk sizes": b"0"}.get(sends, b"x"))
            await asyncio.sleep(0.05)

    came = refused(slow, Unfetched.TOO_SLOW, first_byte=0.5, whole=1.0)
    assert came.detail.startswith("its headers" if sends in ("headers", "nothing") else "it takes longer")


@pytest.mark.parametrize("line", ["one", "many", "endless", "status"])
def test_headers_of_a_megabyte_are_refused(line: str) -> None:
    async def heady(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 " + b"O" * (10**6 if line == "status" else 1) + b"\r\n")
        if line == "many":
            writer.write(b"".join(b"X-%d: %s\r\n" % (n, b"y" * 100) for n in range(10_000)))
        if line == "one":
            writer.write(b"X: " + b"y" * 10**6 + b"\r\n")
        while line == "endless":
            writer.write(b"X: y\r\n" * 1000)
            await writer.drain()
        writer.write(b"Content-Length: 1\r\n\r\nx")
        await writer.drain()

    refused(heady, Unfetched.BROKEN)


@pytest.mark.parametrize(
    "sent",
    [
        b"", b"\x00\xff\xfe", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", b"HTTP/9.9 999999 x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: a\x00b\r\n\r\n",
    ],
)  # fmt: skip
def test_what_is_no_http_or_breaks_off_is_a_broken_answer(sent: bytes) -> None:
    async def broken(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(sent)
        await writer.drain()
        writer.close()

    refused(broken, Unfetched.BROKEN)


@pytest.mark.parametrize("said", ["utf-7", "utf-16", "idna", "\xff\xfe", "x" * 9000, "zip", '"', "utf-8; charset=x"])
def test_a_lie_about_the_charset_changes_no_byte(said: str) -> None:
    content = TEXT[:500] + b"\x00\xed\xa0\x80\xff+ADw-script+AD4-"
    came = got(answer(200, content, f"Content-Type: text/html; charset={said}"))
    assert isinstance(came, Fetched)
    assert came.content == content
    assert len(charset(came.headers) or "") <= 40


@pytest.mark.parametrize(
    "content",
    [
        b'<meta http-equiv="refresh" content="' + b"9" * 60_000 + b'">',
        b'<meta http-equiv="refresh" content="0;url=' + b"\xff" * 60_000 + b'">',
        b"<meta http-equiv=refresh" * 3000, b"<div>" * 20_000 + b"refresh", b"<!-- refresh " * 9000,
        b'<noscript><meta http-equiv="refresh" content="0;url=/elsewhere"></noscript>',
        b'<meta http-equiv="refresh" content="0;url=">', b"\x00refresh\x00" * 100, b"refresh",
    ],
)  # fmt: skip
def test_a_refresh_that_is_none_harms_nobody(content: bytes) -> None:
    came = got(answer(200, content, "Content-Type: text/html"))
    assert isinstance(came, (Fetched, Refused))
    if isinstance(came, Refused):
        assert came.reason is Unfetched.BAD_URL, "an address of 60,000 characters"


def test_many_large_bodies_at_once_take_turns() -> None:
    """40 hosts answer with 7.5 MB each; held at a time are some of them."""
    body = os.urandom(1 << 20).hex().encode()[:1_500_000] * 5

    async def all_at_once() -> list[Fetched | NotModified | Refused]:
        async with Site({"/x": answer(200, body)}) as site:
            hosts = frozenset(f"h{n}.example" for n in range(40))
            policy = Policy(ports=frozenset({site.port}))
            async with Fetcher(policy, FakeTimer(), hosts=hosts, resolve=lambda host, port: ["127.0.0.1"]) as made:
                return await asyncio.gather(*(sizes(made, f"http://{host}:{site.port}/x") for host in hosts))

    async def sizes(made: Fetcher, url: str) -> int:
        came = await made.fetch(url)
        assert isinstance(came, Fetched)
        return len(came.content)

    tracemalloc.start()
    try:
        assert asyncio.run(all_at_once()) == [len(body)] * 40
        assert tracemalloc.get_traced_memory()[1] < 200_000_000
    finally:
        tracemalloc.stop()


def test_few_streams_are_unpacked_at_a_time_however_many_come(monkeypatch: pytest.MonkeyPatch) -> None:
    """An open stream of brotli may hold 16 MB."""
    alive, most = weakref.WeakSet[Brotli](), 0

    class Counted(Brotli):
        def __init__(self) -> None:
            nonlocal most
            super().__init__()
            alive.add(self)
            most = max(most, len(alive))

    async def many() -> None:
        async with Site({"/x": zipped(brotli.compress(os.urandom(50_000).hex().encode(), lgwin=24), "br")}) as site:
            hosts = frozenset(f"h{n}.example" for n in range(30))
            policy = Policy(ports=frozenset({site.port}))
            async with Fetcher(policy, FakeTimer(), hosts=hosts, resolve=lambda host, port: ["127.0.0.1"]) as made:
                found = await asyncio.gather(*(made.fetch(f"http://{host}:{site.port}/x") for host in hosts))
        assert [len(came.content) for came in found if isinstance(came, Fetched)] == [100_000] * 30

    monkeypatch.setitem(_CODINGS, "br", Counted)
    asyncio.run(many())
    assert 1 <= most <= UNPACKERS + 1, "one more to see that it is known"


@given(st.sampled_from(sorted(PACKED)), st.binary(max_size=300), st.lists(st.integers(0, 400)), st.binary(max_size=9))
def test_bytes_of_any_kind_come_out_as_they_went_in_or_are_called_damaged(
    way: str, content: bytes, cuts: list[int], behind: bytes
) -> None:
    name, pack = PACKED[way]
    packed = pack(content)
    places = [0, *sorted(cuts), len(packed)]
    pieces = [packed[first:end] for first, end in pairwise(places)]
    for sent in ([*pieces], [*pieces, behind], [behind, *pieces], [packed[: cuts[0]] if cuts else behind]):
        made = coding(name)
        assert made is not None
        try:
            found = b"".join(piece for part in sent for piece in made.feed(part))
            made.end()
        except Damaged:
            assert sent != pieces
        else:
            assert found == content or sent != pieces


LINES = st.sampled_from([
    b"Content-Length: 5", b"Content-Length: 0", b"Content-Length: -1", b"Transfer-Encoding: chunked",
    b"Connection: close",
    b"Content-Encoding: gzip", b"Content-Encoding: br", b"Content-Encoding: zstd", b"Content-Encoding: deflate, ,",
    b"Content-Type: text/html; charset=\xff", b"Location: http://[", b"Location: \xff\xfe", b"Location: /x",
    b"Location: //a.example:1/", b"Refresh: 0;url=/x", b"Retry-After: \xb2", b"ETag: \xff", b": x", b"X\x00: y",
    b"Upgrade: h2c",
])  # fmt: skip
BODIES = st.one_of(st.binary(max_size=50), st.sampled_from([
    b"5\r\nabcde\r\n0\r\n\r\n", b"abcde", gzip.compress(TEXT), b'<meta http-equiv=refresh content="0;url=http://[">',
]))  # fmt: skip


@settings(deadline=None, max_examples=100)
@given(st.sampled_from([101, 200, 204, 206, 301, 304, 307, 429, 500, 999]), st.lists(LINES, max_size=5), BODIES)
def test_no_answer_breaks_the_fetcher(status: int, lines: list[bytes], body: bytes) -> None:
    async def odd(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\r\n".join([b"HTTP/1.1 %d OK" % status, *lines, b"", body]))
        await writer.drain()
        writer.close()

    assert isinstance(got(odd, first_byte=2.0, whole=2.0), (Fetched, Refused))
