"""Tells what a file is from its first bytes; the extension decides only between kinds of text.

HTML is recognised as browsers do (https://mimesniff.spec.whatwg.org/#identifying-a-resource-with-an-unknown-mime-type),
with the tags that fragments of articles begin with in addition.
"""

import re
import tarfile
from enum import Enum, auto
from pathlib import PurePosixPath

from pipeline.adapters.readers.items import Refusal, Unreadable
from pipeline.adapters.readers.streams import HEAD


class Kind(Enum):
    """What Pantau reads."""

    HTML = auto()
    TEXT = auto()
    PDF = auto()
    JSON = auto()
    MAIL = auto()
    WARC = auto()
    ZIP = auto()
    TAR = auto()
    GZIP = auto()
    BZIP2 = auto()
    XZ = auto()


TEXTUAL = frozenset({Kind.HTML, Kind.TEXT, Kind.JSON, Kind.MAIL})
ACCEPTED = "HTML, text, Markdown, PDF, JSON, mail (.eml), WARC, zip, tar, gz, bz2 and xz"

_MAGIC = (
    (re.compile(rb"%PDF-"), Kind.PDF),
    (re.compile(rb"PK(\x03\x04|\x05\x06)"), Kind.ZIP),
    (re.compile(rb"\x1f\x8b\x08"), Kind.GZIP),
    (re.compile(rb"BZh[1-9](1AY&SY|\x17rE8P\x90)"), Kind.BZIP2),
    (re.compile(rb"\xfd7zXZ\x00"), Kind.XZ),
    (re.compile(rb"WARC/\d\.\d+\r?\n"), Kind.WARC),
)
_FOREIGN = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"RIFF", "a WebP image, sound or film"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"{\\rtf", "an RTF document"),
    (b"%!PS", "a PostScript document"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd file"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x7fELF", "a program"),
    (b"ID3", "an MP3 sound"),
    (b"OggS", "an Ogg sound"),
    (b"wOF", "a font"),
)
_TAG = (
    rb"!doctype html|html|head|body|script|iframe|h[1-6]|div|font|table|style|title|br|meta|link|base|article|section|"
    rb"main|header|nav|span|center|ul|ol|blockquote|figure|img|strong|em|p|a|b"
)
_COMMENTS = rb"(?>\s*<!--.*?-->)*+\s*"  # never tried again, which would take exponential time
_HTML = re.compile(_COMMENTS + rb"<(!--|(" + _TAG + rb")[\s>/])", re.I | re.S)
_HTML_INSIDE = re.compile(rb"<(!doctype html|html|body)[\s>]", re.I)
_XML = re.compile(_COMMENTS + rb"<(\?xml|rss|feed|urlset|sitemapindex|svg|rdf:rdf|opml)[\s>]", re.I | re.S)
_JSON = re.compile(rb'\s*(\{\s*("|\})|\[\s*(\{|\]))')
_HEADER = re.compile(rb"([A-Za-z][A-Za-z0-9-]*):")
_MAIL_HEADERS = frozenset(
    b"from to subject date received message-id mime-version return-path delivered-to content-type".split()
)
_MAIL_TRANSPORT = frozenset(b"received message-id mime-version return-path delivered-to".split())
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1b")) + b"\x7f"
_CONTROLS_MAX = 0.01

_BY_EXTENSION = {
    ".html": Kind.HTML, ".htm": Kind.HTML, ".xhtml": Kind.HTML, ".json": Kind.JSON, ".jsonl": Kind.JSON,
    ".ndjson": Kind.JSON, ".eml": Kind.MAIL, ".mht": Kind.MAIL, ".mhtml": Kind.MAIL,
}  # fmt: skip
_NO_PAGES = frozenset(
    f".{name}"
    for name in "css js mjs ts map xml svg rss csv tsv yaml yml toml ini py sh sql log bib tex srt vtt".split()  # noqa: SIM905
)
"""Extensions of text that is no article; they come along in saved pages and exports."""


def detect(head: bytes, name: str) -> Kind:
    """The kind of a file by its name and its first bytes: HEAD of them, fewer only when it has no more.

    Raises Unreadable with the reason why it is not read.
    """
    if not head.strip() and len(head) < HEAD:
        raise Unreadable(Refusal.EMPTY, "it holds nothing but white space: leave it out")
    for magic, kind in _MAGIC:
        if magic.match(head):
            return kind
    if _is_tar(head):
        return Kind.TAR
    if b"%PDF-" in head[:1024] and extension(name) == ".pdf":  # Acrobat takes leading bytes, too
        return Kind.PDF
    return _textual(head, name)


def extension(name: str) -> str:
    """The last extension in lower case, with its dot."""
    return PurePosixPath(name).suffix.lower()


def is_html(text: bytes) -> bool:
    """Whether this begins as HTML does. A byte order mark is looked through."""
    return bool(_HTML.match(_ascii(text[:HEAD])))


def refuse_binary(content: bytes) -> None:
    """Raise Unreadable when this is no text: a known foreign format, or more than 1 % of control characters."""
    for magic, what in _FOREIGN:
        if content.startswith(magic):
            raise Unreadable(Refusal.UNSUPPORTED, f"it is {what}: Pantau reads {ACCEPTED}")
    plain = _ascii(content)
    controls = len(plain) - len(plain.translate(None, _CONTROLS))
    if controls > _CONTROLS_MAX * len(plain):
        raise Unreadable(Refusal.BINARY, f"it is binary: Pantau reads {ACCEPTED}")


def _textual(head: bytes, name: str) -> Kind:
    refuse_binary(head)
    text, suffix = _ascii(head), extension(name)
    if _HTML.match(text):
        return Kind.HTML
    if _XML.match(text):
        return _markup(text)
    if _JSON.match(text):
        return Kind.JSON
    if _is_mail(text, suffix):
        return Kind.MAIL
    if suffix in _NO_PAGES:
        raise Unreadable(Refusal.UNSUPPORTED, f"a {suffix} file is no page: Pantau reads {ACCEPTED}")
    return _BY_EXTENSION.get(suffix) or (Kind.HTML if _HTML_INSIDE.search(text) else Kind.TEXT)


def _markup(text: bytes) -> Kind:
    if _HTML_INSIDE.search(text):
        return Kind.HTML
    raise Unreadable(Refusal.UNSUPPORTED, "it is XML, not a page: add a feed or sitemap as a source instead")


def _ascii(content: bytes) -> bytes:
    """The content without its byte order mark, and with one byte per ASCII character where it is UTF-16."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace").encode(errors="replace")
    return content.removeprefix(b"\xef\xbb\xbf")


def _is_tar(head: bytes) -> bool:
    try:
        tarfile.TarInfo.frombuf(head[: tarfile.BLOCKSIZE], "utf-8", "replace")
    except (tarfile.HeaderError, ValueError):
        return False
    return True


def _is_mail(text: bytes, suffix: str) -> bool:
    """Two headers of mail, one of them written by mail servers; three of any; one where the name says .eml."""
    found = set()
    for line in text.split(b"\n"):
        header = _HEADER.match(line)
        if header:
            found.add(header[1].lower())
        elif not line.startswith((b" ", b"\t", b"From ")):  # folded, or the envelope of a mailbox file
            break
    known = len(found & _MAIL_HEADERS)
    return known > (0 if _BY_EXTENSION.get(suffix) is Kind.MAIL else 1 if found & _MAIL_TRANSPORT else 2)
