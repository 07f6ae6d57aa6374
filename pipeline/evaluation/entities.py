"""How well people, organisations and places are found.

DIR holds sentences or articles with their names:

- files *.txt, *.tsv or *.conll in columns, as CoNLL and IDNER-news-2k write them: one token a line, its tag last (O, or
B- and I- before PER, ORG or LOC; PERSON, ORGANISATION, PLACE and the like are understood), an empty line between
sentences, which are read as if printed in a newspaper, each alone

- or entities.jsonl with the names and docs.jsonl with the articles, one JSON object a line: {"doc": "a1", "start": 4,
"end": 11, "label": "LOC"}; a name that stands at many places may have "type" and "mentions": [{"start": 4, "end": 11}],
and "part" tells mentions outside of headline, standfirst and body, which do not count; docs.jsonl is that of
`pantau evaluate statements`

A name counts as found when both ends and the label are right. "model" is the language's model alone; "pantau" is what
articles get in the end: spans cut and joined by rules, names known from elsewhere, the catalog of officials. That is
made for articles, so that sentences out of their article do it no justice.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from agents.extract import recognised
from pipeline.errors import Misuse
from pipeline.evaluation import Evaluation, Measured, Table, conll, existing
from pipeline.evaluation.documents import FETCHED, Document, article_of, read_documents, rows
from pipeline.evaluation.mentions import Mention, Score, compare
from pipeline.news.extraction import extract
from pipeline.news.language import language_of
from pipeline.news.officials import Roster
from pipeline.ports import Catalog, Recogniser
from schemas.article import Part

LABELS = {"person": "PER", "organisation": "ORG", "place": "LOC"}
PROGRAMS = ("pantau", "model")
ENTITIES = "entities.jsonl"
_COLUMNS = (".txt", ".tsv", ".conll")
_PARTS = ("title", "standfirst", "body")


@dataclass(frozen=True)
class Case:
    """An article or a sentence of a set, and the names in it."""

    group: str
    document: Document
    mentions: tuple[Mention, ...]


Names = dict[str, tuple[Mention, ...]]
"""The names that each program found in one document."""


def measure(
    cases: Sequence[Case], against: Sequence[str] = (), *, catalog: Catalog, recogniser: Recogniser
) -> Measured:
    """Figures per set, program and label ("" is all labels): precision, recall, f, mentions.

    There are no rivals to measure `against`.
    """
    roster = Roster.of(catalog.snapshot())
    found = [names_in(case.document, roster, recogniser) for case in cases]
    tables, figures = [], {}
    for group in dict.fromkeys(case.group for case in cases):
        here = [(case, names) for case, names in zip(cases, found) if case.group == group]
        scores = {name: _scores(here, name) for name in PROGRAMS}
        figures[group] = {name: {label: msgspec.structs.asdict(one) for label, one in of.items()}
                          for name, of in scores.items()}  # fmt: skip
        title = f"{group}: {sum(len(case.mentions) for case, _ in here)} names in {len(here)} texts"
        tables.append(Table(title, _HEADS, tuple(_rows(scores))))
    return Measured(tuple(tables), figures, mistakes(cases, found))


def names_in(document: Document, roster: Roster, recogniser: Recogniser) -> Names:
    """What Pantau finds in a document, and what the model does."""
    if document.article is None:
        return dict.fromkeys(PROGRAMS, ())
    spans, parses = recognised(document.article, recogniser)
    entities = extract(document.article, roster, spans, parses).entities
    told = [(m.part, m.start, m.end, entity.kind) for entity in entities for m in entity.mentions]
    return {"pantau": _mentions(document, told), "model": _mentions(document, spans)}


def _mentions(document: Document, spans: Iterable[tuple[Part, int, int, str]]) -> tuple[Mention, ...]:
    places = ((document.place(part, start, end), LABELS.get(kind)) for part, start, end, kind in spans)
    return tuple(Mention(*place, label) for place, label in places if place and label)


def _scores(cases: Sequence[tuple[Case, Names]], program: str) -> dict[str, Score]:
    return compare([case.mentions for case, _ in cases], [names[program] for _, names in cases])


_HEADS = ("program", "label", ">P", ">R", ">F", ">names")


def _rows(scores: dict[str, dict[str, Score]]) -> Iterator[tuple[object, ...]]:
    for program, labels in scores.items():
        for label, one in labels.items():
            figures = (f"{one.precision:.3f}", f"{one.recall:.3f}", f"{one.f:.3f}", one.mentions)
            yield (program, label or "all", *figures)


def mistakes(cases: Sequence[Case], found: Sequence[Names]) -> tuple[Table, ...]:
    """What Pantau found wrongly and what it missed, that which happens most often first."""
    wrong, missed = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    example: dict[tuple[str, str], str] = {}
    for case, names in zip(cases, found):
        for counter, mentions in (
            (wrong, set(names["pantau"]) - set(case.mentions)),
            (missed, set(case.mentions) - set(names["pantau"])),
        ):
            for mention in mentions:
                key = case.document.text[mention.start : mention.end], mention.label
                counter[key] += 1
                example.setdefault(key, case.document.name)
    return _listed("found wrongly", wrong, example), _listed("missed", missed, example)


def _listed(title: str, counter: Counter[tuple[str, str]], example: dict[tuple[str, str], str]) -> Table:
    ranked = sorted(counter.items(), key=lambda item: (-item[1], item[0]))
    return Table(
        title, (">times", "label", "name", "in"), tuple((n, key[1], key[0], example[key]) for key, n in ranked)
    )


# --- examples


def read_cases(folder: Path) -> list[Case]:
    """All documents with their names. Raises Misuse for a folder without them and for what cannot be used."""
    existing(folder)
    if (folder / ENTITIES).exists():
        return list(_listed_names(folder))
    files = sorted(path for path in folder.iterdir() if path.suffix in _COLUMNS)
    if not files:
        raise Misuse(f"no examples in {folder}: put a file in columns or {ENTITIES} there, as --help describes")
    return [case for path in files for case in _sentences(path)]


def _sentences(path: Path) -> list[Case]:
    try:
        sentences = conll.read(path)
    except (OSError, UnicodeDecodeError) as error:
        raise Misuse(f"cannot read {path}: write it in UTF-8, as --help describes") from error
    if not any(sentence.mentions for sentence in sentences):
        raise Misuse(f"{path} names nobody: write one token a line with B-PER or the like behind it, or take it away")
    language = language_of(" ".join(sentence.text for sentence in sentences))
    return [
        Case(
            path.name,
            Document(name, article_of(name, {"text": one.text, "language": language}, FETCHED), one.text),
            one.mentions,
        )
        for name, one in ((f"{path.name}:{number}", one) for number, one in enumerate(sentences, 1))
    ]


def _listed_names(folder: Path) -> Iterator[Case]:
    names: dict[str, list[Mention]] = {}
    for place, row in rows(folder / ENTITIES):
        names.setdefault(str(row.get("doc")), []).extend(_names(row, place))
    for document in read_documents(folder, names):
        yield Case(folder.name or ENTITIES, document, tuple(sorted(names.get(document.name, ()))))


def _names(row: dict[str, Any], place: str) -> list[Mention]:
    try:
        label = conll.LABELS.get(str(row.get("label") or row["type"]).upper())
        every = [one for one in row.get("mentions", [row]) if one.get("part", "body") in _PARTS]
        return [Mention(int(one["start"]), int(one["end"]), label) for one in every] if label and row["doc"] else []
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise Misuse(
            f'{place} is no name: write {{"doc": "a1", "start": 4, "end": 11, "label": "LOC"}} on one line'
        ) from error


EVALUATION = Evaluation(read_cases, measure, lists=True)
