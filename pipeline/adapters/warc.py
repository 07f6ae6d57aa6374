"""Pages as a WARC file (ISO 28500), which other archives and tools read, and `pantau ingest` too.

A page that came from the web is a `response` with the headers that were kept; what was uploaded is a `resource`.
Bodies are stored unpacked, so what was said of their packing stands under a name of its own, as crawlers write it.
"""

import http
import io
from collections.abc import Iterable
from typing import Any, BinaryIO

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from pipeline import __version__
from schemas.page import PageFetched

_OF_THE_TRANSFER = frozenset({"content-encoding", "content-length", "transfer-encoding"})
_ORIGINAL = "x-archive-orig-"


def write(out: BinaryIO, pages: Iterable[tuple[PageFetched, bytes]]) -> int:
    """Write pages, each record packed on its own; returns how many."""
    writer = WARCWriter(out, gzip=True)
    about = {"software": f"Pantau/{__version__}", "format": "WARC File Format 1.0"}
    writer.write_record(writer.create_warcinfo_record("pantau.warc.gz", about))
    written = 0
    for page, content in pages:
        writer.write_record(_record(writer, page, content))
        written += 1
    return written


def _record(writer: WARCWriter, page: PageFetched, content: bytes) -> Any:
    address = page.url or f"urn:pantau:{page.article_id}"
    date = {"WARC-Date": page.fetched_at.strftime("%Y-%m-%dT%H:%M:%SZ")}
    charset = f"; charset={page.charset}" if page.charset else ""
    kind = f"{page.media_type}{charset}"
    if not page.headers:
        date["Content-Type"] = kind
        return writer.create_warc_record(address, "resource", io.BytesIO(content), warc_headers_dict=date)
    headers = [(_ORIGINAL + name if name in _OF_THE_TRANSFER else name, value) for name, value in page.headers]
    if "content-type" not in dict(headers):
        headers.append(("content-type", kind))
    headers.append(("content-length", str(len(content))))
    status = StatusAndHeaders(f"{page.status} {_phrase(page.status)}", headers, protocol="HTTP/1.1")
    return writer.create_warc_record(
        address, "response", io.BytesIO(content), http_headers=status, warc_headers_dict=date
    )


def _phrase(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "X"
