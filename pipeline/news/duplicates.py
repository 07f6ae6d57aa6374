"""Which earlier articles an article shares its text with.

Syndicated copies are cut, get another lead and are wrapped in other text, so two texts are compared by *containment*:
the share of the smaller one's 5-word shingles that the larger one has too. Unrelated news reaches .18 at most.

- Sketch: a sample of the 5-word shingles, with which the share can be told (`pipeline.news.sketches`).
- Candidates: the lowest hashes of 7-word shingles are the postings; seven words give a quarter of the stray candidates
  of five. A single one that many articles have is no evidence (`RARE`).
- Family: the article id of the earliest member. An article joins the family of its best match and of those that are the
  same as a whole, so that a roundup of two stories does not join the stories. What an outlet takes over from its own
  earlier articles is background, and makes no family of follow-ups. When a copy turns up that is older than its
  family, the family is called after it from then on; members that went by before keep the name they were given until
  they are handled again.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from pipeline.news import sketches, words
from pipeline.news.sketches import Overlap, Reading, Sketch
from pipeline.news.versions import History
from schemas.article import Article, Link, Relation, Span
from schemas.record import Value

CANDIDATES = 24
"""How many earlier articles are compared with one article."""
RARE = 4
"""An earlier article that has a single key of the article is compared if so many at most have this key.

What unrelated articles have in common is a turn of speech, and more have it the more articles there are, so that the
candidates would grow with their number. In 21,916 real articles 12,608 of 29,439 candidates have but one key, and more
than four had it before; ten of them share text, of 3,031 that do.
"""
LINKS = 8
"""How many links an article gets at most."""
PASSAGES = 12
"""How many shared passages a link tells at most, the longest."""
COPY, DERIVED = 0.5, 0.3
"""The least containment of a copy and of a derived text."""
EXCERPT, WITHIN = 0.6, 0.8
"""An excerpt is shorter than this share of the text it was taken from, and has at least this containment."""

_SHARED = 3  # two texts that share fewer sampled shingles are not compared
_FIGURES = 4  # a template has at least so many numbers ...
_SAME_FIGURES = 0.34  # ... of which at most this share is the same


class Root(Value, frozen=True, kw_only=False, array_like=True, order=True):
    """The earliest member of a family; the earlier of two is the smaller."""

    seen_at: datetime
    article_id: str


class Known(Value, frozen=True, kw_only=False, array_like=True):
    """What is remembered of an article.

    content  a hash of everything that the outcome depends on, so that a replay is told from a revision
    joined   the root of its family when it was last handled; None when that was the article itself
    history  None for what an older Pantau remembered
    """

    article_id: str
    revision: int
    content: int
    seen_at: datetime
    outlet: str | None
    joined: Root | None
    links: tuple[Link, ...]
    halved: int
    hashes: bytes
    figures: bytes
    exact: int
    history: History | None = None

    @property
    def root(self) -> Root:
        """What its family was called after when it was last handled."""
        return self.joined or Root(self.seen_at, self.article_id)

    @property
    def sketch(self) -> Sketch:
        """The sketch of its text."""
        return Sketch(self.halved, sketches.unpack(self.hashes), sketches.unpack(self.figures), self.exact)


class Match(NamedTuple):
    """An earlier article that shares text.

    score    the containment of 5-word shingles
    shared   an estimate of the shared shingles
    related  the article may belong to its family
    same     the two are copies of each other as wholes, so that their families are one
    """

    known: Known
    relation: Relation
    score: float
    shared: int
    related: bool
    same: bool
    overlap: Overlap


def content(article: Article) -> int:
    """A hash of what the outcome depends on."""
    return words.hash64("\0".join((article.language, article.seen_at.isoformat(), article.title, article.text)))


def known(article: Article, reading: Reading, root: Root, links: Sequence[Link]) -> Known:
    """What to remember of an article."""
    found = reading.sketch
    joined = root if root != Root(article.seen_at, article.article_id) else None
    return Known(
        article.article_id, article.revision, content(article), article.seen_at, article.outlet, joined, tuple(links),
        found.halved, sketches.pack(found.hashes), sketches.pack(found.figures), found.exact,
    )  # fmt: skip


def rare(reading: Reading) -> int | None:
    """How many may have a posting that alone makes a candidate; any number where an article has but one to ask for."""
    return RARE if len(reading.postings) > 1 else None


def compare(article: Article, reading: Reading, other: Known) -> Match | None:
    """How an article is linked to an earlier one; None when the two are unrelated."""
    same_words = reading.sketch.exact == other.exact
    if not same_words and reading.sieve.at_most(other.halved, other.hashes) < DERIVED:
        return None
    ours, theirs = reading.sketch, other.sketch
    both = sketches.overlap(ours, theirs)
    shared = len(both.common)
    small, large = sorted((both.mine, both.theirs))
    containment = 1.0 if same_words else shared / max(small, 1)
    if containment < DERIVED or (not same_words and shared < min(_SHARED, large)):
        return None
    relation = _relation(containment, both.mine / max(both.theirs, 1), ours, theirs)
    background = relation == "derived" and article.outlet is not None and article.outlet == other.outlet
    return Match(
        other,
        relation,
        containment,
        shared=shared << both.halved,
        related=not background and relation != "template",
        same=relation == "exact" or (relation != "template" and shared >= COPY * large),
        overlap=both,
    )


_NONE = Overlap(0, 0, frozenset(), 0, 0)


def declared(other: Known) -> Match:
    """The match with an article that a page declared to be the same."""
    return Match(other, "exact", 1.0, shared=1 << 62, related=True, same=True, overlap=_NONE)


def links(article: Article, reading: Reading, matches: Sequence[Match]) -> tuple[Link, ...]:
    """What is told of the matches that share most."""
    told = matches[:LINKS]
    partly = [match.overlap for match in told if match.relation != "exact"]
    where = words.located(article.text) if partly else []
    samples = {both[3:]: sketches.sampled(reading, *both[3:]) for both in partly}
    return tuple(_link(article, match, samples.get(match.overlap[3:], []), where) for match in told)


def _link(article: Article, match: Match, sample: list[tuple[int, int]], where: Sequence[tuple[int, int]]) -> Link:
    of, score, length = match.known.article_id, round(match.score, 3), len(article.text)
    if of in article.same_as:
        return Link(of=of, relation=match.relation, score=score, reason="same-page")
    if match.relation == "exact":
        return Link(of=of, relation="exact", score=score, share=1.0, passages=(Span(0, length),))
    runs = sketches.shared_runs(sample, match.overlap.common)
    found = [Span(where[start][0], where[end - 1][1]) for start, end in runs]
    share = round(sum(span.end - span.start for span in found) / max(1, length), 3)
    longest = sorted(found, key=lambda span: span.start - span.end)[:PASSAGES]
    return Link(of=of, relation=match.relation, score=score, share=share, passages=tuple(sorted(longest)))


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
