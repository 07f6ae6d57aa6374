"""`pantau clean`: the article in one file, and what became of the rest of the page."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from pipeline.adapters import readers
from pipeline.cli.marked import Look, Span, html_page, terminal
from pipeline.cli.onepage import FileArgument, UrlOption, cleaned, facts, item_of, write
from pipeline.cli.output import JsonOption, console, plain, print_json
from schemas.article import Article

LOOKS = (
    Look("kept", "text of the article", "#d7f0da", "#1c4527", "green"),
    Look("field", "in a field of the article", "#d8e8fb", "#1d3a5c", "cyan"),
    Look("removed", "removed", "#fbdcd8", "#5a2420", "red", struck=True),
    Look("outside", "not in the article", "#eceef1", "#262b31", "dim", folded=True),
)
MEANINGS = {
    "title": "the headline",
    "standfirst": "what stands between headline and text",
    "body": "the text",
    "dateline": "the place that the text is dated from",
    "menu": "navigation, buttons, counters",
    "share": "buttons that share or print",
    "teaser": "points to another article",
    "section": "the heading of what follows an article: comments, related, most read",
    "comment-form": "a comment form or a poll",
    "promotion": "newsletter, app, notification or advertisement",
    "rights": "a notice of copyright",
    "caption": "describes a picture; in the field captions",
    "byline": "names who wrote or edited it; in the fields authors and editor",
    "credit": "names a source or a photographer",
    "date": "says when it was published or changed",
    "site-name": "the name of the site behind the headline",
    "duplicate": "repeats the headline or an earlier line",
    "before-article": "stands before the article, and nothing more is known of it",
    "after-article": "stands behind the article, and nothing more is known of it",
    "within-article": "stands between paragraphs and is none",
    "not in article": "the extractor of web pages passed over it",
}
"""What each label says, for the tooltips."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("clean", epilog="Example: pantau clean page.html --explain page-explained.html")(clean)


def clean(
    context: typer.Context,
    file: FileArgument,
    url: UrlOption = None,
    explain: Annotated[
        Path | None, typer.Option(help="Write an HTML file that shows what was kept and removed, and why.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show the article in a page without storing anything. With --explain a terminal shows the marked page too."""
    item = item_of(file)
    article = cleaned(item, url, context)
    if explain:
        _explain(article, item, explain, show=console.is_terminal and not as_json)
    if as_json:
        print_json(article)
    elif not explain:
        _show(article)


def _show(article: Article) -> None:
    console.print(Text(plain(article.title), style="bold"), soft_wrap=True)
    for name, value in facts(article):
        console.print(Text(f"{name}: {plain(value)}", style="dim"), soft_wrap=True)
    for paragraph in ([article.standfirst] if article.standfirst else []) + article.text.split("\n"):
        console.print()
        console.print(Text(plain(paragraph)), soft_wrap=not console.is_terminal)


def _explain(article: Article, item: readers.Item, target: Path, *, show: bool) -> None:
    # Their libraries take longer to load than most commands.
    from pipeline.news.accounting import account  # noqa: PLC0415
    from pipeline.news.pages import page_text  # noqa: PLC0415

    whole = account(article, page_text(item.content, item.media_type, item.charset))
    spans = [Span(one.start, one.end, one.fate.value, one.label, MEANINGS[one.label]) for one in whole.stretches]
    if show:
        console.print(terminal(whole.text, spans, LOOKS), soft_wrap=False)
    write(html_page(article.title or item.name, facts(article), whole.text, spans, LOOKS), target, "--explain")
