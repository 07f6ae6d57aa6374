"""`pantau topics`: the topics on Kafka are made, checked and shown."""

from contextlib import closing
from typing import Annotated

import typer

from pipeline.cli.output import JsonOption, console, installation, print_json, table

app = typer.Typer(help="Topics on Kafka: create, check and describe them.", no_args_is_help=True)


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    parent.add_typer(app, name="topics")


@app.command("create", epilog="Example: pantau topics create")
def create(context: typer.Context) -> None:
    """Create the topics that are missing; bring retention and sizes of the others up to date."""
    house = installation(context)
    with closing(house.admin()) as admin:
        made = admin.create(house.topics())
    console.print(f"created {', '.join(made)}" if made else "all topics are there already")


@app.command("check", epilog="Example: pantau topics check")
def check(context: typer.Context) -> None:
    """Say what is missing or has another number of partitions, and what to do (exit code 2)."""
    house = installation(context)
    house.check_topics()
    console.print(f"all {len(house.topics())} topics are as they have to be")


@app.command("describe", epilog="Example: pantau topics describe")
def describe(
    context: typer.Context,
    as_json: JsonOption = False,
    wanted: Annotated[bool, typer.Option("--wanted", help="As they have to be instead of as they are.")] = False,
) -> None:
    """Show partitions, copies and settings of all topics."""
    house = installation(context)
    topics = house.topics()
    if wanted:
        found = [(topic.name, topic.partitions, "", topic.settings) for topic in topics]
    else:
        with closing(house.admin()) as admin:
            found = [
                (t.name, t.partitions, str(t.replication), t.settings) for t in admin.describe([t.name for t in topics])
            ]
    if as_json:
        print_json([dict(zip(("name", "partitions", "copies", "settings"), row, strict=True)) for row in found])
        return
    rows = [(n, p, c, " ".join(f"{key}={value}" for key, value in sorted(s.items()))) for n, p, c, s in found]
    console.print(table("topics", ("name", ">partitions", ">copies", "settings"), rows))
