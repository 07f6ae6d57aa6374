"""What a rule finds before anybody knows who the speaker is."""

from dataclasses import dataclass, replace

from pipeline.news.lexicons import Kind
from pipeline.news.statements.phrases import Phrase
from pipeline.news.statements.tokens import Passage
from schemas.statement import StatementKind

CLOSERS = frozenset(".!?…,;:")


@dataclass(frozen=True, slots=True)
class Claim:
    """Codepoints start..end of a part were said; `cue` and `phrase` (tokens, codepoints for the cue) show by whom.

    `suffix` is the place of a pronoun inside the cue ("-nya"). Without phrase and suffix the speaker continues.
    """

    start: int
    end: int
    kind: StatementKind
    rule: str
    at: int
    cue: tuple[int, int] | None = None
    phrase: Phrase | None = None
    suffix: tuple[int, int] | None = None
    medium: str | None = None

    def cut(self, end: int) -> "Claim":
        """The same claim, ending earlier."""
        return replace(self, end=end)


@dataclass(frozen=True, slots=True)
class Cue:
    """A cue at tokens first..end-1; `tier` is strong, joint or wish; `suffix` as in `Claim`."""

    first: int
    end: int
    tier: str = "strong"
    suffix: tuple[int, int] | None = None

    def span(self, passage: Passage) -> tuple[int, int]:
        """Its codepoints."""
        return passage.starts[self.first], passage.ends[self.end - 1]


def after_cue(passage: Passage, index: int, limit: int, *, plain: bool = False) -> Cue | None:
    """The cue at a token behind a quotation ("kata", "ujarnya", "said"). `plain`: behind a clause without marks."""
    if index >= limit:
        return None
    lexicon, word = passage.lexicon, passage.lower[index]
    cues = lexicon.plain if plain else lexicon.after
    match = cues.at(passage.lower, index)
    if match:
        return Cue(index, index + match[0])
    suffix = lexicon.suffix
    if suffix and word.endswith(suffix) and cues.at([word[: -len(suffix)]], 0):
        end = passage.ends[index]
        return Cue(index, index + 1, suffix=(end - len(suffix), end))
    return None


def before_cue(passage: Passage, index: int) -> Cue | None:
    """The cue at a token in front of what is said ("mengatakan", "said")."""
    match = passage.lexicon.before.at(passage.lower, index)
    if match is None or passage.kinds[index] & Kind.ACRONYM:
        return None
    return Cue(index, index + match[0], match[1])


def trimmed(passage: Passage, first: int, end: int) -> tuple[int, int]:
    """Codepoints of tokens first..end-1 without the stops at their end."""
    while end > first and passage.words[end - 1] in CLOSERS:
        end -= 1
    return (passage.starts[first], passage.ends[end - 1]) if end > first else (0, 0)


def words(passage: Passage, first: int, end: int) -> int:
    """How many tokens of first..end-1 are words or numbers."""
    return sum(bool(passage.kinds[index] & Kind.WORD) for index in range(first, end))
