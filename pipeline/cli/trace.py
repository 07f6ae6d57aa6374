"""`pantau trace`: one article on its way, stage by stage."""

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
import typer
from rich.text import Text

from pipeline.broker import Ending, Message
from pipeline.cli.clean import LOOKS
from pipeline.cli.installation import Installation
from pipeline.cli.output import JsonOption, complain, console, installation, plain, print_json
from pipeline.runners import operations
from schemas.alert import AlertRaised
from schemas.article import Article, ArticleExtracted, ArticleMarked
from schemas.codec import BrokenMessage, UnknownSchema, decode
from schemas.dead import DeadLetter
from schemas.page import PageFetched
from schemas.record import Record
from schemas.statement import StatementMade, StatementRecorded
from schemas.topics import BY_NAME


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("trace", epilog="Example: pantau trace https://harian.example/berita/123")(trace)


def trace(
    context: typer.Context,
    article: Annotated[str, typer.Argument(help="An article id or its URL.")],
    as_json: JsonOption = False,
) -> None:
    """Show what every stage did to one article: when, which version, how long, what and why."""
    house = installation(context)
    id = house.article_id(article)
    events = operations.trace(house.broker, id)
    if not events:
        complain(f"nothing is known of article {article!r}: ids are shown by `pantau search`")
        raise typer.Exit(1)
    if as_json:
        print_json([_json(event) for event in events])
        return
    console.print(Text(f"article {id}", style="bold"))
    for event in events:
        _print(event, house)


def _print(event: Message | Ending, house: Installation) -> None:
    head = Text(event.at.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + " ", style="dim")
    if isinstance(event, Ending):
        head.append(f"{event.agent:10} {event.took * 1000:8.2f} ms  ", style="cyan")
        console.print(head.append(f"ended: {event.reason} ({event.topic} {event.offset})"))
        return
    head.append(f"{event.by:10} {event.took * 1000:8.2f} ms  ", style="cyan")
    record = None
    try:
        record = decode(event.body, event.schema, BY_NAME[event.topic].record)
        lines = _told(record)
    except (BrokenMessage, UnknownSchema) as error:
        lines = [str(error)]
    console.print(head.append(f"{event.topic} {event.offset}: {plain(lines[0])}"))
    for line in lines[1:]:
        console.print(Text(" " * 26 + plain(line), style="dim"))
    if isinstance(record, Article):
        for fate, line in _removed(record, house):
            console.print(Text(" " * 26 + plain(line), style=STYLES[fate]))


STYLES = {look.kind: look.terminal for look in LOOKS}


def _told(record: Record) -> list[str]:
    """What a record says about the stage that made it, most important line first."""
    return TOLD[type(record)](record)


def _page(page: PageFetched) -> list[str]:
    return [f"page {page.page[:12]} ({page.media_type}) revision {page.revision} from {page.name}"]


def _article(article: Article) -> list[str]:
    return [
        f"{article.title!r} [{article.language}] {len(article.text)} characters, {_when(article)}",
        f"by {article.extractor}, quality {article.quality:.2f}",
        *_incomplete(article),
    ]


def _removed(article: Article, house: Installation) -> list[tuple[str, str]]:
    """What cleaning left out of the text, in the order of the page: what became of it, and a line that says so."""
    # Their libraries take longer to load than the rest of the command.
    from pipeline.news.accounting import fate  # noqa: PLC0415
    from pipeline.news.pages import page_text  # noqa: PLC0415

    if not article.removed:
        return []
    try:
        page = page_text(house.pages.get(article.page), article.media_type, article.charset)
    except KeyError:
        return [("removed", f"{len(article.removed)} removed, but the page store has no page {article.page} any more")]
    return [
        (fate(gone.reason).value, f"removed ({gone.reason}): {page[gone.start : gone.end].strip()[:100]}")
        for gone in article.removed
    ]


def _when(article: Article) -> str:
    if not article.published:
        return "no date"
    changed = f", changed {article.modified:%Y-%m-%d %H:%M}" if article.modified else ""
    trust = f"{article.published_source} ({article.confidence:.2f})"
    return f"{article.published:%Y-%m-%d %H:%M} from {trust}{changed}"


def _incomplete(article: Article) -> list[str]:
    """What is worth knowing of how much of it there is."""
    others = ", ".join(dict.fromkeys(tongue.language for tongue in article.languages))
    said = {
        f"behind a paywall, says {article.paywall}": article.paywall,
        f"not all of it is on the page: {article.truncated}": article.truncated,
        f"{len(article.languages)} passages in {others}": article.languages,
    }
    return [line for line, true in said.items() if true]


def _marked(marked: ArticleMarked) -> list[str]:
    links = [f"{link.relation} of {link.of} ({link.score:.2f}), {link.share:.0%} word by word" for link in marked.links]
    return [f"family {marked.family}", *links] if links else ["no copy of anything known"]


def _extracted(extracted: ArticleExtracted) -> list[str]:
    names = [f"{entity.name} ({entity.reason or entity.kind})" for entity in extracted.entities]
    lines = [f"{len(extracted.entities)} entities, {len(extracted.statements)} statements", ", ".join(names)]
    changes = extracted.changes
    if changes is None:
        return lines
    said = f"{len(changes.added)} added, {len(changes.reworded)} reworded, {len(changes.removed)} removed"
    return [*lines, f"{changes.kind} of revision {changes.revision}; statements: {said}"]


def _made(made: StatementMade) -> list[str]:
    said, gone = made.statement, "withdrawn: " if made.withdrawn else ""
    return [f"{gone}{said.kind} by {said.speaker or 'unknown'} [{said.rule} {said.confidence:.2f}]: {said.text[:90]}"]


def _recorded(recorded: StatementRecorded) -> list[str]:
    heard = recorded.utterance
    state = "withdrawn" if recorded.withdrawn else heard.novelty
    told = f"{state}: utterance {heard.utterance_id}, {heard.articles} articles"
    return [f"{told}: {recorded.statement.text[:60]}"]


def _alert(alert: AlertRaised) -> list[str]:
    return [f"alert {alert.alert_id} for watch {alert.watch_id}: {alert.why}"]


def _dead(letter: DeadLetter) -> list[str]:
    return [f"dead letter of {letter.agent}: {letter.reason}", *letter.error.splitlines()]


TOLD: dict[type[Record], Callable[[Any], list[str]]] = {
    PageFetched: _page,
    Article: _article,
    ArticleMarked: _marked,
    ArticleExtracted: _extracted,
    StatementMade: _made,
    StatementRecorded: _recorded,
    AlertRaised: _alert,
    DeadLetter: _dead,
}


def _json(event: Message | Ending) -> dict[str, Any]:
    row = event._asdict()
    if isinstance(event, Message):
        try:
            row["body"] = msgspec.json.decode(event.body)
        except msgspec.DecodeError:
            row["body"] = event.body.decode("utf-8", "replace")
    return row
