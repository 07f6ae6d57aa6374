"""Versions of one page: whether a new one says something else, what it changes, and how to read the old one again.

Sites touch their pages all the time: another menu, a counter, "updated 07.05". Only another *substance* is a change:
words and quotation marks of title, standfirst and body, without lines that are nothing but a date or a count.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

from pipeline.news import words
from pipeline.news.dates import find_dates
from schemas.article import Article
from schemas.page import Hints, PageFetched
from schemas.record import Value
from schemas.statement import Statement
from schemas.version import ChangeKind, Changes, Cut, Reworded, Said, Version

SHORTENED = 0.4
"""The share of its words that a text loses at its end when it is taken for shortened and not for corrected."""
REWORDED = 0.5
"""The least share of words (twice the common ones over all) that a reworded statement has in common with the old."""
PARAGRAPHS, STATEMENTS = 2000, 200
"""How many of one article are compared; the cost grows with their square at worst."""

_MARKS = re.compile('["“”„‟«»″＂「」『』]')
_QUOTE = "quotationmark"
_NUMBER = re.compile(r"\d[\d.,:]*")
_ENDS = frozenset(".!?")
_BARE_LENGTH, _BARE_WORDS, _COUNT_WORDS = 100, 8, 2
_LETTERS = re.compile(words.WORD_WITHOUT_DIGITS)


class History(Value, frozen=True, kw_only=False, array_like=True):
    """What is remembered of the versions of a page.

    version    the newest one
    substance  a hash of what it says
    since      when that was first fetched
    previous   the newest version that says something else
    """

    version: Version
    substance: int
    since: datetime
    previous: Version | None = None

    @property
    def changed_at(self) -> datetime | None:
        """When the page was changed to what it says, None for the first version."""
        return self.since if self.previous else None


def history(article: Article, cut: Sequence[Cut], before: History | None) -> History:
    """What to remember of an article after `cut` was taken out of its body, given what was known before it.

    The same revision handled again, by a better cleaner maybe, is no new version.
    """
    title = article.title if "title" not in article.maps else None
    version = Version(
        article.revision, article.page, article.media_type, article.fetched_at, article.charset, title, tuple(cut)
    )
    substance = substance_of(article)
    if before is None or before.version.revision > article.revision:
        return History(version, substance, article.fetched_at)
    if before.substance == substance or before.version.revision == article.revision:
        return History(version, substance, before.since, before.previous)
    return History(version, substance, article.fetched_at, before.version)


def substance_of(article: Article) -> int:
    """A hash of what an article says, however it is broken into paragraphs."""
    return words.hash_bytes(b" ".join(words.encoded_words(_marked("\n".join(_telling(article))))))


def page_of(version: Version, article: Article) -> PageFetched:
    """The page of an earlier version of an article, to be cleaned again."""
    upload = article.published_source == "upload" and article.published
    return PageFetched(
        article_id=article.article_id,
        revision=version.revision,
        page=version.page,
        media_type=version.media_type,
        charset=version.charset,
        fetched_at=version.fetched_at,
        source=article.source,
        url=article.url,
        hints=Hints(
            title=version.title,
            authors=article.authors,
            published=upload.isoformat() if upload else None,
            language=article.language,
            outlet=article.outlet,
        ),
    )


class Text(NamedTuple):
    """One version: the article and the statements in it."""

    article: Article
    statements: Sequence[Statement] = ()


def compare(old: Text, new: Text, at: datetime) -> Changes:
    """What the new version changes against the old one; `at` is when it was first fetched."""
    before, after = _paragraphs(old.article), _paragraphs(new.article)
    steps = list(_steps(before, after))
    same = substance_of(old.article) == substance_of(new.article)
    kind = "form" if same else _kind(before, after, steps)
    gone, fresh, reworded = _pairs(_lost(old.statements, new.article), _lost(new.statements, old.article))
    reworded += _reattributed(old.statements, new.statements)
    removed = Counter(word for step in steps for at in step.old for word in before[at] if word != _QUOTE)
    added = Counter(word for step in steps for at in step.new for word in after[at] if word != _QUOTE)
    return Changes(
        revision=old.article.revision,
        page=old.article.page,
        at=at,
        kind=kind,
        title=old.article.title if _tokens(old.article.title) != _tokens(new.article.title) else None,
        paragraphs_added=sum(step.more for step in steps),
        paragraphs_removed=sum(step.fewer for step in steps),
        paragraphs_changed=sum(step.changed for step in steps),
        words_added=(added - removed).total(),
        words_removed=(removed - added).total(),
        added=tuple(map(_said, fresh)),
        removed=tuple(map(_said, gone)),
        reworded=tuple(Reworded(before=_said(one), after=_said(other)) for one, other in reworded),
    )


def unreadable(version: Version, at: datetime) -> Changes:
    """What is known when the version before cannot be read any more."""
    return Changes(revision=version.revision, page=version.page, at=at, kind="unreadable")


def withdrawn(changes: Changes, statements: Iterable[Statement]) -> list[Statement]:
    """Those of the old statements that the page no longer makes, or lets somebody else have made. A shortened page
    withdraws nothing.
    """
    others = (pair.before for pair in changes.reworded if pair.before.speaker != pair.after.speaker)
    gone = set() if changes.kind == "shortened" else {said.statement_id for said in (*changes.removed, *others)}
    return [statement for statement in statements if statement.statement_id in gone]


class Step(NamedTuple):
    """Paragraphs `old` of the one text became paragraphs `new` of the other."""

    old: range
    new: range

    @property
    def changed(self) -> int:
        """How many paragraphs were changed; `more` came in beside them or `fewer` are left."""
        return min(len(self.old), len(self.new))

    @property
    def more(self) -> int:
        """How many came in."""
        return len(self.new) - self.changed

    @property
    def fewer(self) -> int:
        """How many are gone."""
        return len(self.old) - self.changed


def steps(old: Sequence[str], new: Sequence[str]) -> list[Step]:
    """How the lines of one text become those of another; lines are equal when their words are."""
    return list(_steps([_tokens(line) for line in old], [_tokens(line) for line in new]))


def word_diff(old: str, new: str) -> list[tuple[Literal["=", "-", "+"], str]]:
    """A paragraph as it was changed: pieces that stayed, went and came, each of whole words."""
    before, after = old.split(), new.split()
    if max(len(before), len(after)) > PARAGRAPHS:
        return [("-", old), ("+", new)]
    pieces: list[tuple[Literal["=", "-", "+"], str]] = []
    for tag, start, stop, first, last in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(("=", " ".join(before[start:stop])))
            continue
        pieces += [("-", " ".join(before[start:stop]))] if stop > start else []
        pieces += [("+", " ".join(after[first:last]))] if last > first else []
    return pieces


Line = tuple[str, ...]


def _steps(old: Sequence[Line], new: Sequence[Line]) -> Iterator[Step]:
    matcher = SequenceMatcher(None, old[:PARAGRAPHS], new[:PARAGRAPHS], autojunk=False)
    for tag, start, stop, first, last in matcher.get_opcodes():
        if tag != "equal":
            yield Step(range(start, stop), range(first, last))


def _kind(old: Sequence[Line], new: Sequence[Line], steps: Sequence[Step]) -> ChangeKind:
    if not any(step.changed or step.fewer for step in steps):
        return "extended"
    cut = steps[0] if len(steps) == 1 else None
    if cut and cut.old.stop == len(old) and not cut.changed and not cut.more:
        gone, whole = sum(len(old[at]) for at in cut.old), sum(map(len, old))
        return "shortened" if gone >= SHORTENED * whole else "correction"
    return "correction"


def _telling(article: Article) -> Iterator[str]:
    """Title, standfirst and paragraphs that are more than a date or a count."""
    lines = (article.title, article.standfirst or "", *article.text.split("\n"))
    return (line for line in lines if not _bare(line))


def _paragraphs(article: Article) -> list[Line]:
    return [line for line in map(_tokens, _telling(article)) if line]


def _tokens(text: str) -> Line:
    """Words and quotation marks."""
    return tuple(words.words(_marked(text)))


def _marked(text: str) -> str:
    return _MARKS.sub(f" {_QUOTE} ", text)


def _bare(line: str) -> bool:
    """Whether a line is nothing but a date or a count ("12 comments", "Updated 7 March 2026 07.05")."""
    if len(line) > _BARE_LENGTH or not _NUMBER.search(line) or _MARKS.search(line) or line.rstrip()[-1:] in _ENDS:
        return False
    letters = len(_LETTERS.findall(line))
    counts = letters <= _COUNT_WORDS and line.rstrip()[-1:].isalpha() and len(_NUMBER.findall(line)) == 1
    return counts or (letters <= _BARE_WORDS and any(True for _ in find_dates(line)))


def _lost(statements: Sequence[Statement], article: Article) -> list[Statement]:
    """The statements whose words stand nowhere in an article; whether they are recognised there does not matter."""
    standing = " ".join(word for line in _paragraphs(article) for word in line if word != _QUOTE)
    return [one for one in statements[:STATEMENTS] if f" {' '.join(_words(one))} " not in f" {standing} "]


def _reattributed(old: Sequence[Statement], new: Sequence[Statement]) -> list[tuple[Statement, Statement]]:
    """The statements that somebody else is said to have made now."""
    now: dict[Line, list[Statement]] = {}
    for one in new[:STATEMENTS]:
        now.setdefault(_words(one), []).append(one)
    found = ((one, now.get(_words(one), [])) for one in old[:STATEMENTS] if one.speaker)
    return [
        (one, others[0])
        for one, others in found
        if others and others[0].speaker and all(other.speaker_id != one.speaker_id for other in others)
    ]


def _words(statement: Statement) -> Line:
    return tuple(words.words(statement.text))


def _pairs(
    lost: Sequence[Statement], came: Sequence[Statement]
) -> tuple[list[Statement], list[Statement], list[tuple[Statement, Statement]]]:
    """What is gone, what is new, and what was reworded: the most alike of one speaker first."""
    alike = [
        (_alike(one, other), here, there)
        for here, one in enumerate(lost)
        for there, other in enumerate(came)
        if one.speaker_id == other.speaker_id or one.kind == other.kind
    ]
    pairs: dict[int, int] = {}
    for score, here, there in sorted(alike, key=lambda found: (-found[0], found[1], found[2])):
        if score >= REWORDED and here not in pairs and there not in pairs.values():
            pairs[here] = there
    gone = [one for here, one in enumerate(lost) if here not in pairs]
    fresh = [one for there, one in enumerate(came) if there not in pairs.values()]
    return gone, fresh, [(lost[here], came[there]) for here, there in sorted(pairs.items())]


def _alike(one: Statement, other: Statement) -> float:
    mine, theirs = Counter(_words(one)), Counter(_words(other))
    return 2 * (mine & theirs).total() / max(1, mine.total() + theirs.total())


def _said(statement: Statement) -> Said:
    return Said(statement_id=statement.statement_id, text=statement.text, speaker=statement.speaker)
