"""Officials by name, by alias, and by role at a date: "Sekjen NATO" in January 2022 is Jens Stoltenberg.

Role words are compared as concepts, so that abbreviations, synonyms and the languages that Pantau knows meet: "Menlu
AS", "Menteri Luar Negeri Amerika Serikat" and "US foreign minister" have the same key.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache, lru_cache
from typing import NamedTuple

from pipeline.news.lexicons import LANGUAGES, Phrases, tables, territories
from schemas.catalog import Official, Role, Snapshot

RoleKey = frozenset[str]
_WORD = re.compile(r"[^\W_]+(?:[.'’\-][^\W_]+)*")
_BRACKETS = re.compile(r"\([^()]{0,80}\)")


class Link(NamedTuple):
    """An official, why it is meant (name, alias, surname or role) and how sure that is, 0 to 1."""

    official: Official
    reason: str
    confidence: float


class Roster:
    """The officials of one catalog, ready to be looked up."""

    def __init__(self, officials: Iterable[Official]) -> None:
        self._names: dict[str, dict[str, Official]] = {}
        self._aliases: dict[str, dict[str, Official]] = {}
        self._firsts: dict[str, dict[str, Official]] = {}
        self._surnames: dict[str, dict[str, Official]] = {}
        self._roles: dict[RoleKey, list[tuple[Official, Role]]] = {}
        for official in officials:
            self._add(official)

    @staticmethod
    @lru_cache(maxsize=4)
    def of(snapshot: Snapshot) -> "Roster":
        """The roster of a catalog; the same object for the same snapshot."""
        return Roster(snapshot.officials)

    def _add(self, official: Official) -> None:
        self._names.setdefault(name_key(official.name), {})[official.id] = official
        for alias in official.aliases:
            self._aliases.setdefault(name_key(alias), {})[official.id] = official
        if official.kind == "person":
            words = name_key(official.name).split(" ")
            self._firsts.setdefault(words[0], {})[official.id] = official
            self._surnames.setdefault(words[-1], {})[official.id] = official
        for role in official.roles:
            for key in {role_key(title) for title in (role.title, *role.aliases)}:
                self._roles.setdefault(key, []).append((official, role))

    def named(self, name: str) -> Link | None:
        """The only official with this name, alias or (less sure) surname. A first name alone means too many people; one
        by which papers call an official is an alias.
        """
        key = name_key(name)
        if not key:
            return None
        for table, reason, confidence in (
            (self._names, "name", 1.0), (self._aliases, "alias", 0.95), (self._surnames, "surname", 0.7),
        ):  # fmt: skip
            found = table.get(key, {})
            if found:
                return Link(next(iter(found.values())), reason, confidence) if len(found) == 1 else None
        return self._longer(key)

    def _longer(self, key: str) -> Link | None:
        """An official whose first and last name are those of a longer or shorter form."""
        words = key.split(" ")
        if len(words) < 2:
            return None
        first, last = self._firsts.get(words[0], {}), self._surnames.get(words[-1], {})
        both = [
            official for id, official in {**first, **last}.items() if _same(words, name_key(official.name).split(" "))
        ]
        return Link(both[0], "name", 0.85) if len(both) == 1 else None

    def forms(self) -> Iterator[tuple[str, Link]]:
        """Every name and alias that means one official only."""
        for table, reason, confidence in ((self._names, "name", 1.0), (self._aliases, "alias", 0.95)):
            for key, found in table.items():
                if len(found) == 1:
                    yield key, Link(next(iter(found.values())), reason, confidence)

    def titles(self) -> Iterator[str]:
        """Every title of every office, as written."""
        for held in self._roles.values():
            for _, role in held:
                yield from (role.title, *role.aliases)

    def holder(self, role: str | RoleKey, on: date) -> Link | None:
        """The only official who held this role on a day. "Chief of X" is whoever alone held any office of X."""
        key = role_key(role) if isinstance(role, str) else role
        found = {official.id: official for official, held in self._roles.get(key, ()) if _held(held, on)}
        if not found and "leader" in key and len(key) > 1:
            return self._leader(key - {"leader"}, on)
        return Link(next(iter(found.values())), "role", 0.9) if key and len(found) == 1 else None

    def _leader(self, body: RoleKey, on: date) -> Link | None:
        found = {
            official.id: official
            for key, every in self._roles.items()
            if body < key
            for official, held in every
            if _held(held, on)
        }
        return Link(next(iter(found.values())), "role", 0.75) if len(found) == 1 else None


def _held(role: Role, on: date) -> bool:
    return (role.since is None or role.since <= on) and (role.until is None or on < role.until)


def _same(a: list[str], b: list[str]) -> bool:
    """Whether two names of two words or more are one person's: all words of the shorter are in the longer, in order."""
    short, long = sorted((a, b), key=len)
    rest = iter(long)
    return len(short) >= 2 and all(word in rest for word in short)


@lru_cache(maxsize=4096)
def name_key(name: str) -> str:
    """A name without case, accents, punctuation and double spaces."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return " ".join(_WORD.findall(bare.casefold()))


@lru_cache(maxsize=4096)
def role_key(text: str) -> RoleKey:
    """The concepts in a role: {"foreign-minister", "country:US"}. Bracketed short forms are left out."""
    words = [word.casefold() for word in _WORD.findall(_BRACKETS.sub(" ", text))]
    found, index = set(), 0
    while index < len(words):
        match = _concepts().at(words, index)
        if match:
            found.add(match[1])
        elif words[index] not in _empty():
            found.add(words[index])
        index += match[0] if match else 1
    return frozenset(found)


@cache
def _empty() -> frozenset[str]:
    """Words that say nothing of an office, in any language."""
    return frozenset(word for language in LANGUAGES for word in tables(language)["words"].get("empty", ()))


@cache
def _concepts() -> Phrases:
    found: dict[str, str] = {}
    for language in LANGUAGES:
        found |= {name: f"country:{code}" for name, code in territories(language).items()}
    for language in LANGUAGES:
        for concept, ways in tables(language)["synonyms"].items():
            found |= dict.fromkeys(ways, concept)
    return Phrases(found)
