"""`pantau evaluate`: measures a part of Pantau on examples with a known answer."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from pipeline.cli.installation import Installation
from pipeline.cli.output import JsonOption, console, installation, listing, print_json, table
from pipeline.errors import Misuse
from pipeline.evaluation import Evaluation, Table

EVALUATIONS = ("cleaning", "duplicates", "entities", "statements", "utterances")
"""The modules of `pipeline.evaluation` that measure; each is a command."""

_PACKAGES = {"sklearn": "scikit-learn"}
"""What to install for modules that are called otherwise."""


class _Commands(TyperGroup):
    """Loads a module when its command is asked for: what it measures takes longer to load than most commands to run."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(EVALUATIONS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        return _command(cmd_name) if cmd_name in EVALUATIONS else None


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(cls=_Commands, help="Measure a part of Pantau on examples of yours.", no_args_is_help=True)
    group.callback()(lambda: None)
    app.add_typer(group, name="evaluate")


def _command(name: str) -> Any:
    module = import_module(f"pipeline.evaluation.{name}")
    alone = typer.Typer(add_completion=False, rich_markup_mode=None)
    example = f"Example: pantau evaluate {name} {name}-examples"
    alone.command(name, help=module.__doc__, epilog=example)(_evaluating(module.EVALUATION))
    return typer.main.get_command(alone)


def _evaluating(evaluation: Evaluation) -> Callable[..., None]:
    """The function behind the command of one evaluation."""
    rivals = f"Give the examples to these programs, too, with commas between them: {', '.join(evaluation.rivals)}."

    def evaluate(
        context: typer.Context,
        folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder with the examples.")],
        against: Annotated[str, typer.Option(help=rivals, hidden=not evaluation.rivals)] = "",
        mistakes: Annotated[
            int, typer.Option(min=0, help="List so many mistakes of each sort.", hidden=not evaluation.lists)
        ] = 0,
        as_json: JsonOption = False,
    ) -> None:
        chosen = _rivals(evaluation, against)
        cases = evaluation.read(folder)
        measured = evaluation.measure(cases, chosen, **_ports(evaluation, installation(context)))
        worst = [replace(found, rows=found.rows[:mistakes]) for found in measured.mistakes] if mistakes else []
        if as_json:
            listed = {"mistakes": {found.title: _records(found) for found in worst}} if mistakes else {}
            print_json({**measured.figures, **listed})
            return
        for found in (*measured.tables, *worst):
            console.print(_shown(found))

    return evaluate


def _shown(found: Table) -> Any:
    """A table; a listing where there are long texts, with the other values on their left."""
    if not any(column.startswith("~") for column in found.columns):
        return table(found.title, found.columns, found.rows)
    return listing(found.title if found.rows else f"{found.title}: none", [_sides(found, row) for row in found.rows])


def _sides(found: Table, row: Sequence[object]) -> tuple[list[object], list[str]]:
    told = [(column, value) for column, value in zip(found.columns, row) if value]
    left = [value for column, value in told if not column.startswith("~")]
    return left, [f"{_plain(column)}: {value}" for column, value in told if column.startswith("~")]


def _records(found: Table) -> list[dict[str, object]]:
    return [dict(zip(map(_plain, found.columns), row)) for row in found.rows]


def _plain(column: str) -> str:
    """The name of a column without what it says of its look."""
    return column.lstrip(">~")


def _rivals(evaluation: Evaluation, against: str) -> Sequence[str]:
    """The rivals that are asked for. Raises Misuse for one that is not known or not installed."""
    names = [name.strip() for name in against.split(",") if name.strip()]
    for name in names:
        if name not in evaluation.rivals:
            known = ", ".join(evaluation.rivals) or "nothing"
            raise Misuse(f"this cannot be measured against {name!r}, only against {known}: leave {name!r} out")
        if find_spec(evaluation.rivals[name]) is None:
            package = _PACKAGES.get(evaluation.rivals[name], evaluation.rivals[name])
            raise Misuse(f"{name} is not installed: run `pip install {package}`, or leave it out")
    return names


def _ports(evaluation: Evaluation, house: Installation) -> dict[str, Any]:
    parameters = inspect.signature(evaluation.measure).parameters.values()
    return {p.name: getattr(house, _PORTS.get(p.name, p.name)) for p in parameters if p.kind is p.KEYWORD_ONLY}


_PORTS = {"catalog": "reading_catalog"}
"""Where a port for what only looks has another name."""
