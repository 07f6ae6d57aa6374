"""`pantau doctor`: looks at the machine and names cures."""

import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from typing import NamedTuple

import typer
from rich.text import Text

from pipeline import install
from pipeline.cli.installation import Installation, flow
from pipeline.cli.output import JsonOption, console, installation, plain, print_json
from pipeline.errors import PantauError
from pipeline.flow import check
from schemas.documents import FAMILIES

ROOM = 1 << 30
"""Bytes that should be free on the disk of the home folder: about 40,000 articles."""


class Finding(NamedTuple):
    """What one check found."""

    check: str
    good: bool
    said: str


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor", epilog="Example: pantau doctor")(doctor)


def doctor(context: typer.Context, as_json: JsonOption = False) -> None:
    """Check Python, the packages, the disk, the files, the catalog and the index; name the cure of what is wrong."""
    findings = [_find(name, check, installation(context)) for name, check in CHECKS.items()]
    if as_json:
        print_json([finding._asdict() for finding in findings])
    else:
        for finding in findings:
            mark = Text("ok   " if finding.good else "wrong", style="green" if finding.good else "bold red")
            console.print(mark, Text(f"{finding.check:9} {plain(finding.said)}"))
    if not all(finding.good for finding in findings):
        raise typer.Exit(3)


def _find(name: str, check: Callable[[Installation], str], house: Installation) -> Finding:
    try:
        return Finding(name, True, check(house))
    except PantauError as error:
        return Finding(name, False, str(error))


def _python(house: Installation) -> str:
    install.check()
    return f"{sys.version.split()[0]}, SQLite {sqlite3.sqlite_version}, {os.cpu_count()} cores"


def _disk(house: Installation) -> str:
    house.prepare()
    free = shutil.disk_usage(house.settings.home).free
    if free < ROOM:
        raise PantauError(f"only {free >> 20} MB are free for {house.settings.home}: make room for 1 GB or more")
    return f"{free >> 30} GB free for {house.settings.home}"


def _catalog(house: Installation) -> str:
    found = house.catalog.snapshot()
    return f"{len(found.officials)} officials, {len(found.watches)} watches, {len(found.sources)} sources"


def _flow(house: Installation) -> str:
    check(flow())
    return " -> ".join(agent.name for agent in flow())


def _broker(house: Installation) -> str:
    with house.broker.transaction():
        reads = [(agent.name, topic.name) for agent in flow() for topic in agent.reads]
        return f"{house.settings.broker}: {sum(s.lag for s in house.broker.standings(reads))} messages unread"


def _index(house: Installation) -> str:
    return f"{house.settings.index}: {', '.join(f'{house.search.count(family)} {family}' for family in FAMILIES)}"


def _pages(house: Installation) -> str:
    key = house.pages.put(b"doctor")
    if house.pages.get(key) != b"doctor":
        raise PantauError(f"{house.settings.pages} gives back other bytes than were put in: its disk may be failing")
    return f"{house.settings.pages} can be written and read"


CHECKS: dict[str, Callable[[Installation], str]] = {
    "python": _python,
    "disk": _disk,
    "catalog": _catalog,
    "flow": _flow,
    "broker": _broker,
    "pages": _pages,
    "index": _index,
}
