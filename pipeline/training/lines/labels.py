"""Which lines of a text copy are body, from the body that a benchmark holds to be true.

A long line is body when half of its 4-grams of words stand in the true body. Short lines ("Home", a byline) stand in
some article by chance, so they count only near long lines of the body, and only where it holds them.
"""

import re
from collections.abc import Sequence

_TOKEN = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]|[^\W\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]+")
_GRAM = 4
_LONG = 8
_COVERED = 0.5
_REACH = 3
"""How many lines beyond the long lines of the body a short line of it may stand."""


def labels(lines: Sequence[str], body: str, title: str = "") -> list[bool]:
    """One per line. The title is not body where it is known, even if the true body begins with it."""
    truth = words_of(body)
    grams = {tuple(truth[i : i + _GRAM]) for i in range(len(truth) - _GRAM + 1)}
    found = [words_of(line) for line in lines]
    long = [len(words) >= _LONG and _share(words, grams) >= _COVERED for words in found]
    short = _Short(body, truth, words_of(title))
    return [is_long or (_near(long, i) and short.holds(words)) for i, (is_long, words) in enumerate(zip(long, found))]


def words_of(text: str) -> list[str]:
    """Words in lower case; single signs of scripts without spaces."""
    return _TOKEN.findall(text.lower())


def _share(words: Sequence[str], grams: set[tuple[str, ...]]) -> float:
    own = [tuple(words[i : i + _GRAM]) for i in range(len(words) - _GRAM + 1)]
    return sum(gram in grams for gram in own) / len(own)


def _near(long: Sequence[bool], i: int) -> bool:
    return any(long[max(0, i - _REACH) : i]) or any(long[i + 1 : i + 1 + _REACH])


class _Short:
    """What short lines of a body may be: a paragraph, or words that follow each other in it."""

    def __init__(self, body: str, truth: Sequence[str], title: Sequence[str]) -> None:
        self._paragraphs = {tuple(words_of(paragraph)) for paragraph in body.split("\n")} - {()}
        self._text = f" {' '.join(truth)} "
        self._title = tuple(title)

    def holds(self, words: Sequence[str]) -> bool:
        if not words or len(words) >= _LONG or tuple(words) == self._title:
            return False
        return tuple(words) in self._paragraphs or (len(words) >= _GRAM and f" {' '.join(words)} " in self._text)
