"""`pantau index`: the indices of Elasticsearch: made, checked, rebuilt and taken back."""

from typing import Any

import typer

from pipeline.cli.output import console, installation, plain, table
from pipeline.errors import Misuse

commands = typer.Typer(no_args_is_help=True, help="Make, check, rebuild or take back the indices of Elasticsearch.")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="index")


@commands.command()
def create(context: typer.Context) -> None:
    """Write the index templates and make the first indices. What is there already stays."""
    made = _generations(context).create()
    _say(f"templates written; made {', '.join(made)}" if made else "templates written; the indices were there already")


@commands.command(epilog="Exit code 1: something differs.")
def check(context: typer.Context) -> None:
    """Compare templates, aliases and mappings with what this version of Pantau needs, and say what to do."""
    from pipeline.adapters.elasticsearch.checking import check as checked  # noqa: PLC0415 - needs an extra

    index = _index(context)
    findings = checked(index.client, index.address)
    if not findings:
        _say("everything is as it should be")
        return
    console.print(table("what differs", ("thing", "what is wrong", "what to do"), findings))
    raise typer.Exit(1)


@commands.command()
def reindex(context: typer.Context) -> None:
    """Rebuild all indices beside the live ones, compare, and swap in one step. Writing and reading go on meanwhile."""
    _switched(_generations(context).reindex())


@commands.command()
def rollback(context: typer.Context) -> None:
    """Take the generation before the last reindex back, with what was written since."""
    _switched(_generations(context).rollback())


def _switched(done: Any) -> None:
    counts = ", ".join(f"{count:,} {family}" for family, count in done.counts.items())
    _say(f"generation {done.new} replaces {done.old}: {counts}")


def _generations(context: typer.Context) -> Any:
    index = _index(context)
    from pipeline.adapters.elasticsearch.generations import Generations  # noqa: PLC0415 - needs an extra

    return Generations(index.client, index.address, _say)


def _index(context: typer.Context) -> Any:
    house = installation(context)
    if not house.settings.index.startswith("elasticsearch+"):
        raise Misuse(
            "the index is a file and needs no care: for a server set PANTAU_INDEX to elasticsearch+https://..."
        )
    return house.index


def _say(sentence: str) -> None:
    console.print(plain(sentence), markup=False)
