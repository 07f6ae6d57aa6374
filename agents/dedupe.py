"""Copies of articles are marked, never dropped: how far a text spread is what people want to know."""

from enum import StrEnum

import msgspec

from pipeline.flow import Agent, Drop, Emit
from pipeline.news import duplicates, sketches
from pipeline.news.duplicates import Known, Match, Root
from pipeline.news.sketches import Reading
from pipeline.ports import State
from schemas.article import Article, ArticleMarked, Link
from schemas.topics import ARTICLES_CLEANED, ARTICLES_MARKED

_KNOWN = msgspec.msgpack.Decoder(Known)
_ROOT = msgspec.msgpack.Decoder(Root)


class Reason(StrEnum):
    """Every article goes on: there is nothing to drop or reject."""


def dedupe(article: Article, *, state: State) -> Emit | Drop:
    """Link an article to the earlier ones that share its text and name its family.

    The same record handled again gets the links it got before. A new revision replaces what was known of the article,
    is compared anew, and stays in its family.
    """
    before = _remembered(article.article_id, state)
    if before and (before.revision, before.content) == (article.revision, duplicates.content(article)):
        return _marked(article, _present(before.root, state), before.links)
    reading = sketches.read(article)
    matches = _matches(article, reading, state)
    root = _join(article, before, matches, state)
    links = duplicates.links(article, reading, matches)
    value = msgspec.msgpack.encode(duplicates.known(article, reading, root, links))
    state.put(f"article:{article.article_id}", value, reading.postings[: sketches.KEPT], at=article.fetched_at)
    return _marked(article, root, links)


def _matches(article: Article, reading: Reading, state: State) -> list[Match]:
    near = [_KNOWN.decode(value) for _, value in state.find(reading.postings, duplicates.CANDIDATES)]
    compared = (duplicates.compare(article, reading, other) for other in near if other.article_id != article.article_id)
    return duplicates.rank(match for match in compared if match)


def _join(article: Article, before: Known | None, matches: list[Match], state: State) -> Root:
    """The root of the article's family, after the families that it joins were made one."""
    others = [match.known.root for match in duplicates.joined(matches)] + ([before.root] if before else [])
    roots = {_present(root, state) for root in others}
    earliest = min({Root(article.seen_at, article.article_id), *roots})
    for root in sorted(roots):
        if root.article_id != earliest.article_id:
            state.put(f"root:{root.article_id}", msgspec.msgpack.encode(earliest), at=article.fetched_at)
    if before:  # a revision with an earlier date may take its family back
        state.delete(f"root:{earliest.article_id}")
    return earliest


def _present(root: Root, state: State) -> Root:
    def overtaken_by(article_id: str) -> Root | None:
        value = state.get(f"root:{article_id}")
        return _ROOT.decode(value) if value is not None else None

    return duplicates.resolve(root, overtaken_by)


def _remembered(article_id: str, state: State) -> Known | None:
    value = state.get(f"article:{article_id}")
    return _KNOWN.decode(value) if value is not None else None


def _marked(article: Article, root: Root, links: tuple[Link, ...]) -> Emit:
    return Emit(ArticleMarked(article=article, family=root.article_id, links=links))


DEDUPE = Agent("dedupe", (ARTICLES_CLEANED,), (ARTICLES_MARKED,), dedupe, Reason, version=2)
