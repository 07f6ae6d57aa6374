"""What the model is compared with: everything, two extractors fed with the same text, and rules."""

from collections.abc import Callable, Sequence

import numpy as np

from pipeline.evaluation.rivals import rival
from pipeline.news.linefeatures import FEATURES, features, words_in
from pipeline.news.linesigns import signs_of
from pipeline.training.lines.pages import Page

_CUED_WORDS = 14
"""A line with a cue and fewer words is no body."""


def keep_all(page: Page) -> str:
    """Everything."""
    return "\n".join(page.lines)


def trafilatura(page: Page) -> str:
    """The defaults of trafilatura."""
    return rival("trafilatura").of_lines(page.lines, page.language)


def justext(page: Page) -> str:
    """The defaults of jusText."""
    return rival("justext").of_lines(page.lines, page.language)


def rules(page: Page) -> str:
    """The densest run of paragraphs without its short lines with cues."""
    return kept(page, rule_marks(page))


def rule_marks(page: Page) -> list[bool]:
    """The lines that `rules` keeps."""
    figures = features(page.lines, page.blanks)
    in_run, cue = (figures[:, FEATURES.index(name)] > 0 for name in ("in_run", "cue"))
    short = words_in(signs_of(page.lines)) < _CUED_WORDS
    marks: list[bool] = np.logical_and(in_run, ~(cue & short)).tolist()
    return marks


def kept(page: Page, marks: Sequence[bool]) -> str:
    """The lines of a page that are marked."""
    return "\n".join(line for line, mark in zip(page.lines, marks) if mark)


BASELINES: dict[str, Callable[[Page], str]] = {
    "keep all": keep_all,
    "trafilatura on the text": trafilatura,
    "jusText on the text": justext,
    "densest run and cues": rules,
}
"""By their names in reports."""
