"""What the head of a web page says of its article, and what trafilatura guesses where it says nothing."""

import re
from collections.abc import Iterator
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import urljoin, urlsplit

import trafilatura

from pipeline.news.bylines import names_in
from pipeline.news.dates import AHEAD, FIRST_PAGE, parse_date, plausible
from pipeline.news.draft import Published
from pipeline.news.lines import count_words
from pipeline.news.markup import Markup
from pipeline.news.metadata import Stated, published
from pipeline.news.textdate import body_date
from pipeline.news.urls import outlet
from pipeline.news.webauthors import page_authors
from pipeline.news.weblines import bare
from pipeline.news.webtree import TROUBLE, twin

_AUTHORS = ("author", "article:author", "parsely-author", "sailthru.author", "dc.creator", "dcterms.creator", "byl")
_IMAGES = ("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src")
_SECTIONS = ("article:section", "parsely-section", "cxenseparse:recs:category", "category")
_SEEN_WORDS, _SEEN = 3000, 20_000
"""Words and codepoints of the visible text in which the date of a page is looked for."""


class Head:
    """Title, authors and the like of one page. trafilatura is asked at most once, for what the page does not state."""

    def __init__(self, tree: Any, markup: Markup, node: Stated, url: str | None, fetched_at: datetime) -> None:
        self._tree, self._markup, self._node = tree, markup, node
        self._url, self._fetched_at = url, fetched_at

    @cached_property
    def _guessed(self) -> Any:
        date_config = {
            "original_date": True,
            "extensive_search": False,
            "min_date": f"{FIRST_PAGE:%Y-%m-%d}",
            "max_date": f"{self._fetched_at + AHEAD:%Y-%m-%d}",
        }
        try:
            return trafilatura.extract_metadata(twin(self._tree), self._url, date_config, extensive=False)
        except TROUBLE:
            return None  # a head that breaks its reader is a head that says nothing

    def _guess(self, name: str) -> str:
        return getattr(self._guessed, name, None) or ""

    def _metas(self, names: tuple[str, ...]) -> Iterator[str]:
        return (self._markup.metas[name] for name in names if name in self._markup.metas)

    @cached_property
    def title(self) -> str:
        """Without the name of the site; empty when there is none."""
        said = next(self._metas(("og:title",)), None) or self._node.headline or self._guess("title")
        said_names = [*self._metas(("og:site_name", "application-name")), self._node.publisher]
        names = [*said_names, outlet(self._url) if self._url else None]
        return without_site(" ".join(said.split()), [name for name in names if name])

    @cached_property
    def authors(self) -> tuple[str, ...]:
        """As the page states them. What is no name (an address, "Admin 2022") is left out."""
        if self._node.authors:
            return self._node.authors
        said = tuple(dict.fromkeys(name for text in self._metas(_AUTHORS) for name in names_in(text)))
        return said or page_authors(self._tree)

    @property
    def section(self) -> str | None:
        """As JSON-LD or a meta element names it."""
        return self._node.section or next(self._metas(_SECTIONS), None)

    @property
    def image(self) -> str | None:
        """The address of the picture that stands for the article."""
        said = [*self._metas(_IMAGES), self._node.image or ""]
        return next(filter(None, (self._address(text) for text in said if text)), None)

    def _address(self, text: str) -> str | None:
        try:
            address = urljoin(self._url or "", text.strip())
            return address if urlsplit(address).scheme in ("http", "https") else None
        except ValueError:
            return None

    @property
    def locked(self) -> str | None:
        """Where it is stated that not all may read it. Facebook's tiers of articles are free, metered and locked."""
        tier = next(self._metas(("article:content_tier", "og:article:content_tier")), "").lower()
        return "json-ld" if self._node.locked else "meta" if tier in ("locked", "metered") else None

    @property
    def description(self) -> str:
        """A sentence or two about the article, for those who link to it."""
        return " ".join(next(self._metas(("og:description", "description")), "").split())

    def published(self, text: str) -> Published | None:
        """What the page states, else the day in the running text, else what trafilatura guesses."""
        seen = " ".join(word for _, word, _ in self._markup.words[:_SEEN_WORDS])
        date = published(self._markup, self._node, self._url, seen[:_SEEN], self._fetched_at)
        date = date or body_date(text, self._fetched_at)
        if date:
            return date
        guess = plausible(parse_date(self._guess("date")), self._fetched_at)
        return Published(guess.when, "day", "text", 0.4) if guess else None


_SEPARATOR = re.compile(r"\s+(?:[-–—|·•»]|::)\s+")


def without_site(title: str, names: list[str]) -> str:
    """The title without the names of its site at either end; at least two words stay."""
    while match := list(_SEPARATOR.finditer(title)):
        if _is_site(title[match[-1].end() :], names) and count_words(title[: match[-1].start()]) >= 2:
            title = title[: match[-1].start()]
        elif _is_site(title[: match[0].start()], names) and count_words(title[match[0].end() :]) >= 2:
            title = title[match[0].end() :]
        else:
            return title
    return title


def _is_site(text: str, names: list[str]) -> bool:
    """Whether this is the name of the site: the one begins like the other, without spaces and signs."""
    packed = bare(text)
    known = [bare(name) for name in names]
    return bool(packed) and any(packed.startswith(name) or name.startswith(packed) for name in known if len(name) > 2)
