"""`pantau clean`: the article in one file, and what became of the rest of the page."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from pipeline.adapters import readers
from pipeline.cli.marked import Look, Span, html_page, terminal
from pipeline.cli.output import JsonOption, complain, console, installation, notes, plain, print_json
from pipeline.errors import Misuse, Reject, Unavailable
from schemas.article import Article
from schemas.page import PageFetched

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
    file: Annotated[str, typer.Argument(help="A page as HTML, text or PDF, or what holds one; - is standard input.")],
    url: Annotated[str | None, typer.Option(help="The address of the page: it may tell date and outlet.")] = None,
    explain: Annotated[
        Path | None, typer.Option(help="Write an HTML file that shows what was kept and removed, and why.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show the article in a page without storing anything. With --explain a terminal shows the marked page too."""
    item = _item(file)
    article = _cleaned(item, url, context)
    if explain:
        _explain(article, item, explain, show=console.is_terminal and not as_json)
    if as_json:
        print_json(article)
    elif not explain:
        _show(article)


def _item(file: str) -> readers.Item:
    """The one page in a file."""
    found = readers.read(["-" if file == "-" else Path(file)], sys.stdin.buffer)
    first, second = next(found, None), next(found, None)
    if isinstance(first, readers.Refused):
        raise Misuse(f"{first.name}: {first.detail}")
    if first is None or second is not None:
        raise Misuse(f"{file} holds {'no page' if first is None else 'more than one page'}: name a file with one")
    return first


def _cleaned(item: readers.Item, url: str | None, context: typer.Context) -> Article:
    # Their libraries take longer to load than most commands.
    from pipeline.news.cleaning import clean as cleaned  # noqa: PLC0415
    from pipeline.news.urls import article_id  # noqa: PLC0415

    page = PageFetched(
        article_id=article_id(url or item.url, item.content),
        revision=1,
        page="",
        media_type=item.media_type,
        source="upload",
        fetched_at=item.fetched_at or installation(context).clock.now(),
        charset=item.charset,
        url=url or item.url,
        name=item.name,
        hints=item.hints,
    )
    try:
        return cleaned(item.content, page)
    except Reject as reject:
        complain(f"{item.name} gives no article ({reject.reason.value}): {reject.detail}")
        raise typer.Exit(1) from reject


def facts(article: Article) -> list[tuple[str, str]]:
    """What is known of an article beside its text, for people."""
    when = f"{article.published.isoformat(' ', 'minutes')} from {article.published_source}" if article.published else ""
    rows = (
        ("outlet", article.outlet),
        ("published", when),
        ("authors", ", ".join(article.authors)),
        ("editor", article.editor),
        ("dateline", article.dateline),
        ("section", article.section),
        ("captions", " · ".join(article.captions)),
        ("language", article.language),
        ("quality", f"{article.quality:.2f} by {article.extractor}"),
        ("address", article.url),
    )
    return [(name, value) for name, value in rows if value]


def _show(article: Article) -> None:
    console.print(Text(plain(article.title), style="bold"), soft_wrap=True)
    for name, value in facts(article):
        console.print(Text(f"{name}: {plain(value)}", style="dim"), soft_wrap=True)
    for paragraph in ([article.standfirst] if article.standfirst else []) + article.text.split("\n"):
        console.print()
        console.print(Text(plain(paragraph)), soft_wrap=not console.is_terminal)


def _explain(article: Article, item: readers.Item, target: Path, *, show: bool) -> None:
    from pipeline.news.accounting import account  # noqa: PLC0415 - as above
    from pipeline.news.pages import page_text  # noqa: PLC0415 - as above

    whole = account(article, page_text(item.content, item.media_type, item.charset))
    spans = [Span(one.start, one.end, one.fate.value, one.label, MEANINGS[one.label]) for one in whole.stretches]
    if show:
        console.print(terminal(whole.text, spans, LOOKS), soft_wrap=False)
    page = html_page(article.title or item.name, facts(article), whole.text, spans, LOOKS)
    try:
        target.write_text(page, encoding="utf-8")
    except OSError as error:
        raise Unavailable(f"cannot write {target}: {error.strerror}; name another file with --explain") from error
    notes.print(f"explained in {target}", soft_wrap=True)
