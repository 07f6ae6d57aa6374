"""One message through one step: decoded, decided, encoded. What every runner does, without any IO of its own."""

import logging
import traceback
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from time import monotonic, perf_counter
from typing import Any, NamedTuple

import xxhash

from pipeline.broker import Draft, Message
from pipeline.errors import PantauError, Refused, Reject, TryLater
from pipeline.flow import Agent, Bury, Drop, Emit, Failure, asked
from pipeline.ports import Expiring
from schemas.codec import BrokenMessage, UnknownSchema, decode, encode
from schemas.dead import DeadLetter
from schemas.record import Record
from schemas.topics import BY_NAME, DEAD_LETTERS

LOG = logging.getLogger("pantau.runner")
Undo = Callable[[], None]
"""Takes back what was remembered."""


class Later(NamedTuple):
    """Try the message again in `seconds` or more."""

    seconds: float
    error: str


class Dead(NamedTuple):
    """The message can never be handled."""

    reason: str
    error: str


class Dropped(NamedTuple):
    """The message goes no further, as expected."""

    reason: str


class Buried(NamedTuple):
    """Dead letters of what an agent had taken charge of."""

    reason: str
    letters: tuple[Draft, ...]


Outcome = tuple[Draft, ...] | Dropped | Later | Dead
Woken = tuple[Draft, ...] | Dropped | Buried
WAKES = 20
"""Records that are due which are read together."""
AGAIN = timedelta(minutes=10)
"""When a record is due again at which `wake` failed."""


class Handled(NamedTuple):
    """What became of a message: the messages it led to (maybe none), or how it ended. `took` is in seconds."""

    outcome: Outcome
    took: float


def handle(agent: Agent, message: Message, ports: Mapping[str, Any]) -> Handled:
    """Run the agent's step on a message.

    Never raises because of the message. Errors of the world (Unavailable: a full disk, a lost server) do go up: they
    are no reason to give up a message, and the runner stops with their sentence.
    """
    start = perf_counter()
    try:
        outcome = _outcome(agent, message, ports, start)
    except Reject as reject:
        outcome = Dead(reject.reason.value, reject.detail)
    except TryLater as later:
        outcome = Later(later.seconds, later.detail)
    except UnknownSchema as error:
        outcome = Dead(Failure.UNKNOWN_SCHEMA, str(error))
    except BrokenMessage as error:
        outcome = Dead(Failure.BROKEN_MESSAGE, str(error))
    except Refused as error:
        outcome = Dead(Failure.REFUSED, str(error))
    except MemoryError:
        outcome = Dead(Failure.LIMITS_EXCEEDED, "the step needed more memory than one record may cost")
    except PantauError:
        raise
    except Exception:  # noqa: BLE001 - the one place where a defect of a step is turned into a dead letter
        outcome = Dead(Failure.STEP_FAILED, traceback.format_exc(limit=-6))
    return Handled(outcome, perf_counter() - start)


def _outcome(agent: Agent, message: Message, ports: Mapping[str, Any], start: float) -> Outcome:
    record = decode(message.body, message.schema, BY_NAME[message.topic].record)
    result = agent.step(record, **{name: ports[name] for name in asked(agent.step)})
    match result:
        case Emit():
            by = f"{agent.name}/{agent.version}"
            took = perf_counter() - start
            return tuple(draft(agent, record, by, took) for record in result.records)
        case Drop():
            return Dropped(result.reason.value)


def coming(state: Expiring, now: Callable[[], datetime], seconds: float) -> Iterator[tuple[str, bytes]]:
    """Each record that is due, also what becomes due meanwhile, until none is or so many seconds have passed."""
    end = monotonic() + seconds
    while records := state.due(now(), WAKES):
        for record in records:
            yield record
            if monotonic() >= end:
                return


def rouse(agent: Agent, due: tuple[str, bytes], ports: Mapping[str, Any], now: datetime, undo: Undo) -> Woken:
    """Hand a record that is due to the agent's `wake`.

    An error that nobody foresaw is logged; what it changed is taken back, and the record is due again later. Errors of
    the world go up, as from `handle`.
    """
    assert agent.wake, "only an agent with a wake may put a record with a time"
    start, (key, value) = perf_counter(), due
    try:
        result = agent.wake(key, value, **{name: ports[name] for name in asked(agent.wake)})
    except Exception as error:
        if isinstance(error, PantauError):
            raise
        undo()
        ports["state"].put(key, value, due=now + AGAIN)
        LOG.exception("an agent fails at what is due", extra={"agent": agent.name, "error": repr(error)})
        return Dropped(Failure.STEP_FAILED)
    by, took = f"{agent.name}/{agent.version}", perf_counter() - start
    match result:
        case Emit():
            return tuple(draft(agent, record, by, took) for record in result.records)
        case Drop():
            return Dropped(result.reason.value)
        case Bury():
            dead = Dead(result.reason.value, result.detail)
            letters = (bury(agent, _resent(agent, record, result.attempts), dead, now) for record in result.records)
            return Buried(dead.reason, tuple(letters))


def _resent(agent: Agent, record: Record, attempts: int) -> Message:
    """The message that a record came in. Its offset is forgotten; a negative number made of the content stands in."""
    topic = next(topic for topic in agent.reads if isinstance(record, topic.record))
    body, at = encode(record), datetime.fromtimestamp(0, UTC)
    offset = -(xxhash.xxh3_64_intdigest(body) >> 1) - 1
    return Message(
        topic.name, offset, topic.key(record), topic.trace(record), record.SCHEMA, body, "", 0.0, at, attempts - 1
    )


def bury(agent: Agent, message: Message, dead: Dead, now: datetime) -> Draft:
    """The dead letter of a message that an agent can never handle."""
    letter = DeadLetter(
        agent=agent.name,
        reason=str(dead.reason),
        error=dead.error,
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        key=message.key,
        trace=message.trace,
        attempts=message.attempts + 1,
        at=now,
        schema=message.schema,
        original=message.body,
    )
    by = f"{agent.name}/{agent.version}"
    return Draft(DEAD_LETTERS.name, letter.key, letter.trace, letter.SCHEMA, encode(letter), by)


def draft(agent: Agent, record: Any, by: str, took: float) -> Draft:
    """The message that carries a record which the agent emits."""
    topic = agent.output(record)
    return Draft(topic.name, topic.key(record), topic.trace(record), record.SCHEMA, encode(record), by, took)
