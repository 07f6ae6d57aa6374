"""What is wrong with a query that has no meaning, said in one sentence with the place and the cure."""

import re

from pipeline.errors import BadQuery

_PLACE = re.compile(r"position (\d+)")
_OPERATOR = re.compile(r"(?:^|[\s(])(AND|OR|NOT)\s*$")
_NAME = re.compile(r"([^\s:()\[\]{}\"]+):\s*$")
_CLOSING = {"(": ")", "[": "] or }", "{": "] or }"}


def at(text: str, position: int | None, what: str, cure: str) -> BadQuery:
    """The error for `what`, which stands at a position of the text."""
    place = "" if position is None else f" at column {position + 1}"
    return BadQuery(f"{what}{place}: {cure}", text, position)


def syntax(text: str, plain: str, reason: str) -> BadQuery:
    """The error for a text that luqum cannot read. `plain` is the text with straight quotation marks."""
    return _unbalanced(text, plain) or _unfinished(text, plain) or _misplaced(text, reason)


def _unbalanced(text: str, plain: str) -> BadQuery | None:
    opened: list[int] = []
    quoted: int | None = None
    for position, sign in _signs(plain):
        if sign == '"':
            quoted = position if quoted is None and _starts(plain, position) else None
        elif quoted is not None:
            continue
        elif sign in _CLOSING:
            opened.append(position)
        elif not opened:
            return at(text, position, f"{sign} closes nothing", "remove it, or open it before")
        else:
            opened.pop()
    if quoted is not None:
        return at(text, quoted, "the quotation mark is not closed", 'add " after the phrase, or write \\" for the mark')
    if opened:
        sign = plain[opened[-1]]
        return at(text, opened[-1], f"{sign} is not closed", f"add {_CLOSING[sign]}")
    return None


def _signs(plain: str) -> list[tuple[int, str]]:
    """Quotation marks, parentheses and brackets that are not escaped."""
    found = re.finditer(r'\\.|["()\[\]{}]', plain, re.DOTALL)
    return [(sign.start(), sign.group()) for sign in found if len(sign.group()) == 1]


def _starts(plain: str, position: int) -> bool:
    """Whether a mark opens a phrase; inside a word it is a letter like others."""
    return position == 0 or plain[position - 1] in ' \t\r\n:()[]{}+-"^~<>='


def _unfinished(text: str, plain: str) -> BadQuery | None:
    if found := _OPERATOR.search(plain):
        return at(text, found.start(1), f"nothing follows {found[1]}", f'add a word, or write "{found[1].lower()}"')
    if found := _NAME.search(plain):
        return at(text, found.start(1), f"{found[1]}: has no value", f"write {found[1]}:word or _exists_:{found[1]}")
    return None


def _misplaced(text: str, reason: str) -> BadQuery:
    found = _PLACE.search(reason)
    if not found:
        return at(text, None, "the query cannot be understood", "check the numbers after ^ and ~")
    position = int(found[1])
    near = re.match(r"\w+|\S?", text[position:])
    return at(text, position, f"{near.group() if near else ''!r} does not fit", "remove it or put it in quotes")
