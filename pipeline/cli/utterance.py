"""`pantau utterance`: the whole record of one utterance, on one screen."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Any

import typer
from rich.text import Text

from pipeline.cli.ledger import also
from pipeline.cli.output import JsonOption, complain, console, day, installation, plain, print_json
from pipeline.cli.versions import SIGNS
from pipeline.news.comparison import Step
from pipeline.news.utterances import Disputed, Heard, Version, Worded, disputed, seen, wordings
from schemas.documents import StatementDocument

SHOWN = 8
"""Wordings, versions, contradictions and withdrawals that are shown at most, each; `--json` has all."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("utterance", epilog="Example: pantau utterance 58ab7feb5906c9b8fe6ac9d3")(utterance)


def utterance(
    context: typer.Context,
    id: Annotated[str, typer.Argument(help="The id of an utterance, a former one, or that of one of its statements.")],
    as_json: JsonOption = False,
) -> None:
    """Show an utterance: its wordings, word by word against the fullest one, who carried it, and what was added.

    Words of the fullest wording that another leaves out are shown as [-so-], words that it has instead or beside as
    {+so+}.
    """
    house = installation(context)
    found = house.ledger.find(id)
    if found is None:
        near = also(house, id, "")
        complain(f"there is no utterance {id!r}{near}: `pantau ledger SPEAKER` shows the ids of what somebody said")
    if as_json:
        print_json(_json(found) if found else {})
    elif found:
        for line in _screen(found):
            console.print(line, soft_wrap=not console.is_terminal)
    if found is None:
        raise typer.Exit(1)


def _json(heard: Heard) -> dict[str, Any]:
    told = heard._asdict()
    told["wordings"] = [worded._asdict() | {"steps": [s._asdict() for s in worded.steps]} for worded in wordings(heard)]
    told["versions"] = [version._asdict() for version in heard.versions]
    told["contradictions"] = [
        {**one.contradiction._asdict(), "outlets": one.outlets, "others": one.others} for one in disputed(heard)
    ]
    return told


def _screen(heard: Heard) -> Iterator[Text]:
    first, known = heard.carriers[0], wordings(heard)
    yield Text(plain(f"{heard.speaker or heard.speaker_id}  {heard.utterance}"), style="bold cyan")
    yield Text(plain(heard.wording), style="bold")
    said = f"; said on {heard.said_on}" if heard.said_on else ""
    yield Text(plain(f"{heard.statement.kind}{said}; first seen {day(heard.first_seen)} in {_where(first)}"))
    copies = f", {heard.families} without copies" if heard.families != heard.articles else ""
    yield Text(plain(f"carried by {heard.articles} articles{copies}: {', '.join(heard.outlets) or '-'}"))
    if heard.former:
        yield Text(f"former ids: {', '.join(heard.former)}", style="dim")
    yield from _part("wordings", (_wording(heard, worded) for worded in known[1:]), len(known) - 1)
    yield from _part("versions", map(_version, heard.versions), len(heard.versions))
    contradictions = disputed(heard)
    yield from _part("contradictions", map(_dispute, contradictions), len(contradictions))
    gone = [statement for statement in heard.carriers if statement.withdrawn]
    yield from _part("withdrawn", map(_withdrawal, gone), len(gone))


def _part(title: str, lines: Iterable[Text], count: int) -> Iterator[Text]:
    if count:
        yield Text(f"\n{title}", style="bold")
        yield from (line for _, line in zip(range(SHOWN), lines))
    if count > SHOWN:
        yield Text(f"  and {count - SHOWN} more: --json has all", style="dim")


def _wording(heard: Heard, worded: Worded) -> Text:
    outlets = ", ".join(dict.fromkeys(_outlet(statement) for statement in worded.carriers))
    line = Text(plain(f"  {worded.relation} ({outlets}, {seen(worded.carriers[0]):%d %b}): "), style="dim")
    if worded.relation == "translated":
        return line.append(plain(worded.text), style="default not dim")
    for step in worded.steps:
        line.append_text(_step(heard.wording, worded.text, step))
    line.rstrip()
    return line


def _step(one: str, other: str, step: Step) -> Text:
    gone, came = one[step.start : step.end], other[step.other_start : step.other_end]
    text = Text()
    if step.operation == "kept":
        return text.append(f"{plain(came)} ", style="not dim")
    for sign, words in (("-", gone), ("+", came)):
        before, after, style = SIGNS[sign]
        if words:
            text.append(f"{before}{plain(words)}{after} ", style=f"not dim {style}")
    return text


def _version(version: Version) -> Text:
    where = _where(version.statement)
    return Text(plain(f"  + {' '.join(version.added)} ({where}, {seen(version.statement):%d %b})"), style="green")


def _dispute(found: Disputed) -> Text:
    about, one, other = found.contradiction
    sides = [f'"{words or "-"}" in {", ".join(names) or "-"}' for words, names in zip((one, other), found[1:])]
    return Text(plain(f"  {about}: {' | '.join(sides)}"), style="yellow")


def _withdrawal(statement: StatementDocument) -> Text:
    return Text(plain(f"  {_where(statement)} no longer says so since {statement.withdrawn:%d %b %Y}"), style="red")


def _where(statement: StatementDocument) -> str:
    return f"{_outlet(statement)} ({statement.url or statement.article})"


def _outlet(statement: StatementDocument) -> str:
    return statement.outlet or statement.article
