"""The annotated statements of `utterances/`: places in texts that are not part of the project, and what is the same."""

import gzip
import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.evaluation.utterances import Case, Place, in_order, statement
from tests.bench.corpus import NEWS

FILE = Path(__file__).parent / "utterances" / "statements.jsonl"
SEEDS = NEWS.parents[1] / "seeds"


def rows() -> list[dict[str, Any]]:
    return [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]


def held(utterance: str) -> bool:
    """Whether an utterance belongs to the half that nobody looks at while tuning."""
    return hashlib.sha256(utterance.encode()).digest()[0] % 2 == 0


def cases() -> list[Case]:
    """All of them, in the order in which they appeared."""
    texts = _news({row["doc"] for row in rows() if row["source"] == "news"})
    texts |= {(path.name, "page"): path.read_bytes().decode() for path in SEEDS.glob("*.txt")}
    return in_order(_case(row, texts[row["doc"], row["part"]][row["start"] : row["end"]]) for row in rows())


def _news(numbers: set[int]) -> dict[tuple[int | str, str], str]:
    texts: dict[tuple[int | str, str], str] = {}
    with gzip.open(NEWS, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            if number in numbers:
                row = json.loads(line)
                texts |= {(number, "title"): row["title"].strip(), (number, "body"): row["text"].strip()}
    return texts


def _case(row: dict[str, Any], text: str) -> Case:
    made = statement(
        row["id"],
        text,
        speaker=row["speaker"],
        article=str(row["doc"]),
        seen=datetime.fromisoformat(row["seen"]).replace(tzinfo=UTC),
        language="id",
        place=Place("body" if row["part"] == "page" else row["part"], row["start"], row["end"], row["kind"]),
    )
    return Case(made, row["cluster"])
