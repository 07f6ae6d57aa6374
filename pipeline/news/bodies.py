"""The body of a web page, as several extractors see it: the one that agrees best with the others.

No extractor is best on all templates, but wrong bodies differ and right ones are alike. trafilatura with a preference
for precision is compared with the readability algorithm, which finds the body in another way. Where they are alike, the
first is taken; elsewhere trafilatura's defaults, readability-lxml and the cleaner of text copies are asked as well,
and the medoid of the four is taken.
Two settings of trafilatura are no second opinion: their agreement hardly tells a good body from a poor one (area under
the ROC curve for pages with F1 below .8: .53 on 261 pages of two benchmarks, .80 for the readability algorithm).
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import version
from statistics import mean
from typing import Any, NamedTuple

import lxml.html
import readability
import trafilatura
from readability.readability import Unparseable
from trafilatura.readability_lxml import Document as QuickReadability

from pipeline.news.layout import find_body
from pipeline.news.weblines import Lines, copy_of
from pipeline.news.webtree import TROUBLE, broken, paragraphs, twin

AGREED = 0.85
"""Agreement from which on two bodies are one. F1 is the same for .8 to .95; a lower gate asks the others less often."""

_TRAFILATURA = f"trafilatura {trafilatura.__version__}"
PRECISE, DEFAULT = f"{_TRAFILATURA} precision", _TRAFILATURA
READABLE, PLAIN = f"readability-lxml {version('readability-lxml')}", "pantau-lines 2"

Filter = Callable[[Sequence[str]], Lines]


class Body(NamedTuple):
    """The lines of the body, how much other extractors agree (0 to 1), and which extractor they come from."""

    lines: Lines
    agreement: float
    extractor: str


def best_body(tree: Any, lines: Filter) -> Body:
    """The body in a page. `lines` parts the paragraphs of an extractor into body and furniture.

    Raises Reject(BROKEN_MARKUP) when trafilatura cannot read the page.
    """
    precise = _precise(tree)
    found = agreement("\n".join(precise), "\n".join(_or_nothing(_quickly_readable, tree)))
    if found >= AGREED:
        return Body(lines(precise), found, PRECISE)
    others: dict[str, Callable[[Any], list[str]]] = {
        DEFAULT: partial(_trafilatura, precision=False),
        READABLE: _readable,
        PLAIN: _plain,
    }
    bodies = {PRECISE: lines(precise), **{name: lines(_or_nothing(other, tree)) for name, other in others.items()}}
    return medoid(bodies)


def medoid(bodies: dict[str, Lines]) -> Body:
    """The body with the highest mean agreement with the others; of equals the first."""
    grams = {name: _grams(lines.text) for name, lines in bodies.items()}
    agreed = {
        name: mean(_dice(own, other) for rival, other in grams.items() if rival != name) for name, own in grams.items()
    }
    best = max(agreed, key=lambda name: agreed[name])
    return Body(bodies[best], agreed[best], best)


def _precise(tree: Any) -> list[str]:
    try:
        return _trafilatura(tree, precision=True)
    except TROUBLE as error:
        raise broken(error) from error


def _or_nothing(extractor: Callable[[Any], list[str]], tree: Any) -> list[str]:
    """What an extractor finds; nothing when the page breaks it, which the agreement then tells."""
    try:
        return extractor(tree)
    except (*TROUBLE, Unparseable):
        return []


def _trafilatura(tree: Any, precision: bool) -> list[str]:
    found: Any = trafilatura.bare_extraction(tree, favor_precision=precision, include_comments=False)
    return paragraphs(found.body) if found is not None else []


def _quickly_readable(tree: Any) -> list[str]:
    """By the fork in trafilatura: a fifth of the time of the original, which finds more bodies."""
    return paragraphs(lxml.html.fromstring(QuickReadability(twin(tree)).summary()))


def _readable(tree: Any) -> list[str]:
    summary = readability.Document(twin(tree)).summary(html_partial=True)
    return paragraphs(lxml.html.fromstring(summary))


def _plain(tree: Any) -> list[str]:
    """The page as a text copy of one line a block, cleaned as one."""
    copy = copy_of(paragraphs(tree), blank_before=False)
    body, removed = find_body(copy)
    return [copy.blocks[i].text for i in range(body.first, body.last + 1) if i not in removed]


# --- agreement

_TOKEN = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\\W_]+")
"""Words; in scripts without spaces, signs."""
_GRAM = 4
_Grams = Counter[tuple[str, ...]]


def agreement(one: str, other: str) -> float:
    """F1 of the bags of four words in a row, 0 to 1; 0 when one of them is empty."""
    return _dice(_grams(one), _grams(other))


def _grams(text: str) -> _Grams:
    words = _TOKEN.findall(text)
    if not words:
        return Counter()
    return Counter(zip(*(words[i:] for i in range(_GRAM)))) or Counter([tuple(words)])


def _dice(one: _Grams, other: _Grams) -> float:
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if one and other else 0.0
