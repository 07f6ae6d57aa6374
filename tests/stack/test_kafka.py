"""The production runner on a real Kafka: topics, secrets, dead letters, and what is lost on the way."""

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agents import FLOW
from pipeline.adapters.kafka.address import parse
from pipeline.adapters.kafka.admin import Admin, wanted
from pipeline.adapters.kafka.broker import KafkaBroker
from pipeline.broker import Draft
from pipeline.errors import Misuse
from pipeline.runners import operations
from pipeline.runners.faust.supervisor import Command, supervise
from schemas.article import ArticleMarked
from schemas.codec import decode, encode
from schemas.page import PageFetched
from tests.stack import small_flow
from tests.stack.servers import PASSWORD, Kafka, missing

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(missing() is not None, reason=str(missing())),
    pytest.mark.timeout(400),
    pytest.mark.filterwarnings("ignore"),
]
ROOT = Path(__file__).parents[2]
NOON = datetime(2030, 5, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def kafka() -> Iterator[Kafka]:
    with Kafka() as found:
        yield found


def eventually(holds: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not so within {seconds} s"
        time.sleep(1)


# Topics and secrets


def test_topics_that_do_not_fit_are_refused_with_the_cure(kafka: Kafka) -> None:
    with contextlib.closing(Admin(parse(f"kafka://{kafka.bootstrap}"))) as admin:
        topics = [topic._replace(name=f"fit-{topic.name}") for topic in wanted(FLOW, parse("kafka://x:1?partitions=2"))]
        with pytest.raises(Misuse, match="pantau topics create"):
            admin.check(topics)
        admin.create(topics[:1])
        with pytest.raises(Misuse, match=r"has 2 partitions instead of 3.*partitions=2"):
            admin.create([topics[0]._replace(partitions=3)])
        changed = topics[0]._replace(settings=topics[0].settings | {"retention.ms": "3600000"})
        admin.create([changed])
        (found,) = admin.describe([changed.name, "fit-nothing"])
        assert (found.partitions, found.settings["retention.ms"]) == (2, "3600000")


def test_tls_and_a_password_are_used_and_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "password").write_text(PASSWORD)
    monkeypatch.setenv("PANTAU_KAFKA_USER", "pantau")
    monkeypatch.setenv("PANTAU_KAFKA_PASSWORD_FILE", str(tmp_path / "password"))
    with Kafka(secure=True) as kafka:
        options = f"&security=sasl-tls&ca={kafka.certificate}"
        flow = Small(kafka, tmp_path, partitions=2, slots=1, options=options)
        try:
            flow.feed([page(number) for number in range(50)])
            eventually(lambda: len(flow.ids()) == 50, 90)
        finally:
            flow.close()
        assert PASSWORD not in "".join(capfd.readouterr())


# Small agents, many messages


class Small:
    """The small flow on a Kafka, under the supervisor."""

    def __init__(self, kafka: Kafka, home: Path, partitions: int, slots: int, options: str = "") -> None:
        self.url = f"kafka://{kafka.bootstrap}?partitions={partitions}&session=6{options}"
        self.home, self._stop = home, threading.Event()
        with contextlib.closing(Admin(parse(self.url))) as admin:
            admin.create(wanted(small_flow.FLOW, parse(self.url)))
        (home / "feeder").mkdir()
        self.broker = KafkaBroker(self.url, home)
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        argv = [sys.executable, "-m", "tests.stack.small_flow"]
        names = [(agent.name, str(slot)) for agent in small_flow.FLOW for slot in range(slots)]
        self._commands = {"-".join(name): Command([*argv, *name, str(home), self.url], environment) for name in names}
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        supervise(self._commands, self._stop)

    def feed(self, drafts: list[Draft]) -> None:
        self.broker.append(drafts, NOON)

    def marked(self) -> list[ArticleMarked]:
        return [decode(m.body, m.schema, ArticleMarked) for m in self.broker.scan("articles-marked")]

    def ids(self) -> set[str]:
        return {one.article.article_id for one in self.marked()}

    def close(self) -> float:
        """End the workers. Returns how long it took."""
        start = time.monotonic()
        self._stop.set()
        self._thread.join()
        self.broker.close()
        return time.monotonic() - start


def page(number: int, name: str | None = None, language: str | None = None) -> Draft:
    record = PageFetched(
        article_id=f"a{number}",
        revision=1,
        page="",
        media_type="text/plain",
        source=language or f"l{number % 7}",
        fetched_at=NOON,
        name=name,
    )
    return Draft("pages-fetched", record.article_id, record.article_id, record.SCHEMA, encode(record))


def numbered(marked: list[ArticleMarked]) -> dict[str, list[int]]:
    """The numbers given in each language. Raises when an article has two."""
    given: dict[str, tuple[str, str]] = {}
    for one in marked:
        found = given.setdefault(one.article.article_id, (one.article.language, one.family))
        assert found == (one.article.language, one.family), f"{one.article.article_id} has two numbers"
    languages: dict[str, list[int]] = {}
    for language, number in given.values():
        languages.setdefault(language, []).append(int(number))
    return {language: sorted(numbers) for language, numbers in languages.items()}


def test_what_cannot_be_handled_is_a_dead_letter_and_the_rest_goes_on(tmp_path: Path) -> None:
    with Kafka() as kafka:
        flow = Small(kafka, tmp_path, partitions=2, slots=1)
        try:
            poison = [page(n, name) for n, name in enumerate(("ugly", "drop", "defect", "kill", "huge", "later"))]
            broken = [
                page(10)._replace(body=b"{not json"),
                page(11)._replace(schema="page.v9"),
                page(12)._replace(schema=""),
                page(13)._replace(body=b""),
            ]
            flow.feed([page(100 + n) for n in range(20)] + poison + broken + [page(200 + n) for n in range(20)])
            flow.broker._producer.send("pages-fetched", key=b"\xff", value=None).get(10)
            good = {f"a{100 + n}" for n in range(20)} | {f"a{200 + n}" for n in range(20)} | {"a5"}
            eventually(lambda: flow.ids() >= good and len(list(flow.broker.scan("dead-letters"))) >= 9, 150)
            letters = list(operations.dead_letters(flow.broker))
            reasons = {letter.letter.trace: letter.letter.reason for letter in letters}
            assert reasons == {
                "a0": "ugly",
                "a2": "step-failed",
                "a3": "limits-exceeded",
                "a4": "limits-exceeded",
                "a10": "broken-message",
                "a11": "unknown-schema",
                "a12": "unknown-schema",
                "a13": "broken-message",
                "": "unknown-schema",
            }
            assert flow.ids() == good
            ugly = next(letter for letter in letters if letter.letter.trace == "a0")
            assert operations.replay(flow.broker, [ugly], small_flow.ports()["clock"]) == 1
            eventually(lambda: len(list(flow.broker.scan("dead-letters"))) == 10, 30)
        finally:
            seconds = flow.close()
        assert seconds < 10


def test_what_is_lost_on_the_way_is_fetched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LOSE", "yes")
    count = 2000
    with Kafka() as kafka:
        flow = Small(kafka, tmp_path, partitions=2, slots=1)
        try:
            feed(flow, count)
            eventually(lambda: len(flow.ids()) >= count, 90)
            marked = flow.marked()
        finally:
            flow.close()
    heals = "".join(capfd.readouterr()).count("HEALED")
    assert heals > 5
    assert len(marked) == count, "nothing was lost and nothing came twice"
    assert all(given == list(range(1, len(given) + 1)) for given in numbered(marked).values())
    print(f"{count} messages, {heals} heals: 0 lost, 0 sent twice")


def feed(flow: Small, count: int) -> None:
    broker = KafkaBroker(flow.url, flow.home / "feeder")
    try:
        for start in range(0, count, 50):
            broker.append([page(number) for number in range(start, start + 50)], NOON)
            time.sleep(0.3)
    finally:
        broker.close()
