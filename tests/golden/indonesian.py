"""The annotated Indonesian articles of ../shared/data, which are not part of the project, and officials in them."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from pipeline.evaluation.documents import Document
from pipeline.evaluation.statements import Case, said_in
from schemas.article import Article, Part, Run
from schemas.catalog import Official, Role
from tests.agents.test_extract import Fixed

SHARED = Path(__file__).parents[2].parent / "shared"
DATA = SHARED / "data"
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
