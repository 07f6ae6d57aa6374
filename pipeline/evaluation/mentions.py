"""Named things in a text, and how well those found are the true ones: exact offsets in codepoints, and the label."""

from collections import Counter
from collections.abc import Iterable

import msgspec


class Mention(msgspec.Struct, frozen=True, order=True):
    """A named thing in a sentence: codepoint offsets, and PER, ORG or LOC."""

    start: int
    end: int
    label: str


class Score(msgspec.Struct, frozen=True):
    """Precision, recall and F1 between 0 and 1; micro-averaged over the mentions counted."""

    precision: float
    recall: float
    f: float
    mentions: int


def score(right: int, found: int, gold: int) -> Score:
    """The usual measures of `right` among `found` and `gold` mentions; 0 where nothing can be divided."""
    return Score(right / found if found else 0.0, right / gold if gold else 0.0, 2 * right / max(1, found + gold), gold)


def compare(gold: Iterable[tuple[Mention, ...]], found: Iterable[tuple[Mention, ...]]) -> dict[str, Score]:
    """Scores by label and under "" for all; a mention is right when both offsets and the label are."""
    right, guessed, wanted = Counter[str](), Counter[str](), Counter[str]()
    for truth, guess in zip(gold, found, strict=True):
        for counter, mentions in ((right, set(truth) & set(guess)), (guessed, set(guess)), (wanted, set(truth))):
            counter.update(mention.label for mention in mentions)
            counter[""] += len(mentions)
    return {label: score(right[label], guessed[label], wanted[label]) for label in sorted(wanted)}
