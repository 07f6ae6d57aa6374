"""How good and how fast a model is: exact spans in codepoints with their labels; words as between white space."""

import time
from collections import Counter
from collections.abc import Iterable

import msgspec
from spacy.language import Language

from pipeline.training.ner.annotated import Mention, Sentence


class Score(msgspec.Struct, frozen=True):
    """Precision, recall and F1 between 0 and 1; micro-averaged over the mentions counted."""

    precision: float
    recall: float
    f: float
    mentions: int


class Report(msgspec.Struct, frozen=True):
    """Scores of one set: all labels together, and each; words a second of processor time of one core."""

    whole: Score
    labels: dict[str, Score]
    words_per_second: int


def score(right: int, found: int, gold: int) -> Score:
    """The usual measures of `right` among `found` and `gold` mentions; 0 where nothing can be divided."""
    return Score(right / found if found else 0.0, right / gold if gold else 0.0, 2 * right / max(1, found + gold), gold)


def recognised(nlp: Language, texts: Iterable[str]) -> list[tuple[Mention, ...]]:
    """What the model finds in each text."""
    return [
        tuple(Mention(ent.start_char, ent.end_char, ent.label_) for ent in doc.ents) for doc in nlp.pipe(list(texts))
    ]


def compare(gold: Iterable[tuple[Mention, ...]], found: Iterable[tuple[Mention, ...]]) -> dict[str, Score]:
    """Scores by label and under "" for all; a mention is right when both offsets and the label are."""
    right, guessed, wanted = Counter[str](), Counter[str](), Counter[str]()
    for truth, guess in zip(gold, found, strict=True):
        for counter, mentions in ((right, set(truth) & set(guess)), (guessed, set(guess)), (wanted, set(truth))):
            counter.update(mention.label for mention in mentions)
            counter[""] += len(mentions)
    return {label: score(right[label], guessed[label], wanted[label]) for label in sorted(wanted)}


def evaluate(nlp: Language, sentences: list[Sentence]) -> Report:
    """Run the model over the sentences and compare."""
    began = time.process_time()
    found = recognised(nlp, (sentence.text for sentence in sentences))
    seconds = time.process_time() - began
    scores = compare((sentence.mentions for sentence in sentences), found)
    words = sum(len(sentence.text.split()) for sentence in sentences)
    return Report(scores.pop(""), scores, round(words / seconds))
