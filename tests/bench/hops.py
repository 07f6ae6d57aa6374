"""What a hop costs by itself: agents whose steps do nothing, on a real Kafka.

`python -m tests.bench.hops AGENT HOME URL` is the worker of one of them.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from pipeline.adapters.clock import SystemClock
from pipeline.adapters.kafka.address import parse
from pipeline.adapters.kafka.admin import Admin, wanted
from pipeline.adapters.kafka.broker import KafkaBroker
from pipeline.broker import Draft
from pipeline.flow import Agent, Drop, Emit
from pipeline.metrics import Meters
from pipeline.ports import State
from pipeline.runners.faust.app import Post, Worker, run
from schemas.article import Article, ArticleMarked
from schemas.codec import encode
from schemas.topics import ARTICLES_CLEANED, ARTICLES_MARKED
from tests.bench.corpus import FETCHED
from tests.bench.processes import cpu
from tests.stack.servers import Kafka

ROOT = Path(__file__).parents[2]
PARTITIONS = 4
WARM = 500
IDLE_SECONDS = 20


class Why(StrEnum):
    NOTHING = "nothing"


def swallow(article: Article) -> Drop:
    """Read and forget."""
    return Drop(Why.NOTHING)


def forward(article: Article) -> Emit:
    """Read and write."""
    return Emit(ArticleMarked(article=article, family=article.article_id))


def remember(article: Article, *, state: State) -> Emit:
    """Read, keep 100 bytes, and write."""
    state.put(article.article_id, b"x" * 100)
    return Emit(ArticleMarked(article=article, family=article.article_id))


AGENTS = {
    step.__name__: Agent(step.__name__, (ARTICLES_CLEANED,), (ARTICLES_MARKED,), step, Why)
    for step in (swallow, forward, remember)
}


def draft(number: int) -> Draft:
    """An article of about 3 KB."""
    article = Article(
        article_id=f"article-{number}",
        revision=1,
        page="0" * 64,
        media_type="text/html",
        source="bench",
        fetched_at=FETCHED,
        title="Judul",
        text="Kalimat ini berdiri di sini supaya ada isinya. " * 60,
        language=f"l{number}",
        extractor="bench",
    )
    return Draft(ARTICLES_CLEANED.name, article.language, article.article_id, article.SCHEMA, encode(article))


@contextmanager
def at_work(agent: str, kafka: Kafka) -> Iterator[tuple[int, KafkaBroker]]:
    """A worker of one agent. Gives its process and the topics."""
    url = f"kafka://{kafka.bootstrap}?partitions={PARTITIONS}"
    with tempfile.TemporaryDirectory() as home, contextlib.closing(Admin(parse(url))) as admin:
        admin.create(wanted(tuple(AGENTS.values()), parse(url)))
        broker = KafkaBroker(url, Path(home))
        argv = [sys.executable, "-m", "tests.bench.hops", agent, home, url]
        worker = subprocess.Popen(argv, env=os.environ | {"PYTHONPATH": str(ROOT)}, cwd=ROOT)
        try:
            yield worker.pid, broker
        finally:
            worker.terminate()
            worker.wait(20)
            broker.close()


def feed(broker: KafkaBroker, start: int, count: int) -> None:
    """Write messages to the topic that all of these agents read."""
    for first in range(start, start + count, 500):
        broker.append([draft(number) for number in range(first, min(first + 500, start + count))], FETCHED)


def drain(agent: str, broker: KafkaBroker) -> None:
    """Return when the agent has read everything."""
    end = time.monotonic() + 300
    while broker.standings([(agent, ARTICLES_CLEANED.name)])[0].lag:
        if time.monotonic() > end:
            raise RuntimeError(f"{agent} does not come to an end")
        time.sleep(0.5)


def measure(count: int = 10_000) -> None:
    """Print what a message costs each of these agents, and what they cost while nothing comes."""
    print(f"\nCPU of a worker whose step does nothing, {count:,} articles of 3 KB in {PARTITIONS} partitions")
    with Kafka() as kafka:
        for agent in AGENTS:
            with at_work(agent, kafka) as (process, broker):
                feed(broker, 0, WARM)
                drain(agent, broker)
                start = cpu(process)
                feed(broker, WARM, count)
                drain(agent, broker)
                each = (cpu(process) - start) / count
                start = cpu(process)
                time.sleep(IDLE_SECONDS)
                idle = (cpu(process) - start) / IDLE_SECONDS
            print(f"  {agent:9} {each * 1e6:4.0f} us a message; {idle * 1e3:.1f} ms a second when idle", flush=True)


def work(agent: str, home: str, url: str) -> None:
    """Be the worker."""
    folder = Path(home) / agent
    folder.mkdir(parents=True)
    post = Post(AGENTS[agent], 0, f"bench-{agent}", folder)
    run([Worker(post, parse(url), {"clock": SystemClock()}, Meters())])


if __name__ == "__main__":
    work(*sys.argv[1:])
