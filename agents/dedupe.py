"""Copies of articles are marked, never dropped: how far a text spread is what people want to know."""

from enum import StrEnum

import msgspec

from pipeline.flow import Agent, Drop, Emit
from pipeline.news import duplicates, sitelines, sketches, versions
from pipeline.news.duplicates import Known, Match, Root
from pipeline.news.sitelines import Site
from pipeline.news.sketches import Reading
from pipeline.news.versions import History
from pipeline.ports import State
from schemas.article import Article, ArticleMarked, Link
from schemas.topics import ARTICLES_CLEANED, ARTICLES_MARKED

_KNOWN = msgspec.msgpack.Decoder(Known)
_SITE = msgspec.msgpack.Decoder(Site)
_ROOT = msgspec.msgpack.Decoder(Root)


class Reason(StrEnum):
    """Every article goes on: there is nothing to drop or reject."""


def dedupe(article: Article, *, state: State) -> Emit | Drop:
    """Link an article to the earlier ones that share its text and name its family; take lines of its site out.

    The same record handled again gets what it got before. A new revision replaces what was known of the article, is
    compared anew, and stays in its family; an older one leaves it as it is.
    """
    before, content = _remembered(article.article_id, state), duplicates.content(article)
    if before and (before.revision, before.content) == (article.revision, content):
        return _marked(article, _present(before.root, state), before.links, before.history)
    site = _site(article, state)
    cut = sitelines.cuts(article.text, site)
    kept = sitelines.without(article, cut)
    reading = sketches.read(kept)
    matches = _matches(kept, reading, state)
    root = _join(kept, before, matches, state)
    links = duplicates.links(kept, reading, matches)
    history = versions.history(kept, cut, before.history if before else None)
    if before is None or before.revision <= article.revision:
        known = duplicates.known(kept, reading, root, links)
        value = msgspec.msgpack.encode(msgspec.structs.replace(known, content=content, history=history))
        state.put(f"article:{article.article_id}", value, reading.postings[: sketches.KEPT], at=article.fetched_at)
    if before is None and article.outlet and all(match.known.outlet != article.outlet for match in matches):
        site = sitelines.counted(article.text, root.article_id, article.fetched_at, site)
        state.put(f"site:{article.outlet}", msgspec.msgpack.encode(site), at=article.fetched_at)
    return _marked(article, root, links, history)


def _site(article: Article, state: State) -> Site:
    """What is remembered of the lines of the article's host; nothing where the host is not known."""
    value = state.get(f"site:{article.outlet}")
    return _SITE.decode(value) if value is not None else Site()


def _matches(article: Article, reading: Reading, state: State) -> list[Match]:
    found = state.find(reading.postings, duplicates.CANDIDATES, duplicates.rare(reading))
    near = [_KNOWN.decode(value) for _, value in found]
    same = [duplicates.declared(known) for id in article.same_as if (known := _remembered(id, state))]
    others = {article.article_id, *article.same_as}
    compared = (duplicates.compare(article, reading, other) for other in near if other.article_id not in others)
    return duplicates.rank([*same, *(match for match in compared if match)])


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


def _marked(article: Article, root: Root, links: tuple[Link, ...], history: History | None) -> Emit:
    marked = ArticleMarked(article=article, family=root.article_id, links=links)
    if history is None:
        return Emit(marked)
    kept = sitelines.without(article, history.version.cut)
    previous, changed_at = history.previous, history.changed_at
    return Emit(msgspec.structs.replace(marked, article=kept, previous=previous, changed_at=changed_at))


DEDUPE = Agent("dedupe", (ARTICLES_CLEANED,), (ARTICLES_MARKED,), dedupe, Reason, version=3)
