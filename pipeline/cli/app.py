"""The program `pantau`: its commands, its global options, and how it ends.

Exit codes: 0 done; 1 done, but some of the input was refused or nothing was found to act on; 2 a mistake in the
command, a query, a setting or the catalog; 3 something that Pantau needs cannot be used now (disk, server, lock);
130 interrupted.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipeline import __version__, install, logs, settings
from pipeline.cli import dead, demo, doctor, export, index, ingest, ledger, run, search, status, trace, watch
from pipeline.cli.installation import Installation
from pipeline.cli.output import complain
from pipeline.errors import BadQuery, Misuse, PantauError

app = typer.Typer(
    name="pantau",
    help="Watches news sites and tells you when an official you track says something new.",
    epilog="Exit codes: 0 done, 1 some input refused or nothing found, 2 a mistake in the command, query or catalog, "
    "3 a disk, server or lock that cannot be used now.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"pantau {__version__}")
        raise typer.Exit


@app.callback()
def start(
    context: typer.Context,
    home: Annotated[
        Path | None, typer.Option(help="Folder of everything that Pantau keeps.", show_default="pantau-data")
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and end.")
    ] = False,
) -> None:
    """Read the settings; the parts are opened by the command that needs them."""
    loaded = settings.load(home=home)
    logs.start(loaded.log)
    context.obj = Installation(loaded)


for command in (demo, ingest, run, search, ledger, watch, trace, dead, status, doctor, export, index):
    command.register(app)


def main() -> None:
    """Run `pantau` and end the process with its exit code."""
    try:
        install.check()
        app(standalone_mode=True)
    except BadQuery as error:
        complain(f"{error}\n{error.pointer()}")
        sys.exit(2)
    except Misuse as error:
        complain(str(error))
        sys.exit(2)
    except PantauError as error:
        complain(str(error))
        sys.exit(3)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
