"""`pantau explain`: who said what in one page, who is named in it, and why we think so."""

import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer
from rich.text import Text

from pipeline.cli.marked import Look, Section, Span, html_page, terminal
from pipeline.cli.onepage import FileArgument, UrlOption, cleaned, facts, item_of, write
from pipeline.cli.output import JsonOption, console, installation, plain, print_json, say
from schemas.article import Article, Entity, Part
from schemas.statement import Statement

if TYPE_CHECKING:
    from pipeline.news.extraction import Extraction

LOOKS = (
    Look("direct", "direct: inside quotation marks", "#d7f0da", "#1c4527", "green"),
    Look("mixed", "mixed: a clause with a quoted fragment", "#f6efc4", "#4a431a", "yellow"),
    Look("indirect", "indirect: a reported clause", "#dfe9fb", "#1f3a63", "blue"),
    Look("cue", "the word that shows it", "#e3e6ea", "#3a414a", "bold"),
    Look("person", "person", "#f9d9ea", "#5b2143", "bold magenta"),
    Look("organisation", "organisation", "#fbe2cc", "#5a3a1a", "bold red"),
    Look("place", "place", "#d4f0f2", "#174a4e", "bold cyan"),
    Look("role", "office", "#e8def8", "#41305f", "bold"),
)
_PARTS: tuple[Part, ...] = ("title", "standfirst", "body")
_Facts = Sequence[tuple[str, str]]


class _Whole(NamedTuple):
    """The parts of an article as one text, and where each begins in it."""

    text: str
    begins: dict[Part, int]

    def span(self, part: Part, start: int, end: int, kind: str, label: str, tip: str) -> Span:
        """A stretch of a part."""
        at = self.begins[part]
        return Span(at + start, at + end, kind, label, tip)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("explain", epilog="Example: pantau explain page.html --out explained.html")(explain)


def explain(
    context: typer.Context,
    file: FileArgument,
    out: Annotated[Path | None, typer.Option(help="Write an HTML file that shows the same.")] = None,
    language: Annotated[str | None, typer.Option(help="The language of the page, when it is told wrongly.")] = None,
    url: UrlOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show who said what in a page and who is named in it, each with its reasons, without storing anything."""
    item = item_of(file)
    article = cleaned(item, url, context, language)
    found = _read(article, context)
    if as_json:
        print_json({"article": article, "entities": found.entities, "statements": found.statements})
    else:
        _show(article, found)
    if out:
        whole = _whole(article)
        page = html_page(
            article.title or item.name, facts(article), whole.text, _spans(whole, found), LOOKS, _sections(found)
        )
        write(page, out, "--out")


def _read(article: Article, context: typer.Context) -> "Extraction":
    from agents.extract import read  # noqa: PLC0415 - its libraries take longer to load than most commands

    house = installation(context)
    return read(article, house.reading_catalog, house.recogniser)


# --- marks


def _whole(article: Article) -> _Whole:
    text, begins = "", dict[Part, int]()
    for part in _PARTS:
        if article.part(part):
            begins[part] = len(text)
            text += f"{article.part(part)}\n"
    return _Whole(text, begins)


def _spans(whole: _Whole, found: "Extraction") -> list[Span]:
    spans = []
    for number, one in enumerate(found.statements, 1):
        tip = f"{one.kind}, by {one.speaker or 'nobody known'}, {one.confidence:.2f}"
        spans.append(whole.span(one.part, one.start, one.end, one.kind, str(number), tip))
        if one.cue_start is not None and one.cue_end is not None:
            spans.append(whole.span(one.part, one.cue_start, one.cue_end, "cue", "", f"the cue of {number}"))
    for entity in found.entities:
        tip = f"{entity.kind}: {entity.name}"
        spans += [whole.span(m.part, m.start, m.end, entity.kind, "", tip) for m in entity.mentions]
    return spans


# --- reasons


@cache
def _words() -> dict[str, dict[str, str]]:
    words: dict[str, dict[str, str]] = tomllib.loads((files("pipeline.cli") / "explained.toml").read_text("utf-8"))
    return words


def _told(kind: str, word: str) -> str:
    """A word of ours, and what it means."""
    meaning = _words()[kind].get(word)
    return f"{word} ({meaning})" if meaning else word


def _about(one: Statement) -> _Facts:
    """What is known of a statement, for people."""
    yes = [
        name for name, held in (("denies something", one.negated), ("holds on a condition", one.conditional)) if held
    ]
    rows = (
        ("speaker", one.speaker or "unknown"),
        ("official", one.official),
        ("named as", one.mention),
        ("because", " → ".join(_told("reasons", reason) for reason in one.reasons)),
        ("rule", _told("rules", one.rule)),
        ("cue", one.cue),
        ("medium", one.medium),
        ("confidence", f"{one.confidence:.2f}"),
        ("said on", one.said_on.isoformat() if one.said_on else None),
        ("place", one.place),
        ("occasion", one.occasion),
        ("note", " and ".join(yes)),
        ("about", ", ".join(one.entities)),
    )
    return [(name, value) for name, value in rows if value]


def _of(entity: Entity) -> _Facts:
    """What is known of an entity, for people."""
    linked = _told("reasons", f"official-{entity.reason}").removeprefix("official-") if entity.reason else None
    rows = (
        ("official", entity.official),
        ("because", linked),
        ("confidence", f"{entity.confidence:.2f}"),
        ("also as", ", ".join(alias for alias in entity.aliases if alias != entity.name)),
        ("office", ", ".join(entity.roles)),
        ("named", f"{len(entity.mentions)} times" if len(entity.mentions) > 1 else "once"),
    )
    return [(name, value) for name, value in rows if value]


def _sections(found: "Extraction") -> list[Section]:
    said = [(f"{number} {one.kind}: {one.text}", _about(one)) for number, one in enumerate(found.statements, 1)]
    named = [(f"{entity.name}, {entity.kind}", _of(entity)) for entity in found.entities]
    return [Section("Statements", said), Section("Named", named)]


# --- terminal


def _show(article: Article, found: "Extraction") -> None:
    whole = _whole(article)
    for name, value in facts(article):
        console.print(Text(f"{name}: {plain(value)}", style="dim"), soft_wrap=not console.is_terminal)
    if console.is_terminal:
        console.print(Text(", ").join(Text(look.kind, style=look.terminal) for look in LOOKS))
    console.print()
    console.print(terminal(whole.text, _spans(whole, found), LOOKS), soft_wrap=not console.is_terminal)
    for section in _sections(found):
        say(f"{section.heading}: {len(section.entries) or 'none'}")
        for name, held in section.entries:
            for line in _lines(name, held):
                console.print(line, soft_wrap=not console.is_terminal)
        console.print()


def _lines(name: str, held: _Facts) -> Iterator[Text]:
    yield Text(plain(name), style="bold")
    for label, value in held:
        yield Text.assemble((f"  {label}: ", "dim"), plain(value))
