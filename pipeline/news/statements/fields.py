"""The fields of an office or a body, which commas and "and" join inside its name.

Dirjen Industri Logam, Mesin, dan Elektronika X      Badan Sungai, Danau, dan Pantai
"""

from pipeline.news.lexicons import Kind
from pipeline.news.statements.tokens import Passage

_LONGEST_NAME = 8
_LONGEST_FIELDS = 10


def enumerates(passage: Passage, first: int, comma: int, limit: int) -> bool:
    """Whether a comma stands in the name of a body: 'Badan Sungai, Danau, dan Pantai'.

    A model took both sides for one body, or behind "and" neither side is a person.
    """
    if not passage.kinds[first] & (Kind.ROLE | Kind.ORG):
        return False
    joint = next((at for at in range(comma + 1, limit) if passage.lower[at] in passage.lexicon.list_joints), None)
    if joint is None or joint + 1 >= limit or joint - comma > _LONGEST_FIELDS:
        return False
    between = range(comma + 1, joint)
    if not all(_field(passage, at) or passage.words[at] == "," for at in between):
        return False
    return _field(passage, joint + 1) and (within_body(passage, comma) or _office(passage, first, comma))


def _field(passage: Passage, index: int) -> bool:
    """Whether a word can name the field of a body: a capital, and nobody known."""
    kind = passage.kinds[index]
    somebody = kind & (Kind.ROLE | Kind.RANK | Kind.PLACE | Kind.ACRONYM)
    return bool(kind & Kind.CAP) and not somebody and not known_person(passage, index)


def known_person(passage: Passage, index: int) -> bool:
    """Whether a word belongs to the name of a person who is known."""
    near = passage.found_in(index - _LONGEST_NAME, index + 1)
    told = any(begin <= index < end and kind == "person" for begin, end, kind in near)
    return told or passage.lower[index] in passage.people


def _office(passage: Passage, first: int, comma: int) -> bool:
    """Whether an office or a body stands before a comma, and no person."""
    return bool(passage.kinds[comma - 1] & Kind.CAP) and not any(
        known_person(passage, at) for at in range(first, comma)
    )


def within_body(passage: Passage, index: int) -> bool:
    """Whether a model takes a word for part of a body's name: 'Kepala Dinas Pasar Rakyat dan Pertanahan'."""
    near = passage.found_in(index - _LONGEST_NAME, index + 1)
    return any(begin <= index < end and kind == "organisation" for begin, end, kind in near)
