"""What a web page states about its article: JSON-LD and meta elements, for metadata only.

JSON-LD dates are right 99 times of 100 where they exist; dates that are guessed from the text are wrong 13 times, so
each date carries its source and a confidence.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pipeline.news.dates import Found, find_dates, parse_date, plausible, url_date
from pipeline.news.draft import DateSource, Published
from pipeline.news.markup import Markup

_NODES_MAX = 2000
"""JSON values of a page that are looked at."""
_PUBLISHED = (
    "article:published_time", "og:article:published_time", "og:published_time", "datepublished", "publishdate",
    "publish-date", "pubdate", "publication_date", "published_time", "parsely-pub-date", "sailthru.date",
    "cxenseparse:recs:publishtime", "content_publisheddate", "dc.date.issued", "dcterms.created", "dc.date",
    "dcterms.date", "article.published", "article:created", "date",
)  # fmt: skip
_MODIFIED = ("article:modified_time", "og:updated_time", "datemodified", "lastmod", "last-modified", "dcterms.modified")
_CONFIDENCE: dict[str, float] = {"json-ld": 0.99, "meta": 0.95, "url": 0.8, "time": 0.8, "line": 0.6, "guess": 0.4}


@dataclass(frozen=True)
class Stated:
    """The fields of the article node in JSON-LD. `locked`: it is not accessible for free, or a part of it is not."""

    headline: str | None = None
    published: str | None = None
    modified: str | None = None
    authors: tuple[str, ...] = ()
    section: str | None = None
    publisher: str | None = None
    image: str | None = None
    locked: bool = False


def stated(markup: Markup) -> Stated:
    """The first node with a headline and a date, else the first with a date."""
    dated = [node for script in markup.json_ld for node in _nodes(script) if _text(node.get("datePublished"))]
    articles = [node for node in dated if _text(node.get("headline"))]
    node = (articles or dated or [{}])[0]
    return Stated(
        headline=_text(node.get("headline")),
        published=_text(node.get("datePublished")),
        modified=_text(node.get("dateModified")),
        authors=tuple(dict.fromkeys(_names(node.get("author")))),
        section=_text(node.get("articleSection")),
        publisher=next(_names(node.get("publisher")), None),
        image=_image(node.get("image")),
        locked=any(_locked(part) for part in _parts(node)),
    )


def _nodes(script: str) -> Iterator[dict[str, Any]]:
    try:
        queue = [json.loads(script, strict=False)]
    except (ValueError, RecursionError):
        return  # broken JSON-LD is common; the page has other places that say the same
    for _ in range(_NODES_MAX):
        if not queue:
            return
        value = queue.pop(0)
        if isinstance(value, dict):
            yield value
            queue += [inner for inner in value.values() if isinstance(inner, dict | list)]
        elif isinstance(value, list):
            queue += value[:_NODES_MAX]


def _text(value: Any) -> str | None:
    value = value[0] if isinstance(value, list) and value else value
    return " ".join(value.split()) or None if isinstance(value, str) else None


def _names(value: Any) -> Iterator[str]:
    for item in value if isinstance(value, list) else [value]:
        name = _text(item.get("name")) if isinstance(item, dict) else _text(item)
        if name and len(name) <= 80 and "://" not in name:
            yield name


def _image(value: Any) -> str | None:
    value = value[0] if isinstance(value, list) and value else value
    return _text(value.get("url")) if isinstance(value, dict) else _text(value)


def _parts(node: dict[str, Any]) -> list[dict[str, Any]]:
    """The node and its parts, of which publishers mark those that are for subscribers.

    https://developers.google.com/search/docs/appearance/structured-data/paywalled-content
    """
    parts = node.get("hasPart")
    found = parts if isinstance(parts, list) else [parts]
    return [node, *(part for part in found if isinstance(part, dict))]


def _locked(part: dict[str, Any]) -> bool:
    value = part.get("isAccessibleForFree")
    return value is False or (isinstance(value, str) and value.lower().rsplit("/", 1)[-1] in ("false", "no"))


# --- dates


def published(markup: Markup, node: Stated, url: str | None, lines: str, fetched_at: datetime) -> Published | None:
    """The most trusted date: JSON-LD, meta, the URL, a time element, the first date in the visible text.

    A day in the URL takes its time of day from the page when the page states one for the same day.
    """
    for source, texts in (("json-ld", [node.published]), ("meta", [*_metas(markup, _PUBLISHED), *markup.dated])):
        for text in texts:
            found = plausible(parse_date(text), fetched_at) if text else None
            if found:
                return _as(found, "json-ld" if source == "json-ld" else "meta", source)
    shown = _shown(markup, lines, fetched_at)
    day = plausible(url_date(url), fetched_at) if url else None
    if day and not (shown and _near(shown[0], day)):
        return _as(day, "url", "url")
    return _as(shown[0], "text", "url" if day else shown[1]) if shown else None


def modified(markup: Markup, node: Stated, fetched_at: datetime) -> datetime | None:
    """When it was changed last, as JSON-LD or meta elements say."""
    for text in (node.modified, *_metas(markup, _MODIFIED)):
        found = plausible(parse_date(text), fetched_at) if text else None
        if found:
            return found.when
    return None


def _as(found: Found, source: DateSource, trust: str) -> Published:
    return Published(found.when, found.precision, source, _CONFIDENCE[trust])


def _metas(markup: Markup, names: tuple[str, ...]) -> list[str]:
    return [markup.metas[name] for name in names if name in markup.metas]


def _shown(markup: Markup, lines: str, fetched_at: datetime) -> tuple[Found, str] | None:
    """The date that readers see, and how it was found: in a time element, else with a time of day in the text."""
    dates = [plausible(parse_date(text), fetched_at) for text in markup.times[:3]]
    for date in dates:
        if date:
            return date, "time"
    minutes = (plausible(found, fetched_at) for found in find_dates(lines) if found.precision == "minute")
    line = next((found for found in minutes if found), None)
    return (line, "line") if line else None


def _near(shown: Found, day: Found) -> bool:
    """Whether a shown time lies on the day of the URL, give or take the zones."""
    return timedelta(hours=-14) <= shown.when - day.when <= timedelta(hours=38)
