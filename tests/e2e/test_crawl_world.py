"""A simulated week of thirty sites: nothing listed is lost, no host is hurried, corrections are found."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from pipeline.news.crawling.health import LOOKED_AT, State, assessed
from pipeline.news.crawling.items import Item, Unwanted
from pipeline.news.crawling.outcomes import Unfetched
from pipeline.news.pace import weekly
from pipeline.news.urls import article_id
from pipeline.runners.crawl.herald import Telling
from schemas.alert import AlertRaised
from tests.crawl_world import CRAWL_DELAY, DAY, HOUR, START, Outlet, Seen, Story, World
from tests.crawled import Crawl
from tests.simulated import SimulatedTimer, simulate

DAYS = 7


class Week:
    """What came of a week."""

    def __init__(self, world: World, crawl: Crawl) -> None:
        self.world, self.crawl = world, crawl
        self.items: dict[tuple[str, str], Item] = {}
        keys = {article_id(world.url(*place), b""): place for place in world.listed}
        for key, item in crawl.frontier.known(keys).items():
            self.items[keys[key]] = item
        self.asked: dict[tuple[str, str], list[Seen]] = defaultdict(list)
        for one in world.seen:
            self.asked[one.host, one.path].append(one)


@pytest.fixture(scope="module")
def week() -> Week:
    timer = SimulatedTimer(START)
    world = World(timer, DAYS, 0.4)

    async def body() -> Crawl:
        async with world.site:
            crawl = Crawl(timer, world.site.port, world.sources())
            await crawl.run(once=False, until=DAYS * DAY)
            return crawl

    return Week(world, simulate(timer, body))


def stories(week: Week) -> list[tuple[Outlet, Story]]:
    """What was listed, but in the last hours: some of that is still on its way."""
    by_place = {(o.host, o.path(s)): (o, s) for o in week.world.outlets.values() for s in o.stories}
    now = week.world.timer.now()
    return [by_place[place] for place, at in week.world.listed.items() if at < now - HOUR]


def place(outlet: Outlet, story: Story) -> tuple[str, str]:
    return outlet.host, outlet.path(story)


def test_everything_that_is_listed_is_fetched_exactly_once_or_has_a_reason(week: Week) -> None:
    wrong = []
    for outlet, story in stories(week):
        item = week.items.get(place(outlet, story))
        changes = {one.status for one in week.asked[place(outlet, story)]}
        if item is None or (item.fetched is None and item.reason is None):
            wrong.append((outlet.name, story, item))
        elif story.barred:
            assert (item.reason, changes) == (Unfetched.ROBOTS, set())
        elif outlet.fault != "consent":
            assert item.fetched, (outlet.name, story, item)
    assert not wrong
    assert len(stories(week)) > 600


def test_a_page_is_only_sent_again_when_it_has_changed(week: Week) -> None:
    for outlet, story in stories(week):
        if outlet.fault in ("no validators", "consent"):
            continue
        sent = [one for one in week.asked[place(outlet, story)] if one.status == 200]
        now_changed = bool(story.changed and sent and story.changed <= sent[-1].at)
        assert len(sent) <= 1 + now_changed, (outlet.name, story, sent)


def test_each_article_went_in_once(week: Week) -> None:
    first = Counter(page.url for page in week.crawl.fetched() if page.revision == 1)
    assert set(first.values()) == {1}


def test_what_was_published_was_listed_in_time(week: Week) -> None:
    missed = [
        (outlet.name, story)
        for outlet, story in week.world.published()
        if place(outlet, story) not in week.world.listed and story.at < START + (DAYS - 1) * DAY
    ]
    assert not missed


def test_no_host_sees_more_than_its_limit(week: Week) -> None:
    times: dict[str, list[datetime]] = defaultdict(list)
    for one in week.world.seen:
        times[one.host].append(one.at)
    for host, seen in times.items():
        fault = week.world.outlets[host.removeprefix("feeds.").partition(".")[0]].fault
        least = CRAWL_DELAY if fault == "robots" else 2
        gaps = [(later - sooner).total_seconds() for sooner, later in pairwise(sorted(seen))]
        assert min(gaps[1:]) >= least, (host, min(gaps))


def test_a_host_that_asks_for_a_pause_gets_it(week: Week) -> None:
    (busy,) = [o for o in week.world.outlets.values() if o.fault == "busy"]
    seen = [one for one in week.world.seen if one.host == busy.host]
    told = [(one, after) for one, after in pairwise(seen) if one.status == 429]
    assert told
    assert all(after.at - one.at >= timedelta(seconds=1800) for one, after in told)


def test_corrections_are_found(week: Week) -> None:
    revisions = {page.article_id for page in week.crawl.fetched() if page.revision > 1}
    now = week.world.timer.now()
    due = [
        (o, s) for o, s in stories(week)
        if s.changed and s.changed < now - 1.5 * DAY and not s.barred and o.fault != "consent"
    ]  # fmt: skip
    found = [article_id(week.world.url(*place(o, s)), b"") in revisions for o, s in due]
    changed_before = sum(
        not there and (week.asked[place(o, s)][0].at >= s.changed) for (o, s), there in zip(due, found) if s.changed
    )
    assert len(due) > 30
    assert sum(found) + changed_before == len(due), "what had changed before it was fetched first has no other version"


def test_feeds_are_asked_for_more_seldom_than_by_the_clock(week: Week) -> None:
    polls = sum(one.path in ("/list", "/list2", "/part.xml") for one in week.world.seen)
    naive = len(week.world.outlets) * DAYS * 96
    assert polls < naive / 4
    reasons = Counter(count.reason for count in week.crawl.frontier.counts() if count.state == "refused")
    assert set(reasons) <= {Unfetched.ROBOTS, Unwanted.SAME}


def test_the_silent_and_the_blocked_site_are_named_in_time_and_no_other() -> None:
    timer = SimulatedTimer(START)
    played = [
        Outlet("sehat", "rss", 4.0), Outlet("jarang", "rss", 1.0),
        Outlet("libur", "rss", 8.0, rests=frozenset({5, 6})), Outlet("minggu", "atom", 5.0, rests=frozenset({6})),
        Outlet("izin", "rss", 5.0, "consent"), Outlet("diam", "rss", 12.0, "silent", silent_from=17.25 * DAY),
    ]  # fmt: skip
    world = World(timer, 21, played=played)
    named: dict[str, dict[State, datetime]] = defaultdict(dict)

    async def body() -> list[AlertRaised]:
        async with world.site:
            crawl = Crawl(timer, world.site.port, world.sources(), telling=Telling(("feed:",), weekly("monday 00:00")))
            while timer.now() < START + 21 * DAY:
                await crawl.run(once=False, until=DAY / 4)
                for id, polled in crawl.frontier.polled().items():
                    health = assessed(polled, crawl.frontier.latest(id, LOOKED_AT), timer.now())
                    named[id].setdefault(health.state, timer.now())
            return crawl.told()

    told = Counter((one.reason, one.why.partition(" ")[0]) for one in simulate(timer, body))
    bad = {id: {state: at for state, at in found.items() if state not in (State.HEALTHY, State.QUIET)}
           for id, found in named.items()}  # fmt: skip
    assert {id: set(found) for id, found in bad.items() if found} == {"izin": {State.BLOCKED}, "diam": {State.SILENT}}
    assert bad["izin"][State.BLOCKED] <= START + 6.5 * DAY
    assert bad["diam"][State.SILENT] <= START + 20 * DAY
    assert told == {("blocked", "izin"): 1, ("silent", "diam"): 1, ("report", "Sources"): 2}, "each once, and no Sunday"
