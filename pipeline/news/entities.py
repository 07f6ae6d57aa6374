"""Who and what is named in an article.

Names are found by a model where there is one, and by rules: a role before a name, names that speak, short forms in
brackets, countries, bodies with their acronyms, officials of the catalog. What a model found (`Passage.found`) stays;
the rules fill the gaps and never override it.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from pipeline.news.lexicons import GENERIC, Kind, country_name
from pipeline.news.officials import Link, Roster, name_key
from pipeline.news.statements.names import Names, Run, introduction, runs
from pipeline.news.statements.tokens import Passage
from schemas.article import Entity, EntityKind, Mention, Part
from schemas.catalog import Official

_UNSPACED = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{2,}")
_RARE_CAPITALS = 0.3
"""Share of capitalised words inside sentences up to which they mean names: a third and more is German, or headlines."""
_NOT_SLUG = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Named:
    """A span that names something, with its canonical name."""

    part: Part
    start: int
    end: int
    kind: EntityKind
    name: str


def slug(text: str) -> str:
    """A name as it stands in ids: "Jens Stoltenberg" -> "jens-stoltenberg". Letters of every script stay."""
    return _NOT_SLUG.sub("-", name_key(text)).strip("-")


def entity_id(kind: str, name: str, link: Link | None) -> str:
    """The official's id, else kind and name."""
    return link.official.id if link else f"{kind}:{slug(name)}"


def entities(passages: Sequence[Passage], names: Names, roster: Roster) -> tuple[Entity, ...]:
    """The entities of an article in the order of their first mention."""
    groups: dict[str, _Group] = {}
    sure = 0.5 if any(passage.lexicon.language == GENERIC for passage in passages) else 0.8
    for span in spans(passages, names, roster):
        link = roster.named(span.name)
        kind = link.official.kind if link else span.kind
        group = groups.setdefault(entity_id(kind, span.name, link), _Group(kind, span.name, link, sure))
        group.add(span, passages)
    return tuple(group.entity(id) for id, group in groups.items())


def spans(passages: Sequence[Passage], names: Names, roster: Roster) -> list[Named]:
    """All spans that name something, in order and without overlap: what a model found, and by rules what is between."""
    taken: list[Named] = []
    known = _Known(names, roster, passages)
    for passage in passages:
        taken += sorted([*_modelled(passage, names), *known.spans(passage), *_unspaced(passage, roster)], key=_start)
    return taken


def _unspaced(passage: Passage, roster: Roster) -> Iterator[Named]:
    """The officials' names in scripts that set no spaces between words."""
    pattern, known = _officials_unspaced(roster)
    for match in pattern.finditer(passage.text) if pattern else ():
        official = known[match.group()]
        yield Named(passage.part, match.start(), match.end(), official.kind, official.name)


@lru_cache(maxsize=4)
def _officials_unspaced(roster: Roster) -> tuple[re.Pattern[str] | None, dict[str, Official]]:
    known = {form: link.official for form, link in roster.forms() if _UNSPACED.fullmatch(form)}
    longest = sorted(known, key=len, reverse=True)
    return (re.compile("|".join(longest)) if longest else None), known


def _capitalised(passage: Passage) -> Iterator[str]:
    """Where neither a model nor a lexicon serves the language: two capitalised words and more inside a sentence, unless
    the language writes all nouns so.
    """
    inside = [
        at for at in range(1, len(passage)) if passage.words[at - 1][0].isalpha() and passage.words[at][0].isalpha()
    ]
    upper = sum(bool(passage.kinds[at] & Kind.CAP) for at in inside)
    if upper <= _RARE_CAPITALS * len(inside):
        for run in runs(passage):
            if not run.initial and run.end - run.first > 1:
                yield passage.slice(run.first, run.end)


def _start(span: Named) -> int:
    return span.start


def _modelled(passage: Passage, names: Names) -> Iterator[Named]:
    for first, end, kind in passage.found:
        name = canonical(passage, first, end, kind, names)
        yield Named(passage.part, passage.starts[first], passage.ends[end - 1], kind, name)


def canonical(passage: Passage, first: int, end: int, kind: EntityKind, names: Names) -> str:
    """The full name of what is named at tokens first..end-1."""
    text = passage.slice(first, end)
    if kind == "person":
        return names.full(text)
    if kind == "organisation":
        return names.body(text)
    known = passage.places.get(first)
    return country_name(known[1], passage.lexicon.language) if known and known[0] == end else text


_Form = tuple[list[str], EntityKind, str]
"""A form in lower-case words, what it names, and its full name."""


def _length(form: _Form) -> int:
    return -len(form[0])


@lru_cache(maxsize=4)
def _officials(roster: Roster) -> dict[str, list[_Form]]:
    """The forms of all officials by their first word, the longest first."""
    found: dict[str, list[_Form]] = {}
    for form, link in roster.forms():
        words = form.split()
        if words:
            found.setdefault(words[0], []).append((words, link.official.kind, link.official.name))
    for forms in found.values():
        forms.sort(key=_length)
    return found


class _Known:
    """Everything that is named once, so that it is found wherever it is mentioned."""

    def __init__(self, names: Names, roster: Roster, passages: Sequence[Passage]) -> None:
        self._names, self._roster = names, roster
        self._by_first: dict[str, list[_Form]] = {}
        self._officials = _officials(roster)
        self._model_read = any(passage.found for passage in passages)
        for full, forms in names.spellings().items():
            for form in {full.casefold(), *forms}:
                self._learn(form, "person", full)
        for short, full in names.bodies.items():
            self._learn(short, "organisation", full)
            self._learn(full.casefold(), "organisation", full)
        for passage in passages:
            for at, end, kind in passage.found:
                if kind != "person":
                    full = canonical(passage, at, end, kind, names)
                    self._learn(passage.slice(at, end).casefold(), kind, full)
            if passage.lexicon.language == GENERIC:
                for text in _capitalised(passage):
                    self._learn(text.casefold(), "person", text)
        for first, entries in self._by_first.items():
            entries.extend(self._officials.get(first, ()))
            entries.sort(key=_length)

    def _learn(self, form: str, kind: EntityKind, name: str) -> None:
        words = form.split()
        if words:
            self._by_first.setdefault(words[0], []).append((words, kind, name))

    def spans(self, passage: Passage) -> list[Named]:
        result: list[Named] = []
        index, size = 0, len(passage)
        ends = {at: end for first, end, _ in passage.found for at in range(first, end)}
        while index < size:
            if index in ends:
                index = ends[index]
                continue
            hit = self._at(passage, index) if passage.kinds[index] & Kind.CAP else None
            if hit and not any(at in ends for at in range(index, hit[0])):
                end, kind, name = hit
                result.append(Named(passage.part, passage.starts[index], passage.ends[end - 1], kind, name))
                index = end
            else:
                index += 1
        return result

    def _at(self, passage: Passage, index: int) -> tuple[int, EntityKind, str] | None:
        first = passage.lower[index]
        for words, kind, name in self._by_first.get(first) or self._officials.get(first) or ():
            if passage.lower[index : index + len(words)] == words:
                return index + len(words), kind, name
        place = passage.places.get(index)
        if place:
            return place[0], "place", country_name(place[1], passage.lexicon.language)
        return _body(passage, index, acronyms=not self._model_read)


def _body(passage: Passage, index: int, *, acronyms: bool) -> tuple[int, EntityKind, str] | None:
    """A word such as "Kementerian" with the capitalised words behind it, and where no model read the article, which
    tells bodies from units and initials, an acronym.
    """
    kind = passage.kinds[index]
    if acronyms and kind & Kind.ACRONYM and not kind & (Kind.ROLE | Kind.RANK | Kind.DATE) and passage.part != "title":
        return index + 1, "organisation", passage.words[index]
    if not kind & Kind.ORG or passage.part == "title":
        return None
    end = index + 1
    while (
        end < len(passage) and end - index < 6 and passage.kinds[end] & Kind.CAP and not passage.kinds[end] & Kind.DATE
    ):
        end += 1
    return (end, "organisation", passage.slice(index, end)) if end - index > 1 else None


def _role(passage: Passage, span: Named) -> str | None:
    """The office right before a person's name, as written: "Menteri Luar Negeri Jepang"."""
    if passage.part == "title":
        return None
    run = Run(bisect_left(passage.starts, span.start), bisect_left(passage.starts, span.end), initial=False)
    first = introduction(passage, run)
    return passage.slice(first, run.first).rstrip(" ,(") if first is not None else None


@dataclass
class _Group:
    kind: EntityKind
    name: str
    link: Link | None
    sure: float
    mentions: list[Mention] = field(default_factory=list)
    aliases: dict[str, None] = field(default_factory=dict)
    roles: dict[str, None] = field(default_factory=dict)

    def add(self, span: Named, passages: Sequence[Passage]) -> None:
        passage = next(passage for passage in passages if passage.part == span.part)
        self.mentions.append(Mention(passage.part, span.start, span.end))
        text = " ".join(passage.text[span.start : span.end].split())
        if text not in (self.name, self.link and self.link.official.name):
            self.aliases[text] = None
        role = _role(passage, span) if self.kind == "person" else None
        if role:
            self.roles[role] = None

    def entity(self, id: str) -> Entity:
        link = self.link
        return Entity(
            entity_id=id,
            kind=self.kind,
            name=link.official.name if link else self.name,
            mentions=tuple(self.mentions),
            aliases=tuple(self.aliases),
            roles=tuple(self.roles),
            official=link.official.id if link else None,
            reason=link.reason if link else None,
            confidence=link.confidence if link else self.sure,
        )
