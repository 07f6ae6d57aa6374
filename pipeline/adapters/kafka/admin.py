"""The topics on Kafka as they have to be: made, checked and described from schemas/topics.py.

Nothing creates a topic in passing. The number of partitions of a topic that exists is never changed, because the keys
would move to other partitions than what agents remember of them.
"""

import time
from collections.abc import Sequence
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType, NewTopic
from kafka.errors import TopicAlreadyExistsError, TopicAuthorizationFailedError, UnknownTopicOrPartitionError, for_code

from pipeline.adapters.kafka import reaching
from pipeline.adapters.kafka.address import LETTER_BYTES, MESSAGE_BYTES, Address
from pipeline.adapters.kafka.memory import STALE_SECONDS, topic_name
from pipeline.adapters.kafka.reaching import reached
from pipeline.broker import Found, Wanted
from pipeline.errors import Misuse, Unavailable
from pipeline.flow import Agent
from schemas.topics import DEAD_LETTERS, TOPICS

_DAY = 24 * 3600 * 1000
"""Milliseconds."""
SHOWN_WITHIN = 30.0
"""Seconds until a broker shows what another has taken up; it is under a second where nothing is wrong."""


def wanted(flow: Sequence[Agent], address: Address) -> list[Wanted]:
    """All topics of a flow: those that records travel in, and one for each agent that remembers something."""
    topics = [
        Wanted(
            topic.name,
            1 if topic is DEAD_LETTERS else address.partitions,
            {
                "cleanup.policy": "delete",
                "retention.ms": str(topic.days * _DAY),
                "max.message.bytes": str(LETTER_BYTES if topic is DEAD_LETTERS else MESSAGE_BYTES),
            },
        )
        for topic in TOPICS
    ]
    return topics + [_memory(agent, address) for agent in flow if "state" in agent.ports]


def _memory(agent: Agent, address: Address) -> Wanted:
    settings = {
        "cleanup.policy": "compact",
        "max.message.bytes": str(MESSAGE_BYTES),
        "delete.retention.ms": str(int(STALE_SECONDS * 2000)),
        # A write of a worker that lost its partition is told from its successor's by both being there.
        "min.compaction.lag.ms": str(_DAY // 24),
    }
    return Wanted(topic_name(agent.name), address.partitions, settings)


class Admin:
    """A connection for the care of topics."""

    def __init__(self, address: Address) -> None:
        self._address = address
        with reached(address):
            milliseconds = int(reaching.BEGIN * 1000)
            self._client = KafkaAdminClient(
                **address.client(), client_id="pantau-topics", bootstrap_timeout_ms=milliseconds
            )

    def close(self) -> None:
        """End the connection."""
        self._client.close()

    def replication(self) -> int:
        """Copies of each message: as the address says, else three where there are so many brokers."""
        with reached(self._address):
            return self._address.replication or min(3, len(self._client.describe_cluster()["brokers"]))

    def create(self, topics: Sequence[Wanted]) -> list[str]:
        """Create the topics that are missing and bring the settings of the others up to date; names the new ones.

        Raises Misuse when a topic that exists has another number of partitions.
        """
        there = {topic.name: topic for topic in self.describe([topic.name for topic in topics])}
        self._compare(topics, there)
        missing = [topic for topic in topics if topic.name not in there]
        copies = self.replication()
        safe = {"min.insync.replicas": str(max(1, copies - 1))}
        with reached(self._address):
            for topic in missing:
                self._create(topic, copies, safe)
            for topic in topics:
                self._adjust(topic, there)
        self._await(topics)
        return [topic.name for topic in missing]

    def _await(self, topics: Sequence[Wanted]) -> None:
        """Return when the brokers show the settings: they answer before all of them know."""
        end = time.monotonic() + SHOWN_WITHIN
        while not self._shown(topics):
            if time.monotonic() > end:
                raise Unavailable(
                    f"Kafka does not show the settings of its topics after {SHOWN_WITHIN:.0f} s: look at its log, and "
                    "run the command again"
                )
            time.sleep(0.1)

    def _shown(self, topics: Sequence[Wanted]) -> bool:
        found = {topic.name: topic.settings for topic in self.describe([topic.name for topic in topics])}
        return all(topic.settings.items() <= found.get(topic.name, {}).items() for topic in topics)

    def _create(self, topic: Wanted, copies: int, safe: dict[str, str]) -> None:
        new = NewTopic(topic.name, topic.partitions, copies, topic_configs=topic.settings | safe)
        try:
            self._client.create_topics([new], wait_for_metadata=True)
        except TopicAlreadyExistsError:
            return  # someone else created it in this moment

    def _adjust(self, topic: Wanted, there: dict[str, Found]) -> None:
        found = there.get(topic.name)
        changed = {k: v for k, v in topic.settings.items() if found and found.settings.get(k) != v}
        if changed:
            self._client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic.name, configs=changed)])

    def about(self, topics: Sequence[Wanted]) -> str:
        """Check the topics, and whether this user may read and write all of them."""
        self.check(topics)
        with reached(self._address):
            brokers = len(self._client.describe_cluster()["brokers"])
            for topic in self._client.describe_topics([topic.name for topic in topics]):
                if not {"READ", "WRITE"} <= set(topic.get("authorized_operations") or ("READ", "WRITE")):
                    raise TopicAuthorizationFailedError(topic["name"])
        return f"Kafka with {brokers} broker{'s' if brokers > 1 else ''}; all {len(topics)} topics fit"

    def check(self, topics: Sequence[Wanted]) -> None:
        """Raise Misuse, naming the cure, unless all topics are there with the partitions that they must have."""
        there = {topic.name: topic for topic in self.describe([topic.name for topic in topics])}
        missing = [topic.name for topic in topics if topic.name not in there]
        if missing:
            raise Misuse(f"Kafka has no topic {', '.join(missing)}: create them with `pantau topics create`")
        self._compare(topics, there)

    def _compare(self, topics: Sequence[Wanted], there: dict[str, Found]) -> None:
        for topic in topics:
            found = there.get(topic.name)
            if found and found.partitions != topic.partitions:
                raise Misuse(
                    f"topic {topic.name} has {found.partitions} partitions instead of {topic.partitions}: write "
                    f"partitions={found.partitions} into PANTAU_BROKER, or start over with topics that are all "
                    "created anew, for what agents remember cannot move to other partitions"
                )

    def describe(self, names: Sequence[str]) -> list[Found]:
        """Those of the topics that exist, as they are."""
        with reached(self._address):
            described = self._existing(names)
            settings = self._settings([topic["name"] for topic in described])
        return [
            Found(
                topic["name"],
                len(topic["partitions"]),
                min((len(part["replica_nodes"]) for part in topic["partitions"]), default=0),
                settings.get(topic["name"], {}),
            )
            for topic in described
        ]

    def _existing(self, names: Sequence[str]) -> list[dict[str, Any]]:
        """The topics that exist. Raises an error of Kafka when one may not be seen: it might exist."""
        there = []
        for topic in self._client.describe_topics(list(names)) if names else []:
            error = for_code(topic["error_code"])
            if error is TopicAuthorizationFailedError:
                raise error(topic["name"])
            if error is not UnknownTopicOrPartitionError:
                there.append(topic)
        return there

    def _settings(self, names: Sequence[str]) -> dict[str, dict[str, str]]:
        resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
        answer = self._client.describe_configs(resources).get("topic", {}) if names else {}
        return {name: {key: str(entry["value"]) for key, entry in found.items()} for name, found in answer.items()}
