"""What pages say of themselves: paywalls, texts that are cut off, error pages, walls; and what only seems to."""

import pytest

from pipeline.errors import Reject
from pipeline.news import cleaning
from pipeline.news.cleaning import Uncleanable
from pipeline.news.pagesigns import cut_off, locked, refusal
from tests.news.test_cleaning_html import PARAGRAPHS, article_of, body_of, fetched, json_ld, web_page

TEXT = "\n".join([*PARAGRAPHS, PARAGRAPHS[0]])


@pytest.mark.parametrize(
    ("text", "behind", "expected"),
    [
        (TEXT, "", None),
        (TEXT, "Share this", None),
        (TEXT + "\nThe mayor of the town, who had promised the bridge for the spring, told the...", "", "ellipsis"),
        (TEXT + " […]", "", "ellipsis"),
        (TEXT + "\n,loading...", "", None),
        (TEXT, "Continue reading with an account", "continue-reading"),
        (TEXT, "» Baca selengkapnya di aplikasi", "continue-reading"),
        (TEXT, "阅读全文", "continue-reading"),
        ("\n".join([TEXT] * 8), "Continue reading", None),
        (TEXT + "\nLanjutkan membaca", "", "continue-reading"),
        (TEXT + "\nThe mayor, who had promised the bridge for the spring of last year and then", "", "breaks-off"),
        (TEXT + "\nReporting by Anna Weber and Budi Santoso in the old town; Editing by Mary Kim", "", None),
        (TEXT + "\nReaders who want to know more about the bridge may write to bridge@warta.example", "", None),
        (TEXT + "\nOld News", "", None),
        ("", "", None),
    ],
)
def test_how_a_text_is_cut_off(text: str, behind: str, expected: str | None) -> None:
    assert cut_off(text, behind) == expected


@pytest.mark.parametrize(
    ("behind", "expected"),
    [
        ("Subscribe to continue with this story", True),
        ("Artikel ini khusus pelanggan", True),
        ("Dieser Artikel ist nur für Abonnenten", True),
        ("Comments", False),
        ("The ferry goes on", False),
    ],
)
def test_what_says_that_the_rest_is_for_subscribers(behind: str, *, expected: bool) -> None:
    assert locked(TEXT, behind) is expected


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (json_ld(isAccessibleForFree=False), "json-ld"),
        (json_ld(isAccessibleForFree="False"), "json-ld"),
        (json_ld(isAccessibleForFree="http://schema.org/False"), "json-ld"),
        (json_ld(hasPart={"@type": "WebPageElement", "isAccessibleForFree": False}), "json-ld"),
        (json_ld(isAccessibleForFree=True), None),
        ('<meta property="article:content_tier" content="locked">', "meta"),
        ('<meta property="article:content_tier" content="free">', None),
    ],
)
def test_a_stated_paywall_is_kept(head: str, expected: str | None) -> None:
    if "ld+json" in head:
        head = head.replace('"headline"', '"datePublished": "2024-05-13", "headline"')
    article = article_of(web_page(body_of(PARAGRAPHS), head))
    assert article.paywall == expected
    assert article.truncated is None


def test_a_locked_article_says_so_and_keeps_what_there_is() -> None:
    page = web_page(body_of(PARAGRAPHS) + '<div class="gate"><p>Subscribe to continue reading this story.</p></div>')
    article = article_of(page)
    assert article.paywall == "text"
    assert PARAGRAPHS[3] in article.text


def test_a_text_copy_is_asked_the_same() -> None:
    copy = "Bridge reopens next week\n\n" + "\n".join(PARAGRAPHS) + "\n\nBaca selengkapnya di aplikasi kami\n"
    article = cleaning.clean(copy.encode(), fetched(media_type="text/plain"))
    assert article.truncated == "continue-reading"


SORRY = (
    "<p>The address may have been mistyped, or the story has moved. Try the search or go back to the front page.</p>"
)


@pytest.mark.parametrize(
    ("title", "body", "reason"),
    [
        ("404 - Page not found", SORRY, Uncleanable.ERROR_PAGE),
        ("Error 503", SORRY, Uncleanable.ERROR_PAGE),
        ("Halaman tidak ditemukan", SORRY, Uncleanable.ERROR_PAGE),
        ("Страница не найдена", SORRY, Uncleanable.ERROR_PAGE),
        ("Just a moment...", "<p>Checking your browser before you can go on to the site.</p>", Uncleanable.BOT_CHECK),
        (
            "Warta",
            "<p>Please verify you are a human by pressing the button below, thank you.</p>",
            Uncleanable.BOT_CHECK,
        ),
        (
            "Warta",
            "<p>We value your privacy. We and our partners store and read information on your device to show you "
            "advertising that fits, to measure it and to learn about readers.</p>",
            Uncleanable.CONSENT,
        ),
        ("Kami menghargai privasi Anda", SORRY, Uncleanable.CONSENT),
    ],
)
def test_pages_that_are_no_article_are_rejected_with_their_reason(title: str, body: str, reason: Uncleanable) -> None:
    page = f"<html><head><title>{title}</title></head><body><main><h1>{title}</h1>{body}</main></body></html>"
    with pytest.raises(Reject) as caught:
        cleaning.clean(page.encode(), fetched())
    assert caught.value.reason is reason


@pytest.mark.parametrize(
    "title",
    [
        "404 orang mengungsi ke bukit",
        "500 days after the flood",
        "Verify, then trust, says the mayor",
        "Error of judgement",
    ],
)
def test_titles_that_only_look_like_it_are_articles(title: str) -> None:
    assert refusal(title, TEXT, "Home News " + TEXT) is None


def test_a_long_article_may_have_any_title() -> None:
    assert refusal("Page not found: the town that maps forgot", TEXT * 3, "") is None
