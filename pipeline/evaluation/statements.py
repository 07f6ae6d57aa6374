"""How well statements are found, and who made them.

DIR holds quotes.jsonl with the true statements and docs.jsonl with the articles, one JSON object a line:

- quotes.jsonl: {"doc": "a1", "start": 29, "end": 130, "kind": "direct", "speaker": "Ana Lima"}; "kind" is direct, mixed
or indirect; offsets count codepoints, without quotation marks, speaker and cue; "speaker" is the fullest name in the
article, "speaker_alt" may list others that are right, "speaker_mention" the words that name the speaker there; "level"
is core (so when left out) or extended (requests, beliefs); "part": "title" marks a statement in a headline

- docs.jsonl: {"doc": "a1", "text": "…", "title": "…", "published": "2031-03-10", "language": "en"}, all but the first
two may be left out, and offsets count in "text", which is taken for the body as it is; or {"doc": "a1",
"page": "FILE"}, a page that is cleaned first, and offsets count in the page's text; without docs.jsonl "doc" is the
name of such a file in DIR or in a folder in it or beside it

A statement is found when it overlaps a true one by IoU .5 (or .8) at least. Precision counts all that were found,
recall the core ones; headlines and articles without a true statement are left out. Speaker, mention and kind are
shares of those found; direct, mixed and indirect are recalls. The table of rules counts at IoU .5, and a statement is
right there when its speaker is as well. Confidence should be the share of right ones: the last tables compare both over
bins of equal count. The Brier score is the mean squared distance, ECE the expected calibration error, which is not zero
by chance alone. The last table is of confidences that were fitted anew, for each article on others of DIR.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from agents.extract import read
from pipeline.errors import Misuse
from pipeline.evaluation import Evaluation, Measured, Table, existing
from pipeline.evaluation.calibration import Example, Reliability, crossed, reliability, table
from pipeline.evaluation.documents import Document, read_documents, rows
from pipeline.news.confidence import signs
from pipeline.ports import Catalog, Recogniser
from schemas.statement import Statement

KINDS = ("direct", "mixed", "indirect")
LOOSE, TIGHT = 0.5, 0.8
QUOTES = "quotes.jsonl"


@dataclass(frozen=True)
class Said:
    """A true statement; `speakers` are the names that are right, casefolded, "" for nobody known."""

    doc: str
    start: int
    end: int
    kind: str
    speaker: str
    speakers: frozenset[str]
    mention: str = ""
    core: bool = True
    title: bool = False


@dataclass(frozen=True)
class Case:
    """An article and what is said in it."""

    document: Document
    said: tuple[Said, ...]


class Found(NamedTuple):
    """A statement that was found, with its place in what the true ones count in."""

    start: int
    end: int
    statement: Statement


class Match(NamedTuple):
    """A statement that was found, and the true one that it overlaps."""

    found: Found
    said: Said | None

    @property
    def speaker(self) -> bool:
        """Whether the speaker is right."""
        return self.said is not None and _key(self.found.statement.speaker) in self.said.speakers

    @property
    def mention(self) -> bool:
        """Whether the words that name the speaker are right."""
        return self.said is not None and _key(self.found.statement.mention) == self.said.mention

    @property
    def kind(self) -> bool:
        """Whether the kind is right."""
        return self.said is not None and self.found.statement.kind == self.said.kind


class Judged(NamedTuple):
    """One article: what was found at a bar, and the true statements that were not."""

    document: Document
    matches: tuple[Match, ...]
    missed: tuple[Said, ...]


class Score(NamedTuple):
    """Figures at one bar. `kinds` holds for each kind how many were found, and of how many."""

    precision: float
    recall: float
    recall_all: float
    f: float
    speaker: float
    mention: float
    kind: float
    kinds: dict[str, tuple[int, int]]

    @property
    def direct(self) -> float:
        """Recall of quotations."""
        found, of = self.kinds["direct"]
        return found / max(1, of)


# --- judging


def judge(case: Case, found: Iterable[Found], bar: float) -> Judged:
    """From the first to the last each takes the true statement that it overlaps most, if that is left.

    What overlaps a true headline is left out.
    """
    titles = [said for said in case.said if said.title]
    left = [said for said in case.said if not said.title]
    matches = []
    for one in sorted(found, key=lambda one: one.start):
        if any(iou(one, title) for title in titles):
            continue
        # Of equal overlaps the last, as in the scorer that this has to agree with.
        best = max(range(len(left)), key=lambda at: (iou(one, left[at]), at), default=None)
        hit = best is not None and iou(one, left[best]) >= bar
        matches.append(Match(one, left.pop(best) if hit and best is not None else None))
    return Judged(case.document, tuple(matches), tuple(left))


def iou(one: Found | Said, other: Found | Said) -> float:
    """Codepoints in both by codepoints in one of them."""
    both = max(0, min(one.end, other.end) - max(one.start, other.start))
    return both / (one.end - one.start + other.end - other.start - both)


def score(judged: Sequence[Judged]) -> Score:
    """Figures over articles judged at one bar."""
    every = [match for one in judged for match in one.matches]
    hits = [match for match in every if match.said]
    found = [match.said for match in hits if match.said]
    said = [*found, *(missed for one in judged for missed in one.missed)]
    precision = len(hits) / max(1, len(every))
    recall = sum(one.core for one in found) / max(1, sum(one.core for one in said))
    return Score(
        precision=precision,
        recall=recall,
        recall_all=len(found) / max(1, len(said)),
        f=2 * precision * recall / max(1e-9, precision + recall),
        speaker=_share(match.speaker for match in hits),
        mention=_share(match.mention for match in hits),
        kind=_share(match.kind for match in hits),
        kinds={kind: (sum(s.kind == kind for s in found), sum(s.kind == kind for s in said)) for kind in KINDS},
    )


def _share(hits: Iterable[bool]) -> float:
    every = list(hits)
    return sum(every) / max(1, len(every))


def _key(name: str | None) -> str:
    return " ".join((name or "").casefold().split())


# --- measuring


def found_in(case: Case, catalog: Catalog, recogniser: Recogniser) -> list[Found]:
    """What Pantau finds in an article."""
    if case.document.article is None:
        return []
    statements = read(case.document.article, catalog, recogniser).statements
    return [Found(*span, one) for one in statements if (span := case.document.place(one.part, one.start, one.end))]


def judged_at(cases: Sequence[Case], found: Sequence[list[Found]], bar: float) -> list[Judged]:
    """The articles that have true statements outside of headlines."""
    return [judge(case, ours, bar) for case, ours in zip(cases, found) if not all(said.title for said in case.said)]


def measure(
    cases: Sequence[Case], against: Sequence[str] = (), *, catalog: Catalog, recogniser: Recogniser
) -> Measured:
    """Figures: "iou 0.5" and "iou 0.8" with those of `Score` and the recall of direct ones; "rules"; confidences.

    There are no rivals to measure `against`.
    """
    found = [found_in(case, catalog, recogniser) for case in cases]
    at = {bar: judged_at(cases, found, bar) for bar in (LOOSE, TIGHT)}
    scores = {f"iou {bar}": score(judged) for bar, judged in at.items()}
    matches = [match for one in at[LOOSE] for match in one.matches]
    rules = by_rule(matches)
    figures = {name: one._asdict() | {"direct": one.direct} for name, one in scores.items()} | {"rules": rules}
    held = confidences(at[LOOSE])
    figures |= {name: one._asdict() | {"bins": [of._asdict() for of in one.bins]} for name, one in held.items()}
    title = f"{len(at[LOOSE])} articles, {sum(len(case.said) for case in cases)} true statements, {len(matches)} found"
    tables = (
        Table(title, ("", *(f">{name}" for name in scores)), tuple(_rows(list(scores.values())))),
        Table("by rule", _RULES, tuple((rule, *map(_shown, row.values())) for rule, row in rules.items())),
        *(table(name, one) for name, one in held.items()),
    )
    return Measured(tables, figures, mistakes(at[LOOSE], at[TIGHT]))


_FIGURES = {
    "precision": "precision",
    "recall": "recall",
    "recall_all": "recall, extended ones too",
    "f": "F",
    "speaker": "speaker right",
    "mention": "mention right",
    "kind": "kind right",
}
_RULES = ("rule", ">found", ">true", ">speaker", ">kind", ">right", ">confidence")


def _rows(scores: Sequence[Score]) -> Iterator[tuple[object, ...]]:
    for figure, name in _FIGURES.items():
        yield name, *(_shown(getattr(one, figure)) for one in scores)
    for kind in KINDS:
        shown = [(found, of, found / max(1, of)) for found, of in (one.kinds[kind] for one in scores)]
        yield f"recall of {kind} ones", *(f"{found} of {of}  {share:.3f}" for found, of, share in shown)


def _shown(figure: float) -> str:
    return f"{figure:.3f}" if isinstance(figure, float) else str(figure)


def by_rule(matches: Sequence[Match]) -> dict[str, dict[str, float]]:
    """Figures of each rule, that with most statements first; `speaker` and `kind` are shares of the true ones."""
    rules: dict[str, list[Match]] = {}
    for match in matches:
        rules.setdefault(match.found.statement.rule, []).append(match)
    ranked = sorted(rules.items(), key=lambda item: (-len(item[1]), item[0]))
    return {rule: _of_rule(of_rule) for rule, of_rule in ranked}


def _of_rule(matches: Sequence[Match]) -> dict[str, float]:
    hits = [match for match in matches if match.said]
    return {
        "found": len(matches),
        "true": _share(match.said is not None for match in matches),
        "speaker": _share(match.speaker for match in hits),
        "kind": _share(match.kind for match in hits),
        "right": _share(match.speaker for match in matches),
        "confidence": sum(match.found.statement.confidence for match in matches) / len(matches),
    }


# --- confidence


def examples_of(judged: Sequence[Judged]) -> list[Example]:
    """The statements that were found, as what confidences are fitted and measured on."""
    return [
        Example(one.document.name, tuple(signs(match.found.statement, one.document.article.language)), match.speaker)
        for one in judged
        for match in one.matches
        if one.document.article
    ]


def confidences(judged: Sequence[Judged]) -> dict[str, Reliability]:
    """How well the confidences hold, and those that are fitted anew on other articles."""
    ours = [match.found.statement.confidence for one in judged for match in one.matches]
    examples = examples_of(judged)
    right = [example.right for example in examples]
    anew = crossed(examples)
    held = {"confidence": ours} | ({"confidence fitted on the other articles": anew} if anew else {})
    return {name: reliability(one, right) for name, one in held.items() if one}


# --- mistakes


def mistakes(loose: Sequence[Judged], tight: Sequence[Judged]) -> tuple[Table, ...]:
    """What is wrong, the surest first: nothing said there, wrong speakers, wrong bounds; then what is missed."""
    matches = [(one.document.name, match) for one in loose for match in one.matches]
    exact = {(one.document.name, match.found.start) for one in tight for match in one.matches if match.said}
    sorts: dict[str, Callable[[str, Match], bool]] = {
        "nothing is said here": lambda doc, match: match.said is None,
        "the speaker is wrong": lambda doc, match: match.said is not None and not match.speaker,
        "the bounds are wrong": lambda doc, match: match.said is not None and (doc, match.found.start) not in exact,
    }
    tables = [
        Table(title, _MISTAKES, tuple(_wrong(doc, match) for doc, match in _surest(matches, holds)))
        for title, holds in sorts.items()
    ]
    missed = tuple(_missed(one.document, said) for one in loose for said in one.missed if said.core)
    return (*tables, Table("missed", ("article", "kind", "~true speaker", "~text"), missed))


_MISTAKES = ("article", "rule", "confidence", "~speaker", "~true speaker", "~text")


def _surest(matches: Iterable[tuple[str, Match]], holds: Callable[[str, Match], bool]) -> list[tuple[str, Match]]:
    wrong = [(doc, match) for doc, match in matches if holds(doc, match)]
    return sorted(wrong, key=lambda item: -item[1].found.statement.confidence)


def _wrong(doc: str, match: Match) -> tuple[object, ...]:
    one, true = match.found.statement, match.said.speaker if match.said else ""
    return doc, one.rule, f"{one.confidence:.2f}", one.speaker or "unknown", true, one.text


def _missed(document: Document, said: Said) -> tuple[object, ...]:
    return document.name, said.kind, said.speaker, document.text[said.start : said.end]


# --- examples


def read_cases(folder: Path) -> list[Case]:
    """All articles with their statements. Raises Misuse for a folder without them and for a line that is none."""
    existing(folder)
    said: dict[str, list[Said]] = {}
    for place, row in rows(folder / QUOTES):
        one = said_in(row, place)
        said.setdefault(one.doc, []).append(one)
    documents = read_documents(folder, said)
    unknown = said.keys() - {document.name for document in documents}
    if unknown:
        raise Misuse(f"{QUOTES} is about {min(unknown)!r}, which docs.jsonl does not hold: add it there")
    if not said:
        raise Misuse(f"{folder / QUOTES} is empty: write one statement on each line, as --help describes")
    return [Case(document, tuple(said.get(document.name, ()))) for document in documents]


def said_in(row: dict[str, Any], place: str) -> Said:
    """The true statement of one line. Raises Misuse, naming its place, when it is none."""
    try:
        start, end, kind, level = int(row["start"]), int(row["end"]), row["kind"], row.get("level", "core")
        names = (row["speaker"], *(row.get("speaker_alt") or ()))
        if not 0 <= start < end or kind not in KINDS or level not in ("core", "extended"):
            raise ValueError(row)
        return Said(
            doc=str(row["doc"]),
            start=start,
            end=end,
            kind=kind,
            speaker=names[0] or "",
            speakers=frozenset(map(_key, names)),
            mention=_key(row.get("speaker_mention")),
            core=level == "core",
            title=row.get("part") == "title",
        )
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise Misuse(
            f'{place} is no statement: write {{"doc": "a1", "start": 29, "end": 130, "kind": "direct", '
            '"speaker": "Ana Lima"} on one line, as --help describes'
        ) from error


EVALUATION = Evaluation(read_cases, measure, lists=True)
