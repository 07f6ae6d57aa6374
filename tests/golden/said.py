"""The annotated statements of `utterances/`: places in texts that are not part of the project, and what is the same."""

import csv
import gzip
import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.adapters.memory import MemoryState
from pipeline.evaluation import utterances as evaluation
from pipeline.evaluation.utterances import Case, Found, Place, in_order, statement
from tests.bench.corpus import NEWS

FOLDER = Path(__file__).parent / "utterances"
SEEDS = NEWS.parents[1] / "seeds"


class Said(NamedTuple):
    """Annotated statements in the order in which they appeared, and of each whether it is held: not looked at while
    rules, weights and thresholds are made.
    """

    cases: list[Case]
    held: list[bool]

    def half(self, held: bool) -> list[Case]:
        """The statements that are held, or the others."""
        return [case for case, one in zip(self.cases, self.held, strict=True) if one is held]

    def figures(self, found: Found, held: bool) -> dict[str, float]:
        """The figures of one half. All are there when they are put together, as in a ledger."""
        places = [place for place, one in enumerate(self.held) if one is held]
        own = Found([found.utterances[place] for place in places], found.seconds)
        return evaluation.figures_of([self.cases[place] for place in places], own)


def statements() -> Said:
    """statements.jsonl; of each utterance all or none are held."""
    return _said(rows(), "cluster", 2)


def stories() -> Said:
    """stories.tsv; of each speaker all or none are held."""
    with (FOLDER / "stories.tsv").open(encoding="utf-8") as file:
        listed = [
            row | {"id": f"s{number}", "source": "news", "doc": int(row["doc"])}
            for number, row in enumerate(csv.DictReader(file, delimiter="\t"))
        ]
    return _said(listed, "speaker", 4)


def rows() -> list[dict[str, Any]]:
    """The lines of statements.jsonl."""
    return [json.loads(line) for line in (FOLDER / "statements.jsonl").read_text(encoding="utf-8").splitlines()]


def ours(said: Said) -> Found:
    """What the ledger makes of them."""
    return evaluation.ours(said.cases, MemoryState())


def _said(listed: list[dict[str, Any]], by: str, share: int) -> Said:
    """One in `share` is held, as the SHA-256 of what `by` names falls."""
    texts = _news({row["doc"] for row in listed if row["source"] == "news"})
    texts |= {(path.name, "page"): path.read_bytes().decode() for path in SEEDS.glob("*.txt")}
    held = {row["id"]: hashlib.sha256(row[by].encode()).digest()[0] % share == 0 for row in listed}
    cases = in_order(_case(row, texts[row["doc"], row["part"]]) for row in listed)
    return Said(cases, [held[case.made.statement.statement_id] for case in cases])


def _news(numbers: set[int]) -> dict[tuple[int | str, str], str]:
    texts: dict[tuple[int | str, str], str] = {}
    with gzip.open(NEWS, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            if number in numbers:
                row = json.loads(line)
                texts |= {(number, "title"): row["title"].strip(), (number, "body"): row["text"].strip()}
    return texts


def _case(row: dict[str, Any], text: str) -> Case:
    start, end = int(row["start"]), int(row["end"])
    made = statement(
        row["id"],
        text[start:end],
        speaker=row["speaker"],
        article=str(row["doc"]),
        seen=datetime.fromisoformat(row["seen"]).replace(tzinfo=UTC),
        language="id",
        place=Place("body" if row["part"] == "page" else row["part"], start, end, row["kind"]),
    )
    return Case(made, row["cluster"])
