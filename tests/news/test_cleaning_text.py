"""Text copies: which lines are the article, what becomes of the others, where everything stands."""

from datetime import UTC, datetime
from io import BytesIO

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from pipeline.errors import Reject
from pipeline.news.bylines import byline_of, dateline_of
from pipeline.news.cleaning import Uncleanable, clean
from pipeline.news.layout import Copy, Scorer, Span, find_body
from pipeline.news.lines import Reason, blocks_of, cue_of
from pipeline.news.mapping import page_span
from pipeline.news.pages import looks_binary, page_text
from schemas.article import Article
from schemas.page import Hints, PageFetched

FETCHED = datetime(2024, 5, 20, 12, tzinfo=UTC)

TITLE = "Jembatan Sungai Lama Dibuka Lagi, Wali Kota Minta Warga Sabar"
LEAD = (
    "Kota Baru: Wali Kota Rina Wulandari mengatakan jembatan itu dibuka lagi mulai pekan depan setelah diperbaiki "
    "selama tiga bulan."
)
SPEECH = (
    "“Kami minta warga sabar, karena jalan di sekitarnya belum selesai,” kata Rina di balai kota, Senin (13/5/2024)."
)
LAST = "Jembatan sepanjang dua ratus meter itu rusak diterjang banjir pada awal tahun dan sejak itu ditutup."
COPY = f"""Beranda
News
    {TITLE} - kabarlama

    2 menit baca

    {TITLE}

    Budi Santoso • 13 Mei 2024 16:05 WIB
    Suasana di jembatan Sungai Lama, Kota Baru. (Foto: Dok. Pemkot)
    Suasana di jembatan Sungai Lama, Kota Baru. (Foto: Dok. Pemkot)

    {LEAD}

    {SPEECH.replace(" ", chr(160), 3)}

    Baca juga:\xa0Pasar Ikan Dipindah ke Tepi Sungai

    Wali Kota Resmikan Taman Bermain Baru di Depan Pasar Ikan

    Perbaikan Tahap Dua

    {LAST}

    (RUD)

    Tinggalkan Balasan
    Alamat email Anda tidak akan dipublikasikan.
    Terpopuler
"""


def fetched(media_type: str = "text/plain", **fields: object) -> PageFetched:
    known = {"article_id": "a", "revision": 1, "page": "p", "source": "upload", "fetched_at": FETCHED}
    return PageFetched(media_type=media_type, **(known | fields))  # type: ignore[arg-type]


def article_of(text: str, **fields: object) -> Article:
    return clean(text.encode(), fetched(**fields))


def rejected(content: bytes, media_type: str = "text/plain") -> object:
    with pytest.raises(Reject) as caught:
        clean(content, fetched(media_type))
    assert caught.value.detail
    return caught.value.reason


def check_maps(article: Article, page: str) -> set[int]:
    """Every run slices the same text but for white space; returns the covered places of the page."""
    covered: set[int] = set()
    for part, runs in article.maps.items():
        for run in runs:
            text = article.part(part)[run.text : run.text + run.length]
            there = page[run.page : run.page + run.length]
            assert len(text) == len(there) == run.length
            assert all(a == b or (a.isspace() and b.isspace()) for a, b in zip(text, there))
            covered.update(range(run.page, run.page + run.length))
    return covered


def test_the_body_is_what_the_article_says() -> None:
    assert article_of(COPY).text.split("\n") == [LEAD, SPEECH, "Perbaikan Tahap Dua", LAST]


def test_fields_are_split_out() -> None:
    article = article_of(COPY)
    assert article.title == TITLE
    assert article.authors == ("Budi Santoso",)
    assert article.editor == "RUD"
    assert article.dateline == "Kota Baru"
    assert article.captions == ("Suasana di jembatan Sungai Lama, Kota Baru. (Foto: Dok. Pemkot)",)
    assert article.published == datetime.fromisoformat("2024-05-13T16:05+07:00")
    assert (article.published_precision, article.published_source) == ("minute", "text")
    assert article.language == "id"
    assert article.quality > 0.7


def test_every_other_line_is_removed_with_its_reason() -> None:
    article = article_of(COPY)
    reasons = {COPY[r.start : r.end]: r.reason for r in article.removed}
    assert reasons == {
        "Beranda": "menu",
        "News": "menu",
        f"{TITLE} - kabarlama": "duplicate",
        "2 menit baca": "menu",
        "Budi Santoso • 13 Mei 2024 16:05 WIB": "byline",
        "Suasana di jembatan Sungai Lama, Kota Baru. (Foto: Dok. Pemkot)": "caption",
        "Baca juga:\xa0Pasar Ikan Dipindah ke Tepi Sungai": "teaser",
        "Wali Kota Resmikan Taman Bermain Baru di Depan Pasar Ikan": "teaser",
        "(RUD)": "byline",
        "Tinggalkan Balasan": "section",
        "Alamat email Anda tidak akan dipublikasikan.": "comment-form",
        "Terpopuler": "section",
    }
    assert set(reasons.values()) <= {reason.value for reason in Reason}


def test_a_standfirst_stands_between_title_and_date() -> None:
    standfirst = "Wali kota berjanji bahwa jembatan yang rusak diterjang banjir itu selesai sebelum musim hujan"
    article = article_of(f"{TITLE}\n\n{standfirst}\n\n13 Mei 2024 16:05 WIB\n\n{LEAD}\n\n{SPEECH}\n\n{LAST}\n")
    assert article.standfirst == standfirst
    assert article.text.startswith(LEAD)


def test_the_date_in_the_text_is_used_when_there_is_no_other() -> None:
    article = article_of(f"{TITLE}\n\n{LEAD}\n\n{SPEECH}\n\n{LAST}\n")
    assert article.published == datetime(2024, 5, 13, tzinfo=UTC)
    assert (article.published_precision, article.confidence) == ("day", 0.5)


def test_the_site_behind_a_title_is_no_title() -> None:
    article = article_of(f"{TITLE} - KabarLama.com\n\n{LEAD}\n\n{SPEECH}\n\n{LAST}\n")
    assert article.title == TITLE
    assert [r.reason for r in article.removed] == ["site-name"]


def test_what_the_sender_says_wins() -> None:
    hints = Hints(title="Lain", authors=("Sari",), published="2024-05-01", language="en-GB", outlet="Kabar Lama")
    article = article_of(COPY, hints=hints)
    assert (article.title, article.authors, article.language, article.outlet) == ("Lain", ("Sari",), "en", "Kabar Lama")
    assert (article.published, article.published_source) == (datetime(2024, 5, 1, tzinfo=UTC), "upload")
    assert "title" not in article.maps


def test_hard_wrapped_text_becomes_paragraphs() -> None:
    wrapped = (
        "The old river bridge reopens next week after three months of work, the\n"
        "mayor of the town told reporters at the city hall on Monday, but people\n"
        "must be patient because the roads around it are not ready.\n"
        "\n"
        "The bridge was damaged by a flood at the beginning of the year and has\n"
        "been closed since then, which cut the fish market off from the well-\n"
        "known harbour on the other bank of the river.\n"
    )
    article = article_of(wrapped)
    assert len(article.text.split("\n")) == 2
    assert "the mayor of the town" in article.text
    assert "well-known harbour" in article.text
    check_maps(article, wrapped)


LINES = st.sampled_from(
    [
        *(
            TITLE,
            LEAD,
            SPEECH,
            LAST,
            "",
            "",
            "   ",
            "\xa0",
            "Baca juga: Pasar Ikan",
            "(RUD)",
            "Komentar",
            "Home",
            "\x00",
        ),
        *(
            "12 Mei 2024 10:00 WIB",
            "部长星期一表示，大桥将于春天开放，会场里没有人感到意外。",
            "قال الوزير إن الجسر سيفتح.",
        ),
    ]
) | st.text(st.characters(codec="utf-8"), max_size=40)


@settings(max_examples=150)
@given(st.lists(LINES, max_size=25), st.sampled_from(["\n", "\r\n", "\n    "]))
def test_cleaning_accounts_for_every_sign_and_invents_none(lines: list[str], ends: str) -> None:
    content = (f"{LEAD}\n{SPEECH}\n" + ends.join(lines)).encode()
    page = page_text(content, "text/plain", None)
    assume(not looks_binary(page))
    article = clean(content, fetched())
    covered = check_maps(article, page)
    letters = sum(not sign.isspace() for part in ("title", "standfirst", "body") for sign in article.part(part))
    assert len([at for at in covered if not page[at].isspace()]) == letters
    removed = {at for r in article.removed for at in range(r.start, r.end)}
    assert not removed & covered
    left = {page[at] for at in range(len(page)) if at not in removed and at not in covered}
    assert all(sign.isspace() or not sign.isprintable() for sign in left)


def test_page_spans_lead_back_to_the_page() -> None:
    article = article_of(COPY)
    at = article.text.index("jalan di sekitarnya")
    span = page_span(article.maps["body"], at, at + 19)
    assert span is not None
    assert COPY[slice(*span)] == "jalan di sekitarnya"
    assert page_span(article.maps["body"], len(article.text), len(article.text) + 5) is None


@pytest.mark.parametrize(
    ("content", "media_type", "reason"),
    [
        (b"", "text/plain", Uncleanable.EMPTY),
        (b" \n\xc2\xa0\n", "text/html", Uncleanable.EMPTY),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "text/plain", Uncleanable.NOT_TEXT),
        (b"{}", "application/json", Uncleanable.NOT_TEXT),
        (b"a " * 3_000_000, "text/plain", Uncleanable.TOO_LARGE),
        (b"a\n" * 30_000, "text/plain", Uncleanable.TOO_LARGE),
        (b"Beranda\nNews\nMasuk\nDaftar\n", "text/plain", Uncleanable.NO_ARTICLE),
        (b"%PDF-1.7 nothing", "application/pdf", Uncleanable.UNREADABLE_PDF),
        (b"", "application/pdf", Uncleanable.UNREADABLE_PDF),
    ],
)
def test_what_is_no_article_is_rejected(content: bytes, media_type: str, reason: Uncleanable) -> None:
    assert rejected(content, media_type) is reason


def pdf_of(lines: list[str]) -> bytes:
    """A PDF with one page of these lines."""
    shown = " ".join(f"({line}) Tj T*" for line in lines)
    writer = PdfWriter()
    page = writer.add_blank_page(width=600, height=800)
    font = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
    fonts = DictionaryObject(
        {NameObject("/F1"): DictionaryObject({NameObject(k): NameObject(v) for k, v in font.items()})}
    )
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    stream = DecodedStreamObject()
    stream.set_data(f"BT /F1 12 Tf 14 TL 40 760 Td {shown} ET".encode())
    page[NameObject("/Contents")] = stream
    content = BytesIO()
    writer.write(content)
    return content.getvalue()


def test_a_pdf_is_a_text_copy_of_its_extracted_text() -> None:
    content = pdf_of(["Old River Bridge Reopens Next Week", *(f"{LAST} {number}." for number in range(3))])
    article = clean(content, fetched("application/pdf"))
    assert article.title == "Old River Bridge Reopens Next Week"
    assert article.text.split("\n") == [f"{LAST} {number}." for number in range(3)]
    check_maps(article, page_text(content, "application/pdf", None))


def test_one_huge_line_is_cleaned_in_bounded_time() -> None:
    article = article_of((LAST + " ") * 10_000)
    assert article.text.startswith(LAST)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (
            "部长宣布大桥春天开放\n\n"
            + "部长星期一表示，大桥将于春天开放，会场里没有人感到意外。" * 4
            + "\n\n“我们准备好了。”他说。",
            "zh",
        ),
        (
            "عنوان الخبر اليوم\n\n"
            + "قال الوزير يوم الاثنين إن الجسر سيفتح في الربيع ولم يفاجأ أحد في القاعة بذلك. " * 3,
            "ar",
        ),
        (
            "Министр открыл мост\n\n"
            + "Министр заявил в понедельник, что мост откроют весной, и никто не удивился. " * 3,
            "ru",
        ),
    ],
)
def test_any_script_flows(text: str, language: str) -> None:
    article = article_of(text)
    assert article.language == language
    assert article.title == text.split("\n", 1)[0]
    assert check_maps(article, text)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Kota Baru: Wali Kota Rina", "Kota Baru"),
        ("KOTA BARU - Wali Kota Rina", "KOTA BARU"),
        ("JAKARTA, KABARLAMA.COM - Wali Kota", "JAKARTA"),
        ("KABARLAMA.CO, Jakarta - Wali Kota", "Jakarta"),
        ("Jakarta (NAMA) - Wali Kota", "Jakarta"),
        ("NEW YORK, Jan 8 (Name) — The mayor", "NEW YORK"),
        ("Kabar9.id-Rusia. Rusia telah", "Rusia"),
        ("KABARLAMA.com - Wali Kota Rina", None),
        ("Wali Kota Rina mengatakan jembatan", None),
        ("Rina Wulandari – yang juga wali kota", None),
        ("The latest: A bridge", None),
    ],
)
def test_datelines(text: str, place: str | None) -> None:
    assert dateline_of(text) == place


@pytest.mark.parametrize(
    ("text", "authors", "editor", "initials"),
    [
        ("Penulis : Budi Santoso", ("Budi Santoso",), None, None),
        ("Oleh: Budi Santoso dan Sari Dewi", ("Budi Santoso", "Sari Dewi"), None, None),
        ("By Mary Kim", ("Mary Kim",), None, None),
        ("Editor: Sari Dewi", (), "Sari Dewi", None),
        ("(abc/def)", (), None, "abc/def"),
        ("Sari Dewi - Senin, 13 Mei 2024 16:05 WIB", ("Sari Dewi",), None, None),
    ],
)
def test_bylines(text: str, authors: tuple[str, ...], editor: str | None, initials: str | None) -> None:
    byline = byline_of(text)
    assert byline is not None
    assert (byline.authors, byline.editor, byline.initials) == (authors, editor, initials)


@pytest.mark.parametrize(
    "text", ["By the end of the year the bridge reopens", "Oleh karena itu jembatan ditutup.", LEAD, "(13/5/2024)"]
)
def test_what_is_no_byline(text: str) -> None:
    assert byline_of(text) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("BACA JUGA: Pasar Ikan Dipindah", Reason.TEASER),
        ("Baca juga Pasar Ikan Dipindah ke Tepi Sungai", Reason.TEASER),
        ("Read more: Fish market moves", Reason.TEASER),
        ("[Related: Fish market moves]", Reason.TEASER),
        ("Comments (12)", Reason.SECTION),
        ("Bagaimana pendapat Anda tentang berita ini?", Reason.COMMENT_FORM),
        ("© 2024 Kabar Lama. All rights reserved.", Reason.RIGHTS),
        ("Facebook | Twitter | WhatsApp", Reason.SHARE),
        ("- - 12 -", Reason.MENU),
        ("Dapatkan berita terbaru lewat saluran kami", Reason.PROMOTION),
        ("“Kami minta warga unduh aplikasi itu,” kata Rina.", None),
        (LEAD, None),
    ],
)
def test_cues(text: str, reason: Reason | None) -> None:
    assert cue_of(text) is reason


def test_lines_of_news_are_not_joined() -> None:
    assert [block.text for block in blocks_of(f"{LEAD}\n{SPEECH}\n{LAST}\n" * 3)] == [LEAD, SPEECH, LAST] * 3


def said_by(*scores: float) -> Scorer:
    return lambda lines, blanks: np.array(scores)


PARAGRAPHS = Copy(blocks_of("\n\n".join((TITLE, LEAD, SPEECH, LAST))))


def test_the_body_is_the_run_of_likely_lines() -> None:
    copy = Copy(blocks_of("\n\n".join((TITLE, LEAD, SPEECH, TITLE, LEAD))))
    assert find_body(copy, said_by(0.1, 0.9, 0.9, 0.1, 0.1)) == (Span(1, 2), {})


def test_a_line_within_the_body_that_the_model_finds_unlikely_is_left_out() -> None:
    assert find_body(PARAGRAPHS, said_by(0.1, 0.9, 0.1, 0.9)) == (Span(1, 3), {2: Reason.WITHIN_ARTICLE})


def test_words_of_a_line_overrule_the_model() -> None:
    copy = Copy(blocks_of("\n\n".join((LEAD, SPEECH, "Baca juga: Pasar Ikan Dipindah ke Tepi Sungai"))))
    assert find_body(copy, said_by(0.9, 0.9, 0.9)) == (Span(0, 1), {})


def test_a_page_without_a_paragraph_has_no_body_however_likely_its_lines_are() -> None:
    headlines = "\n".join(f"{TITLE} {number}" for number in range(9))
    assert find_body(Copy(blocks_of(headlines)), said_by(*[0.9] * 9)) == (Span(0, -1), {})
    assert rejected(headlines.encode(), "text/plain") is Uncleanable.NO_ARTICLE
