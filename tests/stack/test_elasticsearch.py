"""The search index on a real Elasticsearch beyond the contract: faults, several processes, generations, rights."""

import json
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.adapters.elasticsearch.checking import RIGHTS
from pipeline.adapters.elasticsearch.index import ElasticsearchIndex
from pipeline.adapters.elasticsearch.mapping import template
from pipeline.errors import Misuse, Refused, Unavailable
from schemas.documents import FAMILIES, ArticleDocument
from tests.indexed import DAY, alert, article, fill, ids, statement
from tests.stack.certificates import Authority
from tests.stack.proxy import Proxy
from tests.stack.servers import PASSWORD, Elasticsearch

pytestmark = pytest.mark.stack
FLUSH = 1_000
"""Documents between two flushes."""


@pytest.fixture
def index(elasticsearch_index: str) -> Iterator[ElasticsearchIndex]:
    with closing(ElasticsearchIndex(elasticsearch_index)) as opened:
        yield opened


def story(n: int, **changes: Any) -> ArticleDocument:
    return article(f"a{n:05}", text=f"Menteri membicarakan jembatan nomor {n} di lembah. " * 20, **changes)


def write(index: ElasticsearchIndex, documents: list[ArticleDocument]) -> set[str]:
    """Write as a runner does: a flush after each batch, a replay when it was refused; returns the ids given up."""
    given_up: set[str] = set()
    for start in range(0, len(documents), FLUSH):
        for document in documents[start : start + FLUSH]:
            index.put("articles", document)
        try:
            index.flush()
        except Refused as error:
            given_up |= {id for _, id in error.documents}
    return given_up


def present(index: ElasticsearchIndex) -> Counter[str]:
    index.client.indices.refresh(index=f"{index.address.prefix}-articles")  # what others wrote is seen within a second
    return Counter(document.id for document in index.export("articles", ""))


# Faults


def test_nothing_is_lost_and_only_what_is_poisoned_is_refused(elasticsearch: str, elasticsearch_index: str) -> None:
    documents = [story(n) for n in range(3_000)]
    with Proxy(elasticsearch) as calm, closing(_through(calm, elasticsearch_index + "calm")) as index:
        assert write(index, documents) == set()
        undisturbed = sum(calm.requests.values())
    with Proxy(elasticsearch) as proxy, closing(_through(proxy, elasticsearch_index)) as index:
        proxy.trouble.busy, proxy.trouble.poison, proxy.trouble.cut = 0.3, 0.01, 0.1
        stop = threading.Timer(1.0, lambda: setattr(proxy.trouble, "down", time.monotonic() + 3))
        stop.start()
        given_up = write(index, documents)
        stop.cancel()
        needed = sum(proxy.requests.values())
        proxy.trouble.busy = proxy.trouble.cut = 0.0
        poisoned = {document.id for document in documents if proxy.trouble.poisoned(document.id)}
        assert given_up == poisoned
        assert 15 <= len(poisoned) <= 60
        assert present(index) == Counter(document.id for document in documents if document.id not in poisoned)
        assert needed < 3 * undisturbed, (needed, undisturbed)
        with pytest.raises(Refused, match="made by the test"):
            index.put("articles", next(document for document in documents if document.id in poisoned))


def test_what_comes_again_after_a_refusal_is_not_sent_again(elasticsearch: str, elasticsearch_index: str) -> None:
    documents = [story(n) for n in range(300)]
    with Proxy(elasticsearch) as proxy, closing(_through(proxy, elasticsearch_index)) as index:
        proxy.trouble.poison = 0.01
        given_up = write(index, documents)
        poisoned = {document.id for document in documents if proxy.trouble.poisoned(document.id)}
        assert given_up == poisoned != set()
        before = proxy.requests["_bulk"]
        fresh = [
            document for document in (story(n) for n in range(600, 900)) if not proxy.trouble.poisoned(document.id)
        ]
        bad = next(
            document for document in (story(n) for n in range(900, 2_000)) if proxy.trouble.poisoned(document.id)
        )
        for document in (*fresh, bad):
            index.put("articles", document)
        with pytest.raises(Refused):
            index.flush()
        sent = proxy.requests["_bulk"]
        assert sent > before
        for document in fresh:
            index.put("articles", document)
        index.flush()
        assert proxy.requests["_bulk"] == sent
        index.put("articles", story(601, revision=2))
        index.flush()
        assert proxy.requests["_bulk"] == sent + 1
        assert set(present(index).values()) == {1}
        assert present(index).total() == 300 - len(poisoned) + len(fresh)


def test_articles_that_are_expected_are_looked_up_together(elasticsearch: str, elasticsearch_index: str) -> None:
    with Proxy(elasticsearch) as proxy, closing(_through(proxy, elasticsearch_index)) as index:
        write(index, [story(n) for n in range(200)])
        before = sum(proxy.requests.values())
        with closing(_through(proxy, elasticsearch_index)) as other:
            other.expect([f"a{n:05}" for n in range(400)])
            for n in range(400):
                assert other.revision("articles", f"a{n:05}") == (1 if n < 200 else 0)
                other.put("articles", story(n, revision=2))
                assert other.retract(f"a{n:05}", (), 2) == 0
            other.flush()
        assert sum(proxy.requests.values()) - before < 20
        assert present(index) == Counter(f"a{n:05}" for n in range(400))


def test_bulks_that_are_too_large_are_split(elasticsearch: str, elasticsearch_index: str) -> None:
    with Proxy(elasticsearch) as proxy, closing(_through(proxy, elasticsearch_index)) as index:
        proxy.trouble.most = 100_000
        giant = article("giant", text="kata " * 30_000)
        assert write(index, [*(story(n) for n in range(300)), giant]) == {"giant"}
        assert len(present(index)) == 300


def test_a_server_that_stays_away_is_said_and_the_replay_mends_it(elasticsearch: str, elasticsearch_index: str) -> None:
    with Proxy(elasticsearch) as proxy, closing(_through(proxy, elasticsearch_index + "?patience=1")) as index:
        fill(index, story(1))
        proxy.trouble.down = time.monotonic() + 60
        with pytest.raises(Unavailable, match="cannot be used now"):
            fill(index, story(2))
        proxy.trouble.down = 0.0
        fill(index, story(2))
        assert present(index) == {"a00001": 1, "a00002": 1}


def test_a_killed_node_costs_nothing(guarded: Elasticsearch) -> None:
    with closing(ElasticsearchIndex(guarded.index_url("killed", "patience=150"))) as index:
        write(index, [story(n) for n in range(500)])
        documents = [story(n) for n in range(500, 4_000)]
        refused: list[set[str]] = []
        writing = threading.Thread(target=lambda: refused.append(write(index, documents)))
        writing.start()
        time.sleep(0.5)
        guarded.kill(0)
        assert writing.is_alive()
        guarded.revive(0)
        writing.join(60)
        assert refused == [set()]
        assert present(index) == Counter(f"a{n:05}" for n in range(4_000))


def _through(proxy: Proxy, url: str) -> ElasticsearchIndex:
    return ElasticsearchIndex(f"elasticsearch+{proxy.url}/{url.rpartition('/')[2]}")


# Rights and addresses


def test_passwords_and_rights_that_are_missing_are_said(guarded: Elasticsearch, tmp_path: Path) -> None:
    url = guarded.index_url()
    with closing(ElasticsearchIndex(url)) as index:
        open_url = url.replace(f"pantau:{PASSWORD}@", "")
        writer, reader = (
            ElasticsearchIndex(f"{open_url}&api_key={_key(index, rights)}") for rights in (list(RIGHTS), ["read"])
        )
    fill(writer, story(1))
    wrong = ElasticsearchIndex(url.replace(PASSWORD, "secret"))
    calls: list[Callable[[], object]] = [
        lambda: fill(wrong, story(2)),
        lambda: wrong.search("articles", ""),
        lambda: wrong.revision("articles", "x"),
        lambda: wrong.upkeep().create(),
        lambda: wrong.upkeep().about(),
    ]
    for call in calls:
        with pytest.raises(Unavailable, match="refuses the password or API key: correct it") as error:
            call()
        assert "secret" not in str(error.value)
    assert present(writer) == Counter(document.id for document in reader.export("articles", "")) == {"a00001": 1}
    for call in (lambda: fill(reader, story(2)), lambda: writer.upkeep().create(), lambda: reader.upkeep().about()):
        with pytest.raises(Unavailable, match=r"does not allow this .*: give the user or API key the privileges"):
            call()
    assert writer.upkeep().about() == "Elasticsearch of a version that it does not tell us"
    stranger = str(Authority(tmp_path / "ca").certificate)
    with pytest.raises(Unavailable, match=r"certificate of .* is not trusted: add \?ca=FILE") as error:
        ElasticsearchIndex(url.replace(str(guarded.certificate), stranger)).count("articles")
    assert PASSWORD not in str(error.value)


def _key(index: ElasticsearchIndex, rights: list[str]) -> str:
    roles = {"role": {"indices": [{"names": ["pantau-*"], "privileges": rights}]}}
    return str(index.client.security.create_api_key(name="test", role_descriptors=roles)["encoded"])


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("elasticsearch+http://127.0.0.1:9/pantau?patience=0", "no Elasticsearch answers at http://127.0.0.1:9"),
        ("elasticsearch+http://a:9200/Pantau", "small letters"),
        ("elasticsearch+http://a:9200/p?user=x", "no option 'user'"),
        ("elasticsearch+http://a:9200/p?patience=soon", "write seconds"),
        ("elasticsearch+https://a:9200/p?ca=/no/such/file", "there is no file"),
    ],
)
def test_addresses_that_cannot_be_used_are_said(url: str, message: str) -> None:
    with pytest.raises((Misuse, Unavailable), match=message):
        ElasticsearchIndex(url).revision("articles", "x")


# Several processes


def test_a_document_stays_in_its_month(elasticsearch_index: str, index: ElasticsearchIndex) -> None:
    fill(index, story(1), story(2))
    later = DAY + timedelta(days=60)
    with closing(ElasticsearchIndex(elasticsearch_index)) as other:
        fill(other, story(1, revision=2, fetched=later, published=later), story(3, fetched=later))
        fill(other, story(3, revision=2, fetched=later + timedelta(days=60)))
    fill(index, story(2, revision=2, fetched=later), story(2, revision=1))
    assert present(index) == {"a00001": 1, "a00002": 1, "a00003": 1}
    prefix = index.address.prefix
    assert sorted(index.client.indices.get(index=f"{prefix}-articles")) == [
        f"{prefix}-articles-1-2022-01", f"{prefix}-articles-1-2022-03",
    ]  # fmt: skip
    assert [index.revision("articles", f"a{n:05}") for n in (1, 2, 3, 4)] == [2, 2, 2, 0]


def test_what_waits_is_seen_by_revision_and_retract(elasticsearch_index: str, index: ElasticsearchIndex) -> None:
    for id in ("s1", "s2", "s3"):
        index.put("statements", statement(id))
    assert (index.revision("statements", "s1"), index.retract("a1", ["s3"], 1)) == (1, 2)
    assert index.revision("statements", "s1") == 0
    index.put("statements", statement("s2", revision=2))
    index.flush()
    assert index.retract("a1", [], 2) == 2
    assert index.retract("a1", [], 2) == 0
    index.flush()
    with closing(ElasticsearchIndex(elasticsearch_index)) as other:
        assert other.count("statements") == 0
        assert other.revision("statements", "s3") == 0


def test_a_statement_of_an_older_revision_goes_whoever_writes_first(
    elasticsearch_index: str, index: ElasticsearchIndex
) -> None:
    """Two processes hold an article and its statement, and neither saw what the other was about to write."""
    with closing(ElasticsearchIndex(elasticsearch_index)) as other:
        fill(index, *(story(n) for n in range(3)))
        for one in (index, other):
            one.expect([f"a{n:05}" for n in range(3)])
        for n in range(2):
            index.put("articles", story(n, revision=2))
            index.retract(f"a{n:05}", [], 2)
        other.put("statements", statement("s0", article="a00000"))
        index.flush()
        other.flush()
        other.put("statements", statement("s1", article="a00001"))
        other.put("statements", statement("s2", article="a00002"))
        other.put("statements", statement("s3", article="a00000", revision=2))
        other.flush()
        index.retract("a00001", [], 1)
        index.put("articles", story(2, revision=2))
        index.retract("a00002", ["s2"], 2)
        index.flush()
    index.client.indices.refresh(index=f"{index.address.prefix}-*")
    assert {document.id for document in index.export("statements", "")} == {"s2", "s3"}


def test_a_withdrawn_statement_stays_whoever_writes_first(elasticsearch_index: str, index: ElasticsearchIndex) -> None:
    with closing(ElasticsearchIndex(elasticsearch_index)) as other:
        fill(index, *(story(n) for n in range(2)))
        index.put("statements", statement("s0", article="a00000"))
        index.put("statements", statement("s1", article="a00001"))
        index.flush()
        for one in (index, other):
            one.expect([f"a{n:05}" for n in range(2)])
        other.put("statements", statement("s0", article="a00000", revision=2, withdrawn=DAY))
        other.flush()
        for n in range(2):
            index.put("articles", story(n, revision=2))
            index.retract(f"a{n:05}", [], 2)
        index.flush()
        other.put("statements", statement("s1", article="a00001", revision=2, withdrawn=DAY))
        other.flush()
    index.client.indices.refresh(index=f"{index.address.prefix}-*")
    assert {document.id for document in index.export("statements", "_exists_:withdrawn")} == {"s0", "s1"}


def test_values_of_any_length_are_taken(index: ElasticsearchIndex) -> None:
    fill(index, article(text="kata" * 20_000, title="x" * 40_000, section="s" * 40_000, entity=("é" * 40_000,)))
    assert ids(index, "title:xxx*") == ["a1"]
    assert index.facets("articles", "", ["section", "entity"]) == {"section": [], "entity": []}


# Generations


def everything(index: ElasticsearchIndex) -> dict[str, list[Any]]:
    index.client.indices.refresh(index=f"{index.address.prefix}-*")
    return {family: sorted(index.export(family, ""), key=lambda document: document.id) for family in FAMILIES}


def test_create_makes_what_check_wants(index: ElasticsearchIndex) -> None:
    generations = index.upkeep()
    assert [finding.cure for finding in index.upkeep().check()] == ["run pantau index create"] * 6
    assert len(generations.create()) == 3
    assert generations.create() == []
    assert index.upkeep().check() == []
    assert index.search("articles", "rapat").total == 0


def test_check_names_what_others_made(index: ElasticsearchIndex) -> None:
    prefix = index.address.prefix
    index.upkeep().create()
    strange = {"properties": {"title": {"type": "keyword"}}}
    index.client.indices.create(index=f"{prefix}-other", aliases={f"{prefix}-articles": {}}, mappings=strange)
    found = [finding for finding in index.upkeep().check() if finding.thing == f"{prefix}-other"]
    assert found[0].wrong == "was not made by Pantau and is read as articles"
    assert found[0].cure == f"take the alias {prefix}-articles from it"
    assert "has no field id" in found[1].wrong
    with pytest.raises(Unavailable, match=rf"{prefix}-other has another mapping .*: run pantau index check"):
        fill(index, story(1))
    index.client.indices.delete(index=f"{prefix}-other")
    body = template(prefix, "articles")
    changed = body["template"] | {"mappings": body["template"]["mappings"] | {"_meta": {"pantau": "older"}}}
    index.client.indices.put_index_template(
        name=f"{prefix}-articles", index_patterns=body["index_patterns"], template=changed
    )
    assert [finding.cure for finding in index.upkeep().check()] == ["run pantau index create"]


def test_reindex_swaps_while_others_write_and_is_taken_back(
    elasticsearch_index: str, index: ElasticsearchIndex
) -> None:
    fill(index, *(story(n) for n in range(1_500)))
    for n in range(20):
        index.put("statements", statement(f"s{n}", article=f"a{n:05}"))
    index.put("alerts", alert())
    index.flush()
    done, given_up = threading.Event(), []

    def go_on() -> None:
        with closing(ElasticsearchIndex(elasticsearch_index)) as other:
            n = 0
            while not done.is_set():
                given_up.append(write(other, [story(n, revision=2, section="new"), story(5_000 + n)]))
                other.put("statements", statement(f"s{n}", article=f"a{n:05}", revision=2, text=f"lagi {n}"))
                other.retract(f"a{n - 5:05}", [], 2)
                other.flush()
                n += 1

    writing = threading.Thread(target=go_on)
    writing.start()
    try:
        switched = index.upkeep().reindex()
        time.sleep(1)
    finally:
        done.set()
        writing.join(90)
    assert (switched.old, switched.new) == (1, 2)
    assert set().union(*given_up) == set()
    wanted = {f"a{n:05}" for n in range(1_500)} | {f"a{5_000 + n:05}" for n in range(len(given_up))}
    assert present(index) == Counter(wanted)
    assert index.facets("articles", "", ["section"]) == {"section": [("new", len(given_up))]}
    assert all("-2-" in name for name in index.client.indices.get(index=index.address.prefix + "-articles"))
    before = everything(index)
    assert index.upkeep().rollback()[:2] == (2, 1)
    assert everything(index) == before
    fill(index, story(1, revision=9))
    assert index.upkeep().check() == []


def test_a_rebuild_that_fails_leaves_the_live_indices_as_they_were(index: ElasticsearchIndex) -> None:
    fill(index, story(1))
    home = f"{index.address.prefix}-articles-1-2022-01"
    index.client.index(index=home, id="odd", document={"id": "odd", "title": "x"}, refresh=True)
    with pytest.raises(Unavailable, match="odd was written by a version that is too old"):
        index.upkeep().reindex()
    index.client.delete(index=home, id="odd", refresh=True)
    fill(index, story(2))
    assert index.upkeep().reindex().counts == {"articles": 2, "statements": 0, "alerts": 0}


def test_what_never_was_cannot_be_taken_back(index: ElasticsearchIndex) -> None:
    with pytest.raises(Misuse, match="no other generation"):
        index.upkeep().rollback()


def _base(index: ElasticsearchIndex) -> str:
    return index.address.hosts[0]


def test_speed_of_bulks(index: ElasticsearchIndex) -> None:
    write(index, [story(n) for n in range(1_000)])
    start = time.perf_counter()
    write(index, [story(n) for n in range(1_000, 3_000)])
    took = (time.perf_counter() - start) / 4
    print(f"{took * 1000:.0f} ms for 500 documents")
    assert took < 5
    with urllib.request.urlopen(f"{_base(index)}/_cat/indices/{index.address.prefix}-*?format=json") as answer:
        assert json.load(answer)[0]["docs.count"] is not None
