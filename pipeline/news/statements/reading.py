"""One reading of an article: its tokens, the claims in each sentence, and who made them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from pipeline.news.lexicons import Kind, lexicon
from pipeline.news.officials import Roster
from pipeline.news.parse import Parse
from pipeline.news.spans import Span, place
from pipeline.news.statements import tokens
from pipeline.news.statements.claims import Claim, before_cue, words
from pipeline.news.statements.clauses import clauses
from pipeline.news.statements.direct import direct
from pipeline.news.statements.evidence import mark
from pipeline.news.statements.names import Names
from pipeline.news.statements.passives import told, told_by
from pipeline.news.statements.phrases import Phrase, phrase_at
from pipeline.news.statements.reported import headline, reported
from pipeline.news.statements.sentences import Sentence, sentences
from pipeline.news.statements.speakers import Memory, Speaker
from pipeline.news.statements.tokens import Passage
from pipeline.news.statements.verbs import main_subject
from schemas.article import Article, Part

PARTS: tuple[Part, ...] = ("title", "standfirst", "body")
_NONE: Mapping[Part, Parse] = {}
_NEAR_PARAGRAPHS = 2
"""A quotation without attribution continues a statement at most this many paragraphs before it."""


_FEWEST_TOLD = 10
_SHARE_TOLD = 0.3
"""Sentences in the first or second person, outside quotations, of a text that is no report: one of 200 articles of
Indonesian sites, all of them readers' stories and advice."""


class Read(NamedTuple):
    """A sentence and what was claimed in it."""

    passage: Passage
    sentence: Sentence
    claims: tuple[Claim, ...]


def passages(
    article: Article, roster: Roster, spans: Iterable[Span] = (), parses: Mapping[Part, Parse] = _NONE
) -> list[Passage]:
    """The parts of an article that have text, as tokens, with what is known of its words."""
    known = lexicon(article.language)
    found = [tokens.passage(part, article.part(part), known, parses.get(part)) for part in PARTS if article.part(part)]
    place(found, spans, roster)
    mark(found, roster)
    return found


def read(found: list[Passage]) -> list[Read]:
    """Every sentence with its claims, in reading order."""
    result: list[Read] = []
    for passage in found:
        result += _title(passage) if passage.part == "title" else _prose(passage)
    return result


def _title(passage: Passage) -> list[Read]:
    everything = Sentence(0, len(passage), (), (0, len(passage)))
    whole = [sentence for paragraph in passage.paragraphs for sentence in sentences(passage, paragraph)]
    claims = headline(passage) or [claim for sentence in whole for claim in direct(passage, sentence, follows=False)]
    return [Read(passage, everything, tuple(claims))]


def _prose(passage: Passage) -> Iterator[Read]:
    since, last = _NEAR_PARAGRAPHS + 1, None
    for paragraph in passage.paragraphs:
        count = words(passage, *paragraph)
        since += count > 0
        if count == 0 or (count == 1 and not passage.tree):
            continue  # one word says nothing of anybody; a page of a million is read in no time
        for sentence in sentences(passage, paragraph):
            claims = _claims(passage, sentence, follows=since <= _NEAR_PARAGRAPHS)
            if not claims and last and not last.claims:
                claims = _told(passage, last.sentence, sentence)
            since = 0 if claims else since
            last = Read(passage, sentence, claims)
            yield last


def _rank(claim: Claim) -> tuple[int, int]:
    """Claims are taken from left to right, quotations before clauses."""
    return claim.kind != "direct", claim.start


def _told(passage: Passage, before: Sentence, sentence: Sentence) -> tuple[Claim, ...]:
    """The sentence before, when this one says who told it."""
    found = told_by(passage, sentence)
    claim = told(passage, before, found[0], found[1]) if found and found[2] else None
    return (claim,) if claim else ()


def _claims(passage: Passage, sentence: Sentence, *, follows: bool) -> tuple[Claim, ...]:
    """The claims of a sentence that do not overlap; quotations win over clauses."""
    found = direct(passage, sentence, follows=follows) if sentence.quotes else []
    if passage.tree:
        cues = {claim.cue for claim in found}
        found = found + [claim for claim in clauses(passage, sentence) if claim.cue not in cues]
    if not found:
        found = reported(passage, sentence)
    kept: list[Claim] = []
    for claim in sorted(found, key=_rank):
        if claim.start < claim.end and all(claim.end <= other.start or claim.start >= other.end for other in kept):
            kept.append(claim)
    return tuple(sorted(kept, key=lambda claim: claim.start))


def attribute(reads: list[Read], memory: Memory) -> list[tuple[Read, Claim, Speaker]]:
    """Each claim with its speaker. Clauses of words that are no names are left out."""
    result: list[tuple[Read, Claim, Speaker]] = []
    memory.narrated = narrated(reads)
    for item in reads:
        for claim in item.claims:
            if not credible(item.passage, claim, memory.names, memory.roster):
                continue
            _named_before(item, claim, memory)
            result.append((item, claim, memory.speaker(item.passage, claim)))
        if item.passage.part != "title":
            if not item.claims:
                _notice(item, memory)
            _mentioned(item, memory)
    return result


def narrated(reads: list[Read]) -> bool:
    """Whether an article tells of its writer or speaks to its reader: who "he" is there, nobody outside knows."""
    told = sum(map(_tells, reads))
    return told >= _FEWEST_TOLD and told >= _SHARE_TOLD * len(reads)


def _tells(item: Read) -> bool:
    passage, sentence = item.passage, item.sentence
    narrators = passage.lexicon.narrators
    if narrators.isdisjoint(passage.lower[sentence.first : sentence.end]):
        return False
    return any(
        passage.lower[at] in narrators and at not in sentence.quoted for at in range(sentence.first, sentence.end)
    )


def _named_before(item: Read, claim: Claim, memory: Memory) -> None:
    """Remember the person at the start of a sentence when a pronoun takes it up: 'Meski X pulang, ia mengatakan'."""
    passage, sentence, phrase = item.passage, item.sentence, claim.phrase
    if phrase is None or not phrase.pronoun or passage.tree or passage.kinds[phrase.first] & Kind.PLURAL:
        return
    if phrase.first > sentence.first + 1 and not any(
        claim.end <= passage.starts[phrase.first] for claim in item.claims
    ):
        found = _subject(passage, replace(sentence, end=phrase.first), memory.names)
        if found:
            memory.focus = memory.phrase(passage, found)


def credible(passage: Passage, claim: Claim, names: Names, roster: Roster) -> bool:
    """Whether capitals mean a name: one word at the start of a sentence, or the words of a headline, must be a name
    elsewhere in the article, or in a headline that of an official.
    """
    phrase = claim.phrase
    if phrase and phrase.name is None and passage.part == "title":
        return _no_label(passage, phrase, names)
    if phrase is None or phrase.name is None or claim.rule.startswith("quote"):
        return True
    if passage.part == "title":
        name = passage.slice(*phrase.name)
        link = roster.named(names.full(name))
        official = link is not None and link.reason != "surname"
        return official or names.person(name) or (phrase.role is not None and names.full(name) != name)
    if phrase.end - phrase.first > 1:
        return True
    return names.trusted(passage.words[phrase.first])


def _no_label(passage: Passage, phrase: Phrase, names: Names) -> bool:
    """Whether words without a name at the start of a headline can speak, and are no rubric ("Liga 1: ...")."""
    kinds = passage.kinds[phrase.first : phrase.end]
    digits = any(map(str.isdigit, passage.slice(phrase.first, phrase.end)))
    office = kinds[0] & (Kind.ROLE | Kind.HEAD | Kind.PLACE | Kind.ORG | Kind.PRONOUN | Kind.PLURAL) and not digits
    alone = len(kinds) == 1 and kinds[0] & Kind.ACRONYM
    return bool(office or alone) or names.heard(passage.slice(phrase.first, phrase.end))


def _notice(item: Read, memory: Memory) -> None:
    """Remember whom a sentence without statements is about: its subject, or who acts in it ("oleh X")."""
    passage, sentence = item.passage, item.sentence
    teller = told_by(passage, sentence)
    if teller:
        memory.person = memory.focus = memory.last = memory.phrase(passage, teller[0])
        return
    if passage.tree:
        phrase = main_subject(passage, sentence)
        found = memory.phrase_or_pronoun(passage, phrase) if phrase else None
        memory.focus = found if found and found.kind == "person" else memory.focus
        return
    phrase = _subject(passage, sentence, memory.names)
    if phrase is None:
        return
    found = memory.phrase(passage, phrase)
    memory.focus = found
    introduced = _introduced(passage, sentence, phrase) and not memory.spoke(found)
    if introduced or any(before_cue(passage, at) for at in range(phrase.end, min(phrase.end + 4, sentence.end))):
        memory.person = found


def _introduced(passage: Passage, sentence: Sentence, phrase: Phrase) -> bool:
    """Whether a sentence begins with somebody and their office: the quotation behind it is likely theirs."""
    if phrase.role is None:
        return False
    return all(
        passage.kinds[at] & Kind.ADVERB or passage.words[at] == "," for at in range(sentence.first, phrase.first)
    )


def _mentioned(item: Read, memory: Memory) -> None:
    """Remember who is named in a sentence, where pronouns tell men from women."""
    passage, sentence = item.passage, item.sentence
    if not passage.lexicon.masculine:
        return
    for first, end, kind in passage.found_in(sentence.first, sentence.end):
        if kind == "person":
            memory.mention(passage, first, end)


def _subject(passage: Passage, sentence: Sentence, names: Names) -> Phrase | None:
    """The named person at the start of a sentence, else the last one behind "oleh" or "by"."""
    for index in range(sentence.first, min(sentence.first + 12, sentence.end)):
        if passage.lower[index] in passage.lexicon.agents:
            break
        if passage.kinds[index] & (Kind.CAP | Kind.ROLE) and not passage.kinds[index] & (Kind.ADVERB | Kind.PREP):
            previous = passage.kinds[index - 1] if index > sentence.first else 0
            found = None if previous & Kind.PREP else phrase_at(passage, index, sentence.end)
            if found and previous & Kind.HEAD and _pointed(passage, found, sentence.end):
                return None  # 'pelantun Lagu Cinta ini': who is named before
            if found and found.name and names.person(passage.slice(*found.name)):
                return found
    for index in range(sentence.first, sentence.end - 1):
        if passage.lower[index] in passage.lexicon.agents:
            found = phrase_at(passage, index + 1, sentence.end)
            if found and found.name:
                return found
    return None


def _pointed(passage: Passage, found: Phrase, end: int) -> bool:
    """Whether a deictic ends a phrase or stands behind it."""
    return not passage.lexicon.deictics.isdisjoint(passage.lower[found.end - 1 : min(found.end + 1, end)])
