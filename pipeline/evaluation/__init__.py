"""How well a part of Pantau does on examples with a known answer.

One module measures one part; the names of all are in `pipeline.cli.evaluate`. Its docstring says what its folder has to
hold, and is the help of its command. Its `EVALUATION` reads that folder and measures; nothing here writes anything.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import Misuse


@dataclass(frozen=True)
class Table:
    """For people. A column whose name begins with ">" holds numbers; those with "~" hold long texts."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]


@dataclass(frozen=True)
class Measured:
    """The result of a measurement. `figures` holds the same as the tables, for programs and tests.

    mistakes  what went wrong, one sort a table, the worst first
    """

    tables: tuple[Table, ...]
    figures: Mapping[str, Any]
    mistakes: tuple[Table, ...] = ()


@dataclass(frozen=True)
class Evaluation:
    """One measurement.

    read     the examples in a folder. Raises Misuse when the folder holds none, or one cannot be used
    measure  called with the examples and the names of rivals; its keyword-only parameters are the ports it needs
             (`pipeline.ports`), bound by name as those of a step
    rivals   other programs that can be given the same examples, and the module that has to be installed for each
    lists    whether it lists its mistakes
    """

    read: Callable[[Path], Sequence[Any]]
    measure: Callable[..., Measured]
    rivals: Mapping[str, str] = field(default_factory=dict)
    lists: bool = False


def existing(folder: Path) -> Path:
    """The folder. Raises Misuse when it is none."""
    if not folder.is_dir():
        raise Misuse(f"there is no folder {folder}: name one that holds examples, as --help describes")
    return folder
