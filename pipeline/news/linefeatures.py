"""What is known of a line before the trees judge it: one row of figures per line, the same for every language.

The order and the meaning of the columns are those the model was trained with: a change here needs a training. Shares of
frequent words, words in common with other lines and lengths of words are left out on purpose: they helped nothing in
languages that were trained on and cost 3 points of F1 in others.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np

from pipeline.news.linesigns import (
    BRACKET,
    COLON,
    COMMA,
    DENSE,
    DIGIT,
    LOWER,
    QUOTE,
    SEPARATOR,
    STOP,
    UPPER,
    Floats,
    Signs,
    signs_of,
)

_PARAGRAPH_WORDS = 10
"""A line of ten words with the end of a sentence in it or behind it reads like a paragraph."""
_FAR = 50.0
_RUN_FAR = 30
_WINDOWS = (2, 5, 12)
_COUNT_WINDOW = 5
_GAP = 3
"""Paragraphs with at most so many other lines between them are one passage."""
_NEIGHBOURS = (-3, -2, -1, 1, 2, 3)
_CUE_WORDS = 40
"""A line with more words is a paragraph, whatever cues are in it."""
_OUTSIDE = -1.0
"""The value of a neighbour before the first or behind the last line."""

_SELF = (
    *("chars", "words", "ends", "stops", "commas", "capitals", "digits", "url", "separators", "quotes"),
    *("all_caps", "repeated", "blank_before", "blank_after", "position", "dense", "short_unfinished"),
    *("colon_last", "bracket_last", "lower_first", "upper_first", "cue", "cue_first", "picture_cue", "byline_cue"),
    "relative_length",
)
_PLACE = (
    *("since_paragraph", "until_paragraph", "in_run", "from_run", "until_run_end", "before_first", "behind_last"),
    *("paragraph", "page_lines", "page_paragraphs", "prose_before", "passage_share"),
)
_AROUND = tuple(f"{name}_{size}" for size in _WINDOWS for name in ("prose_share", "prose_words"))
_COUNTED = ("repeated", "short_unfinished", "cue", "all_caps")
_MEANS = tuple(f"{name}_{_COUNT_WINDOW}" for name in _COUNTED)
_SHARED = ("words", "ends", "stops", "capitals", "cue")
_NEAR = tuple(f"{name}[{offset:+d}]" for offset in _NEIGHBOURS for name in _SHARED)
FEATURES = (*_SELF, *_PLACE, *_AROUND, *_MEANS, *_NEAR)
"""The names of the columns."""

_TOKEN = re.compile(r"\w+")
_URL = re.compile(r"https?:|www\.|\.(?:com|org|net|co\.\w\w)\b")


def features(lines: Sequence[str], blanks: Sequence[int]) -> Floats:
    """One row per line, one column per name in `FEATURES`."""
    signs = signs_of(lines)
    words = words_in(signs)
    own = _of_signs(signs, words) | _of_words(lines) | _of_layout(blanks)
    prose = _prose(own, words)
    own["relative_length"] = words / max(1.0, _typical(words, prose))
    columns = [own[name] for name in _SELF]
    columns += _of_place(words, prose) + _of_windows(words, prose) + _of_means(own)
    columns += _of_neighbours(own)
    return np.stack(columns, axis=1)


def words_in(signs: Signs) -> Floats:
    """Words per line; two signs of a script without spaces count as one word."""
    found: Floats = signs.count(signs.word_starts) + signs.count(signs.of(DENSE)) // 2
    return found


def _of_signs(signs: Signs, words: Floats) -> dict[str, Floats]:
    chars, dense = signs.lengths.astype(np.float64), signs.count(signs.of(DENSE))
    upper, lower = signs.count(signs.of(UPPER)), signs.count(signs.of(LOWER))
    ends = ((signs.last & STOP) > 0).astype(np.float64)
    first = signs.flags[signs.starts]
    started = signs.count(signs.word_starts)
    capital = signs.count(signs.word_starts & signs.of(UPPER))
    return {
        "chars": np.log1p(chars),
        "words": np.log1p(words),
        "ends": ends,
        "stops": np.minimum(8, signs.count(signs.stops)),
        "commas": np.minimum(10, signs.count(signs.of(COMMA))),
        "capitals": capital / np.maximum(1, started),
        "digits": signs.count(signs.of(DIGIT)) / np.maximum(1, chars),
        "separators": np.minimum(10, signs.count(signs.of(SEPARATOR))),
        "quotes": np.minimum(4, signs.count(signs.of(QUOTE))),
        "all_caps": ((upper > 1) & (lower == 0)).astype(np.float64),
        "dense": (dense > 0).astype(np.float64),
        "short_unfinished": ((ends == 0) & (words < 8)).astype(np.float64),
        "colon_last": ((signs.last & COLON) > 0).astype(np.float64),
        "bracket_last": ((signs.flags[np.maximum(0, signs.starts + signs.lengths - 1)] & BRACKET) > 0).astype(float),
        "lower_first": ((first & LOWER) > 0).astype(np.float64),
        "upper_first": ((first & UPPER) > 0).astype(np.float64),
    }


def _of_layout(blanks: Sequence[int]) -> dict[str, Floats]:
    before = np.minimum(1.0, np.asarray(blanks, dtype=np.float64))
    count = len(before)
    return {
        "blank_before": before,
        "blank_after": np.append(before[1:], 1.0),
        "position": np.arange(count) / max(1, count - 1),
    }


# --- words


def _of_words(lines: Sequence[str]) -> dict[str, Floats]:
    lowered = [line.lower() for line in lines]
    tokens = [_TOKEN.findall(line) for line in lowered]
    times = Counter(map(tuple, tokens))
    cued = np.array([_cues_in(found, line) for found, line in zip(tokens, lowered)], dtype=np.float64).reshape(-1, 4)
    return {
        "url": np.array([bool(_URL.search(line)) for line in lowered], dtype=np.float64),
        "repeated": np.array([min(3, times[tuple(found)] - 1) for found in tokens], dtype=np.float64),
        "cue": cued[:, 0],
        "cue_first": cued[:, 1],
        "picture_cue": cued[:, 2],
        "byline_cue": cued[:, 3],
    }


class _Cues(NamedTuple):
    """The cues of all languages by kind, those of several words and of one by their first word."""

    said: dict[str, list[str]]
    picture: dict[str, list[str]]
    byline: dict[str, list[str]]
    within: list[str]
    first_words: frozenset[str]


@cache
def _cues() -> _Cues:
    tables = tomllib.loads((files("pipeline") / "models" / "lines" / "cues.toml").read_text("utf-8"))
    said, picture, byline = (_by_first_word(_entries(tables, kind)) for kind in ("said", "picture", "byline"))
    return _Cues(said, picture, byline, _entries(tables, "within"), frozenset((*said, *picture, *byline)))


def _entries(tables: dict[str, dict[str, list[str]]], kind: str) -> list[str]:
    return list(dict.fromkeys(cue for table in tables.values() for cue in table.get(kind, ())))


def _by_first_word(cues: Sequence[str]) -> dict[str, list[str]]:
    begun: dict[str, list[str]] = {}
    for cue in cues:
        begun.setdefault(cue.split()[0], []).append(f" {cue} ")
    return begun


def _cues_in(tokens: Sequence[str], lowered: str) -> tuple[bool, bool, bool, bool]:
    """Whether a line says what it is, says so in its first words, tells of a picture, begins like a byline."""
    cues = _cues()
    if len(tokens) > _CUE_WORDS:
        return (False, False, False, False)
    dense = not lowered.isascii() and len(lowered) <= _CUE_WORDS and any(cue in lowered for cue in cues.within)
    begun = cues.first_words.intersection(tokens)
    if not begun:
        return (dense, dense, False, False)
    text = f" {' '.join(tokens)} "
    said = [cue for word in begun for cue in cues.said.get(word, ()) if cue in text]
    picture = any(cue in text for word in begun for cue in cues.picture.get(word, ()))
    byline = any(text.startswith(cue) for cue in cues.byline.get(tokens[0], ()))
    return (bool(said) or dense, dense or any(map(text.startswith, said)), picture, byline)


# --- the page around a line


def _prose(own: dict[str, Floats], words: Floats) -> Floats:
    """1 where a line reads like a paragraph."""
    prose: Floats = ((words >= _PARAGRAPH_WORDS) & ((own["ends"] > 0) | (own["stops"] >= 1))).astype(np.float64)
    return prose


def _typical(words: Floats, prose: Floats) -> float:
    """The median of the words of paragraphs."""
    return float(np.median(words[prose > 0])) if prose.any() else 0.0


def _of_place(words: Floats, prose: Floats) -> list[Floats]:
    count = len(words)
    at = np.arange(count, dtype=np.float64)
    found = np.flatnonzero(prose)
    first, last = (int(found[0]), int(found[-1])) if len(found) else (0, 0)
    start, end = densest(words, prose)
    return [
        np.minimum(_FAR, at - np.append(-_FAR, found)[np.searchsorted(found, at)]),
        np.minimum(_FAR, np.append(found, 2 * _FAR + count)[np.searchsorted(found, at, side="right")] - at),
        ((at >= start) & (at <= end)).astype(np.float64),
        np.clip(at - start, -_RUN_FAR, _RUN_FAR),
        np.clip(end - at, -_RUN_FAR, _RUN_FAR),
        (at < first).astype(np.float64),
        (at > last).astype(np.float64),
        prose,
        np.full(count, np.log1p(count)),
        np.full(count, prose.mean()),
        np.cumsum(words * prose) / max(1.0, float((words * prose).sum())),
        _passage_share(words, prose),
    ]


def _passage_share(words: Floats, prose: Floats) -> Floats:
    """The words of the passage a paragraph is in, by those of the greatest; for other lines that of the last one."""
    found = np.flatnonzero(prose)
    shares = np.zeros(len(words))
    if len(found):
        number = np.concatenate(([0], np.cumsum(np.diff(found) > _GAP + 1)))
        sums = np.bincount(number, weights=np.minimum(words[found], 60))
        before = np.searchsorted(found, np.arange(len(words)), side="right") - 1
        shares = np.where(before >= 0, (sums / sums.max())[number[before]], 0.0)
    return shares


def densest(words: Floats, prose: Floats) -> tuple[int, int]:
    """The first and last line of the run with the most words in paragraphs, other lines counted against it."""
    weights = np.where(prose > 0, np.minimum(words, 60), -np.minimum(4 + words * 0.5, 12))
    sums = np.concatenate(([0.0], np.cumsum(weights)))
    lowest = np.minimum.accumulate(sums)[:-1]
    end = int(np.argmax(sums[1:] - lowest))
    return int(np.flatnonzero(sums[: end + 1] == lowest[end])[-1]), end


def _of_windows(words: Floats, prose: Floats) -> list[Floats]:
    """Per size: the share of the words around a line that stand in paragraphs, and how many they are."""
    count = len(words)
    at = np.arange(count)
    inside = np.concatenate(([0.0], np.cumsum(words * prose)))
    all_words = np.concatenate(([0.0], np.cumsum(words)))
    columns: list[Floats] = []
    for size in _WINDOWS:
        low, high = np.maximum(0, at - size), np.minimum(count, at + size + 1)
        found = inside[high] - inside[low]
        columns += [found / np.maximum(1.0, all_words[high] - all_words[low]), np.log1p(found)]
    return columns


def _of_means(own: dict[str, Floats]) -> list[Floats]:
    """Means over the lines around a line."""
    count = len(own["words"])
    at = np.arange(count)
    low, high = np.maximum(0, at - _COUNT_WINDOW), np.minimum(count, at + _COUNT_WINDOW + 1)
    sums = np.cumsum(np.pad(np.stack([own[name] for name in _COUNTED]), ((0, 0), (1, 0))), axis=1)
    return list((sums[:, high] - sums[:, low]) / (high - low))


def _of_neighbours(own: dict[str, Floats]) -> list[Floats]:
    reach = max(_NEIGHBOURS)
    shared = np.pad(np.stack([own[name] for name in _SHARED]), ((0, 0), (reach, reach)), constant_values=_OUTSIDE)
    count = shared.shape[1] - 2 * reach
    return [column for offset in _NEIGHBOURS for column in shared[:, reach + offset : reach + offset + count]]
