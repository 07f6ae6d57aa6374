"""How sure we are of a statement: the chance that somebody says this there, and that it is who we think.

A logistic regression over signs of the statement itself: its rule, its kind, how its speaker was found, the language,
its length, how far the cue stands off. Each sign has a weight in confidence.toml; a sign that nothing was learnt of has
none, so that what was never seen gets the mean. The weights are fitted by `tests/training/confidence.py`, whose
docstring says on what; `pantau evaluate statements` shows how well they hold.
"""

import math
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files

from schemas.statement import Statement

_SHORT, _LONG = 4, 40
"""Words of a statement: fewer may be a fragment, more may be cut in the wrong place."""
_FAR = 25
"""Codepoints between a statement and its cue: "kata", a comma and a mark take less."""
_LONG_NAME = 4
"""Words of a person's name, more of which are often two names in one."""
_QUOTES = ("quote-cue", "quote-subject", "cue-quote", "according-quote")
_LOOSE = ("colon-quote", "marks", "continued")
MEAN = "mean"
"""The sign that all statements have."""


def confidence(statement: Statement, language: str) -> float:
    """The chance from 0 to 1 that the words and their speaker are right."""
    known = _weights()
    return round(chance(sum(known.get(sign, 0.0) for sign in signs(statement, language))), 3)


def chance(odds: float) -> float:
    """The probability of log odds."""
    return 1 / (1 + math.exp(-odds))


def signs(statement: Statement, language: str) -> Iterator[str]:
    """What tells right statements from wrong ones, each at most once."""
    yield MEAN
    yield f"group {_group(statement.rule)}"
    yield f"rule {statement.rule}"
    yield f"kind {statement.kind}"
    yield f"part {'title' if statement.part == 'title' else 'prose'}"
    yield f"language {language.split('-', maxsplit=1)[0]}"
    yield from _speaker(statement)
    words = statement.text.count(" ") + 1
    if words <= _SHORT:
        yield "short"
    elif words > _LONG:
        yield "long"
    if _distance(statement) > _FAR:
        yield "far from its cue"


def _group(rule: str) -> str:
    """Rules that share most of their way, so that a rare one learns from the others."""
    if rule in _QUOTES:
        return "quotation"
    return "loose quotation" if rule in _LOOSE else "clause"


def _speaker(statement: Statement) -> Iterator[str]:
    """How the speaker was found, and whether the name looks like one."""
    reasons = [reason for reason in statement.reasons if not reason.startswith("official-")]
    yield f"by {reasons[0] if reasons else 'unknown'}"
    if len(reasons) > 1:
        yield f"to {reasons[-1]}"
    if statement.official:
        yield "official"
    words = (statement.speaker or "").count(" ") + 1
    if statement.speaker and words == 1:
        yield "one word"
    elif words > _LONG_NAME:
        yield "many words"


def _distance(statement: Statement) -> int:
    """Codepoints between the statement and its cue."""
    if statement.cue_start is None or statement.cue_end is None:
        return 0
    return max(statement.cue_start - statement.end, statement.start - statement.cue_end)


@cache
def _weights() -> Mapping[str, float]:
    loaded = tomllib.loads((files("pipeline.news") / "confidence.toml").read_text("utf-8"))
    weights: dict[str, float] = loaded["weights"]
    return weights
