"""Pages made to cost much: each is small enough to be taken in, and bad in a way of its own."""

import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from random import Random
from typing import NamedTuple

SENTENCE = "The old river bridge reopens next week after three months of work, the mayor of the town said on Monday."
ARTICLE = "".join(f"<p>{SENTENCE} It is day {day}.</p>" for day in range(8))


class Hostile(NamedTuple):
    """A page by what is bad in it."""

    name: str
    content: bytes
    media_type: str = "text/html"


def pages() -> Iterator[Hostile]:
    """All of them, one after the other: together they take some hundred megabytes."""
    for maker in (_nested, _large, _many, _floods, _heads, _copies, _traps, _pdfs):
        yield from maker()


def html(body: str, head: str = "") -> bytes:
    """A page with an ordinary article before what is bad."""
    title = "Bridge reopens next week"
    return (
        f"<!DOCTYPE html><html lang=en><head><title>{title}</title>{head}</head>"
        f"<body><article><h1>{title}</h1>{ARTICLE}{body}</article></body></html>"
    ).encode()


def _nested() -> Iterator[Hostile]:
    yield Hostile("100,000 nested divs", ("<div>" * 100_000 + SENTENCE).encode())
    yield Hostile("480 nested divs", html("<div>" * 480 + SENTENCE))
    yield Hostile("500 open fonts", html("<font>x" * 500))
    yield Hostile("30 deep, 1,400 times", html(("<div>" * 30 + "<b>x</b>" + "</div>" * 30) * 1400))
    yield Hostile("million brackets of JSON-LD", html("", _json_ld("[" * 2_400_000 + "]" * 2_400_000)))


def _json_ld(text: str) -> str:
    return f"<script type='application/ld+json'>{text}</script>"


def _large() -> Iterator[Hostile]:
    yield Hostile("attribute of 10 MB", html(f'<div data-x="{"a" * 10_000_000}">'))
    yield Hostile("attribute of 4.9 MB", html(f'<div data-x="{"a" * 4_900_000}">'))
    yield Hostile("script of 4.9 MB", html("<script>" + "if(a<b&&c>d){'</p><div>'};" * 188_000 + "</script>"))
    yield Hostile("graph of 4.2 MB", html("", _json_ld('{"@graph":[' + ",".join(['{"name":"a"}'] * 320_000) + "]}")))
    yield Hostile("paragraph of 4.7 MB", html("<p>" + f"{SENTENCE} " * 45_000 + "</p>"))
    yield Hostile("heading of 4.2 MB", html("<h1>" + "word - " * 600_000 + "</h1>"))


def _many() -> Iterator[Hostile]:
    yield Hostile("700,000 elements", html("<b></b>" * 700_000))
    yield Hostile("49,000 paragraphs of a letter", html("<p>x</p>" * 49_000))
    yield Hostile("45,000 bold letters", html("<b>x</b>" * 45_000))
    yield Hostile("45,000 links", html("<a href=x>y z</a> " * 45_000))
    yield Hostile("45,000 items", html("<ul>" + "<li>some item here" * 45_000 + "</ul>"))
    yield Hostile("15,000 rows", html(f"<table>{'<tr><td>some item here</td><td>and</td></tr>' * 15_000}</table>"))
    yield Hostile("45,000 line breaks", html("x<br>" * 45_000))
    yield Hostile("45,000 dates", html("<p>13 May 2024</p>" * 45_000))
    yield Hostile("30,000 paragraphs", html("".join(f"<p>{SENTENCE} {n}</p>" for n in range(30_000))))
    words, random = SENTENCE.split(), Random(1)
    mixed = (" ".join(random.sample(words, len(words))) for _ in range(9000))
    yield Hostile("9,000 changed paragraphs", html("".join(f"<p>{text}&amp; &eacute;</p>" for text in mixed)))


def _floods() -> Iterator[Hostile]:
    for name, sign, times in (
        ("references", "&amp;", 900_000),
        ("tags as references", "&lt;b&gt;", 500_000),
        ("less-thans", "<", 4_000_000),
        ("open tags", "<a", 2_000_000),
        ("open quotes", '<a x="', 800_000),
        ("open comments", "<!--", 1_000_000),
        ("comments", "<!---->", 600_000),
        ("open scripts", "<script>", 600_000),
        ("closed styles", "<style></styl", 350_000),
        ("sections of characters", "<![CDATA[", 500_000),
    ):
        yield Hostile(f"{times:,} {name}", html(f"<p>{sign * times}"))
    nested = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    laughs = f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a0 "ha">{nested}]><html><p>&a9;</p>'
    yield Hostile("entities of entities", laughs.encode() + ARTICLE.encode())


def _heads() -> Iterator[Hostile]:
    yield Hostile("49,000 metas", html("", "<meta name=a content=b>" * 49_000))
    yield Hostile("description of 4.5 MB", html("", f'<meta name="description" content="{"word " * 900_000}">'))
    yield Hostile("title of 4.2 MB", html("", f"<title>{'word - ' * 600_000}</title>"))
    yield Hostile("stated title of 4.2 MB", html("", f'<meta property="og:title" content="{"word - " * 600_000}">'))
    yield Hostile("500,000 authors", html("", f'<meta name="author" content="{"Ann Lee, " * 500_000}">'))


def _copies() -> Iterator[Hostile]:
    for name, text in (
        ("line of 10 MB", f"{SENTENCE} " * 95_000),
        ("line of 4.8 MB", f"{SENTENCE} " * 46_000),
        ("word of 4.9 MB", "a" * 4_900_000),
        ("30,000 paragraphs as text", "\n\n".join(f"{SENTENCE} {n}." for n in range(30_000))),
        ("19,900 paragraphs as text", "\n".join(f"{SENTENCE} It is day {n}." for n in range(19_900))),
        ("19,900 wrapped lines", "\n".join([SENTENCE[:70], "a" * 60 + " the mayor."][n % 2] for n in range(19_900))),
        ("19,000 lines of dates", "13 May 2024 10:00\n" * 19_000 + SENTENCE),
        ("line of 200,000 dates", "13 May 2024 10:00 " * 200_000 + SENTENCE),
        ("19,000 headlines", "Mayor Opens New Playground By The Fish Market\n" * 19_000 + SENTENCE),
        ("2,000,000 accents", f"{SENTENCE}\ne" + "\u0301" * 2_000_000),
        ("1,500,000 Han", "部长星期一表示，大桥将于春天开放，会场里没有人感到意外。" * 55_000),
        ("19,000 carriage returns", f"{SENTENCE}\r" * 19_000),
        ("2,000,000 NUL", "\0" * 2_000_000 + SENTENCE),
    ):
        yield Hostile(name, text.encode(), "text/plain")


def _traps() -> Iterator[Hostile]:
    """Lines on which a careless expression takes time with the square of their length, or worse."""
    for name, line in (
        ("brackets", "(" * 390 + "A"),
        ("quotes", '"' * 390),
        ("dots", "a." * 190),
        ("names", "By " + "A " * 95),
        ("datelines", "A, B/ " * 60),
        ("cues", "more from " * 38),
        ("hyphens", "x - " * 95),
    ):
        yield Hostile(f"12,000 lines of {name}", f"{line}\n".encode() * 12_000 + SENTENCE.encode(), "text/plain")
    yield Hostile("4,000,000 spaces", f"{SENTENCE}\na{' ' * 4_000_000}b\n".encode(), "text/plain")


def _pdfs() -> Iterator[Hostile]:
    shown = b"BT /F1 12 Tf 14 TL " + b"(hello world) Tj T* " * 10_000 + b" ET"
    for name, streams in (
        ("PDF of 1 GB of spaces", [lambda: b" " * 1_000_000_000]),
        ("PDF of 3,000,000 lines", [lambda: b"BT /F1 12 Tf 14 TL " + b"(hello) Tj T* " * 3_000_000 + b" ET"]),
        ("PDF of 100 full pages", [lambda: shown] * 100),
        ("PDF of open brackets", [lambda: b"[" * 2_000_000]),
    ):
        yield Hostile(name, _pdf(streams), "application/pdf")
    loop = _pdf([lambda: b"BT ET"]).replace(b"/Kids [3 0 R]", b"/Kids [2 0 R]")
    yield Hostile("PDF that holds itself", loop, "application/pdf")
    yield Hostile("PDF of open dictionaries", b"%PDF-1.4\n" + b"1 0 obj << /A " * 1_000_000, "application/pdf")


def _pdf(streams: list[Callable[[], bytes]]) -> bytes:
    kids = " ".join(f"{3 + 2 * n} 0 R" for n in range(len(streams)))
    font = "/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(streams)} >>".encode(),
    ]
    for n, stream in enumerate(streams):
        packed = zlib.compress(stream(), 1)
        place = f"/Parent 2 0 R /MediaBox [0 0 600 800] /Contents {4 + 2 * n} 0 R"
        objects.append(f"<< /Type /Page {place} {font} >>".encode())
        objects.append(
            b"<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(packed) + packed + b"\nendstream",
        )
    return _written(objects)


def _written(objects: list[bytes]) -> bytes:
    """The objects with the table of where they are."""
    out, places = BytesIO(), []
    out.write(b"%PDF-1.4\n")
    for number, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n" % number + body + b"\nendobj\n")
    table = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.write(b"".join(b"%010d 00000 n \n" % place for place in places))
    out.write(b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, table))
    return out.getvalue()
