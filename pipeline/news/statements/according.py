"""Reported clauses of prepositions: 'Menurut X, CLAUSE', 'SUBJECT, menurut X, CLAUSE' and 'CLAUSE, menurut X'."""

from pipeline.news.lexicons import Kind
from pipeline.news.statements.claims import Claim, Cue, words
from pipeline.news.statements.content import behind_source, clause_claim, has_predicate, stands_alone, stops
from pipeline.news.statements.passives import points_back
from pipeline.news.statements.phrases import Phrase, phrase_at
from pipeline.news.statements.sentences import Sentence
from pipeline.news.statements.tokens import Passage
from pipeline.news.statements.verbs import object_of

_OPENING = 40
"""Tokens from the start of a sentence in which "according to" can open it."""
_COMMA_REACH = 12
_SHORT_TAIL = 5


def according(passage: Passage, sentence: Sentence) -> list[Claim]:
    """What is said according to somebody; the first such preposition of the sentence that says something counts."""
    for index in range(sentence.first, sentence.end):
        match = passage.lexicon.according.at(passage.lower, index)
        if not match or index in sentence.quoted:
            continue
        phrase = source(passage, index + match[0], sentence.end)
        found = _claim(passage, sentence, Cue(index, index + match[0]), phrase) if phrase else []
        if found:
            return found
    return []


def source(passage: Passage, index: int, end: int) -> Phrase | None:
    """The noun phrase behind "according to"; by the tree it has its complements."""
    return object_of(passage, index - 1) or phrase_at(passage, index, end)


def _claim(passage: Passage, sentence: Sentence, cue: Cue, phrase: Phrase) -> list[Claim]:
    first, end = sentence.first, sentence.end
    if _points_back(passage, first, cue.first):
        return []
    begin = behind_source(passage, phrase, end, _COMMA_REACH)
    if begin == phrase.end:
        phrase, begin = _closed(passage, phrase, begin)
    opening = cue.first < first + _OPENING and _only_opening(passage, first, cue.first)
    opening = opening or _begins(passage, sentence, cue.first) or _joined(passage, first, cue.first)
    near = begin is not None and begin <= phrase.end + 1
    amid = near and (not stands_alone(passage, first, cue.first) or _outweighs(passage, first, cue.first, begin, end))
    if begin is not None and (opening or amid):
        return clause_claim(passage, sentence, begin, end, "according", cue, phrase)
    if not opening and begin != phrase.end and _closes(passage, phrase.end, end) and _before(passage, first, cue.first):
        return clause_claim(passage, sentence, first, cue.first, "according-behind", cue, phrase)
    return []


def _closes(passage: Passage, index: int, end: int) -> bool:
    """Whether the source ends the sentence, but for a relative clause or a few words: 'menurut X pada Kamis.'

    Without a tree nothing tells the clause before a comma from a part of one that goes on behind it.
    """
    if passage.tree or index >= end or passage.words[index] in ".!?":
        return stops(passage, index, end)
    if passage.lower[index] in passage.lexicon.relatives:
        return "," not in passage.words[index:end]
    rest = index + (passage.words[index] == ",")
    if rest >= end or passage.lower[rest] in passage.lexicon.complementisers or "," in passage.words[rest:end]:
        return False
    short = words(passage, rest, end) <= _SHORT_TAIL and not has_predicate(passage, rest, end)
    return short and stops(passage, index, end)


def _outweighs(passage: Passage, first: int, cue: int, begin: int | None, end: int) -> bool:
    """Whether the clause behind is longer than the one before: 'Tak hanya soal A, menurut X, CLAUSE'."""
    if begin is None or not stands_alone(passage, begin, end):
        return False
    return words(passage, begin, end) > words(passage, first, cue)


def _closed(passage: Passage, phrase: Phrase, begin: int) -> tuple[Phrase, int]:
    """'Menurut seorang tamu, Budi pergi': a name behind a comma that no comma closes begins what is said."""
    comma = next((at for at in range(phrase.first, phrase.end) if passage.words[at] == ","), None)
    shorter = phrase_at(passage, phrase.first, comma) if comma else None
    return (shorter, comma + 1) if shorter and comma else (phrase, begin)


def _points_back(passage: Passage, first: int, cue: int) -> bool:
    """'Begitu menurut X.': what was said stands in the sentence before."""
    return cue == first + 1 and points_back(passage, first)


def _before(passage: Passage, first: int, cue: int) -> bool:
    """Whether a clause stands before a closing "menurut X", and no source line."""
    sourced = passage.lexicon.media_cues.at(passage.lower, first) is not None
    return not sourced and stands_alone(passage, first, cue)


def _begins(passage: Passage, sentence: Sentence, index: int) -> bool:
    """Whether a capital shows that a sentence begins here, whose stop or line break before it was lost."""
    return passage.words[index][0].isupper() and sentence.paragraph[0] < index


def _joined(passage: Passage, first: int, cue: int) -> bool:
    """'..., dan menurut X, CLAUSE', '..., bahkan, menurut X, CLAUSE', '..., yang menurut X CLAUSE': nothing but a joint
    since the last comma.
    """
    at = cue
    while at > first and (passage.words[at - 1] == "," or passage.kinds[at - 1] & Kind.ADVERB):
        if passage.lower[at - 1] in passage.lexicon.deictics:
            break
        at -= 1
    if passage.lower[cue - 1] in passage.lexicon.relatives:
        return True
    if at == first or not any(passage.kinds[k] & Kind.ADVERB for k in range(at, cue)):
        return False
    return passage.words[at] == "," or passage.lower[at] in passage.lexicon.clause_joints


def _only_opening(passage: Passage, first: int, index: int) -> bool:
    """Whether nothing but connectors or a dateline stands before a token."""
    return (
        all(
            passage.kinds[at] & (Kind.ADVERB | Kind.CAP | Kind.BOUND) or not passage.kinds[at] & Kind.WORD
            for at in range(max(first, index - 8), index)
        )
        and index - first <= 8
    )
