"""WARC 1.0 and 1.1: the pages of a crawl (https://iipc.github.io/warc-specifications/).

Read are `response` with a status of 200 to 299, `resource` and `conversion` records that state HTML, text or PDF;
other records and types are passed over silently, as are robots.txt files. warcio parses the headers and joins
the chunks; records are cut here, because its iterator reads lines and records without a limit.
"""

import re
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from urllib.parse import urlsplit

from warcio.bufferedreaders import ChunkedDataReader
from warcio.statusandheaders import StatusAndHeaders, StatusAndHeadersParser

from pipeline.adapters.readers.compressed import Decompressor, Deflated, Inflated, gzip
from pipeline.adapters.readers.detect import is_html
from pipeline.adapters.readers.items import Found, Item, Refusal, Refused, Unreadable, known_charset, printable, web_url
from pipeline.adapters.readers.pages import stated, too_large
from pipeline.adapters.readers.streams import HEAD, HEADER_MAX, PAGE_MAX, Part, Read, Source, Stream, truncated

_STATED = ("text/html", "application/xhtml+xml", "text/plain", "application/pdf")
_RECORDS = ("response", "resource", "conversion")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([^\s;\"']+)", re.I)
_PARSER = StatusAndHeadersParser([], verify=False)


def read(source: Source, recurse: Read) -> Iterator[Found]:
    """The pages in the records."""
    del recurse  # a record is a page, never a container
    pages = 0
    while source.stream.peek(1):
        block = source.stream.block()
        if not block.strip():  # the blank lines that end a record
            continue
        headers = _headers(block)
        body = Part(source.stream, _length(headers, block))
        for found in _record(headers, body, source.name):
            pages += 1
            yield found
        if source.finished:
            return
        body.skip()
    if not pages:
        raise Unreadable(Refusal.NO_FILES, "it holds no HTML, text or PDF response: crawl it again with pages")


def _headers(block: bytes) -> StatusAndHeaders:
    return _PARSER.parse(BytesIO(block))


def _get(headers: StatusAndHeaders, name: str) -> str:
    return str(headers.get_header(name) or "").strip()


def _length(headers: StatusAndHeaders, block: bytes) -> int:
    if not block.endswith((b"\n\n", b"\n\r\n")):
        raise truncated()
    length = _get(headers, "Content-Length")
    if not block.startswith(b"WARC/") or not re.fullmatch(r"[0-9]{1,15}", length):
        raise Unreadable(Refusal.DAMAGED, "from here on there is no WARC record with a length: write the WARC again")
    return int(length)


def _record(headers: StatusAndHeaders, body: Part, archive: str) -> Iterator[Found]:
    kind, uri = _get(headers, "WARC-Type").lower(), _get(headers, "WARC-Target-URI").strip("<>")
    if kind not in _RECORDS or _is_robots(uri):
        return
    name = printable(f"{archive}!{uri or _get(headers, 'WARC-Record-ID')}")
    try:
        yield from _page(name, headers, Stream(body.read), web_url(uri) if kind == "response" else None)
    except Unreadable as error:
        yield Refused(name, error.reason, error.detail)


def _page(name: str, headers: StatusAndHeaders, content: Stream, url: str | None) -> Iterator[Item]:
    """The page in a record, if there is one. `url` is that of a response, which begins with headers of HTTP."""
    described = headers
    if url:
        described = _headers(content.block() or b"\n")
        if not described.get_statuscode().startswith("2"):
            return
    stated_type, charset = _content_type(_get(described, "Content-Type"))
    if stated_type in _STATED or (not stated_type and is_html(content.peek(HEAD))):
        data = _decoded(described, content) if url else _whole(content)
        page_url = url or web_url(_get(headers, "WARC-Target-URI"))
        yield stated(name, data, stated_type, charset, page_url, _date(_get(headers, "WARC-Date")))


def _content_type(text: str) -> tuple[str, str | None]:
    charset = _CHARSET.search(text)
    return text.partition(";")[0].strip().lower(), known_charset(charset[1]) if charset else None


def _whole(content: Stream) -> bytes:
    data = content.read(PAGE_MAX + HEADER_MAX)  # the chunks' own lengths take some room
    if content.peek(1):
        raise too_large("page")
    return data


def _decoded(http: StatusAndHeaders, content: Stream) -> bytes:
    """The body of a response without its chunks and its compression, of which one layer is taken off."""
    data = _whole(content)
    if _get(http, "Transfer-Encoding").lower() == "chunked":
        data = ChunkedDataReader(BytesIO(data)).read()
    make = _decompressor(_get(http, "Content-Encoding").lower(), data)
    return Stream(Inflated(Stream(BytesIO(data).read), make).read).read(PAGE_MAX + 1) if make else data


def _decompressor(encoding: str, data: bytes) -> Callable[[], Decompressor] | None:
    """What unpacks a body in this encoding. Crawlers that unpack it themselves leave the header as it was."""
    if encoding in ("gzip", "x-gzip"):
        return gzip if data.startswith(b"\x1f\x8b") else None
    if encoding == "deflate":
        return (lambda: Deflated(zlib.MAX_WBITS)) if _is_zlib(data) else (lambda: Deflated(-zlib.MAX_WBITS))
    if encoding in ("", "identity"):
        return None
    raise Unreadable(Refusal.UNSUPPORTED, f"its body is packed with {encoding}: crawl it with gzip, or write it plain")


def _is_zlib(data: bytes) -> bool:
    return data[:1] == b"\x78" and int.from_bytes(data[:2]) % 31 == 0


def _date(text: str) -> datetime | None:
    try:
        date = datetime.fromisoformat(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _is_robots(uri: str) -> bool:
    try:
        return urlsplit(uri).path == "/robots.txt"
    except ValueError:
        return False
