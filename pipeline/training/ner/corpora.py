"""Which annotated sets there are, what each is used for, and the corpus files that training reads."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import spacy

from pipeline.errors import Misuse
from pipeline.evaluation import conll
from pipeline.evaluation.conll import Sentence
from pipeline.evaluation.mentions import Mention
from pipeline.training.ner import annotated, templates

FOLDER = "ner"
TRAINING = ("idner/train.txt", "nergrit_train.txt", "nergrit_valid.txt", "nerui_train_01.tsv")
DEVELOPMENT = ("idner/dev.txt", "nerui_dev_01.tsv")
HELD_OUT = {  # reported, never trained or tuned on
    "idner test": "idner/test.txt",
    "nerui test": "nerui_test_01.tsv",
    "nergrit test": "nergrit_test.txt",
}
TEMPLATES, SEED = 1_600, 5
KINDS = {"person": "PER", "org": "ORG", "place": "LOC"}
READ_PARTS = {"title", "standfirst", "caption", "body"}  # not menus and bylines


def files(data: Path, names: tuple[str, ...]) -> list[Path]:
    """The files of these names; raises Misuse for the first that is not there."""
    found = [data / FOLDER / name for name in names]
    for file in found:
        if not file.is_file():
            raise Misuse(f"There is no {file}: put the annotated sets into {data / FOLDER}, as the model card says.")
    return found


def development(data: Path) -> list[Sentence]:
    """Sentences on which settings are chosen."""
    return conll.read(*files(data, DEVELOPMENT))


def held_out(data: Path) -> dict[str, list[Sentence]]:
    """The sets that are reported, by name."""
    return {name: conll.read(*files(data, (file,))) for name, file in HELD_OUT.items()}


def lines_of(text: str, mentions: list[Mention]) -> list[Sentence]:
    """A document cut at its line ends, each line with the mentions that lie in it; lines without mentions too."""
    lines, start = [], 0
    for line in text.split("\n"):
        end = start + len(line)
        inside = (m for m in mentions if start <= m.start and m.end <= end)
        lines.append(
            Sentence(
                line.replace("\u00a0", " "),
                tuple(Mention(m.start - start, m.end - start, m.label) for m in sorted(inside)),
            )
        )
        start = end + 1
    return lines


def seeds(data: Path) -> list[Sentence]:
    """The lines of the five seed documents that have annotated mentions outside menus and bylines."""
    marked: dict[str, list[Mention]] = {}
    for entity in json_lines(data / "statements/entities.jsonl"):
        marked.setdefault(entity["doc"], []).extend(
            Mention(mention["start"], mention["end"], KINDS[entity["type"]])
            for mention in entity["mentions"]
            if mention["part"] in READ_PARTS
        )
    texts = {name: (data / "seeds" / name).read_bytes().decode("utf-8") for name in sorted(marked)}
    return [line for name, text in texts.items() for line in lines_of(text, marked[name]) if line.mentions]


def articles(data: Path) -> list[Sentence]:
    """The lines of the 22 annotated articles of 2019."""
    marked: dict[str, list[Mention]] = {}
    for entity in json_lines(data / "statements/gold_id/entities.jsonl"):
        marked.setdefault(entity["doc"], []).append(Mention(entity["start"], entity["end"], entity["label"]))
    documents = json_lines(data / "statements/gold_id/docs.jsonl")
    return [line for document in documents for line in lines_of(document["text"], marked.get(document["doc"], []))]


def json_lines(file: Path) -> Iterator[dict[str, Any]]:
    """The records of a file of JSON lines."""
    with file.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines)


def training(data: Path) -> Iterator[Sentence]:
    """Annotated sentences to learn from, then the template sentences; none of them is in a held-out set."""
    held = development(data) + [sentence for sentences in held_out(data).values() for sentence in sentences]
    yield from annotated.fresh(conll.read(*files(data, TRAINING)), held)
    yield from templates.sentences(TEMPLATES, SEED)


def prepare(data: Path, out: Path) -> dict[str, int]:
    """Write train.spacy and dev.spacy; returns how many sentences each has."""
    out.mkdir(parents=True, exist_ok=True)
    nlp = spacy.blank("id")
    parts = {"train": list(training(data)), "dev": development(data)}
    for name, sentences in parts.items():
        annotated.save(sentences, out / f"{name}.spacy", nlp)
    return {name: len(sentences) for name, sentences in parts.items()}
