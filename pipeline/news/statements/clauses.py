"""Reported clauses by the dependency tree: a verb of saying, its subject, and the clause that depends on it.

X said (that) CLAUSE       CLAUSE, X said       CLAUSE, X said, CLAUSE       X said ..., adding that CLAUSE
"""

from bisect import bisect_left

from pipeline.news.lexicons import Kind
from pipeline.news.statements.claims import Claim, Cue, trimmed, words
from pipeline.news.statements.media import medium
from pipeline.news.statements.nominals import nominal
from pipeline.news.statements.phrases import Phrase
from pipeline.news.statements.sentences import Sentence, after_dateline
from pipeline.news.statements.tokens import Passage
from pipeline.news.statements.trees import Tree
from pipeline.news.statements.verbs import CLAUSES, MARKS, OBJECTS, OPEN_CLAUSES, SUBJECTS, speaker_of, unsaid, verb_cue
from schemas.statement import StatementKind

_BREAKS = frozenset(("conj", "advcl", "parataxis", "ccomp", "prep", "dep"))
_CHAIN = 6
_INSIDE = frozenset(("relcl", "acl"))
_FRAGMENT_REACH = 9
_COMPLEMENTS = frozenset(("dobj", "obj", "oprd", "xcomp"))
_LONGEST = 60
_JOINT_REACH = 14
_FEWEST_WORDS = 3
_SHORT_LEAD = 6


def clauses(passage: Passage, sentence: Sentence) -> list[Claim]:
    """What the verbs of a sentence report, in their order; claims may overlap."""
    tree = passage.tree
    if tree is None:
        return []
    found: list[Claim] = []
    for index in range(sentence.first, sentence.end):
        cue = None if index in sentence.quoted else verb_cue(passage, index)
        claim = _claim(passage, tree, sentence, cue) if cue else None
        if claim and claim.end > claim.start:
            if found:
                found[-1] = _shortened(passage, found[-1], claim)
            found.append(claim)
    return found


def _shortened(passage: Passage, earlier: Claim, later: Claim) -> Claim:
    """A claim ends where the next one begins behind ", while", "; " or "but"."""
    if later.phrase is None or later.cue is None or not earlier.start < later.cue[0] < earlier.end:
        return earlier
    behind = bisect_left(passage.starts, later.cue[0])
    if later.phrase != earlier.phrase:
        behind = later.phrase.first
    at = behind
    while at > earlier.at and (passage.lower[at - 1] in passage.lexicon.clause_joints or passage.words[at - 1] in ",;"):
        at -= 1
    between = range(at, behind)
    new = later.phrase == earlier.phrase or any(
        passage.words[k] in ",;" or passage.lower[k] in passage.lexicon.contrasts for k in between
    )
    return earlier.cut(passage.ends[at - 1]) if new and passage.ends[at - 1] > earlier.start else earlier


def _claim(passage: Passage, tree: Tree, sentence: Sentence, cue: Cue) -> Claim | None:
    if unsaid(passage, sentence, cue.first):
        return None
    phrase = speaker_of(passage, cue.first, after_dateline(passage, sentence))
    if phrase is None:
        return None
    place = _content(passage, tree, sentence, cue, phrase)
    if place is None:
        return None
    first, end, at = place
    start, stop = trimmed(passage, first, end)
    inside = any(first <= quote.opening and quote.closing <= end for quote in sentence.quotes)
    kind: StatementKind = "mixed" if inside else "indirect"
    rule = "clause-request" if cue.tier in {"wish", "accusing"} else "clause"
    source, outlet = _sourced(passage, tree, cue, phrase)
    outlet = outlet or medium(passage, sentence.first, min(at, sentence.end))
    return Claim(start, stop, kind, rule, first, cue.span(passage), source, None, outlet)


Place = tuple[int, int, int]
"""First token and end of what is said, and where the attribution before it ends at the latest."""


def _content(passage: Passage, tree: Tree, sentence: Sentence, cue: Cue, phrase: Phrase) -> Place | None:
    verb = cue.first
    if cue.tier == "calling":
        return _called(passage, tree, sentence, cue)
    labels = OPEN_CLAUSES if cue.tier == "wish" else CLAUSES
    every = [child for child in tree.of(verb, labels) if tree.lefts[child] not in sentence.quoted]
    behind = [child for child in every if child > verb]
    if behind:
        return _behind(passage, tree, sentence, cue, behind[0])
    if every:
        return _before(passage, tree, sentence, cue, phrase)
    if tree.labels[verb] == "parataxis":
        return _before(passage, tree, sentence, cue, phrase)
    if cue.tier == "accusing":
        objects = [child for child in tree.of(verb, OBJECTS) if child > verb]
        return (tree.lefts[objects[0]], _ends(passage, tree, sentence, verb, objects[0]), cue.end) if objects else None
    return _joined(passage, tree, sentence, cue)


def _called(passage: Passage, tree: Tree, sentence: Sentence, cue: Cue) -> Place | None:
    """'called the plan “a farce”': what a fragment in quotation marks is said of, and the fragment."""
    near = [quote for quote in sentence.quotes if cue.end <= quote.opening < cue.end + _FRAGMENT_REACH]
    if not near or not near[0].closed or near[0].closing >= sentence.end:
        return None
    end = near[0].closing + 1
    for child in tree.children[cue.first]:
        if child > cue.first and tree.labels[child] in _COMPLEMENTS and tree.rights[child] >= end:
            end = tree.rights[child] + 1
    return (cue.end, end, cue.end) if cue.end < near[0].opening or near[0].words >= _FEWEST_WORDS else None


def _joined(passage: Passage, tree: Tree, sentence: Sentence, cue: Cue) -> Place | None:
    """The clause behind a "that" that the tree hangs elsewhere: 'told them by video link that ...'."""
    for at in range(cue.end, min(cue.end + _JOINT_REACH, sentence.end)):
        if passage.words[at] in ",;:" or at in sentence.quoted:
            return None
        if passage.lower[at] in passage.lexicon.far_complementisers and tree.labels[at] in MARKS:
            first, end = at + 1, _ends(passage, tree, sentence, cue.first, at)
            first += first < end and passage.words[first] == ","
            return (first, end, at) if words(passage, first, end) >= _FEWEST_WORDS else None
    return None


def _ends(passage: Passage, tree: Tree, sentence: Sentence, verb: int, first: int) -> int:
    """Where a clause ends: at a semicolon, with the relative clause or participle that the verb is in, else with the
    sentence.
    """
    inside = tree.labels[verb] in _INSIDE or tree.heads[verb] > verb
    end = min(sentence.end, max(tree.rights[verb] + 1, first + 1)) if inside else sentence.end
    return next((at for at in range(first, end) if passage.words[at] == ";" and at not in sentence.quoted), end)


def _behind(passage: Passage, tree: Tree, sentence: Sentence, cue: Cue, clause: int) -> Place | None:
    """The clause that follows, up to where the verb goes on with something else."""
    verb, first = cue.first, max(tree.lefts[clause], cue.end)
    marks = [at for at in tree.of(clause, MARKS) if passage.lower[at] in passage.lexicon.far_complementisers]
    first = max(first, marks[0]) if marks else first
    if cue.tier == "wish":
        objects = [child for child in tree.of(cue.first, OBJECTS) if child < clause]
        first = min([first, *(tree.lefts[child] for child in objects)])
    while first < sentence.end and (
        passage.lower[first] in passage.lexicon.complementisers or not passage.kinds[first] & Kind.WORD
    ):
        if passage.words[first] in "\"“‘'«„":
            break
        first += 1
    first = _behind_date(passage, tree, first, sentence.end)
    if first < sentence.end and passage.lower[first] in passage.lexicon.questions:
        return None
    end = _ends(passage, tree, sentence, verb, clause)
    for child in (*tree.children[verb], *tree.children[clause]):
        left = tree.lefts[child]
        if child > clause and left > first and _apart(passage, tree, verb, child):
            end = min(end, left)
    while end > first and (
        passage.words[end - 1] in ",;–—-" or passage.lower[end - 1] in passage.lexicon.clause_joints
    ):
        end -= 1
    return (first, end, first) if words(passage, first, end) >= _FEWEST_WORDS else None


def _behind_date(passage: Passage, tree: Tree, first: int, end: int) -> int:
    """'said on Sunday he would': a day right behind the verb is that of the speaking."""
    at = first + bool(passage.kinds[first] & Kind.PREP) if first < end else first
    day = at + 1 < end and passage.kinds[at] & Kind.DATE and passage.kinds[at] & Kind.CAP
    return at + 1 if day and tree.labels[at] not in SUBJECTS and passage.kinds[at + 1] & Kind.WORD else first


def _apart(passage: Passage, tree: Tree, verb: int, child: int) -> bool:
    """Whether something new begins: a further part of the sentence behind a comma, or behind "and" that belongs to the
    verb; in the clause itself only ", while Y did", with which the writer goes on. A second "that" belongs to it.
    """
    left, label, lexicon = tree.lefts[child], tree.labels[child], passage.lexicon
    if passage.lower[left] in lexicon.far_complementisers:
        return False
    comma = passage.words[left - 1] in ",;–—"
    if tree.heads[child] != verb:
        return label == "advcl" and comma and passage.lower[left] in lexicon.clause_joints
    joint = passage.lower[left - 1] in lexicon.clause_joints and tree.heads[left - 1] == verb
    return label in _BREAKS and (joint or comma)


def _before(passage: Passage, tree: Tree, sentence: Sentence, cue: Cue, phrase: Phrase) -> Place | None:
    """The clause in front of an attribution, or around it: then its longer part."""
    if passage.words[cue.end : cue.end + 1] == [":"]:
        return None
    begin, stop = min(cue.first, phrase.first), max(cue.end, phrase.end)
    front = after_dateline(passage, sentence)
    comma = begin - 1
    if comma <= front or passage.words[comma] not in ",–—-":
        return None
    rest = stop
    while rest < sentence.end and passage.words[rest] != ",":
        rest += 1
    behind = words(passage, min(rest + 1, sentence.end), sentence.end)
    lead = words(passage, front, comma)
    if (
        behind >= _FEWEST_WORDS
        and (lead <= _SHORT_LEAD or behind > 2 * lead)
        and _goes_on(passage, tree, cue, rest + 1)
    ):
        return rest + 1, sentence.end, begin
    return (front, comma, front) if lead >= _FEWEST_WORDS else None


def _goes_on(passage: Passage, tree: Tree, cue: Cue, first: int) -> bool:
    """Whether what follows the attribution belongs to the clause before it, and not to the verb of saying."""
    at, verb = first, cue.first
    while at < len(passage) and not passage.kinds[at] & Kind.WORD:
        at += 1
    if at >= len(passage):
        return False
    for _ in range(_CHAIN):
        if tree.heads[at] in {at, verb}:
            break
        at = tree.heads[at]
    return tree.labels[at] in CLAUSES or tree.heads[at] != verb


def _sourced(passage: Passage, tree: Tree, cue: Cue, phrase: Phrase) -> tuple[Phrase, str | None]:
    """Behind "X reported, citing Y" the speaker is Y and X the medium."""
    below = [child for clause in tree.of(cue.first, CLAUSES) for child in tree.children[clause]]
    for child in [*tree.children[cue.first], *below]:
        if passage.lower[child] in passage.lexicon.sourcing:
            source = tree.of(child, OBJECTS)
            found = nominal(passage, tree, source[0]) if source else None
            if found:
                return found, passage.slice(phrase.first, phrase.end)
    return phrase, None
