"""Entities and statements of an article: the one entrance to `pipeline.news.statements` and `entities`."""

import hashlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

import msgspec

from pipeline.news.confidence import confidence
from pipeline.news.entities import entities, entity_id, slug
from pipeline.news.mapping import page_span
from pipeline.news.officials import Roster
from pipeline.news.parse import Parse
from pipeline.news.spans import Span
from pipeline.news.statements.circumstances import circumstances
from pipeline.news.statements.claims import Claim
from pipeline.news.statements.names import Names
from pipeline.news.statements.reading import Read, attribute, credible, passages, read
from pipeline.news.statements.speakers import Memory, Speaker
from pipeline.news.statements.tokens import Passage
from pipeline.news.unnamed import UNKNOWN
from pipeline.news.words import words
from schemas.article import Article, Entity, Part
from schemas.statement import Statement

EXTRACTOR = "rules-5+names-2"
"""Part of every statement id: a new version writes new statements instead of changing old ones."""
_NONE: Mapping[Part, Parse] = {}
_CONTEXT = 300
"""Codepoints of the paragraph kept before and after a statement, at most."""


class Extraction(NamedTuple):
    """What was found in one article."""

    entities: tuple[Entity, ...]
    statements: tuple[Statement, ...]


class _Mentions:
    """Where entities are named, to be asked for a stretch of a part."""

    def __init__(self, found: tuple[Entity, ...]) -> None:
        self._by_part: dict[str, list[tuple[int, int, str]]] = {}
        for entity in found:
            for mention in entity.mentions:
                self._by_part.setdefault(mention.part, []).append((mention.start, mention.end, entity.name))
        for mentions in self._by_part.values():
            mentions.sort()

    def inside(self, part: str, start: int, end: int) -> tuple[str, ...]:
        """The names of the entities named in start..end-1, in order."""
        mentions = self._by_part.get(part, [])
        near = mentions[bisect_left(mentions, (start, 0, "")) : bisect_left(mentions, (end, 0, ""))]
        return tuple(dict.fromkeys(name for _, stop, name in near if stop <= end))


def extract(
    article: Article, roster: Roster, spans: Iterable[Span] = (), parses: Mapping[Part, Parse] = _NONE
) -> Extraction:
    """Find who is named and who said what. Never fails; time grows in proportion to the text.

    `spans`: what a model takes for names, by part in order and without overlap; `parses`: the dependency trees that it
    sees.
    """
    parts = passages(article, roster, spans, parses)
    reads = read(parts)
    prose = [passage for passage in parts if passage.part != "title"]
    names = Names(prose)
    for item in reads:
        for claim in item.claims:
            if claim.phrase and item.passage.part != "title" and credible(item.passage, claim, names, roster):
                names.meet(item.passage, claim.phrase)
    for passage in parts:
        if passage.part == "title":
            names.lengthen(passage)
    found = entities(parts, names, roster)
    mentions = _Mentions(found)
    memory = Memory(names, roster, _day(article))
    ids = _Ids(article.article_id)
    statements = tuple(
        _statement(article, item, claim, speaker, mentions, ids) for item, claim, speaker in attribute(reads, memory)
    )
    return Extraction(found, statements)


class _Ids:
    """The ids of the statements of one article: the same for the same words of the same speaker in the same part, found
    by the same extractor, wherever they stand. So a statement keeps its id when the page is corrected elsewhere, and
    loses it when its words or its speaker are.
    """

    def __init__(self, article_id: str) -> None:
        self._article_id = article_id
        self._met: Counter[str] = Counter()

    def next(self, part: str, speaker_id: str, text: str) -> str:
        """The id of the statement that comes next; one that comes again has another."""
        key = f"{self._article_id}\n{part}\n{speaker_id}\n{' '.join(words(text)) or text}\n{EXTRACTOR}"
        self._met[key] += 1
        return hashlib.blake2b(f"{key}\n{self._met[key]}".encode(), digest_size=12).hexdigest()


def _day(article: Article) -> date:
    return article.seen_at.date()


def _statement(article: Article, item: Read, claim: Claim, speaker: Speaker, found: _Mentions, ids: _Ids) -> Statement:
    passage, (start, end) = item.passage, (claim.start, claim.end)
    page = page_span(article.maps.get(passage.part, ()), start, end)
    mention, cue = _mention(passage, claim), claim.cue
    before, after = _around(passage, item.sentence.paragraph, start, end)
    published = article.published.date() if article.published else None
    told = circumstances(passage, item.sentence, claim, item.claims, published)
    speaker_id, text = _speaker_id(speaker, claim, mention), passage.raw[start:end]
    made = Statement(
        statement_id=ids.next(passage.part, speaker_id, text),
        kind=claim.kind,
        part=passage.part,
        start=start,
        end=end,
        text=text,
        speaker_id=speaker_id,
        rule=claim.rule,
        confidence=0.0,
        page_start=page[0] if page else None,
        page_end=page[1] if page else None,
        speaker=speaker.name,
        official=speaker.link.official.id if speaker.link else None,
        mention=mention[0] if mention else None,
        mention_start=mention[1] if mention else None,
        mention_end=mention[2] if mention else None,
        cue=passage.raw[cue[0] : cue[1]] if cue else None,
        cue_start=cue[0] if cue else None,
        cue_end=cue[1] if cue else None,
        medium=claim.medium,
        reasons=speaker.reasons,
        said_on=told.said_on,
        place=told.place,
        occasion=told.occasion,
        negated=told.negated,
        conditional=told.conditional,
        entities=found.inside(passage.part, start, end),
        before=before,
        after=after,
    )
    return msgspec.structs.replace(made, confidence=confidence(made, article.language))


def _mention(passage: Passage, claim: Claim) -> tuple[str, int, int] | None:
    if claim.suffix:
        start, end = claim.suffix
        return f"-{passage.raw[start:end]}", start, end
    if claim.phrase is None:
        return None
    start, end = passage.starts[claim.phrase.first], passage.ends[claim.phrase.end - 1]
    return passage.raw[start:end], start, end


def _speaker_id(speaker: Speaker, claim: Claim, mention: tuple[str, int, int] | None) -> str:
    """An unknown speaker has the words that name them in the id, but not a pronoun, which means many."""
    if speaker.name is None:
        telling = mention and claim.phrase and not claim.phrase.pronoun
        return f"{UNKNOWN}{slug(mention[0]) if mention and telling else ''}"
    return entity_id(speaker.kind, speaker.name, speaker.link)


def _around(passage: Passage, paragraph: tuple[int, int], start: int, end: int) -> tuple[str, str]:
    """The rest of the paragraph before and after, without white space at its ends."""
    first, last = passage.starts[paragraph[0]], passage.ends[paragraph[1] - 1]
    before = passage.raw[max(first, start - _CONTEXT) : start]
    after = passage.raw[end : min(last, end + _CONTEXT)]
    return before.strip(), after.strip()
