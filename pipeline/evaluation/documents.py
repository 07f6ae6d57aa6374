"""Articles with a known answer, read from JSON Lines, and the places in them that answers name."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.errors import Misuse, Reject
from pipeline.news.cleaning import clean
from pipeline.news.dates import parse_date
from pipeline.news.language import language_of
from pipeline.news.mapping import page_span
from pipeline.news.pages import page_text
from schemas.article import Article, Part
from schemas.page import PageFetched

FETCHED = datetime(2100, 1, 1, tzinfo=UTC)
"""Articles are read as if fetched then: no date in them lies in the future."""
DOCUMENTS = "docs.jsonl"
_WEB = (".html", ".htm")


@dataclass(frozen=True)
class Document:
    """An article under the name that answers call it by; None when its page gives none.

    text   what offsets of answers count in: the body, or the text of the page
    paged  which of the two
    """

    name: str
    article: Article | None
    text: str
    paged: bool = False

    def place(self, part: Part, start: int, end: int) -> tuple[int, int] | None:
        """Where a stretch of a part stands in what answers count in; None when it is not in that."""
        if not self.paged:
            return (start, end) if part == "body" else None
        return page_span(self.article.maps.get(part, ()), start, end) if self.article else None


def read_documents(folder: Path, named: Iterable[str]) -> list[Document]:
    """What docs.jsonl holds; without it the pages that answers name, in the folder or in one beside or inside it."""
    if (folder / DOCUMENTS).exists():
        return [_document(folder, row, place) for place, row in rows(folder / DOCUMENTS)]
    return [_paged(name, _page(folder, name)) for name in dict.fromkeys(named)]


def _document(folder: Path, row: dict[str, Any], place: str) -> Document:
    try:
        name = str(row["doc"])
        if "page" in row:
            return _paged(name, folder / row["page"])
        made = article_of(name, row, FETCHED)
        return Document(name, made, made.text)
    except (LookupError, TypeError, ValueError) as error:
        raise Misuse(
            f'{place} is no article: write {{"doc": "a1", "text": "…"}} or {{"doc": "a1", "page": "FILE"}} on one line'
        ) from error


def article_of(name: str, row: Mapping[str, Any], fetched: datetime) -> Article:
    """An article whose body is `text` as it stands. Raises KeyError, TypeError or ValueError for a row that is none.

    In `date` stands what a source wrote, and what cannot be read there is no date.
    """
    text, said = row["text"], row.get("published") or row.get("date")
    if not isinstance(text, str):
        raise TypeError(f"text is {type(text).__name__}")
    published = parse_date(str(said)) if said else None
    if row.get("published") and published is None:
        raise ValueError(f"{said} is no date")
    return Article(
        article_id=name,
        revision=1,
        page="",
        media_type="text/plain",
        source="upload",
        fetched_at=fetched,
        title=(row.get("title") or "").strip(),
        text=text,
        language=row.get("language") or language_of(text),
        extractor="",
        outlet=row.get("outlet"),
        published=published.when if published else None,
    )


def _page(folder: Path, name: str) -> Path:
    around = [folder / name, *sorted(folder.glob(f"*/{name}")), *sorted(folder.absolute().parent.glob(f"*/{name}"))]
    return next((path for path in around if path.is_file()), folder / name)


def _paged(name: str, path: Path) -> Document:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Misuse(
            f"cannot read {path}: put the page there, or the article into {DOCUMENTS}, as --help describes"
        ) from error
    page = PageFetched(
        article_id=name,
        revision=1,
        page="",
        media_type="text/html" if path.suffix in _WEB else "text/plain",
        source="upload",
        fetched_at=FETCHED,
    )
    text = page_text(content, page.media_type, None)
    try:
        return Document(name, clean(content, page), text, paged=True)
    except Reject:
        return Document(name, None, text, paged=True)


# --- JSON Lines


def rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each object with its place for complaints. Raises Misuse for a file that cannot be read or holds other things."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise Misuse(f"cannot read {path}: put the file there, in UTF-8, as --help describes") from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield f"{path.name}:{number}", _object(line, f"{path.name}:{number}")


def _object(line: str, place: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise Misuse(f"{place} is no JSON: write one object on each line") from error
    if not isinstance(row, dict):
        raise Misuse(f"{place} is no JSON object: write one object on each line")
    return row
