"""`pantau ledger`: everything a speaker said, one record per utterance."""

from typing import Annotated, cast

import typer
from rich.text import Text

from pipeline.cli.output import JsonOption, complain, console, day, installation, plain, print_json, table
from pipeline.news.queries import quote
from pipeline.news.utterances import Heard, seen, utterances
from schemas.documents import StatementDocument


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("ledger", epilog="Example: pantau ledger jens-stoltenberg --about ukraina --since 2022-01-01")(ledger)


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
    query = f"(official:{quote(speaker)} OR speaker_id:{quote(speaker)} OR speaker:{quote(speaker)})"
    query += f" AND ({about})" if about else ""
    query += f" AND published:[{since} TO *]" if since else ""
    found = utterances(cast(StatementDocument, document) for document in house.search.export("statements", query))
    if as_json:
        print_json([heard._asdict() for heard in found[:limit]])
    elif not found:
        complain(f"nothing is recorded of {speaker!r}: see `pantau statements --facets` for the speakers there are")
    else:
        _print(found[:limit], len(found))
    if not found:
        raise typer.Exit(1)


def _print(found: list[Heard], total: int) -> None:
    names = sorted({heard.speaker or heard.speaker_id for heard in found})
    console.print(Text(f"{', '.join(plain(name) for name in names)}: {total} utterances", style="bold"))
    rows = [
        (
            day(heard.first_seen),
            heard.wording,
            f"{heard.articles} ({heard.families})",
            ", ".join(heard.outlets),
            _others(heard),
            heard.utterance,
        )
        for heard in found
    ]
    console.print(
        table("", ("first seen", "wording", ">articles (texts)", "outlets", "other wordings", "utterance"), rows)
    )


def _others(heard: Heard) -> str:
    wordings = dict.fromkeys(s.text for s in heard.carriers if s.text != heard.wording)
    lines = [f"{text[:80]}" for text in list(wordings)[:2]]
    added = [f"+ {' '.join(s.added)} ({seen(s):%d %b})" for s in heard.carriers if s.added]
    return "\n".join(lines + added[:2])
