"""Who stands before a cue: 'Presiden X pada hari Kamis (juga) mengatakan', 'Moskow, yang bersikeras'."""

from pipeline.news.lexicons import Kind
from pipeline.news.statements.fields import known_person
from pipeline.news.statements.phrases import Phrase, phrase_at, starts
from pipeline.news.statements.tokens import Passage, degree

_REACH = 60
_BETWEEN = 30
_OFFICE = Kind.ROLE | Kind.HEAD | Kind.ORG
_ADVERBIAL = Kind.PREP | Kind.BOUND | Kind.ADVERB | Kind.DATE


def subject(passage: Passage, first: int, cue: int) -> Phrase | None:
    """The noun phrase that is the subject of the cue, looked for in tokens first..cue-1."""
    end = _without_adverbs(passage, first, cue)
    if end <= first:
        return None
    if passage.lower[end - 1] in passage.lexicon.relatives:
        return _before_relative(passage, first, end - 1)
    for start in _starts(passage, max(first, cue - _REACH), end):
        found = phrase_at(passage, start, end)
        explained = found and found.first == first and _explained(passage, found, cue)
        if found and (explained or _connects(passage, found, cue) or _apposed(passage, found, cue)):
            found = _nearer(passage, found, end) or found
            return None if _nobody(passage, found, first) else found
    return None


def _nobody(passage: Passage, found: Phrase, first: int) -> bool:
    """Whether it is anybody: 'setiap orang yang mengatakan'."""
    nobodies = passage.lexicon.nobodies
    return passage.lower[found.first] in nobodies or (
        found.first > first and passage.lower[found.first - 1] in nobodies
    )


def _apposed(passage: Passage, found: Phrase, cue: int) -> bool:
    """Whether only offices between commas stand between a name and the cue: 'X, Kepala Y, Kota Z, mengatakan'."""
    first, last = found.end, cue - 1
    if found.name is None or not first < last <= first + _BETWEEN:
        return False
    if passage.words[first] != "," or passage.words[last] != "," or not passage.kinds[first + 1] & _OFFICE:
        return False
    return not any(
        passage.kinds[at] & Kind.BOUND or passage.lexicon.before.at(passage.lower, at) for at in range(first, last)
    )


def _explained(passage: Passage, found: Phrase, cue: int) -> bool:
    """Whether all between a name and the cue says who that is: 'X, seorang peneliti di Y mengatakan'."""
    first, lexicon = found.end + 1, passage.lexicon
    if found.name is None or not first < cue <= first + _BETWEEN or passage.words[found.end] != ",":
        return False
    joints = {",", *lexicon.list_joints}
    return passage.lower[first] in lexicon.articles and not any(
        passage.kinds[at] & Kind.BOUND or passage.lower[at] in joints for at in range(first, cue - 1)
    )


def _nearer(passage: Passage, found: Phrase, end: int) -> Phrase | None:
    """The subject of a clause inside: 'X akan berunding setelah Y mengaku', 'saat para hakim masuk, Y berteriak'."""
    for start in range(found.end + 1, end):
        opened = passage.kinds[start - 1] & Kind.BOUND and passage.lower[start - 1] not in passage.lexicon.relatives
        opened = opened or _joins_clause(passage, found.end, start - 1)
        if opened or (passage.words[start - 1] == "," and found.name is None):
            inner = phrase_at(passage, start, end)
            if inner and inner.end == end and not inner.pronoun:
                return inner
    return None


def _joins_clause(passage: Passage, first: int, joint: int) -> bool:
    """Whether a conjunction opens a clause: '..., dan (Y mengaku)', but not 'X dan (Y mengaku)' or 'X, Z, dan Y'."""
    lexicon = passage.lexicon
    if passage.lower[joint] not in lexicon.clause_joints:
        return False
    if passage.lower[joint] not in lexicon.list_joints:
        return True
    between = range(first, joint)
    listed = any(passage.kinds[at] & Kind.CAP for at in between) and all(
        passage.kinds[at] & Kind.CAP or passage.words[at] == "," for at in between
    )
    return passage.words[joint - 1] == "," and not listed


def first_subject(passage: Passage, first: int, limit: int) -> Phrase | None:
    """The first noun phrase of a clause that has a subject of its own, for a second verb ("... dan mengatakan")."""
    for start in _starts(passage, first, limit):
        found = phrase_at(passage, start, limit)
        if found and (found.pronoun or found.end - found.first > 1 or start > first or _proper(passage, start)):
            return found
    return None


def _proper(passage: Passage, index: int) -> bool:
    return bool(passage.kinds[index] & (Kind.PLACE | Kind.ACRONYM) or passage.named(index))


def _without_adverbs(passage: Passage, first: int, cue: int) -> int:
    """Where the subject can end at the latest: adverbs right before the cue are left out."""
    end = cue
    while end > first and passage.kinds[end - 1] & Kind.ADVERB and not passage.kinds[end - 1] & Kind.CAP:
        if passage.lower[end - 1] in passage.lexicon.deictics:
            break
        end -= 1
    return end


def _starts(passage: Passage, first: int, end: int) -> list[int]:
    """Where the subject may begin, the leftmost first: the clause, its comma pieces, and nouns inside a piece."""
    found, piece = [], True
    for index in range(first, end):
        kind, word = passage.kinds[index], passage.words[index]
        if word in ",-–—:(" or passage.lower[index] in passage.lexicon.clause_joints:
            piece = True
            continue
        if starts(passage, index) or kind & (Kind.PRONOUN | Kind.PLURAL):
            previous = passage.kinds[index - 1] if index > first else 0
            lone = piece or not previous & (Kind.CAP | Kind.PREP | Kind.ROLE | Kind.HEAD | Kind.TAIL)
            if lone:
                found.append(index)
        piece = piece and bool(kind & Kind.ADVERB)
    return found


def _connects(passage: Passage, found: Phrase, cue: int) -> bool:
    """Whether only adverbials, relative clauses and an office of who is named stand between the subject and the cue."""
    index = found.end
    if cue - index > _BETWEEN:
        return False
    while index < cue and (passage.words[index] in ",)" or degree(passage.words[index])):
        index += 1
    if index >= cue:
        return True
    if not (
        passage.kinds[index] & _ADVERBIAL
        or passage.words[index] == "("
        or passage.lower[index] in passage.lexicon.relatives
        or (found.name and passage.kinds[index] & Kind.ROLE and passage.words[cue - 1] == ",")
        or (found.name and _titled(passage, index, cue))
    ):
        return False
    return all(_adverbial(passage, at, cue) for at in range(index, cue) if passage.words[at] == ",")


def _titled(passage: Passage, first: int, cue: int) -> bool:
    """Whether an office up to the cue is that of who is named before it: 'X, pendiri Jaringan Sungai, mengatakan'.

    Nobody is named in it, or what looks like a name is one of a body or a place for a model.
    """
    office = phrase_at(passage, first, cue) if passage.words[first - 1] == "," else None
    if office is None or not any(passage.kinds[at] & Kind.ROLE for at in range(first, office.end)):
        return False
    if office.end != cue and not _connects(passage, office, cue):
        return False
    if office.name is None:
        return any(passage.kinds[at] & Kind.CAP for at in range(first, office.end))
    other = any(kind != "person" for _, _, kind in passage.found_in(first, office.end))
    return other and not known_person(passage, office.name[0])


def _adverbial(passage: Passage, comma: int, cue: int) -> bool:
    """Whether the piece behind a comma is an adverbial too."""
    following = comma + 1
    if following >= cue:
        return True
    kind = passage.kinds[following]
    return bool(kind & (_ADVERBIAL & ~Kind.ADVERB | Kind.WORD) and not kind & Kind.CAP and kind & ~Kind.WORD) or bool(
        kind & Kind.DATE
    )


def _before_relative(passage: Passage, first: int, relative: int) -> Phrase | None:
    """The name right before ", yang" or ", who"."""
    end = relative
    while end > first and passage.words[end - 1] == ",":
        end -= 1
    start = end
    while start > first and passage.kinds[start - 1] & (Kind.CAP | Kind.ROLE) and end - start < 8:
        start -= 1
    while start < end:
        found = phrase_at(passage, start, end)
        if found and found.end == end:
            return found
        start += 1
    return None
