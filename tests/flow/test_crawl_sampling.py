"""What cleaning made of articles comes back to the crawler, which tells when a site cannot be read any more."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline.adapters.sqlite.frontier import SqliteFrontier
from pipeline.cli.installation import Installation
from pipeline.news.crawling.items import Item
from pipeline.news.crawling.quality import KNOWN, Quality, Seen
from pipeline.runners.crawl.herald import Telling
from pipeline.runners.crawl.sampling import YOUNG, Sampler, unseen
from pipeline.runners.intake import Arrival
from pipeline.settings import load
from schemas.catalog import Source
from tests.crawled import Crawl
from tests.serving.service import ARTICLE
from tests.simulated import SimulatedTimer, simulate
from tests.web_site import Site, answer, page

HOUR = timedelta(hours=1)
START = datetime(2022, 1, 3, tzinfo=UTC)
MENU = b"<html><head><title>Kabar</title></head><body><nav><a href=/a>Depan</a> <a href=/b>Bola</a></nav></body></html>"
DATED = ARTICLE.replace("<head>", "<head><meta property='article:published_time' content='2022-01-03T08:00:00Z'>")


def test_what_became_of_an_article_is_found_under_its_url(tmp_path: Path) -> None:
    house = Installation(load({"PANTAU_HOME": str(tmp_path), "PANTAU_RECOGNISER": "none:"}))
    pages = {"1": DATED.encode(), "2": ARTICLE.encode(), "3": MENU, "4": b""}
    urls = {number: f"https://a.example/2022/01/03/{number}-harbour-fees" for number in pages}
    house.intake.take([Arrival(pages[n], "text/html", "s", "utf-8", urls[n], fetched_at=START) for n in pages])
    sampler = Sampler(house.broker, house.intake, lambda: house.search)
    assert sampler.seen([urls["1"]]) == [None], "it is not at its end yet"
    with house.runner(0) as runner:
        runner.drain()
    first, second, third, fourth = sampler.seen(list(urls.values()))
    assert first
    assert second
    assert first.words > 100
    assert (first.dated, first.reason, third, fourth) == (
        True,
        None,
        Seen(0, False, "no-article"),
        Seen(0, False, "empty"),
    )
    assert sampler.seen(["https://a.example/other"]) == [None]

    items = [Item(n, urls[n], "a.example", "s", START, START, None, fetched=START) for n in pages]
    unknown = Item("x", "https://a.example/x", "a.example", "s", START, START, None, fetched=START)
    assert len(sampler.sample([*items, unknown, *items], START + HOUR)) == 4, "up to what is still at work"
    assert len(sampler.sample([*items, unknown, *items], START + 25 * HOUR)) == 8


def test_where_nothing_is_indexed_refusals_alone_say_nothing(tmp_path: Path) -> None:
    house = Installation(load({"PANTAU_HOME": str(tmp_path), "PANTAU_RECOGNISER": "none:"}))
    url = "https://a.example/2022/01/03/3-harbour-fees"
    house.intake.take([Arrival(MENU, "text/html", "s", "utf-8", url, fetched_at=START)])
    with house.runner(0) as runner:
        runner.drain()
    sampler = Sampler(house.broker, house.intake, lambda: house.search)
    assert sampler.seen([url]) == [None]
    house.intake.take([Arrival(ARTICLE.encode(), "text/html", "s", "utf-8", f"{url}-rise", fetched_at=START)])
    with house.runner(0) as runner:
        runner.drain()
    assert sampler.seen([url]) == [Seen(0, False, "no-article")]


def test_each_article_is_sampled_once_when_it_had_time(tmp_path: Path) -> None:
    frontier = SqliteFrontier(tmp_path / "frontier.db")
    times = [START + number * HOUR for number in range(5)]
    frontier.record([Item(str(at), "u", "h", "s", at, at, None, fetched=at) for at in times])
    frontier.record([Item("waits", "u", "h", "s", times[2], START, START)])
    assert [item.fetched for item in unseen(frontier, "s", times[3] + YOUNG)] == times[:4]
    frontier.amend(Quality, "s", lambda _: Quality(upto=times[1]))
    assert [item.fetched for item in unseen(frontier, "s", times[4] + YOUNG)] == times[2:]
    frontier.close()


class Told(Sampler):
    """Says of the first articles that they are good, and of the others that nothing was found in them."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def seen(self, urls: Sequence[str]) -> list[Seen | None]:
        self.asked += urls
        good = (int(url.rpartition("/")[2]) < KNOWN for url in urls)
        return [Seen(400, True) if one else Seen(0, False, "no-article") for one in good]


def test_a_site_whose_pages_cannot_be_read_any_more_is_told_of() -> None:
    links, sampler = list[str](), Told()
    site, timer = Site(), SimulatedTimer(START)
    made: list[Crawl] = []

    async def body() -> None:
        async with site:
            source = Source(id="s", name="Warta", url=f"http://a.example:{site.port}/feed")
            made.append(Crawl(timer, site.port, [source], telling=Telling(("feed:",)), sampler=sampler))
            for number in range(KNOWN + 16):
                links.append(f"<item><link>/{number}</link></item>")
                site.routes[f"/{number}"] = page(f"<title>{number}</title>")
                site.routes["/feed"] = answer(
                    200, f"<rss version='2.0'><channel>{''.join(links)}</channel></rss>".encode()
                )
                await made[0].run(once=False, until=3 * HOUR)

    simulate(timer, body)
    told = made[0].told()
    assert [alert.reason for alert in told] == ["broken"]
    assert told[0].notice
    assert "9 of its last 12 pages no article is found (no-article), where 0% are usual" in told[0].notice.lines[0]
    assert len(sampler.asked) == len(set(sampler.asked)) > KNOWN + 9
