"""Bytes of a page -> the page's text: what every page offset counts in.

The text is the decoded source of HTML and plain text and the extracted text of PDF. It depends on nothing but the
arguments, so that offsets found today still slice tomorrow.
"""

import codecs
import io
import re
from enum import StrEnum

import charset_normalizer
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from pipeline.errors import Reject

BYTES_MAX = 5_000_000
"""The largest HTML page or text that is cleaned; news articles stay below 2 MB with all their scripts."""
PDF_BYTES_MAX = 20_000_000
PDF_PAGES_MAX = 100


class Uncleanable(StrEnum):
    """Why a page cannot become an article."""

    EMPTY = "empty"
    """Nothing but white space."""
    NOT_TEXT = "not-text"
    """A media type that is not cleaned, or bytes that are no text (an image that is called .txt)."""
    TOO_LARGE = "too-large"
    """More bytes than an article can have."""
    TOO_DEEP = "too-deep"
    """Markup nested beyond what a page needs: made to break parsers."""
    BROKEN_MARKUP = "broken-markup"
    """The HTML parser gave up."""
    UNREADABLE_PDF = "unreadable-pdf"
    """Damaged, encrypted, or pictures of text."""
    NO_ARTICLE = "no-article"
    """Nothing is left after cleaning: a list of links, a login form, an error page."""
    ERROR_PAGE = "error-page"
    """The page says that there is no such article, or that its server is in trouble."""
    BOT_CHECK = "bot-check"
    """The page wants to know whether a human asks for it."""
    DENIED = "access-denied"
    """The server does not want to give the page to whoever asked."""
    CONSENT = "consent-wall"
    """The page asks for consent before it shows anything."""
    LOGIN = "login-wall"
    """The page asks for a name and a password before it shows anything."""
    PAYWALL = "paywall"
    """The page shows next to nothing to those who do not subscribe."""
    PAGE_MISSING = "page-missing"
    """The page store does not have the bytes."""


def page_text(content: bytes, media_type: str, charset: str | None) -> str:
    """The text that page offsets count in. What cannot be decoded is U+FFFD, as are NUL and lone surrogates.

    Raises Reject(UNREADABLE_PDF); bytes of any other media type always give a text.
    """
    text = _pdf_text(content) if media_type == "application/pdf" else _decoded(content, charset)
    return _UNWANTED.sub("\ufffd", text)


_UNWANTED = re.compile("[\x00\ud800-\udfff]")


# --- charset

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDER = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874", "tis-620": "cp874",
    "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949",
}  # fmt: skip
"""What pages mean when they say it: https://encoding.spec.whatwg.org/#names-and-labels"""
_TEXTUAL = (
    "utf-8", "utf-16", "utf-32", "cp", "iso8859", "koi8", "gb", "big5", "euc", "shift_jis", "iso2022", "mac", "hz",
    "johab", "kz1048", "ptcp154",
)  # fmt: skip
"""Codecs that a page may name. UTF-7, punycode, escapes and the like are tricks, not charsets of news."""
_META = re.compile(rb"""<meta[^>]{0,500}?charset\s*=\s*["']?\s*([A-Za-z0-9_:.\-]{1,40})""", re.IGNORECASE)
_HEAD = 4096
_SAMPLE = 65_536


def _decoded(content: bytes, charset: str | None) -> str:
    for mark, codec in _BOMS:
        if content.startswith(mark):
            return content[len(mark) :].decode(codec, "replace")
    meta = _META.search(content, 0, _HEAD)
    stated = [_codec(charset, content), _codec(meta and meta[1].decode("ascii"), content)]
    return _tried([codec for codec in stated if codec], content)


def _codec(label: str | None, content: bytes) -> str | None:
    """The codec that a label names, None when it names none or the bytes give it the lie."""
    try:
        name = codecs.lookup((label or "").strip()).name
    except (LookupError, ValueError):
        return None
    name = _WIDER.get(name, name)
    wide = name.startswith(("utf-16", "utf-32"))
    return name if name.startswith(_TEXTUAL) and (not wide or b"\x00" in content[:_HEAD]) else None


def _tried(stated: list[str], content: bytes) -> str:
    """Decoded strictly as stated, unless the bytes are UTF-8, which no other charset looks like by accident."""
    utf8 = _strict(content, "utf-8")
    if utf8 is not None and (not content.isascii() or not stated):
        return utf8
    for codec in stated:
        text = _strict(content, codec)
        if text is not None:
            return text
    return content.decode(_detected(content) or (stated or ["utf-8"])[0], "replace")


def _strict(content: bytes, codec: str) -> str | None:
    try:
        return content.decode(codec)
    except UnicodeError:
        return None


def _detected(content: bytes) -> str | None:
    """What the bytes look like. A page that is UTF-8 but for a few broken bytes stays UTF-8."""
    sample = content[:_SAMPLE]
    broken = sample.decode("utf-8", "replace").count("\ufffd")
    if broken <= len(sample) // 1000:
        return "utf-8"
    best = charset_normalizer.from_bytes(sample).best()
    return best.encoding if best and _codec(best.encoding, content) else None


def looks_binary(text: str) -> bool:
    """Whether more than one in twenty codepoints of the beginning is one that texts do not contain."""
    head = text[:100_000]
    return len(_NO_TEXT.findall(head)) * 20 > len(head)


_NO_TEXT = re.compile("[\x01-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufffd]")


# --- PDF

_PDF_TROUBLE = (
    PyPdfError, ArithmeticError, AssertionError, AttributeError, LookupError, NotImplementedError, OSError,
    RecursionError, TypeError, ValueError,
)  # fmt: skip
"""What pypdf raises on damaged files: its own errors and whatever a wrong object in the wrong place leads to."""


def _pdf_text(content: bytes) -> str:
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise Reject(Uncleanable.UNREADABLE_PDF, "the PDF asks for a password: upload it without one")
        return "\n".join(page.extract_text() for page in reader.pages[:PDF_PAGES_MAX])
    except _PDF_TROUBLE as error:
        detail = f"the PDF cannot be read ({type(error).__name__}): print it to a new PDF or upload its text"
        raise Reject(Uncleanable.UNREADABLE_PDF, detail) from error
