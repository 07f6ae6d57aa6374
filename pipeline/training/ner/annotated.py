"""Annotated sentences for training: free of copies of what is held out, and as spaCy takes them."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc, DocBin, Span
from spacy.util import filter_spans

from pipeline.evaluation.conll import Sentence

SHORTEST_COPY = 10  # letters; shorter sentences ("Ya.") may repeat


def letters(sentence: Sentence) -> str:
    """What two prints of one sentence have in common."""
    return re.sub(r"[^a-z0-9]", "", sentence.text.lower())


def fresh(sentences: Iterable[Sentence], held_out: Iterable[Sentence]) -> Iterator[Sentence]:
    """The sentences neither held out nor repeated, by their letters and digits; very short ones may repeat."""
    held = {letters(sentence) for sentence in held_out}
    seen: set[str] = set()
    for sentence in sentences:
        key = letters(sentence)
        if key not in held and key not in seen:
            yield sentence
        if len(key) > SHORTEST_COPY:
            seen.add(key)


def as_doc(sentence: Sentence, nlp: Language) -> Doc:
    """The sentence as spaCy's training takes it; a mention whose ends cut a token is left unknown, not taken for O."""
    doc = nlp.make_doc(sentence.text)
    known: list[Span] = []
    unknown: list[Span] = []
    for mention in sentence.mentions:
        span = doc.char_span(mention.start, mention.end, label=mention.label)
        if span is not None:
            known.append(span)
        elif (wide := doc.char_span(mention.start, mention.end, alignment_mode="expand")) is not None:
            unknown.append(wide)
    doc.set_ents(known, missing=filter_spans(unknown), default="outside")
    return doc


def save(sentences: Iterable[Sentence], into: Path, nlp: Language) -> None:
    """Write the sentences as a spaCy corpus."""
    DocBin(docs=[as_doc(sentence, nlp) for sentence in sentences]).to_disk(into)
