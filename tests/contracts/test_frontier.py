"""The frontier: what the crawler remembers, whatever keeps it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.adapters.sqlite.frontier import SqliteFrontier
from pipeline.errors import Unavailable
from pipeline.frontier import Count, Frontier
from pipeline.news.crawling.items import Item, Rank
from pipeline.news.crawling.polling import PartSeen, Polled
from pipeline.news.crawling.reports import Reported
from pipeline.news.crawling.walking import Walk

NOON = datetime(2030, 5, 1, 12, 0, 0, 123456, tzinfo=UTC)
HOUR = timedelta(hours=1)


def item(key: str, due: datetime | None = NOON, **more: object) -> Item:
    known = {"host": "a.example", "source": "s", "listed": NOON, "seen": NOON} | more
    return Item(key, f"https://a.example/{key}", due=due, **known)  # type: ignore[arg-type]


@pytest.fixture(params=["sqlite"])
def again(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Frontier]:
    """Opens the same frontier, the first time a new one."""
    return lambda: SqliteFrontier(tmp_path / "frontier.db")


@pytest.fixture
def frontier(again: Callable[[], Frontier]) -> Iterator[Frontier]:
    made = again()
    yield made
    made.close()


def test_everything_is_there_again_in_another_process(frontier: Frontier, again: Callable[[], Frontier]) -> None:
    whole = item(
        "1", rank=Rank.AGAIN, tries=3, fetched=NOON, checked=NOON + HOUR, again=2, changes=1, etag='"é"', modified="m",
        reason="gone", substance="abc",
    )  # fmt: skip
    polled = Polled("s", "u", NOON, etag="e", shapes={"w/S": (1, 2)}, parts={"p": PartSeen(NOON, "x")})
    walk = Walk("s", NOON - HOUR, NOON, NOON, ("u", "v"), failed={"w": "gone"})
    frontier.record([whole, item("2", None)], polled, walk, ("a.example", NOON + HOUR))
    other = again()
    assert other.known(["1", "2", "3"]) == {"1": whole, "2": item("2", None)}
    assert (other.polled(), other.walks()) == ({"s": polled}, [walk])
    assert other.rests(NOON) == {"a.example": NOON + HOUR}
    assert other.rests(NOON + HOUR) == {}
    other.record([whole._replace(due=None)], Polled("t", "u", NOON))
    assert set(frontier.polled()) == {"s", "t"}, "what another process writes is seen"
    assert frontier.known(["1"])["1"].due is None


def test_what_a_call_changes_is_changed_together(frontier: Frontier, again: Callable[[], Frontier]) -> None:
    with pytest.raises(TypeError):
        frontier.record([item("1"), "no item"], Polled("s", "u", NOON))  # type: ignore[list-item]
    assert again().known(["1"]) == {}
    assert again().polled() == frontier.polled() == {}


def test_what_is_due_comes_by_rank_and_then_by_time(frontier: Frontier) -> None:
    frontier.record([
        item("late", NOON + HOUR), item("second", NOON), item("first", NOON - HOUR), item("never", None),
        item("again", NOON - 9 * HOUR, rank=Rank.AGAIN), item("old", NOON - 99 * HOUR, rank=Rank.BACKFILL),
        item("other", NOON, host="b.example"),
    ])  # fmt: skip
    found = []
    while one := frontier.due("a.example", NOON):
        found.append(one.key)
        frontier.record([one._replace(due=None)])
    assert found == ["first", "second", "again", "old"]
    assert frontier.agenda() == {"a.example": NOON + HOUR, "b.example": NOON}
    assert frontier.due("c.example", NOON) is None


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(list(Rank)), st.none() | st.integers(0, 9))))
def test_the_agenda_is_the_first_that_is_due_of_each_host(found: list[tuple[str, Rank, int | None]]) -> None:
    frontier = SqliteFrontier(":memory:")
    wanted: dict[str, datetime] = {}
    for number, (host, rank, hours) in enumerate(found):
        due = None if hours is None else NOON + hours * HOUR
        frontier.record([item(str(number), due, host=host, rank=rank)])
        if due:
            wanted[host] = min(due, wanted.get(host, due))
    assert frontier.agenda() == wanted
    frontier.close()


def test_items_are_counted(frontier: Frontier) -> None:
    frontier.record([
        item("1"), item("2", rank=Rank.BACKFILL), item("3", None, reason="gone"), item("4", None, fetched=NOON),
        item("5", fetched=NOON, rank=Rank.AGAIN), item("6", source="t", reason="busy"),
    ])  # fmt: skip
    assert (frontier.waiting("s"), frontier.waiting("t"), frontier.waiting("u")) == (1, 1, 0)
    assert frontier.counts() == [
        Count("s", "fetched", "", 2), Count("s", "refused", "gone", 1), Count("s", "waiting", "", 2),
        Count("t", "waiting", "busy", 1),
    ]  # fmt: skip


def test_the_latest_are_those_listed_last(frontier: Frontier) -> None:
    frontier.record([item(str(n), listed=NOON + n * HOUR) for n in range(5)])
    assert [one.key for one in frontier.latest("s", 2)] == ["4", "3"]


def test_what_is_over_and_long_gone_is_forgotten(frontier: Frontier) -> None:
    old = {"seen": NOON - 9 * HOUR}
    frontier.record([item("over", None, **old), item("new", None), item("waits", NOON, **old)])
    assert frontier.forget(NOON - HOUR, 10) == 1
    assert set(frontier.known(["over", "new", "waits"])) == {"new", "waits"}


def interrupted(frontier: Frontier) -> None:
    with frontier.together():
        frontier.amend(PartSeen, "b", lambda _: PartSeen(NOON))
        frontier.amend(PartSeen, "a", lambda _: None)
        raise ZeroDivisionError


def test_notes_are_kept_by_kind_and_id_and_changed_together(frontier: Frontier, again: Callable[[], Frontier]) -> None:
    assert frontier.notes(PartSeen) == {}
    frontier.amend(PartSeen, "a", lambda known: PartSeen(NOON) if known is None else None)
    frontier.amend(Reported, "a", lambda _: Reported(NOON))
    other = again()
    assert other.notes(PartSeen) == frontier.notes(PartSeen) == {"a": PartSeen(NOON)}
    other.amend(PartSeen, "a", lambda known: PartSeen(NOON, "etag") if known else None)
    assert frontier.notes(PartSeen) == {"a": PartSeen(NOON, "etag")}, "what another process writes is seen"
    with pytest.raises(ZeroDivisionError):
        interrupted(frontier)
    assert frontier.notes(PartSeen) == other.notes(PartSeen) == {"a": PartSeen(NOON, "etag")}
    frontier.amend(PartSeen, "a", lambda _: None)
    assert frontier.notes(PartSeen) == again().notes(PartSeen) == {}
    assert frontier.notes(Reported) == {"a": Reported(NOON)}


def test_items_are_counted_since_a_time(frontier: Frontier) -> None:
    frontier.record([
        item("old", None, fetched=NOON, listed=NOON - HOUR, changes=2), item("new", None, fetched=NOON, changes=1),
        item("same", None, fetched=NOON), item("other", None, reason="gone", source="t"),
    ])  # fmt: skip
    assert frontier.counts(NOON) == [Count("s", "fetched", "", 2), Count("t", "refused", "gone", 1)]
    assert frontier.corrected(NOON) == {"s": 1}
    assert frontier.corrected(NOON - HOUR) == {"s": 2}


def test_a_thousand_keys_are_asked_for_at_once(frontier: Frontier) -> None:
    frontier.record(item(str(n)) for n in range(2000))
    assert len(frontier.known(str(n) for n in range(3000))) == 2000


def test_a_file_of_another_version_is_named(tmp_path: Path) -> None:
    (tmp_path / "frontier.db").write_bytes(b"no database, and long enough to be read as one" * 100)
    with pytest.raises(Unavailable, match=r"frontier\.db"):
        SqliteFrontier(tmp_path / "frontier.db")
