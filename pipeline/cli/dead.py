"""`pantau dead`: what could not be handled, why, and another try."""

from collections import Counter
from typing import Annotated, Any

import msgspec
import typer
from rich.text import Text

from pipeline.cli.output import JsonOption, complain, console, day, installation, plain, print_json, say, table
from pipeline.runners import operations
from pipeline.runners.operations import Letter

app = typer.Typer(help="Dead letters: list them, look at one, hand them in again.", no_args_is_help=True)

StageOption = Annotated[str | None, typer.Option("--stage", help="Only those of this agent, e.g. clean.")]
ReasonOption = Annotated[str | None, typer.Option("--reason", help="Only those with this reason, e.g. no-article.")]


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    parent.add_typer(app, name="dead")


def _letters(context: typer.Context, stage: str | None, reason: str | None) -> list[Letter]:
    return list(operations.dead_letters(installation(context).broker, stage, reason))


def _json(letter: Letter) -> dict[str, Any]:
    return {"number": letter.number, "replayed": letter.replayed, **msgspec.to_builtins(letter.letter)}


@app.command("list", epilog="Example: pantau dead list --stage clean")
def show_all(
    context: typer.Context,
    stage: StageOption = None,
    reason: ReasonOption = None,
    limit: Annotated[int, typer.Option(min=1, help="Dead letters at most, the newest of them.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """List dead letters, oldest first."""
    letters = _letters(context, stage, reason)
    if as_json:
        print_json([_json(letter) for letter in letters])
        return
    rows = [
        (n, day(x.at), x.agent, x.reason, x.error.strip().splitlines()[-1][:80] if x.error else "", x.trace, done)
        for n, x, done in ((n, x, "yes" if done else "") for n, x, done in letters[-limit:])
    ]
    if not rows:
        say("no dead letters" + (" of this stage and reason" if stage or reason else ""))
        return
    columns = (">no", "when", "stage", "reason", "what", "article", "replayed")
    console.print(table(f"{len(letters)} dead letters", columns, rows))
    counts = Counter(f"{x.letter.agent}: {x.letter.reason}" for x in letters)
    for kind, times in counts.most_common():
        console.print(f"{times:6}  {kind}")


@app.command("show", epilog="Example: pantau dead show 3")
def show_one(
    context: typer.Context, number: Annotated[int, typer.Argument(help="Its number.")], as_json: JsonOption = False
) -> None:
    """Show one dead letter whole."""
    found = [letter for letter in _letters(context, None, None) if letter.number == number]
    if not found:
        complain(f"there is no dead letter {number}: see `pantau dead list`")
        raise typer.Exit(1)
    if as_json:
        print_json(_json(found[0]))
        return
    letter = found[0].letter
    for name in ("agent", "reason", "topic", "offset", "key", "trace", "attempts", "schema"):
        console.print(Text(f"{name:9} {plain(str(getattr(letter, name)))}"))
    console.print(Text(f"when      {day(letter.at)}\n\n{plain(letter.error)}\n"))
    console.print(Text(plain(letter.original.decode("utf-8", "replace")[:4000])))


@app.command("replay", epilog="Example: pantau dead replay --stage clean --reason step-failed")
def replay(
    context: typer.Context,
    numbers: Annotated[list[int] | None, typer.Argument(help="Their numbers; none means all that are chosen.")] = None,
    stage: StageOption = None,
    reason: ReasonOption = None,
    as_json: JsonOption = False,
) -> None:
    """Hand dead letters to their agents again. Each is replayed once; one that fails again is a new dead letter."""
    house = installation(context)
    letters = [x for x in _letters(context, stage, reason) if not numbers or x.number in numbers]
    count = operations.replay(house.broker, letters, house.clock)
    if as_json:
        print_json({"replayed": count})
    elif count:
        say(f"{count} handed in again: `{house.program}` takes them up")
    for number in sorted(set(numbers or ()) - {x.number for x in letters}):
        complain(f"there is no dead letter {number}{' of these' if stage or reason else ''}: see `pantau dead list`")
    if not count:
        complain(
            "all of them were handed in already: what failed again is a new dead letter"
            if letters
            else "no dead letter is chosen: see `pantau dead list`"
        )
        raise typer.Exit(1)
