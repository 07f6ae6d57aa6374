"""One agent, one Faust app, whose consumer group is the agent; a process runs one or several.

The settings below were each measured on faust-streaming 0.15.3 with worker and broker kills; every one of them loses
messages, doubles them, or hangs when it is left at its default.
"""

import asyncio
import logging
import os
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import faust
from aiokafka.errors import KafkaError
from faust.exceptions import ConsumerNotStarted
from faust.types import TP
from yarl import URL

from pipeline.adapters.kafka.address import LETTER_BYTES, Address
from pipeline.adapters.kafka.memory import Change, PartitionMemory, topic_name
from pipeline.adapters.kafka.notes import Counts
from pipeline.adapters.kafka.reading import follow
from pipeline.adapters.kafka.wire import Envelope, Packed, pack
from pipeline.broker import Draft, Standing
from pipeline.errors import Misuse
from pipeline.flow import Agent
from pipeline.metrics import Meters
from pipeline.runners.faust.aside import Aside
from pipeline.runners.faust.contiguous import ContiguousConsumer, ContiguousTransport, Receiver, check_versions
from pipeline.runners.faust.guard import Marker, Watchdog, end_process
from pipeline.runners.faust.hands import Hands
from pipeline.runners.faust.lane import Desk, Item, Lane
from pipeline.runners.faust.outbox import Outbox
from pipeline.runners.workers import Pool

LOG = logging.getLogger("pantau.worker")
REPORT_SECONDS = 5.0
WAKE_SECONDS = 1.0
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
    """A Faust app with a consumer that never skips and gives what it fetches to `receiver`."""

    receiver: Receiver
    pace: float

    def _new_transport(self) -> ContiguousTransport:
        return ContiguousTransport(self.conf.broker_consumer, self)

    def _new_consumer(self) -> ContiguousConsumer:
        made = super()._new_consumer()
        assert isinstance(made, ContiguousConsumer)
        made.receiver, made.pace = self.receiver, self.pace
        return made


class _Process(faust.Worker):
    """The Faust worker, for one app or for several, with an end that does not take longer than it may."""

    def on_init_dependencies(self) -> Iterable[Any]:
        for app in self.services:
            assert isinstance(app, _App)
            app.beacon.reattach(self.beacon)
            app.in_worker = True
        return super().on_init_dependencies()

    def _on_sigterm(self) -> None:
        timer = threading.Timer(STOP_SECONDS, os._exit, (0,))
        timer.daemon = True
        timer.start()
        super()._on_sigterm()

    _on_sigint = _on_sigterm

    def _crash(self, reason: BaseException) -> None:
        end_process(repr(reason))


class _Seat:
    """A lane in one term of the consumer, and its task. Implements `Ground`."""

    def __init__(self, worker: "Worker", desk: Desk, tp: TP, term: int, before: "_Seat | None") -> None:
        self._worker, self._tp, self.term, self._before = worker, tp, term, before
        self.lane = Lane(desk, tp.topic, tp.partition, self)
        self._task: asyncio.Task[None] | None = None
        self._end: asyncio.Task[None] | None = None

    def put(self, items: Sequence[Item]) -> None:
        """Give messages to the lane."""
        if self.lane.put(items):
            self._task = asyncio.create_task(self._work())

    async def _work(self) -> None:
        try:
            await self.lane.work()
        except Exception as error:  # noqa: BLE001 - whatever it is, the process must not go on
            self._worker.fail(error)

    async def close(self) -> None:
        """End the lane, once, however many ask for it or give up asking. What is in hand is not acknowledged."""
        self._end = self._end or asyncio.create_task(self._ended())
        await asyncio.shield(self._end)

    async def _ended(self) -> None:
        self.lane.end()
        if self._task:
            self._task.cancel()
            await asyncio.wait([self._task])
        self.lane.close()
        if self._before:
            await self._before.close()

    # Ground

    def held(self) -> bool:
        """See Ground."""
        return self._worker.consumer.holds(self._tp, self.term)

    def done(self, items: Sequence[Item], counts: Counts) -> None:
        """See Ground."""
        self._worker.consumer.done(self._tp, self.term, (item.message.offset for item in items), counts)

    async def memory(self) -> PartitionMemory | None:
        """See Ground. The lane of an earlier term lets its copy go first."""
        if self._before:
            await self._before.close()
            self._before = None
        return await self._worker.memory(self._tp.partition)


def run(workers: Sequence["Worker"]) -> NoReturn:
    """Work until SIGTERM or SIGINT. Any error that nobody foresaw ends the process, with all of them."""
    for worker in workers:
        worker.watch()
    first, *others = (worker.app for worker in workers)
    process = _Process(first, *others, quiet=True, loglevel="WARN", override_logging=False, redirect_stdouts=False)
    process.spinner = None
    try:
        process.execute_from_commandline()
    except SystemExit as end:
        logging.shutdown()
        os._exit(end.code if isinstance(end.code, int) else 1)  # taking the interpreter apart costs seconds


class Worker:
    """Runs the lanes of one agent. Implements `Outside` for them and `Receiver` for the consumer."""

    def __init__(
        self, post: Post, address: Address, ports: Mapping[str, Any], meters: Meters, pool: Pool | None = None
    ) -> None:
        """`pool` runs the agent's step, if it only reads; without one it runs here, and nothing limits it."""
        check_versions()
        agent = post.agent
        if "state" in agent.ports and len(agent.reads) != 1:
            raise Misuse(f"agent {agent.name} remembers something, so it must read exactly one topic")
        self._post, self._address, self._meters = post, address, meters
        self._seats: dict[TP, _Seat] = {}
        self._told = (0, 0)
        self._unseen: dict[TP, datetime] = {}
        own = {name: ports[name] for name in agent.ports | {"clock"} if name != "state"}
        marker = Marker(post.folder / "at-work")
        self._desk = Desk(agent, own, meters, self, marker, hands=Hands(), remember=post.remember)
        if pool:
            self._desk.aside = Aside(agent.name, pool, self.moved).handle
        if "index" in agent.ports:
            self._desk.expect, self._desk.flush = ports["index"].expect, ports["index"].flush
        self._watchdog = Watchdog(STALL_SECONDS, end_process)
        self.app = _app(post, address)
        self.app.receiver, self.app.pace = self, address.pace
        self.app.topics.add(self.app.topic(*(topic.name for topic in agent.reads)))
        self.app.task(self._report)
        if agent.wake:
            self.app.task(self._rouse)
        self.app.on_before_shutdown.connect(self._close, weak=False)

    def watch(self) -> None:
        """Let the watchdog end the process when nothing moves any more."""
        self._watchdog.start(self._owes)

    def _owes(self) -> bool:
        """Whether messages are in hand, or lost on their way, or the thread that fetches them has fallen silent."""
        if self.app._consumer is None:
            return False
        silent = time.monotonic() - self.consumer.asked > SILENT_SECONDS
        return silent or self.consumer.offsets.pending()

    @property
    def consumer(self) -> ContiguousConsumer:
        """The consumer of the app."""
        found = self.app.consumer
        assert isinstance(found, ContiguousConsumer)
        return found

    def deliver(self, tp: TP, term: int, records: Sequence[Any]) -> None:
        """See Receiver. Each term of the consumer has lanes of its own."""
        seat = self._seats.get(tp)
        if seat is None or seat.term != term:
            seat = self._seats[tp] = _Seat(self, self._desk, tp, term, seat)
        seat.put([_item(record, self._post.agent.name) for record in records])

    async def _rouse(self) -> None:
        """Let the lane of each partition look for what is due, every second, whether messages come or not."""
        while not self.app.should_stop:
            await asyncio.sleep(WAKE_SECONDS)
            for tp in self.consumer.held:
                self.deliver(tp, self.consumer.term, ())

    async def memory(self, partition: int) -> PartitionMemory | None:
        """What the agent remembers of a partition, up to date with its topic."""
        name = self._post.agent.name
        if "state" not in self._post.agent.ports:
            return None
        memory = PartitionMemory(self._post.folder / f"{partition}.db", name)
        start = time.monotonic()
        try:
            count = await follow(memory, self._address, topic_name(name), partition)
        except BaseException:  # also when the lane is cancelled meanwhile
            memory.close()
            raise
        LOG.info("memory of partition %d: %d read in %.1f s", partition, count, time.monotonic() - start)
        return memory

    async def _close(self, *_: Any, **__: Any) -> None:
        """The app ends."""
        seats, self._seats = list(self._seats.values()), {}
        await asyncio.gather(*(seat.close() for seat in seats))

    # Outside

    async def send(self, drafts: Sequence[Draft]) -> None:
        """See Outside."""
        if drafts:
            await (await self._outbox()).send([pack(draft) for draft in drafts])

    async def remember(self, partition: int, changes: Sequence[Change]) -> list[int]:
        """See Outside."""
        topic = topic_name(self._post.agent.name)
        packed = [Packed(topic, key, value, []) for key, value in changes]
        return await (await self._outbox()).write(partition, packed) if packed else []

    async def _outbox(self) -> Outbox:
        if self._out is None:
            producer: Any = await self.app.maybe_start_producer()
            self._out = Outbox(producer._ensure_producer())
        return self._out

    _out: Outbox | None = None

    def moved(self) -> None:
        """See Outside."""
        self._watchdog.moved()

    def pause(self, topic: str, partition: int) -> None:
        """See Outside."""
        self.consumer.pause_partitions({TP(topic, partition)})

    def resume(self, topic: str, partition: int) -> None:
        """See Outside."""
        self.consumer.resume_partitions({TP(topic, partition)})

    def fail(self, error: BaseException) -> None:
        """End the process: something is wrong that a restart may cure."""
        LOG.error("a worker fails", exc_info=error, extra={"agent": self._post.agent.name, "error": str(error)})
        end_process(str(error))

    # What operators see

    async def _report(self) -> None:
        """Keep the gauges true: each worker speaks for the partitions that it has, so that a sum over all is right."""
        while not self.app.should_stop:
            await asyncio.sleep(REPORT_SECONDS)
            consumer, held = self.consumer, self.consumer.held
            if not self.app.rebalancing:
                await self._leave()
            try:
                ends = await consumer.highwaters(*held) if held else {}
            except (KafkaError, ConsumerNotStarted, TimeoutError) as error:
                LOG.warning("Kafka does not say how far its topics are", extra={"error": str(error)})
                continue
            for topic in {topic.name for topic in self._post.agent.reads}:
                own = {tp: end for tp, end in ends.items() if tp.topic == topic}
                self._meters.stand(self._standing(topic, own), time.time())
            self._tell(consumer)

    async def _leave(self) -> None:
        """Close the lanes of earlier terms; while one ends, another may make room for its successor."""
        for tp, seat in [(tp, seat) for tp, seat in self._seats.items() if not seat.held()]:
            await seat.close()
            if self._seats.get(tp) is seat:
                del self._seats[tp]

    def _standing(self, topic: str, ends: Mapping[TP, int]) -> Standing:
        offsets, lanes = self.consumer.offsets, [self._seats[tp].lane for tp in ends if tp in self._seats]
        behind = {tp: max(0, end - offsets.done(tp)) for tp, end in ends.items()}
        oldest = [self._oldest(tp) for tp, messages in behind.items() if messages]
        self._unseen = {tp: since for tp, since in self._unseen.items() if behind.get(tp, 1)}
        return Standing(
            self._post.agent.name,
            topic,
            sum(offsets.done(tp) for tp in ends),
            sum(behind.values()),
            min(oldest, default=None),
            sum(lane.waiting for lane in lanes),
        )

    def _oldest(self, tp: TP) -> datetime:
        """When the first unread message was written; where it is not fetched yet, since when that is so."""
        seat = self._seats.get(tp)
        return (seat.lane.oldest if seat else None) or self._unseen.setdefault(tp, datetime.now(UTC))

    def _tell(self, consumer: ContiguousConsumer) -> None:
        """Count what the consumer had to heal since the last time."""
        heals, expired = consumer.heals - self._told[0], consumer.expired - self._told[1]
        self._told = (consumer.heals, consumer.expired)
        self._meters.healed(self._post.agent.name, heals, expired)


def _item(record: Any, agent: str) -> Item:
    envelope = Envelope(
        record.topic,
        record.partition,
        record.offset,
        (record.timestamp or 0) / 1000,
        record.key,
        record.value,
        record.headers or (),
    )
    return Item(envelope.message(), passed=envelope.header("to") not in ("", agent))


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
        broker_request_timeout=max(90.0, address.session + 30.0),
        broker_session_timeout=float(address.session),
        broker_heartbeat_interval=max(1.0, address.session / 7),
        broker_rebalance_timeout=60.0,
        broker_commit_interval=1.0,
        broker_max_poll_records=500,
        producer_max_batch_size=1 << 18,
        producer_max_request_size=LETTER_BYTES + (1 << 16),
        stream_wait_empty=False,
    )


def _credentials(address: Address) -> faust.SASLCredentials | faust.SSLCredentials | None:
    if address.sasl:
        return faust.SASLCredentials(
            username=address.user, password=address.password, ssl_context=address.trust(), mechanism=address.mechanism
        )
    return faust.SSLCredentials(context=address.trust()) if address.tls else None
