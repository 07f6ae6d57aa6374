"""Sentences with their names in columns, as CoNLL and IDNER-news-2k write them: read as a newspaper would print them.

The sets name the same things differently; here all use PER, ORG and LOC as in IDNER-news-2k, all else is O.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from pipeline.evaluation.mentions import Mention

LABELS = {
    "PER": "PER",
    "PERSON": "PER",
    "ORG": "ORG",
    "ORGANISATION": "ORG",
    "ORGANIZATION": "ORG",
    "LOC": "LOC",
    "LOCATION": "LOC",
    "PLACE": "LOC",
}
OPENING, CLOSING = "([{“‘\"'", ")]}”’\"',;:?!"
HUGS_LEFT = re.compile(r"[,.;:?!)\]}%”’…]+")  # no space before these
JOINS = {"-", "/", "–"}  # no space on either side between letters or digits


class Sentence(msgspec.Struct, frozen=True):
    """Text as a newspaper would print it, with its mentions in order."""

    text: str
    mentions: tuple[Mention, ...] = ()


Token = tuple[str, str]  # form, tag: O, B-label or I-label


def columns(file: Path) -> Iterator[list[Token]]:
    """The sentences of a CoNLL-like file: form first, tag last, an empty line between sentences, any line end."""
    sentence: list[Token] = []
    for line in file.read_text(encoding="utf-8").splitlines():
        cells = line.split("\t") if "\t" in line else line.split()
        if len(cells) >= 2:
            sentence.extend(peeled(cells[0], cells[-1].strip()))
        elif sentence:
            yield sentence
            sentence = []
    if sentence:
        yield sentence


def peeled(form: str, tag: str) -> list[Token]:
    """A token without the marks that hang on it: "(Bawaslu)" after a name becomes a name of its own in brackets."""
    if len(form) < 3:
        return [(form, tag)]
    start, end = 0, len(form)
    while start < end - 1 and form[start] in OPENING:
        start += 1
    while end > start + 1 and form[end - 1] in CLOSING and not (form[end - 1] == ")" and "(" in form[start:end]):
        end -= 1
    if tag.startswith("I-") and "(" in form[:start]:
        tag = f"B-{tag[2:]}"
    return [(mark, "O") for mark in form[:start]] + [(form[start:end], tag)] + [(mark, "O") for mark in form[end:]]


def spaced(forms: list[str]) -> list[bool]:
    """For each token, whether a space follows it in print: the sets keep tokens only."""
    spaces, inside = [], False
    for at, form in enumerate(forms):
        quote = form in {'"', "``", "''"}
        inside ^= quote
        after = forms[at + 1] if at + 1 < len(forms) else None
        spaces.append(after is not None and not (quote and inside) and not touches(forms, at, inside))
    return spaces


def touches(forms: list[str], at: int, inside: bool) -> bool:
    """Whether token `at` touches the next one: brackets, stops, closing quotes, and hyphens between two words."""
    form, after = forms[at], forms[at + 1]
    if HUGS_LEFT.fullmatch(after) or form in "([{“‘" or (after == '"' and inside):
        return True
    if after in JOINS and at + 2 < len(forms):
        return form[-1].isalnum() and forms[at + 2][0].isalnum()
    return form in JOINS and at > 0 and forms[at - 1][-1].isalnum() and after[0].isalnum()


def printed(tokens: list[Token]) -> Sentence:
    """The sentence as it would be printed, tags turned into offsets; an I that continues nothing begins a mention."""
    text, open_label = "", ""
    mentions: list[Mention] = []
    for (form, tag), space in zip(tokens, spaced([form for form, _ in tokens]), strict=True):
        label = LABELS.get(tag[2:].upper(), "")
        if label and tag.startswith("I-") and label == open_label:
            mentions[-1] = Mention(mentions[-1].start, len(text) + len(form), label)
        elif label:
            mentions.append(Mention(len(text), len(text) + len(form), label))
        open_label = label
        text += form + " " * space
    return Sentence(text, tuple(mentions))


def read(*files: Path) -> list[Sentence]:
    """All sentences of the files, in order."""
    return [printed(tokens) for file in files for tokens in columns(file)]
