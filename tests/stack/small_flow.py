"""Two small agents on Kafka for the tests of the runner: `python -m tests.stack.small_flow AGENT SLOT HOME URL`.

`clean` makes an article of a page. `mark` numbers the articles of each language, so that a message that was lost,
or a memory that came back wrong, shows as a hole or as a number that was given twice.
"""

import os
import random
import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from pipeline import logs
from pipeline.adapters.clock import SystemClock
from pipeline.adapters.kafka.address import parse
from pipeline.flow import Agent, Drop, Emit, Reject, TryLater
from pipeline.metrics import Meters
from pipeline.ports import State
from pipeline.runners.faust.app import Post, Worker, run
from pipeline.runners.faust.contiguous import ContiguousConsumer, ContiguousTransport
from schemas.article import Article, ArticleMarked
from schemas.page import PageFetched
from schemas.topics import ARTICLES_CLEANED, ARTICLES_MARKED, PAGES_FETCHED


class Why(StrEnum):
    UGLY = "ugly"


def clean(page: PageFetched) -> Emit | Drop:
    match page.name:
        case "ugly":
            raise Reject(Why.UGLY, "it is ugly")
        case "drop":
            return Drop(Why.UGLY)
        case "defect":
            raise ZeroDivisionError
        case "kill":
            os._exit(9)
    text = "x" * (9 << 20) if page.name == "huge" else ""
    return Emit(
        Article(
            article_id=page.article_id,
            revision=1,
            page=page.page,
            media_type=page.media_type,
            source=page.source,
            fetched_at=page.fetched_at,
            title=page.name or "",
            text=text,
            language=page.source,
            extractor="",
        )
    )


def mark(article: Article, *, state: State) -> Emit | Drop:
    if article.title.startswith("later"):
        tries = int(state.get("tries") or b"0") + 1
        state.put("tries", str(tries).encode())
        if tries < 3:
            raise TryLater(0.5, "not yet")
    known = state.get(f"article:{article.article_id}")
    if known is None:
        known = str(int(state.get(f"count:{article.language}") or b"0") + 1).encode()
        state.put(f"count:{article.language}", known)
        state.put(f"article:{article.article_id}", known, [int(known)])
    return Emit(ArticleMarked(article=article, family=known.decode()))


CLEAN = Agent("clean", (PAGES_FETCHED,), (ARTICLES_CLEANED,), clean, Why)
MARK = Agent("mark", (ARTICLES_CLEANED,), (ARTICLES_MARKED,), mark, Why)
FLOW = (CLEAN, MARK)


class LossyConsumer(ContiguousConsumer):
    """Loses the first messages of every fifth fetch on the way, as Faust's consumer does in rebalances."""

    async def _getmany(self, active_partitions: Any, timeout: float) -> Any:
        records = await super()._getmany(active_partitions, timeout)
        return {tp: found[random.randint(1, 9) :] if random.random() < 0.2 else found for tp, found in records.items()}


def ports() -> Mapping[str, Any]:
    return {"clock": SystemClock()}


def main(name: str, slot: str, home: str, url: str) -> None:
    logs.start("info")
    if os.environ.get("LOSE"):
        ContiguousTransport.Consumer = LossyConsumer
    agent = {agent.name: agent for agent in FLOW}[name]
    folder = Path(home) / f"{name}-{slot}"
    folder.mkdir(parents=True, exist_ok=True)
    run([Worker(Post(agent, int(slot), f"test-{name}-{slot}", folder), parse(url), ports(), Meters())])


if __name__ == "__main__":
    main(*sys.argv[1:])
