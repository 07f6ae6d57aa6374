"""Who stands before a cue: 'Presiden X pada hari Kamis (juga) mengatakan', 'Moskow, yang bersikeras'."""

from itertools import pairwise

from pipeline.news.lexicons import Kind
from pipeline.news.statements.fields import known_person
from pipeline.news.statements.phrases import Phrase, phrase_at, starts, verb_shaped
from pipeline.news.statements.tokens import Passage, degree

_REACH = 60
_BETWEEN = 30
_THING_REACH = 16
_OFFICE = Kind.ROLE | Kind.HEAD | Kind.ORG
_ADVERBIAL = Kind.PREP | Kind.BOUND | Kind.ADVERB | Kind.DATE


def subject(passage: Passage, first: int, cue: int) -> Phrase | None:
    """The noun phrase that is the subject of the cue, looked for in tokens first..cue-1."""
    end = _without_adverbs(passage, first, cue)
    if end <= first or not passage.lexicon.narrators.isdisjoint(passage.lower[end:cue]):
        return None
    if passage.lower[end - 1] in passage.lexicon.relatives:
        return _before_relative(passage, first, end - 1)
    for start in _starts(passage, max(first, cue - _REACH), end):
        found = phrase_at(passage, start, end)
        explained = found and found.first == first and _explained(passage, found, cue)
        if found and (explained or _connects(passage, found, cue) or _apposed(passage, found, cue)):
            found = _outside(passage, found, first) or _nearer(passage, found, end) or found
            return None if _nobody(passage, found, first) else found
    return None


def _outside(passage: Passage, found: Phrase, first: int) -> Phrase | None:
    """Who is explained by a relative clause that ends in a body: 'X, yang juga ketua Y, Bank Z, mengatakan'."""
    if passage.words[found.end : found.end + 1] != [","] or (found.name and known_person(passage, found.name[0])):
        return None
    if found.first in passage.places and passage.words[found.first - 1] == ",":
        return _affiliated(passage, found, first)
    for at in range(found.first - 1, first, -1):
        if passage.lower[at] in passage.lexicon.relatives and passage.words[at - 1] == ",":
            outer = _before_relative(passage, first, at)
            return outer if outer and outer.name and known_person(passage, outer.name[0]) else None
    return None


def _affiliated(passage: Passage, found: Phrase, first: int) -> Phrase | None:
    """The person whose affiliation ends in a country: 'X, dari Universitas Y, Melbourne, Australia, mengatakan'."""
    for start in _starts(passage, first, found.first):
        phrase = phrase_at(passage, start, found.first) if start == first or passage.words[start - 1] == "," else None
        if phrase and phrase.name and known_person(passage, phrase.name[0]) and passage.words[phrase.end] == ",":
            return phrase
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
    if _foreign_office(passage, found.name, first, cue):
        return True
    joints = {",", *lexicon.list_joints}
    return passage.lower[first] in lexicon.articles and not any(
        passage.kinds[at] & Kind.BOUND or passage.lower[at] in joints for at in range(first, cue - 1)
    )


def _foreign_office(passage: Passage, name: tuple[int, int], first: int, cue: int) -> bool:
    """Whether a title in capitals stands behind who is known: 'X, Country Producer Garena mengungkapkan'."""
    if passage.tree or not (known_person(passage, name[0]) or name[1] - name[0] > 1):
        return False
    joints = {"of", "and", "the", "for", ",", *passage.lexicon.list_joints}
    capitals = all(passage.kinds[at] & Kind.CAP or passage.lower[at] in joints for at in range(first + 1, cue))
    known = [known_person(passage, at) for at in range(first, cue)]
    return capitals and len(known) > 1 and not any(one and two for one, two in pairwise(known))


def _nearer(passage: Passage, found: Phrase, end: int) -> Phrase | None:
    """The subject of a clause inside: 'X akan berunding setelah Y mengaku', 'saat para hakim masuk, Y berteriak'."""
    for start in range(found.end + 1, end):
        opened = passage.kinds[start - 1] & Kind.BOUND and passage.lower[start - 1] not in passage.lexicon.relatives
        opened = opened or _joins_clause(passage, found.end, start - 1)
        if opened or (passage.words[start - 1] == "," and found.name is None) or _closed(passage, start):
            inner = phrase_at(passage, start, end)
            if inner and inner.end == end and not inner.pronoun:
                return inner
    return None


def _closed(passage: Passage, start: int) -> bool:
    """Whether a possessive closes the phrase before a person: 'melalui akun pribadinya X menuliskan'."""
    suffix = passage.lexicon.suffix
    return bool(suffix) and passage.lower[start - 1].endswith(suffix) and known_person(passage, start)


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
    behind = _behind_adverbial(passage, first, limit)
    for start in [*_starts(passage, behind, limit), *_starts(passage, first, behind)]:
        found = phrase_at(passage, start, limit)
        if found and (found.pronoun or found.end - found.first > 1 or start > first or _proper(passage, start)):
            return found
    return None


def last_subject(passage: Passage, first: int, limit: int) -> Phrase | None:
    """The person who begins the last of several clauses and acts in it: 'X kaget dan Y menegurnya (dengan berkata)'."""
    for joint in range(limit - 2, first, -1):
        if passage.lower[joint] in passage.lexicon.clause_joints:
            found = phrase_at(passage, joint + 1, limit)
            if found and found.name and found.end < limit and _acts(passage, found.end):
                return found
    return None


def _acts(passage: Passage, index: int) -> bool:
    verb = passage.kinds[index] == Kind.WORD and passage.lower[index].startswith(passage.lexicon.predicate_prefixes)
    return bool(verb or passage.kinds[index] & Kind.ADVERB)


def _behind_adverbial(passage: Passage, first: int, limit: int) -> int:
    """Behind the first comma of a clause that begins with an adverbial: 'Setelah X usai, Y menulis dan menyebut'."""
    if passage.tree or not passage.kinds[first] & (Kind.PREP | Kind.BOUND):
        return first
    return next((at + 1 for at in range(first, limit) if passage.words[at] == ","), first)


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
    found, piece, aside = [], True, False
    for index in range(first, end):
        kind, word = passage.kinds[index], passage.words[index]
        aside = word != ")" and (aside or (word == "(" and ")" in passage.words[index:end]))
        either = index > first and passage.lower[index - 1] in passage.lexicon.or_words
        if aside or (either and not known_person(passage, index)):
            piece = False
            continue
        if word in ",-–—:(" or passage.lower[index] in passage.lexicon.clause_joints:
            piece = True
            continue
        if (starts(passage, index) and not _opening_verb(passage, index, first)) or kind & (Kind.PRONOUN | Kind.PLURAL):
            previous = passage.kinds[index - 1] if index > first else 0
            lone = piece or not previous & (Kind.CAP | Kind.PREP | Kind.ROLE | Kind.HEAD | Kind.TAIL)
            lone = lone and (piece or not _whence(passage, index, end))
            if lone:
                found.append(index)
        piece = piece and bool(kind & Kind.ADVERB)
    return found


def _whence(passage: Passage, index: int, end: int) -> bool:
    """Whether a country only tells where somebody is from: 'anggota asal Jepang itu mengatakan'."""
    place = passage.places.get(index)
    return place is not None and place[0] < end and passage.lower[place[0]] in passage.lexicon.deictics


def _opening_verb(passage: Passage, index: int, first: int) -> bool:
    """Whether a capital is only that of a verb at the start of a sentence: 'Mendengar X, Y menegurnya'."""
    begins = index == first or not passage.kinds[index - 1] & Kind.WORD
    if not begins or passage.kinds[index] != Kind.CAP | Kind.WORD:
        return False
    return verb_shaped(passage.lower[index], passage.lexicon) and passage.lower[index] not in passage.people


def _connects(passage: Passage, found: Phrase, cue: int) -> bool:
    """Whether only adverbials, relative clauses and an office of who is named stand between the subject and the cue."""
    index = found.end
    if cue - index > _BETWEEN:
        return False
    ranked = found.name and any(passage.kinds[at] & Kind.RANK for at in range(found.first, found.name[0]))
    while index < cue and (
        passage.words[index] in ",)" or degree(passage.words[index]) or (ranked and _letters(passage, index))
    ):
        index += 1
    if index >= cue:
        return True
    if not (
        passage.kinds[index] & _ADVERBIAL
        or passage.words[index] == "("
        or passage.lower[index] in passage.lexicon.relatives
        or (found.name and passage.kinds[index] & Kind.ROLE and passage.words[cue - 1] == ",")
        or (found.name and (_titled(passage, index, cue) or _called(passage, index, cue)))
    ):
        return False
    commas = [at for at in range(index, cue) if passage.words[at] == ","]
    if not passage.tree and any(passage.lower[at] in passage.lexicon.embedding for at in range(index, cue)):
        return False
    another = index == found.end and any(_somebody(passage, at, cue) for at in commas)
    return not another and all(_adverbial(passage, at, cue) for at in commas)


def _letters(passage: Passage, index: int) -> bool:
    """Whether a token behind "dr. X," is of a degree or a membership: "SpJP(K), FIHA"."""
    word = passage.words[index]
    return word == "(" or (word[0].isupper() and (len(word) == 1 or sum(map(str.isupper, word)) > 1))


def _somebody(passage: Passage, comma: int, cue: int) -> bool:
    """Whether the piece behind a comma is the subject itself: 'Setelah X pulang, seorang pejabat mengatakan'."""
    if comma + 1 >= cue or passage.tree or not passage.kinds[comma + 1] & (Kind.ROLE | Kind.HEAD):
        return False
    phrase = phrase_at(passage, comma + 1, cue)
    return phrase is not None and (phrase.end >= cue or passage.words[phrase.end] != ",")


def _called(passage: Passage, first: int, cue: int) -> bool:
    """Whether up to the cue stands, without a comma, what a person is: 'X warga Depok mengatakan', 'X sang ketua'."""
    if passage.lexicon.subject_first or passage.words[first - 1] == "," or not passage.words[first][0].islower():
        return False
    lexicon, word = passage.lexicon, passage.lower[first]
    if lexicon.suffix and word.endswith(lexicon.suffix) and first + 1 == cue:  # 'X pengacaranya'
        return bool(lexicon.kinds.get(word.removesuffix(lexicon.suffix), 0) & (Kind.ROLE | Kind.HEAD))
    office = phrase_at(passage, first, cue) if passage.kinds[first] & (Kind.ROLE | Kind.HEAD) else None
    return office is not None and office.end == cue


def _titled(passage: Passage, first: int, cue: int) -> bool:
    """Whether an office up to the cue is that of who is named before it: 'X, pendiri Jaringan Sungai, mengatakan'.

    Nobody is named in it, or what looks like a name is one of a body or a place for a model.
    """
    office = phrase_at(passage, first, cue) if passage.words[first - 1] == "," else None
    if (
        office is None
        or passage.lower[office.end - 1] in passage.lexicon.deictics
        or not any(passage.kinds[at] & Kind.ROLE for at in range(first, office.end))
    ):
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
            return None if _of_thing(passage, first, found) else found
        start += 1
    return None


def _of_thing(passage: Passage, first: int, found: Phrase) -> bool:
    """Whether a name is only part of that of what is written: 'Pasal 5 Peraturan Daerah X, yang menyebutkan'; but
    'laporan X yang menyebutkan' is by X.
    """
    if passage.tree or known_person(passage, found.end - 1):
        return False
    for at in range(found.first - 1, max(first, found.first - _THING_REACH) - 1, -1):
        if passage.words[at] in ",;:":
            return False
        if passage.lower[at] in passage.lexicon.things:
            return at + 1 < found.first or passage.words[at][0].isupper()
    return False
