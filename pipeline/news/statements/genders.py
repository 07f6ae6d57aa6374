"""What words say of a person's gender: "Mrs", "spokesman", "she", a given name that only women have."""

from collections.abc import Iterable
from typing import Literal

from pipeline.news.lexicons import Lexicon

Gender = Literal["masculine", "feminine"]


def gender(words: Iterable[str], lexicon: Lexicon) -> Gender | None:
    """The gender that lower-case words agree on; None when they say nothing, or both."""
    return _only(set(words), lexicon.masculine, lexicon.feminine)


def of_name(name: str, lexicon: Lexicon) -> Gender | None:
    """What a given name says."""
    first = name.casefold().split()[:1]
    return _only(set(first), lexicon.masculine_names, lexicon.feminine_names)


def _only(words: set[str], masculine: frozenset[str], feminine: frozenset[str]) -> Gender | None:
    men, women = not words.isdisjoint(masculine), not words.isdisjoint(feminine)
    if men == women:
        return None
    return "masculine" if men else "feminine"
