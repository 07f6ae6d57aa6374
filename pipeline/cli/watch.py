"""`pantau watch`: whom to listen to, about what, and when to tell."""

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Annotated, Any, get_args

import msgspec
import typer
from rich.text import Text

from pipeline.adapters import keys
from pipeline.adapters.located import closest
from pipeline.cli import watch_telling, watch_tries
from pipeline.cli.output import JsonOption, complain, console, day, installation, listing, plain, print_json, say, table
from pipeline.cli.search import Kind
from pipeline.cli.whoever import whoever
from pipeline.errors import Misuse
from pipeline.news.queries import quote
from schemas.catalog import Cadence, Change, Watch
from schemas.catalog import Novelty as NoveltyName
from schemas.statement import StatementKind

app = typer.Typer(help="Watches: define them, try them, see what they told.", no_args_is_help=True)

Novelty = StrEnum("Novelty", list(get_args(NoveltyName)))  # type: ignore[misc]
Cadences = StrEnum("Cadences", {name.replace("-", "_"): name for name in get_args(Cadence)})  # type: ignore[misc]

IdArgument = Annotated[str, typer.Argument(help="The id of the watch.")]
Name = Annotated[str | None, typer.Option(help="Its name; the id without it.")]
Who = Annotated[
    list[str] | None,
    typer.Option(
        help="An official's id, a speaker id, a name, role:TITLE or group:NAME; may be repeated. Default: anyone."
    ),
]
About = Annotated[str | None, typer.Option(help="A query over statements.")]
Kinds = Annotated[list[Kind] | None, typer.Option("--kind", help="Kinds of statement; may be repeated. Default: all.")]
Confidence = Annotated[float | None, typer.Option(min=0, max=1, help="Least confidence of a statement. Default: 0.5.")]
News = Annotated[
    list[Novelty] | None, typer.Option("--novelty", help="What is news; may be repeated. Default: utterance, version.")
]
Outlets = Annotated[int | None, typer.Option(min=2, help="Independent outlets for --novelty carried. Default: 3.")]
CadenceOption = Annotated[Cadences | None, typer.Option("--cadence", help="When to tell. Default: at once.")]
At = Annotated[str | None, typer.Option(help="Time of a daily digest. Default: 07:00.")]
Maximum = Annotated[int | None, typer.Option(min=1, max=500, help="Alerts in one digest. Default: 50.")]
Quiet = Annotated[str | None, typer.Option(help="Quiet hours such as 22:00-06:00; '' for none.")]
Zone = Annotated[str | None, typer.Option(help="Time zone such as Asia/Jakarta. Default: UTC.")]
Channel = Annotated[
    list[str] | None, typer.Option("--channel", help="feed:, mailto:..., webhook+https://...; may be repeated.")
]


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    watch_tries.register(app)
    watch_telling.register(app)
    parent.add_typer(app, name="watch")


@app.command("list", epilog="Example: pantau watch list")
def show_all(context: typer.Context, as_json: JsonOption = False) -> None:
    """List the watches."""
    watches = installation(context).catalog.snapshot().watches
    if as_json:
        print_json(watches)
        return
    if not watches:
        say("no watches: `pantau watch add`")
        return
    console.print(listing("watches", [((w.id, _pause(w)), _asked(w)) for w in watches]))


def _asked(watch: Watch) -> Iterator[str]:
    yield watch.name
    yield f"{', '.join(watch.who) or 'anyone'} about {watch.about or 'anything'}"
    yield f"to {', '.join(watch.channels)}"


@app.command("add", epilog="Example: pantau watch add nato --who jens-stoltenberg --about 'ukraina OR rusia'")
def add(
    context: typer.Context,
    id: IdArgument,
    name: Name = None,
    who: Who = None,
    about: About = None,
    kind: Kinds = None,
    confidence: Confidence = None,
    novelty: News = None,
    outlets: Outlets = None,
    cadence: CadenceOption = None,
    at: At = None,
    maximum: Maximum = None,
    quiet: Quiet = None,
    zone: Zone = None,
    channel: Channel = None,
    as_json: JsonOption = False,
) -> None:
    """Add a watch, or put another in the place of the one with this id. It works from the next statement on."""
    given = _given(name, who, about, kind, confidence, novelty, outlets, cadence, at, maximum, quiet, zone, channel)
    _save(context, Watch(**({"id": id, "name": id} | given)), "set", as_json)


@app.command("edit", epilog="Example: pantau watch edit nato --cadence daily --at 06:30 --zone Asia/Jakarta")
def edit(
    context: typer.Context,
    id: IdArgument,
    name: Name = None,
    who: Who = None,
    about: About = None,
    kind: Kinds = None,
    confidence: Confidence = None,
    novelty: News = None,
    outlets: Outlets = None,
    cadence: CadenceOption = None,
    at: At = None,
    maximum: Maximum = None,
    quiet: Quiet = None,
    zone: Zone = None,
    channel: Channel = None,
    as_json: JsonOption = False,
) -> None:
    """Change what is given of a watch, and nothing else. What it told before is not told again."""
    given = _given(name, who, about, kind, confidence, novelty, outlets, cadence, at, maximum, quiet, zone, channel)
    if not given:
        raise Misuse("nothing to change is given: see `pantau watch edit --help`")
    _save(context, msgspec.structs.replace(find(context, id), **given), "changed", as_json)


@app.command("pause", epilog="Example: pantau watch pause nato")
def pause(
    context: typer.Context,
    id: Annotated[str | None, typer.Argument(help="The id of the watch.")] = None,
    token: Annotated[str | None, typer.Option(help="The token of a pause link, in place of the id.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Stop the alerts of a watch without forgetting what it told."""
    if (id is None) == (token is None):
        raise Misuse("name the watch, or give the --token of a pause link")
    _set(context, id or keys.paused_by(installation(context).settings.home, token or ""), True, as_json)


@app.command("resume", epilog="Example: pantau watch resume nato")
def resume(context: typer.Context, id: IdArgument, as_json: JsonOption = False) -> None:
    """Let a paused watch alert again. What it told before is not told again."""
    _set(context, id, False, as_json)


@app.command("remove", epilog="Example: pantau watch remove nato")
def remove(context: typer.Context, id: IdArgument, as_json: JsonOption = False) -> None:
    """Remove a watch. Its alerts stay."""
    watch = find(context, id)
    installation(context).catalog.remove_watch(id, whoever())
    _tell(watch, "removed", as_json)


@app.command("history", epilog="Example: pantau watch history nato")
def history(
    context: typer.Context,
    id: Annotated[
        str | None, typer.Argument(help="The id of a watch, an official or a source; all without it.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Changes at most, the newest first.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """Show who changed what in the catalog, and when: watches, officials and sources."""
    found = installation(context).catalog.changes(id)[::-1][:limit]
    if id and not found:
        find(context, id)
    if as_json:
        print_json(found)
        return
    rows = [(day(c.at), c.by, c.kind, c.id, c.change, _fields(c)) for c in found]
    console.print(table("changes of the catalog", ("when", "by", "what", "id", "", "fields"), rows))


@app.command("show", epilog="Example: pantau watch show nato")
def show(context: typer.Context, id: IdArgument, as_json: JsonOption = False) -> None:
    """Show one watch and its newest alerts."""
    watch = find(context, id)
    found = installation(context).search.search("alerts", f"watch:{quote(id)}", limit=5, sort="newest")
    if as_json:
        print_json({"watch": watch, "alerts": found.total})
        return
    for field in watch.__struct_fields__:
        console.print(Text(f"{field:11} {plain(_shown(getattr(watch, field)))}"))
    console.print(Text(f"alerts      {found.total}"))
    for hit in found.hits:
        console.print(Text(f"  {day(hit.document.published)} {plain(hit.document.text[:100])}"))


def find(context: typer.Context, id: str) -> Watch:
    """The watch with this id. Raises Misuse with the nearest one."""
    watches: dict[str, Watch] = {watch.id: watch for watch in installation(context).catalog.snapshot().watches}
    if id not in watches:
        near = closest(id, watches)
        cure = near if "did you mean" in near else f"there are {', '.join(watches) or 'none yet, add one'}"
        raise Misuse(f"there is no watch {id!r}: {cure}")
    return watches[id]


def _given(
    name: str | None,
    who: list[str] | None,
    about: str | None,
    kind: Sequence[Kind] | None,
    confidence: float | None,
    novelty: Sequence[Any] | None,
    outlets: int | None,
    cadence: Any,
    at: str | None,
    maximum: int | None,
    quiet: str | None,
    zone: str | None,
    channel: list[str] | None,
) -> dict[str, Any]:
    """The fields that were given on the command line."""
    fields = {
        "name": name,
        "who": (() if who == ["anyone"] else tuple(who)) if who else None,
        "about": about,
        "kinds": _kinds(kind) if kind else None,
        "confidence": confidence,
        "novelty": tuple(one.value for one in novelty) if novelty else None,
        "outlets": outlets,
        "cadence": cadence.value if cadence else None,
        "at": at,
        "maximum": maximum,
        "quiet": quiet,
        "zone": zone,
        "channels": tuple(channel) if channel else None,
    }
    given = {field: value for field, value in fields.items() if value is not None}
    return given | {field: None for field in ("about", "quiet") if given.get(field) == ""}


def _kinds(chosen: Sequence[Kind]) -> tuple[StatementKind, ...]:
    wanted = {kind.value for kind in chosen}
    return tuple(kind for kind in get_args(StatementKind) if kind in wanted)


def _save(context: typer.Context, watch: Watch, what: str, as_json: bool) -> None:
    house = installation(context)
    house.catalog.snapshot()
    try:
        house.catalog.save_watch(watch, whoever())
    except Misuse as error:  # the catalog was good before: the place in the file as it would be tells nobody anything
        raise Misuse(re.sub(r".*/watches\.yaml:\d+: ", "", str(error))) from error
    _tell(watch, what, as_json)


def _set(context: typer.Context, id: str, paused: bool, as_json: bool) -> None:
    watch = find(context, id)
    if watch.paused == paused:
        complain(f"watch {id} is {'paused' if paused else 'at work'} already")
        raise typer.Exit(1)
    watch = msgspec.structs.replace(watch, paused=paused)
    installation(context).catalog.save_watch(watch, whoever())
    _tell(watch, "paused" if paused else "at work again", as_json)


def _tell(watch: Watch, what: str, as_json: bool) -> None:
    if as_json:
        print_json(watch)
    else:
        say(f"watch {watch.id} is {what}")


def _pause(watch: Watch) -> str:
    return "paused" if watch.paused else ""


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else "-" if value is None else str(value)


def _fields(change: Change) -> str:
    if change.change != "changed":
        return ""
    return "; ".join(f"{name}: {_shown(old)} -> {_shown(new)}" for name, (old, new) in change.fields.items())
