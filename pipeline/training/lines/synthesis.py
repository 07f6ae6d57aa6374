"""More pages to train with: articles in made-up pages, and articles in the place of others in real pages.

The benchmarks hold few pages and hardly any in Indonesian. `generated` wraps an article into menus, bylines, captions,
teasers between its paragraphs, comment forms and lists of headlines drawn from `chrome.toml`. `transplanted` keeps all
that stands around the body of a real page and gives it another body. Both cut pages at random, as people do who copy.
"""

import gzip
import json
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from random import Random

from pipeline.training.lines.pages import Page, lines_of

_LEAST_WORDS = 60
_MOST_CHROME = 120
"""Lines of real pages kept before and behind an article, to keep the training small."""
_UNSURE = re.compile(r"^\W*(?:baca|simak|lihat|tonton|editor|penulis|sumber|foto|\()", re.IGNORECASE)
"""Paragraphs of the raw articles that may be no body: they are left out."""


@dataclass(frozen=True)
class Article:
    """A headline and paragraphs."""

    title: str
    paragraphs: tuple[str, ...]
    language: str


@dataclass(frozen=True)
class Piece:
    """A line to be, and whether it is body."""

    text: str
    body: bool = False


def articles(data: Path, every: int) -> Iterator[Article]:
    """Each so-and-so-many-th Indonesian article that is long enough and has paragraphs."""
    with gzip.open(data / "text" / "id-news.jsonl.gz", "rt", encoding="utf-8") as held:
        for number, line in enumerate(held):
            if number % every == 0:
                row = json.loads(line)
                lines, _ = lines_of(row["text"])
                kept = tuple(text for text in lines if _is_paragraph(text))
                if len(kept) >= 3 and sum(text.count(" ") for text in kept) >= _LEAST_WORDS:
                    yield Article(row["title"], kept, "id")


def _is_paragraph(text: str) -> bool:
    return text[0] not in ",.;-" and text.count(" ") >= 3 and not _UNSURE.search(text)


def articles_of(pages: Sequence[Page]) -> list[Article]:
    """The bodies of pages, without their headlines: the first sentence stands for one."""
    found = []
    for page in pages:
        body = page.body_lines()
        if len(body) >= 3:
            found.append(Article(" ".join(body[0].split()[:9]).rstrip(".,"), body, page.language))
    return found


# --- articles in real pages


def transplanted(page: Page, article: Article, random: Random) -> Page:
    """A page with another body; lines between its paragraphs keep their place by share."""
    marks = [i for i, body in enumerate(page.labels) if body]
    first, last = marks[0], marks[-1]
    inner = [i for i in range(first, last) if not page.labels[i]]
    places = [((i - first) / (last - first), page.lines[i], page.blanks[i], False) for i in inner]
    step = page.blanks[marks[len(marks) // 2]]
    places += [(n / len(article.paragraphs), text, step, True) for n, text in enumerate(article.paragraphs)]
    places.sort(key=lambda place: place[0])
    start = max(0, first - random.randint(2, _MOST_CHROME))
    end = last + 1 + random.randint(2, _MOST_CHROME)
    rows = [(page.lines[i], page.blanks[i], False) for i in range(start, first)]
    rows += [(text, blank, body) for _, text, blank, body in places]
    rows += [(page.lines[i], page.blanks[i], False) for i in range(last + 1, min(end, len(page.lines)))]
    lines, blanks, labels = zip(*rows)
    return replace(
        page,
        name=f"{page.name} transplanted",
        dataset="synthetic",
        language=article.language,
        lines=lines,
        blanks=blanks,
        labels=labels,
        body="\n".join(article.paragraphs),
    )


# --- articles in made-up pages


@cache
def _chrome() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads((files(__package__) / "chrome.toml").read_text("utf-8"))


class Writer:
    """Draws lines of one language; headlines are those of other articles."""

    def __init__(self, language: str, heads: Sequence[str], random: Random) -> None:
        self.words, self.heads, self.random = _chrome()[language], heads, random
        self._site = random.choice(self.words["site"])

    def line(self, kind: str) -> str:
        """One line of a kind; it may hold a newline or nothing."""
        pick = self.random.choice
        return pick(self.words[kind]).format(
            name=pick(self.words["name"]),
            other=pick(self.words["name"]),
            month=pick(self.words["month"]),
            day=self.random.randint(1, 28),
            year=self.random.randint(2015, 2026),
            time=f"{self.random.randint(0, 23):02}:{self.random.randint(0, 59):02}",
            n=self.random.randint(1, 40),
            head=pick(self.heads),
            site=self._site,
        )

    def some(self, kind: str, most: int, likely: float = 1.0) -> list[str]:
        """Up to so many lines of a kind, none at all with the rest of the likelihood."""
        if self.random.random() > likely:
            return []
        return [self.line(kind) for _ in range(self.random.randint(1, most))]


def generated(article: Article, heads: Sequence[str], random: Random) -> Page:
    """A page made up around an article."""
    writer = Writer(article.language if article.language in _chrome() else "en", heads, random)
    pieces = [Piece(text) for text in _before(writer, article)]
    pieces += _between(writer, article)
    pieces += [Piece(text) for text in _behind(writer)]
    return _page(pieces, article, random)


def _before(writer: Writer, article: Article) -> list[str]:
    random = writer.random
    menu = writer.some("menu", 50, 0.6)
    if random.random() < 0.3:
        menu = [" ".join(menu)]
    head = menu + writer.some("share", 4, 0.2) + _headlines(writer, 0.25) + writer.some("crumb", 1, 0.4)
    title = article.title
    if random.random() < 0.4:
        head += [f"{title} - {writer.line('site')}", *writer.some("lead", 2, 0.6)]
    middle = [writer.some("byline", 2, 0.8), writer.some("share", 6, 0.4), _captions(writer, article)]
    random.shuffle(middle)
    return [*head, title, *(text for part in middle for text in part), *writer.some("lead", 2, 0.3)]


def _captions(writer: Writer, article: Article) -> list[str]:
    """Captions tell what the article tells, in a sentence of it, with a credit; copies hold them once or twice."""
    if writer.random.random() < 0.4:
        return []
    words = writer.random.choice([article.title, writer.random.choice(article.paragraphs).split(". ")[0]]).split()
    caption = f"{' '.join(words[: writer.random.randint(5, 25)]).rstrip('.,')}. {writer.line('credit')}"
    return [caption.strip()] * writer.random.choice([1, 1, 2])


_BETWEEN = ((0.0, 0.1, 0.25), (0.0, 0.05, 0.2), (0.0, 0.05), (0.0, 0.0, 0.2))
"""How often a teaser, a break, a caption and a subheading stand between two paragraphs; a page has one of each row."""


def _between(writer: Writer, article: Article) -> Iterator[Piece]:
    random = writer.random
    teasers, breaks, captions, subheadings = (random.choice(shares) for shares in _BETWEEN)
    for number, paragraph in enumerate(article.paragraphs):
        if number and random.random() < teasers:
            yield Piece(writer.line("teaser"))
        if number and random.random() < breaks:
            yield Piece(writer.line("break"))
        if number and random.random() < captions:
            yield from map(Piece, _captions(writer, article))
        if number and random.random() < subheadings:
            yield Piece(" ".join(random.choice(writer.heads).split()[: random.randint(2, 5)]), body=True)
        yield Piece(paragraph, body=True)


def _behind(writer: Writer) -> list[str]:
    parts = [
        writer.some("sign", 2, 0.7),
        writer.some("teaser", 3, 0.2),
        writer.some("tags", 6, 0.5),
        writer.some("share", 5, 0.4),
        writer.some("comment", 9, 0.5),
        _headlines(writer, 0.5),
        _headlines(writer, 0.3),
        writer.some("foot", 12, 0.6),
    ]
    if writer.random.random() < 0.3:
        middle = parts[2:7]
        writer.random.shuffle(middle)
        parts[2:7] = middle
    return [text for part in parts[: writer.random.choice([1, 4, 8, 8, 8])] for text in part]


def _headlines(writer: Writer, likely: float) -> list[str]:
    """A heading and headlines under it, some with times or sections between them."""
    if writer.random.random() > likely:
        return []
    stamped = writer.random.random() < 0.5
    found = [writer.line("section")]
    for _ in range(writer.random.randint(2, 15)):
        found += [writer.random.choice(writer.heads), *([writer.line("stamp")] if stamped else [])]
    return found


_BLANKS = ((0.0, 0.0), (1.0, 1.0), (1.0, 1.0), (1.0, 0.0), (0.8, 0.3))
"""How often a blank line stands before a paragraph of the body and before another line; a page has one of the pairs."""


def _page(pieces: Sequence[Piece], article: Article, random: Random) -> Page:
    """`pieces` as the lines of a page."""
    split = [(line, piece.body) for piece in pieces for line in piece.text.split("\n") if line.strip()]
    before_body, before_chrome = random.choice(_BLANKS)
    return Page(
        name=f"{article.title} generated",
        dataset="synthetic",
        site="generated",
        language=article.language,
        way="generated",
        lines=tuple(line for line, _ in split),
        blanks=tuple(int(random.random() < (before_body if body else before_chrome)) for _, body in split),
        body="\n".join(article.paragraphs),
        labels=tuple(body for _, body in split),
    )


def synthesised(pages: Sequence[Page], indonesian: Sequence[Article], each: int, seed: int) -> list[Page]:
    """So many pages of each of the two makes, from real pages and their bodies and from Indonesian articles if any."""
    random = Random(seed)
    own = articles_of(pages)
    indonesian = indonesian or own
    return [
        *_transplants(pages, own, indonesian, each, random),
        *_generations(own, indonesian, each, random),
    ]


def _transplants(
    pages: Sequence[Page], own: Sequence[Article], indonesian: Sequence[Article], count: int, random: Random
) -> Iterator[Page]:
    hosts = [page for page in pages if sum(page.labels) >= 3]
    for number in range(count):
        yield transplanted(random.choice(hosts), random.choice(own if number % 2 else indonesian), random)


def _generations(own: Sequence[Article], indonesian: Sequence[Article], count: int, random: Random) -> Iterator[Page]:
    heads = {"id": [article.title for article in indonesian], "en": [article.title for article in own]}
    for number in range(count):
        article = random.choice(own if number % 3 == 0 else indonesian)
        yield generated(article, heads["id" if article.language == "id" else "en"], random)
