"""Reported speech: clauses that somebody is said to have said.

X mengatakan (bahwa) ...      Menurut X, ...      ..., kata X      Namun, kata X, ...      X: ... (headlines)
"""

from dataclasses import replace

from pipeline.news.lexicons import Kind
from pipeline.news.statements.claims import Claim, Cue, after_cue, before_cue, trimmed, words
from pipeline.news.statements.direct import speaker_behind
from pipeline.news.statements.media import medium
from pipeline.news.statements.phrases import Phrase, phrase_at
from pipeline.news.statements.quotes import Quote
from pipeline.news.statements.sentences import Sentence, after_dateline
from pipeline.news.statements.subjects import first_subject, subject
from pipeline.news.statements.tokens import Passage
from pipeline.news.statements.verbs import following_verb, governed, object_of
from schemas.statement import StatementKind

_FEWEST_WORDS = 4
_JOINT_REACH = 5
_OPENING_WORDS = 6
_PREDICATE_REACH = 16
_FRAGMENT_REACH = 9
_HEADLINE_REACH = 9
_RELAY_REACH = 12
_COPULA_REACH = 6


def reported(passage: Passage, sentence: Sentence) -> list[Claim]:
    """The reported clauses of a sentence; at most one by each cue, none inside another. Where there is a tree, it tells
    the clauses of verbs (`clauses`), and here only those of prepositions and of parting words are found.
    """
    if passage.tree:
        return _according(passage, sentence) or _closing(passage, sentence)
    return (
        _according(passage, sentence)
        or _inserted(passage, sentence)
        or _clauses(passage, sentence)
        or _closing(passage, sentence)
    )


def _according(passage: Passage, sentence: Sentence) -> list[Claim]:
    """'Menurut X, CLAUSE', 'SUBJECT, menurut X, CLAUSE' and 'CLAUSE, menurut X'."""
    limit = min(sentence.end, sentence.first + 40)
    for index in range(sentence.first, sentence.end):
        match = passage.lexicon.according.at(passage.lower, index)
        if not match or index in sentence.quoted:
            continue
        phrase = _source(passage, index + match[0], sentence.end)
        if phrase is None:
            continue
        cue, comma = Cue(index, index + match[0]), _comma(passage, phrase.end, min(phrase.end + 12, sentence.end))
        opening = index < limit and _only_opening(passage, sentence.first, index)
        amid = comma == phrase.end and not _stands_alone(passage, sentence.first, index)
        if (opening or amid) and comma is not None:
            return _one(passage, sentence, comma + 1, sentence.end, "according", cue, phrase)
        if not opening and _stops(passage, phrase.end, sentence.end) and _clause_before(passage, sentence, index):
            return _one(passage, sentence, sentence.first, index, "according-behind", cue, phrase)
    return []


def _source(passage: Passage, index: int, end: int) -> Phrase | None:
    """The noun phrase behind "according to"; by the tree it has its complements."""
    return object_of(passage, index - 1) or phrase_at(passage, index, end)


def _clause_before(passage: Passage, sentence: Sentence, index: int) -> bool:
    """Whether a clause stands before a closing "menurut X", and no source line."""
    sourced = passage.lexicon.media_cues.at(passage.lower, sentence.first) is not None
    return not sourced and _stands_alone(passage, sentence.first, index)


def _inserted(passage: Passage, sentence: Sentence) -> list[Claim]:
    """'Namun, kata X, CLAUSE': a cue between commas."""
    for index in range(sentence.first + 1, sentence.end - 1):
        if passage.words[index] != "," or index in sentence.quoted:
            continue
        cue = after_cue(passage, index + 1, sentence.end, plain=True)
        if not cue or passage.lexicon.subject_first:
            continue
        phrase, _ = speaker_behind(passage, cue, sentence.end)
        behind = phrase.end if phrase else cue.end
        comma = behind if behind < sentence.end and passage.words[behind] == "," else None
        if (phrase is None and cue.suffix is None) or comma is None:
            continue
        enough = words(passage, comma + 1, sentence.end) >= _FEWEST_WORDS - 1
        short = words(passage, sentence.first, index) <= _OPENING_WORDS
        if enough and (short or not _stands_alone(passage, sentence.first, index)):
            return _one(passage, sentence, comma + 1, sentence.end, "inserted", cue, phrase)
    return []


def _closing(passage: Passage, sentence: Sentence) -> list[Claim]:
    """'CLAUSE, kata X.' without marks."""
    for index in range(sentence.end - 2, sentence.first + _FEWEST_WORDS, -1):
        if passage.words[index] != "," or index in sentence.quoted:
            continue
        cue, phrase, outlet = _attribution(passage, index + 1, sentence.end)
        if cue is None or (phrase is None and cue.suffix is None):
            continue
        first = after_dateline(passage, sentence)
        if _waits(passage, first, index):
            continue
        found = _one(passage, sentence, first, index, "clause-cue", cue, phrase)
        outlet = outlet or medium(passage, cue.end, sentence.end)
        return [_with_medium(claim, outlet) for claim in found]
    return []


def _attribution(passage: Passage, index: int, end: int) -> tuple[Cue | None, Phrase | None, str | None]:
    cue = after_cue(passage, index, end, plain=True)
    if cue and cue.end - cue.first > 1 and passage.tree:
        return cue, _source(passage, cue.end, end), None
    if cue and not governed(passage, cue.first):
        phrase, outlet = speaker_behind(passage, cue, end)
        return cue, phrase, outlet
    if cue or not passage.lexicon.subject_first:
        return None, None, None
    told = following_verb(passage, index, end)
    if told and after_cue(passage, told[0].first, end, plain=True):
        return (*told, None) if _stops(passage, told[0].end, end) else (None, None, None)
    phrase = phrase_at(passage, index, end)
    cue = after_cue(passage, phrase.end, end, plain=True) if phrase else None
    return (cue, phrase, None) if cue and _stops(passage, cue.end, end) else (None, None, None)


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
            found[-1] = _shortened(passage, found[-1], joint)
        start = _content(passage, cue, sentence.end, sentence.quotes) if phrase else None
        if phrase is None or start is None or _defines(passage, cue, start, sentence.end):
            continue
        found += _one(passage, sentence, start, sentence.end, _RULES[cue.tier], cue, phrase)
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
    found = subject(passage, first, _verb_of(passage, first, cue))
    if found:
        return found
    if joint is not None:
        return earlier
    if cue.tier == "wish":
        return None
    if passage.lower[cue.first - 1] in passage.lexicon.list_joints and cue.first > sentence.first:
        return first_subject(passage, sentence.first, cue.first - 1)
    return None


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
    return cue.tier == "strong" or _has_predicate(passage, index, min(end, index + _PREDICATE_REACH))


def _stands_alone(passage: Passage, index: int, end: int) -> bool:
    """Whether a main clause stands here."""
    return not _waits(passage, index, end) and _has_predicate(passage, index, end)


def _waits(passage: Passage, index: int, end: int) -> bool:
    """Whether a subordinate clause stands here, and no main clause behind it."""
    if passage.lower[index] not in passage.lexicon.subordinates:
        return False
    commas = (at for at in range(index, end) if passage.words[at] == ",")
    return not any(_has_predicate(passage, at + 1, end) for at in commas)


def _has_predicate(passage: Passage, index: int, end: int) -> bool:
    """Whether a finite verb or a copula comes before the first relative or purpose clause."""
    lexicon = passage.lexicon
    for at in range(index, end):
        word = passage.lower[at]
        if word in lexicon.predicate_stops or passage.words[at] == ",":
            return False
        closes = at + 1 >= end or passage.words[at + 1] == ","
        if at > index and not (closes and word in lexicon.deictics) and _predicate(passage, at):
            return True
    return False


def _predicate(passage: Passage, index: int) -> bool:
    lexicon, word = passage.lexicon, passage.lower[index]
    if word in lexicon.predicates:
        return True
    verb = bool(lexicon.predicate_prefixes) and len(word) > 5 and word.startswith(lexicon.predicate_prefixes)
    return verb and not passage.kinds[index] & (Kind.CAP | Kind.PLURAL) and word not in lexicon.deictics


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


def _one(
    passage: Passage, sentence: Sentence, first: int, end: int, rule: str, cue: Cue, phrase: Phrase | None
) -> list[Claim]:
    """One reported clause, mixed when it holds a quotation."""
    while first < end and passage.words[first] in ",:;-–—":
        first += 1
    start, stop = trimmed(passage, first, end)
    if stop <= start:
        return []
    inside = any(first <= quote.opening and quote.closing <= end for quote in sentence.quotes)
    outlet = medium(passage, sentence.first, min(first, sentence.end))
    kind: StatementKind = "mixed" if inside else "indirect"
    return [Claim(start, stop, kind, rule, first, cue.span(passage), phrase, cue.suffix, outlet)]


def _with_medium(claim: Claim, outlet: str | None) -> Claim:
    return replace(claim, medium=outlet or claim.medium)


def _only_opening(passage: Passage, first: int, index: int) -> bool:
    """Whether nothing but connectors or a dateline stands before a token."""
    return (
        all(
            passage.kinds[at] & (Kind.ADVERB | Kind.CAP | Kind.BOUND) or not passage.kinds[at] & Kind.WORD
            for at in range(max(first, index - 8), index)
        )
        and index - first <= 8
    )


def _comma(passage: Passage, index: int, limit: int) -> int | None:
    for at in range(index, limit):
        if passage.words[at] == ",":
            return at
    return None


def _stops(passage: Passage, index: int, end: int) -> bool:
    """Whether the sentence ends here, but for a stop or an adverbial."""
    return (
        index >= end
        or passage.words[index] in ".!?"
        or bool(passage.kinds[index] & (Kind.DATE | Kind.PREP | Kind.BOUND | Kind.ADVERB))
        or passage.words[index] == ","
    )


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
