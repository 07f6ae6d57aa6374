"""The way in: what is new, changed or known, whatever the order and however often it comes."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.adapters.memory import MemoryPages
from pipeline.adapters.sqlite.broker import SqliteBroker
from pipeline.news.urls import article_id
from pipeline.runners.intake import Arrival, Intake
from schemas.codec import decode
from schemas.page import Hints, PageFetched

NOON = datetime(2030, 5, 1, 12, tzinfo=UTC)
URL = "https://kabar.example/berita/1"


class Noon:
    def now(self) -> datetime:
        return NOON


@pytest.fixture
def broker() -> SqliteBroker:
    return SqliteBroker(":memory:")


def taken(broker: SqliteBroker) -> list[PageFetched]:
    return [decode(message.body, message.schema, PageFetched) for message in broker.scan("pages-fetched")]


def test_a_page_is_stored_and_announced_with_all_that_came_with_it(broker: SqliteBroker) -> None:
    pages = MemoryPages()
    arrival = Arrival(b"<p>isi</p>", "text/html", "upload", "utf-8", URL, "a.html", Hints(title="Judul"))
    assert Intake(broker, pages, Noon()).take([arrival]) == ["new"]
    (page,) = taken(broker)
    assert pages.get(page.page) == b"<p>isi</p>"
    assert (page.url, page.name, page.hints.title, page.charset) == (URL, "a.html", "Judul", "utf-8")
    assert (page.fetched_at, page.revision, page.source) == (NOON, 1, "upload")


def test_another_content_under_a_url_is_a_revision_and_what_was_there_before_is_known(broker: SqliteBroker) -> None:
    intake = Intake(broker, MemoryPages(), Noon())
    pages = [Arrival(content, "text/plain", "upload", url=URL) for content in (b"satu", b"dua", b"satu", b"dua")]
    assert intake.take(pages) == ["new", "changed", "known", "known"]
    assert [(page.revision, page.article_id) for page in taken(broker)] == [
        (1, taken(broker)[0].article_id),
        (2, taken(broker)[0].article_id),
    ]


def test_another_form_of_a_url_is_the_same_article(broker: SqliteBroker) -> None:
    intake = Intake(broker, MemoryPages(), Noon())
    forms = (URL, URL + "?utm_source=surat#atas", "HTTPS://KABAR.example:443/berita/1")
    assert intake.take([Arrival(b"isi", "text/plain", "upload", url=form) for form in forms]) == [
        "new",
        "known",
        "known",
    ]


def test_without_a_url_the_content_is_the_article(broker: SqliteBroker) -> None:
    intake = Intake(broker, MemoryPages(), Noon())
    arrivals = [
        Arrival(content, "text/plain", "upload", name=name) for content, name in [(b"a", "1"), (b"a", "2"), (b"b", "1")]
    ]
    assert intake.take(arrivals) == ["new", "known", "new"]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([None, "1", "2"])), max_size=20))
def test_taking_everything_again_changes_nothing(given: list[tuple[str, str | None]]) -> None:
    broker = SqliteBroker(":memory:")
    intake = Intake(broker, MemoryPages(), Noon())
    arrivals = [
        Arrival(content.encode(), "text/plain", "upload", url=url and f"https://kabar.example/{url}")
        for content, url in given
    ]
    intake.take(arrivals)
    before = taken(broker)
    assert set(intake.take(arrivals)) <= {"known"}
    assert taken(broker) == before
    broker.close()


def html(text: str, canonical: str = "", amp: str = "") -> bytes:
    links = f'<link rel="canonical" href="{canonical}">' if canonical else ""
    links += f'<link rel="amphtml" href="{amp}">' if amp else ""
    return f"<html><head>{links}</head><body>{text}</body></html>".encode()


def arrive(broker: SqliteBroker, *pages: tuple[str, bytes]) -> list[PageFetched]:
    Intake(broker, MemoryPages(), Noon()).take([Arrival(page, "text/html", "upload", url=url) for url, page in pages])
    return taken(broker)


SHORT, AMP = "https://kabar.example/r/9", "https://kabar.example/versi-cepat/1"


def test_a_url_that_a_page_declared_leads_to_its_article_from_then_on(broker: SqliteBroker) -> None:
    pages = arrive(broker, (SHORT, html("satu", URL, AMP)), (AMP, html("dua")), (SHORT, html("tiga")))
    assert {page.article_id for page in pages} == {article_id(URL, b"")}
    assert [page.revision for page in pages] == [1, 2, 3]
    intake = Intake(broker, MemoryPages(), Noon())
    assert {intake.article_id(url) for url in (URL, SHORT, AMP)} == {article_id(URL, b"")}


def test_an_article_that_came_under_another_url_keeps_its_id(broker: SqliteBroker) -> None:
    pages = arrive(broker, (AMP, html("satu")), (URL, html("dua", amp=AMP)), (URL, html("tiga")))
    assert {page.article_id for page in pages} == {article_id(AMP, b"")}


def test_two_known_articles_that_turn_out_to_be_one_are_said_to_be_the_same(broker: SqliteBroker) -> None:
    pages = arrive(broker, (AMP, html("satu")), (URL, html("dua")), (AMP, html("tiga", canonical=URL)))
    assert [page.same_as for page in pages] == [(), (), (article_id(AMP, b""),)]
    assert pages[2].article_id == article_id(URL, b"")


def test_one_amp_link_on_all_pages_makes_them_not_one_article(broker: SqliteBroker) -> None:
    urls = [f"https://kabar.example/berita-{n}" for n in range(4)]
    pages = arrive(broker, *((url, html(url, amp=AMP)) for url in urls))
    assert len({page.article_id for page in pages}) == len(urls)
    late = arrive(SqliteBroker(":memory:"), (AMP, html("x")), *((url, html(url, amp=AMP)) for url in urls))
    assert len({page.article_id for page in late}) == len(urls)
    assert not any(page.same_as for page in late)


def test_the_amp_or_print_form_of_a_known_article_is_no_revision_of_it(broker: SqliteBroker) -> None:
    story = "https://kabar.example/judul-1"
    amp_page = b"<html amp lang=id>" + html("tiga", canonical=story)
    forms = ((story, html("satu")), (f"{story}/print", html("dua")), (f"{story}?outputType=amp", html("dua")))
    pages = arrive(broker, *forms, (AMP, amp_page), (story, html("empat")))
    assert [(page.article_id, page.revision) for page in pages] == [(article_id(story, b""), n) for n in (1, 2)]


def test_the_amp_form_counts_until_the_story_itself_comes(broker: SqliteBroker) -> None:
    pages = arrive(
        broker, ("https://amp.kabar.example/judul-1", html("satu")), ("https://kabar.example/judul-1", html("dua"))
    )
    assert [page.revision for page in pages] == [1, 2]
