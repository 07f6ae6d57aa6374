"""The offsets of the Kafka runner against a model: nothing unhandled is committed, nothing is skipped or doubled."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pipeline.runners.faust.offsets import Offsets, Verdict

PARTITION = "topic-0"


class Delivery(RuleBasedStateMachine):
    """A log, a fetcher that loses what it fetched at any moment, a worker that acknowledges in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.offsets: Offsets[str] = Offsets()
        self.end = self.first = self.commit = self.position = 0
        self.handled: set[int] = set()  # acknowledged, ever
        self.expired: set[int] = set()
        self.delivered: list[int] = []  # in this assignment
        self.acked: set[int] = set()  # in this assignment
        self.offsets.assign({PARTITION: 0})

    @rule(count=st.integers(1, 8))
    def produce(self, count: int) -> None:
        self.end += count

    @precondition(lambda self: self.position < self.end)
    @rule(count=st.integers(1, 8))
    def fetch(self, count: int) -> None:
        for offset in range(max(self.position, self.first), min(self.position + count, self.end)):
            verdict = self.offsets.arrive(PARTITION, offset)
            if verdict is Verdict.JUMP:
                self.expired |= set(range(self.offsets.wanted(PARTITION), self.first))
                assert self.offsets.expire(PARTITION, self.first) >= 0
                verdict = self.offsets.arrive(PARTITION, offset)
            if verdict is Verdict.JUMP:
                self.position = self.offsets.wanted(PARTITION)
                return
            if verdict is Verdict.DELIVER:
                assert offset not in self.delivered
                self.delivered.append(offset)
            self.position = offset + 1

    @precondition(lambda self: self.position < self.end)
    @rule(count=st.integers(1, 8))
    def fetch_and_lose(self, count: int) -> None:
        self.position = min(self.position + count, self.end)

    @rule(offset=st.integers(0, 60))
    def seek(self, offset: int) -> None:
        self.position = min(max(offset, self.first), self.end)

    @precondition(lambda self: self.delivered)
    @rule(data=st.data())
    def acknowledge(self, data: st.DataObject) -> None:
        offset = data.draw(st.sampled_from(self.delivered))
        assert self.offsets.ack(PARTITION, offset) == (offset not in self.acked)
        self.handled.add(offset)
        self.acked.add(offset)

    @precondition(lambda self: self.delivered)
    @rule()
    def acknowledge_all(self) -> None:
        for offset in reversed(self.delivered):
            self.offsets.ack(PARTITION, offset)
            self.handled.add(offset)
            self.acked.add(offset)

    @rule(offset=st.integers(0, 80))
    def acknowledge_what_was_not_delivered(self, offset: int) -> None:
        if offset not in self.delivered:
            assert not self.offsets.ack(PARTITION, offset)

    @rule()
    def commit_what_is_done(self) -> None:
        offset = self.offsets.committable(PARTITION)
        if offset is not None:
            assert offset > self.commit
            self.commit = offset
            self.offsets.committed(PARTITION, offset)
        assert self.offsets.committable(PARTITION) is None

    @rule()
    def rebalance(self) -> None:
        self.offsets.forget([PARTITION])
        assert self.offsets.arrive(PARTITION, self.position) is Verdict.FOREIGN
        assert not self.offsets.ack(PARTITION, self.position)
        self.offsets.assign({PARTITION: self.commit})
        self.delivered, self.acked = [], set()

    @precondition(lambda self: self.first < self.end)
    @rule(count=st.integers(1, 4))
    def delete_old_messages(self, count: int) -> None:
        self.first = min(self.first + count, self.end)
        self.position = max(self.position, self.first)

    @invariant()
    def only_what_was_acknowledged_or_deleted_is_committed(self) -> None:
        assert set(range(self.commit)) <= self.handled | self.expired

    @invariant()
    def delivery_skips_only_what_was_deleted(self) -> None:
        if self.delivered:
            span = set(range(self.delivered[0], self.delivered[-1] + 1))
            assert span - set(self.delivered) <= self.expired
            assert self.delivered == sorted(self.delivered)

    @invariant()
    def what_was_delivered_is_pending_until_it_was_acknowledged(self) -> None:
        assert self.offsets.pending() == bool(set(self.delivered) - self.acked)

    def teardown(self) -> None:
        """However it went, reading on to the end delivers and commits everything that is left."""
        self.position = 0
        while self.offsets.wanted(PARTITION) < self.end:
            self.position = self.offsets.wanted(PARTITION)
            self.fetch(8)
            if self.offsets.wanted(PARTITION) < self.first:
                self.expired |= set(range(self.offsets.wanted(PARTITION), self.first))
                self.offsets.expire(PARTITION, self.first)
        for offset in self.delivered:
            self.offsets.ack(PARTITION, offset)
            self.handled.add(offset)
        assert self.offsets.committable(PARTITION) == (self.end if self.end > self.commit else None)
        assert set(range(self.end)) <= self.handled | self.expired


Delivery.TestCase.settings = settings(max_examples=200, stateful_step_count=60)
TestDelivery = Delivery.TestCase


def test_what_expired_unread_is_never_acknowledged() -> None:
    offsets: Offsets[str] = Offsets()
    offsets.assign({PARTITION: 3})
    assert offsets.arrive(PARTITION, 3) is Verdict.DELIVER
    assert offsets.expire(PARTITION, 6) == 2
    assert offsets.arrive(PARTITION, 6) is Verdict.DELIVER
    assert [offsets.ack(PARTITION, offset) for offset in (4, 5, 6)] == [False, False, True]
    assert offsets.committable(PARTITION) is None
    assert offsets.ack(PARTITION, 3)
    assert offsets.committable(PARTITION) == 7
