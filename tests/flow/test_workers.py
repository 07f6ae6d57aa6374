"""The pool of worker processes: order, and records that hang, eat memory or end their process."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.broker import Message
from pipeline.errors import Unavailable
from pipeline.flow import Agent, Drop, Emit, Failure
from pipeline.runners.handle import Dead, Handled
from pipeline.runners.limits import Limits
from pipeline.runners.workers import BATCH, Pool, Ticket
from schemas.article import Article
from schemas.codec import decode, encode
from schemas.page import PageFetched
from schemas.topics import ARTICLES_CLEANED, PAGES_FETCHED
from tests.invented import DAY

ROOT = Path(__file__).parents[2]
LIMITS = Limits(cpu_seconds=0.5, wall_seconds=50.0, memory_bytes=256 << 20)
PATIENCE = 60.0
linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


LEAKED: list[bytearray] = []


def step(page: PageFetched) -> Emit | Drop:
    """Does what the name of the page says."""
    name = page.name or ""
    if name == "hang":
        while True:
            pass
    if name == "sleep":
        time.sleep(60)
    if name == "regex":
        re.match("(a+)+$", "a" * 60 + "b")
    if name == "eat":
        bytearray(512 << 20)
    if name == "end":
        os._exit(7)
    if name == "leak":
        LEAKED.append(bytearray(160 << 20))
    if name == "world":
        raise Unavailable("the world has gone: bring it back")
    if name.startswith("slow"):
        time.sleep(0.05)
    return Emit(article(page, f"{name} by {os.getpid()}"))


def article(page: PageFetched, title: str) -> Article:
    return Article(
        article_id=page.article_id,
        revision=1,
        page=page.page,
        media_type=page.media_type,
        source=page.source,
        fetched_at=page.fetched_at,
        title=title,
        text="",
        language="id",
        extractor="",
    )


AGENT = Agent("work", (PAGES_FETCHED,), (ARTICLES_CLEANED,), step, Failure)


def setup() -> tuple[Sequence[Agent], Mapping[str, Any]]:
    return (AGENT,), {}


def unready() -> tuple[Sequence[Agent], Mapping[str, Any]]:
    raise Unavailable("no disk: mount it")


def never() -> tuple[Sequence[Agent], Mapping[str, Any]]:
    os._exit(9)


def message(number: int, name: str) -> Message:
    record = PageFetched(
        article_id=f"a{number}",
        revision=1,
        page="p",
        media_type="text/plain",
        source="upload",
        fetched_at=DAY,
        name=name,
    )
    at = datetime(2031, 3, 10, tzinfo=UTC)
    return Message(PAGES_FETCHED.name, number, f"a{number}", f"a{number}", record.SCHEMA, encode(record), "", 0.0, at)


@pytest.fixture
def pools() -> Iterator[Callable[..., Pool]]:
    made: list[Pool] = []

    def make(size: int = 2, **options: Any) -> Pool:
        made.append(Pool(size, options.pop("setup", setup), **options))
        return made[-1]

    yield make
    for pool in made:
        pool.close()


def answered(pool: Pool, batches: Sequence[Sequence[str]]) -> list[tuple[Message, Handled]]:
    """Hand in batches of pages as a runner does; their answers in the order in which they were handed in."""
    tickets: list[Ticket] = []
    number, deadline = 0, time.monotonic() + PATIENCE
    for batch in batches:
        while not pool.free():
            pool.collect(0.2)
        tickets.append(pool.submit("work", [message(number + place, name) for place, name in enumerate(batch)]))
        number += len(batch)
    while not all(ticket.done for ticket in tickets):
        assert time.monotonic() < deadline, "the pool does not come to an end"
        pool.collect(0.2)
    return [result for ticket in tickets for result in ticket.results()]


def title(handled: Handled) -> str:
    assert isinstance(handled.outcome, tuple), handled.outcome
    (draft,) = handled.outcome
    return decode(draft.body, draft.schema, Article).title


def only_dead(results: list[tuple[Message, Handled]]) -> tuple[int, Dead]:
    """The one message that was given up; all others came out as usual."""
    dead = [(message.offset, handled.outcome) for message, handled in results if isinstance(handled.outcome, Dead)]
    assert len(dead) == 1
    return dead[0]


def test_answers_come_in_the_order_of_their_messages_whoever_was_faster(pools: Callable[..., Pool]) -> None:
    batches = [[f"{'slow' if number % 3 == 0 else 'quick'} {number}.{n}" for n in range(BATCH)] for number in range(12)]
    results = answered(pools(), batches)
    assert [message.offset for message, _ in results] == list(range(12 * BATCH))
    assert [title(handled).partition(" by ")[0] for _, handled in results] == [n for batch in batches for n in batch]
    assert len({title(handled).partition(" by ")[2] for _, handled in results}) == 2, "both workers had work"


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("hang", "more than 0.5 s of CPU time"),
        ("regex", "more than 0.5 s of CPU time"),
        ("eat", "more memory than one record may cost"),
        ("end", "ended with exit code 7"),
    ],
)
def test_one_record_that_runs_wild_is_given_up_and_its_neighbours_are_not(
    pools: Callable[..., Pool], name: str, what: str
) -> None:
    batch = [name if place == 3 else f"page {place}" for place in range(BATCH)]
    results = answered(pools(limits=LIMITS), [batch, ["page 8"]])
    offset, dead = only_dead(results)
    assert (offset, dead.reason) == (3, Failure.LIMITS_EXCEEDED)
    assert what in dead.error


def test_a_worker_is_replaced_after_so_many_messages(pools: Callable[..., Pool]) -> None:
    results = answered(pools(1, recycle_after=10), [[f"{number}.{n}" for n in range(5)] for number in range(6)])
    assert len({title(handled).partition(" by ")[2] for _, handled in results}) == 3


def test_a_page_that_exceeds_its_time_runs_once_and_costs_one_worker(pools: Callable[..., Pool]) -> None:
    """Its neighbours before and behind it are done by the next worker, together."""
    results = answered(pools(1, limits=LIMITS), [["hang", *(f"page {n}" for n in range(6)), "hang"]])
    assert [isinstance(handled.outcome, Dead) for _, handled in results] == [True, *[False] * 6, True]
    assert len({title(handled).partition(" by ")[2] for _, handled in results[1:-1]}) == 1


def test_a_step_that_sleeps_for_ever_is_ended_by_the_clock_on_the_wall(pools: Callable[..., Pool]) -> None:
    results = answered(pools(limits=replace(LIMITS, wall_seconds=2.0)), [["sleep"], ["page"]])
    offset, dead = only_dead(results)
    assert (offset, dead.reason, dead.error) == (
        0, Failure.LIMITS_EXCEEDED, "the step of work was ended: it took more than 2 s",
    )  # fmt: skip


def test_a_worker_that_keeps_too_much_is_replaced(pools: Callable[..., Pool]) -> None:
    results = answered(pools(1, limits=LIMITS), [["leak"], ["page"]])
    assert len({title(handled).partition(" by ")[2] for _, handled in results}) == 2


def test_workers_that_never_start_are_the_world(pools: Callable[..., Pool]) -> None:
    with pytest.raises(Unavailable, match="exit code 9 before they were ready"):
        answered(pools(1, setup=never), [["page"]])


def test_an_error_of_the_world_is_raised_where_the_runner_is(pools: Callable[..., Pool]) -> None:
    with pytest.raises(Unavailable, match="the world has gone"):
        answered(pools(), [["page", "world"]])
    with pytest.raises(Unavailable, match="no disk: mount it"):
        answered(pools(setup=unready), [["page"]])


def test_a_worker_that_is_killed_from_outside_costs_no_record(pools: Callable[..., Pool]) -> None:
    pool = pools(1)
    (_, first), *_ = answered(pool, [["page"]])
    os.kill(int(title(first).partition(" by ")[2]), signal.SIGKILL)
    ((_, second),) = answered(pool, [["another"]])
    assert title(second).startswith("another by ")
    ((_, third),) = answered(pool, [["a third"]])
    assert title(third).startswith("a third by ")


PARENT = """
import sys
from tests.flow.test_workers import LIMITS, message, setup
from pipeline.runners.limits import Limits
from pipeline.runners.workers import Pool

def main():
    pool = Pool(2, setup, LIMITS)
    ticket = pool.submit("work", [message(0, sys.argv[1])])
    other = pool.submit("work", [message(1, "page")])
    while not other.done:
        pool.collect(0.2)
    print("working", flush=True)
    sys.stdin.read()
    pool.close()

if __name__ == "__main__":
    main()
"""


def parent(tmp_path: Path, name: str) -> "subprocess.Popen[bytes]":
    """A process in a group of its own with a pool that works at a page of this name."""
    script = tmp_path / "parent.py"
    script.write_text(PARENT, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, script, name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        start_new_session=True,
    )
    assert process.stdout
    assert process.stdout.readline() == b"working\n"
    return process


def session(of: int) -> set[int]:
    """The processes of a session that are alive."""
    found = set()
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(fields[3]) == of and fields[0] != "Z":
                found.add(int(folder.name))
    return found


def gone(of: int) -> bool:
    deadline = time.monotonic() + 15
    while session(of) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not session(of)


@linux
@pytest.mark.parametrize("name", ["page", "hang"])
def test_a_killed_runner_leaves_no_process_behind(tmp_path: Path, name: str) -> None:
    process = parent(tmp_path, name)
    assert len(session(process.pid)) >= 4, "the runner, the server of processes, two workers"
    process.kill()
    process.wait()
    try:
        assert gone(process.pid)
    finally:
        for pid in session(process.pid):
            os.kill(pid, signal.SIGKILL)
        process.communicate(timeout=10)


@linux
def test_ctrl_c_meets_no_worker(tmp_path: Path) -> None:
    process = parent(tmp_path, "page")
    workers = {pid for pid in session(process.pid) if children(pid) == set()} - {process.pid}
    for pid in workers:
        os.kill(pid, signal.SIGINT)
    time.sleep(0.5)
    assert workers <= session(process.pid)
    _, errors = process.communicate(b"", timeout=30)
    assert (process.returncode, errors) == (0, b"")
    assert gone(process.pid)


def children(of: int) -> set[int]:
    return {int(pid) for pid in Path(f"/proc/{of}/task/{of}/children").read_text().split()}
