"""Acceptance on real input: the five documents that the project starts from, through the whole chain, against gold."""

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli.ingest import process, take
from pipeline.cli.installation import Installation
from pipeline.runners import operations
from pipeline.settings import load
from schemas.article import Article
from schemas.codec import decode
from schemas.page import PageFetched
from schemas.statement import StatementRecorded

SHARED = Path(__file__).parents[3] / "shared"
SEEDS, GOLD = SHARED / "data" / "seeds", SHARED / "data" / "statements"
SCORER = SHARED / "tools" / "score_statements.py"

pytestmark = pytest.mark.skipif(not SEEDS.is_dir(), reason="the gold data is not beside this checkout")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    house = Installation(load({}, tmp_path_factory.mktemp("home")))
    counts, refused = take(house, [str(SEEDS)])
    assert (counts["new"], refused) == (5, [])
    process(house, 0)
    assert not list(operations.dead_letters(house.broker))
    return house


@pytest.fixture(scope="module")
def articles(house: Installation) -> dict[str, Article]:
    """The cleaned articles by the name of their document."""
    pages = [decode(m.body, m.schema, PageFetched) for m in house.broker.scan("pages-fetched")]
    names = {page.article_id: Path(page.name or "").name for page in pages}
    cleaned = [decode(m.body, m.schema, Article) for m in house.broker.scan("articles-cleaned")]
    return {names[article.article_id]: article for article in cleaned}


def gold(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (GOLD / name).read_text(encoding="utf-8").splitlines()]


def recorded(house: Installation) -> list[StatementRecorded]:
    return [decode(m.body, m.schema, StatementRecorded) for m in house.broker.scan("statements-recorded")]


def test_titles_and_dates_are_right(articles: dict[str, Article]) -> None:
    for row in gold("clean.jsonl"):
        article = articles[row["doc"]]
        assert article.title == row["title"]
        assert article.published is not None
        stated = row["published"]
        assert article.published.isoformat().startswith(stated[:16] if "T" in stated else stated)


def test_body_lines_are_kept_and_others_are_not(articles: dict[str, Article]) -> None:
    kept = wanted = right = 0
    for row in gold("clean.jsonl"):
        body = Counter(line["text"].strip() for line in row["body"])
        lines = Counter(line.strip() for line in articles[row["doc"]].text.split("\n"))
        kept, wanted, right = kept + lines.total(), wanted + body.total(), right + (body & lines).total()
    assert right / kept >= 0.95
    assert right / wanted >= 0.95


def test_no_boilerplate_is_in_a_text(articles: dict[str, Article]) -> None:
    for row in gold("clean.jsonl"):
        page = (SEEDS / row["doc"]).read_text(encoding="utf-8").split("\n")
        text = articles[row["doc"]].text
        for kind in ("caption", "boilerplate"):
            for number in row["lines"].get(kind, []):
                assert page[number - 1].strip() not in text.split("\n")
        assert not re.search(r"^(Baca|Baca juga|Simak)\s*:", text, re.MULTILINE)


def test_statements_and_speakers_reach_their_scores(
    house: Installation, articles: dict[str, Article], tmp_path: Path
) -> None:
    names = {article.article_id: name for name, article in articles.items()}
    predictions = tmp_path / "predictions.jsonl"
    with predictions.open("w", encoding="utf-8") as file:
        for record in recorded(house):
            said = record.statement
            page = (SEEDS / names[record.carrier.article_id]).read_text(encoding="utf-8")
            assert said.page_start is not None
            found = page[said.page_start : said.page_end]
            assert found.replace("\xa0", " ") == said.text, "a statement can be found again in its page"
            row = {"doc": names[record.carrier.article_id], "start": said.page_start, "end": said.page_end}
            row |= {"kind": said.kind, "speaker": said.speaker, "speaker_mention": said.mention}
            file.write(json.dumps(row) + "\n")
    command = [sys.executable, str(SCORER), str(predictions), str(GOLD / "quotes.jsonl")]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    print(printed)
    scores = re.search(r"IoU>=0\.5: .* F (\S+) +speaker (\S+)", printed)
    assert scores
    assert float(scores[1]) >= 0.80
    assert float(scores[2]) >= 0.75


def test_officials_are_linked_to_their_records(house: Installation) -> None:
    officials = {record.statement.official for record in recorded(house)}
    assert {"jens-stoltenberg", "vladimir-putin", "jen-psaki", "kamala-harris"} <= officials


def test_a_watch_tells_each_utterance_once_and_nothing_on_the_second_ingest(house: Installation) -> None:
    def alerts() -> list[str]:
        found = house.search.search("alerts", "watch:jens-stoltenberg", limit=1000)
        return sorted(hit.document.utterance for hit in found.hits if hit.document.reason == "new-utterance")  # type: ignore[union-attr]

    first = alerts()
    said = {r.utterance.utterance_id for r in recorded(house) if r.statement.official == "jens-stoltenberg"}
    assert first == sorted(said)
    before = (house.settings.home / "alerts.jsonl").read_bytes()
    counts, _ = take(house, [str(SEEDS)])
    process(house, 0)
    assert (counts["new"], counts["changed"], counts["known"]) == (0, 0, 5)
    assert alerts() == first
    assert (house.settings.home / "alerts.jsonl").read_bytes() == before
