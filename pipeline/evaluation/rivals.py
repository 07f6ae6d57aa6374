"""Other programs that take the article out of a page, each with its defaults."""

import html
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from typing import NamedTuple

MODULES = {"trafilatura": "trafilatura", "trafilatura-precision": "trafilatura", "justext": "justext"}
"""What each rival needs to be installed."""

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


class Rival(NamedTuple):
    """`of_page` takes an HTML page, `of_lines` the lines of a text; both take the language and give the body."""

    of_page: Callable[[str, str], str]
    of_lines: Callable[[Sequence[str], str], str]


def rival(name: str) -> Rival:
    """The program of this name. Needs its module."""
    extract = _EXTRACTORS[name]
    return Rival(extract, lambda lines, language: extract(_as_html(lines), language))


def _trafilatura(page: str, language: str, precision: bool = False) -> str:
    """Without comments, which the true texts do not hold either."""
    found = import_module("trafilatura").extract(page, include_comments=False, favor_precision=precision)
    return found or ""


def _justext(page: str, language: str) -> str:
    """With the stop list of the language, or without any if it has none."""
    module = import_module("justext")
    name = _STOPLISTS.get(language)
    words = module.get_stoplist(name) if name else frozenset()
    limits = {} if name else {"stopwords_low": 0.0, "stopwords_high": 0.0}
    found = module.justext(page.encode(), words, encoding="utf-8", **limits)
    return "\n".join(paragraph.text for paragraph in found if not paragraph.is_boilerplate)


_EXTRACTORS: dict[str, Callable[[str, str], str]] = {
    "trafilatura": _trafilatura,
    "trafilatura-precision": partial(_trafilatura, precision=True),
    "justext": _justext,
}


def _as_html(lines: Sequence[str]) -> str:
    """Each line as a paragraph, since all of them read HTML."""
    return "<html><body>" + "".join(f"<p>{html.escape(line)}</p>" for line in lines) + "</body></html>"
