"""`pantau versions`: how a page was changed, version by version."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Annotated, Any, NamedTuple

import typer
from rich.text import Text as Styled

from pipeline.cli.installation import Installation
from pipeline.cli.output import JsonOption, complain, console, day, installation, plain, print_json, table
from pipeline.errors import Misuse, Reject
from pipeline.news import versions as compared
from pipeline.news.versions import Text
from schemas.article import Article
from schemas.codec import decode
from schemas.page import PageFetched
from schemas.topics import PAGES_FETCHED
from schemas.version import Changes, Said

SIGNS = {"=": ("", "", ""), "-": ("[-", "-]", "red"), "+": ("{+", "+}", "green")}
"""How stretches that stayed, went and came are shown, in a file as well as in colour."""
KINDS = {
    "form": "no correction: white space, dates or counters",
    "correction": "correction",
    "extended": "extended",
    "shortened": "shortened: a paywall, or its end was cut off",
}
DiffOption = Annotated[
    tuple[int, int] | None, typer.Option(metavar="OLD NEW", help="Compare these two versions.", show_default="last two")
]


class Version(NamedTuple):
    """A version of a page. `article` is None, and `why` says so, when it cannot be cleaned."""

    page: PageFetched
    article: Article | None
    why: str = ""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("versions", epilog="Example: pantau versions https://harian.example/berita/123 --diff 1 2")(versions)


def versions(
    context: typer.Context,
    article: Annotated[str, typer.Argument(help="An article id or its URL.")],
    diff: DiffOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the versions of a page and show what was changed: its text, and who said what in it.

    The pages are read from the page store and cleaned anew.
    """
    house = installation(context)
    found = list(_versions(house, house.article_id(article)))
    if not found:
        complain(f"no page of article {article!r} is known: ids are shown by `pantau search`")
        raise typer.Exit(1)
    pair = _pair(found, diff)
    changes = _compared(*pair, house) if pair else None
    if as_json:
        print_json({"versions": [_json(version, found) for version in found], "changes": changes})
        return
    console.print(table(f"{len(found)} versions", ("version", "fetched", ">words", "change", "title"), _rows(found)))
    if pair and changes:
        _print(*pair, changes)


def _versions(house: Installation, id: str) -> Iterator[Version]:
    messages, _ = house.broker.history(id)
    pages = (decode(m.body, m.schema, PageFetched) for m in messages if m.topic == PAGES_FETCHED.name)
    for page in sorted({page.revision: page for page in pages}.values(), key=lambda page: page.revision):
        yield _cleaned(page, house)


def _cleaned(page: PageFetched, house: Installation) -> Version:
    from pipeline.news.cleaning import clean  # noqa: PLC0415 - its libraries take longer than most commands

    try:
        return Version(page, clean(house.pages.get(page.page), page))
    except KeyError:
        return Version(page, None, f"the page store has no page {page.page} any more")
    except Reject as error:
        return Version(page, None, error.detail)


def _pair(found: Sequence[Version], asked: tuple[int, int] | None) -> tuple[Article, Article] | None:
    """The versions to compare. Raises Misuse for one that there is not."""
    readable = {version.page.revision: version.article for version in found if version.article}
    if asked:
        missing = [number for number in asked if number not in readable]
        if missing:
            there = ", ".join(map(str, readable)) or "none"
            raise Misuse(f"version {missing[0]} cannot be compared: those that can be read are {there}")
        return readable[asked[0]], readable[asked[1]]
    last = list(readable.values())[-2:]
    return (last[0], last[1]) if len(last) > 1 else None


def _compared(old: Article, new: Article, house: Installation) -> Changes:
    from agents.extract import read  # noqa: PLC0415 - as in `_cleaned`

    one, other = (Text(each, read(each, house.catalog, house.recogniser).statements) for each in (old, new))
    return compared.compare(one, other, new.fetched_at)


def _before(version: Version, found: Sequence[Version]) -> Article | None:
    earlier = [one.article for one in found if one.article and one.page.revision < version.page.revision]
    return earlier[-1] if earlier else None


def _change(version: Version, found: Sequence[Version]) -> Changes | None:
    """What a version changes against the one before, without its statements."""
    before = _before(version, found)
    if before is None or version.article is None:
        return None
    return compared.compare(Text(before), Text(version.article), version.page.fetched_at)


def _rows(found: Sequence[Version]) -> Iterator[tuple[object, ...]]:
    for version in found:
        page, article, changes = version.page, version.article, _change(version, found)
        size = len(article.text.split()) if article else None
        yield page.revision, day(page.fetched_at), size, _told(changes), article.title if article else version.why


def _told(changes: Changes | None) -> str:
    if changes is None:
        return ""
    if changes.kind == "form":
        return KINDS["form"]
    counts = {
        "changed": changes.paragraphs_changed,
        "added": changes.paragraphs_added,
        "removed": changes.paragraphs_removed,
    }
    said = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    words = f"+{changes.words_added} -{changes.words_removed} words"
    return f"{KINDS[changes.kind]}; paragraphs: {said}; {words}"


def _json(version: Version, found: Sequence[Version]) -> dict[str, Any]:
    page, article = version.page, version.article
    return {
        "revision": page.revision,
        "page": page.page,
        "fetched_at": page.fetched_at,
        "title": article.title if article else None,
        "unreadable": version.why or None,
        "changes": _change(version, found),
    }


def _print(old: Article, new: Article, changes: Changes) -> None:
    console.print(Styled(f"\nversion {old.revision} -> {new.revision}: {_told(changes)}", style="bold"))
    before, after = _lines(old), _lines(new)
    for step in compared.steps(before, after):
        for here, there in zip_longest(step.old, step.new):
            gone, came = before[here] if here is not None else "", after[there] if there is not None else ""
            console.print(_paragraph(gone, came), soft_wrap=not console.is_terminal)
    said = [("-", one, "") for one in changes.removed] + [("+", one, "") for one in changes.added]
    said += [("=", pair.after, _speaker(pair.before, pair.after)) for pair in changes.reworded]
    if said:
        console.print(Styled("\nstatements", style="bold"))
    for sign, one, note in said:
        words = {"-": "removed", "+": "added", "=": "reworded"}[sign]
        line = f"{words}: {one.speaker or 'unknown'}{note}: {one.text}"
        console.print(Styled(plain(line), style=SIGNS[sign][2]), soft_wrap=not console.is_terminal)


def _lines(article: Article) -> list[str]:
    return [article.title, article.standfirst or "", *article.text.split("\n")]


def _speaker(before: Said, after: Said) -> str:
    return "" if before.speaker == after.speaker else f" (before: {before.speaker or 'unknown'})"


def _paragraph(old: str, new: str) -> Styled:
    text = Styled("  ")
    for sign, piece in compared.word_diff(old, new):
        before, after, style = SIGNS[sign]
        text.append(f"{before}{plain(piece)}{after} ", style=style)
    return text
