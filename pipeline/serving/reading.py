"""A body becomes pages: what its media type says that it is, read by the readers of `pantau ingest`.

    text/html, text/plain, application/pdf    one page; what is known of it stands in the query: url, title, author,
                                              published, language, outlet
    application/json                          one object or an array of objects, as `ingest` takes them
    application/x-ndjson                      one object a line
    multipart/form-data                       files of any kind that `ingest` reads; fields in front of a file say what
                                              is known of it
    application/zip, application/warc, ...    the same kinds of files, packed

One page, line or file that cannot be used is refused and the others are taken.
"""

import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import IO, BinaryIO, NamedTuple, cast

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from pipeline.adapters import readers
from pipeline.adapters.readers.items import Found, Item, Refusal, Refused, Unreadable, known_charset, printable, web_url
from pipeline.adapters.readers.pages import stated, too_large
from pipeline.adapters.readers.streams import CHUNK, PAGE_MAX, Budget
from pipeline.serving.bodies import keep
from pipeline.serving.problems import Problem
from schemas.page import Hints

PAGES_MAX = 10_000
"""Pages of one request."""
PARTS_MAX = 2_000
"""Parts of one multipart body."""
PLAIN_MAX = 300_000_000
"""Unpacked bytes of one request."""
FIELD_MAX = 8_192
"""Bytes of a form field and of a parameter of the query."""
_IN_MEMORY = 1 << 20

PAGE_TYPES = ("text/html", "application/xhtml+xml", "text/plain", "text/markdown", "application/pdf")
JSON_TYPES = {
    "application/json": "upload.json",
    "application/x-ndjson": "upload.ndjson",
    "application/ndjson": "upload.ndjson",
    "application/jsonl": "upload.ndjson",
}
"""The name under which the body is read; its extension says whether there is one object a line."""
PACKED_TYPES = {
    "application/zip": "upload.zip",
    "application/gzip": "upload.gz",
    "application/x-tar": "upload.tar",
    "application/warc": "upload.warc",
    "message/rfc822": "upload.eml",
}
FORM = "multipart/form-data"
TYPES = (*PAGE_TYPES, *JSON_TYPES, FORM, *PACKED_TYPES)
KNOWN = ("url", "title", "author", "published", "language", "outlet")
"""What may be told of a page beside it."""


class Media(NamedTuple):
    """The type of a body: its name in small letters, its charset and the boundary of its parts."""

    name: str
    charset: str | None = None
    boundary: str | None = None


def media(header: str | None, encoding: str | None) -> Media:
    """Read Content-Type and Content-Encoding. Raises Problem for what cannot be read."""
    if encoding and encoding.lower() != "identity":
        detail = (
            f"the body is encoded as {printable(encoding)[:40]}: send it as it is, or a .gz file as application/gzip"
        )
        raise Problem("unsupported", detail, accepted=TYPES)
    name, options = parse_options_header(header or "")
    if name not in TYPES:
        said = f"{printable(name)[:80]} cannot be read" if name else "there is no Content-Type"
        raise Problem("unsupported", f"{said}: name one of {', '.join(TYPES)}", accepted=TYPES)
    charset = options.get("charset")
    if charset and not known_charset(charset):
        raise Problem(
            "bad-charset", f"there is no charset {printable(charset)[:40]!r}: name it as IANA does, such as utf-8"
        )
    if name in JSON_TYPES and known_charset(charset) not in (None, "utf-8", "utf8", "us-ascii"):
        raise Problem("bad-charset", "JSON is UTF-8 (RFC 8259): send it so, and leave the charset out")
    boundary = options.get("boundary")
    if name == FORM and not re.fullmatch(r"[ -~]{0,69}[!-~]", boundary or ""):
        raise Problem("bad-header", f"{FORM} needs a boundary of 1 to 70 characters: let your HTTP client write it")
    return Media(name, known_charset(charset), boundary)


def known(told: Mapping[str, str]) -> tuple[str | None, Hints]:
    """The URL and the hints in a query or in form fields. Raises Problem for a URL that is none and for long values."""
    long = next((name for name in KNOWN if len(told.get(name, "")) > FIELD_MAX), None)
    if long:
        raise Problem("bad-header", f"{long!r} has more than {FIELD_MAX} characters: shorten it, or send JSON")
    values = {name: printable(told[name]).strip() for name in KNOWN if told.get(name, "").strip()}
    url = web_url(values.get("url"))
    if "url" in values and url is None:
        raise Problem("bad-header", "'url' is no address of a page: begin it with https:// or http://")
    author = values.get("author")
    hints = Hints(
        title=values.get("title"),
        authors=(author,) if author else (),
        published=values.get("published"),
        language=values.get("language"),
        outlet=values.get("outlet"),
    )
    return url, hints


def read(body: IO[bytes], media: Media, told: Mapping[str, str]) -> Iterator[Found]:
    """The pages in a body, and what cannot be one; `told` is what the query says. Raises Problem."""
    budget = Budget(PAGES_MAX, PLAIN_MAX)
    if media.name in PAGE_TYPES:
        url, hints = known(told)
        return _page("upload", body, media, url, hints)
    if media.name == FORM:
        return _bounded(_parts(body, media.boundary or "", budget))
    name = JSON_TYPES.get(media.name) or PACKED_TYPES[media.name]
    return _bounded(readers.read_file(name, cast(BinaryIO, body), budget))


def _bounded(found: Iterator[Found]) -> Iterator[Found]:
    for number, one in enumerate(found):
        if number == PAGES_MAX:
            yield Refused(
                "upload", Refusal.TOO_MANY, f"a request may have {PAGES_MAX:,} pages: send the others in another"
            )
            return
        yield one


def _page(name: str, file: IO[bytes], media: Media, url: str | None, hints: Hints) -> Iterator[Found]:
    content = file.read(PAGE_MAX + 1)
    try:
        if len(content) > PAGE_MAX:
            raise too_large("page")
        if media.name == "application/pdf" and not content.lstrip()[:1024].startswith(b"%PDF-"):
            raise Unreadable(Refusal.DAMAGED, "it is stated to be a PDF, and it is none: get it again")
        yield stated(name, content, media.name, media.charset, url, None, hints)
    except Unreadable as error:
        yield Refused(name, error.reason, error.detail)


# --- multipart


def _parts(body: IO[bytes], boundary: str, budget: Budget) -> Iterator[Found]:
    """The pages in the files of a form."""
    told: dict[str, str] = {}
    number = 1
    try:
        for segment, file in _segments(body, boundary):
            number += 1
            field = segment.name if segment.filename is None else None
            if field in KNOWN:
                told[field] = file.read(FIELD_MAX + 1).decode("utf-8", "replace")
                continue
            yield from _part(segment, file, told, budget)
            told = {}
    except MultipartError as error:
        detail = f"the form cannot be read from part {number} on ({str(error)[:100]}): send that and what follows again"
        yield Refused("upload", Refusal.TOO_MANY if error.http_status == 413 else Refusal.DAMAGED, detail)


def _segments(body: IO[bytes], boundary: str) -> Iterator[tuple[MultipartSegment, IO[bytes]]]:
    """Each part with its content, one after the other."""
    segment: MultipartSegment | None = None
    parser = PushMultipartParser(boundary, max_segment_count=PARTS_MAX, strict=True)
    with parser, tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
        for event in parser.parse_blocking(body.read, CHUNK):
            if isinstance(event, MultipartSegment):
                segment = event
                file.seek(0)
                file.truncate()
            elif event is not None:
                keep(file, event)
            elif segment is not None:
                file.seek(0)
                yield segment, file


def _part(segment: MultipartSegment, file: IO[bytes], told: Mapping[str, str], budget: Budget) -> Iterator[Found]:
    name = printable(segment.filename or segment.name or "part")[:300]
    charset = known_charset(segment.charset)
    try:
        url, hints = known(told)
        if segment.filename is None and segment.name not in ("html", "text", "content", "body", "file", "files"):
            fields = ", ".join(KNOWN)
            detail = f"there is no field of this name: send files, and in front of each {fields} if known"
            raise Unreadable(Refusal.UNKNOWN_FIELDS, detail)
        if segment.charset and not charset:
            raise Unreadable(Refusal.UNSUPPORTED, "there is no such charset: name it as IANA does, such as utf-8")
    except Problem as problem:
        yield Refused(name, Refusal.UNKNOWN_FIELDS, problem.detail)
        return
    except Unreadable as error:
        yield Refused(name, error.reason, error.detail)
        return
    for found in readers.read_file(name, cast(BinaryIO, file), budget):
        whole = isinstance(found, Item) and found.name == name  # not one of many in an archive
        yield replace(found, url=url, hints=hints, charset=charset) if whole and isinstance(found, Item) else found
