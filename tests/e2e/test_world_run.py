"""The demo world through the whole embedded chain, against what is expected of it (world.yaml)."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import pytest
import yaml

from pipeline.cli.demo import ingest_world
from pipeline.cli.ingest import process
from pipeline.cli.installation import Installation
from pipeline.runners import operations
from pipeline.settings import load
from schemas.alert import AlertRaised
from schemas.article import Article, ArticleMarked
from schemas.codec import decode
from schemas.documents import ArticleDocument
from schemas.page import PageFetched
from schemas.record import Record
from schemas.statement import StatementRecorded
from schemas.topics import TOPICS

WORLD = Path(__file__).parents[2] / "seeds" / "articles"
EXPECTED: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "world.yaml").read_text(encoding="utf-8"))
PAGES: dict[str, dict[str, Any]] = {page["page"]: page for page in EXPECTED["pages"]}
HOSTILE: dict[str, dict[str, Any]] = {page["page"]: page for page in EXPECTED["hostile"]}
FOUND, SPEAKER_RIGHT, EXTRA = 125, 125, 1
"""Of 127 expected statements: floors just below what is reached."""

R = TypeVar("R", bound=Record)
Said = tuple[str, dict[str, Any], StatementRecorded]


class World(NamedTuple):
    """One run, with the records by the name of their page in world.yaml."""

    house: Installation
    counts: Counter[str]
    articles: dict[str, Article]
    marked: dict[str, ArticleMarked]
    recorded: list[tuple[str, StatementRecorded]]
    alerts: list[AlertRaised]

    def said(self) -> Iterator[Said]:
        """Every expected statement that was found: its page, what is expected, what was recorded."""
        for name, page in PAGES.items():
            for wanted in page["statements"]:
                found = self.find(name, wanted)
                if found:
                    yield name, wanted, found

    def find(self, name: str, wanted: dict[str, Any]) -> StatementRecorded | None:
        title = wanted.get("part") == "title"
        text = flat(wanted["text"])
        for page, record in self.recorded:
            if page == name and text in flat(record.statement.text) and title == (record.statement.part == "title"):
                return record
        return None


def flat(text: str) -> str:
    return " ".join(text.split())


def records(house: Installation, topic: str, record: type[R]) -> list[R]:
    return [decode(message.body, message.schema, record) for message in house.broker.scan(topic)]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    house = Installation(load({}, tmp_path_factory.mktemp("home")), WORLD / "catalog")
    counts = ingest_world(house, WORLD)
    process(house, 0)
    pages = {(p.article_id, p.revision): name_of(p) for p in records(house, "pages-fetched", PageFetched)}
    recorded = records(house, "statements-recorded", StatementRecorded)
    return World(
        house,
        counts,
        {pages[a.article_id, a.revision]: a for a in records(house, "articles-cleaned", Article)},
        {pages[m.article.article_id, m.article.revision]: m for m in records(house, "articles-marked", ArticleMarked)},
        [(pages[r.carrier.article_id, r.carrier.revision], r) for r in recorded if not r.withdrawn],
        records(house, "alerts-raised", AlertRaised),
    )


def name_of(page: PageFetched) -> str:
    return "pages/" + Path(page.name or "").name


# Cleaning


def test_titles_languages_and_dates_are_right(world: World) -> None:
    for name, page in PAGES.items():
        article = world.articles[name]
        assert (name, article.title) == (name, page["title"])
        assert (name, article.language) == (name, page["language"])
        assert article.published is not None, name
        wanted = datetime.fromisoformat(page["published"])
        if page.get("zone") == "unstated":
            assert article.published.replace(tzinfo=None) == wanted.replace(tzinfo=None), name
        else:
            assert article.published == wanted, name


def test_templates_are_in_no_text(world: World) -> None:
    furniture = ("Baca juga", "BACA JUGA", "Terpopuler", "Komentar Pembaca", "Cetak |", "IKLAN BARIS", "Hak cipta")
    for name in PAGES:
        assert not [line for line in furniture if line in world.articles[name].text], name


def test_hostile_pages_end_as_they_should(world: World) -> None:
    dead = {letter.letter.agent for letter in operations.dead_letters(world.house.broker)}
    assert dead <= {"clean"}
    refused = sum(count for reason, count in world.counts.items() if reason.startswith("refused"))
    assert refused == sum(page["outcomes"] == ["refused"] for page in HOSTILE.values())
    for name, page in HOSTILE.items():
        assert "cleaned" in page["outcomes"] or name not in world.articles
        assert page["outcomes"] != ["cleaned"] or page["text"] in world.articles[name].text


# Copies


def test_copies_are_linked_and_other_pages_are_not(world: World) -> None:
    ids = {article.article_id: name for name, article in reversed(world.articles.items())}
    for name, page in PAGES.items():
        links = {(link.relation, ids[link.of]) for link in world.marked[name].links}
        if "copy_of" in page:
            assert links & {(relation, page["copy_of"]) for relation in page["relation"]}, name
        else:
            assert not links, name


# Statements


def test_statements_are_found_with_kind_and_speaker(world: World) -> None:
    said = list(world.said())
    wanted = sum(len(page["statements"]) for page in PAGES.values())
    right = sum(speaker(record) == one["speaker"] for _, one, record in said)
    used = {record.statement.statement_id for _, _, record in said}
    extra = [r for name, r in world.recorded if name in PAGES and r.statement.statement_id not in used]
    print(f"world: {len(said)} of {wanted} statements found, {right} speakers right, {len(extra)} more")
    assert len(said) >= FOUND
    assert right >= SPEAKER_RIGHT
    assert len(extra) <= EXTRA
    assert all(record.statement.kind == one["kind"] for _, one, record in said)


def speaker(record: StatementRecorded) -> str:
    return record.statement.official or record.statement.speaker_id


# Versions


def test_what_a_page_withdrew_is_withdrawn_everywhere_and_told_to_nobody(world: World) -> None:
    name, page = next((name, page) for name, page in PAGES.items() if "withdrawn" in page)
    gone = [r for r in records(world.house, "statements-recorded", StatementRecorded) if r.withdrawn]
    assert [page["withdrawn"] in record.statement.text for record in gone] == [True]
    assert gone[0].utterance.articles == 0
    found = [*world.house.search.export("statements", "_exists_:withdrawn")]
    assert [document.id for document in found] == [gone[0].statement.statement_id]
    article = world.house.search.get("articles", world.articles[name].article_id)
    assert isinstance(article, ArticleDocument)
    assert (article.change, article.changed) == ("correction", world.articles[name].fetched_at)
    assert not [alert for alert in world.alerts if alert.recorded.withdrawn]


# The ledger


def test_repeats_join_their_utterance_and_versions_say_so(world: World) -> None:
    by_key: dict[str, list[tuple[str, StatementRecorded]]] = {}
    for name, one, record in world.said():
        by_key.setdefault(one["utterance"], []).append((name, record))
    for key, said in by_key.items():
        wanted = EXPECTED["utterances"][key]
        ids = {name: record.utterance.utterance_id for name, record in reversed(said)}
        for name in (*wanted.get("repeats", ()), *wanted.get("versions", ())):
            if name in ids and wanted["first"] in ids:
                shared = {r.utterance.utterance_id for n, r in said if n == name}
                assert {r.utterance.utterance_id for n, r in said if n == wanted["first"]} & shared, (key, name)
        for name in wanted.get("versions", ()):
            assert "version" in {record.utterance.novelty for page, record in said if page == name}, (key, name)


def test_different_utterances_stay_apart(world: World) -> None:
    keys: dict[str, set[str]] = {}
    for _, one, record in world.said():
        key = EXPECTED["utterances"][one["utterance"]].get("translates", one["utterance"])
        keys.setdefault(record.utterance.utterance_id, set()).add(key)
    assert [found for found in keys.values() if len(found) > 1] == []


# Watches


@pytest.mark.parametrize("watch", EXPECTED["watches"])
def test_a_watch_tells_exactly_what_is_expected(world: World, watch: str) -> None:
    names: dict[
        str, str
    ] = {}  # of several in one utterance: the one that the others say in other words, else the first
    for _, one, r in sorted(
        world.said(), key=lambda said: "translates" in EXPECTED["utterances"][said[1]["utterance"]]
    ):
        names.setdefault(r.utterance.utterance_id, one["utterance"])
    told: dict[str, Counter[str]] = {"new-utterance": Counter(), "new-version": Counter()}
    for alert in world.alerts:
        if alert.watch_id == watch:
            utterance = alert.recorded.utterance.utterance_id
            told[alert.reason][names.get(utterance, alert.recorded.statement.text)] += 1
    wanted = EXPECTED["watches"][watch]
    may = set(wanted["may"])
    assert set(told["new-utterance"]) - may == set(wanted["new"]) - may
    assert set(told["new-version"]) - may == set(wanted["versions"]) - may
    assert max(told["new-utterance"].values(), default=1) == 1


def test_coming_again_changes_nothing(world: World) -> None:
    house = world.house
    before = {topic.name: sum(1 for _ in house.broker.scan(topic.name)) for topic in TOPICS}
    counts = ingest_world(house, WORLD)
    process(house, 0)
    print(counts)
    assert {topic.name: sum(1 for _ in house.broker.scan(topic.name)) for topic in TOPICS} == before
