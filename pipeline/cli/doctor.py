"""`pantau doctor`: tries everything that this installation needs for real, and names cures."""

import os
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from typing import NamedTuple

import typer
from rich.text import Text

from pipeline import install
from pipeline.adapters.channels import Channels
from pipeline.broker import Served
from pipeline.cli.installation import Installation, flow
from pipeline.cli.output import JsonOption, console, installation, print_json, table
from pipeline.errors import PantauError
from pipeline.flow import check
from pipeline.news.crawling.courses import TOLD
from pipeline.ports import Kept
from pipeline.runners.crawl.tending import health_of
from pipeline.settings import shown
from schemas.documents import FAMILIES

ROOM = 1 << 30
"""Bytes that should be free on the disk of the home folder: about 40,000 articles."""
PROBE = b"pantau doctor"
"""The page that is put and read back. It is the same each time, so a store has it once."""


class Finding(NamedTuple):
    """What one check found. `where` is the setting as it may be shown, without secrets."""

    check: str
    good: bool
    where: str
    said: str


Check = tuple[str, str, Callable[[], str]]
"""Its name, the setting that it is about, and what tries it: it returns a phrase or raises PantauError."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor", epilog="Example: pantau doctor (exit code 1: something is wrong)")(doctor)


def doctor(context: typer.Context, as_json: JsonOption = False) -> None:
    """Try the machine, every port and every channel for real, and name the cure of what is wrong.

    A page is put and read back; nothing is written to topics or to the index, and no alert is sent.
    """
    findings = [_find(*one) for one in _checks(installation(context))]
    if as_json:
        print_json([finding._asdict() for finding in findings])
    else:
        rows = [(f.check, _mark(f.good), f.where, f.said) for f in findings]
        console.print(table("what was tried", ("", "", "where", "what was found"), rows))
    if not all(finding.good for finding in findings):
        raise typer.Exit(1)


def _mark(good: bool) -> Text:
    return Text("ok", style="green") if good else Text("wrong", style="bold red")


def _find(name: str, where: str, attempt: Callable[[], str]) -> Finding:
    try:
        return Finding(name, True, shown(where), attempt())
    except PantauError as error:
        return Finding(name, False, shown(where), str(error))


def _checks(house: Installation) -> Iterator[Check]:
    settings = house.settings
    yield "python", sys.executable, _python
    yield "disk", str(settings.home), lambda: _disk(house)
    yield "flow", "", _flow
    yield "catalog", settings.catalog, lambda: _catalog(house)
    yield "broker", settings.broker, lambda: _broker(house)
    yield "pages", settings.pages, lambda: _pages(house)
    yield "index", settings.index, lambda: _index(house)
    yield "recogniser", settings.recogniser, lambda: _recogniser(house)
    yield "crawl", str(settings.home / "frontier.db"), lambda: _crawl(house)
    channels = Channels(settings.home)
    for url in _channels(house):
        yield "channel", host(url), partial(channels.examine, url)


def _python() -> str:
    install.check()
    return f"{sys.version.split()[0]}, SQLite {sqlite3.sqlite_version}, {os.cpu_count()} cores"


def _disk(house: Installation) -> str:
    house.prepare()
    free = shutil.disk_usage(house.settings.home).free
    if free < ROOM:
        raise PantauError(f"only {free >> 20} MB are free for {house.settings.home}: make room for 1 GB or more")
    return f"{free >> 30} GB free"


def _flow() -> str:
    check(flow())
    return " -> ".join(agent.name for agent in flow())


def _catalog(house: Installation) -> str:
    found = house.catalog.snapshot()
    return f"{len(found.officials)} officials, {len(found.watches)} watches, {len(found.sources)} sources"


def _broker(house: Installation) -> str:
    """A transaction asks a file for the right to write, and servers are asked for it; nothing is written."""
    answers = "can be written and read"
    if isinstance(house.broker, Served):
        with closing(house.admin()) as admin:
            answers = admin.about(house.topics())
    with house.broker.transaction():
        reads = [(agent.name, topic.name) for agent in flow() for topic in agent.reads]
        return f"{answers}; {sum(s.lag for s in house.broker.standings(reads))} messages unread"


def _pages(house: Installation) -> str:
    key = house.pages.put(PROBE)
    house.pages.sync()
    if house.pages.get(key) != PROBE:
        raise PantauError("it gives back other bytes than were put in: its disk may be failing")
    return "a page was put and read back"


def _index(house: Installation) -> str:
    answers = "can be read"
    if isinstance(house.index, Kept):
        upkeep = house.index.upkeep(lambda _: None)
        answers = upkeep.about()
        for found in upkeep.check():
            raise PantauError(f"{found.thing} {found.wrong}: {found.cure}; `pantau index check` shows all")
    return f"{answers}; {', '.join(f'{house.search.count(family)} {family}' for family in FAMILIES)}"


def _recogniser(house: Installation) -> str:
    """Its model is loaded, and reads a sentence of an invented minister."""
    found = house.recogniser.read("Menteri Sekar Wiratmaka berkata di Kota Lembah.", "id").names
    return f"loaded; finds {len(found)} names in a sentence" if found else "finds names by rules alone"


def _crawl(house: Installation) -> str:
    """What the crawler remembers can be read, and who asks sites can be told."""
    sources = [source for source in house.catalog.snapshot().sources if not source.paused]
    known, now = house.frontier.polled(), house.clock.now()
    failing = sorted(source.id for source in sources if source.id in known and known[source.id].reason)
    bad = sorted(one.id for one in sources if health_of(one, house.frontier, now).state in TOLD)
    said = f"{len(sources)} sources are followed"
    if failing:
        raise PantauError(f"{said}; {', '.join(failing[:5])} cannot be read: see `pantau sources status`")
    if bad:
        raise PantauError(f"{said}; {', '.join(bad[:5])} need care: see `pantau sources report`")
    if sources and house.settings.contact is None:
        raise PantauError(f"{said}, and their owners cannot tell who asks: set PANTAU_CONTACT to a URL")
    return said


def _channels(house: Installation) -> list[str]:
    """The channels of sources and of all watches that are not paused; none where the catalog cannot be read, which has
    its own row.
    """
    try:
        watches = house.catalog.snapshot().watches
    except PantauError:
        return []
    told = {url for watch in watches if not watch.paused for url in watch.channels}
    return sorted(told.union(house.settings.source_channels))


def host(channel: str) -> str:
    """A channel without what follows the host: the path of a webhook is often its password."""
    scheme, mark, rest = channel.partition("://")
    if scheme.startswith("apprise+"):
        return scheme
    return f"{scheme}{mark}{rest.rpartition('@')[2].partition('/')[0]}"
