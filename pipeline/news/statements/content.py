"""What is said in a reported clause: where it begins, whether it is a clause at all, and the claim that it makes."""

from pipeline.news.lexicons import Kind
from pipeline.news.statements.claims import Claim, Cue, trimmed, words
from pipeline.news.statements.media import medium
from pipeline.news.statements.phrases import Phrase
from pipeline.news.statements.sentences import Sentence
from pipeline.news.statements.tokens import Passage, degree
from schemas.statement import StatementKind

_FEWEST_WORDS = 4
_ADVERBIAL = Kind.PREP | Kind.BOUND | Kind.DATE
_SHORT_ADVERBIAL = 2
_LONGEST_APPOSITION = 10


def clause_claim(
    passage: Passage, sentence: Sentence, first: int, end: int, rule: str, cue: Cue, phrase: Phrase | None
) -> list[Claim]:
    """One reported clause, mixed when it holds a quotation; none when no word is left."""
    while first < end and passage.words[first] in ",:;-–—":
        first += 1
    start, stop = trimmed(passage, first, end)
    if stop <= start:
        return []
    inside = any(first <= quote.opening and quote.closing <= end for quote in sentence.quotes)
    outlet = medium(passage, sentence.first, min(first, sentence.end))
    kind: StatementKind = "mixed" if inside else "indirect"
    return [Claim(start, stop, kind, rule, first, cue.span(passage), phrase, cue.suffix, outlet)]


def stands_alone(passage: Passage, index: int, end: int) -> bool:
    """Whether a main clause stands here, behind what joins it to the sentence before ("Sementara itu")."""
    first, lexicon = index, passage.lexicon
    while first < end and passage.kinds[first] & Kind.ADVERB:
        if passage.lower[first] in lexicon.predicates and not (
            first > index and passage.lower[first] in lexicon.deictics
        ):
            break
        first += 1
    return not waits(passage, index, end) and has_predicate(passage, first, end)


def waits(passage: Passage, index: int, end: int) -> bool:
    """Whether a subordinate clause stands here, and no main clause behind it."""
    if passage.lower[index] not in passage.lexicon.subordinates:
        return False
    commas = (at for at in range(index, end) if passage.words[at] == ",")
    return not any(has_predicate(passage, at + 1, end) for at in commas)


def has_predicate(passage: Passage, index: int, end: int) -> bool:
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
    behind = passage.lower[index + 1] if index + 1 < len(passage) else ""
    if behind in lexicon.relatives or (lexicon.suffix and word.endswith(lexicon.suffix)):
        return False  # 'gaya berdandan yang sesuai', 'hari terberatnya'
    noun = passage.kinds[index] & (Kind.CAP | Kind.PLURAL) or word in lexicon.deictics or word in lexicon.verblike_nouns
    return verb and not noun


def behind_source(passage: Passage, phrase: Phrase, end: int, reach: int) -> int | None:
    """Where a clause begins behind who says it: behind a comma, or right behind the name ("kata X hal itu ...").

    Adverbials and appositions between them are passed over ("menurut X, kepala Y, ..."); `reach`: tokens to the comma.
    """
    comma = next((at for at in range(phrase.end, min(phrase.end + reach, end)) if passage.words[at] == ","), None)
    if _begins(passage, phrase.end, end, comma):
        return phrase.end
    if comma is None:
        return None
    return _behind_apposition(passage, comma, end) + 1 if phrase.name else comma + 1


def _begins(passage: Passage, first: int, end: int, comma: int | None) -> bool:
    """Whether a clause begins with this token, and no adverbial, bracket or relative clause."""
    if passage.lexicon.subject_first or end - first < _FEWEST_WORDS or not passage.words[first][0].islower():
        return False
    kind = passage.kinds[first]
    if kind & _ADVERBIAL or passage.lower[first] in passage.lexicon.relatives:
        return False
    if kind & Kind.ADVERB and comma is not None and comma - first <= _SHORT_ADVERBIAL:
        return False
    return has_predicate(passage, first - 1, end)


def _behind_apposition(passage: Passage, comma: int, end: int) -> int:
    """The comma behind the office or the day that stands between a name and what is said."""
    while True:
        limit = min(end, comma + _LONGEST_APPOSITION)
        following = next((at for at in range(comma + 1, limit) if passage.words[at] == ","), None)
        if following is None or words(passage, following + 1, end) < _FEWEST_WORDS:
            return comma
        kind = passage.kinds[comma + 1]
        introduced = kind & Kind.ROLE or passage.lower[comma + 1] in passage.lexicon.articles
        office = introduced and following - comma > _SHORT_ADVERBIAL
        day = kind & Kind.DATE and kind & Kind.CAP
        titled = degree(passage.words[comma + 1])
        if not (office or day or titled) or has_predicate(passage, comma + 1, following):
            return comma
        comma = following


def stops(passage: Passage, index: int, end: int) -> bool:
    """Whether the sentence ends here, but for a stop or an adverbial."""
    return (
        index >= end
        or passage.words[index] in ".!?"
        or bool(passage.kinds[index] & (Kind.DATE | Kind.PREP | Kind.BOUND | Kind.ADVERB))
        or passage.words[index] == ","
    )
