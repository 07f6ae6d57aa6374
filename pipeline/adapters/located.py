"""Values of a YAML or TOML file with the line where each stands, so that an error can name the place and the cure.

The text of a scalar is read by the type of its field, never by the guesses of YAML: `name: No` is a name, `id: 007`
keeps its zeros. Aliases are refused and depth is bounded, so a small file cannot become a large value.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, NoReturn, TypeVar, get_args, get_origin, get_type_hints

import msgspec
import yaml

from pipeline.errors import Misuse
from schemas.record import Value

V = TypeVar("V", bound=Value)

LOADER: type[Any] = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
"""libyaml where it is there: eight times faster on 100 kB."""
_DEPTH = 12
_BOOLEANS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_SCALARS = {"str", "int", "float", "bool", "null", "timestamp"}


@dataclass(frozen=True, slots=True)
class Node:
    """A value and its line, from 1. A scalar is its text, and None when nothing is written; a mapping has `keys`."""

    line: int
    value: "str | list[Node] | dict[str, Node] | None"


@dataclass(frozen=True, slots=True)
class Place:
    """A file; `fail` says where in it something is wrong."""

    path: str

    def fail(self, line: int, message: str) -> NoReturn:
        """Raise Misuse: file, line, what is wrong and what to write instead."""
        raise Misuse(f"{self.path}:{line}: {message}")


def closest(word: str, known: Iterable[str]) -> str:
    """What to write instead of `word`: the nearest known name, or all of them."""
    names = sorted(known)
    near = get_close_matches(word, names, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"known are {', '.join(names)}" if names else "none is known yet"


# YAML


def read_yaml(text: str, place: Place) -> Node:
    """The tree of a YAML document; an empty one is an empty list. Raises Misuse with the line."""
    try:
        _refuse(text, place)
        root = yaml.compose(text, Loader=LOADER)
    except yaml.YAMLError as error:
        line, message = _complaint(error, text)
        place.fail(line, message)
    return Node(1, []) if root is None else _tree(root, place)


def _refuse(text: str, place: Place) -> None:
    """Aliases, several documents and deep nesting, found in the events before anything is built from them."""
    depth = documents = 0
    for event in yaml.parse(text, Loader=LOADER):
        line = event.start_mark.line + 1 if event.start_mark else 1
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        if isinstance(event, yaml.AliasEvent):
            place.fail(line, f"the alias '*{event.anchor}' is not allowed here: write the value out")
        if depth > _DEPTH:
            place.fail(line, f"more than {_DEPTH} levels inside each other: write a plain list of entries")
        if documents > 1:
            place.fail(line, "a second document begins with '---': keep all entries in one list")


def _complaint(error: yaml.YAMLError, text: str) -> tuple[int, str]:
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        position = getattr(error, "position", 0)
        what = getattr(error, "reason", str(error))
        return text.count("\n", 0, position) + 1, f"not readable as YAML ({what}): delete that character"
    line = mark.line + 1
    written = text.splitlines()[mark.line] if mark.line < len(text.splitlines()) else ""
    if "\t" in written[: len(written) - len(written.lstrip())]:
        return line, "the line is indented with a tab: YAML takes only spaces, use two per level"
    context = getattr(error, "context", None)
    problem = getattr(error, "problem", error)
    what = f"{context}, {problem}" if context else problem
    return line, f"not readable as YAML ({what}): check indentation and put text with ':' or '#' in quotes"


def _tree(node: yaml.Node, place: Place) -> Node:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        return Node(line, _mapping(node, place))
    if isinstance(node, yaml.SequenceNode):
        return Node(line, [_tree(item, place) for item in node.value])
    tag = node.tag.removeprefix("tag:yaml.org,2002:")
    if tag not in _SCALARS:
        place.fail(line, f"the tag {node.tag!r} is not allowed here: write plain text")
    return Node(line, None if tag == "null" else str(node.value))


def _mapping(node: yaml.MappingNode, place: Place) -> dict[str, Node]:
    fields: dict[str, Node] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        name = str(key.value) if isinstance(key, yaml.ScalarNode) else place.fail(line, "a field needs a plain name")
        if name in fields:
            place.fail(line, f"field {name!r} is written twice: keep one of them")
        fields[name] = (
            Node(line, _tree(value, place).value) if isinstance(value, yaml.ScalarNode) else _tree(value, place)
        )
    return fields


# TOML


def read_toml(text: str, table: str, place: Place) -> Node:
    """The entries of `[[table]]`, with the lines of their fields. Raises Misuse with the line."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"line (\d+)", str(error))
        place.fail(int(at[1]) if at else text.count("\n") + 1, f"not readable as TOML ({error}): put text in quotes")
    for name in found.keys() - {table}:
        place.fail(_line(text, rf"^\s*(\[+\s*)?{re.escape(name)}\b"), f"unknown table {name!r}: write [[{table}]]")
    entries = found.get(table, [])
    heads = [match.start() for match in re.finditer(rf"(?m)^[ \t]*\[\[[ \t]*{table}[ \t]*\]\]", text)]
    if not isinstance(entries, list) or len(heads) != len(entries):
        place.fail(_line(text, rf"^\s*\[?{table}"), f"begin every entry with [[{table}]] on a line of its own")
    ends = [*heads[1:], len(text)]
    return Node(1, [_table(entry, text, span) for entry, span in zip(entries, zip(heads, ends))])


def _line(text: str, pattern: str, start: int = 0, end: int | None = None) -> int:
    """The line of the first match in a stretch of the text, or that of its start."""
    found = re.compile(pattern, re.MULTILINE).search(text, start, len(text) if end is None else end)
    at = start if found is None else found.start() + len(found[0]) - len(found[0].lstrip())
    return text.count("\n", 0, at) + 1


def _table(entry: Mapping[str, object], text: str, span: tuple[int, int]) -> Node:
    fields = {
        name: Node(line, _plain(value, line))
        for name, value in entry.items()
        for line in [_line(text, rf"^[ \t]*[\"']?{re.escape(name)}[\"']?\s*=", *span)]
    }
    return Node(_line(text, r"\[\[", *span), fields)


def _plain(value: object, line: int) -> "str | list[Node] | dict[str, Node]":
    if isinstance(value, list):
        return [Node(line, _plain(item, line)) for item in value]
    if isinstance(value, dict):
        return {name: Node(line, _plain(item, line)) for name, item in value.items()}
    return str(value).lower() if isinstance(value, bool) else str(value)


# Values by type


def entry(node: Node, kind: type[V], place: Place, noun: str) -> V:
    """One value of the catalog from its mapping. `noun` names it for people ("an official")."""
    if not isinstance(node.value, dict):
        place.fail(node.line, f"expected {noun} with fields such as 'id: ...', found {_shape(node)}")
    hints = _hints(kind)
    for name, field in node.value.items():
        if name not in hints:
            place.fail(field.line, f"unknown field {name!r} in {noun}: {closest(name, hints)}")
    for info in msgspec.structs.fields(kind):
        present = info.name in node.value and node.value[info.name].value not in (None, "")
        if info.required and not present:
            at = node.value.get(info.name, node).line
            place.fail(at, f"{noun} has no {info.name!r}: add '{info.name}: ...'")
    return kind(**{n: _read(hints[n], f, place, n) for n, f in node.value.items() if f.value is not None})


@cache
def _hints(kind: type[Value]) -> dict[str, Any]:
    return get_type_hints(kind)


def _shape(node: Node) -> str:
    if isinstance(node.value, list):
        return "a list"
    return "fields" if isinstance(node.value, dict) else f"the text {node.value!r}" if node.value else "nothing"


def _read(hint: Any, node: Node, place: Place, name: str) -> Any:
    if isinstance(hint, UnionType):
        hint = next(option for option in get_args(hint) if option is not NoneType)
    if get_origin(hint) is tuple:
        return _many(get_args(hint)[0], node, place, name)
    if isinstance(hint, type) and issubclass(hint, Value):
        return entry(node, hint, place, f"an entry of {name!r}")
    if not isinstance(node.value, str):
        place.fail(node.line, f"{name!r} is one value, found {_shape(node)}: write '{name}: {_sample(hint)}'")
    return _scalar(hint, node.value, node.line, place, name)


def _many(hint: Any, node: Node, place: Place, name: str) -> tuple[Any, ...]:
    if isinstance(node.value, str):
        place.fail(node.line, f"{name!r} is a list, found the text {node.value!r}: write '{name}: [{node.value}]'")
    if isinstance(node.value, dict):
        place.fail(node.line, f"{name!r} is a list, found fields: begin each entry with '- '")
    return tuple(_read(hint, item, place, name) for item in node.value or ())


def _sample(hint: Any) -> str:
    return {bool: "true", float: "0.5", int: "3", date: "2014-10-01"}.get(hint, "...")


def _scalar(hint: Any, text: str, line: int, place: Place, name: str) -> Any:
    if get_origin(hint) is Literal:
        options = get_args(hint)
        return text if text in options else place.fail(line, f"{name!r} cannot be {text!r}: {closest(text, options)}")
    if hint is bool:
        if text.lower() not in _BOOLEANS:
            place.fail(line, f"{name!r} is true or false, found {text!r}: write '{name}: true'")
        return _BOOLEANS[text.lower()]
    if hint in (float, int):
        return _number(hint, text, line, place, name)
    if hint is date:
        return _date(text, line, place, name)
    return text.strip() or place.fail(line, f"{name!r} is empty: write a value or delete the line")


def _number(hint: type[float] | type[int], text: str, line: int, place: Place, name: str) -> float:
    try:
        return hint(text)
    except ValueError:
        whole = "a whole number" if hint is int else "a number"
        place.fail(line, f"{name!r} is {whole}, found {text!r}: write '{name}: {_sample(hint)}'")


def _date(text: str, line: int, place: Place, name: str) -> date:
    try:
        if len(text) != 10:  # fromisoformat also takes 20141001 and 2014-W40-3, which people misread
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError:
        place.fail(line, f"{name!r} is a date, found {text!r}: write year-month-day, such as 2014-10-01")
