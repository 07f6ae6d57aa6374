"""Where an article is in the flow: what `pantau trace` shows, in a word and in steps."""

import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from time import monotonic
from typing import Literal

import msgspec

from pipeline.broker import Ending, Message, Served, Topics
from pipeline.ports import Search
from pipeline.runners import operations
from pipeline.runners.intake import Intake
from schemas.codec import decode
from schemas.dead import DeadLetter
from schemas.page import PageFetched
from schemas.topics import ARTICLES_CLEANED, ARTICLES_EXTRACTED, ARTICLES_MARKED, DEAD_LETTERS, PAGES_FETCHED

State = Literal["waiting", "at-work", "indexed", "refused", "ended"]
WAY = tuple(topic.name for topic in (PAGES_FETCHED, ARTICLES_CLEANED, ARTICLES_MARKED, ARTICLES_EXTRACTED))
"""The topics of an article itself; in others there is what was found in it."""
LOOK_SECONDS = 30.0
"""On servers dead letters are read from end to end, so not more often than this."""


class Step(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one agent did: the messages that it wrote to a topic, or why it wrote none.

    by     the agent and its version, such as "clean/2"; "upload" for the way in
    times  messages; `first` and `last` are when they were written
    """

    by: str
    topic: str
    times: int
    first: datetime
    last: datetime
    reason: str | None = None


class Progress(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where the newest revision of an article is.

    state   "waiting" for its first agent; "at-work"; "indexed", and so to be found; "refused", a dead letter whose
            `reason` and `detail` say why; "ended", when an agent had nothing to pass on
    steps   what happened to it so far, as long as its topics keep it; absent where topics are on servers
    """

    id: str
    revision: int
    state: State
    reason: str | None = None
    detail: str | None = None
    steps: list[Step] | None = None


class Whereabouts:
    """Finds articles. `events` runs on the desk, `progress` anywhere else."""

    def __init__(self, broker: Topics, intake: Intake, search: Search) -> None:
        self._broker, self._intake, self._search = broker, intake, search
        self._letters = _Letters(broker)

    def events(self, id: str) -> tuple[int, list[Message | Ending]]:
        """The newest revision of an article, and what happened to it; 0 for one that never came in."""
        revision = self._intake.revision(id)
        here = revision and not isinstance(self._broker, Served)
        return revision, operations.trace(self._broker, id) if here else []

    def progress(self, id: str, revision: int, events: Sequence[Message | Ending]) -> Progress:
        """Where it is, by these events, the search index and the dead letters."""
        start = max((number for number, event in enumerate(events) if _is_page(event)), default=0)
        since = events[start:]
        steps = _steps(since) if events else None
        document = self._search.get("articles", id)
        if document is not None and document.revision >= revision:
            return Progress(id=id, revision=revision, state="indexed", steps=steps)
        letter = self._refusal(id, revision, since)
        if letter:
            why = letter.error.partition("\n")[0]
            return Progress(id=id, revision=revision, state="refused", reason=letter.reason, detail=why, steps=steps)
        end = next((e for e in since if isinstance(e, Ending) and e.topic in WAY[:-1]), None)
        if end:
            return Progress(id=id, revision=revision, state="ended", reason=end.reason, steps=steps)
        moved = any(isinstance(event, Message) and event.topic in WAY[1:] for event in since)
        return Progress(id=id, revision=revision, state="at-work" if moved else "waiting", steps=steps)

    def _refusal(self, id: str, revision: int, events: Sequence[Message | Ending]) -> DeadLetter | None:
        """The dead letter that an agent made of the article itself."""
        if isinstance(self._broker, Served):
            return self._letters.find(id, revision)
        letters = [_letter(e) for e in events if isinstance(e, Message) and e.topic == DEAD_LETTERS.name]
        return next((letter for letter in reversed(letters) if letter.topic in WAY), None)


def _letter(message: Message) -> DeadLetter:
    return decode(message.body, message.schema, DeadLetter)


def _is_page(event: Message | Ending) -> bool:
    return isinstance(event, Message) and event.topic == PAGES_FETCHED.name


def _steps(events: Iterable[Message | Ending]) -> list[Step]:
    found: dict[tuple[str, str, str | None], list[datetime]] = {}
    for event in events:
        key = (event.agent, event.topic, event.reason) if isinstance(event, Ending) else (event.by, event.topic, None)
        found.setdefault(key, []).append(event.at)
    return [
        Step(by=by, topic=topic, times=len(at), first=min(at), last=max(at), reason=reason)
        for (by, topic, reason), at in found.items()
    ]


class _Letters:
    """The dead letters of topics on servers, by the article and the page that became one."""

    def __init__(self, broker: Topics, clock: Callable[[], float] = monotonic) -> None:
        self._broker, self._clock, self._lock = broker, clock, threading.Lock()
        self._looked = float("-inf")
        self._found: dict[str, tuple[int, DeadLetter]] = {}

    def find(self, id: str, revision: int) -> DeadLetter | None:
        """The letter of this revision or a later one, as far as was looked."""
        with self._lock:
            if self._clock() - self._looked > LOOK_SECONDS:
                self._found = dict(self._read())
                self._looked = self._clock()
            of, letter = self._found.get(id, (0, None))
        return letter if of >= revision else None

    def _read(self) -> Iterable[tuple[str, tuple[int, DeadLetter]]]:
        for message in self._broker.scan(DEAD_LETTERS.name):
            letter = _letter(message)
            if letter.topic in WAY:
                yield letter.trace, (_revision(letter), letter)


def _revision(letter: DeadLetter) -> int:
    """The revision of the article in a letter."""
    if letter.topic == PAGES_FETCHED.name:
        return decode(letter.original, letter.schema, PageFetched).revision
    body = msgspec.json.decode(letter.original)
    return int((body.get("article") or body).get("revision", 1))
