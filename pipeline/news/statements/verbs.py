"""Verbs of saying in a dependency tree: who their subjects are, and whether something was said at all."""

from pipeline.news.lexicons import Kind
from pipeline.news.statements.claims import Cue
from pipeline.news.statements.nominals import nominal
from pipeline.news.statements.phrases import Phrase
from pipeline.news.statements.sentences import Sentence
from pipeline.news.statements.subjects import subject
from pipeline.news.statements.tokens import Passage
from pipeline.news.statements.trees import ROOT, Tree

SUBJECTS = frozenset(("nsubj", "csubj"))
PASSIVE_SUBJECTS = frozenset(("nsubjpass",))
CLAUSES = frozenset(("ccomp",))
OPEN_CLAUSES = frozenset(("ccomp", "xcomp"))
OBJECTS = frozenset(("dobj", "obj"))
MARKS = frozenset(("mark",))
_AUXILIARIES = frozenset(("aux",))
_PASSIVES = frozenset(("auxpass", "nsubjpass"))
_PREPOSITIONAL = frozenset(("pobj", "obl"))
_CHAIN = 6
_LONGEST = 60
_NEAR = 45


def verb_cue(passage: Passage, index: int) -> Cue | None:
    """The verb of saying at a token, whose tier is strong, wish, calling or accusing."""
    match = passage.lexicon.verbs.at(passage.lower, index) if passage.kinds[index] & Kind.WORD else None
    if match:
        return Cue(index, index + match[0], match[1])
    return Cue(index, index + 1, "accusing") if passage.lower[index] in passage.lexicon.accusing else None


def speaker_of(passage: Passage, verb: int, start: int = 0) -> Phrase | None:
    """Who says what a verb reports, named from token `start` on; None when the tree does not say."""
    tree = passage.tree
    at = subject_at(passage, tree, verb) if tree else None
    if tree is None or at is None:
        return None
    return nominal(passage, tree, at, start) if at >= start else subject(passage, start, verb)


def said_by(passage: Passage, index: int) -> Cue | None:
    """The verb of saying at a token that has a subject by the tree ("..., warning his party, “...”")."""
    cue = verb_cue(passage, index) if passage.tree else None
    return cue if cue and cue.tier == "strong" and subject_of(passage, index) is not None else None


def unsaid(passage: Passage, sentence: Sentence, verb: int) -> bool:
    """Whether nobody says it: a negation, a modal, a passive, a condition, a question."""
    tree = passage.tree
    if tree is None:
        return False
    asked = passage.words[sentence.end - 1] == "?" and not sentence.quoted
    return asked or any(_cancels(passage, tree, verb, child) for child in tree.children[verb])


def _cancels(passage: Passage, tree: Tree, verb: int, child: int) -> bool:
    """Whether a word below a verb says that it did not happen, or to its subject."""
    word, label, lexicon = passage.lower[child], tree.labels[child], passage.lexicon
    if label == "neg" or label in _PASSIVES or word in lexicon.denying or word.endswith(lexicon.negative_suffixes):
        return True
    if label in MARKS:
        return word not in lexicon.complementisers
    return label in _AUXILIARIES and word in lexicon.modals and not _aspect(passage, tree, verb)


def _aspect(passage: Passage, tree: Tree, verb: int) -> bool:
    """'went on to say'."""
    return tree.labels[verb] in OPEN_CLAUSES | {"advcl"} and passage.lower[tree.heads[verb]] in passage.lexicon.aspects


def subject_at(passage: Passage, tree: Tree, verb: int) -> int | None:
    """The noun that is the subject of a verb: its own, or that of the verb which it continues."""
    for _ in range(_CHAIN):
        own = tree.of(verb, SUBJECTS)
        if own:
            return _antecedent(passage, tree, _nearest(own, verb), verb)
        if tree.labels[verb] == ROOT:
            return _before_root(passage, tree, verb)
        contrasted = _contrasted(passage, verb)
        if contrasted is not None:
            verb = contrasted
            continue
        label, head = tree.labels[verb], tree.heads[verb]
        if (
            label == "conj"
            or (label in {"advcl", "parataxis", "dep"} and _participle(passage, verb))
            or (label == "xcomp" and passage.lower[head] in passage.lexicon.aspects)
        ):
            verb = head
        elif label == "pcomp" and passage.lower[tree.heads[head]] in passage.lexicon.relaying:
            told = tree.of(tree.heads[head], PASSIVE_SUBJECTS)
            return told[0] if told else None
        elif label in {"acl", "relcl"} and _participle(passage, verb):
            return head
        else:
            return None
    return None


def _nearest(subjects: list[int], verb: int) -> int:
    """The last noun before a verb, else the first behind it: a dateline may be taken for a subject, too."""
    return max((at for at in subjects if at < verb), default=subjects[0])


def _before_root(passage: Passage, tree: Tree, verb: int) -> int | None:
    """The name in "Reuters reports", which a parser may take for one noun phrase."""
    left = verb - 1
    taken = (
        left >= 0 and passage.kinds[left] & Kind.CAP and tree.heads[left] == verb and tree.labels[left] == "compound"
    )
    return left if taken else None


def _contrasted(passage: Passage, verb: int) -> int | None:
    """The verb before in "admitted A but insisted B", "said A and warned that B": they have one subject."""
    before, behind = passage.lower[max(0, verb - 1)], passage.lower[min(verb + 1, len(passage) - 1)]
    joined = before in passage.lexicon.list_joints and behind in passage.lexicon.complementisers
    if not (joined or before in passage.lexicon.contrasts):
        return None
    for at in range(verb - 2, max(-1, verb - _LONGEST), -1):
        if passage.words[at][0] == "\n":
            return None
        if verb_cue(passage, at):
            return at
    return None


def _participle(passage: Passage, verb: int) -> bool:
    return passage.lower[verb].endswith(passage.lexicon.participle_endings or ("",))


def _antecedent(passage: Passage, tree: Tree, subject: int, verb: int) -> int | None:
    """The noun before a relative clause for its "who"."""
    if passage.lower[subject] not in passage.lexicon.relatives:
        return subject
    if tree.labels[verb] not in {"relcl", "acl"}:
        return None
    noun = tree.heads[verb]
    return tree.heads[noun] if tree.labels[noun] == "appos" else noun


def subject_of(passage: Passage, verb: int) -> int | None:
    """The noun that is the subject of a verb by the tree."""
    return subject_at(passage, passage.tree, verb) if passage.tree else None


def following_verb(passage: Passage, index: int, end: int) -> tuple[Cue, Phrase] | None:
    """The verb and its subject behind a quotation that ended with a comma: a verb of saying with its subject before it,
    or right here any verb that has a subject and neither object nor clause ("X laughed", "gushed X").
    """
    tree = passage.tree
    if tree is None or governed(passage, index) or passage.kinds[index] & Kind.BOUND:
        return None
    for at in range(index, min(index + _NEAR, end)):
        if passage.words[at] in ";:" or passage.words[at][0] in '“"':
            return None
        cue = said_by(passage, at)
        if not cue and not _manner(passage, tree, index, at):
            continue
        subject_token = subject_at(passage, tree, at)
        if subject_token is not None and index <= subject_token < at and tree.lefts[subject_token] <= index + 1:
            phrase = nominal(passage, tree, subject_token, index)
            return (cue or Cue(at, at + 1), phrase) if phrase and (cue or personal(passage, phrase)) else None
    return _inverted(passage, tree, index, end)


def governed(passage: Passage, verb: int) -> bool:
    """Whether by the tree the subject of a verb stands before it, which is then no "..., said X"."""
    return passage.tree is not None and any(at < verb for at in passage.tree.of(verb, SUBJECTS))


def _manner(passage: Passage, tree: Tree, index: int, verb: int) -> bool:
    """Whether a verb that says nothing by itself stands at the end of a short 'X laughed'."""
    own = tree.of(verb, SUBJECTS)
    if not own or not index <= own[0] < verb or tree.lefts[own[0]] > index:
        return False
    return not any(child > verb for child in tree.of(verb, OBJECTS | CLAUSES))


def _inverted(passage: Passage, tree: Tree, verb: int, end: int) -> tuple[Cue, Phrase] | None:
    """'gushed the singer': a verb in small letters with a noun phrase right behind it."""
    if verb + 1 >= end or not passage.words[verb][0].islower() or tree.labels[verb] not in {ROOT, "ccomp", "conj"}:
        return None
    nouns = [at for at in tree.of(verb, SUBJECTS | OBJECTS) if verb < at < end and tree.lefts[at] == verb + 1]
    phrase = nominal(passage, tree, nouns[0], verb + 1) if nouns else None
    return (Cue(verb, verb + 1), phrase) if phrase and personal(passage, phrase) else None


def personal(passage: Passage, phrase: Phrase) -> bool:
    """Whether a phrase means a person: by a pronoun, a name, an office, as "the German"."""
    if phrase.pronoun or phrase.name or any(passage.kinds[at] & Kind.ROLE for at in range(phrase.first, phrase.end)):
        return True
    last = phrase.end - 1
    return passage.named(last) or passage.lower[last] in passage.lexicon.nationals


def main_subject(passage: Passage, sentence: Sentence) -> Phrase | None:
    """The subject of a sentence's main verb."""
    tree = passage.tree
    for at in range(sentence.first, sentence.end) if tree else ():
        if tree and tree.labels[at] == ROOT and at not in sentence.quoted and passage.kinds[at] & Kind.WORD:
            subjects = tree.of(at, SUBJECTS | PASSIVE_SUBJECTS)
            return nominal(passage, tree, _nearest(subjects, at), sentence.first) if subjects else None
    return None


def subject_between(passage: Passage, first: int, end: int) -> Phrase | None:
    """The first subject in tokens first..end-1 of a verb in them."""
    tree = passage.tree
    for at in range(first, end) if tree else ():
        subjects = [child for child in tree.of(at, SUBJECTS) if first <= child < at] if tree else []
        if tree and subjects:
            return nominal(passage, tree, subjects[-1], first)
    return None


def object_of(passage: Passage, preposition: int) -> Phrase | None:
    """The noun phrase that a preposition governs, by the tree."""
    tree = passage.tree
    nouns = tree.of(preposition, _PREPOSITIONAL) if tree else None
    return nominal(passage, tree, nouns[0]) if tree and nouns else None
