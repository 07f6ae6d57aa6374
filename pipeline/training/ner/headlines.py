"""Headlines made of ordinary sentences: every word gets a capital, which in the text of an article only names have.

The annotated sets hold no headlines; a model that never saw one takes their verbs for people.
"""

import re
from collections.abc import Iterable, Iterator

from pipeline.evaluation.conll import Sentence

LONGEST = 110  # characters; headlines are short
SMALL = frozenset({"dan", "dari", "dengan", "di", "ini", "itu", "ke", "oleh", "pada", "untuk", "yang", "yg"})
WORD = re.compile(r"\w[\w'’-]*")


def headline(sentence: Sentence) -> Sentence:
    """The sentence in Indonesian title case, mentions and offsets unchanged, without the full stop."""
    text = WORD.sub(lambda word: word[0] if word[0] in SMALL else word[0][0].upper() + word[0][1:], sentence.text)
    if len(text) != len(sentence.text):  # a letter whose capital is two letters
        text = sentence.text
    stop = text.endswith(".") and all(mention.end < len(text) for mention in sentence.mentions)
    return Sentence(text[:-1] if stop else text, sentence.mentions)


def headlines(sentences: Iterable[Sentence]) -> Iterator[Sentence]:
    """Headlines of those sentences that are short enough and mention something."""
    for sentence in sentences:
        if sentence.mentions and len(sentence.text) <= LONGEST:
            yield headline(sentence)
