"""`pantau search` and `pantau statements`: what is in the index."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.text import Text

from pipeline.cli.output import JsonOption, complain, console, day, installation, listing, plain, print_json
from pipeline.news.queries import parse, quote
from pipeline.ports import Hit, Hits
from schemas.documents import FACETS, FAMILIES, AlertDocument, ArticleDocument, StatementDocument, fields

Family = StrEnum("Family", ["articles", "statements", "alerts"])
Row = tuple[Sequence[object], Sequence[Text | str]]
"""A hit in a listing: the facts on its left, the lines on its right."""
Sort = StrEnum("Sort", ["relevance", "newest"])
Kind = StrEnum("Kind", ["direct", "mixed", "indirect"])

LimitOption = Annotated[int, typer.Option(min=1, max=1000, help="Hits of one page.")]
CursorOption = Annotated[str | None, typer.Option(help="Go on after the page that printed this cursor.")]
FacetsOption = Annotated[bool, typer.Option("--facets", help=f"Count the hits by {', '.join(FACETS)}.")]
SortOption = Annotated[Sort, typer.Option(help="Order of the hits.")]

QUERY = 'Lucene syntax: words, "phrases", field:value, wild*cards, [from TO to], AND, OR, NOT, ( ). Empty is all.'


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("search", epilog="Example: pantau search 'gencatan AND outlet:harian published:[2030-05 TO *]'")(search)
    app.command("statements", epilog="Example: pantau statements --speaker stoltenberg --kind direct")(statements)


def search(
    context: typer.Context,
    query: Annotated[str, typer.Argument(help=QUERY)] = "",
    family: Annotated[Family, typer.Option("--in", help="Where to look.")] = Family.articles,
    limit: LimitOption = 20,
    cursor: CursorOption = None,
    sort: SortOption = Sort.relevance,
    facets: FacetsOption = False,
    as_json: JsonOption = False,
) -> None:
    """Search articles, statements or alerts."""
    _show(context, family.value, query, limit, cursor, sort.value, facets, as_json)


def statements(
    context: typer.Context,
    query: Annotated[str, typer.Argument(help=QUERY)] = "",
    speaker: Annotated[str | None, typer.Option(help="Words of the speaker's name.")] = None,
    kind: Annotated[Kind | None, typer.Option(help="Kind of statement.")] = None,
    article: Annotated[str | None, typer.Option(help="Only those of this article (id or URL).")] = None,
    limit: LimitOption = 20,
    cursor: CursorOption = None,
    sort: SortOption = Sort.newest,
    facets: FacetsOption = False,
    as_json: JsonOption = False,
) -> None:
    """List statements: who said what, in which words, where."""
    parse(query, "statements")
    parts = [f"({query})"] if query else []
    parts += [f"speaker:{quote(speaker)}"] if speaker else []
    parts += [f"kind:{kind.value}"] if kind else []
    parts += [f"article:{quote(installation(context).article_id(article))}"] if article else []
    _show(context, "statements", " AND ".join(parts), limit, cursor, sort.value, facets, as_json)


def _show(
    context: typer.Context,
    family: str,
    query: str,
    limit: int,
    cursor: str | None,
    sort: Any,
    facets: bool,
    as_json: bool,
) -> None:
    index = installation(context).search
    found = index.search(family, query, limit=limit, cursor=cursor, sort=sort)
    names = [name for name in FACETS if name in fields(FAMILIES[family])]
    counts = index.facets(family, query, names) if facets else {}
    if as_json:
        hits = [hit._asdict() for hit in found.hits]
        print_json({"total": found.total, "cursor": found.cursor, "hits": hits, "facets": counts})
    elif not found.total:
        complain(f"no {family} found{f' for {query}' if query else ''}: try fewer words, or another --in")
    else:
        print_hits(family, found)
    for name, values in {} if as_json else counts.items():
        console.print(Text(f"{name}: " + ", ".join(f"{plain(value)} {times}" for value, times in values)))
    if not found.total:
        raise typer.Exit(1)


def print_hits(family: str, found: Hits) -> None:
    """Print a page of hits for people."""
    title = f"{found.total} {family if found.total != 1 else family[:-1]}" + (
        f", the first {len(found.hits)}" if found.cursor else ""
    )
    console.print(listing(title, map(VIEWS[family], found.hits)))
    if found.cursor:
        console.print(Text(f"next page: --cursor {found.cursor}", style="dim"), soft_wrap=True)


def marked(hit: Hit, field: str, width: int = 240) -> Text:
    """The text of a field around its first highlight, with what matched in bold."""
    stored = str(getattr(hit.document, field) or "").replace("\n", " ")
    whole = plain(stored)
    text = Text(whole)
    spans = hit.highlights.get(field, []) if whole == stored else []
    for start, end in spans:
        text.stylize("bold yellow", start, end)
    start = _start(whole, spans[0][0] - width // 3) if spans else 0
    cut = text[start : start + width]
    return (Text("…") if start else Text("")) + cut + (Text("…") if start + width < len(text) else Text(""))


def _start(text: str, near: int) -> int:
    """The beginning of a word at or after a place, so that no excerpt begins in the middle of one."""
    return text.find(" ", near, near + 30) + 1 or near if near > 0 else 0


def _article(hit: Hit) -> Row:
    found = hit.document
    assert isinstance(found, ArticleDocument)
    facts = [day(found.published), found.outlet, found.language, found.id]
    title = marked(hit, "title")
    title.stylize("bold")
    return facts, [title, marked(hit, "text")]


def _statement(hit: Hit) -> Row:
    found = hit.document
    assert isinstance(found, StatementDocument)
    state = f"withdrawn {day(found.withdrawn)}" if found.withdrawn else ""
    facts = [day(found.published), found.outlet, f"{found.kind}, {found.novelty}", found.article, state]
    return facts, [_who(found.speaker, found.mention), marked(hit, "text", 400)]


def _alert(hit: Hit) -> Row:
    found = hit.document
    assert isinstance(found, AlertDocument)
    facts = [day(found.raised), found.watch, found.reason, found.article]
    where = Text(f"{plain(found.title)} ({plain(found.outlet or '-')}, {day(found.published)})", style="dim")
    return facts, [_who(found.speaker, None), marked(hit, "text", 400), where]


def _who(speaker: str | None, mention: str | None) -> Text:
    return Text(plain(speaker or f"unknown ({mention or 'unnamed'})"), style="bold")


VIEWS: dict[str, Callable[[Hit], Row]] = {"articles": _article, "statements": _statement, "alerts": _alert}
