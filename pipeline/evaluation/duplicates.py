"""How well copies of articles are found, and how well families hold together.

DIR holds articles.jsonl and families.jsonl or pairs.jsonl, each with one JSON object a line:

- articles.jsonl: {"id": "a1", "text": "…", "language": "id", "published": "2031-03-10T08:00:00+00:00"}, in the order in
which they arrive; "language" and "published" may be left out, "title" and "outlet" may be given

- families.jsonl: {"ids": ["a1", "a7"]}, the articles that tell one text; one in no family is alone

- pairs.jsonl: {"ids": ["a1", "a7"]}, each two articles that share text; families are then what pairs join

"recall" is the share of articles with an earlier relative that are linked with one (with pairs.jsonl: of pairs that are
linked); "false" are links per article between articles that are no relatives. Links that say "template" are left out.
B-cubed (Bagga and Baldwin 1998) compares families once all have arrived. The rival minhash is datasketch's MinHash LSH
with 32 bands of 4, over 5-word shingles; articles/s counts CPU seconds.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from agents.dedupe import dedupe
from pipeline.errors import Misuse
from pipeline.evaluation import Evaluation, Measured, Table, existing
from pipeline.evaluation.documents import article_of, rows
from pipeline.flow import Emit
from pipeline.news import words
from pipeline.ports import State
from schemas.article import Article, ArticleMarked

OURS = "pantau"
_FIRST = datetime(2100, 1, 1, tzinfo=UTC)
"""When the first article is fetched; the others follow a second apart."""


@dataclass(frozen=True)
class Case:
    """An article in the order of arrival, its family, and the articles that it shares text with.

    `every` says that it is to be linked with every earlier relative, and not with one at least.
    """

    article: Article
    family: str
    relatives: frozenset[str]
    every: bool = False


class Found(NamedTuple):
    """What one program says: for each article the earlier ones that share text, and its family in the end."""

    links: list[list[str]]
    families: list[str]
    seconds: float


class Cubed(NamedTuple):
    """B-cubed F1, precision and recall."""

    f1: float
    precision: float
    recall: float


def measure(cases: Sequence[Case], against: Sequence[str] = (), *, state: State) -> Measured:
    """Figures per program: recall, false, f1, precision, recall of families, articles per CPU second.

    `state` must be empty.
    """
    articles = [case.article for case in cases]
    found = {OURS: ours(articles, state)} | {name: RIVALS[name](articles) for name in against}
    figures = {name: _figures(cases, one) for name, one in found.items()}
    rows = tuple((name, *(_shown(row[figure]) for figure in _COLUMNS)) for name, row in figures.items())
    title = f"{len(cases)} articles in {len({case.family for case in cases})} families"
    return Measured((Table(title, ("program", *_COLUMNS.values()), rows),), figures)


_COLUMNS = {
    "recall": ">recall",
    "false": ">false",
    "f1": ">B-cubed F1",
    "family_precision": ">P",
    "family_recall": ">R",
    "articles_per_second": ">articles/s",
}


def _figures(cases: Sequence[Case], found: Found) -> dict[str, float]:
    cubed = b_cubed([case.family for case in cases], found.families)
    return {
        "recall": _recall(cases, found.links),
        "false": sum(len(wrong) for wrong in false_links(cases, found.links)) / max(1, len(cases)),
        "f1": cubed.f1,
        "family_precision": cubed.precision,
        "family_recall": cubed.recall,
        "articles_per_second": len(cases) / max(found.seconds, 1e-9),
    }


def _shown(figure: float) -> str:
    return f"{figure:.0f}" if figure >= 10 else f"{figure:.4f}"


def _recall(cases: Sequence[Case], links: Sequence[Sequence[str]]) -> float:
    found = [hit for hits in hits_of(cases, links) for hit in hits]
    return sum(found) / max(1, len(found))


def hits_of(cases: Sequence[Case], links: Sequence[Sequence[str]]) -> list[list[bool]]:
    """For each article whether it is linked with an earlier relative, or each of them; empty where there is none."""
    met: set[str] = set()
    hits: list[list[bool]] = []
    for case, linked in zip(cases, links):
        earlier = case.relatives & met
        found = [other in linked for other in sorted(earlier)]
        hits.append(found if case.every or not found else [any(found)])
        met.add(case.article.article_id)
    return hits


def false_links(cases: Sequence[Case], links: Sequence[Sequence[str]]) -> list[list[str]]:
    """For each article the links to others that are no relatives."""
    return [sorted(set(linked) - case.relatives) for case, linked in zip(cases, links)]


def b_cubed(true: Sequence[str], found: Sequence[str]) -> Cubed:
    """How well groups fit the true ones; both name the group of each item."""
    both, in_true, in_found = Counter(zip(true, found)), Counter(true), Counter(found)
    precision = sum(n * n / in_found[group] for (_, group), n in both.items()) / max(1, len(true))
    recall = sum(n * n / in_true[group] for (group, _), n in both.items()) / max(1, len(true))
    return Cubed(2 * precision * recall / max(1e-9, precision + recall), precision, recall)


# --- programs


def ours(articles: Sequence[Article], state: State) -> Found:
    """The agent `dedupe` over an empty memory."""
    links = []
    started = time.process_time()
    for article in articles:
        links.append([link.of for link in marked(article, state).links if link.relation != "template"])
    seconds = time.process_time() - started
    return Found(links, [marked(article, state).family for article in articles], seconds)


def marked(article: Article, state: State) -> ArticleMarked:
    """One article through the agent."""
    outcome = dedupe(article, state=state)
    assert isinstance(outcome, Emit)
    (record,) = outcome.records
    assert isinstance(record, ArticleMarked)
    return record


PERMUTATIONS, BANDS, ROWS = 128, 32, 4


def minhash(articles: Sequence[Article]) -> Found:
    """Everything that shares a band is linked; an article joins the family of the one that it is most alike."""
    module = import_module("datasketch")
    index = module.MinHashLSH(num_perm=PERMUTATIONS, params=(BANDS, ROWS))
    met: dict[str, Any] = {}
    links: list[list[str]] = []
    families: dict[str, str] = {}
    started = time.process_time()
    for article in articles:
        made = module.MinHash(num_perm=PERMUTATIONS)
        found = words.encoded_words(article.text)
        made.update_batch([b" ".join(found[start : start + 5]) for start in range(max(1, len(found) - 4))])
        near = sorted(index.query(made))
        best = max(near, key=lambda other: made.jaccard(met[other]), default=None)
        families[article.article_id] = families[best] if best else article.article_id
        links.append(near)
        index.insert(article.article_id, made)
        met[article.article_id] = made
    return Found(links, list(families.values()), time.process_time() - started)


RIVALS: Mapping[str, Callable[[Sequence[Article]], Found]] = {"minhash": minhash}

# --- examples


def read_cases(folder: Path) -> list[Case]:
    """All articles in their order. Raises Misuse for a folder without them and for a line that cannot be used."""
    existing(folder)
    articles = [_article(row, place, number) for number, (place, row) in enumerate(rows(folder / "articles.jsonl"))]
    ids = [article.article_id for article in articles]
    if len(set(ids)) < len(ids):
        double = next(id for id, times in Counter(ids).items() if times > 1)
        raise Misuse(f"{folder / 'articles.jsonl'} has two articles with the id {double!r}: give each its own")
    pairs = (folder / "pairs.jsonl").exists()
    truth = folder / ("pairs.jsonl" if pairs else "families.jsonl")
    groups = [_group(row, place, frozenset(ids), pairs) for place, row in rows(truth)]
    return cases_of(articles, groups, pairs)


def cases_of(articles: Sequence[Article], groups: Iterable[Sequence[str]], every: bool = False) -> list[Case]:
    """The articles with their truth: `groups` are families, or pairs if every pair is to be linked."""
    relatives: dict[str, set[str]] = {article.article_id: set() for article in articles}
    family = {id: id for id in relatives}
    members = {id: {id} for id in relatives}
    for group in groups:
        for id in group:
            relatives[id].update(other for other in group if other != id)
            kept, gone = family[group[0]], family[id]
            if kept != gone:
                members[kept] |= members.pop(gone)
                family |= dict.fromkeys(members[kept], kept)
    return [Case(article, family[id], frozenset(relatives[id]), every) for id, article in zip(relatives, articles)]


def _article(row: dict[str, Any], place: str, number: int) -> Article:
    try:
        return article_of(str(row["id"]), row, _FIRST + timedelta(seconds=number))
    except (LookupError, TypeError, ValueError) as error:
        raise Misuse(f'{place} is no article: write {{"id": "a1", "text": "…"}} on one line') from error


def _group(row: dict[str, Any], place: str, known: frozenset[str], pair: bool) -> list[str]:
    ids = row.get("ids")
    if not isinstance(ids, list) or not ids or (pair and len(ids) != 2) or not known.issuperset(map(str, ids)):
        raise Misuse(f'{place} names no articles of articles.jsonl: write {{"ids": ["a1", "a7"]}} on one line')
    return [str(id) for id in ids]


EVALUATION = Evaluation(read_cases, measure, {"minhash": "datasketch"})
