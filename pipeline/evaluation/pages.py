"""Reads pages with their true bodies from a folder, in any of the layouts that `pipeline.evaluation.cleaning` names."""

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pipeline.errors import Misuse
from pipeline.evaluation import existing

_MEDIA_TYPES = {".html": "text/html", ".htm": "text/html", ".txt": "text/plain"}
_EXPECTED = ".expected.txt"


@dataclass(frozen=True)
class Case:
    """One page and the body that it has. `group` is its publisher: a host, or the name that its file begins with."""

    name: str
    group: str
    content: bytes
    media_type: str
    body: str
    url: str | None = None


def read_pages(folder: Path) -> list[Case]:
    """All pages, by name. Raises Misuse for a folder without pages and for a page that cannot be used."""
    existing(folder)
    found = next((list(read(folder)) for read, mark in _LAYOUTS if (folder / mark).exists()), None)
    cases = found if found is not None else [*_listed(folder), *_paired(folder)]
    if not cases:
        raise Misuse(
            f"no examples in {folder}: put NAME.html or NAME.txt beside NAME{_EXPECTED} there, or a file of JSON Lines"
        )
    return sorted(cases, key=lambda case: case.name)


def _scrapinghub(folder: Path) -> Iterator[Case]:
    for name, held in _json(folder / "ground-truth.json").items():
        content = _bytes(folder / "html" / f"{name}.html.gz")
        yield Case(name, _publisher(held["url"], name), content, "text/html", held["articleBody"], held["url"])


def _fundus(folder: Path) -> Iterator[Case]:
    for name, held in _json(folder / "dataset" / "ground_truth.json").items():
        content = _bytes(folder / "dataset" / "html" / name)
        yield Case(name, name.split("_")[0], content, "text/html", "\n".join(held["body"]), held["url"])


_LAYOUTS: list[tuple[Callable[[Path], Iterator[Case]], str]] = [
    (_scrapinghub, "ground-truth.json"),
    (_fundus, "dataset/ground_truth.json"),
]
"""The published benchmarks by a file that marks them."""


def _paired(folder: Path) -> Iterator[Case]:
    for path in sorted(folder.iterdir()):
        plain = path.with_suffix("") if path.suffix == ".gz" else path
        expected = path.with_name(plain.stem + _EXPECTED)
        if plain.suffix in _MEDIA_TYPES and not plain.name.endswith(_EXPECTED) and expected.exists():
            yield Case(plain.name, plain.stem.split("_")[0], _bytes(path), _MEDIA_TYPES[plain.suffix], _text(expected))


def _listed(folder: Path) -> Iterator[Case]:
    for path in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(_text(path).split("\n"), 1):
            if line.strip():
                yield _row(folder, f"{path.name}:{number}", line)


def _row(folder: Path, place: str, line: str) -> Case:
    try:
        row = json.loads(line)
        url, body = row.get("url"), row["body"]
        kind = next(name for name in ("page", "html", "text") if name in row)
        path = folder / row["page"] if kind == "page" else None
        content = _bytes(path) if path else row[kind].encode()
        media_type = _MEDIA_TYPES[Path(row["page"].removesuffix(".gz")).suffix] if path else f"text/{_INLINE[kind]}"
        return Case(place, _publisher(url, place) if url else "", content, media_type, str(body), url)
    except (ValueError, LookupError, AttributeError, TypeError, StopIteration) as error:
        raise Misuse(f'{place} is no example: write {{"page": "FILE.html", "body": "…"}} on one line') from error


_INLINE = {"html": "html", "text": "plain"}


def _publisher(url: str, name: str) -> str:
    return (urlsplit(url).hostname or name).removeprefix("www.")


def _json(path: Path) -> dict[str, dict[str, Any]]:
    try:
        held: dict[str, dict[str, Any]] = json.loads(_text(path))
    except ValueError as error:
        raise Misuse(f"{path} is no JSON ({error}): copy the benchmark anew") from error
    return held


def _text(path: Path) -> str:
    return _bytes(path).decode("utf-8", "replace")


def _bytes(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if path.suffix == ".gz" else content
    except (OSError, EOFError, zlib.error) as error:
        raise Misuse(f"cannot read {path} ({error}): is it there, and whole?") from error
