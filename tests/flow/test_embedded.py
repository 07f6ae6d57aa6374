"""The embedded runner with small agents of its own: order, retries, dead letters, state, and workers."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from pipeline.adapters.sqlite.broker import SqliteBroker
from pipeline.broker import Draft
from pipeline.errors import Misuse, Unavailable
from pipeline.flow import Agent, Drop, Emit, Reject, TryLater
from pipeline.metrics import Meters
from pipeline.ports import Clock, State
from pipeline.runners import embedded, operations
from pipeline.runners.embedded import RETRY_FOR, EmbeddedRunner
from pipeline.runners.workers import Pool
from schemas.article import Article, ArticleMarked
from schemas.codec import decode, encode
from schemas.dead import DeadLetter
from schemas.page import PageFetched
from schemas.topics import ARTICLES_CLEANED, ARTICLES_MARKED, PAGES_FETCHED

NOON = datetime(2030, 5, 1, 12, tzinfo=UTC)


class Why(StrEnum):
    UGLY = "ugly"
    BORING = "boring"


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.time = NOON

    def now(self) -> datetime:
        return self.time


def clean(page: PageFetched) -> Emit | Drop:
    if page.source == "ugly":
        raise Reject(Why.UGLY, "it is ugly")
    if page.source == "crash":
        raise ZeroDivisionError
    if page.source == "kill":
        import os  # noqa: PLC0415

        os._exit(9)
    if page.source == "boring":
        return Drop(Why.BORING)
    return Emit(
        Article(
            article_id=page.article_id,
            revision=1,
            page=page.page,
            media_type=page.media_type,
            source=page.source,
            fetched_at=page.fetched_at,
            title=page.page,
            text="",
            language=page.source,
            extractor="",
        )
    )


def mark(article: Article, *, state: State, clock: Clock) -> Emit | Drop:
    seen = int(state.get(article.language) or b"0") + 1
    state.put(article.language, str(seen).encode())
    if article.title == "poison":
        raise Reject(Why.UGLY)
    if article.title == "wait" and clock.now() < NOON + timedelta(minutes=10):
        state.put("half-done", b"yes")
        raise TryLater(1, "not yet ten past")
    if article.title == "world":
        raise Unavailable("the world has gone")
    return Emit(ArticleMarked(article=article, family=str(seen)))


CLEAN = Agent("clean", (PAGES_FETCHED,), (ARTICLES_CLEANED,), clean, Why)
MARK = Agent("mark", (ARTICLES_CLEANED,), (ARTICLES_MARKED,), mark, Why)
READ = Agent("read", (ARTICLES_MARKED,), (), lambda record: Drop(Why.BORING), Why)
FLOW = (CLEAN, MARK, READ)


def setup() -> tuple[Sequence[Agent], Mapping[str, Any]]:
    return FLOW, {}


@pytest.fixture(params=["sqlite"])
def broker(tmp_path: Path) -> Iterator[SqliteBroker]:
    broker = SqliteBroker(tmp_path / "flow.db")
    yield broker
    broker.close()


def fetched(number: int, source: str = "id", page: str = "") -> Draft:
    record = PageFetched(
        article_id=f"a{number}", revision=1, page=page, media_type="text/plain", source=source, fetched_at=NOON
    )
    return Draft(PAGES_FETCHED.name, record.article_id, record.article_id, record.SCHEMA, encode(record))


def run(broker: SqliteBroker, clock: Hands | None = None, pool: Pool | None = None) -> None:
    EmbeddedRunner(FLOW, broker, {"clock": clock or Hands()}, Meters(), pool).drain()


def marked(broker: SqliteBroker) -> list[tuple[str, str]]:
    records = [decode(m.body, m.schema, ArticleMarked) for m in broker.scan("articles-marked")]
    return [(r.article.article_id, r.family) for r in records]


def dead(broker: SqliteBroker) -> list[DeadLetter]:
    return [decode(m.body, m.schema, DeadLetter) for m in broker.scan("dead-letters")]


def test_messages_go_through_in_order_and_once(broker: SqliteBroker) -> None:
    broker.append([fetched(n) for n in range(500)], NOON)
    run(broker)
    run(broker)
    assert marked(broker) == [(f"a{n}", str(n + 1)) for n in range(500)]


def test_what_cannot_be_handled_is_a_dead_letter_with_its_reason_and_bytes(broker: SqliteBroker) -> None:
    drafts = [fetched(0), fetched(1, "ugly"), fetched(2, "crash"), fetched(3, "boring"), fetched(4)]
    drafts += [fetched(5)._replace(body=b"{not json"), fetched(6)._replace(schema="page.v9"), fetched(7, page="poison")]
    broker.append(drafts, NOON)
    run(broker)
    letters = {letter.trace: letter for letter in dead(broker)}
    assert {trace: letter.reason for trace, letter in letters.items()} == {
        "a1": "ugly",
        "a2": "step-failed",
        "a5": "broken-message",
        "a6": "unknown-schema",
        "a7": "ugly",
    }
    assert letters["a5"].original == b"{not json"
    assert "ZeroDivisionError" in letters["a2"].error
    assert (letters["a7"].topic, letters["a7"].agent, letters["a7"].attempts) == ("articles-cleaned", "mark", 1)
    assert marked(broker) == [("a0", "1"), ("a4", "2")], "what the poison was remembered by is taken back"
    tallies = {(t.agent, t.outcome, t.reason): t.times for t in operations.tallies(FLOW, broker)}
    assert tallies["clean", "drop", "boring"] == 1
    assert tallies["clean", "reject", "ugly"] == 1


def test_try_later_keeps_the_order_of_its_key_and_lets_others_pass(broker: SqliteBroker) -> None:
    clock = Hands()
    drafts = [fetched(0, "id", "wait"), fetched(1, "id"), fetched(2, "en"), fetched(3, "id")]
    broker.append(drafts, NOON)
    run(broker, clock)
    assert [id for id, _ in marked(broker)] == ["a2"]
    clock.time += timedelta(minutes=5)
    run(broker, clock)
    assert [id for id, _ in marked(broker)] == ["a2"]
    clock.time += timedelta(minutes=6)
    run(broker, clock)
    assert [id for id, _ in marked(broker)] == ["a2", "a0", "a1", "a3"]
    with broker.transaction():
        assert broker.state("mark").get("half-done") == b"yes"
    assert not broker.parked("mark")


def test_what_stays_away_for_too_long_is_a_dead_letter(broker: SqliteBroker) -> None:

    broker.append([fetched(0, "id", "wait")], NOON)
    run(broker, Hands())
    late = Hands()
    late.time = NOON + RETRY_FOR

    def never(article: Article, *, state: State) -> Emit | Drop:
        raise TryLater(1, "never")

    flow = (CLEAN, Agent("mark", (ARTICLES_CLEANED,), (ARTICLES_MARKED,), never, Why), READ)
    EmbeddedRunner(flow, broker, {"clock": late}, Meters()).drain()
    assert [(letter.reason, letter.attempts) for letter in dead(broker)] == [("retries-exhausted", 2)]


def test_an_error_of_the_world_stops_the_runner_and_loses_nothing(broker: SqliteBroker) -> None:
    broker.append([fetched(0), fetched(1, "id", "world"), fetched(2)], NOON)
    with pytest.raises(Unavailable, match="gone"):
        run(broker)
    assert broker.position("mark", "articles-cleaned") == 1
    assert marked(broker) == []


def test_a_missing_port_and_an_unread_topic_are_said_before_the_start(broker: SqliteBroker) -> None:
    with pytest.raises(Misuse, match="no agent reads"):
        EmbeddedRunner((CLEAN,), broker, {"clock": Hands()}, Meters())
    index = Agent("index", (ARTICLES_MARKED,), (), lambda record, *, index: Drop(Why.BORING), Why)
    with pytest.raises(Misuse, match="needs the port 'index'"):
        EmbeddedRunner((CLEAN, MARK, index), broker, {"clock": Hands()}, Meters())


def test_worker_processes_keep_the_order_and_survive_a_record_that_kills(broker: SqliteBroker) -> None:
    drafts = [fetched(n, "kill" if n == 21 else "id") for n in range(100)]
    broker.append(drafts, NOON)
    pool = Pool(2, setup)
    try:
        run(broker, pool=pool)
    finally:
        pool.close()
    assert [id for id, _ in marked(broker)] == [f"a{n}" for n in range(100) if n != 21]
    (letter,) = dead(broker)
    assert (letter.trace, letter.reason) == ("a21", "limits-exceeded")


def test_retention_keeps_what_is_not_read_yet(broker: SqliteBroker) -> None:
    broker.append([fetched(n) for n in range(10)], NOON)
    later = NOON + timedelta(days=9999)
    assert broker.expire(later, {"pages-fetched": ["clean"]}, timedelta(90)) == 0
    with broker.transaction():
        broker.advance("clean", "pages-fetched", 6)
    assert broker.expire(later, {"pages-fetched": ["clean"]}, timedelta(90)) == 5
    broker.append([fetched(10)], NOON)
    assert [m.offset for m in broker.read("pages-fetched", 0, 100)] == [6, 7, 8, 9, 10, 11]


def test_what_agents_remember_of_a_day_expires_and_what_they_remember_for_good_stays(broker: SqliteBroker) -> None:
    with broker.transaction():
        broker.state("dedupe").put("old", b"o", [1], NOON - timedelta(days=91))
        broker.state("dedupe").put("young", b"y", [1], NOON - timedelta(days=89))
        broker.state("dedupe").put("new", b"n", [2], NOON)
        broker.state("alert").put("told", b"t")
    broker.expire(NOON, {"articles-cleaned": ["dedupe"], "statements-recorded": ["alert"]}, timedelta(days=90))
    assert broker.state("dedupe").find([1], 9) == [("young", b"y")]
    assert broker.state("alert").get("told") == b"t"


def test_an_archive_is_remembered_as_long_as_what_is_new(broker: SqliteBroker) -> None:
    with broker.transaction():
        for name, days in (("old", 1091), ("young", 1089), ("newest", 1000)):
            broker.state("dedupe").put(name, b"v", [1], NOON - timedelta(days=days))
    broker.expire(NOON, {"articles-cleaned": ["dedupe"]}, timedelta(days=90))
    assert [key for key, _ in broker.state("dedupe").find([1], 9)] == ["young", "newest"]


def test_others_get_to_write_while_there_is_much_to_do(
    broker: SqliteBroker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "ROUND", 20)
    monkeypatch.setattr(embedded, "LONG_ROUND", 0.1)
    agent = Agent("slow", (PAGES_FETCHED,), (), slow, Why)
    broker.append([fetched(number) for number in range(200)], NOON)
    end, other = threading.Event(), SqliteBroker(tmp_path / "flow.db")
    runner = EmbeddedRunner((agent,), broker, {"clock": Hands()}, Meters())
    running = threading.Thread(target=runner.run, args=(end.is_set, end.wait))
    running.start()
    try:
        while other.position("slow", PAGES_FETCHED.name) < 20:
            time.sleep(0.01)
        for number in range(3):
            other.append([fetched(1000 + number)], NOON)
        assert other.position("slow", PAGES_FETCHED.name) < 200, "they did not wait until everything was done"
    finally:
        end.set()
        running.join()
        other.close()


def slow(page: PageFetched) -> Drop:
    del page
    time.sleep(0.01)
    return Drop(Why.BORING)
