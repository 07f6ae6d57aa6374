"""`pantau search` and `pantau statements`: what is in the index."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.text import Text

from pipeline.cli.output import JsonOption, console, day, installation, plain, print_json, table
from pipeline.news.queries import quote
from pipeline.ports import Hit, Hits
from schemas.documents import FACETS, FAMILIES, AlertDocument, ArticleDocument, StatementDocument, fields

Family = StrEnum("Family", ["articles", "statements", "alerts"])
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
        print_json(
            {
                "total": found.total,
                "cursor": found.cursor,
                "hits": [hit._asdict() for hit in found.hits],
                "facets": counts,
            }
        )
        return
    _print(family, found)
    for name, values in counts.items():
        console.print(Text(f"{name}: " + ", ".join(f"{plain(value)} {times}" for value, times in values)))


def _print(family: str, found: Hits) -> None:
    columns, row = VIEWS[family]
    console.print(table(f"{found.total} {family}", columns, [row(hit) for hit in found.hits]))
    if found.cursor:
        console.print(Text(f"next page: --cursor {found.cursor}", style="dim"))


def marked(hit: Hit, field: str, width: int = 160) -> Text:
    """The text of a field around its first highlight, with what matched in bold."""
    whole = plain(str(getattr(hit.document, field) or "")).replace("\n", " ")
    text = Text(whole)
    spans = hit.highlights.get(field, []) if whole == getattr(hit.document, field).replace("\n", " ") else []
    for start, end in spans:
        text.stylize("bold yellow", start, end)
    start = max(0, spans[0][0] - width // 3) if spans else 0
    cut = text[start : start + width]
    return (Text("…") if start else Text("")) + cut + (Text("…") if start + width < len(text) else Text(""))


def _article(hit: Hit) -> Sequence[object]:
    found = hit.document
    assert isinstance(found, ArticleDocument)
    return (day(found.published), found.outlet, found.language, marked(hit, "title"), marked(hit, "text"), found.id)


def _statement(hit: Hit) -> Sequence[object]:
    found = hit.document
    assert isinstance(found, StatementDocument)
    who = found.speaker or f"? ({found.mention or 'unnamed'})"
    return (day(found.published), who, found.kind, marked(hit, "text", 300), found.outlet, found.novelty, found.article)


def _alert(hit: Hit) -> Sequence[object]:
    found = hit.document
    assert isinstance(found, AlertDocument)
    return (
        day(found.raised),
        found.watch,
        found.reason,
        found.speaker,
        marked(hit, "text", 300),
        found.outlet,
        found.id,
    )


VIEWS: dict[str, tuple[Sequence[str], Callable[[Hit], Sequence[object]]]] = {
    "articles": (("published", "outlet", "lang", "title", "text", "id"), _article),
    "statements": (("published", "speaker", "kind", "statement", "outlet", "novelty", "article"), _statement),
    "alerts": (("raised", "watch", "reason", "speaker", "statement", "outlet", "id"), _alert),
}
