"""Which offset may be delivered next and which may be committed: pure bookkeeping, without Kafka.

Between `assign` and `forget` a partition goes through three numbers that never fall and keep this order:

    committed <= done <= wanted

Below `committed` the broker knows that all is done; below `done` everything was acknowledged; below `wanted` everything
was delivered. Nothing is ever assumed of an offset that was not seen: a jump is a loss until a seek proves otherwise.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from enum import Enum
from typing import Generic, TypeVar

Partition = TypeVar("Partition", bound=Hashable)


class Verdict(Enum):
    """What to do with a message that was fetched."""

    DELIVER = "it is the next one"
    KNOWN = "it was delivered in this assignment already"
    JUMP = "messages before it are missing: seek back to the one that is wanted"
    FOREIGN = "its partition is not assigned"


class _Course:
    """One partition in one assignment."""

    def __init__(self, start: int) -> None:
        self.committed = self.done = self.wanted = start
        self._acked: set[int] = set()
        self._gone: dict[int, int] = {}  # first offset of a hole that retention left -> the offset after it

    def ack(self, offset: int) -> bool:
        if not self.done <= offset < self.wanted or offset in self._acked or self._expired(offset):
            return False
        self._acked.add(offset)
        self._advance()
        return True

    def _expired(self, offset: int) -> bool:
        return any(first <= offset < behind for first, behind in self._gone.items())

    def expire(self, first: int) -> int:
        missed = max(0, first - self.wanted)
        if missed:
            self._gone[self.wanted] = first
            self.wanted = first
            self._advance()
        return missed

    def _advance(self) -> None:
        while True:
            if self.done in self._acked:
                self._acked.remove(self.done)
                self.done += 1
            elif self.done in self._gone:
                self.done = self._gone.pop(self.done)
            else:
                return


class Offsets(Generic[Partition]):
    """The courses of all partitions that are assigned to this process."""

    def __init__(self) -> None:
        self._courses: dict[Partition, _Course] = {}

    def __iter__(self) -> Iterator[Partition]:
        return iter(list(self._courses))

    def assign(self, starts: Mapping[Partition, int]) -> None:
        """Begin (again) at these offsets, the ones that are committed. What was delivered before does not count."""
        for partition, start in starts.items():
            self._courses[partition] = _Course(start)

    def forget(self, partitions: Iterable[Partition]) -> None:
        """End the assignment of partitions: whatever is acknowledged of them later is not committed."""
        for partition in partitions:
            self._courses.pop(partition, None)

    def arrive(self, partition: Partition, offset: int) -> Verdict:
        """Judge a message that was fetched. On DELIVER the next one is wanted."""
        course = self._courses.get(partition)
        if course is None:
            return Verdict.FOREIGN
        if offset < course.wanted:
            return Verdict.KNOWN
        if offset > course.wanted:
            return Verdict.JUMP
        course.wanted += 1
        return Verdict.DELIVER

    def wanted(self, partition: Partition) -> int:
        """The offset that must be delivered next. Raises KeyError when the partition is not assigned."""
        return self._courses[partition].wanted

    def expire(self, partition: Partition, first: int) -> int:
        """Go on at `first`, the oldest message that the broker still has. Returns how many were deleted unread."""
        course = self._courses.get(partition)
        return course.expire(first) if course else 0

    def ack(self, partition: Partition, offset: int) -> bool:
        """Note that a message was handled. False when it was so before, or was not delivered in this assignment."""
        course = self._courses.get(partition)
        return course is not None and course.ack(offset)

    def done(self, partition: Partition) -> int:
        """The offset before which everything is done, 0 when the partition is not assigned."""
        course = self._courses.get(partition)
        return course.done if course else 0

    def pending(self) -> bool:
        """Whether anything that was delivered is not acknowledged. Any thread may ask."""
        return any(course.done < course.wanted for course in list(self._courses.values()))

    def committable(self, partition: Partition) -> int | None:
        """The offset to commit: everything before it is done. None when that is committed already."""
        course = self._courses.get(partition)
        return course.done if course and course.done > course.committed else None

    def committed(self, partition: Partition, offset: int) -> None:
        """Note that the broker took a commit."""
        course = self._courses.get(partition)
        if course:
            course.committed = max(course.committed, min(offset, course.done))
