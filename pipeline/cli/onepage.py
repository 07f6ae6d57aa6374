"""The one page that `clean` and `explain` are about: read from a file, cleaned, and described, with nothing stored."""

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from pipeline.adapters import readers
from pipeline.cli.output import complain, installation, notes
from pipeline.errors import Misuse, Reject, Unavailable
from schemas.article import Article
from schemas.page import PageFetched

FileArgument = Annotated[
    str, typer.Argument(help="A page as HTML, text or PDF, or what holds one; - is standard input.")
]
UrlOption = Annotated[str | None, typer.Option(help="The address of the page: it may tell date and outlet.")]


def item_of(file: str) -> readers.Item:
    """The one page in a file. Raises Misuse, naming the cure, when there is none or more than one."""
    if file != "-" and not Path(file).exists():
        raise Misuse(f"there is no file {file}: name one that holds a page, or - for standard input")
    found = readers.read(["-" if file == "-" else Path(file)], sys.stdin.buffer)
    first, second = next(found, None), next(found, None)
    if isinstance(first, readers.Refused):
        empty = first.reason is readers.Refusal.EMPTY
        raise Misuse(f"{first.name}: {'it is empty: name a file that holds a page' if empty else first.detail}")
    if first is None or second is not None:
        raise Misuse(f"{file} holds {'no page' if first is None else 'more than one page'}: name a file with one")
    return first


def cleaned(item: readers.Item, url: str | None, context: typer.Context, language: str | None = None) -> Article:
    """The article in a page. Ends the command with code 1 and a sentence when there is none."""
    # Their libraries take longer to load than most commands.
    from pipeline.news.cleaning import clean  # noqa: PLC0415
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
        hints=msgspec.structs.replace(item.hints, language=language) if language else item.hints,
    )
    try:
        return clean(item.content, page)
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


def write(page: str, target: Path, option: str) -> None:
    """Write a page for people. Raises Unavailable when that cannot be done; `option` is what named the file."""
    try:
        target.write_text(page, encoding="utf-8")
    except OSError as error:
        raise Unavailable(f"cannot write {target}: {error.strerror}; name another file with {option}") from error
    notes.print(f"explained in {target}", soft_wrap=True, markup=False)
