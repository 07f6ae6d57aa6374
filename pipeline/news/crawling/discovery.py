"""Where a site says what is new: feeds that its pages announce, sitemaps that robots.txt names, its sections."""

import re
import tomllib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Literal, NamedTuple
from urllib.parse import urljoin, urlsplit

from protego import Protego

from pipeline.news.crawling.listings import Listing
from pipeline.news.crawling.opml import free_id
from pipeline.news.crawling.sections import linked, tree
from pipeline.news.crawling.shapes import chosen
from pipeline.news.urls import article_id, outlet, site
from schemas.catalog import Source

_DATA = tomllib.loads(files("pipeline.news.crawling").joinpath("shapes.toml").read_text(encoding="utf-8"))
_SECTIONS = frozenset(_DATA["sections"])
PLACES: Sequence[str] = _DATA["places"]
"""Paths at which feeds and sitemaps usually are."""
SECTIONS_MAX, FEEDS_MAX, SITEMAPS_MAX = 8, 20, 10
RECENT = timedelta(days=3)
WORTH = 0.2
"""The share of its articles that a source has to bring beside those of the sources before it."""
PROPOSED_MAX = 5
_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml")
_FEEDS = re.compile(r"(?:^|[/._=-])(?:rss|feeds?|atom)(?:[/._?-]|$)", re.IGNORECASE)

Kind = Literal["feed", "sitemap", "section"]


class Candidate(NamedTuple):
    """What may be a source, and how it was found: "announced", "linked", "robots.txt", "usual place"."""

    url: str
    kind: Kind
    how: str


class Tried(NamedTuple):
    """A candidate and what came of it: what it lists, or why it lists nothing. `articles` are keys."""

    candidate: Candidate
    title: str | None = None
    articles: frozenset[str] = frozenset()
    recent: int = 0
    newest: datetime | None = None
    why: str | None = None


def announced(content: bytes, charset: str | None, url: str) -> list[Candidate]:
    """The feeds that a page announces or links to, and the sections that it links to."""
    root = tree(content, charset)
    if root is None:
        return []
    feeds = [
        Candidate(address, "feed", "announced")
        for link in root.xpath("//link[@href]")
        if "alternate" in link.get("rel", "").lower() and link.get("type", "").strip().lower() in _TYPES
        if (address := linked(url, link.get("href")))
    ]
    anchors = [
        (address, " ".join(anchor.text_content().split()))
        for anchor in root.xpath("//a[@href]")
        if (address := linked(url, anchor.get("href"))) and site(address) == site(url)
    ]
    feeds += [Candidate(address, "feed", "linked") for address, _ in anchors if _FEEDS.search(urlsplit(address).path)]
    sections = [Candidate(address, "section", "linked") for address, text in anchors if _section(address, text)]
    return [*_once(feeds)[:FEEDS_MAX], *_once(sections)[:SECTIONS_MAX]]


def sitemaps(robots: bytes, url: str) -> list[Candidate]:
    """The sitemaps that a robots.txt names, those of news first."""
    named = Protego.parse(robots[:500_000].decode("utf-8", "replace")).sitemaps
    found = [Candidate(address, "sitemap", "robots.txt") for one in named if (address := linked(url, one))]
    return sorted(_once(found), key=lambda one: "news" not in one.url.lower())[:SITEMAPS_MAX]


def usual(url: str) -> list[Candidate]:
    """Where feeds and sitemaps usually are."""
    return [Candidate(urljoin(url, path), "sitemap" if "sitemap" in path else "feed", "usual place") for path in PLACES]


def tried(candidate: Candidate, listing: Listing, now: datetime) -> Tried:
    """What a candidate is worth by what it lists."""
    items = chosen(listing.items, {}) if listing.kind == "section" else listing.items
    dates = [item.date for item in items if item.date is not None and item.date <= now]
    kind: Kind = "sitemap" if listing.kind == "index" else listing.kind
    why = None if items or listing.parts else "it lists no article"
    return Tried(
        candidate._replace(kind=kind), listing.title, frozenset(article_id(item.url, b"") for item in items),
        sum(now - date <= RECENT for date in dates), max(dates, default=None), why,
    )  # fmt: skip


def proposed(
    found: Iterable[Tried], url: str, language: str | None, name: str | None, taken: Iterable[str]
) -> list[Source]:
    """The sources worth an entry: the richest first, each if it brings articles that those before it do not.

    Section pages are proposed where there is nothing better.
    """
    useful = [one for one in found if one.why is None]
    better = [one for one in useful if one.candidate.kind != "section"] or useful
    ids, known, sources = set(taken), set[str](), list[Source]()
    for one in sorted(better, key=lambda one: (-one.recent, -len(one.articles), one.candidate.url)):
        new = one.articles - known
        if len(sources) >= PROPOSED_MAX or (known and len(new) < max(1, WORTH * len(one.articles))):
            continue
        known |= one.articles
        title = one.title if len(sources) else name or one.title
        host = outlet(url) or url
        site = host if host.replace(".", "").isdecimal() else host.rpartition(".")[0]
        id = free_id(site if not sources else f"{host} {title or ''}", url, ids)
        ids.add(id)
        sources.append(
            Source(id=id, name=title or host, url=one.candidate.url, kind=one.candidate.kind, language=language)
        )
    return sources


def about(content: bytes, charset: str | None) -> tuple[str | None, str | None]:
    """The name and the language that a page states of its site."""
    root = tree(content, charset)
    if root is None:
        return None, None
    names = root.xpath("//meta[@property='og:site_name']/@content") or root.xpath("//title/text()")
    name = " ".join(names[0].split())[:100] if names else None
    language = re.match(r"[a-z]{2,3}(?=-|_|$)", (root.get("lang") or "").strip().lower())
    return name or None, language[0] if language else None


def _section(address: str, text: str) -> bool:
    parts = urlsplit(address)
    if _FEEDS.search(parts.path):
        return False
    segments = [segment for segment in parts.path.lower().split("/") if segment]
    named = segments[-1:] or [(parts.hostname or "").split(".")[0]]
    return len(segments) <= 2 and named[0] in _SECTIONS and len(text.split()) <= 3


def _once(found: Iterable[Candidate]) -> list[Candidate]:
    return list({one.url: one for one in found}.values())
