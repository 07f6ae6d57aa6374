"""What feeds, sitemaps and section pages list, and what of it leads to articles."""

import gzip
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.news.crawling.discovery import Candidate as Found
from pipeline.news.crawling.discovery import announced, proposed, sitemaps, tried, usual
from pipeline.news.crawling.feeds import MOST
from pipeline.news.crawling.listings import Listed, Listing, Part, Unread, Unreadable
from pipeline.news.crawling.opml import exported, imported
from pipeline.news.crawling.reading import Kind, read
from pipeline.news.crawling.shapes import SHAPES_MAX, chosen, declares, is_article, learn, promising, shape
from schemas.catalog import Source

URL = "https://warta.example/rss"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def listing(content: bytes | str, kind: Kind = "feed", media_type: str | None = None) -> Listing:
    found = read(content.encode() if isinstance(content, str) else content, media_type, None, URL, kind)
    assert isinstance(found, Listing), found
    return found


def refused(content: bytes | str, kind: Kind = "feed") -> Unread:
    found = read(content.encode() if isinstance(content, str) else content, None, None, URL, kind)
    assert isinstance(found, Unreadable), found
    return found.reason


RSS = """<?xml version="1.0"?><!-- c --><rss version="2.0" xmlns:a="http://www.w3.org/2005/Atom"><channel>
<title>Warta</title><ttl>45</ttl><skipHours><hour>0</hour><hour>13</hour></skipHours>
<skipDays><day>Sunday</day></skipDays><a:link rel="next" href="?paged=2"/>{}</channel></rss>"""


def test_an_rss_feed() -> None:
    found = listing(
        RSS.format(
            "<item><link>/1</link><pubDate>Mon, 23 Nov 2026 19:00:00 +0700</pubDate></item>"
            "<item><guid>https://warta.example/2</guid></item>"
            "<item><guid isPermaLink='false'>3</guid></item><item><title>4</title></item>"
        )
    )
    assert [item.url for item in found.items] == ["https://warta.example/1", "https://warta.example/2"]
    assert (found.items[0].published, found.items[1].published) == (NOON, None)
    assert (found.wait, found.skip_hours, found.skip_days) == (timedelta(minutes=45), {0, 13}, {6})
    assert (found.further, found.left_out, found.title) == ("https://warta.example/rss?paged=2", 2, "Warta")


def test_an_atom_feed_and_rdf() -> None:
    atom = (
        "<feed xmlns='http://www.w3.org/2005/Atom'><entry><link rel='alternate' href='/1'/><link rel='self' href='/x'/>"
    )
    found = listing(
        atom + "<published>2026-11-23T12:00:00Z</published><updated>2026-11-23T13:00:00Z</updated></entry></feed>"
    )
    assert found.items == (Listed("https://warta.example/1", NOON, NOON + timedelta(hours=1)),)
    rdf = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
    xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" xmlns:dc="http://purl.org/dc/elements/1.1/">
    <channel><sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency></channel>
    <item><link>https://warta.example/1</link><dc:date>2026-11-23T12:00:00Z</dc:date></item></rdf:RDF>"""
    read_rdf = listing(rdf)
    assert (read_rdf.wait, len(read_rdf.items)) == (timedelta(hours=6), 1)


def test_a_json_feed() -> None:
    items = [{"id": "https://warta.example/1", "date_published": "2026-11-23T12:00:00Z"}, {"id": 7}, {"url": "/2"}]
    body = {"version": "https://jsonfeed.org/version/1.1", "items": items, "next_url": "?2"}
    found = listing(json.dumps(body))
    assert [item.url for item in found.items] == ["https://warta.example/1", "https://warta.example/2"]
    assert (found.items[0].published, found.further, found.left_out) == (NOON, "https://warta.example/rss?2", 1)
    assert refused('{"items": []}') is Unread.BROKEN
    assert refused('{"version": "2", "items": []}') is Unread.NO_LISTING


def test_sitemaps_and_their_indexes() -> None:
    news = """<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:n="n" xmlns:i="i"><url>
    <i:image><i:loc>https://warta.example/i.jpg</i:loc></i:image><loc> https://warta.example/1 </loc>
    <lastmod>2026-11-23T12:00:00+00:00</lastmod><n:news><n:publication_date>2026-11-23</n:publication_date></n:news></url>
    <url><loc></loc></url></urlset>"""
    found = listing(gzip.compress(news.encode()))
    assert found.items == (Listed("https://warta.example/1", NOON.replace(hour=0), NOON),)
    assert (found.kind, found.left_out) == ("sitemap", 1)
    index = "<sitemapindex><sitemap><loc>/a.xml</loc><lastmod>2026-11</lastmod></sitemap></sitemapindex>"
    assert listing(index).parts == (Part("https://warta.example/a.xml", datetime(2026, 11, 1, tzinfo=UTC)),)
    assert len(listing("<urlset><url><loc>/1</loc></url><url><lo").items) == 1, "what stands before a break is read"


def test_entities_are_not_followed_and_not_expanded() -> None:
    inside = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd"><!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    assert not listing(f"{inside}<urlset><url><loc>/1</loc></url><url><loc>/&e;</loc></url></urlset>").items[0].text
    found = read(f"{inside}<rss version='2.0'><channel><title>&e;</title><item><link>/&e;</link></item></channel></rss>"
                 .encode(), None, None, URL, "feed")  # fmt: skip
    assert "root:" not in str(found)


def test_a_feed_of_a_hundred_thousand_items_is_read_in_part() -> None:
    found = listing(RSS.format("".join(f"<item><link>/{n}</link></item>" for n in range(5 * MOST))))
    assert (len(found.items), found.left_out) == (MOST, 4 * MOST)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("<html><p>Warta", Unread.NO_LISTING), ("", Unread.NO_LISTING), ("halo", Unread.NO_LISTING),
        ("<rss version='2.0'><channel><item><title>x</title></item></channel></rss>", Unread.NO_LINKS),
        ("<urlset><url><lastmod>2026</lastmod></url></urlset>", Unread.NO_LINKS), ("<urlset", Unread.BROKEN),
        (b"\x1f\x8b\x08broken", Unread.BROKEN), (gzip.compress(b" " * 21_000_000), Unread.TOO_COSTLY),
        ("<rss>" + " " * 10_000_000, Unread.TOO_COSTLY), ("<svg/>", Unread.NO_LISTING),
    ],
)  # fmt: skip
def test_what_lists_nothing_says_why(content: bytes | str, reason: Unread) -> None:
    assert refused(content) is reason


PIECES = st.sampled_from([
    b"<rss>", b"<channel>", b"<item>", b"</item>", b"<link>", b"http://a/", b"</link>", b"<urlset>", b"<url>", b"<loc>",
    b"</loc>", b"</url>", b"<!DOCTYPE x [", b"]>", b"&amp;", b"&x;", b"<![CDATA[", b"]]>", b"\x00", b"\xff", b"{", b"}",
    b"<html>", b"<a href='", b"'>", b"<feed xmlns='http://www.w3.org/2005/Atom'>", b"<entry>", b"<guid>", b"[",
    b"<pubDate>", b"99999",
])  # fmt: skip


@given(st.lists(PIECES).map(b"".join) | st.binary(), st.sampled_from(["feed", "sitemap", "section"]))
def test_nothing_breaks_the_reader(content: bytes, kind: Kind) -> None:
    found = read(content, None, None, URL, kind)
    assert isinstance(found, Listing | Unreadable)


# Shapes


ARTICLES = [
    "https://www.warta.example/nasional/2026/11/23/menteri-buka-pasar-baru", "https://warta.example/read/1234567/menteri-buka",
    "https://warta.example/berita/d-7654321/menteri-buka-pasar", "https://warta.example/menteri-buka-pasar-baru-di-kota.html",
    "https://warta.example/index.php?id=12345", "https://warta.example/news/articles/c0mplex12345z",
]  # fmt: skip
OTHERS = [
    "https://warta.example/", "https://warta.example/nasional", "https://warta.example/tag/menteri-buka-pasar",
    "https://warta.example/tentang-kami", "https://warta.example/author/sekar-wiratmaka-putri", "https://warta.example/a/b",
    "https://warta.example/search?page=2",
]  # fmt: skip


@pytest.mark.parametrize("url", ARTICLES)
def test_addresses_of_articles_have_promising_shapes(url: str) -> None:
    assert promising(shape(url))


@pytest.mark.parametrize("url", OTHERS)
def test_addresses_of_lists_have_not(url: str) -> None:
    assert not promising(shape(url))


def test_what_pages_say_of_themselves_outweighs_the_guess() -> None:
    learned: dict[str, tuple[int, int]] = {}
    for _ in range(3):
        learned = learn(learned, "w/w", True)
        learned = learn(learned, "w/S", False)
    assert is_article("w/w", learned, 0.0)
    assert not is_article("w/S", learned, 9.0)
    for n in range(2 * SHAPES_MAX):
        learned = learn(learned, f"w{n}", True)
    assert len(learned) == SHAPES_MAX


def test_each_article_is_chosen_once_with_its_longest_text() -> None:
    story = "https://warta.example/2026/11/23/menteri-buka-pasar"
    links = [
        Listed(story),
        Listed(story + "?utm_source=x", text="Menteri membuka pasar baru"),
        Listed(story + "/foto-satu-dua.jpg"),
    ]
    assert chosen(links, {}) == [links[1]]
    assert chosen([Listed(story, text="Baca")], {}) == []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'<meta property="og:type" content="article">', True), (b'<meta content="website" property="og:type">', False),
        (b'<script type="application/ld+json">{"@type": "NewsArticle"}</script>', True), (b"<p>x", None),
        (b'<meta property="og:type" content="website">{"@type":["ReportageNewsArticle"]}', True),
    ],
)  # fmt: skip
def test_pages_say_whether_they_are_articles(content: bytes, says: bool | None) -> None:
    assert declares(content) is says


# Discovery


def test_what_a_page_announces_is_found() -> None:
    page = b"""<head><link rel="alternate" type="application/rss+xml" href="/feed">
    <link rel="alternate" hreflang="en" href="/en">
    <a href="/rss/nasional">RSS</a><a href="/nasional">Nasional</a><a href="https://lain.example/politik">Politik</a>
    <a href="/ekonomi">Baca semua berita tentang ekonomi</a>"""
    assert announced(page, None, "https://warta.example/") == [
        Found("https://warta.example/feed", "feed", "announced"),
        Found("https://warta.example/rss/nasional", "feed", "linked"),
        Found("https://warta.example/nasional", "section", "linked"),
    ]
    robots = b"User-agent: *\nSitemap: https://warta.example/all.xml\nSitemap: https://warta.example/news.xml\n"
    assert [one.url.rpartition("/")[2] for one in sitemaps(robots, URL)] == ["news.xml", "all.xml"]
    assert all(one.url.startswith("https://warta.example/") for one in usual(URL))


def test_the_richest_come_first_and_what_they_hold_is_not_proposed_again() -> None:
    def one(name: str, *numbers: int) -> object:
        items = tuple(Listed(f"https://warta.example/{n}", NOON) for n in numbers)
        return tried(Found(f"https://warta.example/{name}", "feed", "linked"), Listing("feed", items, title=name), NOON)

    found = [one("kecil", 1, 2), one("besar", *range(10)), one("lain", 20, 21), one("kosong")]
    chosen_sources = proposed(found, "https://www.warta.example/", "id", "Warta", {"warta"})  # type: ignore[arg-type]
    assert [(s.id, s.name, s.url.rpartition("/")[2]) for s in chosen_sources] == [
        ("warta-2", "Warta", "besar"), ("warta-example-lain", "lain", "lain"),
    ]  # fmt: skip


def test_opml_goes_out_and_comes_in() -> None:
    sources = [
        Source(id="a", name="Arus & Kabar <1>", url="https://arus.example/rss?a=1&b=2", language="id"),
        Source(id="b", name="B", url="https://b.example/map.xml", kind="sitemap"),
    ]
    (found,) = imported(exported(sources), ())
    assert (found.name, found.url, found.language, found.id) == (sources[0].name, sources[0].url, "id", "arus-kabar-1")
    assert imported(exported(sources), {"arus-kabar-1"})[0].id == "arus-kabar-1-2"
