"""`pantau demo`: the small offline world, from its pages to its alerts."""

import io
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Annotated, cast

import msgspec
import typer
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.text import Text

from pipeline.adapters import readers
from pipeline.cli.ingest import BATCH, WorkersOption, arrival, process
from pipeline.cli.installation import Installation, seeds
from pipeline.cli.output import console, day, installation, plain, table
from pipeline.news.utterances import Heard, utterances
from pipeline.runners import operations
from pipeline.runners.intake import Arrival
from pipeline.settings import load
from schemas.alert import AlertRaised
from schemas.codec import decode
from schemas.documents import ArticleDocument, StatementDocument
from schemas.topics import ALERTS_RAISED

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
) -> None:
    """Run the whole chain over a small invented world: no server, no network, in the folder pantau-demo."""
    world = seeds() / "articles"
    chosen = home or Path(HOME)
    house = Installation(load({}, chosen), world / "catalog")
    start = perf_counter()
    counts = ingest_world(house, world)
    process(house, workers if workers is not None else installation(context).settings.workers)
    console.print(screen(house, counts, perf_counter() - start, chosen))


def ingest_world(house: Installation, world: Path) -> Counter[str]:
    """Take in the pages of a world in the order of its manifest. Returns the counts of new, changed, known, refused."""
    counts: Counter[str] = Counter()
    arrivals = list(_arrivals(world, counts))
    for start in range(0, len(arrivals), BATCH):
        counts.update(house.intake.take(arrivals[start : start + BATCH]))
    return counts


def _arrivals(world: Path, counts: Counter[str]) -> Iterator[Arrival]:
    for line in (world / "world.jsonl").read_bytes().splitlines():
        entry = msgspec.json.decode(line, type=Entry)
        for item in readers.read([world / entry.file], io.BytesIO()):
            if isinstance(item, readers.Refused):
                counts["refused: " + item.reason.value] += 1
            else:
                came = arrival(item)
                yield came._replace(url=came.url or entry.url, fetched_at=entry.fetched_at or came.fetched_at)


def screen(house: Installation, counts: Counter[str], seconds: float, home: Path) -> RenderableType:
    """What the demo shows at its end."""
    articles = [cast(ArticleDocument, found) for found in house.search.export("articles", "")]
    statements = [cast(StatementDocument, found) for found in house.search.export("statements", "")]
    alerts = [decode(m.body, m.schema, AlertRaised) for m in house.broker.scan(ALERTS_RAISED.name)]
    heard = utterances(statements)
    return Group(
        Text(f"\n{len(articles)} articles, {len(statements)} statements, {len(heard)} utterances, {len(alerts)} alerts"
             f" in {seconds:.1f} s\n", style="bold green"),
        _came_in(house, articles, counts),
        Text(),
        _copies(articles),
        Text(),
        _speakers(heard),
        Text("\nalerts: one for each new utterance, with its proof", style="bold"),
        *(_alert(alert) for alert in alerts),
        _next(home),
    )  # fmt: skip


def _came_in(house: Installation, articles: list[ArticleDocument], counts: Counter[str]) -> RenderableType:
    outlets = Counter((a.outlet or "-", a.language) for a in articles)
    rows: list[tuple[object, ...]] = [(outlet, language, n, "") for (outlet, language), n in outlets.most_common()]
    dead = Counter(f"{x.letter.agent}: {x.letter.reason}" for x in operations.dead_letters(house.broker))
    rows += [("-", "", n, f"dead letter of {reason}") for reason, n in dead.items()]
    rows += [("-", "", n, reason) for reason, n in counts.items() if reason.startswith("refused")]
    rows += [("-", "", counts["changed"], "a new revision of a known page")] if counts["changed"] else []
    return table("what came in", ("outlet", "language", ">pages", "note"), rows)


def _copies(articles: list[ArticleDocument]) -> RenderableType:
    by_id = {article.id: article for article in articles}
    rows = [
        (copy.outlet, copy.title[:60], copy.copy, of.outlet if of else copy.of, (of.title[:60] if of else ""))
        for copy in articles
        if copy.of
        for of in [by_id.get(copy.of)]
    ]
    return table("copies found: linked, never dropped", ("outlet", "title", "is", "of", "title there"), rows)


def _speakers(heard: list[Heard]) -> RenderableType:
    by_speaker: dict[str, list[Heard]] = {}
    for utterance in heard:
        by_speaker.setdefault(utterance.speaker_id, []).append(utterance)
    rows = [
        (said[0].speaker or "unknown", len(said), sum(len(h.carriers) for h in said), said[0].wording[:100])
        for said in sorted(by_speaker.values(), key=len, reverse=True)
        if said[0].speaker
    ]
    return table("statements by speaker", ("speaker", ">utterances", ">statements", "newest"), rows[:15])


def _alert(alert: AlertRaised) -> RenderableType:
    recorded = alert.recorded
    said, carrier, heard = recorded.statement, recorded.carrier, recorded.utterance
    quote = Text(plain(said.before[-120:]) + " ", style="dim")
    quote.append(plain(said.text), style="bold")
    quote.append(" " + plain(said.after[:120]), style="dim")
    proof = Text(
        f"{said.kind}, cue {said.cue or '-'}, speaker by {' > '.join(said.reasons) or '-'}, confidence"
        f" {said.confidence:.2f}\n{plain(carrier.title)} ({carrier.outlet}, {day(carrier.seen_at)})",
        style="cyan",
    )
    new = Text(f"new words: {' '.join(heard.added)}\n", style="yellow") if heard.added else Text("")
    title = f"{plain(said.speaker or 'unknown')}: {alert.reason} for watch {alert.watch_id}"
    return Panel(Text.assemble(quote, "\n", new, proof), title=Text(title), title_align="left", border_style="green")


def _next(home: Path) -> RenderableType:
    return Text(
        "\ntry next:\n"
        f"  pantau --home {home} search 'text:pelabuhan' --facets\n"
        f"  pantau --home {home} status\n"
        "  pantau ingest YOUR-FILES-OR-FOLDER\n"
    )
