"""`pantau ledger merge|split|undo|audit`: people correct what is one utterance; each correction can be taken back."""

from collections.abc import Iterable, Sequence
from typing import Annotated

import typer

from pipeline.adapters.located import closest
from pipeline.cli.installation import Installation
from pipeline.cli.output import JsonOption, complain, console, day, installation, listing, plain, print_json, say
from pipeline.cli.whoever import whoever
from pipeline.errors import Misuse
from pipeline.news import edits, words
from pipeline.news.utterances import Heard
from schemas.catalog import Edit, Seed
from schemas.documents import StatementDocument

Why = Annotated[str, typer.Option("--why", help="The reason, for those who read it later.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("merge", epilog="Example: pantau ledger merge 58ab7f... 9c31d0... --why 'one speech'")(merge)
    app.command("split", epilog="Example: pantau ledger split 58ab7f... 77e0a1... --why 'another speech'")(split)
    app.command("undo", epilog="Example: pantau ledger undo 3f09a2c41b7e")(undo)
    app.command("audit", epilog="Example: pantau ledger audit 58ab7feb5906c9b8fe6ac9d3")(audit)


def merge(
    context: typer.Context,
    one: Annotated[str, typer.Argument(help="The id of the utterance that gives its id to both.")],
    other: Annotated[str, typer.Argument(help="The id of the other one.")],
    why: Why,
    as_json: JsonOption = False,
) -> None:
    """Make one utterance of two of the same speaker. Nobody is alerted for it, and both ids stay known."""
    house = installation(context)
    first, second = _utterance(house, one), _utterance(house, other)
    if first.utterance == second.utterance:
        raise Misuse(f"{one} and {other} are one utterance already")
    if first.speaker_id != second.speaker_id:
        raise Misuse(
            f"{one} is of {first.speaker_id} and {other} of {second.speaker_id}: only what one speaker said can be one"
        )
    names = (first.utterance, *first.former, second.utterance, *second.former)
    carriers = tuple(statement.id for statement in (*first.carriers, *second.carriers))
    _save(house, _edit(house, "merge", why, names, statements=carriers), as_json)


def split(
    context: typer.Context,
    utterance: Annotated[str, typer.Argument(help="The id of the utterance.")],
    statements: Annotated[list[str], typer.Argument(help="Ids of its statements that say something else.")],
    why: Why,
    as_json: JsonOption = False,
) -> None:
    """Make an utterance of their own of some statements; what comes later goes with those that it is most like."""
    house = installation(context)
    heard = _utterance(house, utterance)
    unknown = set(statements).difference(statement.id for statement in heard.carriers)
    if unknown:
        known = f"`pantau utterance {heard.utterance} --json` lists its statements"
        raise Misuse(f"{min(unknown)} is no statement of {heard.utterance}: {known}")
    apart = [statement for statement in heard.carriers if statement.id in statements]
    rest = [statement for statement in heard.carriers if statement.id not in statements]
    if not rest:
        raise Misuse("these are all statements of the utterance: leave out those that it shall keep")
    if any(statement.id == heard.utterance for statement in apart):  # the statement that it is named after stays
        apart, rest = rest, apart
    name = apart[0].id
    names = (heard.utterance, *heard.former)
    _save(house, _edit(house, "split", why, names, name=name, apart=_seeds(apart), rest=_seeds(rest)), as_json)


def undo(
    context: typer.Context,
    event: Annotated[str, typer.Argument(help="The id of a merge, a split or an undo, as `audit` shows it.")],
    why: Why = "",
    as_json: JsonOption = False,
) -> None:
    """Take a correction back; of an undo, let what it took back hold again."""
    house = installation(context)
    made = house.ledger.corrections
    known = {edit.id: edit for edit in made.edits}
    if event not in known:
        raise Misuse(f"there is no correction {event!r}: {closest(event, known) if known else 'there is none yet'}")
    by = edits.undone_by(made).get(event)
    if by:
        raise Misuse(f"{event} was undone by {by}: undo that one to let it hold again")
    _save(house, _edit(house, "undo", why, known[event].utterances, undoes=event), as_json)


def audit(
    context: typer.Context,
    utterance: Annotated[str | None, typer.Argument(help="The id of an utterance; all corrections without it.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show who corrected the ledger, when and why, the newest first."""
    house = installation(context)
    made = house.ledger.corrections
    found = list(made.edits if utterance is None else _about(house, utterance, made.edits))[::-1]
    if not found:
        complain(f"nobody corrected {utterance or 'the ledger'}")
        raise typer.Exit(1)
    if as_json:
        print_json(found)
        return
    undone = edits.undone_by(made)
    rows = (
        ((day(edit.at), edit.id, edit.kind, edit.by), (_what(edit), plain(edit.why), _state(undone.get(edit.id))))
        for edit in found
    )
    console.print(listing("corrections of the ledger", rows))


def _utterance(house: Installation, id: str) -> Heard:
    heard = house.ledger.find(id)
    if heard is None:
        raise Misuse(f"there is no utterance {id!r}: `pantau ledger SPEAKER` shows the ids of what somebody said")
    return heard


def _edit(
    house: Installation,
    kind: str,
    why: str,
    names: Sequence[str],
    **fields: object,
) -> Edit:
    at, by = house.clock.now(), whoever()
    id = words.identity(at.isoformat(), by, kind, *names)[:12]
    known = {"id": id, "at": at, "by": by, "why": why, "kind": kind, "utterances": tuple(names)}
    return Edit(**known, **fields)  # type: ignore[arg-type]


def _seeds(statements: Iterable[StatementDocument]) -> tuple[Seed, ...]:
    """The statements of one side. Of equal wordings one has the text."""
    told: set[tuple[str, str]] = set()
    seeds = []
    for statement in statements:
        text = "" if (statement.language, statement.text) in told else statement.text
        told.add((statement.language, statement.text))
        seeds.append(Seed(statement_id=statement.id, language=statement.language, text=text))
    return tuple(seeds)


def _save(house: Installation, edit: Edit, as_json: bool) -> None:
    house.catalog.save_edit(edit)
    if as_json:
        print_json(edit)
    else:
        say(f"{edit.id}: {edit.kind} {_what(edit)}; `pantau ledger undo {edit.id}` takes it back")


def _about(house: Installation, utterance: str, made: Iterable[Edit]) -> Iterable[Edit]:
    """The corrections that concern an utterance or one of its statements."""
    heard = house.ledger.find(utterance)
    names = {utterance, heard.utterance, *heard.former} if heard else {utterance}
    return (edit for edit in made if not names.isdisjoint(edits.mentioned(edit)))


def _what(edit: Edit) -> str:
    if edit.undoes:
        return edit.undoes
    if edit.kind == "split":
        return f"{edit.name} from {edit.utterances[0]}"
    return " + ".join(edit.utterances)


def _state(undone_by: str | None) -> str:
    return f"undone by {undone_by}" if undone_by else ""
