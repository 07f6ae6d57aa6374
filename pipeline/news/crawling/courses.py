"""How a source did in the course of time, and what people are told of that: each change once.

A source that is merely quiet, new or paused is no news. What was told of stays told until the source is healthy again,
so one that goes from silent to quiet and back is not told of twice.
"""

from datetime import datetime

import msgspec

from pipeline.news import words
from pipeline.news.crawling.health import Health, State
from schemas.alert import AlertRaised, Notice
from schemas.catalog import Source

WATCH_ID, WATCH = "_sources", "Sources"
"""Under which alerts of sources are sent, as if by a watch; no watch can have this id."""
TOLD = frozenset({State.SILENT, State.BLOCKED, State.MOVED, State.BROKEN, State.DOWN})
CHANGES_MAX = 100
"""Changes of a source that are remembered."""


class Turn(msgspec.Struct, frozen=True, array_like=True):
    """A change of a source: when it was seen, to which state, and what showed it."""

    at: datetime
    state: State
    evidence: str = ""


class Course(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a source did: `turns`, the oldest first, and of which state people were told that still holds."""

    turns: tuple[Turn, ...] = ()
    told: State | None = None

    @property
    def state(self) -> State | None:
        """The state that was seen last."""
        return self.turns[-1].state if self.turns else None


def course_after(course: Course, health: Health, now: datetime) -> Course:
    """The course after a source was assessed."""
    turns = course.turns
    if health.state is not course.state:
        turns = (*turns, Turn(now, health.state, health.evidence))[-CHANGES_MAX:]
    told = health.state if health.state in TOLD else None if _settled(health.state) else course.told
    return course if (turns, told) == (course.turns, course.told) else Course(turns, told)


def tidings(course: Course, source: Source, health: Health, now: datetime) -> AlertRaised | None:
    """What people are told of a source that was assessed after this course; None when it is nothing new."""
    if health.state in TOLD and health.state is not course.told:
        since = f" since {health.since:%Y-%m-%d %H:%M} UTC" if health.since else ""
        lines = (f"what shows it: {health.evidence}", f"what to do: {health.advice}")
        return _alert(source, str(health.state), f"{source.name} is {health.state}{since}", lines, now)
    if health.state is State.HEALTHY and course.told:
        line = f"it was {course.told}; it brings what is to be expected of it"
        return _alert(source, "healthy", f"{source.name} is healthy again", (line,), now)
    return None


def _settled(state: State) -> bool:
    """Whether what was told before is over without a word: it is well, or nobody looks at it any more."""
    return state in (State.HEALTHY, State.PAUSED, State.NEW)


def _alert(source: Source, reason: str, title: str, lines: tuple[str, ...], now: datetime) -> AlertRaised:
    ids = (f"source: {source.id}", f"more: pantau sources explain {source.id}")
    return notice(words.identity(WATCH_ID, source.id, reason, now.isoformat()), reason,
                  Notice(title=title, lines=(*lines, *ids), url=source.url), now)  # fmt: skip


def notice(id: str, reason: str, told: Notice, now: datetime) -> AlertRaised:
    """The alert that carries a notice. Its channels are those of whoever sends it."""
    return AlertRaised(
        alert_id=id, watch_id=WATCH_ID, watch=WATCH, reason=reason, why=told.title, raised_at=now, notice=told
    )
