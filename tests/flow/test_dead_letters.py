"""Dead letters as people see them: each failure once, also when a worker wrote its letter twice."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.adapters.sqlite.broker import SqliteBroker
from pipeline.broker import Draft
from pipeline.runners import operations
from schemas.codec import encode
from schemas.dead import DeadLetter

NOON = datetime(2030, 5, 1, 12, tzinfo=UTC)


class Hands:
    """A clock that is set by hand."""

    time = NOON

    def now(self) -> datetime:
        return self.time


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[SqliteBroker]:
    made = SqliteBroker(tmp_path / "pantau.db")
    yield made
    made.close()


def write(broker: SqliteBroker, offset: int, at: datetime, agent: str = "clean") -> None:
    letter = DeadLetter(
        agent=agent, reason="too-deep", error="", topic="pages-fetched", offset=offset, key="k", trace=f"a{offset}",
        attempts=1, at=at, schema="page-fetched.v1", original=b"{}",
    )  # fmt: skip
    broker.append([Draft("dead-letters", letter.key, letter.trace, letter.SCHEMA, encode(letter), "clean/1")], at)


def listed(broker: SqliteBroker) -> list[tuple[int, str, bool]]:
    return [(one.letter.offset, one.letter.agent, one.replayed) for one in operations.dead_letters(broker)]


def test_a_letter_that_was_written_twice_is_one(broker: SqliteBroker) -> None:
    for offset, agent in ((7, "clean"), (8, "clean"), (7, "dedupe"), (7, "clean")):
        write(broker, offset, NOON, agent)
    assert listed(broker) == [(7, "clean", False), (8, "clean", False), (7, "dedupe", False)]
    assert operations.replay(broker, list(operations.dead_letters(broker, "clean")), Hands()) == 2
    assert listed(broker) == [(7, "clean", True), (8, "clean", True), (7, "dedupe", False)]
    assert operations.replay(broker, list(operations.dead_letters(broker, "clean")), Hands()) == 0


def test_what_fails_again_after_a_replay_is_another_letter(broker: SqliteBroker) -> None:
    write(broker, 7, NOON)
    write(broker, 7, NOON + timedelta(seconds=1))
    clock = Hands()
    clock.time = NOON + timedelta(minutes=1)
    assert operations.replay(broker, list(operations.dead_letters(broker)), clock) == 1
    write(broker, 7, NOON + timedelta(minutes=2))
    assert listed(broker) == [(7, "clean", True), (7, "clean", False)]
    assert operations.replay(broker, list(operations.dead_letters(broker)), clock) == 1
