"""Paragraphs in another language than their article: quotations that were not translated, captions, bilingual pages."""

import re
from collections import Counter
from collections.abc import Sequence

from pipeline.news.language import UNKNOWN, surely_other
from schemas.article import Tongue

_TOKEN = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\\W\\d_]+")
_LETTERS_MIN = 60
"""Letters of a paragraph below which a language cannot be told from a list of names."""
_USUAL = 0.3
"""Of the paragraphs of an article: words in more of them are its grammar, which no paragraph in its language lacks."""
_SHARE = 0.12
"""Of the words of a paragraph that are usual ones: more than that, and it is in the language of the article."""
_FOREIGN_MAX = 0.5
"""Of the text; where more seems foreign, it is the language of the article that is in doubt."""


def tongues(text: str, language: str) -> tuple[Tongue, ...]:
    """The stretches of a body, whole paragraphs, that are surely in another language than `language`."""
    if language == UNKNOWN:
        return ()
    found: list[Tongue] = []
    usual = _usual(text)
    at = 0
    for line in text.split("\n"):
        other = _other(line, language, usual)
        if other and found and found[-1].language == other and found[-1].end == at - 1:
            found[-1] = Tongue(found[-1].start, at + len(line), other)
        elif other:
            found.append(Tongue(at, at + len(line), other))
        at += len(line) + 1
    foreign = sum(tongue.end - tongue.start for tongue in found)
    return tuple(found) if foreign <= _FOREIGN_MAX * len(text) else ()


def _usual(text: str) -> frozenset[str]:
    lines = [set(_TOKEN.findall(line)) for line in text.lower().split("\n")]
    counted = Counter(word for words in lines for word in words)
    return frozenset(word for word, count in counted.items() if count > max(1, _USUAL * len(lines)))


def _other(line: str, language: str, usual: frozenset[str]) -> str | None:
    words = _TOKEN.findall(line.lower())
    if sum(map(len, words)) < _LETTERS_MIN or _share(words, usual) > _SHARE:
        return None
    return surely_other(line, language)


def _share(words: Sequence[str], usual: frozenset[str]) -> float:
    return sum(word in usual for word in words) / len(words)
