"""Names, statements and speakers per CPU second, against spaCy alone over the same texts and models."""

import gzip
import json
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from multiprocessing import get_context
from typing import NamedTuple, TypeVar

from agents.extract import recognised
from pipeline.adapters.models import MODELS, SpacyRecogniser, pipeline_of
from pipeline.evaluation.documents import FETCHED, article_of
from pipeline.evaluation.pages import read_pages
from pipeline.news.extraction import extract
from pipeline.news.language import language_of
from pipeline.news.officials import Roster
from schemas.article import Article
from tests.bench.corpus import NEWS
from tests.golden.indonesian import CATALOG

PAGES = NEWS.parents[1] / "extraction" / "scrapinghub"
COUNT, WARM, WORDS = 300, 30, 230
"""Articles measured at most, those before that load models and tables, and words of the article that is counted."""
GOALS = {"id": 60, "en": 25}
T = TypeVar("T")


class Speed(NamedTuple):
    """Articles of `WORDS` words per CPU second."""

    spacy: float
    whole: float


def report() -> None:
    """Print a table, each language in a process of its own, and the memory of a process with both."""
    if not NEWS.exists():
        print(f"\nstatements: needs the news texts {NEWS}")
        return
    print(f"\narticles of {WORDS} words per CPU second")
    print("  language   spaCy alone, the same model   names, statements and speakers   goal")
    for language, goal in GOALS.items():
        speed = _apart(measured, language)
        print(f"  {language:8}   {speed.spacy:27.1f}   {speed.whole:30.1f}   {goal:4}")
    print(f"  a process with both languages took {_apart(memory):.0f} MB at most (goal 700)")


def _apart(work: Callable[..., T], *arguments: object) -> T:
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(work, arguments)


def measured(language: str) -> Speed:
    """The figures of a language. What our names remember of words comes from the first articles alone."""
    articles = _articles(language)
    work = _ours()
    for article in articles[:WARM]:
        work(article)
    bare = pipeline_of(language, MODELS[language][-1])
    spacy = _speed(articles[WARM:], lambda article: list(bare.pipe(filter(None, article.text.split("\n")))))
    return Speed(spacy, _speed(articles[WARM:], work))


def memory() -> float:
    """The most memory that all languages took in one process, in MB."""
    work = _ours()
    for language in GOALS:
        for article in _articles(language):
            work(article)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _ours() -> Callable[[Article], object]:
    recogniser, roster = SpacyRecogniser(), Roster.of(CATALOG.snapshot())
    return lambda article: extract(article, roster, *recognised(article, recogniser))


def _articles(language: str) -> list[Article]:
    return list(islice(_indonesian() if language == "id" else _english(), WARM + COUNT))


def _speed(articles: Sequence[Article], work: Callable[[Article], object]) -> float:
    words = sum(len(article.text.split()) for article in articles)
    start = time.process_time()
    for article in articles:
        work(article)
    return words / WORDS / (time.process_time() - start)


def _indonesian() -> Iterator[Article]:
    with gzip.open(NEWS, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            yield article_of(str(number), json.loads(line) | {"language": "id"}, FETCHED)


def _english() -> Iterator[Article]:
    for number, case in enumerate(read_pages(PAGES)):
        if language_of(case.body) == "en":
            yield article_of(str(number), {"text": case.body, "language": "en"}, FETCHED)
