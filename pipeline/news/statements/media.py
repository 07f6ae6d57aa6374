"""The medium that relayed a statement. It is never the speaker."""

from pipeline.news.lexicons import Kind
from pipeline.news.statements.phrases import Phrase, phrase_at
from pipeline.news.statements.tokens import Passage

_LONGEST = 4
_REACH = 60


def medium(passage: Passage, first: int, end: int) -> str | None:
    """The outlet named in tokens first..end-1 by "dikutip dari X", "melansir X", "kepada kantor berita X"."""
    lexicon = passage.lexicon
    end = min(end, first + _REACH)
    for index in range(first, end):
        match = lexicon.media_cues.at(passage.lower, index)
        if match:
            found = _outlet(passage, index + match[0], end)
        elif passage.lower[index] in lexicon.media["told"]:
            found = (
                _outlet(passage, index + 1, end) if _told(passage, index + 1, end) else _hearer(passage, index + 1, end)
            )
        else:
            continue
        if found:
            return found
    return None


def _told(passage: Passage, index: int, end: int) -> bool:
    return index < end and passage.lower[index] in passage.lexicon.media["told_heads"]


def _hearer(passage: Passage, index: int, end: int) -> str | None:
    """Who was told, when their name is a medium's: "told the Northern Post", "told Reuters"."""
    outlets = passage.lexicon.media.get("outlets", frozenset())
    found = _outlet(passage, index, end) if outlets else None
    return found if found and not outlets.isdisjoint(found.casefold().split()) else None


def _outlet(passage: Passage, index: int, end: int) -> str | None:
    skips = passage.lexicon.media["skips"]
    while index < end and (passage.lower[index] in skips or passage.words[index] in ",("):
        index += 1
    first = index
    while index < end and index - first < _LONGEST and _outlet_word(passage, index):
        index += 1
    if index == first:
        return None
    if passage.kinds[first] & Kind.ROLE:
        return None
    return passage.slice(first, index)


def _outlet_word(passage: Passage, index: int) -> bool:
    kind = passage.kinds[index]
    return bool(kind & Kind.WORD and (kind & Kind.CAP or "." in passage.words[index])) and not kind & (
        Kind.DATE | Kind.PREP | Kind.PRONOUN | Kind.PLURAL
    )


def relayed(passage: Passage, index: int, limit: int, reach: int) -> Phrase | None:
    """The speaker behind a medium, whose verb is within reach: "(tulis TASS) yang mengutip ujaran Menlu Rusia"."""
    lexicon = passage.lexicon
    if not lexicon.media.get("relay"):
        return None
    for at in range(index, min(index + reach, limit)):
        if passage.lower[at] in lexicon.media["relay"]:
            following = at + 1
            while following < limit and passage.lower[following] in lexicon.media["relay_nouns"]:
                following += 1
            return phrase_at(passage, following, limit) if following > at + 1 else None
    return None
