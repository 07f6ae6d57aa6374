"""What `pantau demo` shows at its end: two terminal pages of what the chain made of the small world."""

import re
import shlex
import shutil
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple, cast

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.text import Text

from pipeline.cli.demo_story import story
from pipeline.cli.installation import Installation
from pipeline.cli.output import day, plain, table
from pipeline.news.telling import changes, first_seen, proof_of
from pipeline.news.utterances import Heard, utterances
from pipeline.runners import operations
from schemas.alert import AlertRaised
from schemas.codec import decode
from schemas.documents import ArticleDocument, StatementDocument
from schemas.topics import ALERTS_RAISED

OUTLETS, SPEAKERS, PROOFS = 3, 3, 3
"""Rows of the tables of outlets and of speakers, and alerts that are shown whole."""
AROUND = 90
"""Characters of the paragraph that are shown before and after a quotation."""


class Found(NamedTuple):
    """All that the screen tells. `came` counts what came in: new, changed, known and "refused: reason"."""

    articles: list[ArticleDocument]
    statements: list[StatementDocument]
    heard: list[Heard]
    alerts: list[AlertRaised]
    came: Counter[str]
    dead: Counter[str]
    seconds: float

    @property
    def repeats(self) -> int:
        """Repeats of known utterances that nobody was told of."""
        told = {alert.heard.statement.statement_id for alert in self.alerts}
        return sum(said.novelty == "repeat" and said.id not in told for said in self.statements)

    def counts(self) -> dict[str, Any]:
        """The figures, for programs."""
        return {
            "articles": len(self.articles),
            "statements": len(self.statements),
            "utterances": len(self.heard),
            "copies": sum(article.of is not None for article in self.articles),
            "alerts": dict(Counter(alert.watch_id for alert in self.alerts)),
            "repeats": self.repeats,
            "came_in": dict(self.came),
            "dead": dict(self.dead),
            "seconds": round(self.seconds, 3),
        }


def found(house: Installation, came: Counter[str], seconds: float) -> Found:
    """Read the results from the index and the topics."""
    statements = [cast(StatementDocument, found) for found in house.search.export("statements", "")]
    return Found(
        articles=[cast(ArticleDocument, found) for found in house.search.export("articles", "")],
        statements=statements,
        heard=utterances(statements),
        alerts=[decode(m.body, m.schema, AlertRaised) for m in house.broker.scan(ALERTS_RAISED.name)],
        came=came,
        dead=Counter(f"{x.letter.agent}: {x.letter.reason}" for x in operations.dead_letters(house.broker)),
        seconds=seconds,
    )


def screen(found: Found) -> RenderableType:
    """The whole screen."""
    total = (
        f"\n{len(found.articles)} articles, {len(found.statements)} statements, {len(found.heard)} utterances,"
        f" {len(found.alerts)} alerts in {found.seconds:.1f} s\n"
    )
    return Group(
        Text(total, style="bold green"),
        _came_in(found),
        Text(),
        _copies(found.articles),
        Text(),
        _speakers(found.heard),
        *story(found.statements, found.articles, found.alerts),
        *_alerts(found),
    )


def _came_in(found: Found) -> RenderableType:
    outlets = Counter((a.outlet or "-", a.language) for a in found.articles)
    most, others = outlets.most_common()[:OUTLETS], outlets.most_common()[OUTLETS:]
    rows: list[tuple[object, ...]] = [(outlet, language, n, "") for (outlet, language), n in most]
    if others:
        rows.append((f"{len(others)} others", "", sum(n for _, n in others), ""))
    rows += [("-", "", n, f"dead letter of {reason}") for reason, n in found.dead.items()]
    rows += [("-", "", n, reason) for reason, n in found.came.items() if reason.startswith("refused")]
    if found.came["changed"]:
        rows.append(("-", "", found.came["changed"], "a new revision of a known page"))
    if found.came["known"]:
        rows.append(("-", "", found.came["known"], "known already: nothing was changed"))
    return table("what came in", ("outlet", "language", ">pages", "note"), rows)


def _copies(articles: list[ArticleDocument]) -> RenderableType:
    by_id = {article.id: article for article in articles}
    rows = [
        (copy.outlet, copy.title, copy.copy, of.outlet if of else copy.of, of.title if of else "")
        for copy in articles
        if copy.of
        for of in [by_id.get(copy.of)]
    ]
    return table("copies found: linked, never dropped", ("outlet", "~title", "is", "of", "~title there"), rows)


def _speakers(heard: list[Heard]) -> RenderableType:
    by_speaker: dict[str, list[Heard]] = {}
    for utterance in heard:
        if utterance.speaker:
            by_speaker.setdefault(utterance.speaker_id, []).append(utterance)
    rows = [
        (said[0].speaker, len(said), sum(len(h.carriers) for h in said), said[0].wording)
        for said in sorted(by_speaker.values(), key=len, reverse=True)
    ]
    columns = ("~speaker", ">utterances", ">statements", "~newest")
    title = f"statements by speaker: the first {min(SPEAKERS, len(rows))} of {len(rows)}"
    return table(title, columns, rows[:SPEAKERS])


def _alerts(found: Found) -> Iterable[RenderableType]:
    yield Text("\nalerts: a watch is told of each utterance once, with its proof", style="bold")
    by_watch = Counter((alert.watch_id, alert.watch) for alert in found.alerts)
    for (id, name), times in by_watch.most_common():
        yield Text(f"{times:5}  {id:12} {plain(name)}")
    for alert in proofs(found.alerts):
        yield _proof(alert)
    shown = min(PROOFS, len(found.alerts))
    yield Text(f"{len(found.alerts) - shown} more alerts; {found.repeats} repeats of known utterances raised no alert")


def proofs(alerts: list[AlertRaised]) -> list[AlertRaised]:
    """The alerts to show whole: new utterances of two watches, a new version, new utterances of others, and more."""
    new = [alert for alert in alerts if alert.reason == "new-utterance"]
    verbatim_first = sorted(new, key=lambda alert: alert.heard.statement.kind != "direct")
    firsts = {alert.watch_id: alert for alert in reversed(verbatim_first)}
    versions = [alert for alert in alerts if alert.heard.utterance.added]
    earliest = sorted(firsts.values(), key=alerts.index)
    order = [*earliest[:2], *versions[:1], *earliest[2:], *versions, *verbatim_first]
    return list({alert.alert_id: alert for alert in order}.values())[:PROOFS]


def _proof(alert: AlertRaised) -> RenderableType:
    recorded, proof = alert.heard, proof_of(alert)
    said, carrier, heard = recorded.statement, recorded.carrier, recorded.utterance
    quote = Text(plain(_end(proof.before)), style="dim")
    quote.append_text(_said(proof.quote, heard.added))
    quote.append(plain(_beginning(proof.after)), style="dim")
    if heard.added:
        quote.append(f"\nagainst the closest earlier wording: {plain(changes(proof.changes))}", style="yellow")
    others = ", ".join(outlet for outlet in heard.outlets if outlet != carrier.outlet)
    page, _, place = proof.stored.partition("#")
    grounds = Text(
        f"{said.kind}, cue {said.cue or '-'}, speaker by {' > '.join(said.reasons) or '-'}, confidence"
        f" {said.confidence:.2f}\n{plain(carrier.title)} ({plain(carrier.outlet or '-')}, {day(carrier.seen_at)})\n"
        f"stored copy {page[:12]}…#{place}; first seen {day(first_seen(alert))}"
        f"{'; also in ' + plain(others) if others else ''}\n{plain(alert.why)}",
        style="cyan",
    )
    title = f"{plain(said.speaker or 'unknown')}: {alert.reason} for watch {alert.watch_id}"
    return Panel(Text.assemble(quote, "\n", grounds), title=Text(title), title_align="left", border_style="green")


def _said(text: str, added: tuple[str, ...]) -> Text:
    """The words of a statement; those that a new version adds are marked."""
    said = Text(plain(text), style="bold")
    if added:
        words = "|".join(re.escape(plain(word)) for word in added)
        said.highlight_regex(rf"(?i)\b(?:{words})\b", "black on yellow")
    return said


def _end(text: str) -> str:
    cut = text if len(text) <= AROUND else "…" + text[-AROUND:].partition(" ")[2]
    return cut + " " if cut[-1:].isalnum() or cut[-1:] in (",", ".", ":", ";") else cut


def _beginning(text: str) -> str:
    cut = text if len(text) <= AROUND else text[:AROUND].rpartition(" ")[0] + "…"
    return " " + cut if cut[:1].isalnum() else cut


def next_steps(found: Found, home: Path) -> Text:
    """Three commands that can be copied, with hits."""
    start = f"{program()} --home {shlex.quote(str(home))}"
    officials = Counter(said.official for said in found.statements if said.official)
    url = next(alert.heard.carrier.url for alert in found.alerts if alert.heard.carrier.url)
    return Text(
        f"\ntry next:\n"
        f"  {start} search 'pelabuhan AND language:id' --facets\n"
        f"  {start} ledger {officials.most_common(1)[0][0]}\n"
        f"  {start} trace {shlex.quote(url or '')}\n"
    )


def program() -> str:
    """How Pantau was called, so that the next command can be copied."""
    called = Path(sys.argv[0])
    if called.name == "__main__.py":
        return "python -m pipeline.cli"
    return called.name if shutil.which(called.name) else sys.argv[0]
