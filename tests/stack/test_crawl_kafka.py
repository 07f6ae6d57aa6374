"""Crawling onto Kafka: pages go through the flow, what became of them is seen, and people are told of a source once."""

import contextlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agents import FLOW
from pipeline.adapters.sqlite.frontier import SqliteFrontier
from pipeline.cli.installation import Installation
from pipeline.news.crawling.polling import Polled
from pipeline.runners import operations
from pipeline.runners.crawl.sampling import Sampler
from pipeline.settings import load
from tests.command import run
from tests.e2e.test_crawl import feed, home, settings, stories, url
from tests.stack.servers import Kafka
from tests.stack.test_channels_kafka import eventually, working
from tests.web_site import Served

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300), pytest.mark.filterwarnings("ignore")]


def test_what_is_crawled_goes_through_kafka_and_a_blocked_source_is_told_once(tmp_path: Path) -> None:
    with Served() as site, Kafka() as kafka:
        stories(site, 1, 2, 3)
        site.routes["/feed"] = feed(1, 2, 3)
        folder, now = home(tmp_path, site), datetime.now(UTC)
        with (folder / "catalog" / "sources.toml").open("a", encoding="utf-8") as catalog:
            catalog.write(f'\n[[source]]\nid = "tutup"\nname = "Tutup"\nurl = "{url(site, "/tutup")}"\nkind = "feed"\n')
        with contextlib.closing(SqliteFrontier(folder / "frontier.db")) as frontier:
            frontier.record(polled=Polled(
                "tutup", url(site, "/tutup"), now + timedelta(days=1), first=now - timedelta(days=9), at=now,
                failures=4, reason="denied", detail="it answers 403", since=now - timedelta(hours=10),
            ))  # fmt: skip
        environment = settings(site) | {"PANTAU_BROKER": f"kafka://{kafka.bootstrap}?partitions=2&session=6"}
        house = Installation(load(environment, folder))
        house.prepare()
        with contextlib.closing(house.admin()) as admin:
            admin.create(house.topics())
        ended = run("--home", folder, "crawl", "--once", **environment)
        assert (ended.code, "3 pages fetched" in ended.out) == (0, True), ended
        with working(house, environment):
            eventually(lambda: house.search.count("articles") == 3 and not operations.waiting(FLOW, house.broker), 90)
            assert run("--home", folder, "crawl", "--once", **environment).code == 0
            eventually(lambda: not operations.waiting(FLOW, house.broker), 60)
        told = [json.loads(line) for line in (folder / "alerts.jsonl").read_text(encoding="utf-8").splitlines()]
        assert [(one["reason"], one["notice"]["title"].partition(" since")[0]) for one in told if "notice" in one] == [
            ("blocked", "Tutup is blocked")
        ]
        sampler = Sampler(house.broker, house.intake, lambda: house.search)
        seen = sampler.seen([url(site, f"/berita/{number}") for number in (1, 2, 3, 9)])
        assert [one is not None and one.words > 20 for one in seen] == [True, True, True, False]
        house.broker.close()
