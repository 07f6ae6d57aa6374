"""From codepoints of a cleaned part back to codepoints of the page's text."""

from bisect import bisect_right
from collections.abc import Sequence

from schemas.article import Run


def to_page(runs: Sequence[Run], start: int, end: int) -> tuple[int, int] | None:
    """Where codepoints start..end-1 of a part stand in the page's text.

    `runs` are in the order of the part's text. None when the stretch is empty or its first or last codepoint is in
    no run (something that the cleaner wrote itself, such as the line break between two paragraphs).
    """
    if start >= end:
        return None
    first, last = _page(runs, start), _page(runs, end - 1)
    return None if first is None or last is None or last < first else (first, last + 1)


def _page(runs: Sequence[Run], at: int) -> int | None:
    index = bisect_right(runs, at, key=_text) - 1
    if index < 0:
        return None
    run = runs[index]
    return run.page + at - run.text if at < run.text + run.length else None


def _text(run: Run) -> int:
    return run.text
