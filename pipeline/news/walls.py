"""Walls: pages that stand in the place of an article and want something first, from a browser or from a reader.

A page is taken for one when three things meet: it says nowhere that it is an article (JSON-LD, Open Graph), it has
little text, and its source or its words are those of a wall. Ordinary pages load the same scripts and have the same
forms, but are long or say what they are: of 261 pages of news 252 do, and the shortest has 264 visible words.
"""

import re
import tomllib
from functools import cache
from importlib.resources import files

from pipeline.news.lines import count_words
from pipeline.news.markup import Markup
from pipeline.news.metadata import Stated
from pipeline.news.pages import Uncleanable

_PAGE_WORDS = 200
"""Visible words of the longest page that tests the browser or refuses."""
_FIELD_WORDS = 120
"""The same where only a field says so, for people or for a password."""
_BODY_WORDS = 60
"""Words of the longest body that such a page seems to have."""
_CONSENT_WORDS = 900
"""Visible words of the longest request for consent, with its purposes and partners."""
_CONSENT_SHARE = 0.06
"""Of the words, those that speak of consent: in requests 8 to 20 in a hundred."""
_CONSENT_KINDS = 4
"""Different ones of them; an article about cookies repeats one."""
_TEXT_MAX = 20_000
"""Codepoints of a text that are read for that."""
_SOURCE_MAX = 300_000
"""Codepoints of the source that are looked at: a wall is short, and its signs stand in its head and its forms."""

_UNSPACED = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
"""A beginning in a script that parts no words."""
_ARTICLE_METAS = ("article:", "og:article:")
_FORM = re.compile(r"<(?:form|button|input)\b", re.IGNORECASE)
_PASSWORD = re.compile(r"<input[^>]{0,300}\btype\s*=\s*[\"']?password", re.IGNORECASE)


def wall(page: str, markup: Markup, node: Stated, text: str) -> Uncleanable | None:
    """What stands in the way on this page, None when nothing does. `text` is the body that was found in it.

    Returns BOT_CHECK, DENIED, CONSENT or LOGIN.
    """
    if _stated(markup, node):
        return None
    shown = " ".join(word for _, word, _ in markup.words[: 3 * _CONSENT_WORDS])[:_TEXT_MAX]
    visible = count_words(shown)
    source = page[:_SOURCE_MAX].lower()
    if visible <= _PAGE_WORDS and count_words(text) <= _BODY_WORDS:
        return _short(source, visible) or _consent(source, shown, visible)
    return _consent(source, text[:_TEXT_MAX], visible) if visible <= _CONSENT_WORDS else None


def _stated(markup: Markup, node: Stated) -> bool:
    """Whether the page says that it is an article, or when it was published."""
    metas = markup.metas
    return bool(
        node.published
        or markup.dated
        or metas.get("og:type", "").lower().startswith("article")
        or any(key.startswith(_ARTICLE_METAS) for key in metas)
    )


def _short(source: str, visible: int) -> Uncleanable | None:
    if _said("challenge", source):
        return Uncleanable.BOT_CHECK
    if _said("denied", source):
        return Uncleanable.DENIED
    if visible > _FIELD_WORDS:
        return None
    if _said("captcha", source):
        return Uncleanable.BOT_CHECK
    return Uncleanable.LOGIN if _PASSWORD.search(source) else None


def _consent(source: str, text: str, visible: int) -> Uncleanable | None:
    if not _said("consent", source) and not _FORM.search(source):
        return None
    found = [match.lower() for match in _consenting().findall(text)]
    dense = len(found) >= _CONSENT_SHARE * count_words(text)
    return Uncleanable.CONSENT if visible and dense and len(set(found)) >= _CONSENT_KINDS else None


def _said(kind: str, source: str) -> bool:
    return any(sign in source for sign in _tables()["source"][kind])


@cache
def _tables() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads((files("pipeline.news") / "walls.toml").read_text("utf-8"))


@cache
def _consenting() -> re.Pattern[str]:
    """Words that a request for consent is made of, in any language."""
    stems = {stem for table in _tables().values() if "challenge" not in table for stem in table["consent"]}
    longest = sorted(stems, key=len, reverse=True)
    dense = "|".join(re.escape(stem) for stem in longest if _UNSPACED.match(stem))
    spaced = "|".join(re.escape(stem) for stem in longest if not _UNSPACED.match(stem))
    return re.compile(rf"(?:{dense})|(?<![^\W_])(?:{spaced})", re.IGNORECASE)
