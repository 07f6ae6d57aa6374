"""`pantau watch preview` and `test`: what a watch would have told, and whether its channels work."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, cast

import typer
from rich.text import Text

from pipeline.adapters.channels import Channels
from pipeline.cli.doctor import host
from pipeline.cli.output import JsonOption, complain, console, day, installation, plain, print_json, say, table
from pipeline.errors import Misuse, PantauError
from pipeline.news import preview as previews
from pipeline.news import words
from pipeline.news.preview import Days, Preview
from pipeline.news.proof import proof
from pipeline.news.utterances import seen
from schemas.alert import AlertRaised
from schemas.catalog import Snapshot, Watch
from schemas.documents import StatementDocument
from schemas.statement import Carrier, Statement, StatementRecorded, Utterance

_SHORT = {"kind": "another kind", "confidence": "too little confidence", "about": "not about this"}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("preview", epilog="Example: pantau watch preview nato --days 30")(preview)
    app.command("test", epilog="Example: pantau watch test nato")(try_channels)


def preview(
    context: typer.Context,
    id: Annotated[str, typer.Argument(help="The id of the watch; it may be paused.")],
    days: Annotated[
        int, typer.Option(min=1, max=3650, help="Days of the ledger, back from its newest statement.")
    ] = 90,
    limit: Annotated[int, typer.Option(min=1, help="Alerts shown at most, the newest first.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """Show what a watch would have told in the last days of the ledger, and what fell just short."""
    house = installation(context)
    snapshot = house.catalog.snapshot()
    watch = _watch(snapshot, id)
    query = previews.query(watch, snapshot)
    statements = [cast(StatementDocument, found) for found in house.search.export("statements", query)]
    about = {hit.id for hit in house.search.export("statements", watch.about)} if watch.about else None
    until = _newest(context) or house.clock.now()
    found = previews.preview(watch, snapshot, statements, Days(until - timedelta(days=days), until), about)
    if as_json:
        print_json(_summary(found))
    else:
        _print(watch, found, limit)


def _newest(context: typer.Context) -> datetime | None:
    hits = installation(context).search.search("statements", "", limit=1, sort="newest").hits
    return seen(cast(StatementDocument, hits[0].document)) if hits else None


def _watch(snapshot: Snapshot, id: str) -> Watch:
    for watch in snapshot.watches:
        if watch.id == id:
            return watch
    raise Misuse(f"there is no watch {id!r}: there are {', '.join(w.id for w in snapshot.watches) or 'none yet'}")


def _summary(found: Preview) -> dict[str, Any]:
    return {
        "since": found.since,
        "until": found.until,
        "heard": found.heard,
        "alerts": [{"at": a.at, "reason": a.reason, "statement": a.statement} for a in found.alerts],
        "a_day": round(found.a_day, 3),
        "busiest": found.busiest,
        "missing": found.missing,
        "nearest": found.nearest,
    }


def _print(watch: Watch, found: Preview, limit: int) -> None:
    busiest = f", {found.busiest[1]} on {found.busiest[0]}, the busiest day" if found.busiest else ""
    say(
        f"watch {watch.id}, {found.since:%Y-%m-%d} to {found.until:%Y-%m-%d}: {len(found.alerts)} alerts of "
        f"{found.heard} statements, {found.a_day:.2f} a day{busiest}"
    )
    rows = [(day(a.at), a.reason, a.statement.speaker, a.statement.text) for a in found.alerts[::-1][:limit]]
    if rows:
        console.print(table("it would have told", ("when", "why", "speaker", "~words"), rows))
    for condition, times in found.missing.items():
        near = [(f"{s.confidence:.2f}", s.kind, s.speaker, s.text) for s in found.nearest[condition]]
        title = f"just short by one condition: {_SHORT[condition]} ({times})"
        console.print(table(title, (">confidence", "kind", "speaker", "~words"), near))


def try_channels(
    context: typer.Context,
    id: Annotated[str, typer.Argument(help="The id of the watch; it may be paused.")],
    as_json: JsonOption = False,
) -> None:
    """Send a sample, marked as one, to every channel of a watch, at once and whatever its quiet hours."""
    house = installation(context)
    watch = _watch(house.catalog.snapshot(), id)
    channels, told = Channels(house.settings.home), dict[str, str]()
    sample = sampled(watch, house.clock.now())
    for channel in dict.fromkeys(watch.channels):
        try:
            channels.send(channel, [sample])
            told[channel] = "took the sample"
        except PantauError as error:
            told[channel] = f"failed: {getattr(error, 'detail', None) or error}"
    if as_json:
        print_json({host(channel): outcome for channel, outcome in told.items()})
    else:
        for channel, outcome in told.items():
            console.print(Text(f"{plain(host(channel))}  {plain(outcome)}"), soft_wrap=not console.is_terminal)
    if not told:
        complain(f"watch {id} names no channel: pantau watch edit {id} --channel feed:")
    if not told or any(outcome.startswith("failed") for outcome in told.values()):
        raise typer.Exit(1)


def sampled(watch: Watch, now: datetime) -> AlertRaised:
    """An alert that says what it is. Nobody said its words."""
    said = "This is a sample: nobody said this, and the watch is not told of anything by it."
    statement = Statement(
        statement_id="sample",
        kind="direct",
        part="body",
        start=0,
        end=len(said),
        text=said,
        speaker="Pantau",
        speaker_id="unknown:sample",
        rule="sample",
        confidence=1.0,
        reasons=("sample",),
        before="Somebody tries this watch: “",
        after="”",
    )
    carrier = Carrier(
        article_id="sample",
        revision=1,
        page="sample",
        title=f"A sample for the watch {watch.name}",
        language="en",
        family="sample",
        fetched_at=now.astimezone(UTC),
    )
    utterance = Utterance(utterance_id="sample", novelty="new", first_seen=now.astimezone(UTC))
    recorded = StatementRecorded(statement=statement, carrier=carrier, utterance=utterance)
    return AlertRaised(
        alert_id=words.identity("sample", watch.id, now.isoformat()),
        watch_id=watch.id,
        watch=watch.name,
        reason="new-utterance",
        why="Somebody asked for a sample with pantau watch test.",
        raised_at=now,
        recorded=recorded,
        channels=watch.channels,
        pace=watch.pace,
        proof=proof(recorded),
        sample=True,
    )
