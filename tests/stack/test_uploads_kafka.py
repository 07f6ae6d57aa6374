"""Uploads over HTTP onto Kafka: what a 202 was given for is in the topic, and a broker that is away is told as such."""

from pathlib import Path

import pytest

from agents import FLOW
from pipeline.broker import Draft
from pipeline.cli.installation import Installation
from pipeline.settings import load
from schemas.codec import encode
from schemas.dead import DeadLetter
from schemas.topics import DEAD_LETTERS
from tests.serving.service import NOW, Service, problem, served
from tests.stack.servers import Kafka

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300), pytest.mark.filterwarnings("ignore")]


def test_uploads_are_in_their_topic_when_they_are_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.adapters.kafka.broker.PATIENCE", 12.0)
    monkeypatch.setattr("pipeline.runners.progress.LOOK_SECONDS", 0.0)
    with Kafka() as cluster:
        settings = {"PANTAU_BROKER": f"kafka://{cluster.bootstrap}?partitions=2", "PANTAU_RECOGNISER": "none:"}
        house = Installation(load(settings, tmp_path))
        house.admin().create(house.served.wanted(FLOW))
        with served(tmp_path, settings) as service:
            refused = _uploaded(service)
            _refuse(service, refused)
            cluster.kill(0)
            away = service.post(b"<p>Kapal yang tidak berangkat.")
            assert problem(away, 503, "unavailable")["detail"].endswith(
                "nothing is lost or doubled if you send it again"
            )


def _uploaded(service: Service) -> str:
    """Articles go in, and the same upload again does nothing; returns the id of one."""
    headers = {"Idempotency-Key": "satu"}
    body = "\n".join(f'{{"text": "Kapal {number} berangkat."}}' for number in range(300))
    answers = [service.post(body, "application/x-ndjson", headers=headers) for _ in range(2)]
    assert answers[0].content == answers[1].content
    taken = [article["id"] for article in answers[0].json()["articles"]]
    assert sorted(page.article_id for page in service.arrived()) == sorted(taken)
    assert len(taken) == 300
    found = service.client.get(f"/articles/{taken[0]}").json()
    assert found == {"id": taken[0], "revision": 1, "state": "waiting"}
    return str(taken[1])


def _refuse(service: Service, id: str) -> None:
    """Where an article is that an agent refused, by its dead letter."""
    message = next(one for one in service.house.broker.scan("pages-fetched") if one.trace == id)
    letter = DeadLetter(
        agent="clean",
        reason="consent-wall",
        error="consent-wall: the page asks for consent first: upload what you see",
        topic=message.topic,
        offset=message.offset,
        key=message.key,
        trace=id,
        attempts=0,
        at=NOW,
        schema=message.schema,
        original=message.body,
    )
    draft = Draft(DEAD_LETTERS.name, letter.key, id, letter.SCHEMA, encode(letter))
    service.house.broker.append([draft], NOW)
    found = service.client.get(f"/articles/{id}").json()
    assert (found["state"], found["reason"]) == ("refused", "consent-wall")
