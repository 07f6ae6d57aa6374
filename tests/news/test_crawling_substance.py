"""What a page says is told from what stands around it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.news.crawling.substance import substance

SAID = [
    "Kepala Pelabuhan Sagara membuka dermaga baru pada hari Senin.",
    "Dermaga itu ditutup selama sembilan pekan karena tiangnya retak.",
    "Kapal pertama akan bersandar di sana pada hari Rabu pekan depan.",
]


def name(body: str) -> str:
    return substance(body.encode(), "text/html", "utf-8")


def page(said: list[str] = SAID, before: str = "", behind: str = "", tag: str = "p") -> str:
    lines = "".join(f"<{tag}>{line}</{tag}>" for line in said)
    return f"<html><body>{before}<h1>Dermaga</h1>{lines}{behind}</body></html>"


@pytest.mark.parametrize(
    "around",
    [
        "<script>var token = 'x9';</script>", "<!-- 12:01 -->", "<p>1.024 pembaca</p>", "<p></p>", "\n\n",
        "<a href='/1'>Berita lain hari ini</a>", "<style>p {}</style>",
        "<li>Menteri membuka pasar baru di kota pada hari Selasa pagi ini</li>",
    ],
)  # fmt: skip
def test_what_stands_around_an_article_does_not_count(around: str) -> None:
    assert name(page(before=around, behind=around)) == name(page())


@pytest.mark.parametrize(
    "said", [SAID[:2], [SAID[0].replace("Senin", "Selasa"), *SAID[1:]], [*SAID, SAID[0] + " Ralat."], SAID[::-1]]
)
def test_what_an_article_says_counts(said: list[str]) -> None:
    assert name(page(said)) != name(page())


def test_a_heading_counts_and_spaces_do_not() -> None:
    assert name(page().replace("<h1>Dermaga", "<h1>Dermaga baru")) != name(page())
    assert name(page().replace(" ", "\n  ")) == name(page())


def test_pages_without_paragraphs_are_told_by_their_long_lines_or_by_all() -> None:
    long = [line * 2 for line in SAID]
    assert name(page(long, tag="div")) != name(page([*long[:2], long[2] + " Ralat."], tag="div"))
    assert name(page(long, behind="<div>12 pembaca</div>", tag="div")) == name(page(long, tag="div"))
    assert name("<div>satu</div>") != name("<div>dua</div>")
    assert substance(b"satu", "text/plain", None) != substance(b"dua", "text/plain", None)


@given(st.binary(), st.sampled_from(["text/html", "text/plain", "application/pdf"]), st.none() | st.text(max_size=9))
def test_every_page_has_a_name(content: bytes, media_type: str, charset: str | None) -> None:
    assert substance(content, media_type, charset) == substance(content, media_type, charset)
