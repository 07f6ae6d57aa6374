"""People are told of a change of a source once, whatever happens to the process that tells them."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pipeline.cli.installation import Installation
from pipeline.news.crawling.courses import Course, tidings
from pipeline.news.crawling.health import Health, State
from pipeline.news.pace import weekly
from pipeline.runners.crawl.herald import Herald, Telling
from pipeline.settings import load
from schemas.catalog import Source
from tests.crawled import Crawl
from tests.simulated import SimulatedTimer, simulate
from tests.web_site import Handler, Site, answer, page

HOUR = timedelta(hours=1)
START = datetime(2022, 1, 3, tzinfo=UTC)
FEED = b"<rss version='2.0'><channel><item><link>/1</link></item></channel></rss>"


def play(telling: Telling, *steps: tuple[float, Handler]) -> list[tuple[str, datetime, str]]:
    """What is told while the feed of a source answers so, each for some hours; a process of its own for each step."""
    site, timer = Site({"/1": page("satu")}), SimulatedTimer(START)
    made: list[Crawl] = []

    async def body() -> None:
        async with site:
            source = Source(id="s", name="Warta", url=f"http://a.example:{site.port}/feed")
            made.append(Crawl(timer, site.port, [source], telling=telling))
            for hours, handler in steps:
                site.routes["/feed"] = handler
                await made[0].run(once=False, until=hours * HOUR)

    simulate(timer, body)
    return [(told.reason, told.raised_at, told.notice.title if told.notice else "") for told in made[0].told()]


GOOD, DENIED = answer(200, FEED, "Content-Type: application/rss+xml"), answer(403)


def test_a_block_is_told_once_and_its_end_once_although_the_process_ends_in_between() -> None:
    told = play(Telling(("feed:",)), (6, GOOD), (30, DENIED), (10, DENIED), (48, GOOD), (6, GOOD))
    assert [(reason, title.partition(" since")[0]) for reason, _, title in told] == [
        ("blocked", "Warta is blocked"), ("healthy", "Warta is healthy again"),
    ]  # fmt: skip
    assert told[0][1] < START + 24 * HOUR


def test_a_bad_hour_is_not_told_and_where_no_channel_is_named_nothing_is() -> None:
    assert play(Telling(("feed:",)), (6, GOOD), (2, DENIED), (10, GOOD)) == []
    assert play(Telling(), (6, GOOD), (48, DENIED)) == []


def test_the_report_of_a_week_is_told_once_a_week_and_not_of_the_week_before_the_start() -> None:
    telling = Telling(("feed:",), weekly("wednesday 07:00"))
    told = play(telling, (60, GOOD), (60, GOOD), (24 * 14, GOOD))
    assert [(reason, f"{at:%a}") for reason, at, _ in told] == [
        ("report", "Wed"), ("report", "Wed"), ("report", "Wed"),
    ]  # fmt: skip
    assert "1 source brought 1 article," in told[0][2]


async def inline(work: Callable[[], Any]) -> Any:
    return work()


class Killed(BaseException):
    """A process that ends here."""


@pytest.mark.parametrize("moment", ["before it is handed on", "after it is handed on"])
def test_a_kill_while_it_is_told_tells_it_once(tmp_path: Path, moment: str) -> None:
    house = Installation(load({"PANTAU_HOME": str(tmp_path), "PANTAU_RECOGNISER": "none:", "PANTAU_WORKERS": "0"}))
    source = Source(id="s", name="S", url="https://s.example/feed")
    alert = tidings(Course(), source, Health(State.SILENT, START, "nothing new", "look"), START)
    assert alert
    broker = _Killing(house.broker, moment)
    herald = Herald(broker, Telling(("feed:",)))  # type: ignore[arg-type]
    herald.note(house.frontier, alert)
    with pytest.raises(Killed):
        asyncio.run(herald.tell(house.frontier, START, inline))
    for _ in range(2):
        asyncio.run(Herald(house.broker, Telling(("feed:",))).tell(house.frontier, START + HOUR, inline))
    with house.runner(0) as runner:
        runner.drain()
    lines = [msgspec.json.decode(line) for line in (tmp_path / "alerts.jsonl").read_bytes().splitlines()]
    assert [(line["alert_id"], line["reason"]) for line in lines] == [(alert.alert_id, "silent")]
    assert not list(house.broker.scan("dead-letters"))
    assert house.frontier.notes(type(alert)) == {}


class _Killing:
    """Topics whose process is killed before or after a transaction."""

    def __init__(self, broker: Any, moment: str) -> None:
        self._broker, self._moment = broker, moment

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return getattr(self._broker, name)  # type: ignore[no-any-return]

    def append(self, drafts: Any, at: datetime) -> None:
        if self._moment.startswith("before"):
            raise Killed
        self._broker.append(drafts, at)

    def transaction(self) -> "_Killing":
        self._entered = self._broker.transaction()
        return self

    def __enter__(self) -> None:
        self._entered.__enter__()

    def __exit__(self, *error: Any) -> None:
        self._entered.__exit__(*error)
        if error[0] is None:
            raise Killed
