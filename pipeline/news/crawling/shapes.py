"""Which links of a site lead to articles, by the shapes of their addresses.

A shape is an address with its words, numbers and slugs made alike: "/nasional/2026/11/23/menteri-buka-pasar" and
"/ekonomi/2026/11/22/harga-beras-turun" have one. Whether a shape is that of articles is guessed at first, and then
learned from what the pages that were fetched say of themselves.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from html import unescape
from importlib.resources import files
from urllib.parse import parse_qsl, urlsplit

from pipeline.news.crawling.listings import Listed
from pipeline.news.urls import article_id, canonical_url

Learned = Mapping[str, tuple[int, int]]
"""How many pages of a shape were articles, and how many were not."""

SHAPES_MAX = 300
"""Shapes of a site that are remembered."""
ENOUGH = 3
"""Pages of a shape after which their word counts, and not the guess."""
WORDS_MIN = 4
"""Words of a headline, on average over the links of a shape. What leads to sections has one to three."""
_DATA = tomllib.loads(files("pipeline.news.crawling").joinpath("shapes.toml").read_text(encoding="utf-8"))
_APART = frozenset(_DATA["apart"])
_FILES = re.compile(r"\.(?:jpe?g|png|gif|webp|svg|ico|css|js|mp[34]|zip|xml|json|pdf|docx?|xlsx?)$", re.IGNORECASE)
_HEAD, _READ = 1 << 18, 1 << 21
"""Bytes in which metadata is looked for, and JSON-LD, which may stand at the end of a page."""
_OG_TYPE = re.compile(
    rb"""<meta\b[^>]{0,300}?og:type["'][^>]{0,300}?content\s*=\s*["']\s*([a-z._:-]{1,40})""", re.IGNORECASE
)
_OG_TYPE_BEHIND = re.compile(
    rb"""<meta\b[^>]{0,300}?content\s*=\s*["']\s*([a-z._:-]{1,40})["'][^>]{0,300}?og:type["']""", re.IGNORECASE
)
_TITLE = re.compile(rb"<title\b[^>]{0,200}>([^<]{1,500})", re.IGNORECASE)
_LD_ARTICLE = re.compile(
    rb'"@type"\s*:\s*\[?\s*"(?:[A-Za-z]{0,20}NewsArticle|Article|ReportageNewsArticle|LiveBlogPosting|BlogPosting)"'
)


def shape(url: str) -> str:
    """The shape of an address."""
    parts = urlsplit(canonical_url(url))
    segments = [segment for segment in parts.path.split("/") if segment]
    made = "/".join(_class(segment) for segment in segments)
    keys = sorted({name for name, value in parse_qsl(parts.query) if re.search(r"\d", value)})
    return f"{made}?{'&'.join(keys)}" if keys else made


def promising(made: str) -> bool:
    """Whether a shape looks like that of articles: a slug, a number or a date, and no word of a list of things."""
    path, _, query = made.partition("?")
    classes = path.split("/")
    if any(one in _APART for one in classes) or path in ("", "w"):
        return bool(query) and path in ("", "w", "n")
    return any(one in ("S", "N", "I") for one in classes) or bool(query)


def is_article(made: str, learned: Learned, words: float) -> bool:
    """Whether links of a shape are followed. `words` is how many words their texts have on average."""
    yes, no = learned.get(made, (0, 0))
    if yes + no >= ENOUGH:
        return yes >= no
    return promising(made) and words >= WORDS_MIN


def chosen(links: Sequence[Listed], learned: Learned) -> list[Listed]:
    """Those links of a page that lead to articles, each article once."""
    groups: dict[str, dict[str, Listed]] = {}
    for link in links:
        if _FILES.search(urlsplit(link.url).path):
            continue
        group, key = groups.setdefault(shape(link.url), {}), article_id(link.url, b"")
        if key not in group or len(link.text) > len(group[key].text):
            group[key] = link
    taken = {made for made, group in groups.items() if is_article(made, learned, _words(group.values()))}
    return [link for made, group in groups.items() if made in taken for link in group.values()]


def declares(content: bytes) -> bool | None:
    """Whether a page says that it is an article; None when it does not say what it is."""
    head = content[:_HEAD]
    found = _OG_TYPE.search(head) or _OG_TYPE_BEHIND.search(head)
    if _LD_ARTICLE.search(content[:_READ]) or (found and found[1].lower() == b"article"):
        return True
    return False if found else None


def title(content: bytes) -> str | None:
    """The title of a page, as far as UTF-8 tells; None without one."""
    found = _TITLE.search(content[:_HEAD])
    return (" ".join(unescape(found[1].decode("utf-8", "replace")).split())[:100] or None) if found else None


def learn(learned: Learned, made: str, article: bool) -> dict[str, tuple[int, int]]:
    """What is known after one more page of a shape; the shape that was met longest ago goes when there are too many."""
    yes, no = learned.get(made, (0, 0))
    rest = {name: counts for name, counts in learned.items() if name != made}
    while len(rest) >= SHAPES_MAX:
        del rest[next(iter(rest))]
    return {**rest, made: (yes + article, no + (not article))}


def _words(links: Iterable[Listed]) -> float:
    counts = [len(link.text.split()) for link in links if link.text]
    return sum(counts) / len(counts) if counts else 0.0


def _class(segment: str) -> str:
    """What a part of a path is: Y a year, D a day or month, N a number, S a slug, I a word with a number, w a word."""
    name = re.sub(r"\.(?:s?html?|php|aspx?|cms|ece)$", "", segment, flags=re.IGNORECASE)
    if re.fullmatch(r"(?:19|20)\d\d", name):
        return "Y"
    if name.isdecimal():
        return "D" if len(name) <= 2 else "N"
    if len(re.split(r"[-_+]|%20", name)) >= 3:
        return "S"
    if re.search(r"\d{5}", name):
        return "I"
    return name.lower() if name.lower() in _APART else "w"
