"""The story that the demo tells: what one watch heard of a few statements, and of which it was told."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich.console import RenderableType
from rich.text import Text

from pipeline.cli.output import day, plain, table
from pipeline.news.telling import inert
from pipeline.news.utterances import seen
from schemas.alert import AlertRaised
from schemas.documents import ArticleDocument, StatementDocument

CARRIERS = 4
"""Statements of an utterance that make it worth telling."""
_PATH = {"exact": "wire copy", "copy": "wire copy", "excerpt": "shortened copy", "derived": "shortened copy"}


class Step(NamedTuple):
    """A statement on the way of the story. `alert` is None when the watch was not told of it."""

    statement: StatementDocument
    how: str
    alert: AlertRaised | None


def steps(
    statements: Iterable[StatementDocument],
    articles: Iterable[ArticleDocument],
    alerts: Sequence[AlertRaised],
    watch: str,
) -> list[Step]:
    """What was said in the utterances that a watch was told of and that went far, in the order of time."""
    told = {alert.heard.statement.statement_id: alert for alert in alerts if alert.watch_id == watch}
    known = {alert.heard.utterance.utterance_id for alert in told.values()}
    ordered = sorted(statements, key=lambda s: (seen(s), s.article, s.part != "title", s.id))
    far = Counter(statement.utterance for statement in ordered)
    copies = {article.id: article.copy for article in articles}
    firsts: dict[str, StatementDocument] = {}
    found: list[Step] = []
    for said in ordered:
        if said.utterance in known and far[said.utterance] >= CARRIERS:
            first = firsts.setdefault(said.utterance, said)
            found.append(Step(said, _how(said, first, copies.get(said.article, "original")), told.get(said.id)))
    return found


def _how(said: StatementDocument, first: StatementDocument, copy: str) -> str:
    """How a statement relates to the first one of its utterance."""
    if said is first:
        return "first heard"
    if said.novelty == "version":
        return "follow-up: + " + " ".join(said.added)
    if said.language != first.language:
        return "translation"
    if said.kind != first.kind:
        return "paraphrase"
    return _PATH.get(copy, "the same words")


def story(
    statements: Sequence[StatementDocument], articles: Sequence[ArticleDocument], alerts: Sequence[AlertRaised]
) -> Iterable[RenderableType]:
    """What the watch with the longest story heard, what was withdrawn, and the digest of what it was told."""
    ways = {id: steps(statements, articles, alerts, id) for id in sorted({alert.watch_id for alert in alerts})}
    watch, way = max(ways.items(), key=lambda one: (len({step.how.partition(":")[0] for step in one[1]}), len(one[1])))
    rows = [(day(seen(s)), s.outlet, s.language, s.text, how, alert.reason if alert else "-") for s, how, alert in way]
    columns = ("when", "~outlet", "in", "~words", "~which is", "alert")
    yield table(
        f"what the watch {watch} heard of {len({s.statement.utterance for s in way})} utterances", columns, rows
    )
    for gone in (s for s in statements if s.withdrawn):
        yield Text(
            f"withdrawn by a correction of {plain(gone.outlet or gone.article)} ({day(gone.withdrawn)}):"
            f" {plain(gone.text)}",
            style="red",
        )
    own = [alert for alert in alerts if alert.watch_id == watch]
    yield Text(f"the digest of {watch} holds each once:", style="bold")
    for number, alert in enumerate(own, 1):
        line = f"  {number}. {alert.reason}: {inert(alert.heard.statement.text)}".replace("\u200b", "")
        yield Text(plain(line), no_wrap=True, overflow="ellipsis")
