"""`pantau keys`: API keys, with which articles are uploaded over HTTP."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

import msgspec
import typer

from pipeline.adapters.apikeys import PER_MINUTE, SCOPES, ApiKey, ApiKeys
from pipeline.cli.output import JsonOption, console, day, installation, notes, print_json, say, table

app = typer.Typer(help="API keys for uploads over HTTP: make, list and revoke them.", no_args_is_help=True)

ScopeName = StrEnum("ScopeName", list(SCOPES))  # type: ignore[misc]


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    parent.add_typer(app, name="keys")


@app.command("add", epilog="Example: pantau keys add newsroom --scope upload --days 90")
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Who it is for; so it is listed.")],
    scope: Annotated[
        list[ScopeName] | None, typer.Option(help="What it opens: upload, status; may be repeated. Default: both.")
    ] = None,
    days: Annotated[int | None, typer.Option(min=1, max=3650, help="Days after which it expires.")] = None,
    per_minute: Annotated[int, typer.Option(min=1, max=1_000_000, help="Requests a minute.")] = PER_MINUTE,
    as_json: JsonOption = False,
) -> None:
    """Make a key and show it, this once: only its hash is kept."""
    house = installation(context)
    now = house.clock.now()
    scopes = [one for one in SCOPES if not scope or one in {chosen.value for chosen in scope}]
    until = now + timedelta(days=days) if days else None
    key, words = ApiKeys(house.settings.home).make(name, scopes, now, until, per_minute)
    if as_json:
        print_json(_shown(key) | {"key": words})
        return
    notes.print("Send it as `Authorization: Bearer KEY`; it is not shown again:")
    say(words)


@app.command("list", epilog="Example: pantau keys list")
def show_all(context: typer.Context, as_json: JsonOption = False) -> None:
    """List the keys, without what opens them."""
    house = installation(context)
    keys = ApiKeys(house.settings.home).all()
    if as_json:
        print_json([_shown(key) for key in keys])
        return
    if not keys:
        say("no keys: `pantau keys add NAME` makes one")
        return
    now = house.clock.now()
    rows = [(k.id, k.name, ", ".join(k.scopes), k.per_minute, day(k.made), _standing(k, now)) for k in keys]
    console.print(table("API keys", ("id", "name", "opens", ">a minute", "made", ""), rows))


@app.command("revoke", epilog="Example: pantau keys revoke newsroom")
def revoke(
    context: typer.Context,
    key: Annotated[str, typer.Argument(help="The id of the key, or its name.")],
    as_json: JsonOption = False,
) -> None:
    """Let a key open nothing any more, from the next request on."""
    house = installation(context)
    revoked = ApiKeys(house.settings.home).revoke(key, house.clock.now())
    if as_json:
        print_json(_shown(revoked))
    else:
        say(f"key {revoked.id} of {revoked.name} is revoked")


def _shown(key: ApiKey) -> dict[str, Any]:
    """The key for programs: everything but its hash."""
    fields: dict[str, Any] = msgspec.to_builtins(key)
    return {name: value for name, value in fields.items() if name != "hash"}


def _standing(key: ApiKey, now: datetime) -> str:
    if key.revoked:
        return f"revoked {day(key.revoked)}"
    if not key.works(now):
        return f"expired {day(key.until)}"
    return f"until {day(key.until)}" if key.until else ""
