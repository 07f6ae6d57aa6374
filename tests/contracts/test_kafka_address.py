"""The URL of Kafka, its secrets, and messages as they look on the wire."""

from pathlib import Path

import pytest

from pipeline.adapters import BACKENDS, backend
from pipeline.adapters.kafka.address import parse
from pipeline.adapters.kafka.wire import Envelope, pack
from pipeline.broker import Draft
from pipeline.errors import Misuse, Unavailable
from pipeline.settings import load


def test_a_url_names_brokers_and_options() -> None:
    address = parse("kafka://one:9092,two:9093?partitions=12&replication=3&session=20&pace=1.25", {})
    assert address.servers == ("one:9092", "two:9093")
    assert (address.partitions, address.replication, address.session, address.pace) == (12, 3, 20, 1.25)
    assert address.client()["security_protocol"] == "PLAINTEXT"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("kafka://one", "host:port"),
        ("kafka://", "host:port"),
        ("kafka://user:secret@one:9092", "PANTAU_KAFKA_USER"),
        ("kafka://one:9092?partition=3", "'partition': there are partitions"),
        ("kafka://one:9092?partitions=0", "from 1 to 1000"),
        ("kafka://one:9092?partitions=many", "from 1 to 1000"),
        ("kafka://one:9092?pace=fast", "seconds from 0 to 10"),
        ("kafka://one:9092?security=ssl", "plaintext, tls, sasl, sasl-tls"),
        ("kafka://one:9092?security=sasl", "PANTAU_KAFKA_PASSWORD_FILE"),
    ],
)
def test_a_wrong_url_is_refused_with_the_cure(url: str, said: str) -> None:
    with pytest.raises(Misuse, match=said) as raised:
        parse(url, {})
    assert "secret" not in str(raised.value)


def test_secrets_come_from_files_and_are_never_shown(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("hush-hush\n")
    environment = {"PANTAU_KAFKA_USER": "pantau", "PANTAU_KAFKA_PASSWORD_FILE": str(tmp_path / "password")}
    load(environment, tmp_path)
    address = parse("kafka://one:9092?security=sasl&mechanism=SCRAM-SHA-256", environment)
    client = address.client()
    assert (client["security_protocol"], client["sasl_mechanism"]) == ("SASL_PLAINTEXT", "SCRAM-SHA-256")
    assert (client["sasl_plain_username"], client["sasl_plain_password"]) == ("pantau", "hush-hush")
    assert "hush" not in repr(address)
    environment["PANTAU_KAFKA_PASSWORD_FILE"] = str(tmp_path / "nothing")
    with pytest.raises(Unavailable, match="PANTAU_KAFKA_PASSWORD_FILE"):
        parse("kafka://one:9092?security=sasl", environment)


def test_certificates_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="correct ca, cert and key"):
        parse(f"kafka://one:9092?security=tls&ca={tmp_path}/none.pem", {}).client()


def test_a_message_comes_back_as_it_was_packed() -> None:
    draft = Draft("articles-cleaned", "id", "a1", "article.v1", b"{}", "clean/1", 0.25)
    packed = pack(draft, to="dedupe")
    found = Envelope(packed.topic, 3, 8, 1e9, packed.key, packed.value, packed.headers)
    message = found.message()
    assert (message.topic, message.partition, message.offset) == ("articles-cleaned", 3, 8)
    assert (message.key, message.trace, message.schema, message.body) == ("id", "a1", "article.v1", b"{}")
    assert (message.by, message.took, found.header("to")) == ("clean/1", 0.25, "dedupe")


def test_a_message_of_strangers_is_read_as_far_as_it_goes() -> None:
    found = Envelope("pages-fetched", 0, 1, -5.0, b"\xff\xfe", None, [("took", b"long"), ("trace", None)])
    message = found.message()
    assert (message.schema, message.trace, message.body, message.took) == ("", "", b"", 0.0)


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BACKENDS, ("broker", "none"), "no_such_package:X")
    with pytest.raises(Misuse, match=r"needs the package no_such_package: pip install 'pantau\[none\]'"):
        backend("broker", "none://x")
