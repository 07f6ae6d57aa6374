"""Changes one entry in the text of a YAML list and leaves every other line, comments included, as it stands."""

import json
from typing import Any, NamedTuple

import yaml

from pipeline.adapters.located import LOADER

_Fields = dict[str, Any]


class _Entry(NamedTuple):
    """An entry in block style: its node, its first line and the line after its last, both from 0."""

    node: yaml.MappingNode
    start: int
    end: int


def put(text: str, id: str, fields: _Fields) -> str:
    """The text with this entry added at the end, or changed field by field where it stands."""
    found = _entries(text).get(id)
    if found is None:
        return _append(text, _render(fields))
    lines = text.splitlines()
    lines[found.start : found.end] = _changed(lines, found, fields) or _render(fields)
    return "\n".join(lines) + "\n"


def cut(text: str, id: str) -> str:
    """The text without this entry and the comment that stands directly above it."""
    found, lines = _entries(text)[id], text.splitlines()
    start = found.start
    while start > 0 and lines[start - 1].lstrip().startswith("#"):
        start -= 1
    if start == 0:  # the comment at the top of the file is about the file
        start = found.start
    while start > 0 and not lines[start - 1].strip() and found.end >= len(lines):
        start -= 1
    end = found.end
    while end < len(lines) and not lines[end].strip():
        end += 1
    del lines[start:end]
    return "\n".join(lines) + "\n" if lines else ""


def toml(fields: _Fields) -> str:
    """A new entry of the sources, in TOML."""
    rows = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in fields.items()]
    return "\n".join(["[[source]]", *rows])


def block(text: str) -> bool:
    """Whether the entries of this text can be changed one by one: a list in block style, or nothing yet."""
    root = yaml.compose(text, Loader=LOADER)
    return root is None or (isinstance(root, yaml.SequenceNode) and not (root.flow_style and root.value))


def _append(text: str, added: list[str]) -> str:
    root = yaml.compose(text, Loader=LOADER)
    lines = text.rstrip().splitlines()
    if isinstance(root, yaml.SequenceNode) and root.flow_style:  # an empty list, written []
        del lines[root.start_mark.line]
    return "\n".join([*lines, *([""] if lines else []), *added]) + "\n"


def _entries(text: str) -> dict[str, _Entry]:
    root = yaml.compose(text, Loader=LOADER)
    lines = text.splitlines()
    items = [] if root is None else root.value
    starts = [_dash(lines, item.start_mark.line) for item in items]
    ends = [_trimmed(lines, start, end) for start, end in zip(starts, [*starts[1:], len(lines)])]
    return {_id(item): _Entry(item, start, end) for item, start, end in zip(items, starts, ends)}


def _dash(lines: list[str], line: int) -> int:
    """Where the entry begins: its dash may stand alone on a line before."""
    while not lines[line].lstrip().startswith("-"):
        line -= 1
    return line


def _trimmed(lines: list[str], start: int, end: int) -> int:
    """The end without the blank lines and comments before the next thing: they belong to that."""
    while end > start + 1 and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    return end


def _id(node: yaml.MappingNode) -> str:
    return next(str(value.value) for key, value in node.value if key.value == "id")


def _render(fields: _Fields, indent: str = "  ") -> list[str]:
    lines = [line for name in fields for line in _field(name, fields[name])]
    return [("- " if number == 0 else indent) + line for number, line in enumerate(lines)]


def _field(name: str, value: object) -> list[str]:
    if isinstance(value, list):
        return [f"{name}: {yaml.safe_dump(value, allow_unicode=True, default_flow_style=True, width=2**20).strip()}"]
    text = yaml.safe_dump({name: value}, allow_unicode=True, default_flow_style=False, width=2**20)
    return text.rstrip("\n").splitlines()


def _changed(lines: list[str], found: _Entry, fields: _Fields) -> list[str] | None:
    """The entry's lines with only the fields replaced that differ; None when it is not one field a line."""
    keys = [key.start_mark for key, _ in found.node.value]
    if found.node.flow_style or len({mark.line for mark in keys}) < len(keys) or found.node.value[0][0].value != "id":
        return None
    kept = lines[found.start : keys[0].line]
    ends = [*(mark.line for mark in keys[1:]), found.end]
    for (key, value), mark, end in zip(found.node.value, keys, ends):
        whole = lines[mark.line : end]
        size = _trimmed(whole, 0, len(whole))
        kept += _rewritten(whole[:size], mark.column, _plain(value), key.value, fields) + whole[size:]
    known = {key.value for key, _ in found.node.value}
    pad = " " * keys[0].column
    return kept + [pad + line for name in fields if name not in known for line in _field(name, fields[name])]


def _rewritten(lines: list[str], column: int, before: object, name: str, fields: _Fields) -> list[str]:
    if name not in fields:
        return []
    if before == _texts(fields[name]):
        return lines
    pad = " " * column
    return [
        (lines[0][:column] if number == 0 else pad) + line for number, line in enumerate(_field(name, fields[name]))
    ]


def _plain(node: yaml.Node) -> object:
    return [_plain(item) for item in node.value] if isinstance(node, yaml.SequenceNode) else node.value


def _texts(value: object) -> object:
    if isinstance(value, list):
        return [_texts(item) for item in value]
    return str(value).lower() if isinstance(value, bool) else str(value)
