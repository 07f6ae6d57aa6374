"""How well cleaning finds the body of a page.

DIR holds pages and the body of each, in one of these layouts:

- NAME.html or NAME.txt (or with .gz behind) beside NAME.expected.txt; what stands before the first _ in NAME is the
publisher

- files *.jsonl with one example a line: {"page": "FILE.html", "body": "…", "url": "…"}; instead of "page" the page
itself may stand in "html" or "text"; "url" may be left out

- scrapinghub's article-extraction-benchmark (ground-truth.json, html/) or fundus-evaluation (dataset/)

The measure is that of scrapinghub's benchmark: bags of four words in a row, shares per page, F1 of their means. HTML
pages are also cleaned as text copies, made in two ways: one line per block, and as a selection in a browser.
For texts the share of right lines among those kept (lines P) and of kept ones among the right (lines R) is shown.
"lead" is by how much the F1 of Pantau is higher, with its 95 % interval by bootstrap over pages; pages/s counts CPU
seconds. How well the quality of an article tells the F1 of its page is measured by Spearman's rank correlation, and
by the area under the ROC curve (.5 is chance) where it has to find the pages with an F1 below .8.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from pipeline.errors import Reject
from pipeline.evaluation import Evaluation, Measured, Table
from pipeline.evaluation.dumps import WAYS
from pipeline.evaluation.measures import Fit, fit, interval, page_f1, told
from pipeline.evaluation.pages import Case, read_pages
from pipeline.evaluation.rivals import MODULES, rival
from pipeline.news.cleaning import clean
from pipeline.news.language import language_of
from pipeline.news.pages import page_text
from schemas.page import PageFetched

OURS = "pantau"
TEXT = "text"
_FETCHED = datetime(2100, 1, 1, tzinfo=UTC)
"""Pages are cleaned as if fetched then: no date on them lies in the future."""


class Found(NamedTuple):
    """What one program found in the pages of one kind, in their order, and the CPU seconds that it took.

    `qualities` are those of our articles; other programs do not say how sure they are.
    """

    texts: list[str]
    seconds: float
    qualities: list[float]


def measure(cases: Sequence[Case], against: Sequence[str] = ()) -> Measured:
    """Figures per kind of page and program: f1, precision, recall, pages per CPU second, the lead with its interval;
    for ours how well the quality of an article tells the F1 of its page (`pipeline.evaluation.measures.Told`).
    """
    tables, figures = [], {}
    for kind, pages in _kinds(cases):
        found = {name: _found(name, pages) for name in (OURS, *against)}
        figures[kind] = {name: _figures(pages, found, name, kind == TEXT) for name in found}
        tables.append(_programs(f"{kind}: {len(pages)} pages", figures[kind]))
        groups = {name: _by_group(pages, one.texts) for name, one in found.items()}
        if 1 < len(groups[OURS]) <= len(pages) // 2:
            figures[kind]["publishers"] = groups
            tables.append(_publishers(kind, groups))
    return Measured(tuple(tables), figures)


EVALUATION = Evaluation(read_pages, measure, MODULES)


def _kinds(cases: Sequence[Case]) -> Iterator[tuple[str, list[Case]]]:
    """The pages as they are, then the HTML pages as text copies."""
    html = [case for case in cases if case.media_type == "text/html"]
    texts = [case for case in cases if case.media_type != "text/html"]
    copies = {f"HTML as text, {way}": [_copied(case, dump) for case in html] for way, dump in WAYS.items()}
    for kind, pages in {"HTML": html, **copies, TEXT: texts}.items():
        if pages:
            yield kind, pages


def _copied(case: Case, dump: Callable[[bytes], str]) -> Case:
    return replace(case, content=dump(case.content).encode(), media_type="text/plain")


def _found(name: str, pages: Sequence[Case]) -> Found:
    program = cleaned if name == OURS else _program(name)
    program(pages[0])  # models and tables are loaded with the first page, which no page should be charged with
    started = time.process_time()
    found = [program(case) for case in pages]
    return Found([text for text, _ in found], time.process_time() - started, [quality for _, quality in found])


def cleaned(case: Case) -> tuple[str, float]:
    """The body that Pantau finds and its quality; nothing of no quality when it refuses the page."""
    page = PageFetched(
        article_id="",
        revision=1,
        page="",
        media_type=case.media_type,
        source="upload",
        fetched_at=_FETCHED,
        url=case.url,
    )
    try:
        article = clean(case.content, page)
    except Reject:
        return "", 0.0
    return article.text, article.quality


def _program(name: str) -> Callable[[Case], tuple[str, float]]:
    chosen = rival(name)

    def program(case: Case) -> tuple[str, float]:
        text, language = page_text(case.content, case.media_type, None), language_of(case.body)
        if case.media_type == "text/html":
            return chosen.of_page(text, language), 0.0
        return chosen.of_lines([line for line in text.split("\n") if line.strip()], language), 0.0

    return program


# --- figures


def _figures(pages: Sequence[Case], found: dict[str, Found], name: str, lines: bool) -> dict[str, Any]:
    pairs, ours = (_pairs(pages, found[one].texts) for one in (name, OURS))
    figures = fit(pairs)._asdict() | {"pages_per_second": len(pages) / max(found[name].seconds, 1e-9)}
    if lines:
        kept = lines_kept(pairs)
        figures |= {"line_precision": kept.precision, "line_recall": kept.recall}
    if name != OURS:
        return figures | {"lead": interval(ours, pairs)}
    return figures | {"quality": told(found[OURS].qualities, [page_f1(*pair) for pair in pairs])._asdict()}


def _pairs(pages: Sequence[Case], texts: Sequence[str]) -> list[tuple[str, str]]:
    return [(case.body, text) for case, text in zip(pages, texts)]


def lines_kept(pairs: Sequence[tuple[str, str]]) -> Fit:
    """The same measure of whole lines, each compared in single spaces, all pages together."""
    true, kept = (Counter((i, line) for i, pair in enumerate(pairs) for line in _lines(pair[j])) for j in (0, 1))
    hit = (true & kept).total()
    precision, recall = hit / max(1, kept.total()), hit / max(1, true.total())
    return Fit(2 * precision * recall / max(1e-9, precision + recall), precision, recall)


def _lines(text: str) -> Iterator[str]:
    return (" ".join(line.split()) for line in text.split("\n") if line.strip())


def _by_group(pages: Sequence[Case], texts: Sequence[str]) -> dict[str, float]:
    groups = sorted({case.group for case in pages})
    pairs = _pairs(pages, texts)
    return {group: fit(pair for case, pair in zip(pages, pairs) if case.group == group).f1 for group in groups}


# --- tables

_COLUMNS = {
    "f1": ">F1",
    "precision": ">P",
    "recall": ">R",
    "line_precision": ">lines P",
    "line_recall": ">lines R",
}


def _programs(title: str, figures: dict[str, dict[str, Any]]) -> Table:
    names = [name for name in _COLUMNS if name in figures[OURS]]
    rows = (
        (program, *(f"{row[name]:.3f}" for name in names), f"{row['pages_per_second']:.0f}", *_lead(row))
        for program, row in figures.items()
    )
    columns = ("program", *(_COLUMNS[name] for name in names), ">pages/s", ">lead", "95 %")
    quality = figures[OURS]["quality"]
    note = f"; quality tells F1: rank correlation {quality['rank']:.2f}, pages below .8: {quality['poor']:.2f}"
    return Table(title + note, columns, tuple(rows))


def _lead(row: dict[str, Any]) -> tuple[str, str]:
    lead, low, high = row.get("lead", (0.0, 0.0, 0.0))
    return (f"{lead:+.3f}", f"{low:+.3f} to {high:+.3f}") if "lead" in row else ("", "")


def _publishers(kind: str, groups: dict[str, dict[str, float]]) -> Table:
    rows = ((group, *(f"{groups[name][group]:.3f}" for name in groups)) for group in groups[OURS])
    return Table(f"{kind}: F1 by publisher", ("publisher", *(f">{name}" for name in groups)), tuple(rows))
