"""The model that is shipped: a student of the annotated sentences and of what several teachers agree on."""

import itertools
import json
import random
from pathlib import Path

import spacy
from spacy.language import Language
from spacy.tokens import DocBin

from pipeline.training.ner import annotated, corpora, headlines, silver, templates, vectors
from pipeline.training.ner.learning import learn

TEACHERS = {1: 0.1, 2: 0.2}  # seed: dropout; the more they differ, the more their agreement says
STUDENT_SEED = 7
ARTICLES = 6_000  # of the corpus are labelled
GOLD_COPIES = 2  # of each annotated sentence among the silver ones
LINES = 1_500  # datelines, captions and headlines from templates


def teachers(out: Path, steps: int) -> list[Language]:
    """One model per seed; one that a former run has finished is taken as it is."""
    return [teacher(out, seed, steps) for seed in TEACHERS]


def teacher(out: Path, seed: int, steps: int) -> Language:
    """The model of one seed."""
    folder = out / f"teacher-{seed}"
    if (folder / "finished").exists():
        return spacy.load(folder / "model-best")
    nlp = learn(
        out / "train.spacy",
        out / "dev.spacy",
        out / "vectors",
        folder,
        system__seed=seed,
        training__dropout=TEACHERS[seed],
        training__max_steps=steps,
    )
    (folder / "finished").touch()
    return nlp


def write_silver(data: Path, out: Path, models: list[Language], count: int = ARTICLES) -> int:
    """Label `count` articles drawn from the news corpus, write silver.spacy and return how many sentences that is."""
    news = list(vectors.articles(data / vectors.CORPUS, sources=silver.SOURCES))
    drawn = random.Random(STUDENT_SEED).sample(news, min(count, len(news)))
    sentences = list(silver.label(models, drawn, STUDENT_SEED))
    annotated.save(sentences, out / "silver.spacy", spacy.blank("id"))
    return len(sentences)


def mix(data: Path, out: Path) -> None:
    """Write mixed.spacy: annotated sentences several times, all else once (training shuffles them).

    All else: silver sentences, annotated sentences as headlines, and lines from templates.
    """
    nlp = spacy.blank("id")
    gold = list(corpora.training(data))
    more = [*headlines.headlines(gold), *templates.sentences(LINES, STUDENT_SEED, "lines")]
    docs = DocBin(docs=DocBin().from_disk(out / "silver.spacy").get_docs(nlp.vocab))
    for sentence in itertools.chain(*itertools.repeat(gold, GOLD_COPIES), more):
        docs.add(annotated.as_doc(sentence, nlp))
    docs.to_disk(out / "mixed.spacy")


def train(data: Path, out: Path, teacher_steps: int, student_steps: int) -> Path:
    """Teachers, silver, student; returns the folder of the model as it is shipped (without scores and card)."""
    write_silver(data, out, teachers(out, teacher_steps))
    mix(data, out)
    nlp = learn(
        out / "mixed.spacy",
        out / "dev.spacy",
        out / "vectors",
        out / "student",
        system__seed=STUDENT_SEED,
        training__max_steps=student_steps,
    )
    return ship(nlp, out / "id_news_ner")


def ship(nlp: Language, folder: Path) -> Path:
    """Write the model without traces of the machine and the texts it was made with: no paths, no words."""
    nlp.config["paths"] = dict.fromkeys(nlp.config["paths"])
    nlp.meta["performance"] = {}
    nlp.to_disk(folder)
    labels = sorted(label for name in nlp.pipe_names for label in getattr(nlp.get_pipe(name), "labels", ()))
    (folder / "vocab" / "strings.json").write_text(json.dumps(labels), encoding="utf-8")  # floret needs no vocabulary
    return folder
