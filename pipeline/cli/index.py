"""`pantau index`: the storage of a search index on a server: made, checked, rebuilt and taken back."""

import typer

from pipeline.cli.output import console, installation, plain, table
from pipeline.errors import Misuse
from pipeline.ports import Kept, Switched, Upkeep

commands = typer.Typer(no_args_is_help=True, help="Make, check, rebuild or take back the storage of a search server.")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="index")


@commands.command("create", epilog="Example: pantau index create")
def create(context: typer.Context) -> None:
    """Write the index templates and make the first indices. What is there already stays."""
    made = _upkeep(context).create()
    _say(f"templates written; made {', '.join(made)}" if made else "templates written; the indices were there already")


@commands.command("check", epilog="Example: pantau index check (exit code 1: something differs)")
def check(context: typer.Context) -> None:
    """Compare templates, aliases and mappings with what this version of Pantau needs, and say what to do."""
    findings = _upkeep(context).check()
    if not findings:
        _say("everything is as it should be")
        return
    console.print(table("what differs", ("thing", "what is wrong", "what to do"), findings))
    raise typer.Exit(1)


@commands.command("reindex", epilog="Example: pantau index reindex")
def reindex(context: typer.Context) -> None:
    """Rebuild all indices beside the live ones, compare, and swap in one step. Writing and reading go on meanwhile."""
    _switched(_upkeep(context).reindex())


@commands.command("rollback", epilog="Example: pantau index rollback")
def rollback(context: typer.Context) -> None:
    """Take the generation before the last reindex back, with what was written since."""
    _switched(_upkeep(context).rollback())


def _switched(done: Switched) -> None:
    counts = ", ".join(f"{count:,} {family}" for family, count in done.counts.items())
    _say(f"generation {done.new} replaces {done.old}: {counts}")


def _upkeep(context: typer.Context) -> Upkeep:
    index = installation(context).index
    if not isinstance(index, Kept):
        raise Misuse("the search index is a file, which needs no upkeep: set PANTAU_INDEX to the URL of a server")
    return index.upkeep(_say)


def _say(sentence: str) -> None:
    console.print(plain(sentence), markup=False, soft_wrap=True)
