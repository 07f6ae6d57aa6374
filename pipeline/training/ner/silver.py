"""Silver sentences: unannotated news, labelled by several models that must agree, with one vote per article.

Two ideas make the labels better than those of any one teacher: a sentence counts only where the teachers found the same
mentions (agreement of views, Blum and Mitchell 1998), and a name that one article mentions several times gets the label
that most of its mentions have there (one sense per discourse, Gale, Church and Yarowsky 1992).
"""

import itertools
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from spacy.language import Language

from pipeline.evaluation.conll import Sentence
from pipeline.evaluation.mentions import Mention
from pipeline.training.ner.scoring import recognised

SOURCES = frozenset(
    {"kompas", "okezone", "sindonews", "tempo", "tribunnews"}
)  # news; the others write about stars and beauty
SCAR = re.compile(r"\s[,.;:]|,\.|,,|\(\s*\)|^[,.;:)]|¬†")  # the corpus lost its links, words and all
STARTS = re.compile(r"(?<=[a-z0-9)][.!?])[\"”]?\s+(?=[\"“A-Z])")
SHORTEST, LONGEST = 40, 400  # characters of a sentence worth learning from
MAJORITY = 0.75  # of the mentions of a name in one article
EMPTY_SHARE = 0.15  # of sentences without a mention that are kept

Labelled = list[Sentence]


def sentences_of(text: str) -> list[str]:
    """The whole, undamaged sentences of an article."""
    pieces = (piece.strip() for line in text.replace("\u00a0", " ").split("\n") for piece in STARTS.split(line))
    return [piece for piece in pieces if SHORTEST <= len(piece) <= LONGEST and not SCAR.search(piece)]


def agreed(teachers: list[Language], texts: list[str]) -> Labelled:
    """The texts in which all teachers found the same mentions."""
    views = zip(*(recognised(teacher, texts) for teacher in teachers), strict=True)
    return [Sentence(text, view[0]) for text, view in zip(texts, views, strict=True) if len(set(view)) == 1]


def one_sense(article: Labelled) -> Labelled:
    """The sentences of one article, each name with the label it mostly has there; sentences with doubtful names go."""
    votes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for sentence in article:
        for mention in sentence.mentions:
            votes[sentence.text[mention.start : mention.end]][mention.label] += 1
    sense = {name: sole(counts) for name, counts in votes.items()}
    return [made for sentence in article if (made := relabelled(sentence, sense)) is not None]


def sole(counts: Counter[str]) -> str | None:
    """The label that clearly leads, or None."""
    label, times = counts.most_common(1)[0]
    return label if times >= MAJORITY * counts.total() else None


def relabelled(sentence: Sentence, sense: dict[str, str | None]) -> Sentence | None:
    """The sentence with the labels that its names have in the article; None when a name has none."""
    mentions = []
    for mention in sentence.mentions:
        label = sense[sentence.text[mention.start : mention.end]]
        if label is None:
            return None
        mentions.append(Mention(mention.start, mention.end, label))
    return Sentence(sentence.text, tuple(mentions))


def label(teachers: list[Language], articles: Iterable[str], seed: int) -> Iterator[Sentence]:
    """Silver sentences of the articles, in order; few of those that mention nobody."""
    dice = random.Random(seed)
    for batch in batches(articles, 64):
        texts = [sentences_of(article) for article in batch]
        flat = {sentence.text: sentence for sentence in agreed(teachers, [text for part in texts for text in part])}
        for part in texts:
            for sentence in one_sense([flat[text] for text in part if text in flat]):
                if sentence.mentions or dice.random() < EMPTY_SHARE:
                    yield sentence


def batches(items: Iterable[str], size: int) -> Iterator[list[str]]:
    """The items in lists of `size`; the last may be shorter."""
    iterator = iter(items)
    while batch := list(itertools.islice(iterator, size)):
        yield batch
