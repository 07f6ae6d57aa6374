"""Two wordings of one utterance, word by word: what one leaves out, adds and replaces, and where they contradict."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Literal, NamedTuple

from pipeline.news import wording, words

Relation = Literal["verbatim", "shortened", "altered", "paraphrased", "translated"]
Operation = Literal["kept", "dropped", "added", "replaced"]
LONGEST = 1000
"""Words of a wording that are compared; of a longer one all but the beginning is taken for replaced."""
LIKE_NAMES = 0.75
"""Names that are spelled so much alike (difflib's ratio) are one name."""
_PLACE = 4  # words in which two wordings differ where the same thing is said otherwise


class Step(NamedTuple):
    """A stretch of the one wording, start..end-1 in codepoints, and the stretch of the other that stands for it."""

    operation: Operation
    start: int
    end: int
    other_start: int
    other_end: int


class Contradiction(NamedTuple):
    """Two wordings say something else in the same place; `one` and `other` are the words there."""

    about: Literal["number", "negation", "name"]
    one: str
    other: str


def compare(one: str, other: str) -> list[Step]:
    """How the words of the one text become those of the other; case and punctuation do not matter."""
    mine, theirs = words.located(one), words.located(other)
    before, after = _plain(one, mine), _plain(other, theirs)
    matcher = SequenceMatcher(None, before[:LONGEST], after[:LONGEST], autojunk=False)
    codes = matcher.get_opcodes()
    if max(len(before), len(after)) > LONGEST:
        codes.append(("replace", min(LONGEST, len(before)), len(before), min(LONGEST, len(after)), len(after)))
    steps = (Step(_operation(*code), *_span(mine, *code[1:3]), *_span(theirs, *code[3:])) for code in codes)
    return [step for step in steps if step.end > step.start or step.other_end > step.other_start]


def relation(steps: Sequence[Step], kind: str, *, one_language: bool) -> Relation:
    """How a wording of this kind relates to the fullest one, given the steps from that to it."""
    if not one_language:
        return "translated"
    operations = {step.operation for step in steps}
    if operations <= {"kept"}:
        return "verbatim"
    if operations <= {"kept", "dropped"} and "kept" in operations:
        return "shortened"
    return "paraphrased" if kind == "indirect" else "altered"


def contradictions(one: str, other: str, steps: Sequence[Step], language: str) -> list[Contradiction]:
    """Where two wordings in a language contradict: words between the same words, with another number or name, or with
    a negation on one side only.
    """
    return [found for step in _places(steps) if (found := _contradiction(one, other, step, language))]


def _places(steps: Sequence[Step]) -> Iterator[Step]:
    """The short stretches that stand between stretches that were kept, or at the end after one."""
    kept = Step("kept", 0, 0, 0, 0)
    for before, step in pairwise((kept, *steps)):
        if step.operation != "kept" and before.operation == "kept" and before is not kept:
            yield step


def _contradiction(one: str, other: str, step: Step, language: str) -> Contradiction | None:
    mine, theirs = one[step.start : step.end], other[step.other_start : step.other_end]
    if max(len(words.words(mine)), len(words.words(theirs))) > _PLACE:
        return None
    here, there = wording.read(mine, language).content, wording.read(theirs, language).content
    if here.numbers and there.numbers and here.numbers.isdisjoint(there.numbers):
        return Contradiction("number", mine, theirs)
    if bool(here.denials) != bool(there.denials):
        return Contradiction("negation", mine, theirs)
    named = _named(one, mine, step.start) and _named(other, theirs, step.other_start)
    return Contradiction("name", mine, theirs) if named and not _alike(mine, theirs, one, other) else None


def _named(text: str, stretch: str, start: int) -> bool:
    """Whether a stretch within a sentence is nothing but capitalised words."""
    found = [stretch[a:b] for a, b in words.located(stretch)]
    inside = start > 0 and text[:start].rstrip()[-1:] not in (".", "!", "?", ":", "")
    return bool(found) and inside and all(word[0].isupper() for word in found)


def _alike(mine: str, theirs: str, one: str, other: str) -> bool:
    """Whether two names are spelled alike, or one of them is given elsewhere in the other text."""
    ratio = SequenceMatcher(None, mine.lower(), theirs.lower(), autojunk=False).ratio()
    return ratio >= LIKE_NAMES or mine.lower() in other.lower() or theirs.lower() in one.lower()


def _plain(text: str, spans: Sequence[tuple[int, int]]) -> list[str]:
    return [text[start:end].lower() for start, end in spans]


def _operation(tag: str, *_: int) -> Operation:
    operations: dict[str, Operation] = {"equal": "kept", "delete": "dropped", "insert": "added", "replace": "replaced"}
    return operations[tag]


def _span(spans: Sequence[tuple[int, int]], first: int, last: int) -> tuple[int, int]:
    if first < last:
        return spans[first][0], spans[last - 1][1]
    at = spans[first][0] if first < len(spans) else spans[-1][1] if spans else 0
    return at, at
