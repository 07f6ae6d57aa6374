"""Who is named in an article: the fullest form of each name, what is short for it, and who holds which role."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from pipeline.news.lexicons import Kind, country_name
from pipeline.news.officials import RoleKey, name_key, role_key
from pipeline.news.statements.evidence import headlines
from pipeline.news.statements.phrases import Phrase, capitals_end, name_in
from pipeline.news.statements.tokens import Passage

_LONGEST_NAME = 6
_LONGEST_ROLE = 8
_SHORTEST_STEM = 4
_NICKNAME_REACH = 6
_OFTEN = 3
"""Mentions that show how an article calls somebody."""
_ORDINARY = Kind.ADVERB | Kind.PREP | Kind.BOUND | Kind.DATE
_VOWELS = frozenset("aeiou")


class Run(NamedTuple):
    """A run of name words at tokens first..end-1. `initial`: at the start of a sentence, where capitals say little."""

    first: int
    end: int
    initial: bool


class Names:
    """The names of one article. Built from its body and standfirst; headlines are only looked up, never learned."""

    def __init__(self, passages: Iterable[Passage]) -> None:
        self.people: dict[str, str] = {}
        self.bodies: dict[str, str] = {}
        self.roles: dict[RoleKey, str] = {}
        self.role_names: dict[RoleKey, str] = {}
        self._forms: dict[str, list[str]] = {}
        self._places: dict[str, set[tuple[str, int]]] = {}
        self._bodies_heard: set[str] = set()
        self._trusted: set[str] = set()
        self._of_bodies: set[str] = set()
        self._certain: set[str] = set()
        self._recognised: set[str] = set()
        self._particles: set[str] = set()
        self._lower: set[str] = set()
        self._heads: dict[str, str] = {}
        self._titles: set[str] = set()
        self._cache: dict[str, str] = {}
        for passage in passages:
            self._learn(passage)

    def _learn(self, passage: Passage) -> None:
        self._lower.update(word for word in passage.words if word[0].islower())
        shouted = {at for first, end in headlines(passage) for at in range(first, end)}
        for run in map(_without_lead(passage), runs(passage)):
            if run.first in shouted or _of_site(passage, run.first):
                continue
            text = passage.slice(run.first, run.end)
            inside = range(run.first, run.end)
            self._particles.update(passage.lower[at] for at in inside if passage.kinds[at] & Kind.PARTICLE)
            if not run.initial:
                self._trusted.add(text.casefold())
            if run.end - run.first > 1 or not run.initial:
                self._form(text, passage, run.first)
            if not run.initial:
                self._certain.add(text)
            self._aside(passage, run.end)
            if run.first and passage.kinds[run.first - 1] & Kind.ORG:
                self._of_bodies.add(passage.lower[run.first])
            role = introduction(passage, run)
            self._nickname(passage, run, introduced=role is not None)
            if role is not None:
                self._person(text)
                self.roles.setdefault(role_key(passage.slice(role, run.first)), text)
        self._model(passage)
        self._called(passage)
        self._bodies(passage)

    def _model(self, passage: Passage) -> None:
        """Learn whom a model found."""
        for first, end, kind in passage.found:
            if kind == "person" and not _of_site(passage, first):
                text = passage.slice(first, end)
                self._form(text, passage, first)
                self._person(text)
                self._recognised.add(text.casefold())

    def _form(self, text: str, passage: Passage, first: int) -> None:
        self._places.setdefault(text, set()).add((passage.part, first))
        for word in text.casefold().split():
            forms = self._forms.setdefault(word, [])
            if text not in forms:
                forms.append(text)

    def _person(self, text: str) -> None:
        self.people.setdefault(text.casefold(), text)
        self._trusted.add(text.casefold())

    def _nickname(self, passage: Passage, run: Run, *, introduced: bool) -> None:
        """'Edi Baskara atau Ibas', 'Basuki yang akrab disapa Ahok': one word that stands for the name."""
        if run.end - run.first < 2:
            return
        lexicon, at = passage.lexicon, run.end
        limit = min(at + _NICKNAME_REACH, len(passage) - 1)
        while at < limit and passage.lower[at] not in lexicon.nicknames and not passage.kinds[at] & Kind.CAP:
            at += 1
        either = passage.lower[run.end] in lexicon.or_words if run.end < len(passage) else False
        called = at < limit and passage.lower[at] in lexicon.nicknames
        at = at + 1 if called else run.end + 1
        alone = at < len(passage) and passage.named(at) and not (at + 1 < len(passage) and passage.named(at + 1))
        if alone and (called or (either and introduced)):
            self.people.setdefault(passage.lower[at], passage.slice(run.first, run.end))

    def _called(self, passage: Passage) -> None:
        """'Gubernur yang akrab disapa Emil', 'Emil, sapaan akrabnya': the nearest person who may be called so."""
        if passage.lexicon.nicknames.isdisjoint(passage.lower):
            return
        people = [(run.end, passage.slice(run.first, run.end)) for run in runs(passage) if run.end - run.first > 1]
        known = [(end, name) for end, name in people if name.casefold() in self.people]
        for at in range(1, len(passage) - 1):
            if passage.lower[at] not in passage.lexicon.nicknames:
                continue
            nick = at - 2 if passage.words[at - 1] == "," and at > 1 else at + 1
            if not passage.named(nick) or " " in self.people.get(passage.lower[nick], ""):
                continue
            before = (name for end, name in reversed(known) if end <= min(nick, at))
            if name := next((name for name in before if _may_be_called(name, passage.lower[nick])), None):
                self.people[passage.lower[nick]] = name

    def _aside(self, passage: Passage, end: int) -> None:
        """'Joko Widodo (Jokowi)': what stands in brackets is short for the name."""
        if end + 2 < len(passage) and passage.words[end] == "(" and passage.words[end + 2] == ")":
            run = _run_before(passage, end)
            short = passage.lower[end + 1]
            if run and _short_for(passage, end + 1, run):
                self.people.setdefault(short, passage.slice(*run))

    def _bodies(self, passage: Passage) -> None:
        """'Komisi Pemberantasan Korupsi (KPK)': short forms of bodies and of roles; 'komisi itu' for the same."""
        for at in range(len(passage) - 1):
            if passage.kinds[at] & Kind.ORG and passage.kinds[at] & passage.kinds[at + 1] & Kind.CAP:
                self._heads.setdefault(passage.lower[at], passage.slice(at, capitals_end(passage, at)))
        self._either(passage)
        for at in range(2, len(passage) - 2):
            if passage.words[at] != "(" or passage.words[at + 2] != ")" or not passage.kinds[at + 1] & Kind.CAP:
                continue
            first = at
            while first > 0 and at - first < 8 and passage.kinds[first - 1] & Kind.CAP:
                first -= 1
            if first < at and passage.kinds[first] & Kind.ROLE and not passage.kinds[at + 1] & Kind.ACRONYM:
                self.role_names.setdefault(role_key(passage.words[at + 1]), passage.slice(first, at))
            while first < at and passage.kinds[first] & (Kind.ROLE | Kind.TAIL) and not passage.kinds[first] & Kind.ORG:
                first += 1
            if at - first >= 2 and passage.lower[at + 1] not in self.people:
                self.bodies.setdefault(passage.lower[at + 1], passage.slice(first, at))

    def _either(self, passage: Passage) -> None:
        """'Perserikatan Bangsa-Bangsa atau PBB': the initials of the words before."""
        for at in range(2, len(passage) - 1):
            if passage.lower[at] not in passage.lexicon.or_words or not passage.kinds[at + 1] & Kind.ACRONYM:
                continue
            first = at
            while first > 0 and at - first < _LONGEST_ROLE and passage.kinds[first - 1] & Kind.CAP:
                first -= 1
                initials = "".join(part[0] for part in "-".join(passage.lower[first:at]).split("-") if part)
                if initials == passage.lower[at + 1]:
                    self.bodies.setdefault(initials, passage.slice(first, at))

    def meet(self, passage: Passage, phrase: Phrase) -> None:
        """Learn from a phrase that speaks: its name is a person's, its role is held by that person."""
        if phrase.name is None:
            self._bodies_heard.add(passage.slice(phrase.first, phrase.end).casefold())
            if phrase.role:
                text = passage.slice(
                    phrase.first + (passage.lower[phrase.first] in passage.lexicon.articles), phrase.end
                )
                key = role_key(text)
                if len(text) > len(self.role_names.get(key, "")):
                    self.role_names[key] = text
            return
        text = passage.slice(*phrase.name)
        self._person(text)
        self._cache.clear()
        if phrase.role:
            self.roles.setdefault(role_key(passage.slice(*phrase.role)), text)

    def lengthen(self, title: Passage) -> None:
        """A person of one word may have two in the title, whose other words are no names ("Bowo Sidik Akui ...")."""
        for run in runs(title):
            for at in range(run.first, run.end - 1):
                key = title.lower[at]
                if key in title.people and self.full(title.words[at]).casefold() == key and self._named(title, at + 1):
                    text = title.slice(at, at + 2)
                    self._person(text)
                    self._form(text, title, at)
                    self._certain.add(text)
                    self._cache.clear()
        self._titles.update(title.lower)

    def _named(self, title: Passage, index: int) -> bool:
        """Whether a word of a headline can be a name: it is no verb and the article has it with a capital only."""
        lexicon, word = title.lexicon, title.lower[index]
        known = word in self._lower or word in lexicon.headline or word in lexicon.headline_words
        known = known or bool(title.kinds[index] & _ORDINARY) or lexicon.after.at(title.lower, index) is not None
        verb = len(word) > 5 and word.startswith(lexicon.predicate_prefixes) and bool(lexicon.predicate_prefixes)
        return not (known or verb or word.endswith("kan") or lexicon.before.at(title.lower, index))

    def heard(self, text: str) -> bool:
        """Whether a body speaks in the article under this name."""
        return text.casefold() in self._bodies_heard

    def mentions(self, name: str) -> bool:
        """Whether a person is named in the article, be it by first or last name only."""
        words = name.casefold().split()
        forms = [form for word in {words[0], words[-1]} for form in self._forms.get(word, ())]
        told = any(set(form.casefold().split()) <= set(words) for form in forms)
        return told or not self._titles.isdisjoint((words[0], words[-1]))

    def expanded(self, text: str) -> str:
        """A role with the body in full: 'ketua komisi' -> 'ketua Komisi Pemilihan Umum'."""
        return " ".join(self._heads.get(word, word) for word in text.split())

    def spelt(self, text: str) -> str:
        """A text with the short forms of bodies in full: 'Ketua KSB' -> 'Ketua Komisi Sungai Besar'."""
        return " ".join(self.bodies.get(word.casefold(), word) for word in text.split())

    def full(self, name: str) -> str:
        """The fullest form of a person's name in the article."""
        key = name.casefold()
        if key not in self._cache:
            self._cache[key] = self._full(name, key)
        return self._cache[key]

    def _full(self, name: str, key: str) -> str:
        alias = self.people.get(key, name)
        if alias.casefold() != key:
            return self.full(alias)
        words = key.split()
        if len(words) > 2 and words[0] in self._of_bodies:
            return self.full(" ".join(name.split()[1:]))
        longest = self._longest(words)
        if longest:
            return longest
        return self._stem(words[0]) or name if len(words) == 1 else name

    def _longest(self, words: list[str]) -> str | None:
        """The longest form that holds a name: what a model took for one, else a run of capitals.

        Where a model took the shorter name alone, a run at the start of a sentence that only ends in it says little:
        capitals also join what is no name to it ("Rupanya Sahila").
        """
        forms = [form for form in self._forms.get(words[0], ()) if len(form.split()) > len(words)]
        longer = [form for form in forms if _holds(form.casefold().split(), words) and self._proper(form, words)]
        ahead = [form for form in longer if form.casefold().split()[: len(words)] == words]
        introduced = [form for form in longer if form.casefold() in self.people and form in self._certain]
        told = [form for form in longer if form.casefold() in self._recognised]
        certain = [form for form in longer if form in self._certain]
        choices = [_both(ahead, told), _both(ahead, introduced), told]
        if " ".join(words) not in self._recognised:
            choices += [introduced, certain, [form for form in longer if form in ahead or len(self._places[form]) > 1]]
        else:
            single = sum(word not in self._particles for word in words) == 1
            choices += [ahead] + ([introduced, certain] if single else [])
        known = next(filter(None, choices), [])
        longest = max(known, key=lambda form: (len(form.split()), len(self._places[form])), default=None)
        return self._usual(longest, known) if longest else None

    def _proper(self, form: str, words: list[str]) -> bool:
        """Whether no word that the article has in small letters stands before a name: not "Jawaban Ratna"."""
        key = form.casefold()
        if key in self._recognised or key in self.people:
            return True
        ahead = key[: key.find(" ".join(words))].split()
        return not any(len(word) >= _SHORTEST_STEM and word in self._lower for word in ahead)

    def _usual(self, longest: str, known: list[str]) -> str:
        """The form that the article keeps to, where the longest goes on once ("Budi Santoso Associates")."""
        if len(self._places[longest]) > 1:
            return longest
        begun = [form for form in known if longest.startswith(f"{form} ") and len(self._places[form]) >= _OFTEN]
        return max(begun, key=lambda form: len(self._places[form]), default=longest)

    def _stem(self, word: str) -> str | None:
        """The only person whose first name begins with a short form: "Enggar" for "Enggartiasto Lukita"."""
        if len(word) < _SHORTEST_STEM:
            return None
        found = {
            text for key, text in self.people.items() if key.startswith(word) and " " in key and key.split()[0] != word
        }
        return found.pop() if len(found) == 1 else None

    def holder(self, key: RoleKey) -> str | None:
        """The person who holds a role in this article; a shorter role does when only one holder fits."""
        if key in self.roles:
            return self.full(self.roles[key])
        key = key - {"leader"} or key
        found = {
            self.full(name) for role, name in self.roles.items() if key and key <= role and "former" not in role - key
        }
        return found.pop() if len(found) == 1 else None

    def body(self, text: str) -> str:
        """The full name of a body."""
        return self.bodies.get(text.casefold(), text)

    def trusted(self, text: str) -> bool:
        """Whether a name was seen inside a sentence or was introduced by a role."""
        key = text.casefold()
        return key in self._trusted or key in self.people or len(self.full(text)) > len(text) or key in self.bodies

    def person(self, text: str) -> bool:
        """Whether a name is known to be a person's: introduced by a role, or a speaker's."""
        return text.casefold() in self.people or self.full(text).casefold() in self.people

    def spellings(self) -> dict[str, list[str]]:
        """Each person's fullest name with all forms that stand for it."""
        found: dict[str, list[str]] = {}
        for key, text in self.people.items():
            found.setdefault(self.full(text), []).append(key)
        return found


def _without_lead(passage: Passage) -> Callable[[Run], Run]:
    """Cuts a common word off a run that begins a sentence: 'Cerita Ratna'."""

    def cut(run: Run) -> Run:
        common = run.initial and run.end - run.first > 1 and passage.lower[run.first] in passage.lexicon.headline_words
        return run._replace(first=run.first + 1) if common else run

    return cut


def _of_site(passage: Passage, first: int) -> bool:
    """Whether a name is only that of a place named after somebody: 'Bandara Budi Santoso'."""
    sites = passage.lexicon.sites
    return passage.lower[first] in sites or (first > 0 and passage.lower[first - 1] in sites)


def _both(some: list[str], others: list[str]) -> list[str]:
    return [form for form in some if form in others]


def _may_be_called(name: str, nickname: str) -> bool:
    """Whether the consonants of a nickname, two at least, come in the name in the same order: Igun in Ivan Gunawan."""
    wanted, letters = [letter for letter in nickname if letter not in _VOWELS], iter(name.casefold())
    return len(wanted) > 1 and all(letter in letters for letter in wanted)


def runs(passage: Passage) -> Iterator[Run]:
    """The runs of name words of a part, in order."""
    index, size = 0, len(passage)
    while index < size:
        if not passage.named(index) or passage.kinds[index] & (Kind.ADVERB | Kind.PREP | Kind.BOUND):
            index += 1
            continue
        end = index + 1
        while end < size and end - index < _LONGEST_NAME and _goes_on(passage, end, size):
            end += 1
        while passage.words[end - 1] == "." or not passage.kinds[end - 1] & Kind.CAP:
            end -= 1
        while end - index > 2 and index and passage.lower[index] in passage.bodies and _ruled(passage, index - 1):
            index += 1
        yield Run(index, end, index == 0 or passage.words[index - 1] in '.!?\n"“”:-–—')
        index = end


def _ruled(passage: Passage, index: int) -> bool:
    """Whether an office or a body stands here, whose name goes on behind it."""
    return bool(passage.kinds[index] & (Kind.ROLE | Kind.ORG | Kind.TAIL | Kind.ACRONYM))


def _goes_on(passage: Passage, index: int, size: int) -> bool:
    if passage.named(index):
        return True
    upper_next = index + 1 < size and passage.named(index + 1)
    if passage.words[index] == ".":
        return upper_next and len(passage.words[index - 1]) == 1
    particle = passage.kinds[index] & Kind.PARTICLE and not passage.kinds[index] & Kind.PREP
    return bool(particle) and upper_next


def _run_before(passage: Passage, end: int) -> tuple[int, int] | None:
    first = end
    while first > 0 and end - first < _LONGEST_NAME and passage.kinds[first - 1] & Kind.CAP:
        first -= 1
    return name_in(passage, first, end) if first < end else None


def introduction(passage: Passage, run: Run) -> int | None:
    """The first token of the role or title right before a run, which says that the run names a person."""
    first, role = run.first, None
    while first > 0 and run.first - first < _LONGEST_ROLE:
        kind = passage.kinds[first - 1]
        if kind & (Kind.ROLE | Kind.RANK):
            role = first - 1
        elif kind & Kind.ORG and (first < run.first or passage.lower[first] in passage.people):
            pass
        elif not (kind & (Kind.TAIL | Kind.PLACE | Kind.ACRONYM) or _aside_mark(passage, first - 1, run)):
            break
        first = _spelt_out(passage, first - 1)
    return role


def _spelt_out(passage: Passage, index: int) -> int:
    """Where the words begin whose initials stand in brackets that close here ('Tentara Laut Oranta (TLO)'), or here."""
    short = passage.lower[index - 1] if index > 1 else ""
    first = index - 2 - len(short)
    if passage.words[index] != ")" or passage.words[index - 2] != "(" or first < 0:
        return index
    initials = "".join(word[0] for word in passage.lower[first : index - 2])
    return first if initials == short and passage.kinds[index - 1] & Kind.ACRONYM else index


def _aside_mark(passage: Passage, index: int, run: Run) -> bool:
    """Whether a mark belongs to the title or role: brackets, "Dr.", and the comma of an apposition ("..., X Y,")."""
    word = passage.words[index]
    if word == ".":
        return index > 0 and bool(passage.kinds[index - 1] & Kind.RANK)
    closed = run.end < len(passage) and passage.words[run.end] == ","
    return word in "()" or (word == "," and closed and index == run.first - 1)


def _short_for(passage: Passage, index: int, run: tuple[int, int]) -> bool:
    """Whether a word in brackets is short for the name before it; an acronym must have its initials."""
    kind = passage.kinds[index]
    if not kind & Kind.CAP or kind & (Kind.PLACE | Kind.DATE):
        return False
    initials = "".join(word[0] for word in passage.lower[run[0] : run[1]])
    return not kind & Kind.ACRONYM or passage.lower[index] == initials


def _holds(form: list[str], words: list[str]) -> bool:
    size = len(words)
    return any(form[at : at + size] == words for at in range(len(form) - size + 1))


def country(passage: Passage, first: int, end: int) -> str | None:
    """The country whose government speaks when the phrase is a country or its capital; a palace speaks for itself."""
    place = passage.places.get(first)
    if place is None:
        return None
    stop, code = place
    if passage.lexicon.palaces.at(passage.lower, first):
        return None
    aside = stop < end and passage.words[stop] == "("
    return country_name(code, passage.lexicon.language) if stop == end or aside else None


__all__ = ["Names", "Run", "country", "name_key", "runs"]
