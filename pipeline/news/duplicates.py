"""Which earlier articles an article shares its text with.

Syndicated copies are cut, get another lead and are wrapped in other text, so two texts are compared by *containment*:
the share of the smaller one's 5-word shingles that the larger one has too. Unrelated news reaches .18 at most.

- Sketch: FracMinHash (Irber et al. 2022, doi:10.1101/2022.01.11.475838): the shingles whose hash lies below a limit.
  The limit halves until few enough are left, so that a short text keeps all; two texts are compared at the lower one.
- Candidates: the lowest hashes of 7-word shingles are the postings; seven words give a quarter of the stray candidates
  of five. The language is hashed in: texts in two languages are never copies.
- Family: the article id of the earliest member. An article joins the family of its best match, so that a roundup of two
  stories does not join the stories. What an outlet takes over from its own earlier articles is background, and makes
  no family of follow-ups. When a copy turns up that is older than its family, the family is called after it from
  then on; members that went by before keep the name they were given until they are handled again.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np

from pipeline.news import words
from schemas.article import Article, Link, Relation
from schemas.record import Value

CANDIDATES = 24
"""How many earlier articles are compared with one article."""
KEPT = 17
"""Postings of an article: its exact hash and the 16 lowest of its shingles."""
LINKS = 8
"""How many links an article gets at most."""
COPY, DERIVED = 0.5, 0.3
"""The least containment of a copy and of a derived text."""
EXCERPT, WITHIN = 0.6, 0.8
"""An excerpt is shorter than this share of the text it was taken from, and has at least this containment."""

_ALL = (1 << 64) - 1
_MOST = 128  # shingles in a sketch of up to eight times as many; the standard error of a containment of .3 is .03
_SPARSEST = 3  # halvings of the limit that are free; a very long text is sampled more sparsely only beyond _HUGE
_HUGE = 4096
_ASKED = 32  # an article asks for more than it is kept under, which finds what a longer one quotes
_FEW_WORDS = 20  # a body this short ("Log in to read on") says nothing without its title
_SHARED = 3  # two texts that share fewer sampled shingles are not compared
_FIGURES = 4  # a template has at least so many numbers ...
_SAME_FIGURES = 0.34  # ... of which at most this share is the same
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_YEARS = range(1900, 2100)


class Sketch(NamedTuple):
    """The sampled shingles of a text.

    limit    every shingle whose hash is at most this is there; 2**64 - 1 over a power of two
    hashes   the upper 32 bits of each, ascending
    figures  hashes of the numbers of three and more digits in the text (years excepted), ascending
    exact    a hash of all its words
    """

    limit: int
    hashes: tuple[int, ...]
    figures: tuple[int, ...]
    exact: int


class Root(Value, frozen=True, kw_only=False, array_like=True, order=True):
    """The earliest member of a family; the earlier of two is the smaller."""

    seen_at: datetime
    article_id: str


class Known(Value, frozen=True, kw_only=False, array_like=True):
    """What is remembered of an article. `root` is what its family was called after when it was last handled.

    `content` is a hash of everything that the outcome depends on, so that a replay is told from a revision.
    """

    article_id: str
    revision: int
    content: str
    seen_at: datetime
    outlet: str | None
    root: Root
    links: tuple[Link, ...]
    limit: int
    hashes: bytes
    figures: bytes
    exact: int

    @property
    def sketch(self) -> Sketch:
        """The sketch of its text."""
        return Sketch(self.limit, _unpack(self.hashes), _unpack(self.figures), self.exact)


class Match(NamedTuple):
    """An earlier article that shares text.

    shared   an estimate of the shared shingles
    related  the article may belong to its family
    same     the two are copies of each other as wholes, so that their families are one
    """

    known: Known
    link: Link
    shared: int
    related: bool
    same: bool


def sketch(article: Article) -> tuple[Sketch, list[int]]:
    """The sketch of an article and the postings to look for; it is kept under the first `KEPT` of them."""
    found = _compared(article)
    hashes, seed = words.hash_words(found), words.hash64(article.language)
    exact = words.hash64(" ".join(found), seed)
    limit, sample = _sample(words.shingles(hashes, 5, seed))
    keys = np.unique(words.shingles(hashes, 7, seed))[:_ASKED].tolist()
    return Sketch(limit, sample, _figures(article.text), exact), words.postings([exact, *keys])


def content(article: Article) -> str:
    """A name for what the outcome depends on."""
    return words.identity(article.language, article.seen_at.isoformat(), article.title, article.text)


def known(article: Article, found: Sketch, root: Root, links: Sequence[Link]) -> Known:
    """What to remember of an article."""
    return Known(
        article.article_id, article.revision, content(article), article.seen_at, article.outlet, root, tuple(links),
        found.limit, _pack(found.hashes), _pack(found.figures), found.exact,
    )  # fmt: skip


def compare(article: Article, found: Sketch, other: Known) -> Match | None:
    """How an article of this sketch is linked to an earlier one; None when the two are unrelated."""
    theirs = other.sketch
    limit = min(found.limit, theirs.limit)
    mine, rest = _up_to(found, limit), _up_to(theirs, limit)
    shared = len(set(mine).intersection(rest))
    small, large = sorted((len(mine), len(rest)))
    containment = 1.0 if found.exact == theirs.exact else shared / max(small, 1)
    if containment < DERIVED or (found.exact != theirs.exact and shared < min(_SHARED, large)):
        return None
    relation = _relation(containment, len(mine) / max(len(rest), 1), found, theirs)
    background = relation == "derived" and article.outlet is not None and article.outlet == other.outlet
    return Match(
        other,
        Link(of=other.article_id, relation=relation, score=round(containment, 3)),
        shared=shared * (_ALL // limit),
        related=not background and relation != "template",
        same=relation == "exact" or (relation != "template" and shared >= COPY * large),
    )


def declared(other: Known) -> Match:
    """The match with an article that a page declared to be the same."""
    link = Link(of=other.article_id, relation="exact", score=1.0, reason="same-page")
    return Match(other, link, shared=_ALL, related=True, same=True)


def rank(matches: Iterable[Match]) -> list[Match]:
    """The most shared text first, then the earlier article."""
    return sorted(matches, key=lambda m: (-m.shared, m.known.seen_at, m.known.article_id))


def joined(matches: Sequence[Match]) -> list[Match]:
    """The matches whose families become one with the article's: the best, and those that are the same as a whole.

    A text with the facts of another day in the same template is linked, but stays in a family of its own.
    """
    related = [match for match in matches if match.related]
    return [match for place, match in enumerate(related) if place == 0 or match.same]


def resolve(root: Root, overtaken_by: Callable[[str], Root | None]) -> Root:
    """The present root of a family, given which root overtook which."""
    later = overtaken_by(root.article_id)
    while later is not None:
        root, later = later, overtaken_by(later.article_id)
    return root


def _compared(article: Article) -> list[str]:
    body = words.words(article.text)
    return body if len(body) >= _FEW_WORDS else words.words(article.title) + body


def _sample(shingles: words.Hashes) -> tuple[int, tuple[int, ...]]:
    limit, sample = _ALL, np.unique(shingles)
    while len(sample) > (_MOST if limit > _ALL >> _SPARSEST else _HUGE):
        limit >>= 1
        sample = sample[sample <= limit]
    return limit, tuple((sample >> np.uint64(32)).tolist())


def _figures(text: str) -> tuple[int, ...]:
    found = {re.sub(r"\D", "", number) for number in _NUMBER.findall(text)}
    telling = (digits for digits in found if len(digits) >= 3 and not (len(digits) == 4 and int(digits) in _YEARS))
    return tuple(sorted(words.hash64(digits) >> 32 for digits in telling))


def _relation(containment: float, size: float, mine: Sketch, theirs: Sketch) -> Relation:
    """The relation of two texts that share enough; `size` is the article's length over the other's."""
    if mine.exact == theirs.exact:
        return "exact"
    if EXCERPT <= size <= 1 / EXCERPT and _other_facts(mine.figures, theirs.figures):
        return "template"
    if containment < COPY:
        return "derived"
    return "excerpt" if size < EXCERPT and containment >= WITHIN else "copy"


def _other_facts(mine: Sequence[int], theirs: Sequence[int]) -> bool:
    few = min(len(mine), len(theirs))
    return few >= _FIGURES and len(set(mine).intersection(theirs)) <= _SAME_FIGURES * few


def _up_to(found: Sketch, limit: int) -> tuple[int, ...]:
    return found.hashes if found.limit == limit else found.hashes[: bisect_right(found.hashes, limit >> 32)]


def _pack(numbers: Sequence[int]) -> bytes:
    return np.array(numbers, dtype="<u4").tobytes()


def _unpack(packed: bytes) -> tuple[int, ...]:
    return tuple(np.frombuffer(packed, dtype="<u4").tolist())
