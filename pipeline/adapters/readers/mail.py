"""E-mails (.eml) and pages saved as MHTML: the text of the mail is the page, its attachments are read like files.

The old policy of the e-mail package is used: the new one parses every header and raises on many real ones.
"""

import email.policy
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.errors import HeaderParseError, MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from email.utils import parseaddr, parsedate_to_datetime

from pipeline.adapters.readers.items import Found, Refusal, Refused, Unreadable, encodable, known_charset, web_url
from pipeline.adapters.readers.pages import stated
from pipeline.adapters.readers.streams import Read, Source, held
from schemas.page import Hints

MAIL_MAX = 40 * 10**6
"""Bytes of a mail: a page of 20 MB grows by a third in base64. Mail servers stop at 25 to 50 MB."""
LINES_MAX = 10**6
"""Lines of a mail; each may become a header that takes 250 bytes of memory."""
PARTS_MAX = 10_000
"""Lines that may begin a part; each part takes 1 kB of memory."""

_ERRORS = (ValueError, LookupError, TypeError, AttributeError, RecursionError, MessageError)
_PAGES = ("text/html", "text/plain")
_FIRST_NAME = re.compile(r"[^/\\]*\Z")


def read(source: Source, recurse: Read) -> Iterator[Found]:
    """The text of the mail, then its attachments."""
    data = source.stream.read(MAIL_MAX + 1)
    if len(data) > MAIL_MAX or data.count(b"\n") > LINES_MAX or data.count(b"\n--") > PARTS_MAX:
        raise Unreadable(Refusal.TOO_LARGE, f"a mail may have {MAIL_MAX // 10**6} MB: save its attachments alone")
    if data.startswith(b"From ") and b"\n\nFrom " in data:
        raise Unreadable(Refusal.UNSUPPORTED, "it is a mailbox of several mails: export each of them as .eml")
    try:
        mail = BytesParser(policy=email.policy.compat32).parsebytes(data)
        parts = list(_parts(mail))
        attached = [part for part in parts if _is_attached(part)]
        body = _body([part for part in parts if not _is_attached(part)])
    except _ERRORS as error:
        raise Unreadable(Refusal.DAMAGED, f"the mail cannot be parsed ({error}): save it again") from error
    if body is None and not attached:
        raise Unreadable(Refusal.EMPTY, "the mail has neither text nor attachments: leave it out")
    if body is not None:
        yield _page(source, mail, body)
    for number, part in enumerate(attached, 1):
        yield from _attachment(source, part, number, recurse)


def _parts(mail: Message) -> Iterator[Message]:
    """The parts that hold something; an attached mail is one of them, whatever it is made of."""
    payload = mail.get_payload()
    if not isinstance(payload, list):
        yield mail
        return
    for part in payload:
        if isinstance(part, Message) and part.is_multipart() and part.get_content_type() != "message/rfc822":
            yield from _parts(part)
        elif isinstance(part, Message):
            yield part


def _is_attached(part: Message) -> bool:
    """Whether the sender attached it; images with a name mostly belong to the text."""
    if part.get_content_disposition() == "attachment" or part.is_multipart():
        return True
    return bool(part.get_filename()) and part.get_content_maintype() != "image"


def _body(parts: list[Message]) -> Message | None:
    """The first HTML part with content, else the first plain one."""
    for kind in _PAGES:
        for part in parts:
            if part.get_content_type() == kind and _payload(part).strip():
                return part
    return None


def _page(source: Source, mail: Message, part: Message) -> Found:
    url = web_url(_header(mail, "Snapshot-Content-Location")) or web_url(_header(part, "Content-Location"))
    charset = known_charset(part.get_content_charset())
    hints = Hints(title=_header(mail, "Subject"), authors=_authors(mail), published=_header(mail, "Date"))
    try:
        return stated(source.name, _payload(part), part.get_content_type(), charset, url, _date(mail), hints)
    except Unreadable as error:
        return Refused(source.name, error.reason, error.detail)


def _attachment(source: Source, part: Message, number: int, recurse: Read) -> Iterator[Found]:
    name = _FIRST_NAME.findall(encodable(part.get_filename() or ""))[0] or f"attachment-{number}"
    source.budget.enter()
    data = _payload(part)
    source.budget.spend(len(data))
    stream, file = held(data)
    yield from recurse(source.member(name, stream, file))


def _payload(part: Message) -> bytes:
    """The bytes of a part; those of an attached mail are the mail."""
    if part.is_multipart():
        inner = part.get_payload(0)
        return inner.as_bytes() if isinstance(inner, Message) else b""
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _header(part: Message, name: str) -> str | None:
    raw = part.get(name)
    if raw is None:
        return None
    try:
        text = str(make_header(decode_header(raw)))
    except (HeaderParseError, LookupError, ValueError):  # an encoded word of no known charset: shown as it is
        text = str(raw)
    return " ".join(encodable(text).split()) or None


def _authors(mail: Message) -> tuple[str, ...]:
    """The name of the sender, else the address; browsers write "<Saved by Blink>", which is neither."""
    name, address = parseaddr(_header(mail, "From") or "")
    author = name or (address if "@" in address else "")
    return (author,) if author else ()


def _date(mail: Message) -> datetime | None:
    try:
        date = parsedate_to_datetime(_header(mail, "Date") or "")
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
