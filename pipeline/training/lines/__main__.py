"""The commands: see the package."""

import argparse
import json
from collections.abc import Mapping
from importlib import import_module
from itertools import islice
from pathlib import Path

from pipeline.evaluation.measures import Fit
from pipeline.news.forest import save
from pipeline.training.lines import evaluation
from pipeline.training.lines.pages import Page, benchmark, read, write
from pipeline.training.lines.synthesis import Article, articles
from pipeline.training.lines.trees import importances

_EVERY = 20
"""One of so many Indonesian articles is used."""
_CLOSE = 1e-6
_SHOWN = 25


def main() -> None:
    """Run one command."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.training.lines", description=__doc__)
    parser.add_argument("command", choices=["dump", "train", "evaluate"])
    parser.add_argument("--data", type=Path, required=True, help="folder with extraction/, text/, seeds/, statements/")
    parser.add_argument("--out", type=Path, required=True, help="folder for pages.jsonl, scores.json and model.npz")
    given = parser.parse_args()
    {"dump": dump, "train": train, "evaluate": evaluate}[given.command](given.data, given.out)


def dump(data: Path, out: Path) -> None:
    """Write the pages of the benchmarks as labelled text copies."""
    pages = list(benchmark(data))
    write(pages, out / "pages.jsonl")
    lines, body = (sum(map(len, part)) for part in zip(*((page.lines, page.body_lines()) for page in pages)))
    print(f"{len(pages)} text copies, {lines} lines, {body / lines:.3f} of them body")


def train(data: Path, out: Path) -> None:
    """Train on everything but the seeds and write the model."""
    pages, indonesian = _material(data, out)
    booster, forest = evaluation.learned(pages, indonesian)
    apart = evaluation.difference(booster, forest, pages)
    print(f"greatest difference from LightGBM's own prediction: {apart:.1e}")
    if apart >= _CLOSE:
        raise SystemExit(f"the arrays differ from LightGBM by {apart:.1e}: the model was not written")
    with (out / "model.npz").open("wb") as target:
        save(forest, target)
    print(f"{len(forest.roots)} trees, depth {forest.depth}, {(out / 'model.npz').stat().st_size} bytes")
    print(*(f"{share:.3f} {name}" for name, share in islice(importances(booster), _SHOWN)), sep="\n")
    _show("seeds, lines", {name: {"lines": fit} for name, fit in evaluation.on_seeds(forest, data).items()})


def evaluate(data: Path, out: Path) -> None:
    """Measure by cross-validation and write the tables."""
    pages, indonesian = _material(data, out)
    tables = {
        "cross-validation over sites": evaluation.table(pages, evaluation.cross_validated(pages, indonesian)),
        "languages not trained on": evaluation.unseen_languages(pages),
    }
    for name, table in tables.items():
        _show(name, table)
    (out / "scores.json").write_text(json.dumps(tables, indent=1) + "\n", "utf-8")


def _material(data: Path, out: Path) -> tuple[list[Page], list[Article]]:
    if not (out / "pages.jsonl").exists():
        raise SystemExit(f"{out / 'pages.jsonl'} is missing: run the command dump first")
    import_module("lightgbm")
    return read(out / "pages.jsonl"), list(articles(data, _EVERY))


def _show(title: str, table: Mapping[str, Mapping[str, Fit]]) -> None:
    groups = list(next(iter(table.values())))
    print(f"\n{title}: F1 (precision / recall)\n\n| | {' | '.join(groups)} |\n|---|{'---|' * len(groups)}")
    for method, fits in table.items():
        cells = (f"{fit.f1:.3f} ({fit.precision:.3f} / {fit.recall:.3f})" for fit in (fits[name] for name in groups))
        print(f"| {method} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
