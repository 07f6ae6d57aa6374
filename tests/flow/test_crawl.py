"""The crawler: what is listed is fetched once, what changes is fetched again, what cannot be had has a reason."""

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipeline.news.crawling.items import AGAIN, Unwanted
from pipeline.news.crawling.outcomes import Unfetched
from pipeline.news.urls import article_id
from schemas.catalog import Source
from tests.crawled import Crawl
from tests.simulated import SimulatedTimer, simulate
from tests.web_site import Handler, Site, answer, page, redirect

HOUR = timedelta(hours=1)
Script = Callable[[Site, Crawl], Awaitable[None]]


def rss(*links: str, ttl: str = "", dates: dict[str, str] | None = None) -> bytes:
    entries = "".join(
        f"<item><title>t</title><link>{link}</link><guid isPermaLink='false'>{number}</guid>"
        f"<pubDate>{(dates or {}).get(link, 'Sat, 01 Jan 2022 00:00:00 GMT')}</pubDate></item>"
        for number, link in enumerate(links)
    )
    return f"<?xml version='1.0'?><rss version='2.0'><channel>{ttl}{entries}</channel></rss>".encode()


def feed(*links: str, **more: Any) -> Handler:
    return answer(200, rss(*links, **more), "Content-Type: application/rss+xml")


def play(routes: dict[str, Handler], script: Script, **source: Any) -> tuple[Site, Crawl]:
    """Run a script against a site that is followed by one source, on a clock on which no time passes."""
    site, timer = Site(routes), SimulatedTimer(datetime(2022, 1, 1, tzinfo=UTC))
    made: list[Crawl] = []

    async def body() -> None:
        async with site:
            url = f"http://a.example:{site.port}{source.pop('path', '/feed')}"
            sources = [Source(id="s", name="S", url=url, **source)]
            made.append(Crawl(timer, site.port, sources))
            await script(site, made[0])

    simulate(timer, body)
    return site, made[0]


async def once(site: Site, crawl: Crawl) -> None:
    await crawl.run()


def later(crawl: Crawl, by: timedelta) -> None:
    assert isinstance(crawl.timer, SimulatedTimer)
    crawl.timer.time += by


def reasons(crawl: Crawl) -> dict[str, str | None]:
    return {item.url.partition(".example")[2].partition("/")[2]: item.reason for item in crawl.frontier.latest("s", 99)}


def test_what_a_feed_lists_is_fetched_and_goes_in() -> None:
    site, crawl = play({"/feed": feed("/1", "/2"), "/1": page("satu"), "/2": page("dua")}, once)
    assert sorted(site.paths()) == ["/1", "/2", "/feed"]
    assert sorted(crawl.pages.get(one.page) for one in crawl.fetched()) == [b"dua", b"satu"]
    assert {(one.source, one.media_type, one.charset) for one in crawl.fetched()} == {("s", "text/html", "utf-8")}
    assert [value for name, value in crawl.fetched()[0].headers if name == "content-type"]


def test_a_feed_that_repeats_reorders_and_changes_guids_and_scheme_yields_no_double() -> None:
    async def script(site: Site, crawl: Crawl) -> None:
        await crawl.run()
        for links in (
            ["/2", "/1", "/1"],
            [f"http://www.a.example:{site.port}/1?utm_source=rss", "/2#top"],
            ["/3", "/1"],
        ):
            later(crawl, timedelta(days=2))
            site.routes["/feed"] = feed(*links)
            site.log.clear()
            await crawl.run()
            asked = Counter(site.paths())
            assert asked["/1?utm_source=rss"] == 0
            assert asked["/feed"] == 1
        assert asked["/3"] == 1

    _, crawl = play({"/feed": feed("/1", "/2"), "/1": page("1"), "/2": page("2"), "/3": page("3")}, script)
    assert Counter(one.revision for one in crawl.fetched()) == {1: 3}


def test_a_changed_page_becomes_a_revision_and_is_looked_at_ever_more_seldom() -> None:
    async def script(site: Site, crawl: Crawl) -> None:
        await crawl.run()
        later(crawl, AGAIN[0] * 1.2)
        site.routes["/1"] = page("satu, diperbaiki", "ETag: b")
        await crawl.run()
        site.log.clear()
        for wait in AGAIN:
            later(crawl, wait * 0.9)
            await crawl.run()
            assert "/1" not in site.paths(), "it is not due yet"
            later(crawl, wait * 0.3)
            await crawl.run()
            assert site.paths().count("/1") == 1
            assert [one.headers.get("if-none-match") for one in site.log if one.path == "/1"] == ["b"]
            site.log.clear()
        later(crawl, timedelta(days=30))
        await crawl.run()
        assert "/1" not in site.paths(), "it is not fetched any more"

    _, crawl = play({"/feed": feed("/1"), "/1": page("satu", "ETag: a")}, script)
    assert [(one.revision, crawl.pages.get(one.page)) for one in crawl.fetched()] == [
        (1, b"satu"), (2, b"satu, diperbaiki"),
    ]  # fmt: skip


def test_what_changes_around_an_article_is_no_change() -> None:
    said = "<p>Kepala Pelabuhan Sagara membuka dermaga baru pada hari Senin.</p>" * 3

    async def script(site: Site, crawl: Crawl) -> None:
        await crawl.run()
        for number in range(30):
            body = f"<h1>Dermaga</h1>{said}<p>{number} pembaca</p><a href='/{number}'>Berita lain {number}</a>"
            site.routes["/1"] = page(body if number < 10 else body.replace("Senin", "Selasa"))
            later(crawl, HOUR * 2)
            await crawl.run()

    site, crawl = play({"/feed": feed("/1"), "/1": page(f"<h1>Dermaga</h1>{said}<p>9 pembaca</p>")}, script)
    assert [one.revision for one in crawl.fetched()] == [1, 2]
    assert site.paths().count("/1") <= 1 + 2 * len(AGAIN)


def test_what_cannot_be_had_has_a_reason_and_is_not_asked_for_again() -> None:
    routes = {
        "/robots.txt": answer(200, b"User-agent: *\nDisallow: /secret"),
        "/feed": feed("/gone", "/denied", "/secret", "/image", "/home", "ftp://a.example/x", "http://a.example:1/x"),
        "/denied": answer(403), "/image": answer(200, b"\xff\xd8", "Content-Type: image/jpeg"), "/home": redirect("/"),
        "/": page("depan"),
    }  # fmt: skip

    async def script(site: Site, crawl: Crawl) -> None:
        await crawl.run()
        site.log.clear()
        later(crawl, timedelta(days=1))
        await crawl.run()
        assert site.paths() == ["/feed"]

    _, crawl = play(routes, script)
    assert reasons(crawl) == {
        "gone": Unfetched.GONE, "denied": Unfetched.DENIED, "secret": Unfetched.ROBOTS, "image": Unwanted.NO_ARTICLE,
        "home": Unwanted.FRONT_PAGE, "x": Unfetched.PORT,
    } | {"x": Unfetched.PORT}  # fmt: skip
    assert not crawl.fetched()


def test_a_page_that_fails_for_a_while_is_tried_again_and_given_up_in_the_end() -> None:
    async def script(site: Site, crawl: Crawl) -> None:
        for _ in range(40):
            await crawl.run()
            later(crawl, 6 * HOUR)
        asked = site.paths().count("/1")
        later(crawl, timedelta(days=9))
        await crawl.run()
        assert 5 < asked < 35
        assert site.paths().count("/1") == asked
        site.routes["/feed"] = feed("/2", dates={"/2": "Thu, 20 Jan 2022 00:00:00 GMT"})
        later(crawl, timedelta(days=1))
        await crawl.run()

    _, crawl = play({"/feed": feed("/1"), "/1": answer(500), "/2": page("dua")}, script)
    assert reasons(crawl) == {"1": Unfetched.SERVER_ERROR, "2": None}


def test_a_host_that_asks_for_a_pause_is_left_alone_and_nothing_is_lost() -> None:
    async def script(site: Site, crawl: Crawl) -> None:
        site.routes["/2"] = answer(429, b"", "Retry-After: 7200")
        await crawl.run()
        asked = len(site.log)
        later(crawl, HOUR)
        await crawl.run()
        assert len(site.log) == asked
        site.routes["/2"] = page("dua")
        later(crawl, 2 * HOUR)
        await crawl.run()

    _, crawl = play({"/feed": feed("/1", "/2", "/3"), **{f"/{n}": page(f"{n}") for n in (1, 3)}}, script)
    assert len(crawl.fetched()) == 3


def test_old_articles_are_not_news_and_addresses_of_one_article_are_one() -> None:
    old = {"/old": "Mon, 01 Nov 2021 00:00:00 GMT"}
    routes = {
        "/feed": feed("/old", "/r", dates=old), "/r": redirect("/1"),
        "/1": page('<head><link rel="canonical" href="/satu-dua-tiga"></head><p>isi</p>'),
        "/satu-dua-tiga": page("<p>isi</p>"), "/old": page("x"),
    }  # fmt: skip

    async def script(site: Site, crawl: Crawl) -> None:
        await crawl.run()
        site.routes["/feed"] = feed("/satu-dua-tiga", "/1", "/r")
        later(crawl, timedelta(days=1))
        site.log.clear()
        await crawl.run()
        assert Counter(site.paths()) == {"/feed": 1, "/r": 1, "/1": 1}, (
            "the article is looked at again where it was found"
        )

    _, crawl = play(routes, script)
    assert reasons(crawl)["old"] == Unwanted.TOO_OLD
    assert len(crawl.fetched()) == 1


def test_a_listing_that_cannot_be_read_is_named_and_looked_at_ever_more_seldom() -> None:
    async def script(site: Site, crawl: Crawl) -> None:
        for _ in range(30):
            await crawl.run()
            later(crawl, HOUR)

    for body, reason in ((b"<html><p>no feed", "no-listing"), (b"", "no-listing"), (b"<rss", "broken-listing")):
        site, crawl = play({"/feed": answer(200, body)}, script)
        polled = crawl.frontier.polled()["s"]
        assert (polled.reason, polled.failures) == (reason, polled.polls)
        assert 3 <= site.paths().count("/feed") <= 6


def test_an_unchanged_feed_costs_a_short_answer() -> None:
    async def script(site: Site, crawl: Crawl) -> None:
        await crawl.run()
        site.routes["/feed"] = answer(304)
        later(crawl, timedelta(days=1))
        await crawl.run()
        asked = [one.headers.get("if-none-match") for one in site.log if one.path == "/feed"]
        assert asked == [None, '"v1"']

    routes = {"/feed": answer(200, rss("/1"), 'ETag: "v1"'), "/1": page("satu")}
    _, crawl = play(routes, script)
    polled = crawl.frontier.polled()["s"]
    assert (polled.polls, polled.unchanged, polled.articles) == (2, 1, 1)


def test_a_paused_source_is_left_alone_and_taken_up_again() -> None:
    async def script(site: Site, crawl: Crawl) -> None:
        site.routes["/1"] = answer(500)
        await crawl.run()
        asked = len(site.log)
        source = crawl.sources[0]
        crawl.sources[:] = [Source(id="s", name="S", url=source.url, paused=True)]
        later(crawl, timedelta(days=1))
        await crawl.run()
        assert len(site.log) == asked
        assert reasons(crawl) == {"1": Unwanted.PAUSED}
        crawl.sources[:] = []
        later(crawl, timedelta(hours=2))
        await crawl.run()
        site.routes["/1"] = page("satu")
        crawl.sources[:] = [source]
        site.routes["/feed"] = feed("/1", "/2")
        site.routes["/2"] = page("dua")
        await crawl.run()

    _, crawl = play({"/feed": feed("/1")}, script)
    assert len(crawl.fetched()) == 2


@pytest.mark.parametrize("links", [300, 5])
def test_the_articles_of_a_news_sitemap_are_fetched_and_a_whole_site_is_not(links: int) -> None:
    names = [f"/cerita-nomor-{n}" for n in range(links)]
    entries = "".join(f"<url><loc>http://a.example:PORT{name}</loc></url>" for name in names)

    async def script(site: Site, crawl: Crawl) -> None:
        body = f"<urlset>{entries}</urlset>".replace("PORT", str(site.port)).encode()
        index = f"<sitemapindex><sitemap><loc>http://a.example:{site.port}/s.xml</loc></sitemap></sitemapindex>"
        site.routes |= {"/map": answer(200, index.encode()), "/s.xml": answer(200, body)}
        await crawl.run()

    _, crawl = play({name: page(name) for name in names}, script, path="/map", kind="sitemap")
    assert len(crawl.fetched()) == (0 if links == 300 else 5)
    assert {count.reason for count in crawl.frontier.counts()} == {"backlog" if links == 300 else ""}


def test_sitemaps_of_an_index_without_dates_are_read_though_it_does_not_change() -> None:
    async def script(site: Site, crawl: Crawl) -> None:
        await crawl.run()
        site.routes["/s.xml"] = answer(200, b"<urlset><url><loc>/1</loc></url><url><loc>/2</loc></url></urlset>")
        later(crawl, timedelta(days=1))
        await crawl.run()

    index = b"<sitemapindex><sitemap><loc>/s.xml</loc></sitemap></sitemapindex>"
    routes = {
        "/map": answer(200, index), "/s.xml": answer(200, b"<urlset><url><loc>/1</loc></url></urlset>"),
        "/1": page("satu"), "/2": page("dua"),
    }  # fmt: skip
    _, crawl = play(routes, script, path="/map", kind="sitemap")
    assert len(crawl.fetched()) == 2


def test_a_feed_that_names_a_thousand_hosts_does_not_take_the_place_of_others() -> None:
    names = [f"http://h{n}.example:1/x" for n in range(150)]
    site_page = {"/feed": feed(*(name.replace(":1", "") for name in names))}
    _, crawl = play(site_page, once)
    counts = {(one.state, one.reason): one.items for one in crawl.frontier.counts()}
    assert counts[("refused", "too-many-hosts")] == 50


def test_links_of_a_section_page_are_followed_and_what_leads_to_articles_is_learned() -> None:
    story = "/berita/2026/{}/menteri-buka-pasar"
    odd = "/foto/{}/galeri-kegiatan-hari-ini"
    links = [(story.format(n), "Menteri membuka pasar baru di kota") for n in range(4)]
    links += [(odd.format(n + 20000), "Galeri foto kegiatan hari ini") for n in range(6)]
    links += [("/tentang-kami", "Tentang kami"), ("/tag/pasar-baru-kota", "Pasar baru kota kami semua")]
    body = "".join(f'<a href="{href}">{text}</a>' for href, text in links)
    article = page('<meta property="og:type" content="article"><p>x')
    routes = {"/": page(f"<html>{body}"), **{story.format(n): article for n in range(9)}}
    routes |= {odd.format(n + 20000): page('<meta property="og:type" content="website">') for n in range(9)}

    async def script(site: Site, crawl: Crawl) -> None:
        await crawl.run()
        assert not {"/tentang-kami", "/tag/pasar-baru-kota"} & set(site.paths())
        more = f'<a href="{story.format(8)}">Menteri datang lagi ke kota</a>'
        more += f'<a href="{odd.format(20008)}">Galeri foto hari ini juga</a>'
        site.routes["/"] = page(f"<html>{more}{body}")
        later(crawl, timedelta(days=1))
        site.log.clear()
        await crawl.run()
        assert story.format(8) in site.paths()
        assert odd.format(20008) not in site.paths()

    play(routes, script, path="/", kind="section")


def test_the_key_of_an_item_is_the_id_of_its_article() -> None:
    _, crawl = play({"/feed": feed("/1"), "/1": page("satu")}, once)
    (item,) = crawl.frontier.latest("s", 9)
    assert item.key == article_id(item.url, b"") == crawl.fetched()[0].article_id
