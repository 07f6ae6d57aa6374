"""Gates on annotated articles: what was said is found, and by whom. The articles are not part of the project."""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.adapters.models import SpacyRecogniser
from pipeline.evaluation.documents import Document
from pipeline.evaluation.statements import LOOSE, TIGHT, Case, Score, found_in, judged_at, said_in, score
from schemas.article import Article, Part, Run
from schemas.catalog import Official, Role
from tests.agents.test_extract import Fixed

SHARED = Path(__file__).parents[2].parent / "shared"
DATA, SCORER = SHARED / "data", SHARED / "tools" / "score_statements.py"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="no annotated articles in ../shared/data")
MODELS = SpacyRecogniser()
NATO = ("Sekretaris Jenderal NATO",)
CATALOG = Fixed(
    *(
        Official(id="nato", name="NATO", kind="organisation", aliases=("Pakta Pertahanan Atlantik Utara",)),
        Official(
            id="jens-stoltenberg",
            name="Jens Stoltenberg",
            roles=(
                Role(title="Secretary General of NATO", aliases=NATO, since=date(2014, 10, 1), until=date(2024, 10, 1)),
            ),
        ),
        Official(
            id="mark-rutte",
            name="Mark Rutte",
            roles=(Role(title="Secretary General of NATO", aliases=NATO, since=date(2024, 10, 1)),),
        ),
        Official(
            id="vladimir-putin",
            name="Vladimir Putin",
            roles=(Role(title="President of Russia", since=date(2012, 5, 7)),),
        ),
        Official(
            id="joe-biden",
            name="Joe Biden",
            roles=(Role(title="President of the United States", since=date(2021, 1, 20), until=date(2025, 1, 20)),),
        ),
        Official(
            id="kamala-harris",
            name="Kamala Harris",
            roles=(Role(title="US vice president", since=date(2021, 1, 20), until=date(2025, 1, 20)),),
        ),
        Official(
            id="jen-psaki",
            name="Jen Psaki",
            roles=(Role(title="White House press secretary", since=date(2021, 1, 20), until=date(2022, 5, 13)),),
        ),
    )
)


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


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


def seeds() -> Iterator[Document]:
    """The articles as a cleaner without mistakes would give them: gold lines with maps to the raw text."""
    for row in rows(DATA / "statements" / "clean.jsonl"):
        raw = (DATA / "seeds" / row["doc"]).read_bytes().decode()
        parts: dict[Part, str] = {}
        maps: dict[Part, tuple[Run, ...]] = {}
        for part in ("title", "standfirst", "body"):
            parts[part], maps[part] = lines(raw, row["lines"].get(part, []))
        yield Document(row["doc"], article(row, parts, maps), raw, paged=True)


def lines(raw: str, numbers: list[int]) -> tuple[str, tuple[Run, ...]]:
    every, text, runs = raw.split("\n"), "", []
    for number in numbers:
        line = every[number - 1]
        page = sum(len(one) + 1 for one in every[: number - 1]) + len(line) - len(line.lstrip())
        text += "\n" if text else ""
        runs.append(Run(len(text), page, len(line.strip())))
        text += line.strip()
    return text, tuple(runs)


def article(row: dict[str, Any], parts: dict[Part, str], maps: dict[Part, tuple[Run, ...]]) -> Article:
    day = date.fromisoformat(row["published"][:10]) if "published" in row else date(2019, 9, 15)
    return Article(
        article_id=row["doc"],
        revision=1,
        page="p",
        media_type="text/plain",
        source="upload",
        fetched_at=datetime(day.year, day.month, day.day, tzinfo=UTC),
        title=parts["title"],
        standfirst=parts.get("standfirst") or None,
        text=parts["body"],
        language="id",
        extractor="gold",
        maps=maps,
    )


def developed() -> Iterator[Document]:
    for row in rows(DATA / "statements" / "gold_id" / "docs.jsonl"):
        parts: dict[Part, str] = {"title": row["title"].strip(), "body": row["text"]}
        yield Document(row["doc"], article({"doc": row["doc"]}, parts, {}), row["text"])


def cases(articles: Iterable[Document], answers: Path) -> list[Case]:
    said = [said_in(row, row["doc"]) for row in rows(answers)]
    return [Case(one, tuple(of for of in said if of.doc == one.name)) for one in articles]


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
    assert reached.speaker >= 0.88
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
