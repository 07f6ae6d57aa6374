"""Copies as agencies' clients make them, from real articles: cut, wrapped, with another lead, with other numbers."""

import gzip
import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random
from typing import NamedTuple

from pipeline.news import words
from schemas.article import Article
from tests.bench.corpus import NEWS

START = datetime(2026, 1, 1, tzinfo=UTC)
WIDTH = 5
FEWEST = 60
"""Words of a source at least."""


class Copy(NamedTuple):
    """A text made from a source. `containment`: share of the shorter text's 5-word shingles that the other has."""

    kind: str
    source: str
    containment: float
    article: Article


def news(count: int) -> list[Article]:
    """The first articles of the collection, one a minute."""
    return list(islice(stream(), count))


def stream() -> Iterator[Article]:
    """All of them, one after the other."""
    with gzip.open(NEWS, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            yield _news(number, json.loads(line))


def _news(number: int, row: dict[str, str]) -> Article:
    return made(f"n{number}", row["text"], number, row["title"], row["source"])


def made(id: str, text: str, minute: int, title: str = "", outlet: str | None = None, language: str = "id") -> Article:
    """An article as the cleaner hands it on."""
    return Article(
        article_id=id,
        revision=1,
        page="",
        media_type="text/plain",
        source="bench",
        fetched_at=START + timedelta(minutes=minute),
        title=title,
        text=text.strip(),
        language=language,
        extractor="bench",
        outlet=outlet,
    )


def shingles(article: Article) -> frozenset[int]:
    """All 5-word shingles."""
    hashes = words.hash_encoded(words.encoded_words(article.text))
    return frozenset(words.shingles(hashes, WIDTH, 0).tolist())


def containment(one: frozenset[int], other: frozenset[int]) -> float:
    """The share of the smaller that is in the larger."""
    return len(one & other) / max(1, min(len(one), len(other)))


def copies(articles: Sequence[Article], seed: int) -> tuple[list[Article], list[Copy]]:
    """Sources and a copy of each kind of each. The articles must be unrelated.

    What a copy adds is taken from articles that are neither a source nor used twice, so that the truth is clear.
    """
    random, count = Random(seed), len(articles) // (1 + len(ADDING))
    sources, others = articles[:count], iter(articles[count:])
    made = [
        _copy(kind, edit, source, next(others) if kind in ADDING else random.choice(articles[count:]), random)
        for source in sources
        for kind, edit in KINDS.items()
    ]
    return list(sources), made


def _copy(kind: str, edit: "Edit", source: Article, other: Article, random: Random) -> Copy:
    text = " ".join(edit(source.text.split(), other.text.split(), random))
    minute = random.randrange(10**6, 2 * 10**6)
    article = made(f"{source.article_id}-{kind}", text, minute, source.title, f"Kabar {kind}")
    return Copy(kind, source.article_id, containment(shingles(source), shingles(article)), article)


Edit = Callable[[list[str], list[str], Random], list[str]]


def _formatted(text: list[str], _: list[str], random: Random) -> list[str]:
    return [word.upper() for word in text] if random.random() < 0.5 else text


def _cut(text: list[str], _: list[str], random: Random) -> list[str]:
    """A beginning or a middle of 25 to 90 per cent."""
    length = int(len(text) * random.uniform(0.25, 0.9))
    start = random.choice((0, random.randrange(len(text) - length + 1)))
    return text[start : start + length]


def _wrapped(text: list[str], other: list[str], random: Random) -> list[str]:
    """All of it or most between paragraphs of another text."""
    kept = text[: int(len(text) * random.uniform(0.6, 1))]
    around = int(min(len(other), len(kept)) * random.uniform(0.1, 0.6))
    before = random.randrange(around + 1)
    return other[:before] + kept + other[before:around]


def _merged(text: list[str], other: list[str], random: Random) -> list[str]:
    """A part of 25 to 90 per cent within a text of about the same length."""
    part = _cut(text, other, random)
    fill = (other * (len(text) // max(1, len(other)) + 1))[: len(text) - len(part)]
    place = random.randrange(len(fill) + 1)
    return fill[:place] + part + fill[place:]


def _another_lead(text: list[str], other: list[str], random: Random) -> list[str]:
    length = int(len(text) * random.uniform(0.15, 0.4))
    lead = _edited(text[:length], other, random, 0.7)
    random.shuffle(lead)
    return lead + text[length:]


def _copyedited(text: list[str], other: list[str], random: Random) -> list[str]:
    return _edited(text, other, random, random.uniform(0.02, 0.08))


def _edited(text: list[str], other: list[str], random: Random, rate: float) -> list[str]:
    """Words replaced, left out or added, each with the same probability."""
    made: list[str] = []
    for word in text:
        chance = random.random() / rate
        made += [word] if chance >= 2 / 3 else []
        made += [random.choice(other)] if chance < 1 / 3 or 2 / 3 <= chance < 1 else []
    return made


def _other_notation(text: list[str], _: list[str], random: Random) -> list[str]:
    """Numbers as another language or house writes them."""
    return [_renumbered(word) for word in text]


def _renumbered(word: str) -> str:
    if not any(letter.isdigit() for letter in word):
        return word
    millions = re.fullmatch(r"(\d+)[.,]000[.,]000([.,]?)", word)
    if millions:
        return f"{millions[1]} juta{millions[2]}"
    return re.sub(r"(?<=\d)[.,](?=\d)", lambda mark: {".": ",", ",": "."}[mark[0]], word)


KINDS: dict[str, Edit] = {
    "formatted": _formatted,
    "cut": _cut,
    "wrapped": _wrapped,
    "merged": _merged,
    "another lead": _another_lead,
    "copyedited": _copyedited,
    "other notation": _other_notation,
}
ADDING = ("wrapped", "merged")
"""Those that add text of another article; the others add single words at most."""


def other_facts(source: Article, names: Sequence[str], random: Random) -> str:
    """The same template on another day: every number and most names are others."""
    swapped = {word: random.choice(names) for word in set(source.text.split()) if word[:1].isupper()}
    found = (swapped.get(word, word) if random.random() < 0.9 else word for word in source.text.split())
    return re.sub(r"\d", lambda _: str(random.randrange(10)), " ".join(found))


def unrelated(articles: Sequence[Article], most: float = 0.03) -> list[Article]:
    """Those long enough that share less than this with any before them: what copies are made from."""
    known: dict[int, list[int]] = {}
    kept: list[tuple[Article, frozenset[int]]] = []
    for article in articles:
        mine = shingles(article)
        near: dict[int, int] = {}
        for shingle in mine:
            for place in known.get(shingle, ())[:50]:
                near[place] = near.get(place, 0) + 1
        worst = max((shared / max(1, min(len(mine), len(kept[place][1]))) for place, shared in near.items()), default=0)
        if worst < most and len(mine) >= FEWEST:
            for shingle in mine:
                known.setdefault(shingle, []).append(len(kept))
            kept.append((article, mine))
    return [article for article, _ in kept]
