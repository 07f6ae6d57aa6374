"""`pantau demo`: the small offline world, from its pages to its alerts."""

import io
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Annotated

import msgspec
import typer

from pipeline.adapters import readers
from pipeline.cli import demo_screen
from pipeline.cli.ingest import BATCH, WorkersOption, process
from pipeline.cli.installation import Installation, seeds
from pipeline.cli.output import JsonOption, console, installation, print_json
from pipeline.runners.intake import Arrival, arrival
from pipeline.settings import load

HOME = "pantau-demo"


class Entry(msgspec.Struct, frozen=True):
    """A line of world.jsonl: a file, the URL under which it was found, and when."""

    file: str
    url: str | None = None
    fetched_at: datetime | None = None


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo", epilog="Example: pantau demo")(demo)


def demo(
    context: typer.Context,
    workers: WorkersOption = None,
    home: Annotated[Path | None, typer.Option(help=f"Folder for the demo. Default: {HOME}")] = None,
    as_json: JsonOption = False,
) -> None:
    """Run the whole chain over a small invented world: no server, no network, in the folder pantau-demo."""
    world = seeds() / "articles"
    chosen = home or context.find_root().params.get("home") or Path(HOME)
    house = Installation(load({}, chosen), world / "catalog")
    start = perf_counter()
    counts = ingest_world(house, world)
    process(house, workers if workers is not None else installation(context).settings.workers)
    found = demo_screen.found(house, counts, perf_counter() - start)
    if as_json:
        print_json(found.counts() | {"home": str(house.settings.home)})
    else:
        console.print(demo_screen.screen(found))
        console.print(demo_screen.next_steps(found, chosen), soft_wrap=True)


def ingest_world(house: Installation, world: Path) -> Counter[str]:
    """Take in the pages of a world in the order of its manifest. Returns the counts of new, changed, known, refused."""
    counts: Counter[str] = Counter()
    found = list(arrivals(world, counts))
    for start in range(0, len(found), BATCH):
        counts.update(house.intake.take(found[start : start + BATCH]))
    return counts


def arrivals(world: Path, counts: Counter[str]) -> Iterator[Arrival]:
    """The pages of a world in the order of its manifest; what is refused is counted."""
    for line in (world / "world.jsonl").read_bytes().splitlines():
        entry = msgspec.json.decode(line, type=Entry)
        for item in readers.read([world / entry.file], io.BytesIO()):
            if isinstance(item, readers.Refused):
                counts["refused: " + item.reason.value] += 1
            else:
                came = arrival(item)
                yield came._replace(url=came.url or entry.url, fetched_at=entry.fetched_at or came.fetched_at)
