"""`pantau kibana`: the dashboards of Kibana."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.adapters import kibana
from pipeline.cli.output import complain, installation, say
from pipeline.errors import Misuse

commands = typer.Typer(no_args_is_help=True, help="Dashboards for Kibana.")

FILE = "pantau.ndjson"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="kibana")


@commands.command("push", epilog="Example: pantau kibana push")
def push(
    context: typer.Context,
    space: Annotated[str, typer.Option(help="The space of Kibana that gets them.")] = "default",
    prefix: Annotated[str, typer.Option(help="What the names of the indices begin with.")] = "pantau",
) -> None:
    """Put data views and dashboards into the Kibana that PANTAU_KIBANA names; those that are there are replaced."""
    url = installation(context).settings.kibana
    if not url:
        raise Misuse("PANTAU_KIBANA is not set: write the address of Kibana into it, for example http://127.0.0.1:5601")
    address = kibana.parse(url)
    objects = kibana.renamed(saved_objects().read_text(encoding="utf-8"), prefix)
    refused = kibana.push(address, objects, space)
    say(f"{len(objects) - len(refused)} of {len(objects)} saved objects are in Kibana at {address.url}")
    for one in refused:
        complain(f"Kibana did not take {one.id}: {one.why}")
    if refused:
        raise typer.Exit(1)


def saved_objects() -> Path:
    """The file of saved objects: inside the package when it is installed, in deploy/ in a checkout."""
    package = Path(__file__).parents[1]
    inside = package / "kibana" / FILE
    return inside if inside.is_file() else package.parent / "deploy" / "kibana" / FILE
