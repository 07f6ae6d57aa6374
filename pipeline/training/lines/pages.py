"""Pages to train and measure with: lines, what stands around them, which are body, where they come from."""

import gzip
import json
import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from pipeline.evaluation.dumps import WAYS
from pipeline.training.lines.labels import labels

_SPACES = re.compile(r"[ \t\xa0\u200b\ufeff]+")


@dataclass(frozen=True)
class Page:
    """One text copy. No two parts of a cross-validation share a `site`; `way` is how the page became text."""

    name: str
    dataset: str
    site: str
    language: str
    way: str
    lines: tuple[str, ...]
    blanks: tuple[int, ...]
    body: str
    labels: tuple[bool, ...]

    def body_lines(self) -> tuple[str, ...]:
        """The lines labelled as body."""
        return tuple(line for line, body in zip(self.lines, self.labels) if body)


def lines_of(text: str) -> tuple[list[str], list[int]]:
    """The lines that are not blank, in single spaces, and how many blank ones stand before each."""
    lines, blanks, blank = [], [], 0
    for raw in text.split("\n"):
        line = _SPACES.sub(" ", raw).strip()
        if line:
            lines.append(line)
            blanks.append(blank)
        blank = 0 if line else blank + 1
    return lines, blanks


def write(pages: Sequence[Page], path: Path) -> None:
    """One page per line as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(asdict(page), ensure_ascii=False) + "\n" for page in pages), "utf-8")


def read(path: Path) -> list[Page]:
    """What `write` wrote."""
    return [_page(json.loads(line)) for line in path.read_text("utf-8").split("\n") if line]


def _page(row: dict[str, Any]) -> Page:
    return Page(**row | {name: tuple(row[name]) for name in ("lines", "blanks", "labels")})


def benchmark(data: Path, datasets: Sequence[str] = ("scrapinghub", "fundus")) -> Iterator[Page]:
    """The pages of the benchmarks, each in every way."""
    for dataset in datasets:
        for name, site, html, body in _SOURCES[dataset](data / "extraction" / dataset):
            language = _language(body)
            for way, dump in WAYS.items():
                lines, blanks = lines_of(dump(html))
                found = labels(lines, body)
                if any(found):
                    yield Page(name, dataset, site, language, way, tuple(lines), tuple(blanks), body, tuple(found))


class _Source(NamedTuple):
    """One page of a benchmark."""

    name: str
    site: str
    html: bytes
    body: str


def _scrapinghub(root: Path) -> Iterator[_Source]:
    for name, held in json.loads((root / "ground-truth.json").read_text("utf-8")).items():
        host = (urlsplit(held["url"]).hostname or name).removeprefix("www.")
        html = gzip.decompress((root / "html" / f"{name}.html.gz").read_bytes())
        yield _Source(name, _publisher(host), html, held["articleBody"])


def _fundus(root: Path) -> Iterator[_Source]:
    for name, held in json.loads((root / "dataset" / "ground_truth.json").read_text("utf-8")).items():
        host = _publishers()["fundus"][name.split("_")[0]]
        html = gzip.decompress((root / "dataset" / "html" / name).read_bytes())
        yield _Source(name, _publisher(host), html, "\n".join(held["body"]))


_SOURCES: dict[str, Callable[[Path], Iterator[_Source]]] = {"scrapinghub": _scrapinghub, "fundus": _fundus}


@cache
def _publishers() -> dict[str, dict[str, Any]]:
    held = tomllib.loads((files(__package__) / "publishers.toml").read_text("utf-8"))
    return {"fundus": held["fundus"], "hosts": {host: name for name, hosts in held["hosts"].items() for host in hosts}}


def _publisher(host: str) -> str:
    return str(_publishers()["hosts"].get(host, host))


def _language(body: str) -> str:
    from py3langid import classify  # noqa: PLC0415  (loads a model of its own)

    return str(classify(body)[0])


def seeds(data: Path) -> Iterator[tuple[Page, frozenset[int]]]:
    """The text copies read by hand, and which of their lines are neither body nor boilerplate by that reading."""
    for line in (data / "statements" / "clean.jsonl").read_text("utf-8").splitlines():
        gold = json.loads(line)
        numbered = enumerate((data / "seeds" / gold["doc"]).read_text("utf-8").split("\n"), 1)
        numbers = [number for number, text in numbered if _SPACES.sub(" ", text).strip()]
        lines, blanks = lines_of((data / "seeds" / gold["doc"]).read_text("utf-8"))
        body = frozenset(gold["lines"]["body"])
        text = "\n".join(part["text"] for part in gold["body"])
        marks = tuple(number in body for number in numbers)
        known = body.union(*gold["lines"].values())
        unread = frozenset(i for i, number in enumerate(numbers) if number not in known)
        yield Page(gold["doc"], "seeds", gold["site"], "id", "copy", tuple(lines), tuple(blanks), text, marks), unread
