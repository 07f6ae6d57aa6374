"""'CLAUSE. Hal itu disampaikan X.': the sentence before is X's; 'Hal senada disampaikan X.': what follows is.

'CLAUSE. Begitu menurut X.' is X's as well.
"""

from pipeline.news.lexicons import Kind
from pipeline.news.statements.claims import Claim, trimmed, words
from pipeline.news.statements.phrases import Phrase, phrase_at
from pipeline.news.statements.sentences import Sentence, after_dateline
from pipeline.news.statements.tokens import Passage

_REACH = 5
_FEWEST_WORDS = 5
_SHORTEST_VERB = 6


def told_by(passage: Passage, sentence: Sentence) -> tuple[Phrase, tuple[int, int], bool] | None:
    """Who says it, the place of the cue, and whether the sentence before is meant."""
    lexicon, first = passage.lexicon, sentence.first
    if first + 1 < sentence.end and points_back(passage, first):
        according = lexicon.according.at(passage.lower, first + 1)
        phrase = phrase_at(passage, first + 1 + according[0], sentence.end) if according else None
        if phrase:
            return phrase, (passage.starts[first + 1], passage.ends[first + 1]), True
    if first >= sentence.end or passage.lower[first] not in lexicon.tellings:
        return None
    for index in range(first + 1, min(first + _REACH, sentence.end)):
        if passage.lower[index] in lexicon.passives:
            at = index + 1
            while at < sentence.end and (passage.lower[at] in lexicon.agents or passage.kinds[at] & Kind.ADVERB):
                at += 1
            phrase = phrase_at(passage, at, sentence.end)
            if phrase and _goes_on(passage, phrase.end, sentence.end):
                return None
            behind = any(passage.lower[k] in lexicon.deictics for k in range(first + 1, index))
            return (phrase, (passage.starts[index], passage.ends[index]), behind) if phrase else None
    return None


def _goes_on(passage: Passage, index: int, end: int) -> bool:
    """Whether a verb follows, so that something else is said: 'Hal itu dinyatakan X meningkat'."""
    verb = index < end and passage.kinds[index] == Kind.WORD and len(passage.words[index]) > _SHORTEST_VERB
    return verb and passage.lower[index].startswith(passage.lexicon.predicate_prefixes)


def points_back(passage: Passage, index: int) -> bool:
    """Whether a word stands for the sentence before: 'Begitu (menurut X)', but not 'Seperti (menurut X), ...'."""
    return passage.lower[index] in passage.lexicon.lead and bool(passage.kinds[index] & Kind.ADVERB)


def told(passage: Passage, before: Sentence, phrase: Phrase, cue: tuple[int, int]) -> Claim | None:
    """The claim that is the whole sentence before."""
    first = after_dateline(passage, before)
    if words(passage, first, before.end) < _FEWEST_WORDS or passage.words[before.end - 1] == "?":
        return None
    start, end = trimmed(passage, first, before.end)
    return Claim(start, end, "indirect", "told-by", first, cue, phrase)
