"""Fits the weights of `pipeline/news/confidence.toml`: `python -m tests.training.confidence`. Needs ../shared/data.

What a statement is measured by: it overlaps a true one by IoU .5 and its speaker is right. The examples are all
statements that are found in

- the annotated articles of ../shared/data/statements (5 and 22) and of tests/golden/english (11 and 5), and
- `judged.jsonl`: 608 statements from as many articles of ../shared/data/text, drawn by rule (at least as many as there
  are of rare ones) and judged once, by one reader who saw some 400 signs around each; "row" is the line of the
  article, "right" the verdict. Names that the export of these texts cut away count against us. A verdict is left out
  where the rules find another stretch today.

The rules were made on some of the annotated articles, and do better there than on what nobody has read. So examples
from these carry the sign "seen", which takes up the difference and is left out of the weights that ship. No example is
in any other language than Indonesian and English; others get the mean of both.
"""

import gzip
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from agents.extract import read
from pipeline.adapters.models import SpacyRecogniser
from pipeline.evaluation.calibration import PENALTY, Example, crossed, fit, reliability
from pipeline.evaluation.documents import FETCHED, article_of
from pipeline.evaluation.statements import Case, examples_of, found_in, judged_at
from pipeline.news.confidence import signs
from tests.agents.test_extract import Fixed
from tests.golden.annotated import annotated
from tests.golden.indonesian import CATALOG, DATA, cases, developed, seeds

TARGET = Path(__file__).parents[2] / "pipeline" / "news" / "confidence.toml"
JUDGED = Path(__file__).with_name("judged.jsonl")
ENGLISH = Path(__file__).parents[1] / "golden" / "english"
MODELS = SpacyRecogniser()
SEEN = "seen"
_HEAD = """# The weights of the signs of a statement (pipeline/news/confidence.py), in log odds.
# Made by `python -m tests.training.confidence`, whose docstring says how; do not edit.
# {examples} statements of {articles} articles, {right:.0%} right. On articles that the weights were not fitted on:
# Brier {brier:.3f}, ECE {ece:.3f} ({by_chance:.3f} by chance alone).
[weights]
"""


def of_cases(cases: Iterable[Case], *, catalog: Fixed, seen: bool) -> Iterator[Example]:
    """The statements found in annotated articles."""
    every = list(cases)
    found = [found_in(case, catalog, MODELS) for case in every]
    for example in examples_of(judged_at(every, found, 0.5)):
        yield example._replace(signs=(*example.signs, SEEN)) if seen else example


def of_judged() -> Iterator[Example]:
    """The statements that were judged by reading, as far as they are still found."""
    verdicts = [json.loads(line) for line in JUDGED.read_text(encoding="utf-8").splitlines()]
    wanted = {row["row"]: row for row in verdicts}
    with gzip.open(DATA / "text" / "id-news.jsonl.gz", "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            if number in wanted:
                verdict = wanted[number]
                article = article_of(str(number), {**json.loads(line), "language": "id"}, FETCHED)
                for one in read(article, Fixed(), MODELS).statements:
                    if (one.part, one.start, one.end) == (verdict["part"], verdict["start"], verdict["end"]):
                        yield Example(f"text {number}", tuple(signs(one, "id")), verdict["right"])


def examples() -> list[Example]:
    """All examples."""
    answers = DATA / "statements"
    return [
        *of_cases(cases(seeds(), answers / "quotes.jsonl"), catalog=CATALOG, seen=True),
        *of_cases(cases(developed(), answers / "gold_id" / "quotes.jsonl"), catalog=CATALOG, seen=True),
        *of_cases(annotated(ENGLISH / "development", "en"), catalog=Fixed(), seen=True),
        *of_cases(annotated(ENGLISH / "held", "en"), catalog=Fixed(), seen=False),
        *of_judged(),
    ]


def text(every: list[Example]) -> str:
    """What confidence.toml holds."""
    weights = fit(every)
    held = reliability(crossed(every), [example.right for example in every])
    head = _HEAD.format(
        examples=len(every),
        articles=len({example.group for example in every}),
        right=held.right,
        brier=held.brier,
        ece=held.ece,
        by_chance=held.by_chance,
    )
    rows = [f'"{sign}" = {weight:.3f}' for sign, weight in weights.items() if sign != SEEN]
    return head + "\n".join(rows) + "\n"


if __name__ == "__main__":
    found = examples()
    for penalty in (0.5, 1.0, PENALTY, 4.0, 8.0):
        crossed_out = crossed(found, penalty=penalty)
        print(penalty, reliability(crossed_out, [example.right for example in found])[:5])
    TARGET.write_text(text(found), encoding="utf-8")
    print(TARGET.read_text(encoding="utf-8"))
