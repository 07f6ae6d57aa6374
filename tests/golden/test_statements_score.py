"""Gates on annotated articles: what was said is found, and by whom. The articles are not part of the project."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from agents.extract import recognised
from pipeline.adapters.models import SpacyRecogniser
from pipeline.news.extraction import extract
from pipeline.news.officials import Roster
from schemas.article import Article, Part, Run
from schemas.catalog import Official, Role
from schemas.statement import Statement
from tests.golden.scoring import score

DATA = Path(__file__).parents[2].parent / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="no annotated articles in ../shared/data")
MODELS = SpacyRecogniser()
NATO = ("Sekretaris Jenderal NATO",)
ROSTER = Roster(
    (
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


def seeds() -> Iterator[tuple[str, Article]]:
    """The articles as a cleaner without mistakes would give them: gold lines with maps to the raw text."""
    for row in rows(DATA / "statements" / "clean.jsonl"):
        raw = (DATA / "seeds" / row["doc"]).read_bytes().decode()
        parts: dict[Part, str] = {}
        maps: dict[Part, tuple[Run, ...]] = {}
        for part in ("title", "standfirst", "body"):
            parts[part], maps[part] = lines(raw, row["lines"].get(part, []))
        yield row["doc"], article(row, parts, maps)


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


def developed() -> Iterator[tuple[str, Article]]:
    for row in rows(DATA / "statements" / "gold_id" / "docs.jsonl"):
        yield row["doc"], article({"doc": row["doc"]}, {"title": row["title"].strip(), "body": row["text"]}, {})


def spans(articles: Iterator[tuple[str, Article]], *, page: bool) -> Iterator[dict[str, Any]]:
    for doc, one in articles:
        for statement in extract(one, ROSTER, *recognised(one, MODELS)).statements:
            span = place(statement, page)
            if span:
                yield {
                    "doc": doc,
                    "start": span[0],
                    "end": span[1],
                    "speaker": statement.speaker,
                    "kind": statement.kind,
                }


def place(statement: Statement, page: bool) -> tuple[int, int] | None:
    if page:
        assert statement.page_start is not None
        assert statement.page_end is not None
        return statement.page_start, statement.page_end
    return (statement.start, statement.end) if statement.part == "body" else None


def test_acceptance_articles() -> None:
    reached = score(list(spans(seeds(), page=True)), rows(DATA / "statements" / "quotes.jsonl"))
    assert reached.f >= 0.95
    assert reached.speaker >= 0.95
    assert reached.direct >= 0.95


def test_development_articles() -> None:
    reached = score(list(spans(developed(), page=False)), rows(DATA / "statements" / "gold_id" / "quotes.jsonl"))
    assert reached.f >= 0.95
    assert reached.speaker >= 0.88
    assert reached.direct >= 0.95
