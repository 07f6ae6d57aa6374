"""The cleaner against hand-made truth: five text copies line by line, 181 web pages by 4-gram F1."""

import gzip
import json
import re
import statistics
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trafilatura

from pipeline.errors import Reject
from pipeline.news.cleaning import clean
from schemas.article import Article
from schemas.page import PageFetched

DATA = Path(__file__).parents[2] / ".." / "shared" / "data"
FETCHED = datetime(2026, 1, 1, tzinfo=UTC)

needs_seeds = pytest.mark.skipif(
    not (DATA / "statements" / "clean.jsonl").exists(), reason="no ../shared/data/statements"
)
needs_pages = pytest.mark.skipif(
    not (DATA / "extraction" / "scrapinghub").exists(), reason="no ../shared/data/extraction"
)


def cleaned(content: bytes, media_type: str, url: str | None = None) -> Article:
    page = PageFetched(
        article_id="a", revision=1, page="p", media_type=media_type, source="upload", fetched_at=FETCHED, url=url
    )
    return clean(content, page)


def copies() -> list[tuple[dict[str, Any], Article, str]]:
    found = []
    for line in (DATA / "statements" / "clean.jsonl").read_text().splitlines():
        gold = json.loads(line)
        content = (DATA / "seeds" / gold["doc"]).read_bytes()
        found.append((gold, cleaned(content, "text/plain"), content.decode()))
    return found


@needs_seeds
def test_body_lines_of_text_copies() -> None:
    right = wrong = missed = 0
    for gold, article, _ in copies():
        truth = Counter(" ".join(line["text"].split()) for line in gold["body"])
        lines = Counter(article.text.split("\n"))
        right += (lines & truth).total()
        wrong += (lines - truth).total()
        missed += (truth - lines).total()
    precision, recall = right / (right + wrong), right / (right + missed)
    print(f"body lines of text copies: P {precision:.3f} R {recall:.3f}")
    assert precision >= 0.95
    assert recall >= 0.95


@needs_seeds
def test_fields_of_text_copies() -> None:
    for gold, article, _ in copies():
        assert article.title == gold["title"]
        assert article.language == gold["language"]
        assert article.dateline == gold["dateline"]
        assert article.editor == gold["editor"]
        assert article.authors == ((gold["author"],) if gold["author"] else ())


@needs_seeds
def test_dates_of_text_copies() -> None:
    for gold, article, _ in copies():
        assert article.published is not None
        stated = gold["published"]
        shown = article.published.isoformat()
        assert shown.startswith(stated[:10])
        assert article.published_precision == ("minute" if "T" in stated else "day")
        assert "T" not in stated or shown.startswith(stated[:16])
        assert "+" not in stated or article.published == datetime.fromisoformat(stated)


@needs_seeds
def test_no_boilerplate_is_left_in_text_copies() -> None:
    for gold, article, page in copies():
        lines = page.split("\n")
        kinds = [*gold["lines"]["boilerplate"], *gold["lines"].get("caption", []), *gold["lines"].get("author", [])]
        others = {" ".join(lines[number - 1].split()) for number in kinds} - {article.title, ""}
        assert not others & set(article.text.split("\n"))
        removed = {" ".join(page[r.start : r.end].split()) for r in article.removed}
        assert others - {article.standfirst} <= removed


@needs_seeds
def test_statements_survive_cleaning() -> None:
    statements = [json.loads(line) for line in (DATA / "statements" / "quotes.jsonl").read_text().splitlines()]
    for gold, article, page in copies():
        parts = "\n".join((article.title, article.standfirst or "", article.text))
        for said in (one for one in statements if one["doc"] == gold["doc"] and one["part"] != "caption"):
            assert " ".join(page[said["start"] : said["end"]].split()) in parts


# --- web pages: https://github.com/scrapinghub/article-extraction-benchmark, its shingle score


def shingles(text: str) -> Counter[tuple[str, ...]]:
    tokens = re.findall(r"\w+", text)
    return Counter(tuple(tokens[i : i + 4]) for i in range(max(1, len(tokens) - 3)) if tokens)


def f1(pairs: list[tuple[str, str]]) -> float:
    precisions, recalls = [], []
    for truth, text in pairs:
        gold, found = shingles(truth), shingles(text)
        right = (gold & found).total()
        precisions += [right / found.total()] if found else []
        recalls += [right / gold.total()] if gold else []
    precision, recall = statistics.mean(precisions), statistics.mean(recalls)
    return 2 * precision * recall / (precision + recall)


def web_pages() -> Iterator[tuple[bytes, str, str]]:
    folder = DATA / "extraction" / "scrapinghub"
    for name, gold in json.loads((folder / "ground-truth.json").read_text()).items():
        yield gzip.decompress((folder / "html" / f"{name}.html.gz").read_bytes()), gold["url"], gold["articleBody"]


def text_of(content: bytes, url: str) -> str:
    try:
        return cleaned(content, "text/html", url).text
    except Reject:
        return ""


@needs_pages
def test_web_pages() -> None:
    ours, theirs = [], []
    for content, url, truth in web_pages():
        ours.append((truth, text_of(content, url)))
        document = trafilatura.bare_extraction(content.decode("utf-8", "replace"), include_comments=False)
        theirs.append((truth, document.text if document else ""))
    print(f"web pages: F1 {f1(ours):.4f}, trafilatura with its defaults {f1(theirs):.4f}")
    assert f1(ours) >= 0.95
