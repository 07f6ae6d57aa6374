"""`pantau ledger`: everything a speaker said, one record per utterance."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Annotated, Any, cast

import typer
from rich.text import Text
from typer.core import TyperGroup

from pipeline.cli import ledger_edits
from pipeline.cli.installation import Installation
from pipeline.cli.output import JsonOption, complain, console, day, installation, listing, plain, print_json
from pipeline.cli.search import Row
from pipeline.errors import BadQuery, Misuse
from pipeline.news.queries import parse, quote
from pipeline.news.utterances import Heard, completed, seen, utterances
from schemas.documents import StatementDocument

OTHERS = 2
"""Other wordings of an utterance that are shown, and versions."""
OF = "of"
"""The command that is meant when none is named."""
NAMES, NEAR = 1000, 3
"""Speakers that are looked through for one who was meant, and how many are named."""


class _SpeakerFirst(TyperGroup):
    """A group whose first word is a speaker unless it is one of its commands."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in (*self.commands, *ctx.help_option_names):
            args = [OF, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_SpeakerFirst,
    no_args_is_help=True,
    help="`pantau ledger SPEAKER`: what somebody said, each utterance once. Its commands correct the ledger.",
)


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    ledger_edits.register(app)
    parent.add_typer(app, name="ledger")


@app.command(OF, epilog="Example: pantau ledger of jens-stoltenberg --about ukraina; `of` may be left out")
def ledger(
    context: typer.Context,
    speaker: Annotated[str, typer.Argument(help="The id of an official or of a speaker, or words of a name.")],
    about: Annotated[str | None, typer.Option(help="A query over the statements.")] = None,
    since: Annotated[str | None, typer.Option(help="From this date on, e.g. 2022-01-17 or now-7d.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Utterances at most, the newest first.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """Show what a speaker said: each utterance once, with all who carried it and in which words."""
    house = installation(context)
    speaking = f"(official:{quote(speaker)} OR speaker_id:{quote(speaker)} OR speaker:{quote(speaker)})"
    query = speaking
    if about:
        parse(about, "statements")
        query += f" AND ({about})"
    if since:
        query += f" AND {_from(since)}"
    wanted = cast(Iterator[StatementDocument], house.search.export("statements", query))
    others = house.ledger.statements(f"{speaking} AND _exists_:former")
    found = utterances(wanted, others, house.ledger.corrections)
    if not found:
        cure = ": see `pantau statements --facets` for the speakers there are"
        complain(f"nothing is recorded of {speaker!r}{also(house, speaker, cure)}")
    shown = completed(found[:limit], house.ledger.copies(found[:limit]))
    if as_json:
        print_json([heard._asdict() for heard in shown])
    elif found:
        _print(shown, len(found))
    if not found:
        raise typer.Exit(1)


def also(house: Installation, speaker: str, cure: str) -> str:
    """Speakers who are called nearly so, for the end of a sentence; the cure when there are none."""
    facets = house.search.facets("statements", "", ("speaker", "speaker_id"), NAMES)
    known = {name.casefold(): name for facet in facets.values() for name, _ in facet}
    near = [known[name] for name in get_close_matches(speaker.casefold(), known, NEAR)]
    return f"; speakers near it are {', '.join(near)}" if near else cure


def _from(since: str) -> str:
    """The condition that statements appeared on this date or later."""
    condition = f"published:[{since} TO *]"
    try:
        parse(condition, "statements")
    except BadQuery as error:
        raise Misuse(f"--since {since!r} is no date: write 2022, 2022-01, 2022-01-17 or now-7d") from error
    return condition


def _print(found: list[Heard], total: int) -> None:
    names = sorted({heard.speaker or heard.speaker_id for heard in found})
    title = f"{', '.join(plain(name) for name in names)}: {total} utterances"
    title += f", the newest {len(found)}" if total > len(found) else ""
    console.print(listing(title, map(_row, found)))


def _row(heard: Heard) -> Row:
    copies = f" ({heard.families} without copies)" if heard.families != heard.articles else ""
    spread = f"{heard.articles} article{'' if heard.articles == 1 else 's'}"
    facts = [day(heard.first_seen), spread, heard.statement.kind, heard.utterance]
    carried = Text(f"in {plain(', '.join(heard.outlets))}{copies}", style="dim")
    return facts, [Text(plain(heard.wording), style="bold"), carried, *_others(heard)]


def _others(heard: Heard) -> list[Text | str]:
    wordings = dict.fromkeys(s.text for s in heard.carriers if s.text != heard.wording)
    also = [f"also: {text}" for text in list(wordings)[:OTHERS]]
    added = [Text(f"+ {plain(' '.join(v.added))} ({seen(v.statement):%d %b})", style="yellow") for v in heard.versions]
    gone = [
        Text(f"withdrawn by {plain(s.outlet or s.article)} ({s.withdrawn:%d %b})", style="red")
        for s in heard.carriers
        if s.withdrawn
    ]
    return [*also, *added[:OTHERS], *gone]
