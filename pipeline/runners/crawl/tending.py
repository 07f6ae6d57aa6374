"""What is done now and then for all sources: how they do is assessed and told, and what is long gone is forgotten."""

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from pipeline.errors import PantauError
from pipeline.frontier import Frontier
from pipeline.news.crawling import reports
from pipeline.news.crawling.courses import Course, course_after, tidings
from pipeline.news.crawling.health import LOOKED_AT, Health, State, assessed
from pipeline.news.crawling.items import Unwanted
from pipeline.news.crawling.quality import Quality, counted
from pipeline.news.crawling.reports import Reported, Row
from pipeline.runners.crawl.herald import Herald
from pipeline.runners.crawl.parts import Parts
from pipeline.runners.crawl.sampling import Sampler, unseen
from pipeline.runners.crawl.storing import Store
from schemas.catalog import Source

LOG = logging.getLogger("pantau.crawl")
EVERY = timedelta(minutes=15)
FORGET_AT_ONCE = 20_000
REMEMBER = timedelta(days=400)
"""How long an article is remembered after it was listed last."""
_REPORT = "weekly"


class Tending:
    """Tends sources.

    store    does what uses the topics
    herald   tells people; None tells nobody
    sampler  says what became of articles; None leaves that out
    """

    def __init__(self, parts: Parts, store: Store, herald: Herald | None, sampler: Sampler | None) -> None:
        self._parts, self._frontier, self._store = parts, parts.frontier, store
        self._herald, self._sampler = herald, sampler
        self._at = datetime.min.replace(tzinfo=UTC)

    def due(self, now: datetime) -> bool:
        """Whether it is time to tend."""
        return now - self._at >= EVERY

    async def tend(self, sources: Sequence[Source]) -> None:
        """Do what is to be done."""
        self._at = now = self._parts.now()
        self._frontier.forget(now - REMEMBER, FORGET_AT_ONCE)
        if self._sampler:
            await self._sample(self._sampler, sources, now)
        self._assess(sources, now)
        if self._herald:
            self._report(self._herald, sources, now)
            try:
                await self._herald.tell(self._frontier, now, self._store.call)
            except PantauError as error:  # it stays noted, and is told the next time
                LOG.warning("what became of sources cannot be told now", extra={"error": str(error)})

    async def _sample(self, sampler: Sampler, sources: Iterable[Source], now: datetime) -> None:
        for source in sources:
            due = [] if source.paused else unseen(self._frontier, source.id, now)
            if not due:
                continue
            try:
                found = await self._store.call(partial(sampler.sample, due, now))
            except PantauError as error:  # what became of articles can be seen later
                LOG.info("articles cannot be sampled now", extra={"error": str(error)})
                return
            if found:
                self._frontier.amend(Quality, source.id, lambda known: counted(known or Quality(), found))  # noqa: B023

    def _assess(self, sources: Iterable[Source], now: datetime) -> None:
        """Assess all sources, and note what changed."""
        courses = self._frontier.notes(Course)
        states = Counter(dict.fromkeys(State, 0))
        for source in sources:
            health = health_of(source, self._frontier, now)
            states[health.state] += 1
            self._turn(source, courses.get(source.id, Course()), health, now)
        self._parts.meters.sources({str(state): count for state, count in states.items()})

    def _turn(self, source: Source, course: Course, health: Health, now: datetime) -> None:
        """Note how a source does, and with it what is to be told of that."""
        after = course_after(course, health, now)
        if after == course:
            return
        told = tidings(course, source, health, now)
        with self._frontier.together():
            self._frontier.amend(Course, source.id, lambda _: after)
            if told and self._herald:
                self._herald.note(self._frontier, told)
        if course.state and health.state is not course.state:
            what = {"source": source.id, "state": str(health.state), "before": str(course.state)}
            level = logging.WARNING if told else logging.INFO
            LOG.log(level, "source changed", extra={**what, "evidence": health.evidence, "advice": health.advice})

    def _report(self, herald: Herald, sources: Sequence[Source], now: datetime) -> None:
        """Note the report of the week, if it is due and was not sent. The first start only notes when."""
        if herald.telling.weekly is None:
            return
        due, before = herald.telling.weekly.latest(now), self._frontier.notes(Reported).get(_REPORT)
        if before and before.due >= due:
            return
        with self._frontier.together():
            self._frontier.amend(Reported, _REPORT, lambda _: Reported(due))
            if before:
                herald.note(
                    self._frontier, reports.report(rows(sources, self._frontier, due - reports.WEEK, now), due, now)
                )


def health_of(source: Source, frontier: Frontier, now: datetime) -> Health:
    """How a source does."""
    latest, quality = frontier.latest(source.id, LOOKED_AT), frontier.notes(Quality).get(source.id)
    return assessed(frontier.polled().get(source.id), latest, now, source.paused, quality)


def rows(sources: Iterable[Source], frontier: Frontier, since: datetime, now: datetime) -> list[Row]:
    """How sources did since then."""
    courses, corrected = frontier.notes(Course), frontier.corrected(since)
    counts: dict[str, list[reports.Count]] = defaultdict(list)
    for count in frontier.counts(since):
        if count.reason != Unwanted.SAME:
            counts[count.source].append(reports.Count(count.state, count.reason, count.items))
    return [
        reports.row(
            one, health_of(one, frontier, now), courses.get(one.id, Course()), counts[one.id],
            corrected.get(one.id, 0), since,
        )
        for one in sources
    ]  # fmt: skip
