"""Who wrote it, and the place it is dated from."""

import re
from dataclasses import dataclass
from functools import cache

from pipeline.news.dates import Found, find_dates, has_year
from pipeline.news.lines import count_words, cues

_WORDS_MAX = 14
"""Words of the longest byline or line with a date: "Reporter: A B, C D | Sabtu, 8 Januari 2022 13:03 WIB"."""


@dataclass(frozen=True)
class Byline:
    """What a line tells of the making of an article. `initials` are those at the end ("(abc)", "(abc/def)")."""

    authors: tuple[str, ...] = ()
    editor: str | None = None
    initials: str | None = None


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """After author, editor and source words."""
    author = rf"^(?:{cues('author')})(?:\s*[:：]\s*|\s+)(?P<names>\S.*)$"
    editor = rf"^(?:{cues('editor')})\s*[:：]?\s+(?P<names>\S.*)$"
    source = rf"^(?:{cues('source')})\s*[:：]"
    return tuple(re.compile(p, re.IGNORECASE) for p in (author, editor, source))  # type: ignore[return-value]


_INITIALS = re.compile(r"^[(\[]\s*([^\W\d_]{2,5}(?:\s?[/,|-]\s?[^\W\d_]{2,5}){0,3})\s*[)\]]$")
_NAME = re.compile(r"^[^\W\d_][\w.'’-]*(?:\s[^\W\d_][\w.'’-]*){0,4}$")
_AND = re.compile(r"\s*(?:,|;|/|\|)\s*|\s+(?:dan|and|und|et|y|e|&)\s+")
_SIDE = re.compile(r"\s*(?:[•|·–—]|\s-\s)\s*")
"""What separates a name from a date on one line."""


def byline_of(text: str) -> Byline | None:
    """What a whole line says of authors and editor, None when it is no byline."""
    found = _byline(text) if len(text) <= 200 else None
    return found if found and count_words(text) <= _WORDS_MAX else None


def _byline(text: str) -> Byline | None:
    if match := _INITIALS.match(text):
        return Byline(initials=match[1])
    author, editor, _ = _patterns()
    if match := editor.match(text):
        names = names_in(match["names"])
        return Byline(editor=", ".join(names)) if names else None
    if match := author.match(text):
        names = names_in(_SIDE.split(match["names"])[0])
        return Byline(authors=names) if names else None
    return _beside_date(text)


def _beside_date(text: str) -> Byline | None:
    """A name on one side of a separator and a date on the other: Rina Wulandari • 12 Januari 2022 13:16."""
    if not has_year(text):
        return None
    parts = [part for part in _SIDE.split(text) if part.strip()]
    if not 1 < len(parts) < 4 or not any(next(find_dates(part), None) for part in parts[1:]):
        return None
    names = names_in(parts[0])
    return Byline(authors=names) if names and " " in parts[0] else None


def is_credit(text: str) -> bool:
    """Whether a line names a source ("Sumber: ...")."""
    return len(text) <= 200 and bool(_patterns()[2].match(text))


def names_in(text: str) -> tuple[str, ...]:
    """The names in a list of names; nothing when one of them is no name (four words, capitals, no digits)."""
    parts = [part.strip(" .:-–—") for part in _AND.split(text.strip())]
    found = tuple(part for part in parts if part)
    return found if found and len(found) <= 6 and all(_is_name(part) for part in found) else ()


def _is_name(text: str) -> bool:
    words = text.split()
    capital = sum(word[0].isupper() or not word[0].islower() for word in words)
    return bool(_NAME.match(text)) and len(words) <= 5 and (capital >= len(words) - 1 or len(words) == 1)


# --- date lines


@cache
def _updated() -> re.Pattern[str]:
    return re.compile(cues("updated"), re.IGNORECASE)


@dataclass(frozen=True)
class DateLine:
    """A line that only says when: `updated` when it says that it is a later date; `beside` counts its other words."""

    found: Found
    updated: bool
    beside: int


def date_line(text: str) -> DateLine | None:
    """The date of a line that holds little else: at most six words beside it and no sentence."""
    if len(text) > 200 or not has_year(text) or count_words(text) > _WORDS_MAX + 4:
        return None
    found = next(find_dates(text), None)
    if found is None:
        return None
    beside = text[: found.start] + " " + text[found.end :]
    if count_words(beside) > 6 or re.search(r"[^\W\d_]{3,}\.\s*$", text[: found.end + 1]):
        return None
    return DateLine(found, bool(_updated().search(beside)), count_words(beside))


# --- dateline

_HOST = r"[\w-]+\.(?:com|co|id|net|org|tv|news|info|my|sg|ph)(?:\.\w{2})?"
_PLACE = r"[^\W\d_][\w.'’-]*(?:[ -][^\W\d_][\w.'’-]*){0,3}"
_DAY = r"(?:,?\s+[^\W\d_]{3,9}\.? \d{1,2})?"
_AGENCY = r"(?:\s*\([^()]{2,30}\))?"
_SENTENCE = r"\s*(?=[^\W\d_]|[\"“'‘])"
_DASHED = re.compile(
    rf"^(?P<places>{_PLACE}(?:\s*[,/|]\s*{_PLACE}){{0,3}}{_DAY}){_AGENCY}\s*(?:[–—]|--?\s|\s-){_SENTENCE}"
)
_COLON = re.compile(rf"^(?P<places>{_PLACE}){_AGENCY}\s?:\s{_SENTENCE}")
_GLUED = re.compile(rf"^{_HOST}\s?[-–—,]\s?(?P<places>[^\W\d_]\w+(?: [^\W\d_]\w+)?)\s?(?:[.:]|[-–—]\s){_SENTENCE}")
_OUTLET = re.compile(_HOST, re.IGNORECASE)


def dateline_of(text: str) -> str | None:
    """The place that a first paragraph is dated from: "Jakarta (NAMA) - ...", "LONDON, Jan 8: ...", None without one.

    Names of outlets and agencies before it are no places. Every word of it begins with a capital, and so does the
    sentence behind it.
    """
    head = text[:120]
    match = _GLUED.match(head) or _DASHED.match(head) or _COLON.match(head)
    if match is None or not _capital_words(match["places"]) or head[match.end() : match.end() + 1].islower():
        return None
    parts = [part.strip() for part in re.split(r"[,/|]", match["places"])]
    places = [part for part in parts if part and not _OUTLET.fullmatch(part) and not re.search(r"\d", part)]
    return places[0] if places and len(places[0].split()) <= _PLACE_WORDS else None


_PLACE_WORDS = 3
_PARTICLES = frozenset(("al", "da", "de", "del", "di", "do", "el", "la", "le", "of", "the", "van"))


def _capital_words(text: str) -> bool:
    """Whether every word begins with a capital, as in names of places, but for particles within."""
    words = re.findall(r"[^\W\d_]+", text)
    return words[0].lower() != "the" and all(word[0].isupper() or word in _PARTICLES for word in words)
