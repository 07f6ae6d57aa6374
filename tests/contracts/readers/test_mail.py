"""Mails and saved pages."""

from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from pipeline.adapters.readers import Item, Refusal
from schemas.page import Hints
from tests.contracts.readers.uploads import HTML, PDF, TEXT, Put, found, items, one, reason, zipped


def mail(**headers: str) -> EmailMessage:
    message = EmailMessage()
    for name, value in {"From": "Sari Dewi <sari@kabar.example>", "Subject": "Rapat", **headers}.items():
        message[name] = value
    return message


def test_a_mail_with_both_kinds_of_text_and_attachments(put: Put) -> None:
    message = mail(Date="Fri, 03 May 2024 08:00:00 +0700", To="redaksi@kabar.example")
    message.set_content("biasa")
    message.add_alternative("<p>caf\xe9</p>", subtype="html", charset="latin-1")
    message.add_attachment(PDF, maintype="application", subtype="pdf", filename="../rilis.pdf")
    message.add_attachment(zipped([("a.txt", TEXT)]), maintype="application", subtype="zip", filename="b.zip")
    message.add_attachment(b"\x89PNG123", maintype="image", subtype="png", filename="foto.png")
    message.add_attachment(b"\x89PNG123", maintype="image", subtype="png", disposition="inline", filename="logo.png")
    path = put("a.eml", message.as_bytes())
    page, pdf, member, picture = found(path)
    assert page == Item(
        str(path),
        "<p>caf\xe9</p>\n".encode("latin-1"),
        "text/html",
        "iso-8859-1",
        None,
        Hints(title="Rapat", authors=("Sari Dewi",), published="Fri, 03 May 2024 08:00:00 +0700"),
        datetime(2024, 5, 3, 1, tzinfo=UTC),
    )
    assert (pdf.name, pdf.media_type) == (f"{path}!rilis.pdf", "application/pdf")
    assert (member.name, member.content) == (f"{path}!b.zip!a.txt", TEXT)
    assert picture.reason is Refusal.UNSUPPORTED


def test_a_plain_mail_is_known_by_its_headers(put: Put) -> None:
    message = mail(**{"Message-ID": "<1@kabar.example>", "Subject": "Rapat é"})
    message.set_content("Wira Lestari hadir.")
    item = one(put("a.txt", message.as_bytes()))
    assert (item.media_type, item.charset, item.hints.title) == ("text/plain", "utf-8", "Rapat é")
    assert item.fetched_at is None


def test_a_mail_in_a_mail(put: Put) -> None:
    inner = mail(Subject="Dalam")
    inner.set_content("isi dalam", subtype="html")
    outer = mail(Subject="Luar")
    outer.set_content("isi luar")
    outer.add_attachment(inner)
    titles = [(item.hints.title, item.content.strip()) for item in found(put("a.eml", outer.as_bytes()))]
    assert titles == [("Luar", b"isi luar"), ("Dalam", b"isi dalam")]


def test_a_page_that_a_browser_saved_as_mhtml(put: Put) -> None:
    message = EmailMessage()
    message["From"] = "<Saved by Blink>"
    message["Snapshot-Content-Location"] = "https://kabar.example/rapat"
    message["MIME-Version"] = "1.0"
    message.set_content(HTML.decode(), subtype="html")
    item = one(put("a.mhtml", message.as_bytes()))
    assert (item.url, item.media_type, item.hints) == ("https://kabar.example/rapat", "text/html", Hints())


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"From: a@b.example\nTo: c@d.example\nMIME-Version: 1.0\n\n", Refusal.EMPTY),
        (b"From a@b.example\nFrom: a@b.example\n\nisi\n\nFrom a@b.example\nFrom: a\n\nisi", Refusal.UNSUPPORTED),
        (b"MIME-Version: 1.0\nFrom: a\n\n" + b"\n--" * 20_000, Refusal.TOO_LARGE),
        (b"MIME-Version: 1.0\nFrom: a\n" + b"a:\n" * 1_100_000, Refusal.TOO_LARGE),
        (b"From: a@b.example\nContent-Type: text/plain\nMIME-Version: 1.0\n\n" + bytes(range(256)), Refusal.BINARY),
    ],
)
def test_bad_mails(put: Put, content: bytes, expected: Refusal) -> None:
    assert reason(put("a.eml", content)) is expected


def test_a_mail_of_parts_in_parts_does_not_stop_the_reading(put: Put) -> None:
    lines = [b"From: a@b.example", b"MIME-Version: 1.0"]
    for n in range(3000):
        lines += [b"Content-Type: multipart/mixed; boundary=b%d" % n, b"", b"--b%d" % n]
    put("d/a.eml", b"\n".join(lines) + b"\n\nx")
    results = found(put("d/b.txt", TEXT).parent)
    assert len(items(results)) == 1


@pytest.mark.parametrize(
    "header",
    [
        "Subject: =?x-none?q?a?=",
        "Subject: =?utf-8?b?!!!?=",
        "Date: 99 Foo 99999 99:99",
        "From: =?utf-8?b?4?= <",
        "From: \xff",
    ],
)
def test_headers_that_nobody_can_decode(put: Put, header: str) -> None:
    content = f"MIME-Version: 1.0\nTo: a@b.example\n{header}\nContent-Type: text/plain; charset=rot13\n\nisi"
    item = one(put("a.eml", content.encode("latin-1")))
    assert (item.content, item.charset, item.fetched_at) == (b"isi", None, None)
