"""JSON: one object per line, an array of objects, one object, or several one after the other.

A line that cannot be used is refused with its number and the next one is read. An array cannot be picked up again
behind a value that is no JSON, so what follows that is refused with it.
"""

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pipeline.adapters.readers.detect import extension, is_html
from pipeline.adapters.readers.items import Found, Item, Refusal, Refused, Unreadable, encodable, web_url
from pipeline.adapters.readers.pages import checked, too_large
from pipeline.adapters.readers.streams import CHUNK, HEAD, PAGE_MAX, Read, Source, Stream
from schemas.page import Hints

CONTENT = ("html", "text", "content", "body")
"""The fields that may hold the article, the first one that is not empty counts; the others are made from "html"."""
FIELDS = (
    "one of html, text, content or body, and if known "
    "url, title, author or authors, published or date, language, outlet or source"
)

_JSON_SPACE = re.compile(r"[ \t\r\n]*")
_ERRORS = (ValueError, RecursionError)  # ValueError: JSON, UTF-8, integers with too many digits


def read(source: Source, recurse: Read) -> Iterator[Found]:
    """The articles in a JSON source."""
    del recurse  # a JSON object holds no other container
    if source.stream.peek(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        source = replace(source, stream=Stream(_Utf8(source.stream).read))
    head = source.stream.peek(HEAD)
    if head.startswith(codecs.BOM_UTF8):
        source.stream.read(len(codecs.BOM_UTF8))
    return _lines(source) if _is_lines(head.removeprefix(codecs.BOM_UTF8), source.hint) else _values(source)


def article(name: str, value: Any) -> Item | Refused:
    """The item in one JSON object, or why there is none."""
    if not isinstance(value, dict):
        detail = f"it is no object with fields: give {FIELDS}"
        return Refused(name, Refusal.UNKNOWN_FIELDS, detail)
    found = next(((key, text) for key in CONTENT if (text := _text(value.get(key)))), None)
    if found is None:
        return _without_text(name, value)
    key, text = found
    media_type = "text/html" if key == "html" or is_html(text[:HEAD].encode()) else "text/plain"
    url = web_url(_text(value.get("url")))
    try:
        return checked(Item(name, text.encode(), media_type, "utf-8", url, _hints(value)))
    except Unreadable as error:
        return Refused(name, error.reason, error.detail)


def _without_text(name: str, value: dict[str, Any]) -> Refused:
    if any(key in value for key in CONTENT):
        return Refused(name, Refusal.EMPTY, "its text is empty: leave it out")
    fields = ", ".join(key[:40] for key in list(value)[:6]) or "none"
    return Refused(name, Refusal.UNKNOWN_FIELDS, f"its fields are {fields}: give {FIELDS}")


def _hints(value: dict[str, Any]) -> Hints:
    authors = value.get("authors") or value.get("author") or ()
    listed = authors if isinstance(authors, list) else [authors]
    return Hints(
        title=_text(value.get("title")),
        authors=tuple(name for author in listed if (name := _text(author))),
        published=_text(value.get("published")) or _text(value.get("date")),
        language=_text(value.get("language")),
        outlet=_text(value.get("outlet")) or _text(value.get("source")),
    )


def _text(value: Any) -> str | None:
    """The text of a field: a string, a number, or the name of a nested object; None when there is none."""
    if isinstance(value, dict):
        value = value.get("name")
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    return encodable(value) if isinstance(value, str) and value.strip() else None


def _is_lines(head: bytes, hint: str) -> bool:
    """Whether there is one object per line: a complete line says so, or the first line does not end in the head."""
    if head.lstrip().startswith(b"["):
        return False
    first, *others = head.split(b"\n")
    if not others:
        return True
    whole = [first, *others[:-1]]
    return any(line.startswith(b"{") and _is_json(line) for line in whole) or extension(hint) in (".jsonl", ".ndjson")


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except _ERRORS:
        return False
    return True


def _lines(source: Source) -> Iterator[Found]:
    number, any_line = 0, False
    while line := source.stream.line(PAGE_MAX + 1):
        number += 1
        if len(line) > PAGE_MAX:
            if not line.endswith(b"\n"):
                source.stream.skip_line()
            yield Refused(f"{source.name}:{number}", Refusal.TOO_LARGE, str(too_large("line")))
        elif line.strip():
            yield _line(f"{source.name}:{number}", line)
        else:
            continue
        any_line = True
    if not any_line:
        raise Unreadable(Refusal.EMPTY, "it holds no objects: leave it out")


def _line(name: str, line: bytes) -> Item | Refused:
    try:
        value = json.loads(line)
    except UnicodeDecodeError:
        return Refused(name, Refusal.NOT_JSON, "the line is not UTF-8: save the file as UTF-8")
    except _ERRORS as error:
        return Refused(name, Refusal.NOT_JSON, f"the line is no JSON ({_short(error)}): correct it")
    return article(name, value)


def _values(source: Source) -> Iterator[Found]:
    number = 0
    for number, value in enumerate(_Values(source.stream), 1):
        yield article(f"{source.name}#{number}", value)
    if not number:
        raise Unreadable(Refusal.EMPTY, "it holds no objects: leave it out")


class _Values:
    """The values of a JSON array, or of a sequence of values with white space between them, as they come in."""

    def __init__(self, stream: Stream) -> None:
        self._stream, self._text, self._at, self._ended = stream, "", 0, False
        self._decoder, self._utf8 = json.JSONDecoder(), codecs.getincrementaldecoder("utf-8")()

    def __iter__(self) -> Iterator[Any]:
        array = self._next() == "["
        if array:
            self._at += 1
        while (following := self._next()) and not (array and following == "]"):
            yield self._value()
            if array and self._next() == ",":
                self._at += 1
            elif array and self._next() != "]":
                raise self._error("a comma is missing")

    def _next(self) -> str:
        """The next character that is no white space, not consumed; empty at the end."""
        while True:
            self._at = _JSON_SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]  # it matches nothing, too
            if self._at < len(self._text) or not self._more(CHUNK):
                return self._text[self._at : self._at + 1]

    def _value(self) -> Any:
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
                if end < len(self._text) or not self._more(CHUNK):  # a number may go on in the next chunk
                    self._at = end
                    return value
            except _ERRORS as error:
                self._go_on(error)

    def _go_on(self, error: Exception) -> None:
        """Read more after an error that may only mean that the value is not complete; doubled, so that it ends."""
        size = len(self._text) - self._at
        if size > PAGE_MAX:
            raise too_large("JSON value") from error
        if isinstance(error, RecursionError) or not self._more(max(CHUNK, size)):
            raise self._error(_short(error)) from error

    def _more(self, size: int) -> bool:
        """Read on; False at the end."""
        if self._ended:
            return False
        data = self._stream.read(size)
        self._ended = not data
        try:
            text = self._utf8.decode(data, final=self._ended)
        except UnicodeDecodeError as error:
            raise Unreadable(Refusal.NOT_JSON, "it is not UTF-8: save the file as UTF-8") from error
        self._text, self._at = self._text[self._at :] + text, 0
        return not self._ended

    def _error(self, what: str) -> Unreadable:
        detail = f"from here on it is no JSON ({what}): correct it, or give one object per line"
        return Unreadable(Refusal.NOT_JSON, detail)


class _Utf8:
    """UTF-16 with a byte order mark as UTF-8: what PowerShell writes."""

    def __init__(self, stream: Stream) -> None:
        self._stream, self._decoder = stream, codecs.getincrementaldecoder("utf-16")("replace")

    def read(self, size: int) -> bytes:
        """About `size` bytes, none at the end."""
        while data := self._stream.read(size):
            if text := self._decoder.decode(data):
                return text.encode(errors="replace")
        return b""


def _short(error: Exception) -> str:
    return "nested too deep" if isinstance(error, RecursionError) else str(error)[:120]
