"""`pantau status`: where every agent stands."""

import time
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.live import Live
from rich.text import Text

from pipeline.cli.installation import Installation, flow
from pipeline.cli.output import JsonOption, console, installation, print_json, table
from pipeline.runners import operations
from pipeline.runners.operations import Row
from schemas.documents import FAMILIES

KINDS = ("in", "out", "drop", "reject", "retry")
"""What is counted of an agent."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("status", epilog="Example: pantau status --live")(status)


def status(
    context: typer.Context,
    live: Annotated[bool, typer.Option("--live", help="Stay and refresh every second until Ctrl-C.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show what every agent took up, wrote, dropped and rejected, and how far it is behind."""
    house = installation(context)
    if as_json:
        counts = {family: house.search.count(family) for family in FAMILIES}
        print_json({"agents": [_json(row) for row in operations.status(flow(), house.broker)], "index": counts})
        return
    if not live:
        console.print(_screen(house))
        return
    with suppress(KeyboardInterrupt), Live(_screen(house), console=console, refresh_per_second=2) as screen:
        while True:
            time.sleep(1)
            screen.update(_screen(house))


def _json(row: Row) -> dict[str, Any]:
    return row._asdict() | {"oldest": row.oldest.oldest if row.oldest else None}


def _screen(house: Installation) -> RenderableType:
    now, found = house.clock.now(), operations.status(flow(), house.broker)
    rows = [
        (row.agent, *(row.counts.get(kind, 0) for kind in KINDS), row.lag, row.parked, _age(row, now)) for row in found
    ]
    columns = ("agent", *(f">{kind}" for kind in KINDS), ">unread", ">waiting", ">age")
    reasons = (f"{row.agent}: {_reasons(row)}" for row in found if row.reasons)
    counts = ", ".join(f"{house.search.count(family)} {family}" for family in FAMILIES)
    return Group(table(f"{house.settings.home}", columns, rows), *map(Text, reasons), Text(f"index: {counts}"))


def _counts(row: Row) -> list[int]:
    return [row.counts.get(kind, 0) for kind in KINDS]


def _age(row: Row, now: datetime) -> str:
    return f"{(now - row.oldest.oldest).total_seconds():.0f} s" if row.oldest and row.oldest.oldest else ""


def _reasons(row: Row) -> str:
    return ", ".join(f"{reason} {times}" for reason, times in sorted(row.reasons.items()))
