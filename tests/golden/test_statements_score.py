"""Gates on annotated articles: what was said is found, and by whom. The articles are not part of the project."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.adapters.models import SpacyRecogniser
from pipeline.evaluation.statements import LOOSE, TIGHT, Case, Score, found_in, judged_at, score
from tests.golden.indonesian import CATALOG, DATA, SHARED, cases, developed, seeds

SCORER = SHARED / "tools" / "score_statements.py"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="no annotated articles in ../shared/data")
MODELS = SpacyRecogniser()


class Figures:
    """What is found in articles, read once, and its score at any bar."""

    def __init__(self, cases: list[Case]) -> None:
        self.cases = cases
        self.found = [found_in(case, CATALOG, MODELS) for case in cases]

    def at(self, bar: float) -> Score:
        return score(judged_at(self.cases, self.found, bar))

    def rows(self) -> Iterator[dict[str, Any]]:
        for case, found in zip(self.cases, self.found):
            for start, end, one in found:
                yield {
                    "doc": case.document.name,
                    "start": start,
                    "end": end,
                    "kind": one.kind,
                    "speaker": one.speaker,
                    "speaker_mention": one.mention,
                }


@pytest.fixture(scope="module")
def acceptance() -> Figures:
    return Figures(cases(seeds(), DATA / "statements" / "quotes.jsonl"))


@pytest.fixture(scope="module")
def development() -> Figures:
    return Figures(cases(developed(), DATA / "statements" / "gold_id" / "quotes.jsonl"))


def test_acceptance_articles(acceptance: Figures) -> None:
    reached = acceptance.at(LOOSE)
    assert reached.f >= 0.95
    assert reached.speaker >= 0.95
    assert reached.direct >= 0.95


def test_development_articles(development: Figures) -> None:
    reached = development.at(LOOSE)
    assert reached.f >= 0.95
    assert reached.speaker >= 0.92
    assert reached.direct >= 0.95


@pytest.mark.skipif(not SCORER.is_file(), reason="no scorer at ../shared/tools")
@pytest.mark.parametrize(("set_", "answers"), [("acceptance", "quotes.jsonl"), ("development", "gold_id/quotes.jsonl")])
def test_figures_are_those_of_the_shared_scorer(
    set_: str, answers: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    figures: Figures = request.getfixturevalue(set_)
    (tmp_path / "found.jsonl").write_text("".join(json.dumps(row) + "\n" for row in figures.rows()), encoding="utf-8")
    command = [sys.executable, str(SCORER), str(tmp_path / "found.jsonl"), str(DATA / "statements" / answers)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for bar in (0.3, LOOSE, TIGHT):
        line = next(line for line in printed.splitlines() if line.startswith(f"IoU>={bar}:"))
        assert line == shown(bar, figures.at(bar))


def shown(bar: float, one: Score) -> str:
    """Figures as that scorer prints them."""
    return (
        f"IoU>={bar}: P {one.precision:.3f}  R(core) {one.recall:.3f}  R(all) {one.recall_all:.3f}  F {one.f:.3f}"
        f"  speaker {one.speaker:.3f}  mention {one.mention:.3f}  kind {one.kind:.3f}  "
    ) + "  ".join(f"{kind} {found}/{of}" for kind, (found, of) in one.kinds.items())
