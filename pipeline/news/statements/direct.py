"""Direct speech: quotations and who they are given to.

"...," kata X.      X mengatakan, "..."      "..." (a paragraph of its own: the speaker continues)
"""

from pipeline.news.lexicons import GENERIC, Kind
from pipeline.news.statements.claims import Claim, Cue, after_cue, before_cue, words
from pipeline.news.statements.fields import known_person
from pipeline.news.statements.media import medium, relayed
from pipeline.news.statements.phrases import Phrase, capitals_end, phrase_at
from pipeline.news.statements.quotes import DOUBLE, SINGLE, Quote
from pipeline.news.statements.sentences import Sentence, after_dateline
from pipeline.news.statements.subjects import first_subject, last_subject, subject
from pipeline.news.statements.tokens import Passage
from pipeline.news.statements.verbs import (
    following_verb,
    personal,
    said_by,
    speaker_of,
    subject_between,
    subject_of,
    unsaid,
)

_FEWEST_WORDS = 3
_FEWEST_WORDS_ALONE = 4
_FEWEST_CODEPOINTS = 20
_REACH = 12
_SHORTEST_VERB = 6
_SHORT_TAIL = 4
_MARKS = DOUBLE | SINGLE


def direct(passage: Passage, sentence: Sentence, *, follows: bool) -> list[Claim]:
    """The quotations of a sentence that somebody said. `follows`: a statement stands shortly before it."""
    if passage.lexicon.language == GENERIC:
        return [_bare(passage, sentence, quote) for quote in sentence.quotes if _long(passage, quote)]
    found: list[Claim] = []
    for quote in sentence.quotes:
        claim = _attributed(passage, sentence, quote) or _alone(passage, sentence, quote, follows or bool(found))
        if claim:
            found.append(claim)
    return found


def _attributed(passage: Passage, sentence: Sentence, quote: Quote) -> Claim | None:
    count = words(passage, quote.opening + 1, quote.closing)
    claim = _cue_behind(passage, sentence, quote) if count else None
    if claim is None and count >= _FEWEST_WORDS and quote.double:
        claim = _cue_in_front(passage, sentence, quote)
    return claim


def _cue_behind(passage: Passage, sentence: Sentence, quote: Quote) -> Claim | None:
    """'"...," (demikian) kata X' or, where subjects come first, '"...," X said'."""
    index, end = quote.closing + 1, sentence.end
    while index < end and (passage.words[index] in ",.-–—" or passage.lower[index] in passage.lexicon.lead):
        index += 1
    if index > quote.closing + 4:
        return None
    sourced = _according(passage, quote, index, end)
    if sourced:
        return sourced
    cue = after_cue(passage, index, end)
    if cue and _tells(passage, sentence, quote, cue.first):
        phrase, outlet = _speaker_behind(passage, cue, end)
        return _claim(passage, quote, "quote-cue", cue, phrase, outlet or medium(passage, cue.first, end))
    stopped = passage.words[quote.closing - 1] in ",.!?…-–—"
    comma = passage.tree is not None and passage.words[min(quote.closing + 1, end - 1)] == ","
    if not (stopped or comma) or index >= end:
        return None
    cue, phrase = _subject_and_cue(passage, index, end)
    if cue is None:
        cue, phrase = _unlisted(passage, index, end)
    if cue is None:
        return None
    return _claim(passage, quote, "quote-subject", cue, phrase, medium(passage, cue.first, end))


def _according(passage: Passage, quote: Quote, index: int, end: int) -> Claim | None:
    """'"...", menurut X' at the end of a sentence."""
    match = passage.lexicon.according.at(passage.lower, index) if index < end else None
    phrase = phrase_at(passage, index + match[0], end) if match else None
    if match is None or phrase is None or words(passage, phrase.end, end) > _SHORT_TAIL:
        return None
    return _claim(passage, quote, "according-quote", Cue(index, index + match[0]), phrase, None)


def _subject_and_cue(passage: Passage, index: int, end: int) -> tuple[Cue | None, Phrase | None]:
    """'X said' behind a quotation; where there is a tree also 'X, who ..., said', 'laughed X' and 'X laughed'."""
    told = following_verb(passage, index, end)
    if told:
        return told
    phrase = phrase_at(passage, index, end)
    cue = _cue_near(passage, phrase.end, end) if phrase else None
    return cue, phrase


def _unlisted(passage: Passage, index: int, end: int) -> tuple[Cue | None, Phrase | None]:
    """A verb that no list has between a quotation and a known person, in either order: 'ketus X', 'X memutuskan'."""
    lexicon = passage.lexicon
    if passage.tree or index + 1 >= end or not lexicon.predicate_prefixes:
        return None, None
    verb = passage.kinds[index] == Kind.WORD and passage.words[index][0].islower()
    phrase = phrase_at(passage, index + 1, end) if verb else phrase_at(passage, index, end)
    if phrase is None or phrase.name is None or not known_person(passage, phrase.name[0]):
        return None, None
    if verb:
        return Cue(index, index + 1), phrase
    at = phrase.end
    follows = (
        at < end
        and len(passage.words[at]) > _SHORTEST_VERB
        and passage.lower[at].startswith(lexicon.predicate_prefixes)
    )
    return (Cue(at, at + 1), phrase) if follows and passage.kinds[at] == Kind.WORD else (None, None)


def _tells(passage: Passage, sentence: Sentence, quote: Quote, verb: int) -> bool:
    """Whether a verb behind a quotation can be its attribution: its subject does not stand before the quotation."""
    at = subject_of(passage, verb)
    return at is None or at > quote.opening or at < sentence.first or at in sentence.quoted


def _cue_near(passage: Passage, index: int, end: int) -> Cue | None:
    """The cue behind a subject: "X said", "X (juga) menambahkan", "X, the minister, said"."""
    for at in range(index, min(index + _REACH, end)):
        cue = after_cue(passage, at, end) if passage.lexicon.subject_first else before_cue(passage, at)
        if cue:
            return cue
        skipped = passage.kinds[at] & (Kind.ADVERB | Kind.ROLE | Kind.TAIL | Kind.HEAD) or passage.words[at] == ","
        if not skipped and not (passage.lexicon.subject_first and passage.kinds[at] & Kind.WORD):
            return None
    return None


def _speaker_behind(passage: Passage, cue: Cue, end: int) -> tuple[Phrase | None, str | None]:
    """The speaker behind a cue, and the medium when the cue is the medium's."""
    index, reach = cue.end, 3
    if cue.suffix:
        return None, None
    while index < end and passage.lower[index] in passage.lexicon.agents:
        index += 1
    while index < end and passage.lower[index] in passage.lexicon.media.get("agencies", ()):
        index, reach = index + 1, 7
    phrase = _named_behind(passage, cue, end) or phrase_at(passage, index, end)
    source = relayed(passage, phrase.end, end, reach) if phrase else None
    if phrase and source:
        return source, passage.slice(phrase.first, phrase.end)
    return phrase, None


def _named_behind(passage: Passage, cue: Cue, end: int) -> Phrase | None:
    """The subject of the cue by the tree, when it stands behind it."""
    at = subject_of(passage, cue.first)
    return speaker_of(passage, cue.first, cue.end) if at is not None and cue.end <= at < end else None


def speaker_behind(passage: Passage, cue: Cue, end: int) -> tuple[Phrase | None, str | None]:
    """The speaker behind a cue ("kata X"), and the medium in "tulis TASS yang mengutip X"."""
    return _speaker_behind(passage, cue, end)


def _cue_in_front(passage: Passage, sentence: Sentence, quote: Quote) -> Claim | None:
    """'X mengatakan (bahwa|,|:) "..."', 'Menurut X, "..."'."""
    if not _reaches_end(passage, sentence, quote) or _of_work(passage, quote.opening):
        return None
    for index in range(quote.opening - 1, max(sentence.first, quote.opening - _REACH) - 1, -1):
        if index in sentence.quoted:
            break
        cue = before_cue(passage, index) or _plain_cue(passage, index, quote) or said_by(passage, index)
        if cue and cue.tier != "calling" and cue.end <= quote.opening and _leads(passage, cue.end, quote.opening):
            said = not unsaid(passage, sentence, index) and not _supposed(passage, sentence, cue.first)
            return _led_by(passage, sentence, quote, cue) if said else None
        according = passage.lexicon.according.at(passage.lower, index)
        if according:
            phrase = phrase_at(passage, index + according[0], quote.opening)
            cue = Cue(index, index + according[0])
            return phrase and _claim(passage, quote, "according-quote", cue, phrase, None)
    return _behind_colon(passage, sentence, quote)


def _led_by(passage: Passage, sentence: Sentence, quote: Quote, cue: Cue) -> Claim | None:
    """A quotation behind its cue. Where nobody is named, things and wishes say nothing; behind another quotation of
    the sentence its speaker goes on.
    """
    phrase = _named_before(passage, sentence, cue)
    weak = cue.tier == "wish" or _of_thing(passage, sentence.first, cue.first)
    if phrase is None and not cue.suffix and weak:
        return None
    outlet = medium(passage, sentence.first, quote.opening)
    known = phrase or cue.suffix or quote == sentence.quotes[0]
    return _claim(passage, quote, "cue-quote", cue if known else None, phrase, outlet)


def _supposed(passage: Passage, sentence: Sentence, cue: int) -> bool:
    """Whether nobody said it: 'X tidak mengatakan "..."', 'Kalau ada yang bertanya, "..."'."""
    if passage.tree:
        return False
    lexicon, at = passage.lexicon, cue - 1
    while at > sentence.first and passage.kinds[at] & Kind.ADVERB and passage.lower[at] not in lexicon.denying:
        at -= 1
    if at >= sentence.first and (passage.lower[at] in lexicon.denying or _purpose(passage, at)):
        return True
    for at in range(cue - 1, max(sentence.first, cue - _REACH) - 1, -1):
        if passage.words[at] in ",:;" or at in sentence.quoted:
            return False
        if passage.lower[at] in lexicon.setting.conditions or passage.lower[at] in lexicon.suppositions:
            return True
    return False


def _purpose(passage: Passage, index: int) -> bool:
    """Whether a preposition makes the verb behind it a noun: 'dalam mengungkap', but not 'dengan mengatakan'."""
    lexicon = passage.lexicon
    return bool(passage.kinds[index] & Kind.PREP) and passage.lower[index] not in lexicon.manners | lexicon.purposes


def _of_work(passage: Passage, opening: int) -> bool:
    """Whether a mark opens the title of a work: 'berpidato dengan judul "..."'."""
    return opening > 0 and passage.lower[opening - 1 - (passage.words[opening - 1] in ",:")] in passage.lexicon.works


def _of_thing(passage: Passage, first: int, cue: int) -> bool:
    """Whether what is written says it: 'Pasal 5 menyebutkan "..."', 'Pasal 5 Peraturan X yang menyebutkan'."""
    return any(passage.lower[at] in passage.lexicon.things for at in range(first, cue))


def _behind_colon(passage: Passage, sentence: Sentence, quote: Quote) -> Claim | None:
    """'She shakes her head: “...”': by the tree, who is the subject in front of a quotation that ends the sentence."""
    if passage.words[quote.opening - 1] != ":" or words(passage, quote.opening, quote.closing) < _FEWEST_WORDS_ALONE:
        return None
    phrase = subject_between(passage, after_dateline(passage, sentence), quote.opening - 1)
    if phrase is None or not personal(passage, phrase):
        return None
    colon = Cue(quote.opening - 1, quote.opening)
    return _claim(passage, quote, "colon-quote", colon, phrase, None)


def _named_before(passage: Passage, sentence: Sentence, cue: Cue) -> Phrase | None:
    """The subject of a cue in front: behind the quotation before it, if one is named there, never inside of one."""
    first = after_dateline(passage, sentence) if passage.tree else sentence.first
    at = subject_of(passage, cue.first)
    if at is not None and at not in sentence.quoted:
        return speaker_of(passage, cue.first, first)
    behind = max((quote.closing + 1 for quote in sentence.quotes if quote.closing < cue.first), default=first)
    phrase = _nearest_before(passage, behind, cue)
    if phrase is None and behind > first:
        phrase = _nearest_before(passage, first, cue)
    return None if phrase and phrase.first in sentence.quoted else phrase


def _nearest_before(passage: Passage, first: int, cue: Cue) -> Phrase | None:
    ahead = passage.lower[cue.first - 1] if cue.first > first else ""
    second = ahead in passage.lexicon.clause_joints and not passage.tree  # 'X menatap Y dan berkata'
    if second or ahead in passage.lexicon.manners:
        return last_subject(passage, first, cue.first - 1) or first_subject(passage, first, cue.first - 1)
    joined = ahead == "," or ahead in passage.lexicon.list_joints
    near = passage.lexicon.subject_first or joined
    return subject(passage, first, cue.first) or (first_subject(passage, first, cue.first) if near else None)


def _plain_cue(passage: Passage, index: int, quote: Quote) -> Cue | None:
    """A bare cue right before the mark: 'Katanya: "..."'."""
    return after_cue(passage, index, quote.opening, plain=True) if quote.opening - index <= 2 else None


def _leads(passage: Passage, index: int, opening: int) -> bool:
    """Whether what stands between cue and mark only leads over: a joint, a recipient, a noun and a comma, no clause."""
    joint = passage.lower[opening - 1]
    if opening - index <= 1 or joint == ":":
        return True
    if joint != "," and joint not in passage.lexicon.complementisers:
        return False
    lexicon, last = passage.lexicon, opening - 1 - (joint == ",")
    for word in passage.lower[index : last - (passage.lower[last - 1] in lexicon.complementisers)]:
        if word in lexicon.relatives or passage.tree:
            break
        if word in lexicon.complementisers or word in lexicon.predicates:
            return False
    return True


def _reaches_end(passage: Passage, sentence: Sentence, quote: Quote) -> bool:
    """Whether nothing but a short tail follows the quotation, so that it is the whole of what is said."""
    rest = words(passage, min(quote.closing + 1, sentence.end), sentence.end)
    stopped = passage.words[quote.closing - 1] in ".!?,…"
    joined = passage.words[quote.opening - 1] in ",:"
    return rest == 0 or stopped or (joined and quote.words >= 8)


def _alone(passage: Passage, sentence: Sentence, quote: Quote, follows: bool) -> Claim | None:
    """A quotation that is a sentence or a paragraph of its own, near another statement."""
    begins = quote.opening + 1 < len(passage) and passage.words[quote.opening + 1] not in ".,;:!?)"
    resumed = passage.words[quote.opening] not in _MARKS  # the dash of a dialogue: "—dijo X—. Ya es tarde."
    whole = (resumed or quote.opening == _first_word(passage, sentence)) and quote.double and begins
    fewest = 1 if passage.tree and sentence.first > sentence.paragraph[0] else _FEWEST_WORDS_ALONE
    if not whole or not follows or words(passage, quote.opening + 1, quote.closing) < fewest:
        return None
    rest = words(passage, min(quote.closing + 1, sentence.end), sentence.end)
    stopped = passage.words[quote.closing - 1] in ".!?,…" or not quote.closed
    if rest and not stopped:
        return None
    return _claim(passage, quote, "continued", None, None, medium(passage, quote.closing, sentence.end))


def _long(passage: Passage, quote: Quote) -> bool:
    """Whether a quotation in a language without cues is too long for a title or a nickname."""
    length = passage.ends[quote.closing - 1] - passage.ends[quote.opening]
    return quote.double and quote.closed and length >= _FEWEST_CODEPOINTS


def _bare(passage: Passage, sentence: Sentence, quote: Quote) -> Claim:
    return _claim(passage, quote, "marks", None, _only_official(passage, sentence), None)


def _only_official(passage: Passage, sentence: Sentence) -> Phrase | None:
    """The official who is named in the sentence outside of its quotations, when there is one and no other."""
    found = [
        (at, capitals_end(passage, at))
        for at in range(sentence.first, sentence.end)
        if passage.lower[at] in passage.people and passage.kinds[at] & Kind.CAP and at not in sentence.quoted
    ]
    return Phrase(*found[0], name=found[0]) if len(found) == 1 else None


def _first_word(passage: Passage, sentence: Sentence) -> int:
    index = sentence.first
    while index < sentence.end - 1 and passage.words[index] in ",.-–—":
        index += 1
    return index


def _claim(
    passage: Passage,
    quote: Quote,
    rule: str,
    cue: Cue | None,
    phrase: Phrase | None,
    outlet: str | None,
) -> Claim:
    start, end = passage.ends[quote.opening], passage.ends[quote.closing - 1]
    if quote.closed:
        end = passage.starts[quote.closing]
    while start < end and passage.text[start] == " ":
        start += 1
    while end > start and passage.text[end - 1] in " \n":
        end -= 1
    span = cue.span(passage) if cue else None
    suffix = cue.suffix if cue else None
    return Claim(start, end, "direct", rule, quote.opening, span, phrase, suffix, outlet)
