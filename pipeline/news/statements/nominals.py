"""The noun phrase around a noun of a dependency tree, as a phrase that can speak."""

from itertools import islice

from pipeline.news.lexicons import Kind
from pipeline.news.statements.phrases import Phrase, name_in
from pipeline.news.statements.tokens import Passage
from pipeline.news.statements.trees import Tree

_APPOSITIONS = frozenset(("appos",))
_JOINED = frozenset(("conj",))
_INSIDE = frozenset(("compound", "flat", "nmod", "amod", "nummod", "name", "punct", "case", "poss"))
_LONGEST = 40
_NAME_WORDS = 5
_FEW = 3


def nominal(passage: Passage, tree: Tree, head: int, start: int = 0) -> Phrase | None:
    """The phrase that a noun heads: with what stands before it, its complements and an apposition, and without relative
    clauses; not before token `start`. None when it can be nobody: a relative word, an expletive, a negated one, "and".
    """
    kind, nobodies = passage.kinds[head], passage.lexicon.nobodies
    if kind & (Kind.PRONOUN | Kind.PLURAL) and not kind & Kind.ACRONYM:
        return Phrase(head, head + 1, pronoun=True)
    first = max(_left(passage, tree, head), min(start, head))
    none = passage.lexicon.relatives | nobodies | passage.lexicon.list_joints
    nobody = passage.lower[head] in none or passage.lower[first] in nobodies
    return (
        None
        if nobody or not kind & Kind.WORD
        else _several(passage, tree, first, head) or _one(passage, tree, first, head)
    )


def _several(passage: Passage, tree: Tree, first: int, head: int) -> Phrase | None:
    """'Germany and France'."""
    joined = [other for other in tree.of(head, _JOINED) if passage.kinds[other] & Kind.CAP]
    office = passage.kinds[head] & Kind.ROLE or not passage.kinds[head] & Kind.CAP
    if not joined or office or _one_name(passage, head, joined[-1]):
        return None
    return Phrase(first, min(_run_end(passage, _right(passage, tree, joined[-1])), first + _LONGEST), several=True)


def _one(passage: Passage, tree: Tree, first: int, head: int) -> Phrase:
    end = _right(passage, tree, head)
    if passage.lower[end - 1] in passage.lexicon.list_joints:
        joined = end in tree.of(head, _JOINED) and not passage.kinds[end] & Kind.CAP
        end += 1 if joined else -1  # 'businesses and residents'
    person, stop = _person(passage, tree, first, head, end)
    if person:
        role = (first, person[0]) if person[0] > first else (person[1], stop)
        return Phrase(first, max(end, stop), person, _role(passage, *role))
    other = _other_name(passage, tree, head)
    if other is not None:
        return Phrase(_left(passage, tree, other), _right(passage, tree, other))
    return Phrase(first, end, None, _role(passage, first, end))


def _one_name(passage: Passage, first: int, last: int) -> bool:
    """Whether "and" stands inside one name: "the Animal and Plant Health Service"."""
    return any(begin <= first and last < end for begin, end, _ in passage.found_in(first - _LONGEST, first + 1))


def _run_end(passage: Passage, end: int) -> int:
    """Where the capitalised words end that go on here."""
    while end < len(passage) and passage.named(end) and (passage.named(end - 1) or passage.kinds[end - 1] & Kind.ROLE):
        end += 1
    return end


def _other_name(passage: Passage, tree: Tree, head: int) -> int | None:
    """The name of the body that a common noun stands for: "the operator, Northline"."""
    if passage.kinds[head] & Kind.CAP:
        return None
    names = [at for at in tree.of(head, _APPOSITIONS) if passage.kinds[at] & Kind.CAP and at > head]
    return names[0] if names else None


def _left(passage: Passage, tree: Tree, head: int) -> int:
    first = max(tree.lefts[head], head - _LONGEST)
    while first < head and (
        not passage.kinds[first] & Kind.WORD
        or passage.lower[first] in passage.lexicon.list_joints
        or passage.lower[first] in passage.lexicon.clause_joints
        or passage.lower[first] in passage.lexicon.focusing
    ):
        first += 1
    return first


def _right(passage: Passage, tree: Tree, head: int) -> int:
    """Behind the last word that belongs to the noun before a comma, a relative clause or an apposition."""
    end = head + 1
    for child in tree.children[head]:
        left, right = tree.lefts[child], tree.rights[child]
        if right < head:
            continue
        clause = any(passage.lower[at] in passage.lexicon.relatives for at in range(left, min(left + 3, right + 1)))
        if left > end or tree.labels[child] in _APPOSITIONS | _JOINED or clause or right - head > _LONGEST:
            break
        if not passage.kinds[left] & Kind.WORD and passage.words[left] not in "'’":
            break
        end = right + 1
    while end > head + 1 and not passage.kinds[end - 1] & Kind.WORD:
        end -= 1
    return end


def _person(passage: Passage, tree: Tree, first: int, head: int, end: int) -> tuple[tuple[int, int] | None, int]:
    """The name of the person who is meant, and where the phrase ends with it."""
    apposed = (at for at in range(head + 1, tree.rights[head] + 1) if tree.labels[at] in _APPOSITIONS)
    for at in (head, *islice(apposed, _FEW)):
        apart = at != head
        if apart and not passage.kinds[at] & Kind.CAP:
            continue
        name = _named(passage, tree, first if not apart else _left(passage, tree, at), at)
        if name is None or not _human(passage, name, first, head, apart=apart):
            continue
        return name, end if not apart else name[1]
    return None, end


def _named(passage: Passage, tree: Tree, first: int, at: int) -> tuple[int, int] | None:
    """The name that a token ends or is inside of."""
    while at > first and passage.lower[at] in passage.lexicon.postnominals:
        at -= 1
    for begin, end, kind in passage.found_in(at - _LONGEST, at + 1):
        if begin <= at < end:
            return (begin, end) if kind == "person" else _guessed(passage, first, at)
    return _guessed(passage, first, at)


def _guessed(passage: Passage, first: int, at: int) -> tuple[int, int] | None:
    start = at
    while start > first and at - start < _NAME_WORDS and passage.kinds[start - 1] & (Kind.CAP | Kind.PARTICLE):
        start -= 1
    name = name_in(passage, start, at + 1)
    return name if name and name[1] == at + 1 else None


def _human(passage: Passage, name: tuple[int, int], first: int, head: int, *, apart: bool) -> bool:
    """Whether a name is a person's: a model says so, a role or rank stands before it, or it explains one."""
    if any(
        begin <= name[0] < end and kind == "person"
        for begin, end, kind in passage.found_in(name[0] - _LONGEST, name[0] + 1)
    ):
        return True
    if apart:
        return bool(passage.kinds[head] & (Kind.ROLE | Kind.RANK))
    before = name[0] - 1
    while before > first and passage.words[before] == ".":
        before -= 1
    return before >= first and bool(passage.kinds[before] & (Kind.ROLE | Kind.RANK))


def _role(passage: Passage, first: int, end: int) -> tuple[int, int] | None:
    while end > first and (passage.words[end - 1] in ",(." or passage.kinds[end - 1] & Kind.RANK):
        end -= 1
    if any(passage.kinds[at] & (Kind.ROLE | Kind.HEAD) for at in range(first, end)):
        return first, end
    return None
