"""How good and how fast a model is; words as between white space."""

import time
from collections.abc import Iterable

import msgspec
from spacy.language import Language

from pipeline.evaluation.conll import Sentence
from pipeline.evaluation.mentions import Mention, Score, compare


class Report(msgspec.Struct, frozen=True):
    """Scores of one set: all labels together, and each; words a second of processor time of one core."""

    whole: Score
    labels: dict[str, Score]
    words_per_second: int


def recognised(nlp: Language, texts: Iterable[str]) -> list[tuple[Mention, ...]]:
    """What the model finds in each text."""
    return [
        tuple(Mention(ent.start_char, ent.end_char, ent.label_) for ent in doc.ents) for doc in nlp.pipe(list(texts))
    ]


def evaluate(nlp: Language, sentences: list[Sentence]) -> Report:
    """Run the model over the sentences and compare."""
    began = time.process_time()
    found = recognised(nlp, (sentence.text for sentence in sentences))
    seconds = time.process_time() - began
    scores = compare((sentence.mentions for sentence in sentences), found)
    words = sum(len(sentence.text.split()) for sentence in sentences)
    return Report(scores.pop(""), scores, round(words / seconds))
