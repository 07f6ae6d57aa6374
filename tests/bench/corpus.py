"""Articles to measure with: Indonesian news beside the checkout where there is some, else the demo world repeated."""

import gzip
import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from pipeline.runners.intake import Arrival
from schemas.page import Hints

ROOT = Path(__file__).parents[2]
NEWS = ROOT.parent / "shared" / "data" / "text" / "id-news.jsonl.gz"
FETCHED = datetime(2026, 1, 1, tzinfo=UTC)


def arrivals(count: int) -> list[Arrival]:
    """The first `count` articles as text copies."""
    return list(itertools.islice(_news() if NEWS.exists() else _world(), count))


def _news() -> Iterator[Arrival]:
    with gzip.open(NEWS, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            row = json.loads(line)
            text = f"{row['title']}\n\n{row['text'].strip()}\n"
            hints = Hints(title=row["title"], published=row["date"], outlet=row["source"])
            yield Arrival(
                text.encode(), "text/plain", "bench", None, f"https://kabar.example/{number}", None, hints, FETCHED
            )


def _world() -> Iterator[Arrival]:
    pages = [path.read_bytes() for path in sorted((ROOT / "seeds" / "articles" / "pages").glob("*.txt"))]
    for number, page in enumerate(itertools.cycle(pages)):
        yield Arrival(page, "text/plain", "bench", None, f"https://kabar.example/{number}", None, Hints(), FETCHED)
