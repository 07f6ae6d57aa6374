"""Cross-validation over sites, over languages, and the text copies read by hand."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.evaluation.measures import Fit, fit, lines_fit
from pipeline.news.forest import Floats, Forest
from pipeline.news.layout import Copy, find_body
from pipeline.news.linefeatures import features
from pipeline.news.lines import Block, Line
from pipeline.news.linescore import segment, word_counts
from pipeline.training.lines.baselines import BASELINES, kept, rule_marks
from pipeline.training.lines.pages import Page, seeds
from pipeline.training.lines.synthesis import Article, synthesised
from pipeline.training.lines.trees import Rows, forest_of, rows_of, trained

FOLDS = 5
SYNTHETIC = 300
"""Pages of each of the two makes (`pipeline.training.lines.synthesis`)."""
SYNTHETIC_WEIGHT = 0.5
"""What a line of a synthetic page counts beside one of a real page."""
_SEED = 11

Texts = dict[tuple[str, str], dict[str, str]]
"""Name and way of a page, method, text found."""
Table = dict[str, dict[str, Fit]]
"""Method, group of pages, fit."""


def learned(pages: Sequence[Page], indonesian: Sequence[Article]) -> tuple[Any, Forest]:
    """The model of some pages and of synthetic ones made of them: LightGBM's and the same as arrays."""
    made = synthesised(pages, indonesian, SYNTHETIC, _SEED)
    rows = [rows_of(page) for page in pages]
    rows += [_lighter(rows_of(page)) for page in made]
    booster = trained(rows)
    return booster, forest_of(booster)


def _lighter(rows: Rows) -> Rows:
    return rows._replace(weights=rows.weights * SYNTHETIC_WEIGHT)


def fold_of(site: str) -> int:
    """The part a site is in: by a hash, so that it does not hang on which other sites there are."""
    return int(hashlib.sha256(site.encode()).hexdigest(), 16) % FOLDS


def cross_validated(pages: Sequence[Page], indonesian: Sequence[Article]) -> Texts:
    """What is found by a model that knows no page of the page's site."""
    found = {}
    for fold in range(FOLDS):
        _, forest = learned([page for page in pages if fold_of(page.site) != fold], indonesian)
        for page in (page for page in pages if fold_of(page.site) == fold):
            found[page.name, page.way] = _texts(forest, page)
    return found


def _texts(forest: Forest, page: Page) -> dict[str, str]:
    return {"line model": kept(page, marks(forest, page)), "text cleaner with line model": cleaned(forest, page)}


def cleaned(forest: Forest, page: Page) -> str:
    """The body that the text cleaner finds with this model; the lines of a page are its blocks."""
    lines = zip(page.lines, page.blanks)
    copy = Copy([Block((Line(0, len(text), blank > 0),), text) for text, blank in lines])
    body, removed = find_body(copy, lambda lines, blanks: forest.probabilities(features(lines, blanks)))
    return "\n".join(page.lines[i] for i in range(body.first, body.last + 1) if i not in removed)


def marks(forest: Forest, page: Page) -> list[bool]:
    """The lines that a model keeps of a page."""
    return segment(scores(forest, page), word_counts(page.lines))


def scores(forest: Forest, page: Page) -> Floats:
    """P(body) of each line by this model."""
    return forest.probabilities(features(page.lines, page.blanks))


# --- tables


def table(pages: Sequence[Page], model: Texts) -> Table:
    """Every method on every group."""
    found = {
        (page.name, page.way): {name: method(page) for name, method in BASELINES.items()} | model[page.name, page.way]
        for page in pages
    }
    methods = list(next(iter(found.values())))
    return {method: _by_group(pages, found, method) for method in methods}


def _by_group(pages: Sequence[Page], found: Texts, method: str) -> dict[str, Fit]:
    texts = [(page, found[page.name, page.way][method]) for page in pages]
    names = sorted({group for page in pages for group in _groups(page)})
    return {name: fit((page.body, text) for page, text in texts if name in _groups(page)) for name in names}


def _groups(page: Page) -> tuple[str, ...]:
    language = "English" if page.language == "en" else "other languages"
    return (page.dataset, f"{page.dataset}, {page.way}", language)


def unseen_languages(pages: Sequence[Page]) -> Table:
    """A model of English pages only, without Indonesian articles, on the pages in other languages."""
    english = [page for page in pages if page.language == "en"]
    others = [page for page in pages if page.language != "en"]
    _, forest = learned(english, ())
    sites = {page.site for page in english}
    apart = [page for page in others if page.site not in sites]
    model = {(page.name, page.way): _texts(forest, page) for page in apart}
    return table(apart, model)


def on_seeds(forest: Forest, data: Path) -> dict[str, Fit]:
    """Precision and recall of lines on the text copies read by hand, by rules and by the model."""
    read = list(seeds(data))
    judged = {
        "densest run and cues": [rule_marks(page) for page, _ in read],
        "line model": [marks(forest, page) for page, _ in read],
    }
    return {name: _lines(read, found) for name, found in judged.items()}


def _lines(read: Sequence[tuple[Page, frozenset[int]]], found: Sequence[Sequence[bool]]) -> Fit:
    pairs = [pair for (page, unread), kept_lines in zip(read, found) for pair in _read_lines(page, unread, kept_lines)]
    return lines_fit([true for true, _ in pairs], [kept_line for _, kept_line in pairs])


def _read_lines(page: Page, unread: frozenset[int], found: Sequence[bool]) -> Iterator[tuple[bool, bool]]:
    return ((page.labels[i], found[i]) for i in range(len(found)) if i not in unread)


def difference(booster: Any, forest: Forest, pages: Sequence[Page]) -> float:
    """The greatest difference between LightGBM's probabilities and those of the arrays."""
    rows = np.concatenate([features(page.lines, page.blanks) for page in pages])
    return float(np.abs(booster.predict(rows) - forest.probabilities(rows)).max())
