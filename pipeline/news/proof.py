"""The proof inside an alert: the words with their marks, what stands around them, and what is new in them."""

import re
from difflib import SequenceMatcher

from pipeline.news.queries.words import fold
from schemas.alert import Piece, Proof
from schemas.statement import StatementRecorded

LONGEST = 400
"""Words of a wording that are compared."""
ALIKE = 0.2
"""Wordings that share less of their words are translations, whose words cannot be compared."""
_MARKS = '“”"„«»‘’‹›'
_OPENING = re.compile(rf"[{_MARKS}]+\s*$")
_CLOSING = re.compile(rf"^\s*[,.!?…]*[{_MARKS}]+")
_SENTENCE = re.compile(rf"(?<=[.!?…])[{_MARKS})]*\s+(?=\S)")


def proof(recorded: StatementRecorded) -> Proof:
    """The proof of a statement as it was recorded."""
    statement, carrier, earlier = recorded.statement, recorded.carrier, recorded.utterance.earlier
    opening, closing = _OPENING.search(statement.before), _CLOSING.search(statement.after)
    before = statement.before[: opening.start()] if opening else statement.before
    after = statement.after[closing.end() :] if closing else statement.after
    marked = (opening[0].strip() if opening else "") + statement.text + (closing[0].strip() if closing else "")
    here = "" if statement.page_start is None else f"#{statement.page_start}-{statement.page_end}"
    return Proof(
        quote=marked,
        before=_last(before),
        after=_first(after),
        changes=compare(earlier, statement.text) if earlier else (),
        stored=carrier.page + here,
    )


def compare(earlier: str, later: str) -> tuple[Piece, ...]:
    """The words of two wordings in order: in both, only in the later one, only in the earlier one.

    Case, accents and signs around words make no difference. Empty when the wordings have too little in common.
    """
    old, new = earlier.split()[:LONGEST], later.split()[:LONGEST]
    matcher = SequenceMatcher(None, [fold(word) or word for word in old], [fold(word) or word for word in new], False)
    if matcher.ratio() < ALIKE:
        return ()
    pieces: list[Piece] = []
    for kind, i, j, k, m in matcher.get_opcodes():
        if kind == "equal":
            pieces.append(Piece("same", " ".join(new[k:m])))
            continue
        if j > i:
            pieces.append(Piece("removed", " ".join(old[i:j])))
        if m > k:
            pieces.append(Piece("added", " ".join(new[k:m])))
    return tuple(pieces)


def _last(text: str) -> str:
    """The last sentence; with the one before when the last has only begun, as in 'He said: “...'."""
    sentences = [part.strip() for part in _SENTENCE.split(text.strip()) if part.strip()]
    begun = bool(sentences) and sentences[-1][-1] not in ".!?…"
    return " ".join(sentences[-2:] if begun else sentences[-1:])


def _first(text: str) -> str:
    """The first sentence; with the next when the first is the end of one, as in '..., he said.'."""
    sentences = [part.strip() for part in _SENTENCE.split(text.strip()) if part.strip()]
    ending = bool(sentences) and not sentences[0][0].isupper()
    return " ".join(sentences[:2] if ending else sentences[:1])
