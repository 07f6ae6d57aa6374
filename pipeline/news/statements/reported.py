"""Reported speech: clauses that somebody is said to have said.

X mengatakan (bahwa) ...      Menurut X, ...      ..., kata X      Namun, kata X, ...      X: ... (headlines)
"""

from dataclasses import replace

from pipeline.news.lexicons import Kind
from pipeline.news.statements.according import according, source
from pipeline.news.statements.claims import Claim, Cue, after_cue, before_cue, words
from pipeline.news.statements.content import behind_source, clause_claim, has_predicate, stands_alone, stops, waits
from pipeline.news.statements.direct import speaker_behind
from pipeline.news.statements.media import medium
from pipeline.news.statements.phrases import Phrase, phrase_at
from pipeline.news.statements.quotes import Quote
from pipeline.news.statements.sentences import Sentence, after_dateline
from pipeline.news.statements.subjects import first_subject, subject
from pipeline.news.statements.tokens import Passage
from pipeline.news.statements.verbs import following_verb, governed

_FEWEST_WORDS = 4
_JOINT_REACH = 5
_OPENING_WORDS = 6
_PREDICATE_REACH = 16
_FRAGMENT_REACH = 9
_HEADLINE_REACH = 9
_RELAY_REACH = 12
_COPULA_REACH = 6
_SHORTEST_VERB = 5


def reported(passage: Passage, sentence: Sentence) -> list[Claim]:
    """The reported clauses of a sentence; at most one by each cue, none inside another. Where there is a tree, it tells
    the clauses of verbs (`clauses`), and here only those of prepositions and of parting words are found.
    """
    if passage.tree:
        return according(passage, sentence) or _closing(passage, sentence)
    return (
        according(passage, sentence)
        or _inserted(passage, sentence)
        or _clauses(passage, sentence)
        or _closing(passage, sentence)
    )


def _inserted(passage: Passage, sentence: Sentence) -> list[Claim]:
    """'Namun, kata X, CLAUSE': a cue between commas."""
    for index in range(sentence.first + 1, sentence.end - 1):
        if passage.words[index] != "," or index in sentence.quoted:
            continue
        cue = after_cue(passage, index + 1, sentence.end, plain=True)
        if not cue or passage.lexicon.subject_first:
            continue
        phrase, _ = speaker_behind(passage, cue, sentence.end)
        begin = _behind_cue(passage, cue, phrase, sentence.end)
        if begin is None:
            continue
        enough = words(passage, begin, sentence.end) >= _FEWEST_WORDS - 1
        lead = words(passage, sentence.first, index)
        short = lead <= _OPENING_WORDS and passage.words[begin - 1] == ","
        longer = stands_alone(passage, begin, sentence.end) and words(passage, begin, sentence.end) > lead
        if enough and (short or longer or not stands_alone(passage, sentence.first, index)):
            return clause_claim(passage, sentence, begin, sentence.end, "inserted", cue, phrase)
    return []


def _behind_cue(passage: Passage, cue: Cue, phrase: Phrase | None, end: int) -> int | None:
    """Where the clause goes on behind "kata X" or "ujarnya": behind a comma, or with a predicate right there."""
    if phrase is None:
        return cue.end + 1 if cue.suffix and cue.end < end and passage.words[cue.end] == "," else None
    begin = behind_source(passage, phrase, end, 1)
    plain = begin != phrase.end or passage.lower[begin] in passage.lexicon.predicates or _finite(passage, begin)
    return begin if plain else None


def _finite(passage: Passage, index: int) -> bool:
    """Whether a verb is of the forms that do not tell how somebody speaks: not 'kata X menutup pembicaraan'."""
    rest = passage.lexicon.predicate_prefixes[1:]
    return len(passage.words[index]) > _SHORTEST_VERB and passage.lower[index].startswith(rest)


def _closing(passage: Passage, sentence: Sentence) -> list[Claim]:
    """'CLAUSE, kata X.' without marks."""
    for index in range(sentence.end - 2, sentence.first + _FEWEST_WORDS, -1):
        if passage.words[index] != "," or index in sentence.quoted:
            continue
        cue, phrase, outlet = _attribution(passage, index + 1, sentence.end)
        if cue is None or (phrase is None and cue.suffix is None):
            continue
        first = after_dateline(passage, sentence)
        if waits(passage, first, index):
            continue
        found = clause_claim(passage, sentence, first, index, "clause-cue", cue, phrase)
        outlet = outlet or medium(passage, cue.end, sentence.end)
        return [_with_medium(claim, outlet) for claim in found]
    return []


def _attribution(passage: Passage, index: int, end: int) -> tuple[Cue | None, Phrase | None, str | None]:
    cue = after_cue(passage, index, end, plain=True)
    if cue and cue.end - cue.first > 1 and passage.tree:
        return cue, source(passage, cue.end, end), None
    if cue and not governed(passage, cue.first):
        phrase, outlet = speaker_behind(passage, cue, end)
        return cue, phrase, outlet
    if cue or not passage.lexicon.subject_first:
        return None, None, None
    told = following_verb(passage, index, end)
    if told and after_cue(passage, told[0].first, end, plain=True):
        return (*told, None) if stops(passage, told[0].end, end) else (None, None, None)
    phrase = phrase_at(passage, index, end)
    cue = after_cue(passage, phrase.end, end, plain=True) if phrase else None
    return (cue, phrase, None) if cue and stops(passage, cue.end, end) else (None, None, None)


def _clauses(passage: Passage, sentence: Sentence) -> list[Claim]:
    """'X mengatakan (bahwa) CLAUSE', and further ones joined to it ('..., tetapi Y membantah bahwa ...')."""
    found: list[Claim] = []
    index = sentence.first
    speaker: Phrase | None = None
    while index < sentence.end:
        cue = None if index in sentence.quoted else before_cue(passage, index)
        if cue is None:
            index += 1
            continue
        index = cue.end
        joint = _joint_before(passage, sentence, cue.first) if found else None
        if found and (joint is None or cue.tier == "wish"):
            continue
        phrase = _speaker(passage, sentence, cue, joint, speaker)
        if phrase and found and joint is not None:
            shorter = _shortened(passage, found[-1], joint)
            if words(passage, found[-1].at, joint) < _FEWEST_WORDS - 1:
                continue
            found[-1] = shorter
        start = _content(passage, cue, sentence.end, sentence.quotes) if phrase else None
        if phrase is None or start is None or _defines(passage, cue, start, sentence.end):
            continue
        found += clause_claim(passage, sentence, start, sentence.end, _RULES[cue.tier], cue, phrase)
        speaker = phrase
    return [claim for claim in found if claim.end > claim.start]


def _defines(passage: Passage, cue: Cue, start: int, end: int) -> bool:
    """Whether the cue only says who or what is meant: 'X yang meminta itu adalah Y'."""
    lexicon = passage.lexicon
    if cue.first == 0 or passage.lower[cue.first - 1] not in lexicon.relatives:
        return False
    for at in range(start, min(end, start + _COPULA_REACH)):
        if passage.words[at] == "," or passage.lower[at] in lexicon.complementisers:
            return False
        if passage.lower[at] in lexicon.copulas:
            return True
    return False


_RULES = {
    "strong": "subject-cue",
    "clause": "subject-clause",
    "joint": "subject-joint",
    "calling": "subject-calling",
    "wish": "subject-wish",
}


def _speaker(
    passage: Passage, sentence: Sentence, cue: Cue, joint: int | None, earlier: Phrase | None
) -> Phrase | None:
    """The subject of a cue: its own, or in a joined clause that of the clause before."""
    if _negated(passage, sentence.first, cue.first):
        return None
    first = sentence.first if joint is None else joint + 1
    shared = _shared(passage, first, cue.first) if joint is None else None
    if shared:
        return shared
    found = subject(passage, first, _verb_of(passage, first, cue))
    if found:
        return found
    if joint is not None:
        return earlier
    return None


def _shared(passage: Passage, first: int, cue: int) -> Phrase | None:
    """The subject of the verb before, when the cue is joined to it: 'X melihat seekor rusa, dan (lalu) mengira ...'."""
    at = cue - 1
    while at > first and passage.kinds[at] & Kind.ADVERB and passage.lower[at] not in passage.lexicon.list_joints:
        at -= 1
    joined = at > first and passage.lower[at] in passage.lexicon.list_joints
    return first_subject(passage, first, at) if joined else None


def _verb_of(passage: Passage, first: int, cue: Cue) -> int:
    """The token of the verb: in "was quoted by Y as saying" that is "was"."""
    relayed = passage.lexicon.relayed.at(passage.lower, cue.first)
    if not relayed:
        return cue.first
    for at in range(cue.first - 1, max(first, cue.first - _RELAY_REACH), -1):
        if passage.lower[at] in passage.lexicon.relaying:
            return at - 1 if passage.lower[at - 1] in passage.lexicon.negations else at
    return cue.first


def _negated(passage: Passage, first: int, cue: int) -> bool:
    """Whether the word before the cue makes it a purpose, a denial or a manner: 'untuk mengatakan'."""
    at = cue - 1
    while at > first and passage.kinds[at] & Kind.ADVERB and passage.lower[at] not in passage.lexicon.negations:
        at -= 1
    return at >= first and passage.lower[at] in passage.lexicon.negations


def _joint_before(passage: Passage, sentence: Sentence, cue: int) -> int | None:
    """The conjunction that opens the clause of a later cue."""
    for index in range(cue - 1, max(sentence.first, cue - 14), -1):
        if passage.words[index] in ";" or (
            passage.lower[index] in passage.lexicon.clause_joints and index not in sentence.quoted
        ):
            return index
    return None


def _shortened(passage: Passage, claim: Claim, joint: int) -> Claim:
    """The clause before a conjunction, without the comma."""
    at = joint
    while at > claim.at and passage.words[at - 1] in ",;":
        at -= 1
    return claim.cut(passage.ends[at - 1]) if passage.ends[at - 1] > claim.start else claim.cut(claim.start)


def _content(passage: Passage, cue: Cue, end: int, quotes: tuple[Quote, ...]) -> int | None:
    """Where the reported clause begins; None when what follows is no clause."""
    index = cue.end
    if index >= end:
        return None
    if cue.tier in ("strong", "clause", "calling") and _called(passage, index, end, quotes):
        return index
    if cue.tier == "calling":
        return None
    joint = _complementiser(passage, index, end, weak=cue.tier == "wish")
    if joint is not None:
        return joint if words(passage, joint, end) >= _FEWEST_WORDS - 1 else None
    while index < end and passage.kinds[index] & Kind.ADVERB and passage.lower[index] in passage.lexicon.repeats:
        index += 1
    if index < end and passage.words[index] in ",:":
        return index + 1 if words(passage, index + 1, end) >= _FEWEST_WORDS else None
    return index if index < end and _bare(passage, cue, index, end) else None


def _called(passage: Passage, index: int, end: int, quotes: tuple[Quote, ...]) -> bool:
    """Whether a fragment is quoted close behind the cue: "menyebut alasan itu 'terlalu rapi'"."""
    return any(index <= quote.opening < min(end, index + _FRAGMENT_REACH) for quote in quotes)


def _bare(passage: Passage, cue: Cue, index: int, end: int) -> bool:
    """Whether a clause follows without any joint."""
    if cue.tier == "joint" or passage.lower[index] in passage.lexicon.objects:
        return False
    if words(passage, index, end) < _FEWEST_WORDS or not passage.kinds[index] & Kind.WORD:
        return False
    return cue.tier == "strong" or has_predicate(passage, index, min(end, index + _PREDICATE_REACH))


def _complementiser(passage: Passage, index: int, end: int, *, weak: bool) -> int | None:
    """The token behind a complementiser close to the cue, over a recipient or a noun ("kepada pers bahwa")."""
    told = index < end and passage.lower[index] in passage.lexicon.media.get("told", ())
    for at in range(index, min(index + (_JOINT_REACH + 6 if told else _JOINT_REACH), end)):
        word = passage.lower[at]
        if passage.words[at] in ",:;." and not told:
            return None
        if word in passage.lexicon.complementisers:
            plain = word in passage.lexicon.far_complementisers or weak or at == index
            return at + 1 if plain and not (word in passage.lexicon.purposes and not weak) else None
    return None


def _with_medium(claim: Claim, outlet: str | None) -> Claim:
    return replace(claim, medium=outlet or claim.medium)


def headline(passage: Passage) -> list[Claim]:
    """'X: CLAUSE' and 'X sebut CLAUSE' in a title."""
    end, lexicon = len(passage), passage.lexicon
    if not end or passage.words[end - 1] == "?":
        return []
    for index in range(1, min(end - 2, 14)):
        if passage.words[index] == ":":
            cue: Cue | None = Cue(index, index + 1)
        elif passage.lower[index] in lexicon.headline or lexicon.before.at(passage.lower, index):
            cue = Cue(index, index + 1)
        else:
            continue
        phrase = _headline_speaker(passage, index)
        enough = words(passage, index + 1, end) >= 3
        if phrase and enough and cue:
            start = index + 1
            if passage.lower[start] in lexicon.complementisers:
                start += 1
            return _headline_claim(passage, start, cue, phrase)
    return []


def _headline_speaker(passage: Passage, cue: int) -> Phrase | None:
    """In a title every word is capitalised: the speaker is all of the words since the last comma."""
    first = cue
    while first > 0 and passage.words[first - 1] not in ",;:!?":
        first -= 1
    if cue - first > _HEADLINE_REACH:
        return None
    topic = next((at for at in range(first + 1, cue) if passage.lower[at] in passage.lexicon.topics), cue)
    phrase = phrase_at(passage, first, topic)
    return phrase if phrase and phrase.end == topic else None


def _headline_claim(passage: Passage, first: int, cue: Cue, phrase: Phrase) -> list[Claim]:
    start, end = passage.starts[first], passage.ends[-1]
    return [Claim(start, end, "indirect", "headline", first, cue.span(passage), phrase)]
