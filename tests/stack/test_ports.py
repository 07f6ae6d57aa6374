"""Real servers that are reached over TLS, refuse, are away, are full or belong to somebody else: what people are told,
and that nothing is lost.
"""

import json
import os
import re
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agents import FLOW
from pipeline.adapters.elasticsearch.checking import RIGHTS
from pipeline.adapters.elasticsearch.index import ElasticsearchIndex
from pipeline.adapters.elasticsearch.mapping import mappings
from pipeline.adapters.kafka import broker as kafka_broker
from pipeline.adapters.kafka import reaching
from pipeline.adapters.kafka.broker import KafkaBroker
from pipeline.broker import Draft
from pipeline.cli.installation import Installation, seeds
from pipeline.errors import Unavailable
from pipeline.runners.handle import Dead, handle
from pipeline.settings import load
from tests.command import Pantau, run
from tests.s3_server import S3Server
from tests.stack.certificates import Authority
from tests.stack.servers import PASSWORD, Elasticsearch, Kafka, free_ports

pytestmark = [pytest.mark.stack, pytest.mark.timeout(400), pytest.mark.filterwarnings("ignore")]
WORLD = seeds() / "articles" / "pages"
PAGES = sorted(WORLD.glob("0[1-5]*"))
SENTENCE = "Menteri Sekar Wiratmaka menolak usul itu di Kota Lembah. "


@pytest.fixture(scope="module")
def kafka() -> Iterator[Kafka]:
    """A Kafka that speaks TLS, asks for a password, and lets guests do nothing."""
    with Kafka(secure=True) as found:
        yield found


@pytest.fixture(scope="module")
def api_key(guarded: Elasticsearch) -> str:
    rights = {"role": {"cluster": ["monitor", "manage_index_templates"],
                       "indices": [{"names": ["ports-*"], "privileges": list(RIGHTS)}]}}  # fmt: skip
    with closing(ElasticsearchIndex(guarded.index_url("ports"))) as index:
        return str(index.client.security.create_api_key(name="ports", role_descriptors=rights)["encoded"])


class Settings:
    """The environment of `pantau`: all three servers, over TLS where they speak it, with secrets."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, kafka: Kafka, search: Elasticsearch, s3: S3Server, key: str
    ) -> None:
        self._monkeypatch = monkeypatch
        index = f"elasticsearch+{search.url}/ports?ca={search.certificate}&patience=1"
        self.secrets = {PASSWORD, key, s3.secret_key}
        self.set(
            PANTAU_BROKER=f"kafka://{kafka.bootstrap}?partitions=2&security=sasl-tls&ca={kafka.certificate}",
            PANTAU_KAFKA_USER="pantau",
            PANTAU_KAFKA_PASSWORD=PASSWORD,
            PANTAU_INDEX=index,
            PANTAU_ELASTICSEARCH_API_KEY=key,
            PANTAU_PAGES=s3.url(prefix="ports"),
            **s3.environment(),
        )

    def set(self, **values: str) -> None:
        for name, value in values.items():
            self._monkeypatch.setenv(name, value)


@pytest.fixture
def settings(
    monkeypatch: pytest.MonkeyPatch, kafka: Kafka, guarded: Elasticsearch, s3_server: S3Server, api_key: str
) -> Settings:
    monkeypatch.setattr(reaching, "BEGIN", 1.5)
    return Settings(monkeypatch, kafka, guarded, s3_server, api_key)


@pytest.fixture
def pantau(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Pantau:
    return Pantau(tmp_path / "home", monkeypatch, capsys)


def rows(pantau: Pantau, settings: Settings, code: int) -> dict[str, Any]:
    """What `pantau doctor` found, by check; no secret is in what it prints."""
    ended = pantau("doctor", "--json")
    assert ended.code == code, ended.out
    assert not [secret for secret in settings.secrets | {"hush-hush"} if secret in ended.out + ended.err]
    return {row["check"]: row for row in ended.json()}


# The doctor, TLS and passwords


def test_all_is_well_over_tls_with_passwords(pantau: Pantau, settings: Settings) -> None:
    found = rows(pantau, settings, 1)
    assert not found["broker"]["good"]
    assert re.search(r"no topic pages-fetched.*pantau topics create", found["broker"]["said"])
    assert found["index"]["said"].endswith("run pantau index create; `pantau index check` shows all")
    assert pantau("topics", "create").code == pantau("index", "create").code == 0
    found = rows(pantau, settings, 0)
    assert found["broker"]["said"] == "Kafka with 1 broker; all 12 topics fit; 0 messages unread"
    assert found["index"]["said"] == "Elasticsearch 8.19.13; 0 articles, 0 statements, 0 alerts"
    assert found["pages"]["said"] == "a page was put and read back"
    assert {"python", "disk", "flow", "catalog", "recogniser", "channel"} <= found.keys()
    table = pantau("doctor").out
    assert "kafka://127.0.0.1" in table
    assert not [secret for secret in settings.secrets if secret in table]


def test_wrong_passwords_and_keys_are_said(pantau: Pantau, settings: Settings) -> None:
    settings.set(
        PANTAU_KAFKA_PASSWORD="hush-hush", PANTAU_ELASTICSEARCH_API_KEY="hush-hush", PANTAU_S3_SECRET_KEY="hush-hush"
    )
    found = rows(pantau, settings, 1)
    assert "refuses user 'pantau' or the password: correct PANTAU_KAFKA_USER and" in found["broker"]["said"]
    assert "refuses the password or API key: correct it in PANTAU_INDEX or" in found["index"]["said"]
    assert "refuses the key (SignatureDoesNotMatch): correct PANTAU_S3_ACCESS_KEY and" in found["pages"]["said"]


def test_wrong_authorities_are_said(pantau: Pantau, settings: Settings, kafka: Kafka, guarded: Elasticsearch,
                                    tmp_path: Path) -> None:  # fmt: skip
    other = Authority(tmp_path / "other").certificate
    settings.set(
        PANTAU_BROKER=f"kafka://{kafka.bootstrap}?partitions=2&security=sasl-tls&ca={other}",
        PANTAU_INDEX=f"elasticsearch+{guarded.url}/ports?ca={other}",
    )
    found = rows(pantau, settings, 1)
    assert re.search(r"certificate of Kafka at \S+ is not trusted \(.+\): add ca=FILE", found["broker"]["said"])
    assert re.search(r"certificate of \S+ is not trusted: add \?ca=FILE", found["index"]["said"])


def test_closed_ports_and_missing_buckets_are_said(pantau: Pantau, settings: Settings, s3_server: S3Server) -> None:
    (port,) = free_ports(1)
    settings.set(
        PANTAU_BROKER=f"kafka://127.0.0.1:{port}",
        PANTAU_INDEX=f"elasticsearch+http://127.0.0.1:{port}",
        PANTAU_PAGES=s3_server.url(bucket="nowhere"),
    )
    found = rows(pantau, settings, 1)
    assert f"no Kafka answers at 127.0.0.1:{port} (Connection refused): start it" in found["broker"]["said"]
    assert f"no Elasticsearch answers at http://127.0.0.1:{port}: start it" in found["index"]["said"]
    assert "there is no bucket s3://nowhere" in found["pages"]["said"]


def test_what_speaks_tls_and_who_may_nothing_is_said(
    pantau: Pantau, settings: Settings, kafka: Kafka, guarded: Elasticsearch
) -> None:
    settings.set(
        PANTAU_BROKER=f"kafka://{kafka.bootstrap}?partitions=2",
        PANTAU_INDEX=f"elasticsearch+http://pantau:{PASSWORD}@127.0.0.1:{guarded.ports[0]}/ports",
    )
    found = rows(pantau, settings, 1)
    assert "speaks TLS: write security=tls or sasl-tls into PANTAU_BROKER" in found["broker"]["said"]
    assert "correct PANTAU_INDEX" in found["index"]["said"]
    assert found["index"]["where"].startswith("elasticsearch+http://***@127.0.0.1")
    settings.set(
        PANTAU_BROKER=f"kafka://{kafka.bootstrap}?partitions=2&security=sasl-tls&ca={kafka.certificate}",
        PANTAU_KAFKA_USER="guest",
    )
    said = rows(pantau, settings, 1)["broker"]["said"]
    assert re.search(r"does not allow this \(Topic.*\): let user 'guest' read, write and create topics", said)


# Nothing is lost


def test_what_could_not_go_in_goes_in_later(pantau: Pantau, settings: Settings, kafka: Kafka) -> None:
    assert pantau("topics", "create").code == 0
    good = {"PANTAU_BROKER": f"kafka://{kafka.bootstrap}?partitions=2&security=sasl-tls&ca={kafka.certificate}",
            "PANTAU_KAFKA_PASSWORD": PASSWORD}  # fmt: skip
    (port,) = free_ports(1)
    for wrong, said in (
        ({"PANTAU_BROKER": f"kafka://127.0.0.1:{port}"}, "no Kafka answers at"),
        ({"PANTAU_KAFKA_PASSWORD": "hush-hush"}, "refuses user 'pantau' or the password"),
    ):
        settings.set(**good | wrong)
        alone = run("--home", pantau.home, "work", "clean", "--slot", "0", **os.environ)  # it limits its own memory
        for ended in (pantau("ingest", *PAGES), pantau("work"), alone):
            assert (ended.code, ended.err.count("\n")) == (3, 1), ended.err
            assert said in ended.err
            assert "hush-hush" not in ended.err
    settings.set(**good)
    ended = pantau("ingest", *PAGES, "--json")
    assert (ended.code, ended.json()["new"], ended.json()["queued"]) == (0, len(PAGES), len(PAGES))
    assert pantau("ingest", *PAGES, "--json").json()["known"] == len(PAGES)
    ended = pantau("replay")
    assert ended.out == f"queued {len(PAGES)} pages for `pantau work`: `pantau status` shows how far they are\n"


def test_a_page_of_20_mb_goes_in_and_what_is_too_large_is_said(pantau: Pantau, settings: Settings) -> None:
    assert pantau("topics", "create").code == 0
    head = b"<html><body><article><h1>Usul ditolak</h1><p>" + SENTENCE.encode() * 20 + b"</p><!--"
    end = b"--></article></body></html>"
    large, larger = (pantau.home.parent / name for name in ("large.html", "larger.html"))
    large.write_bytes(head + b"x" * (20_000_000 - len(head) - len(end)) + end)
    larger.write_bytes(large.read_bytes() + b" ")
    ended = pantau("ingest", large)
    assert ended.out.splitlines()[-1].startswith("queued 1 pages for `pantau work`")
    house = Installation(load(home=pantau.home))
    *_, message = [m for m in house.broker.scan("pages-fetched") if json.loads(m.body).get("name") == str(large)]
    assert len(message.body) < 1000, "the bytes of the page do not travel"
    outcome = handle(FLOW[0], message, house.ports()).outcome
    assert outcome == Dead("too-large", "20,000,000 bytes are more than the 5,000,000 that an article can have")
    house.broker.close()
    ended = pantau("ingest", larger)
    assert (ended.code, "a page may have 20 MB: split it" in ended.err) == (1, True), ended.err


def test_a_full_disk_at_the_broker_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_broker, "PATIENCE", 12.0)
    monkeypatch.setattr(reaching, "BEGIN", 3.0)
    with Kafka(room=30_000_000) as kafka:
        broker = KafkaBroker(f"kafka://{kafka.bootstrap}?partitions=1", tmp_path)
        with closing(broker.admin()) as admin:
            admin.create(broker.wanted(FLOW))
        with pytest.raises(Unavailable, match=r"its disk (is|may be) full|look at its log and disk"):
            fill(broker, range(60))
        with broker.transaction():
            noted = [number for number in range(60) if broker.state("intake").get(str(number))]
        assert 0 < len(noted) < 60, "what was not acknowledged is not noted as known"
        broker.close()
        kafka.kill(0)
        kafka.make_room()
        kafka.revive(0)
        broker = KafkaBroker(f"kafka://{kafka.bootstrap}?partitions=1", tmp_path)
        fill(broker, sorted(set(range(60)) - set(noted)))
        assert {int(message.trace) for message in broker.scan("pages-fetched")} == set(range(60))
        broker.close()


def fill(broker: KafkaBroker, numbers: Sequence[int]) -> None:
    """A message of a megabyte for each number, noted as the intake notes a page."""
    for number in numbers:
        draft = Draft("pages-fetched", str(number), str(number), "page.v1", os.urandom(1 << 20))
        with broker.transaction():
            broker.state("intake").put(str(number), b"known")
            broker.append([draft], datetime.now(UTC))


# What belongs to somebody else


def test_topics_with_another_number_of_partitions_are_refused(pantau: Pantau, settings: Settings, kafka: Kafka) -> None:
    assert pantau("topics", "create").code == 0
    broker = f"kafka://{kafka.bootstrap}?partitions=3&security=sasl-tls&ca={kafka.certificate}"
    settings.set(PANTAU_BROKER=broker)
    for arguments in (("topics", "check"), ("topics", "create"), ("work",)):
        ended = pantau(*arguments)
        assert ended.code == 2
        assert "has 2 partitions instead of 3: write partitions=2 into PANTAU_BROKER" in " ".join(ended.err.split())
    assert "partitions=2" in rows(pantau, settings, 1)["broker"]["said"]


def foreign(index: ElasticsearchIndex, case: str) -> str:
    """Somebody else takes a name that Pantau needs. Returns their index."""
    prefix, theirs = index.address.prefix, {"properties": {"title": {"type": "keyword"}}}
    names = {
        "alias": f"{prefix}-articles",
        "month": f"{prefix}-articles-1-{datetime.now(UTC):%Y-%m}",
        "ours": f"{prefix}-other",
    }
    aliases = {f"{prefix}-articles": {}} if case == "ours" else {}
    index.client.indices.create(index=names[case], mappings=theirs, aliases=aliases)
    index.client.index(index=names[case], id="theirs", document={"title": "x"}, refresh=True)
    return names[case]


@pytest.mark.parametrize("case", ["alias", "month", "ours"])
def test_an_index_of_somebody_else_is_left_alone(
    pantau: Pantau, monkeypatch: pytest.MonkeyPatch, elasticsearch: str, elasticsearch_index: str, case: str
) -> None:
    monkeypatch.setenv("PANTAU_INDEX", elasticsearch_index)
    monkeypatch.setenv("COLUMNS", "200")
    with closing(ElasticsearchIndex(elasticsearch_index)) as index:
        theirs = foreign(index, case)
    before = asked(elasticsearch, f"/{theirs}")
    if case != "ours":
        ended = pantau("index", "create")
        assert ended.code == 3
        assert re.search(r"(was not made by|is not read by) Pantau.*: (rename|delete)", " ".join(ended.err.split()))
    ended = pantau("index", "check")
    assert (ended.code, theirs in "".join(ended.out.split())) == (1, True)
    ended = pantau("ingest", *PAGES, "--workers", "0")
    assert ended.code == 3
    assert re.search(rf"index {theirs} (has another mapping|that is not read).*run pantau index check",
                     " ".join(ended.err.split()))  # fmt: skip
    assert asked(elasticsearch, f"/{theirs}") == before
    assert asked(elasticsearch, f"/{theirs}/_count")["count"] == 1
    urllib.request.urlopen(urllib.request.Request(f"{elasticsearch}/{theirs}", method="DELETE")).close()
    assert pantau("index", "create").code == 0
    assert pantau("run", "--once", "--workers", "0").code == 0
    time.sleep(1.5)  # until Elasticsearch shows to others what was written
    assert pantau("search", "", "--json").json()["total"] == len(PAGES), "nothing was lost"


def test_a_mapping_that_differs_behind_our_own_mark_is_noticed(elasticsearch_index: str) -> None:
    with closing(ElasticsearchIndex(elasticsearch_index)) as index:
        index.upkeep().create()
        name = f"{index.address.prefix}-articles"
        changed = mappings("articles")
        changed["properties"]["title"] = {"type": "keyword"}
        index.client.indices.create(index=f"{name}-1-2022-01", mappings=changed, aliases={name: {}})
        with pytest.raises(Unavailable, match="another mapping"):
            index.revision("articles", "x") or index._shelf.place("articles", "2022-01")


def asked(server: str, path: str) -> Any:
    with urllib.request.urlopen(server + path) as answer:
        return json.load(answer)
