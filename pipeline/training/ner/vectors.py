"""Word vectors of Indonesian news: floret (Explosion 2021), one small hashed table instead of a vocabulary.

A word is the sum of its hashed character n-grams, so unseen names get a vector too and the table stays small.
"""

import gzip
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import floret
import numpy as np
import spacy
from spacy.language import Language
from spacy.training.initialize import convert_vectors

CORPUS = "text/id-news.jsonl.gz"
LONGEST_LINE = 10_000  # characters; longer lines are tables and scripts
DIMENSIONS, BUCKETS, HASHES = 96, 50_000, 2
SHORTEST, LONGEST = 3, 5  # character n-grams
WINDOW, EPOCHS, RARE = 5, 6, 5
MANTISSA_BITS = 9  # of 23; what is cut is zeros, so the table compresses to half


def articles(corpus: Path, sources: frozenset[str] | None = None) -> Iterator[str]:
    """The texts of a gzipped file of JSON lines with `source` and `text`, in file order; of some sources, or all."""
    with gzip.open(corpus, "rt", encoding="utf-8") as lines:
        for line in lines:
            article = json.loads(line)
            if sources is None or article["source"] in sources:
                yield str(article["text"])


def paragraphs(texts: Iterable[str]) -> Iterator[str]:
    """The lines of the texts that can be read as prose, without the white space around them."""
    for text in texts:
        for line in text.replace("\u00a0", " ").split("\n"):
            if 1 < len(line.strip()) <= LONGEST_LINE:
                yield " ".join(line.split())


def tokenised(lines: Iterable[str], nlp: Language) -> Iterator[str]:
    """The lines with one space between tokens, cut exactly as the model will cut its input."""
    for line in lines:
        yield " ".join(token.text for token in nlp.make_doc(line))


def write_tokens(corpus: Path, into: Path) -> None:
    """Write the corpus as floret reads it: a paragraph a line, tokens between spaces."""
    with into.open("w", encoding="utf-8") as out:
        out.writelines(f"{line}\n" for line in tokenised(paragraphs(articles(corpus)), spacy.blank("id")))


def learn(tokens: Path, into: Path, *, model: str = "skipgram", epochs: int = EPOCHS) -> None:
    """Train the table on one thread (so that a second run gives the same one) and save it in floret's text format."""
    table = floret.train_unsupervised(
        str(tokens),
        model=model,
        mode="floret",
        hashCount=HASHES,
        bucket=BUCKETS,
        dim=DIMENSIONS,
        minn=SHORTEST,
        maxn=LONGEST,
        minCount=RARE,
        ws=WINDOW,
        epoch=epochs,
        thread=1,
        verbose=0,
    )
    table.save_floret_vectors(str(into))


def coarse(table: np.ndarray, bits: int = MANTISSA_BITS) -> np.ndarray:
    """The table in float32 with only `bits` of the mantissa kept, rounded to nearest (relative error < 2 ** -bits)."""
    drop = 23 - bits
    raw = np.ascontiguousarray(table, dtype=np.float32).view(np.uint32)
    rounded = (raw + np.uint32(1 << (drop - 1))) & np.uint32((0xFFFFFFFF << drop) & 0xFFFFFFFF)
    return rounded.view(np.float32)


def as_pipeline(floret_file: Path, into: Path) -> None:
    """Wrap the table in an empty spaCy pipeline, which is how a training run takes it."""
    nlp = spacy.blank("id")
    convert_vectors(nlp, floret_file, truncate=-1, prune=-1, name="id_news_floret", mode="floret")
    nlp.vocab.vectors.data = coarse(nlp.vocab.vectors.data)
    nlp.to_disk(into)


def build(data: Path, out: Path) -> Path:
    """All steps; returns the folder of the pipeline that holds the vectors."""
    tokens, table, folder = out / "tokens.txt", out / "id_news.floret", out / "vectors"
    out.mkdir(parents=True, exist_ok=True)
    write_tokens(data / CORPUS, tokens)
    learn(tokens, table)
    as_pipeline(table, folder)
    return folder
