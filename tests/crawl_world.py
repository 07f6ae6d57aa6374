"""A small world of news sites on loopback: what they publish, how they list it, and how each of them misbehaves.

Time is that of a simulated clock. Everything is drawn from a seed, so two runs see the same world.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256
from typing import Any, Literal, NamedTuple

from schemas.catalog import Source
from tests.simulated import SimulatedTimer
from tests.web_site import Handler, Request, Site, answer

Form = Literal["rss", "atom", "json", "news sitemap", "sitemap index", "section"]
Fault = Literal[
    "",
    "broken feed",
    "other guids",
    "slow",
    "busy",
    "robots",
    "redirects",
    "no validators",
    "silent",
    "consent",
    "moved",
]
START = datetime(2022, 1, 3, tzinfo=UTC)
"""A Monday."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BEFORE = DAY
"""How long before the start the sites have been publishing."""
SHOWN = 20
"""Articles in a feed."""
TURNS_AT = 4.5 * DAY
"""When a site puts a consent page before its articles; when one falls silent, if nothing else is said of it."""
BUSY_HOUR, BUSY_SECONDS = 9, 1800
CRAWL_DELAY = 5
RULES = f"User-agent: *\nDisallow: /premium/\nCrawl-delay: {CRAWL_DELAY}\n".encode()


class Story(NamedTuple):
    """An article: when it comes out, when it is changed (None: never), and whether robots.txt bars it."""

    number: int
    at: datetime
    changed: datetime | None
    barred: bool


@dataclass
class Outlet:
    """A site: how it lists what it publishes, how much that is a day, and what is wrong with it."""

    name: str
    form: Form
    a_day: float
    fault: Fault = ""
    stories: list[Story] = field(default_factory=list)
    silent_from: timedelta = TURNS_AT
    rests: frozenset[int] = frozenset()
    """Days of the week on which it publishes nothing; 6 is Sunday."""

    @property
    def host(self) -> str:
        """Where its articles are; listings of some are elsewhere."""
        return f"{self.name}.example"

    @property
    def feeds(self) -> str:
        """The host of its listing."""
        return f"feeds.{self.host}" if self.form == "atom" else self.host

    def publish(self, days: float, chance: random.Random) -> None:
        """Draw its articles: by day more than by night, on Sundays half as many."""
        moment, end = START - BEFORE, START + days * DAY
        while moment < end:
            local = moment + 7 * HOUR
            weight = (1.6 if 6 <= local.hour < 21 else 0.2) * (0.5 if local.weekday() == 6 else 1.0)
            silent = self.fault == "silent" and moment >= START + self.silent_from
            silent = silent or local.weekday() in self.rests
            for _ in range(0 if silent else _drawn(self.a_day / 24 * weight, chance)):
                at = moment + chance.random() * HOUR
                changed = at + timedelta(hours=chance.uniform(0.5, 20)) if chance.random() < 0.1 else None
                barred = self.fault == "robots" and chance.random() < 0.3
                self.stories.append(Story(len(self.stories), at, changed, barred))
            moment += HOUR
        self.stories.sort(key=lambda story: story.at)

    def path(self, story: Story) -> str:
        """The address of an article on its host."""
        if story.barred:
            return f"/premium/{story.at:%Y/%m/%d}/{story.number}-berita-khusus-pelanggan"
        return f"/berita/{story.at:%Y/%m/%d}/{story.number}-pejabat-bicara-soal-pelabuhan"

    def content(self, story: Story, now: datetime) -> bytes:
        """What an article says at a time."""
        version = "diperbaiki" if story.changed and now >= story.changed else "pertama"
        head = f'<html><head><title>Berita {story.number}</title><meta property="og:type" content="article"></head>'
        return f"{head}<body><h1>Berita {story.number}</h1><p>{self.name} {version}</p></body></html>".encode()


def outlets() -> list[Outlet]:
    """Thirty sites."""
    forms: list[tuple[Form, float, Fault]] = [
        *[("rss", rate, "") for rate in (60.0, 30.0, 12.0, 6.0, 3.0, 1.5, 0.7, 20.0)],
        *[("atom", rate, "") for rate in (24.0, 8.0, 2.0)], *[("json", rate, "") for rate in (10.0, 2.0)],
        *[("news sitemap", rate, "") for rate in (30.0, 6.0)], *[("sitemap index", rate, "") for rate in (15.0, 4.0)],
        *[("section", rate, "") for rate in (12.0, 4.0)],
        ("rss", 8.0, "broken feed"), ("rss", 8.0, "other guids"), ("rss", 6.0, "slow"), ("rss", 10.0, "busy"),
        ("rss", 10.0, "robots"), ("rss", 6.0, "redirects"), ("atom", 6.0, "no validators"), ("rss", 12.0, "silent"),
        ("rss", 12.0, "consent"), ("rss", 5.0, "moved"), ("section", 6.0, "robots"),
    ]  # fmt: skip
    return [Outlet(f"warta{n}", form, rate, fault) for n, (form, rate, fault) in enumerate(forms)]


class Seen(NamedTuple):
    """A request as the server saw it, on the simulated clock."""

    at: datetime
    host: str
    path: str
    status: int


class World:
    """Plays the outlets. `volume` multiplies what they publish."""

    def __init__(
        self,
        timer: SimulatedTimer,
        days: float,
        volume: float = 1.0,
        seed: int = 20220103,
        played: Sequence[Outlet] | None = None,
    ) -> None:
        self.timer, self.days = timer, days
        self.outlets = {outlet.name: outlet for outlet in (outlets() if played is None else played)}
        chance = random.Random(seed)
        for outlet in self.outlets.values():
            outlet.a_day *= volume
            outlet.publish(days, chance)
        self._stories = {(o.host, o.path(s)): (o, s) for o in self.outlets.values() for s in o.stories}
        self.site = Site(_All(self._serve))
        self.seen: list[Seen] = []
        self.listed: dict[tuple[str, str], datetime] = {}
        """Host and path of every article that was ever listed, and when first."""

    def sources(self) -> list[Source]:
        """The sources that name its outlets."""
        kinds: dict[Form, Any] = {"news sitemap": "sitemap", "sitemap index": "sitemap", "section": "section"}
        return [
            Source(
                id=o.name, name=o.name, kind=kinds.get(o.form, "feed"), url=self.url(o.feeds, "/list"),
            )
            for o in self.outlets.values()
        ]  # fmt: skip

    def url(self, host: str, path: str) -> str:
        """An address in this world."""
        return f"http://{host}:{self.site.port}{path}"

    def published(self) -> list[tuple[Outlet, Story]]:
        """All that came out since the start until now."""
        return [(o, s) for o in self.outlets.values() for s in o.stories if START <= s.at <= self.timer.now()]

    def consent(self, outlet: Outlet) -> bool:
        """Whether an outlet shows nothing but its consent page now."""
        return outlet.fault == "consent" and self.timer.now() >= START + TURNS_AT

    async def _serve(self, request: Request, writer: asyncio.StreamWriter) -> None:
        host, path = request.host.partition(":")[0], request.path.partition("?")[0]
        outlet = self.outlets[host.removeprefix("feeds.").partition(".")[0]]
        at = self.timer.now()
        if outlet.fault == "slow":
            await self.timer.sleep(8)
        status, body, headers = self._answer(outlet, host, path)
        etag = f'"{sha256(body).hexdigest()[:12]}"'
        if status == 200 and outlet.fault != "no validators" and path != "/robots.txt":
            headers.append(f"ETag: {etag}")
            if request.headers.get("if-none-match") == etag:
                status, body = 304, b""
        self.seen.append(Seen(at, host, path, status))
        await answer(status, body, *headers)(request, writer)

    def _answer(self, outlet: Outlet, host: str, path: str) -> tuple[int, bytes, list[str]]:
        now = self.timer.now()
        if path == "/robots.txt":
            return (200, RULES, []) if outlet.fault == "robots" else (404, b"", [])
        if outlet.fault == "busy" and now.hour == BUSY_HOUR and now.minute < 30:
            return 429, b"", [f"Retry-After: {BUSY_SECONDS}"]
        if path == "/list" and outlet.fault == "moved":
            return 301, b"", ["Location: /list2"]
        if path in ("/list", "/list2", "/part.xml"):
            return 200, self._listing(outlet, path), []
        if outlet.fault == "redirects" and path.startswith("/r/"):
            return 302, b"", [f"Location: {path.removeprefix('/r')}"]
        return self._story(outlet, self._stories.get((host, path)), now)

    def _story(self, outlet: Outlet, found: tuple[Outlet, Story] | None, now: datetime) -> tuple[int, bytes, list[str]]:
        if found is None or found[1].at > now:
            return 404, b"", []
        html = ["Content-Type: text/html; charset=utf-8"]
        if self.consent(outlet):
            token = found[1].number
            return 200, f"<title>Kami menghargai privasi Anda</title><form id=f{token}>Setuju</form>".encode(), html
        return 200, outlet.content(found[1], now), html

    def _listing(self, outlet: Outlet, path: str) -> bytes:
        now = self.timer.now()
        shown = [story for story in outlet.stories if story.at <= now][-SHOWN:][::-1]
        if outlet.form in ("news sitemap", "sitemap index"):
            shown = [story for story in outlet.stories if now - 2 * DAY < story.at <= now]
        if outlet.form != "sitemap index" or path == "/part.xml":
            for story in shown:
                self.listed.setdefault((outlet.host, outlet.path(story)), now)
        if outlet.form == "sitemap index" and path != "/part.xml":
            newest = max((story.at for story in shown), default=START - BEFORE)
            part = f"<loc>/part.xml</loc><lastmod>{newest.isoformat()}</lastmod>"
            return f"<sitemapindex><sitemap>{part}</sitemap></sitemapindex>".encode()
        return WRITERS[outlet.form](self, outlet, shown).encode()


def _link(world: World, outlet: Outlet, story: Story) -> str:
    prefix = "/r" if outlet.fault == "redirects" else ""
    return world.url(outlet.host, prefix + outlet.path(story))


def _changed(world: World, story: Story) -> datetime:
    return story.changed if story.changed and story.changed <= world.timer.now() else story.at


def _rss(world: World, outlet: Outlet, shown: list[Story]) -> str:
    entries = []
    for story in shown:
        link = _link(world, outlet, story)
        guid = str(story.number)
        if outlet.fault == "other guids":
            guid = str(world.timer.now().timestamp())
            link += f"?utm_source=rss&utm_content={world.timer.now():%H%M}"
        title = "Harga & Pasar <b" if outlet.fault == "broken feed" else "Harga dan Pasar"
        entry = (
            f"<title>{title}</title><link>{link.replace('&', '&amp;')}</link><guid isPermaLink='false'>{guid}</guid>"
        )
        entries.append(f"<item>{entry}<pubDate>{format_datetime(story.at)}</pubDate></item>")
    if outlet.fault == "other guids":
        entries.reverse()
    channel = f"<title>{outlet.name}</title>{''.join(entries)}"
    return f"<?xml version='1.0'?><rss version='2.0'><channel>{channel}</channel></rss>"


Writer = Callable[[World, Outlet, list[Story]], str]


def _written(entry: str, whole: str, between: str = "") -> Writer:
    """A listing with one entry for each story. Both are templates with the names that are filled in here."""

    def write(world: World, outlet: Outlet, shown: list[Story]) -> str:
        entries = between.join(
            entry.format(
                number=story.number, link=_link(world, outlet, story),
                at=story.at.isoformat(), changed=_changed(world, story).isoformat(),
            )
            for story in shown
        )  # fmt: skip
        return whole.format(name=outlet.name, entries=entries)

    return write


_ATOM = _written(
    "<entry><title>Berita</title><id>tag:{number}</id><link href='{link}'/>"
    "<published>{at}</published><updated>{changed}</updated></entry>",
    "<feed xmlns='http://www.w3.org/2005/Atom'><title>{name}</title>{entries}</feed>",
)
_JSON = _written(
    '{{"url": "{link}", "date_published": "{at}"}}',
    '{{"version": "https://jsonfeed.org/version/1.1", "title": "{name}", "items": [{entries}]}}',
    ", ",
)
_SITEMAP = _written(
    "<url><loc>{link}</loc><lastmod>{changed}</lastmod>"
    "<n:news><n:publication_date>{at}</n:publication_date></n:news></url>",
    "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' xmlns:n='news'>{entries}</urlset>",
)
_SECTION = _written(
    "<a href='{link}'>Pejabat bicara lagi soal pelabuhan</a>",
    "<html><body><a href='/tentang'>Tentang</a><a href='/tag/pelabuhan'>Pelabuhan</a>{entries}</body></html>",
)
WRITERS: dict[Form, Writer] = {
    "rss": _rss, "atom": _ATOM, "json": _JSON, "news sitemap": _SITEMAP, "sitemap index": _SITEMAP, "section": _SECTION,
}  # fmt: skip


class _All(defaultdict[str, Handler]):
    """One handler for every path."""

    def __init__(self, handler: Handler) -> None:
        super().__init__(lambda: handler)


def _drawn(mean: float, chance: random.Random) -> int:
    """A number of events, by Poisson."""
    count, left = 0, chance.expovariate(1)
    while left < mean:
        count, left = count + 1, left + chance.expovariate(1)
    return count
