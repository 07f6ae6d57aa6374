"""The program `pantau`: its commands, its global options, and how it ends.

Exit codes: 0 done; 1 done, but some of the input was refused (or became dead letters), nothing was found, or `doctor`
found a fault; 2 a mistake in the command, a query, a setting or the catalog; 3 something that Pantau needs cannot be
used now (disk, server, lock); 130 interrupted. A reader that closes the pipe (`| head`) is no error.
"""

import os
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

from pipeline import __version__, install, logs, settings
from pipeline.cli import (
    backfill,
    clean,
    crawl,
    dead,
    demo,
    doctor,
    evaluate,
    explain,
    export,
    index,
    ingest,
    keys,
    kibana,
    ledger,
    pages,
    replay,
    run,
    search,
    serve,
    sources,
    sources_report,
    status,
    topics,
    trace,
    utterance,
    versions,
    watch,
    work,
)
from pipeline.cli.installation import Installation
from pipeline.cli.output import complain
from pipeline.errors import BadQuery, Misuse, PantauError

INTERRUPTED = 130

app = typer.Typer(
    name="pantau",
    help="Watches news sites and tells you when an official you track says something new.",
    epilog="Exit codes: 0 done, 1 some input refused or nothing found, 2 a mistake in the command, query or catalog, "
    "3 a disk, server or lock that cannot be used now, 130 interrupted.",
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
    logs.start(loaded.log or ("info" if context.invoked_subcommand in ("run", "crawl", "serve") else "error"))
    context.obj = Installation(loaded)


COMMANDS = (
    demo, ingest, clean, explain, run, crawl, sources, sources_report, backfill, work, serve, keys, topics, index,
    kibana, search, ledger, utterance, watch, trace, versions, dead, replay, status, doctor, export, pages, evaluate,
)  # fmt: skip
for command in COMMANDS:
    command.register(app)


def main() -> None:
    """Run `pantau` and end the process with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal may know fewer letters than the news
    sys.exit(_flushed(_ended()))


def _ended() -> int:
    """Run the command; say what is wrong. Returns the exit code."""
    try:
        install.check()
        app(prog_name="pantau")
    except BadQuery as error:
        complain(f"{error}\n{error.pointer()}")
        return 2
    except Misuse as error:
        complain(str(error))
        return 2
    except PantauError as error:
        complain(str(error))
        return 3
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):
            return 0
        if end.code == INTERRUPTED:
            complain("interrupted: what was committed stays, nothing is lost; the same command goes on from there")
        return end.code if isinstance(end.code, int) else 0
    return 0


def _flushed(code: int) -> int:
    """Write out what is still buffered; when nobody reads any more, nothing has to be said."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code
