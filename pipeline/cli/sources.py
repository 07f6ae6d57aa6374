"""`pantau sources`: where articles come from, how that goes, and where more could come from."""

import asyncio
import contextlib
import getpass
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from pipeline.adapters import entries
from pipeline.adapters.located import closest
from pipeline.cli.installation import Installation
from pipeline.cli.output import (
    JsonOption,
    complain,
    console,
    day,
    installation,
    listing,
    notes,
    plain,
    print_json,
    say,
    table,
)
from pipeline.errors import Misuse, Unavailable
from pipeline.frontier import Count
from pipeline.news.crawling.habits import expected
from pipeline.news.crawling.health import Health, State
from pipeline.news.crawling.hubs import Subscription
from pipeline.news.crawling.polling import Polled
from pipeline.news.crawling.quality import Quality, described
from pipeline.runners.crawl.tending import health_of
from schemas.catalog import Source

if TYPE_CHECKING:
    from pipeline.news.crawling.discovery import Candidate, Tried
    from pipeline.runners.crawl.discovering import Site
    from pipeline.runners.crawl.parts import Reader, Web

app = typer.Typer(help="Sources: how they do, and where more are.", no_args_is_help=True)

IdArgument = Annotated[str, typer.Argument(help="The id of the source.")]
AddOption = Annotated[bool, typer.Option("--add", help="Add them to catalog/sources.toml.")]
_DAY = timedelta(days=1)
LISTED = 10
"""Articles that `explain` shows."""


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    parent.add_typer(app, name="sources")


def source(house: Installation, id: str) -> Source:
    """The source of an id. Raises Misuse when there is none."""
    known = {one.id: one for one in house.catalog.snapshot().sources}
    if id not in known:
        raise Misuse(f"there is no source {id!r}: {closest(id, known)}")
    return known[id]


@app.command("status", epilog="Example: pantau sources status")
def status(context: typer.Context, as_json: JsonOption = False) -> None:
    """Show when each source was looked at, what it brought, and what is wrong."""
    house = installation(context)
    polled, counts = house.frontier.polled(), house.frontier.counts()
    sources = house.catalog.snapshot().sources
    if as_json:
        print_json([_json(one, polled.get(one.id), counts, _health(house, one)) for one in sources])
        return
    followed = sorted(sources, key=lambda one: one.paused)
    rows = [_row(one, polled.get(one.id), _tally(one.id, counts), _health(house, one)) for one in followed]
    console.print(listing("sources", rows))
    walks = [walk for walk in house.frontier.walks() if not walk.done]
    for walk in walks:
        say(f"backfill of {walk.source} since {walk.since:%Y-%m-%d}: {walk.read} of {walk.total} listings read, "
            f"{walk.articles} articles found")  # fmt: skip


def _tally(id: str, counts: Sequence[Count]) -> Counter[str]:
    tally: Counter[str] = Counter()
    for count in counts:
        if count.source == id:
            tally[count.state] += count.items
    return tally


def _health(house: Installation, one: Source) -> Health:
    return health_of(one, house.frontier, house.clock.now())


def _row(
    one: Source, polled: Polled | None, tally: Counter[str], health: Health
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    became = ", ".join(f"{tally[what]} {what}" for what in ("fetched", "waiting", "refused"))
    brought = f"{tally.total()} listed, {became}" if tally or not one.paused else ""
    return (one.id, one.kind), (_state(polled, health), brought, _looks(one, polled))


def _looks(one: Source, polled: Polled | None) -> str:
    if polled is None:
        return ""
    ahead = "" if one.paused else f", next at {day(polled.due)}"
    return f"{polled.polls} look{'s' if polled.polls > 1 else ''}, the last at {day(polled.at)}{ahead}"


def _state(polled: Polled | None, health: Health) -> str:
    """The state with what shows it; a failure that is too young for another state is told too."""
    if health.state is State.HEALTHY and polled and polled.reason:
        return f"{health.state}, at the last look {polled.detail}"
    return f"{health.state}: {health.evidence}" if health.evidence else str(health.state)


def _json(one: Source, polled: Polled | None, counts: Sequence[Count], health: Health) -> dict[str, Any]:
    known: dict[str, Any] = {"health": health._asdict()}
    if polled:
        known |= {
            "last_look": polled.at, "next_look": polled.due, "looks": polled.polls, "unchanged": polled.unchanged,
            "last_new": polled.came, "reason": polled.reason, "detail": polled.detail, "since": polled.since,
        }  # fmt: skip
    items = [{"state": c.state, "reason": c.reason, "items": c.items} for c in counts if c.source == one.id]
    return {"id": one.id, "url": one.url, "kind": one.kind, "paused": one.paused, **known, "items": items}


@app.command("explain", epilog="Example: pantau sources explain antara")
def explain(context: typer.Context, id: IdArgument) -> None:
    """Show what is known of a source: its habits, what became of its articles, what was learned of its addresses."""
    house = installation(context)
    one, polled = source(house, id), house.frontier.polled().get(id)
    say(f"{one.name}: {one.kind} {one.url}")
    if polled is None:
        say("it was not looked at yet: start `pantau run`")
        return
    health = _health(house, one)
    since = f" since {day(health.since)}" if health.since else ""
    say(f"it is {health.state}{since}{': ' if health.evidence else ''}{health.evidence}")
    if health.advice:
        say(f"what to do: {health.advice}")
    for line in _facts(polled, house):
        say(line)
    counts = [count for count in house.frontier.counts() if count.source == id]
    console.print(table("articles", ("state", "reason", ">articles"), [(c.state, c.reason, c.items) for c in counts]))
    shapes = sorted(polled.shapes.items(), key=lambda pair: -sum(pair[1]))[:LISTED]
    if shapes:
        learned = [(shape, yes, no) for shape, (yes, no) in shapes]
        console.print(table("shapes of addresses", ("~shape", ">articles", ">others"), learned))
    latest = house.frontier.latest(id, LISTED)
    rows = [(day(item.listed), day(item.fetched), item.reason or "", item.url) for item in latest]
    console.print(table("listed last", ("listed", "fetched", "reason", "~address"), rows))


def _hub(house: Installation, id: str) -> str | None:
    """What is agreed with its hub, None where it has none."""
    known = house.frontier.notes(Subscription).get(id)
    if known is None:
        return None
    if known.until and known.until > house.clock.now():
        seldom = "so it is looked at more seldom" if known.tells(house.clock.now()) else "but not of all that is new"
        return f"its hub {known.hub} tells of news until {day(known.until)}, last {day(known.told)}, {seldom}"
    why = known.denied or "no answer came at PANTAU_PUBLIC_URL: is `pantau serve` reachable there?"
    return f"its hub {known.hub} was asked {day(known.asked)} to tell of news and does not ({why})"


def _facts(polled: Polled, house: Installation) -> list[str]:
    now = house.clock.now()
    before = expected(polled.habit, now - _DAY, now)
    came = sum(count.items for count in house.frontier.counts(now - _DAY) if count.source == polled.id)
    facts = [
        f"looked at {polled.polls} times, {polled.unchanged} times nothing had changed; last {day(polled.at)}, "
        f"next {day(polled.due)}; last new article {day(polled.came)}",
        f"about {expected(polled.habit, now, now + _DAY):.0f} articles are to be expected in the next day; in the last "
        f"one {came} were listed" + (f", of {before:.0f}" if polled.first and polled.first < now - _DAY else ""),
    ]
    facts += filter(None, [described(house.frontier.notes(Quality).get(polled.id, Quality())), _hub(house, polled.id)])
    if polled.reason:
        facts.append(f"since {day(polled.since)} it cannot be read ({polled.reason}: {polled.detail})")
    if polled.moved and polled.moved != polled.url:
        facts.append(f"its address leads to {polled.moved}: write that into sources.toml")
    if polled.overflow:
        facts.append("all that it listed was new: articles may have been missed, so it is looked at more often")
    return facts


@app.command("check", epilog="Example: pantau sources check antara")
def check(
    context: typer.Context, ids: Annotated[list[str] | None, typer.Argument(help="Sources; all.")] = None
) -> None:
    """Look at sources now, without changing anything, and say what they list or why they do not."""
    house = installation(context)
    known = house.catalog.snapshot().sources
    chosen = [source(house, id) for id in ids] if ids else list(known)
    from pipeline.news.crawling.discovery import Candidate  # noqa: PLC0415 - late, as all that looks into sites

    found = asyncio.run(_tried(house, [Candidate(one.url, one.kind, one.id) for one in chosen]))
    console.print(table("sources", ("source", ">articles", ">of 3 days", "newest", "~result"), map(_checked, found)))
    if any(one.why for one in found):
        raise typer.Exit(1)


def _checked(one: "Tried") -> tuple[object, ...]:
    return one.candidate.how, len(one.articles), one.recent, day(one.newest), one.why or "ok"


@contextlib.asynccontextmanager
async def _tools(house: Installation) -> AsyncIterator[tuple["Web", "Reader"]]:
    from pipeline.runners.crawl.reading import ConfinedReader  # noqa: PLC0415 - as above

    with contextlib.closing(ConfinedReader()) as reader:
        async with house.fetcher as web:
            yield web, reader


async def _tried(house: Installation, candidates: "list[Candidate]") -> "list[Tried]":
    from pipeline.runners.crawl.discovering import tries  # noqa: PLC0415 - as above

    async with _tools(house) as (web, reader):
        return await tries(candidates, web, reader, house.clock)


@app.command("discover", epilog="Example: pantau sources discover https://news.example/")
def find(
    context: typer.Context,
    url: Annotated[str, typer.Argument(help="A page of the site.")],
    add: AddOption = False,
    as_json: JsonOption = False,
) -> None:
    """Find the feeds, sitemaps and sections of a site, and propose what to write into sources.toml."""
    from pipeline.news.crawling import discovery  # noqa: PLC0415 - as above

    house = installation(context)
    found = asyncio.run(_discover(house, url))
    taken = {one.id for one in house.catalog.snapshot().sources}
    proposal = discovery.proposed(found.tried, found.url, found.language, found.name, taken)
    if as_json:
        tried = [{**one.candidate._asdict(), "articles": len(one.articles), "recent": one.recent, "why": one.why}
                 for one in found.tried]  # fmt: skip
        print_json({"tried": tried, "proposed": proposal})
    else:
        rows = [(t.candidate.kind, t.candidate.how, len(t.articles), t.recent, t.why or "ok", t.candidate.url)
                for t in found.tried]  # fmt: skip
        notes.print(table("tried", ("kind", "found", ">articles", ">of 3 days", "~result", "~address"), rows))
        _show(proposal)
    if not proposal:
        complain("nothing there lists articles: try the address of a section page")
    _add(house, proposal, add)


async def _discover(house: Installation, url: str) -> "Site":
    from pipeline.runners.crawl.discovering import discover  # noqa: PLC0415 - as above

    async with _tools(house) as (web, reader):
        return await discover(url, web, reader, house.clock)


def _show(sources: Sequence[Source]) -> None:
    """Print sources as sources.toml has them."""
    for one in sources:
        console.print(Text(plain(entries.toml(_fields(one)))), soft_wrap=True)
        console.print()


def _add(house: Installation, sources: Sequence[Source], wanted: bool) -> None:
    """Add sources if that is wanted. Ends the command with 1 when there are none."""
    if not sources:
        raise typer.Exit(1)
    if wanted:
        house.catalog.add_sources(sources, getpass.getuser())
        notes.print(
            f"added {', '.join(one.id for one in sources)} to {house.settings.home / 'catalog' / 'sources.toml'}"
        )


def _fields(one: Source) -> dict[str, Any]:
    fields = {"id": one.id, "name": one.name, "url": one.url, "kind": one.kind, "language": one.language}
    return {name: value for name, value in fields.items() if value}


@app.command("import", epilog="Example: pantau sources import feeds.opml --add")
def take(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="An OPML file.")],
    add: AddOption = False,
) -> None:
    """Show the feeds of an OPML file as sources; --add adds them."""
    from pipeline.news.crawling.opml import imported  # noqa: PLC0415 - as above

    house = installation(context)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise Unavailable(f"{file} cannot be read: {error.strerror}") from error
    known = house.catalog.snapshot().sources
    found = [one for one in imported(content, {s.id for s in known}) if one.url not in {s.url for s in known}]
    _show(found)
    if not found:
        complain("it has no feed that is not a source already")
    _add(house, found, add)


@app.command("export", epilog="Example: pantau sources export > feeds.opml")
def give(context: typer.Context) -> None:
    """Write the feeds among the sources as OPML."""
    from pipeline.news.crawling.opml import exported  # noqa: PLC0415 - as above

    sys.stdout.write(exported(installation(context).catalog.snapshot().sources).decode())
