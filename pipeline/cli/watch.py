"""`pantau watch`: whom to listen to, and what was heard."""

import re
from collections.abc import Sequence
from typing import Annotated, get_args

import msgspec
import typer
from rich.text import Text

from pipeline.cli.output import JsonOption, complain, console, day, installation, plain, print_json, say, table
from pipeline.cli.search import Kind, print_hits
from pipeline.errors import Misuse
from pipeline.news.queries import quote
from schemas.catalog import Watch
from schemas.statement import StatementKind

app = typer.Typer(help="Watches: list, add, pause, resume and remove them, see their alerts.", no_args_is_help=True)

IdArgument = Annotated[str, typer.Argument(help="The id of the watch.")]


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    parent.add_typer(app, name="watch")


@app.command("list", epilog="Example: pantau watch list")
def show_all(context: typer.Context, as_json: JsonOption = False) -> None:
    """List the watches."""
    watches = installation(context).catalog.snapshot().watches
    if as_json:
        print_json(watches)
        return
    rows = [
        (
            w.id,
            w.name,
            ", ".join(w.who) or "anyone",
            w.about or "anything",
            ", ".join(w.channels),
            _pause(w),
        )
        for w in watches
    ]
    console.print(table("watches", ("id", "name", "who", "about", "channels", ""), rows))


@app.command("add", epilog="Example: pantau watch add nato --who jens-stoltenberg --about 'ukraina OR rusia'")
def add(
    context: typer.Context,
    id: IdArgument,
    name: Annotated[str | None, typer.Option(help="Its name; the id without it.")] = None,
    who: Annotated[list[str] | None, typer.Option(help="An official's id, a speaker id or a name; repeatable.")] = None,
    about: Annotated[str | None, typer.Option(help="A query over statements.")] = None,
    kind: Annotated[list[Kind] | None, typer.Option(help="Kinds of statement; may be repeated. Default: all.")] = None,
    confidence: Annotated[float, typer.Option(min=0, max=1, help="Least confidence of a statement.")] = 0.5,
    channel: Annotated[list[str] | None, typer.Option(help="feed: or webhook+https://...; may be repeated.")] = None,
    versions: Annotated[bool, typer.Option(help="Tell new versions of known utterances too.")] = True,
    as_json: JsonOption = False,
) -> None:
    """Add a watch, or change the one with this id. It works from the next statement on."""
    watch = Watch(
        id=id,
        name=name or id,
        who=tuple(who or ()),
        about=about,
        kinds=_kinds(kind),
        confidence=confidence,
        channels=tuple(channel or ("feed:",)),
        versions=versions,
    )
    house = installation(context)
    house.catalog.snapshot()
    try:
        house.catalog.save_watch(watch)
    except Misuse as error:  # the catalog was good before: the place in the file as it would be tells nobody anything
        raise Misuse(re.sub(r".*/watches\.yaml:\d+: ", "", str(error))) from error
    _tell(watch, "set", as_json)


@app.command("pause", epilog="Example: pantau watch pause nato")
def pause(context: typer.Context, id: IdArgument, as_json: JsonOption = False) -> None:
    """Stop the alerts of a watch without forgetting what it told."""
    _set(context, id, True, as_json)


@app.command("resume", epilog="Example: pantau watch resume nato")
def resume(context: typer.Context, id: IdArgument, as_json: JsonOption = False) -> None:
    """Let a paused watch alert again. What it told before is not told again."""
    _set(context, id, False, as_json)


@app.command("remove", epilog="Example: pantau watch remove nato")
def remove(context: typer.Context, id: IdArgument, as_json: JsonOption = False) -> None:
    """Remove a watch. Its alerts stay."""
    watch = _watch(context, id)
    installation(context).catalog.remove_watch(id)
    _tell(watch, "removed", as_json)


@app.command("history", epilog="Example: pantau watch history nato")
def history(
    context: typer.Context,
    id: Annotated[str | None, typer.Argument(help="The id of a watch; all watches without it.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Alerts at most, the newest first.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """Show the alerts that were raised."""
    query = f"watch:{quote(id)}" if id else ""
    found = installation(context).search.search("alerts", query, limit=limit, sort="newest")
    if id and not found.total:
        _watch(context, id)
    if as_json:
        print_json([hit.document for hit in found.hits])
    elif found.total:
        print_hits("alerts", found._replace(cursor=None))
    else:
        complain(f"no alert was raised{f' for watch {id}' if id else ''} yet")
    if not found.total:
        raise typer.Exit(1)


@app.command("show", epilog="Example: pantau watch show nato")
def show(context: typer.Context, id: IdArgument, as_json: JsonOption = False) -> None:
    """Show one watch and its newest alerts."""
    watch = _watch(context, id)
    found = installation(context).search.search("alerts", f"watch:{quote(id)}", limit=5, sort="newest")
    if as_json:
        print_json({"watch": watch, "alerts": found.total})
        return
    for field, value in msgspec.to_builtins(watch).items():
        console.print(Text(f"{field:11} {plain(str(value))}"))
    console.print(Text(f"alerts      {found.total}"))
    for hit in found.hits:
        console.print(Text(f"  {day(hit.document.published)} {plain(hit.document.text[:100])}"))


def _kinds(chosen: Sequence[Kind] | None) -> tuple[StatementKind, ...]:
    """All kinds when none is chosen."""
    wanted = {kind.value for kind in chosen or Kind}
    return tuple(kind for kind in get_args(StatementKind) if kind in wanted)


def _pause(watch: Watch) -> str:
    return "paused" if watch.paused else ""


def _watch(context: typer.Context, id: str) -> Watch:
    watches: dict[str, Watch] = {watch.id: watch for watch in installation(context).catalog.snapshot().watches}
    if id not in watches:
        raise Misuse(f"there is no watch {id!r}: there are {', '.join(watches) or 'none yet, add one'}")
    return watches[id]


def _set(context: typer.Context, id: str, paused: bool, as_json: bool) -> None:
    watch = _watch(context, id)
    if watch.paused == paused:
        complain(f"watch {id} is {'paused' if paused else 'at work'} already")
        raise typer.Exit(1)
    watch = msgspec.structs.replace(watch, paused=paused)
    installation(context).catalog.save_watch(watch)
    _tell(watch, "paused" if paused else "at work again", as_json)


def _tell(watch: Watch, what: str, as_json: bool) -> None:
    if as_json:
        print_json(watch)
    else:
        say(f"watch {watch.id} is {what}")
