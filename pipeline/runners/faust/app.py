"""One agent in one process: a Faust app whose consumer group is the agent.

The settings below were each measured on faust-streaming 0.15.3 with worker and broker kills; every one of them loses
messages, doubles them, or hangs when it is left at its default.
"""

import asyncio
import logging
import os
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

import faust
from faust.types import TP
from yarl import URL

from pipeline.adapters.kafka.address import LETTER_BYTES, Address
from pipeline.adapters.kafka.memory import Change, PartitionMemory, topic_name
from pipeline.adapters.kafka.reading import follow
from pipeline.adapters.kafka.wire import Envelope, pack
from pipeline.broker import Draft
from pipeline.errors import Misuse
from pipeline.flow import Agent
from pipeline.metrics import Meters
from pipeline.runners.faust.contiguous import ContiguousConsumer, ContiguousTransport, check_versions
from pipeline.runners.faust.guard import Marker, Watchdog, end_process
from pipeline.runners.faust.lane import Desk, Item, Lane

LOG = logging.getLogger("pantau.worker")
BATCH = 32
"""Messages that are taken up together, and thereby what waits in memory: one may have megabytes."""
STALL_SECONDS = 180.0
"""The watchdog's patience. A step takes seconds at most, a broker is back within a minute."""
SILENT_SECONDS = 30.0
"""It asks for more every second, but in a rebalance and while all that it may keep is full."""
STOP_SECONDS = 7.0
"""After SIGTERM the process ends by itself within so long, or else at once."""


@dataclass(frozen=True)
class Post:
    """Where a worker works: one agent, one slot of it on this machine, its own folder.

    `member` names the slot for good, so that Kafka gives a restarted worker its partitions back. What the agent
    remembers of a day is forgotten when that is longer ago than `remember`.
    """

    agent: Agent
    slot: int
    member: str
    folder: Path
    remember: timedelta = timedelta(days=90)


class _App(faust.App):
    """A Faust app with a consumer that never skips."""

    def _new_transport(self) -> ContiguousTransport:
        return ContiguousTransport(self.conf.broker_consumer, self)


class _Process(faust.Worker):
    """The Faust worker, with an end that does not take longer than it may."""

    def _on_sigterm(self) -> None:
        timer = threading.Timer(STOP_SECONDS, os._exit, (0,))
        timer.daemon = True
        timer.start()
        super()._on_sigterm()

    _on_sigint = _on_sigterm

    def _crash(self, reason: BaseException) -> None:
        end_process(repr(reason))


class Worker:
    """Runs the lanes of one agent. Implements `Outside` for them."""

    def __init__(self, post: Post, address: Address, ports: Mapping[str, Any], meters: Meters) -> None:
        check_versions()
        agent = post.agent
        if "state" in agent.ports and len(agent.reads) != 1:
            raise Misuse(f"agent {agent.name} remembers something, so it must read exactly one topic")
        self._post, self._address, self._meters = post, address, meters
        self._lanes: dict[TP, Lane] = {}
        self._generations: dict[TP, int] = {}
        self._pending = 0
        self._consumer: ContiguousConsumer | None = None
        self._told = (0, 0)
        index = ports.get("index") if "index" in agent.ports else None
        own = {name: ports[name] for name in agent.ports | {"clock"} if name != "state"}
        marker = Marker(post.folder / "at-work")
        flush = index.flush if index else lambda: None
        self._desk = Desk(agent, own, meters, self, marker, flush=flush, remember=post.remember)
        self._watchdog = Watchdog(STALL_SECONDS, end_process)
        self._app = _app(post, address)
        topics = self._app.topic(*(topic.name for topic in agent.reads), key_serializer="raw", value_serializer="raw")
        self._app.agent(topics, name=agent.name, concurrency=1)(self._read)

    def run(self) -> NoReturn:
        """Work until SIGTERM or SIGINT. Any error that nobody foresaw ends the process."""
        self._watchdog.start(self._owes)
        process = _Process(self._app, quiet=True, loglevel="WARN", override_logging=False, redirect_stdouts=False)
        process.spinner = None
        process.execute_from_commandline()

    def _owes(self) -> bool:
        """Whether messages are in hand, or the thread that fetches them has fallen silent."""
        silent = self._consumer is not None and time.monotonic() - self._consumer.asked > SILENT_SECONDS
        return self._pending > 0 or silent

    async def _read(self, stream: Any) -> None:
        """The agent as Faust knows it. An exception that left it would acknowledge what it had not handled."""
        try:
            async for events in stream.noack_take(BATCH, within=0.05):
                await self._take(events)
        except asyncio.CancelledError:
            for lane in self._lanes.values():
                await lane.close()
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the process must not go on
            self.fail(error)

    async def _take(self, events: Sequence[Any]) -> None:
        generation = self._app.consumer_generation_id
        by_partition: dict[TP, list[Item]] = {}
        for event in events:
            if event.message.generation_id == generation:  # else it comes again
                by_partition.setdefault(event.message.tp, []).append(_item(event, self._post.agent.name))
        self._pending += 1
        try:
            lanes = [(await self._lane(tp, generation), items) for tp, items in by_partition.items()]
            await asyncio.gather(*(lane.take(items) for lane, items in lanes))
        finally:
            self._pending -= 1
        self._tell()

    async def _lane(self, tp: TP, generation: int) -> Lane:
        """The lane of a partition. In a new assignment it is a new one, whose memory has followed its topic."""
        lane = self._lanes.get(tp)
        if lane and self._generations[tp] == generation:
            return lane
        if lane:
            await lane.close()
        memory = await self._memory(tp.partition) if "state" in self._post.agent.ports else None
        lane = Lane(self._desk, tp.topic, tp.partition, memory, lambda: self._held(tp, generation))
        self._lanes[tp], self._generations[tp] = lane, generation
        return lane

    async def _memory(self, partition: int) -> PartitionMemory:
        memory = PartitionMemory(self._post.folder / f"{partition}.db", self._post.agent.name)
        start = time.monotonic()
        count = await follow(memory, self._address, topic_name(self._post.agent.name), partition)
        LOG.info("memory of partition %d: %d read in %.1f s", partition, count, time.monotonic() - start)
        return memory

    def _held(self, tp: TP, generation: int) -> bool:
        app = self._app
        return not app.rebalancing and app.consumer_generation_id == generation and tp in app.consumer.assignment()

    # Outside

    async def send(self, drafts: Sequence[Draft]) -> None:
        """See Outside."""
        producer = await self._app.maybe_start_producer()
        packed = [pack(draft) for draft in drafts]
        await asyncio.gather(
            *[await producer.send(m.topic, m.key, m.value, None, None, m.headers) for m in packed],
        )

    async def remember(self, partition: int, changes: Sequence[Change]) -> list[int]:
        """See Outside."""
        producer = await self._app.maybe_start_producer()
        topic = topic_name(self._post.agent.name)
        sent = [await producer.send(topic, key, value, partition, None, None) for key, value in changes]
        return [metadata.offset for metadata in await asyncio.gather(*sent)]

    async def acknowledge(self, item: Item) -> None:
        """See Outside."""
        item.event.ack()

    def moved(self) -> None:
        """See Outside."""
        self._watchdog.moved()

    def pause(self, topic: str, partition: int) -> None:
        """See Outside."""
        self._app.consumer.pause_partitions({TP(topic, partition)})

    def resume(self, topic: str, partition: int) -> None:
        """See Outside."""
        self._app.consumer.resume_partitions({TP(topic, partition)})

    def fail(self, error: BaseException) -> None:
        """See Outside."""
        LOG.error("a worker fails", exc_info=error, extra={"agent": self._post.agent.name, "error": str(error)})
        end_process(str(error))

    def _tell(self) -> None:
        """Count what the consumer had to heal since the last time."""
        consumer = self._app.consumer
        assert isinstance(consumer, ContiguousConsumer)
        self._consumer = consumer
        heals, expired = consumer.heals - self._told[0], consumer.expired - self._told[1]
        self._told = (consumer.heals, consumer.expired)
        self._meters.healed(self._post.agent.name, heals, expired)


def _item(event: Any, agent: str) -> Item:
    m = event.message
    headers = list(m.headers.items()) if isinstance(m.headers, Mapping) else list(m.headers or ())
    envelope = Envelope(m.topic, m.partition, m.offset, m.timestamp or 0.0, m.key, m.value, headers)
    return Item(envelope.message(), event, passed=envelope.header("to") not in ("", agent))


def _app(post: Post, address: Address) -> _App:
    return _App(
        post.agent.name,
        broker=[URL(f"kafka://{server}") for server in address.servers],
        broker_credentials=_credentials(address),
        datadir=post.folder / "faust",
        store="memory://",
        processing_guarantee="at_least_once",
        topic_partitions=address.partitions,
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        web_enabled=False,
        consumer_group_instance_id=post.member,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=1 << 20,
        broker_session_timeout=float(address.session),
        broker_heartbeat_interval=max(1.0, address.session / 7),
        broker_rebalance_timeout=60.0,
        broker_commit_interval=1.0,
        broker_max_poll_records=500,
        producer_linger=0.005,
        producer_max_batch_size=1 << 18,
        producer_max_request_size=LETTER_BYTES + (1 << 16),
        stream_buffer_maxsize=2 * BATCH,
        stream_wait_empty=False,
    )


def _credentials(address: Address) -> faust.SASLCredentials | faust.SSLCredentials | None:
    if address.sasl:
        return faust.SASLCredentials(
            username=address.user, password=address.password, ssl_context=address.trust(), mechanism=address.mechanism
        )
    return faust.SSLCredentials(context=address.trust()) if address.tls else None
