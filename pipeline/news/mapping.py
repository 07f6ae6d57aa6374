"""Where the text of an article stands in the text of its page: making runs and reading them (`schemas.article.Run`).

White space is left out of every comparison, because pages break lines where articles do not. What was matched is
therefore a list of words, and a run joins words between which both texts have exactly one white space.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pipeline.news.markup import VISIBLE
from schemas.article import Run

_WORD = re.compile(r"\S+")
_ANCHORS_MAX = 50
_MISSES_MAX = 200
"""Paragraphs that may be missing before a page is not searched whole any more: bounds the cost of hostile pages."""
PIECE_MIN = 12
"""Codepoints below which a piece of a changed paragraph is not searched on its own: it would be found anywhere."""
_WINDOW = 2000
"""How far after the last match a piece of a changed paragraph is searched, beyond its own length."""


def packed_text(text: str) -> str:
    """A text without white space and signs that cannot be seen, as `Source.packed`."""
    return "".join(VISIBLE.findall(text))


def page_span(runs: Sequence[Run], start: int, end: int) -> tuple[int, int] | None:
    """The stretch of the page's text that holds text[start:end] of a part, None when no run covers any of it.

    Codepoints that the page writes differently (`&quot;`) are in no run; at the edges of the stretch they are left out.
    """
    touched = [run for run in runs if run.text < end and run.text + run.length > start]
    if not touched:
        return None
    first = min(run.page + max(0, start - run.text) for run in touched)
    last = max(run.page + min(run.length, end - run.text) for run in touched)
    return first, last


def line_runs(pieces: Iterable[tuple[int, int, int]], text: str, page: str) -> tuple[Run, ...]:
    """Runs for pieces of text that are known to stand in the page: (start in text, end in text, start in page)."""
    runs = Runs(text, page)
    for start, end, at in pieces:
        if text[start:end] == page[at : at + end - start]:
            runs.add(start, at, end - start)
            continue
        words = zip(_WORD.finditer(text, start, end), _WORD.finditer(page, at))
        for here, there in words:
            runs.add(here.start(), there.start(), here.end() - here.start())
    return runs.done()


@dataclass
class Runs:
    """Collects matched stretches in the order of the text and joins those that a run may join."""

    text: str
    page: str
    _found: list[list[int]] = field(default_factory=list)

    def add(self, text: int, page: int, length: int) -> None:
        """text[text:text+length] == page[page:page+length], and both are without white space."""
        if self._found:
            last = self._found[-1]
            gap = text - last[0] - last[2]
            if gap == page - last[1] - last[2] and (gap == 0 or (gap == 1 and self._spaces(text - 1, page - 1))):
                last[2] += gap + length
                return
        self._found.append([text, page, length])

    def _spaces(self, text: int, page: int) -> bool:
        return self.text[text].isspace() and self.page[page].isspace()

    def done(self) -> tuple[Run, ...]:
        """The runs so far."""
        return tuple(Run(*found) for found in self._found)


@dataclass
class Source:
    """The visible text of a page without its white space, and where each word of it stands.

    words  (place in the page's text, the word, whether it stands there as it is); a decoded reference does not
    """

    page: str
    words: list[tuple[int, str, bool]]
    packed: str = ""
    _starts: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        at = 0
        for _, word, _ in self.words:
            self._starts.append(at)
            at += len(word)
        self.packed = "".join(word for _, word, _ in self.words)

    def place(self, at: int) -> int | None:
        """Where packed[at] stands in the page, None when it was decoded."""
        index = bisect_right(self._starts, at) - 1
        place, _, literal = self.words[index]
        return place + at - self._starts[index] if literal else None

    def pieces(self, start: int, end: int) -> Iterable[tuple[int, int, int]]:
        """packed[start:end] piece by piece: (place in packed, place in page, length); what was decoded is left out."""
        index = bisect_right(self._starts, start) - 1
        while index < len(self.words) and self._starts[index] < end:
            at, word, literal = self.words[index]
            low, high = max(start, self._starts[index]), min(end, self._starts[index] + len(word))
            if literal and low < high:
                yield low, at + low - self._starts[index], high - low
            index += 1


@dataclass
class Aligner:
    """Finds the paragraphs of an article, in order, in the source that they were extracted from.

    A paragraph is looked for after the one before it, then anywhere; one that the extractor changed is halved until
    its pieces are found. The cost is linear in the page for each paragraph that is not where it is expected.
    """

    source: Source
    cursor: int = 0
    _misses: int = 0

    def spans(self, text: str) -> list[tuple[int, int, int]]:
        """Where text, whose white space is left out, lies in `source.packed`: (start in text, start there, length)."""
        packed = packed_text(text)
        found = self._whole(packed) if packed else None
        if found is None:
            halves = self._halved(packed, 0, self.cursor, self.cursor + 2 * len(packed) + _WINDOW)
            return self._grown(packed, halves)
        self.cursor = found + len(packed)
        return [(0, found, len(packed))]

    def anchor(self, paragraphs: Sequence[str]) -> None:
        """Set out from the first long paragraph: short ones before it could be found in a menu."""
        for before, paragraph in enumerate(paragraphs[:_ANCHORS_MAX]):
            packed = packed_text(paragraph)
            found = self.source.packed.find(packed) if len(packed) >= 60 else -1
            if found >= 0:
                self.cursor = self._behind(paragraphs[:before], found)
                return

    def _behind(self, paragraphs: Sequence[str], at: int) -> int:
        """The place of the first of these paragraphs, each looked for backwards from the next."""
        for paragraph in reversed(paragraphs):
            found = self.source.packed.rfind(packed_text(paragraph), 0, at)
            at = found if found >= 0 else at
        return at

    def _whole(self, packed: str) -> int | None:
        found = self.source.packed.find(packed, self.cursor)
        if found < 0 and self._misses < _MISSES_MAX:
            found = self.source.packed.find(packed)
            self._misses += found < 0
        return found if found >= 0 else None

    def _halved(self, packed: str, offset: int, low: int, high: int) -> list[tuple[int, int, int]]:
        if len(packed) < PIECE_MIN:
            return []
        found = self.source.packed.find(packed, low, high)
        if found >= 0:
            self.cursor = found + len(packed)
            return [(offset, found, len(packed))]
        half = len(packed) // 2
        left = self._halved(packed[:half], offset, low, high)
        return left + self._halved(packed[half:], offset + half, max(low, self.cursor if left else low), high)

    def _grown(self, packed: str, found: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
        """Pieces that were found, each as far as text and page agree around it, and no further than the next."""
        grown: list[tuple[int, int, int]] = []
        for i, (start, there, length) in enumerate(found):
            least, low = (grown[-1][0] + grown[-1][2], grown[-1][1] + grown[-1][2]) if grown else (0, 0)
            back = _agreeing(
                packed[least:start][::-1], self.source.packed[max(low, there - start + least) : there][::-1]
            )
            most = found[i + 1][0] if i + 1 < len(found) else len(packed)
            end = found[i + 1][1] if i + 1 < len(found) else len(self.source.packed)
            behind, at = start + length, there + length
            on = _agreeing(packed[behind:most], self.source.packed[at : min(end, at + most - behind)])
            grown.append((start - back, there - back, back + length + on))
        if grown:
            self.cursor = grown[-1][1] + grown[-1][2]
        return grown


def _agreeing(one: str, other: str) -> int:
    """How many signs two texts have in common at their beginning."""
    return next((i for i, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other)))


def aligned_runs(aligner: Aligner, text: str) -> tuple[Run, ...]:
    """Runs from a part to the page. Its paragraphs are the lines of `text`."""
    runs = Runs(text, aligner.source.page)
    at = 0
    for line in text.split("\n"):
        spans = aligner.spans(line)
        whole = _literal(aligner.source, line, *spans[0][1:]) if len(spans) == 1 else None
        if whole:
            runs.add(at + whole[0], whole[1], whole[2])
        else:
            places = [at + match.start() + i for match in VISIBLE.finditer(line) for i in range(len(match[0]))]
            for start, there, length in spans:
                _add_span(runs, aligner.source, places[start : start + length], there)
        at += len(line) + 1
    return runs.done()


def _literal(source: Source, line: str, there: int, length: int) -> tuple[int, int, int] | None:
    """A run within the line and the page when all of the line stands there sign by sign, as most paragraphs do:
    packed[there : there + length] is all of the line that can be seen. It spares a look at each word.
    """
    seen = line.strip()
    if not seen or VISIBLE.match(seen) is None or len(packed_text(seen)) != length:
        return None
    page = source.place(there)
    return (line.index(seen), page, len(seen)) if page is not None and source.page.startswith(seen, page) else None


def _add_span(runs: Runs, source: Source, places: list[int], there: int) -> None:
    """Add packed[there:there + len(places)], whose codepoints stand at `places` in the text."""
    for low, page, length in source.pieces(there, there + len(places)):
        first = at = low - there
        while at < first + length:
            size = _stretch(places, at, first + length)
            runs.add(places[at], page + at - first, size)
            at += size


def _stretch(places: list[int], start: int, end: int) -> int:
    """How many of the codepoints from `start` on stand together in the text."""
    if places[end - 1] - places[start] == end - 1 - start:
        return end - start
    size = 1
    while start + size < end and places[start + size] == places[start] + size:
        size += 1
    return size
