"""What the model is compared with: everything, two extractors fed with the same text, and rules."""

import html
from collections.abc import Callable, Sequence
from importlib import import_module

import numpy as np

from pipeline.news.linefeatures import FEATURES, features, words_in
from pipeline.news.linesigns import signs_of
from pipeline.training.lines.pages import Page

_CUED_WORDS = 14
"""A line with a cue and fewer words is no body."""


def keep_all(page: Page) -> str:
    """Everything."""
    return "\n".join(page.lines)


def trafilatura(page: Page) -> str:
    """The defaults of trafilatura without comments; each line is given as a paragraph, since it reads HTML."""
    found = import_module("trafilatura").extract(_as_html(page.lines), include_comments=False)
    return found or ""


def justext(page: Page) -> str:
    """The defaults of jusText with the stop list of the page's language, or without any if it has none."""
    module = import_module("justext")
    name = _STOPLISTS.get(page.language)
    words = module.get_stoplist(name) if name else frozenset()
    limits = {} if name else {"stopwords_low": 0.0, "stopwords_high": 0.0}
    found = module.justext(_as_html(page.lines), words, **limits)
    return "\n".join(paragraph.text for paragraph in found if not paragraph.is_boilerplate)


_STOPLISTS = {
    "de": "German",
    "en": "English",
    "fr": "French",
    "id": "Indonesian",
    "it": "Italian",
    "ko": "Korean",
    "pt": "Portuguese",
    "ru": "Russian",
}


def _as_html(lines: Sequence[str]) -> str:
    return "<html><body>" + "".join(f"<p>{html.escape(line)}</p>" for line in lines) + "</body></html>"


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
