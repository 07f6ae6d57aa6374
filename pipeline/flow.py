"""The vocabulary of the flow: an Agent moves Records from Topics to Topics; its step decides, its runner acts.

A step is a function of one record. It returns `Emit` or `Drop`, or raises `Reject` or `TryLater`:

    def clean(page: PageFetched, *, pages: Pages) -> Emit | Drop: ...

Its keyword-only parameters are the ports that it needs (`pipeline.ports`).

An agent that has to do something at a time of its own (a digest, a retry that holds up nobody) puts a record with `due`
into its state. When the time has come, the runner hands that record to the agent's `wake`, which puts it again, with
another time or none, or deletes it:

    def wake(key: str, value: bytes, *, state: State, clock: Clock) -> Emit | Drop | Bury: ...
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property

from pipeline.errors import Misuse, Reject, TryLater
from pipeline.ports import CHANGING, READING
from schemas.record import Record
from schemas.topics import Topic

__all__ = ["Agent", "Bury", "Drop", "Emit", "Failure", "Reject", "Step", "TryLater", "asked", "check"]


@dataclass(frozen=True, slots=True)
class Emit:
    """These records go on, each to the topic of its type."""

    records: tuple[Record, ...]

    def __init__(self, *records: Record) -> None:
        object.__setattr__(self, "records", records)


@dataclass(frozen=True, slots=True)
class Drop:
    """Nothing goes on, as expected, for this reason."""

    reason: StrEnum


@dataclass(frozen=True, slots=True)
class Bury:
    """These records that the agent had taken charge of are given up for this reason: each becomes a dead letter."""

    records: tuple[Record, ...]
    reason: StrEnum
    detail: str
    attempts: int = 1


class Failure(StrEnum):
    """Why a record of any agent can end in dead letters, beside the reasons of the agent itself."""

    UNKNOWN_SCHEMA = "unknown-schema"
    """The message carries another record or another version than this agent reads."""
    BROKEN_MESSAGE = "broken-message"
    """The message is not what its header says."""
    RETRIES_EXHAUSTED = "retries-exhausted"
    """What it needs did not come back in time."""
    STEP_FAILED = "step-failed"
    """The step raised an error that nobody foresaw: a defect in Pantau."""
    REFUSED = "refused"
    """The search index will never take its document."""
    LIMITS_EXCEEDED = "limits-exceeded"
    """The step took more time or memory than one record may cost."""


Step = Callable[..., Emit | Drop]
Wake = Callable[..., Emit | Drop | Bury]


@dataclass(frozen=True)
class Agent:
    """One stage. Its name is a verb, and its consumer group; `reasons` are all the reasons of its drops and rejects.

    `version` changes whenever the same record would come out differently; it is shown by `pantau trace`.
    """

    name: str
    reads: tuple[Topic, ...]
    writes: tuple[Topic, ...]
    step: Step
    reasons: type[StrEnum]
    version: int = 1
    wake: Wake | None = None

    @cached_property
    def ports(self) -> frozenset[str]:
        """The names of the ports that the step and its `wake` need."""
        functions = (self.step, self.wake) if self.wake else (self.step,)
        return frozenset().union(*map(asked, functions))

    @property
    def movable(self) -> bool:
        """Whether the step only reads, so that it may run in any process."""
        return self.ports <= READING

    def output(self, record: Record) -> Topic:
        """The topic that a record of this type goes to. Raises LookupError when the agent does not write it."""
        for topic in self.writes:
            if isinstance(record, topic.record):
                return topic
        raise LookupError(f"agent {self.name} does not write {type(record).__name__}")


@cache
def asked(function: Step | Wake) -> frozenset[str]:
    """The names of the ports that a step or a wake asks for."""
    parameters = inspect.signature(function).parameters.values()
    return frozenset(p.name for p in parameters if p.kind is p.KEYWORD_ONLY)


def check(flow: Sequence[Agent]) -> None:
    """Raise Misuse when the flow cannot run: a name or a topic twice, an unknown port, a topic that nobody reads."""
    names = [agent.name for agent in flow]
    for name in names:
        if names.count(name) > 1:
            raise Misuse(f"two agents are called {name!r}: give one of them another name")
    for agent in flow:
        unknown = agent.ports - READING - CHANGING
        if unknown:
            known = ", ".join(sorted(READING | CHANGING))
            raise Misuse(f"agent {agent.name} asks for port {min(unknown)!r}; there are {known}")
    read = {topic for agent in flow for topic in agent.reads}
    for agent in flow:
        for topic in agent.writes:
            if topic not in read:
                raise Misuse(f"agent {agent.name} writes {topic.name}, which no agent reads: add the reader to FLOW")
