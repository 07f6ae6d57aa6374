"""How well statements are put together that say the same: the ledger of utterances.

DIR holds statements.jsonl with one JSON object a line, each a statement:

{"id": "s1", "text": "…", "speaker": "p1", "utterance": "u1", "seen": "2031-03-10", "language": "id", "article": "a1"}

"utterance" names the truth: statements with the same one are wordings of one utterance. "language" may be left out (it
is "id" then), and "article" (each is an article of its own then). Where statements stand in an article is evidence,
too: "part" ("title", "standfirst" or "body"), "start" and "end" in codepoints, "kind" ("direct", "mixed" or
"indirect"). So is what else a speaker says in it: give all statements of an article.

F, P and R are of pairs: of all two statements of one speaker, are those of one utterance found to be of one. B-cubed
(Bagga and Baldwin 1998) weighs each statement alike. Rivals join two statements of one speaker, at most 30 days apart,
that are alike enough: minhash by the estimated Jaccard similarity of their words (datasketch, 128 permutations), tfidf
by the cosine of their words weighed by TF-IDF (scikit-learn). statements/s counts CPU seconds.
"""

import json
import time
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

from agents.attribute import attribute
from pipeline.errors import Misuse
from pipeline.evaluation import Evaluation, Measured, Table, existing
from pipeline.evaluation.duplicates import Cubed, b_cubed
from pipeline.flow import Emit
from pipeline.news import words
from pipeline.news.ledger import WINDOW, surrounded
from pipeline.ports import State
from schemas.article import Part
from schemas.statement import Carrier, Statement, StatementKind, StatementMade, StatementRecorded

OURS = "pantau"
MINHASH_SAME, TFIDF_SAME = 0.22, 0.3
"""What is alike enough: the best on the development half of `tests/golden/utterances`."""


@dataclass(frozen=True)
class Case:
    """A statement on its way to the ledger, and the utterance that it is a wording of."""

    made: StatementMade
    utterance: str


class Found(NamedTuple):
    """What one program says: the utterance of each statement, by any name."""

    utterances: list[str]
    seconds: float


def measure(cases: Sequence[Case], against: Sequence[str] = (), *, state: State) -> Measured:
    """Figures per program: F, precision and recall of pairs and of B-cubed, statements per CPU second.

    `state` must be empty.
    """
    found = {OURS: ours(cases, state)} | {name: RIVALS[name](cases) for name in against}
    figures = {name: figures_of(cases, one) for name, one in found.items()}
    rows = tuple((name, *(_shown(row[figure]) for figure in _COLUMNS)) for name, row in figures.items())
    title = f"{len(cases)} statements of {len({case.utterance for case in cases})} utterances"
    return Measured((Table(title, ("program", *_COLUMNS.values()), rows),), figures)


_COLUMNS = {
    "f1": ">F",
    "precision": ">P",
    "recall": ">R",
    "cubed_f1": ">B-cubed F",
    "cubed_precision": ">P",
    "cubed_recall": ">R",
    "statements_per_second": ">statements/s",
}


def figures_of(cases: Sequence[Case], found: Found) -> dict[str, float]:
    """The figures of one program."""
    true = [case.utterance for case in cases]
    pairs, cubed = of_pairs(true, found.utterances), b_cubed(true, found.utterances)
    return {
        "f1": pairs.f1,
        "precision": pairs.precision,
        "recall": pairs.recall,
        "cubed_f1": cubed.f1,
        "cubed_precision": cubed.precision,
        "cubed_recall": cubed.recall,
        "statements_per_second": len(cases) / max(found.seconds, 1e-9),
    }


def of_pairs(true: Sequence[str], found: Sequence[str]) -> Cubed:
    """F1, precision and recall of the pairs that are in one group; both name the group of each item."""
    wanted, got = set(_together(true)), set(_together(found))
    precision, recall = len(wanted & got) / max(1, len(got)), len(wanted & got) / max(1, len(wanted))
    return Cubed(2 * precision * recall / max(1e-9, precision + recall), precision, recall)


def _together(groups: Sequence[str]) -> Iterator[tuple[int, int]]:
    members: dict[str, list[int]] = {}
    for place, group in enumerate(groups):
        members.setdefault(group, []).append(place)
    for places in members.values():
        yield from combinations(places, 2)


def _shown(figure: float) -> str:
    return f"{figure:.0f}" if figure >= 10 else f"{figure:.3f}"


# --- programs


def ours(cases: Sequence[Case], state: State) -> Found:
    """The agent `attribute` over an empty memory."""
    groups = Groups([case.made.statement.statement_id for case in cases])
    started = time.process_time()
    for case in cases:
        recorded = recorded_of(case.made, state)
        for name in (recorded.utterance.utterance_id, *recorded.utterance.former):
            groups.join(recorded.statement.statement_id, name)
    return Found(groups.names(), time.process_time() - started)


def recorded_of(made: StatementMade, state: State) -> StatementRecorded:
    """One statement through the agent."""
    outcome = attribute(made, state=state)
    assert isinstance(outcome, Emit)
    (record,) = outcome.records
    assert isinstance(record, StatementRecorded)
    return record


class Groups:
    """Disjoint sets of items; an item may be joined with a name that is none."""

    def __init__(self, items: Sequence[str]) -> None:
        self._items, self._of = items, {item: item for item in items}

    def join(self, one: str, other: str) -> None:
        """Put two into one set."""
        self._of[self._root(one)] = self._root(other)

    def joined(self, one: str, other: str) -> bool:
        """Whether two are in one set."""
        return self._root(one) == self._root(other)

    def names(self) -> list[str]:
        """The set of each item, in their order."""
        return [self._root(item) for item in self._items]

    def _root(self, item: str) -> str:
        while (above := self._of.setdefault(item, item)) != item:
            item = above
        return item


def minhash(cases: Sequence[Case]) -> Found:
    """Statements whose words are alike as MinHash sees it."""
    module = import_module("datasketch")
    started = time.process_time()
    made = [module.MinHash(num_perm=128) for _ in cases]
    for one, case in zip(made, cases):
        one.update_batch(words.encoded_words(case.made.statement.text))
    groups = _grouped(cases, lambda one, other: made[one].jaccard(made[other]) >= MINHASH_SAME)
    return Found(groups, time.process_time() - started)


def tfidf(cases: Sequence[Case]) -> Found:
    """Statements whose weighed words are alike."""
    module = import_module("sklearn.feature_extraction.text")
    started = time.process_time()
    matrix = module.TfidfVectorizer(sublinear_tf=True).fit_transform(case.made.statement.text for case in cases)
    alike = (matrix @ matrix.T).toarray()
    groups = _grouped(cases, lambda one, other: bool(alike[one, other] >= TFIDF_SAME))
    return Found(groups, time.process_time() - started)


def _grouped(cases: Sequence[Case], same: Callable[[int, int], bool]) -> list[str]:
    groups = Groups([case.made.statement.statement_id for case in cases])
    speakers: dict[Hashable, list[int]] = {}
    for place, case in enumerate(cases):
        speakers.setdefault(case.made.statement.speaker_id, []).append(place)
    for places in speakers.values():
        for one, other in combinations(places, 2):
            mine, theirs = cases[one].made, cases[other].made
            if abs(mine.carrier.seen_at - theirs.carrier.seen_at) <= WINDOW and same(one, other):
                groups.join(mine.statement.statement_id, theirs.statement.statement_id)
    return groups.names()


RIVALS: Mapping[str, Callable[[Sequence[Case]], Found]] = {"minhash": minhash, "tfidf": tfidf}

# --- examples


def read_cases(folder: Path) -> list[Case]:
    """All statements in the order in which they were seen. Raises Misuse for a folder without them and for a line that
    cannot be used.
    """
    path = existing(folder) / "statements.jsonl"
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise Misuse(f"cannot read {path}: put the file there, in UTF-8, as --help describes") from error
    cases = [_case(line, f"{path.name}:{number}") for number, line in enumerate(lines, 1) if line.strip()]
    return in_order(cases)


def in_order(cases: Iterable[Case]) -> list[Case]:
    """The cases as they appeared, each knowing what else its speaker says in the article."""
    cases = list(cases)
    known = [Case(made, case.utterance) for made, case in zip(surrounded(case.made for case in cases), cases)]
    return sorted(known, key=lambda case: (case.made.carrier.seen_at, case.made.statement.statement_id))


def _case(line: str, at: str) -> Case:
    try:
        row = json.loads(line)
        seen = datetime.fromisoformat(row["seen"])
        place = Place(
            row.get("part") or "body", int(row.get("start") or 0), row.get("end"), row.get("kind") or "direct"
        )
        made = statement(
            row["id"],
            row["text"],
            speaker=row["speaker"],
            article=row.get("article") or row["id"],
            seen=seen if seen.tzinfo else seen.replace(tzinfo=UTC),
            language=row.get("language") or "id",
            place=place,
        )
        return Case(made, row["utterance"])
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise Misuse(
            f'{at} is no statement: write {{"id": "s1", "text": "…", "speaker": "p1", "utterance": "u1", '
            '"seen": "2031-03-10"}} on one line'
        ) from error


class Place(NamedTuple):
    """Where a statement stands."""

    part: Part
    start: int
    end: int | None
    kind: StatementKind


def statement(
    id: str, text: str, *, speaker: str, article: str, seen: datetime, language: str, place: Place
) -> StatementMade:
    """A statement as the extractor hands it on, as far as the ledger reads it."""
    part, start, end, kind = place
    said = Statement(
        statement_id=id, kind=kind, part=part, start=start, end=start + len(text) if end is None else end, text=text,
        speaker_id=speaker, rule="", confidence=1.0,
    )  # fmt: skip
    carrier = Carrier(
        article_id=article, revision=1, page="", title="", language=language, family=article, fetched_at=seen
    )
    return StatementMade(statement=said, carrier=carrier)


EVALUATION = Evaluation(read_cases, measure, {"minhash": "datasketch", "tfidf": "sklearn"})
