"""What a reader must know about the model, beside it: meta.json (for programs) and README.md (for people)."""

import json
from pathlib import Path
from string import Template
from typing import Any

import spacy

from pipeline.errors import Misuse
from pipeline.evaluation.mentions import Score
from pipeline.training.ner import corpora, scoring
from pipeline.training.ner.scoring import Report

CARD = Path(__file__).with_name("card.md")
SOURCES = Path(__file__).with_name("sources.json")
VERSION = "1.0.0"
NAMES = {"PER": "people", "ORG": "organisations", "LOC": "places"}


def describe(model: Path, data: Path) -> str:
    """Measure the model on every held-out set, write meta.json and README.md, and return the figures as a table."""
    if not (model / "meta.json").is_file():
        raise Misuse(f"There is no model in {model}: run the step train first, or name a folder with --model.")
    reports = measured(model, data)
    write_meta(model / "meta.json", reports)
    table = as_table(reports)
    text = Template(CARD.read_text(encoding="utf-8")).substitute(
        table=table,
        speed=f"{thousands(reports)},000",
        size=f"{megabytes(model):.0f}",
        sources=source_list(),
        version=VERSION,
        spacy=spacy.about.__version__,
    )
    (model / "README.md").write_text(text, encoding="utf-8")
    return table


def measured(model: Path, data: Path) -> dict[str, Report]:
    """A report for each set of sentences, after a warm run so that the first one is not slower than the rest."""
    nlp = spacy.load(model)
    sets = corpora.held_out(data) | {"seeds": corpora.seeds(data), "articles of 2019": corpora.articles(data)}
    scoring.evaluate(nlp, sets["nergrit test"])
    return {name: scoring.evaluate(nlp, sentences) for name, sentences in sets.items()}


def write_meta(file: Path, reports: dict[str, Report]) -> None:
    """Name, version, licence, sources and scores; what spaCy wrote about labels and vectors stays."""
    meta: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    meta |= {
        "name": "news_ner",
        "version": VERSION,
        "description": "Names of people, organisations and places in Indonesian news.",
        "author": "The Pantau project",
        "license": "Apache-2.0; trained on data under MIT, Apache-2.0 and CC BY 4.0, see sources",
        "sources": json.loads(SOURCES.read_text(encoding="utf-8")),
        "performance": performance(reports),
        "spacy_version": ">=3.8.0,<3.9.0",
        "size_mb": round(megabytes(file.parent), 1),
    }
    file.write_text(json.dumps(meta, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def performance(reports: dict[str, Report]) -> dict[str, Any]:
    """The keys of spaCy for the reported test, and the F of every other set."""
    test = reports["idner test"]
    return {
        "ents_p": round(test.whole.precision, 4),
        "ents_r": round(test.whole.recall, 4),
        "ents_f": round(test.whole.f, 4),
        "ents_per_type": {label: rounded(score) for label, score in test.labels.items()},
        "ents_f_by_set": {name: round(report.whole.f, 4) for name, report in reports.items()},
        "words_per_second": thousands(reports) * 1_000,
    }


def rounded(score: Score) -> dict[str, float]:
    """The three measures under spaCy's one-letter names."""
    return {"p": round(score.precision, 4), "r": round(score.recall, 4), "f": round(score.f, 4)}


def thousands(reports: dict[str, Report]) -> int:
    """Thousands of words a second: the median of the sets, because short sets are noisy."""
    return sorted(report.words_per_second for report in reports.values())[len(reports) // 2] // 1_000


def megabytes(folder: Path) -> float:
    """Size of all files of a folder, in millions of bytes."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def as_table(reports: dict[str, Report]) -> str:
    """The scores in percent as a Markdown table."""
    head = ["set", "mentions", "P", "R", "F", *(f"F {name}" for name in NAMES.values())]
    rows = [head, ["---"] + ["---:"] * (len(head) - 1), *(row(name, report) for name, report in reports.items())]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


def row(name: str, report: Report) -> list[str]:
    """One line of the table."""
    whole = report.whole
    figures = [whole.precision, whole.recall, whole.f, *(report.labels[label].f for label in NAMES)]
    return [name, str(whole.mentions), *(f"{figure * 100:.1f}" for figure in figures)]


def source_list() -> str:
    """The data sets as Markdown, with authors and licences."""
    sources = json.loads(SOURCES.read_text(encoding="utf-8"))
    return "\n".join(f"- {s['name']}: {s['author']}. {s['license']}. {s['url']} ({s['use']})" for s in sources)
