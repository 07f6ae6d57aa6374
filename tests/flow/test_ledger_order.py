"""The final ledger is the same whatever the order in which articles come, on the embedded runner.

What is the same: which statements are one utterance, and every record made from them (fullest wording, first seen, who
carried it, versions, contradictions). What is not: the id under which an utterance was opened, which is a name, and
what was known when a statement was recorded (`novelty`, `added`), which is history. Revisions of one page come in their
order.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from agents.alert import ALERT
from agents.attribute import ATTRIBUTE
from agents.index import INDEX
from pipeline.adapters.sqlite.broker import SqliteBroker
from pipeline.adapters.sqlite.index import SqliteIndex
from pipeline.broker import Draft
from pipeline.metrics import Meters
from pipeline.news.ledger import surrounded
from pipeline.news.utterances import Heard, disputed, utterances
from pipeline.runners.embedded import EmbeddedRunner
from schemas.catalog import Snapshot, Watch
from schemas.codec import encode
from schemas.documents import AlertDocument, StatementDocument
from schemas.statement import StatementMade
from schemas.topics import STATEMENTS_MADE
from tests.invented import made

PATROL = "Kami sudah menyiapkan tiga kapal patroli baru untuk mengawasi perairan Teluk Malaka,"
CREW = "Awak kapal direkrut dari desa nelayan setempat mulai bulan Juni,"
FERRY = "Kapal feri malam dihentikan sampai gelombang mereda di selat utara"
TEXTS = (
    PATROL,
    "pihaknya telah menyiapkan tiga kapal patroli baru guna mengawasi perairan Teluk Malaka",
    PATROL.replace("tiga", "lima"),
    CREW,
    "awak kapal direkrut dari desa nelayan setempat",
    f"{PATROL[:-1]}. {CREW}",  # hangs two utterances together
    FERRY,
    FERRY.replace("malam", "siang"),
    "Itu tidak benar,",
    "Itu sama sekali tidak benar,",
    "Puskesmas Selayar menerima dokter baru dari Kementerian Kesehatan bulan depan",
    "dokter baru Puskesmas Selayar tiba dengan kapal, kata dia kepada warga",
    "Dokter baru di Puskesmas Selayar sudah ada tiga",  # where it is said as well, the two above tell less
)
KINDS = ("direct", "indirect", "mixed")


class OneWatch:
    """A catalog with one watch on anyone."""

    def snapshot(self) -> Snapshot:
        return Snapshot(watches=(Watch(id="all", name="all", who=(), channels=()),), officials=(), sources=())


def statements(drawn: Sequence[tuple[int, int, int, int]]) -> list[list[StatementMade]]:
    """The statements of each article, which know of each other."""
    articles: dict[int, list[StatementMade]] = {}
    days: dict[int, int] = {}
    for place, (number, text, kind, day) in enumerate(drawn):
        days.setdefault(number, day)
        name, outlet = f"a{number}.{place}", f"Harian {number % 4}"
        one = made(name, TEXTS[text], kind=KINDS[kind], days=days[number], outlet=outlet)
        articles.setdefault(number, []).append(one)
    return [surrounded(article) for article in articles.values()]


class Killed(BaseException):
    """What ends a runner at once. No step catches it."""


class House:
    """The last stages of the flow on files. `random` kills the runner now and then, in a step or before a commit."""

    def __init__(self, folder: Path, random: Random | None) -> None:
        self._folder, self._random, self._lives = folder, random, 8
        self._open()

    def _open(self) -> None:
        self.broker = SqliteBroker(self._folder / "pantau.db")
        self.index = SqliteIndex(str(self._folder / "index.db"))
        ports: dict[str, Any] = {"clock": self, "index": self.index, "catalog": OneWatch()}
        self._runner = EmbeddedRunner((ATTRIBUTE, ALERT, INDEX), self.broker, ports, Meters(), flush=self._flush)

    def now(self) -> datetime:
        """The clock, which steps look at."""
        self._risk()
        return datetime.now(UTC)

    def _flush(self) -> None:
        self.index.flush()
        self._risk()

    def _risk(self) -> None:
        if self._random and self._lives and self._random.random() < 0.15:
            self._lives -= 1
            raise Killed

    def take(self, said: Sequence[StatementMade]) -> None:
        """Hand statements in, all at once, and handle what waits."""
        with self.broker.transaction():
            self.broker.append([draft(one) for one in said], datetime.now(UTC))
        while True:
            try:
                return self._runner.drain()
            except Killed:
                self.close()
                self._open()

    def close(self) -> None:
        self.broker.close()
        self.index.close()


def ran(said: Iterable[StatementMade], random: Random | None = None) -> tuple[list[Heard], list[AlertDocument]]:
    """The ledger and the alerts after all of it; with `random` after some of it twice, by a runner that is killed."""
    coming = list(said)
    if random:
        coming += random.choices(coming, k=len(coming) // 2)
    with TemporaryDirectory() as folder:
        house = House(Path(folder), random)
        for at in range(0, len(coming), 3):
            house.take(coming[at : at + 3])
        heard = utterances(cast(StatementDocument, document) for document in house.index.export("statements", ""))
        alerts = [cast(AlertDocument, document) for document in house.index.export("alerts", "")]
        house.close()
    return heard, alerts


def draft(record: StatementMade) -> Draft:
    topic = STATEMENTS_MADE
    return Draft(topic.name, topic.key(record), topic.trace(record), record.SCHEMA, encode(record), "test")


def final(heard: Iterable[Heard]) -> set[Any]:
    """The ledger without names and without what was known when."""
    return {
        (
            frozenset(statement.id for statement in one.carriers),
            one.wording,
            one.first_seen,
            one.outlets,
            (one.articles, one.families),
            tuple((version.statement.id, version.added) for version in one.versions),
            frozenset(found.contradiction for found in disputed(one)),
        )
        for one in heard
    }


DRAWN = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, len(TEXTS) - 1), st.integers(0, 2), st.integers(0, 40)),
    min_size=2,
    max_size=14,
)


@settings(max_examples=40, deadline=timedelta(seconds=20))
@given(DRAWN, st.randoms(use_true_random=False))
def test_the_final_ledger_is_the_same_in_every_order(drawn: list[tuple[int, int, int, int]], random: Random) -> None:
    articles = statements(drawn)
    heard, _ = ran([one for article in articles for one in article])
    random.shuffle(articles)
    for article in articles:
        random.shuffle(article)
    again, _ = ran([one for article in articles for one in article], random)
    assert final(again) == final(heard)


@settings(max_examples=30, deadline=timedelta(seconds=20))
@given(DRAWN, st.randoms(use_true_random=False))
def test_an_utterance_is_told_once_whatever_joins_it(drawn: list[tuple[int, int, int, int]], random: Random) -> None:
    said = [one for article in statements(drawn) for one in article]
    random.shuffle(said)
    heard, alerts = ran(said, random)
    told = Counter((alert.utterance, alert.reason) for alert in alerts)
    assert max(told.values()) == 1
    names = [{one.utterance, *one.former} for one in heard]
    assert all(any(alert.utterance in known for known in names) for alert in alerts)
    assert all(any(alert.utterance in known for alert in alerts) for known in names)


def test_a_watch_that_knows_one_of_two_joined_utterances_is_not_told_again() -> None:
    said = [made("a.1", PATROL), made("b.1", CREW, days=1), made("c.1", f"{PATROL[:-1]}. {CREW}", days=2)]
    repeats = [made("d.1", CREW, days=3), made("e.1", PATROL, days=3)]
    heard, alerts = ran([*said, *repeats])
    assert [(one.utterance, one.former, one.articles) for one in heard] == [("a.1", ("b.1",), 5)]
    assert [(alert.utterance, alert.statement) for alert in sorted(alerts, key=lambda a: a.utterance)] == [
        ("a.1", "a.1"),
        ("b.1", "b.1"),
    ]
