"""What a page says of itself in words: that its text is cut off or locked, or that it is no article at all.

The words are in `pagesigns.toml`, by language; all languages are read at once, because the furniture of a page is often
not in the language of its articles. How a text ends is looked at without any words.
"""

import re
import tomllib
from functools import cache
from importlib.resources import files
from statistics import mean

from pipeline.news.lines import count_words
from pipeline.news.pages import Uncleanable

_PAGE_WORDS = 150
"""Words of the longest page that is an error or a question instead of an article."""
_NAMELESS_WORDS = 60
"""The same where only the first words say so and not the title."""
_SITE_WORDS = 3
_BEGINNING = 200
"""Codepoints of the visible text in which such a page says what it is."""
_BEHIND = 120
"""Codepoints behind the body in which a page says that it goes on."""


@cache
def _signs(kind: str) -> re.Pattern[str]:
    tables = tomllib.loads((files("pipeline.news") / "pagesigns.toml").read_text("utf-8"))
    found = dict.fromkeys(entry for table in tables.values() for entry in table.get(kind, ()))
    return re.compile("|".join(sorted(found, key=len, reverse=True)), re.IGNORECASE)


# --- no article

_STATUS = re.compile(
    r"(?:error|http|status)?\s*(40[0-9]|410|429|451|50[0-4]|52[0-9])\s*"
    r"(?:$|[-–—|:!.]\s*(?:\w+\s*){1,3}$|"
    r"(?:error|not found|forbidden|unauthorized|gone|bad gateway|too many requests)\b)",
    re.IGNORECASE,
)
"""A status code of HTTP that stands alone or beside three words at most: "404 | Harian", not "404 orang mengungsi"."""
_DENYING = frozenset(("401", "403", "407", "429", "451"))

_KINDS = {
    "bot": Uncleanable.BOT_CHECK, "consent": Uncleanable.CONSENT, "denied": Uncleanable.DENIED,
    "error": Uncleanable.ERROR_PAGE,
}  # fmt: skip


def refusal(title: str, text: str, beginning: str) -> Uncleanable | None:
    """Why a page with so little text is no article, None when it may be one.

    `beginning` is the visible text of the page from its start.
    """
    words = count_words(text)
    if words >= _PAGE_WORDS:
        return None
    status = _STATUS.match(title)
    if status:
        return Uncleanable.DENIED if status[1] in _DENYING else Uncleanable.ERROR_PAGE
    first = beginning[:_BEGINNING]
    for kind, reason in _KINDS.items():
        signs = _signs(kind)
        if _titled(signs, title, words) or (words < _NAMELESS_WORDS and (signs.match(text) or signs.match(first))):
            return reason
    return None


def _titled(signs: re.Pattern[str], title: str, words: int) -> bool:
    """Whether the title says so. That of a longer text says nothing else, but for the name of the site."""
    sign = signs.match(title)
    return sign is not None and (words < _NAMELESS_WORDS or count_words(title[sign.end() :]) <= _SITE_WORDS)


# --- text that is cut off


def locked(text: str, behind: str) -> bool:
    """Whether the last line, or what stands behind the body, says that the rest is for subscribers."""
    return _said("subscribe", text, behind)


def cut_off(text: str, behind: str) -> str | None:
    """How one sees that a text is not all of the article: "continue-reading", "ellipsis", "breaks-off", else None.

    breaks-off  the last of several paragraphs ends without a full stop, unlike the others, and is no short line
    """
    last = text.rsplit("\n", 1)[-1].rstrip()
    if _ELLIPSIS.search(last) and count_words(last) >= _SENTENCE_WORDS:
        return "ellipsis"
    if _said("continue", text, behind):
        return "continue-reading"
    return "breaks-off" if _breaks_off(text) else None


def _said(kind: str, text: str, behind: str) -> bool:
    """Whether the last line says so, or what stands behind a text as short as a teaser."""
    last = text.rsplit("\n", 1)[-1]
    signs = _signs(kind)
    teaser = count_words(text) <= _TEASER_WORDS
    inside = count_words(last) <= _SIGN_WORDS and signs.match(last.lstrip(_LEAD))
    return bool(inside or (teaser and signs.match(behind[:_BEHIND].lstrip(_LEAD))))


_TEASER_WORDS = 400
"""Words of the longest text that is only the beginning of an article; below a whole one other links say the same."""
_SIGN_WORDS = 25
_LEAD = " \t\n•·»›>→-–—*[("
_SENTENCE_WORDS = 4
"""A line of fewer words before an ellipsis tells what the page is doing ("loading ...")."""
_ELLIPSIS = re.compile(r"(?:…|\.\.\.)\s*[\])}]?$")
_ENDED = re.compile('[.!?。！？…।؟:;]["\'”’»)\\]」』]*$|["”»」』]$')
_WITHIN = re.compile(r"(?:\w[,–—-]|(?:^|\s)[^\W\d_A-Z]+)$")
"""A comma, a dash or a word: no name, address or number, with which credits and contacts end."""
_PARAGRAPH_WORDS = 12
_PARAGRAPHS_MIN = 4
_ENDED_SHARE = 0.9


def _breaks_off(text: str) -> bool:
    lines = text.split("\n")
    last = lines[-1].rstrip()
    if count_words(last) < _PARAGRAPH_WORDS or not _WITHIN.search(last):
        return False
    others = [bool(_ENDED.search(line.rstrip())) for line in lines[:-1] if count_words(line) >= _PARAGRAPH_WORDS]
    return len(others) >= _PARAGRAPHS_MIN and mean(others) >= _ENDED_SHARE
