"""The words of a language that show who speaks: cues, roles, pronouns, capitals. A language is data, not code.

Every file here holds the same tables (see id.toml). A language without a file gets the generic lexicon, which is
empty: only quotation marks are found, and nobody is named by guess.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from babel import Locale

GENERIC = "generic"
LANGUAGES = tuple(
    sorted(file.name.removesuffix(".toml") for file in files(__name__).iterdir() if file.name.endswith(".toml"))
)
"""The names of the lexicon files."""
TIERS = ("calling", "wish", "joint", "clause", "strong")
"""How strong a cue is; a cue of several tiers counts with the last."""

_VERBS = {
    "wish": ("wish", "wished"),
    "calling": ("calling", "judging"),
    "strong": ("joint", "clause", "strong", "said"),
}
"""Where a dependency tree shows clauses, verbs of saying are of three tiers."""


class Kind:
    """What a word can be; several at once. Plain numbers: an IntFlag would take half of the reading time."""

    ROLE = 1
    TAIL = 2
    RANK = 4
    ORG = 8
    HEAD = 16
    PLACE = 32
    PRONOUN = 64
    PLURAL = 128
    PREP = 256
    BOUND = 512
    ADVERB = 1024
    DATE = 2048
    PARTICLE = 4096
    CAP = 1 << 13
    ACRONYM = 1 << 14
    WORD = 1 << 15


_TABLES = (
    (Kind.ROLE, "speakers", "roles"),
    (Kind.TAIL, "speakers", "tails"),
    (Kind.RANK, "speakers", "ranks"),
    (Kind.ORG, "speakers", "organisations"),
    (Kind.HEAD, "speakers", "heads"),
    (Kind.PRONOUN, "words", "pronouns"),
    (Kind.PLURAL, "words", "plural_pronouns"),
    (Kind.PREP, "words", "prepositions"),
    (Kind.BOUND, "words", "boundaries"),
    (Kind.ADVERB, "words", "adverbs"),
    (Kind.DATE, "words", "dates"),
    (Kind.PARTICLE, "words", "particles"),
)


class Phrases:
    """Phrases of one or more words, found at a place in a list of lower-case words; the longest wins."""

    def __init__(self, phrases: Mapping[str, str]) -> None:
        self._by_first: dict[str, list[tuple[list[str], str]]] = {}
        for phrase, value in sorted(phrases.items(), key=lambda item: -len(item[0].split())):
            words = phrase.split()
            self._by_first.setdefault(words[0], []).append((words, value))

    def at(self, words: list[str], index: int) -> tuple[int, str] | None:
        """How many words match here and what they stand for."""
        for phrase, value in self._by_first.get(words[index], ()):
            if words[index : index + len(phrase)] == phrase:
                return len(phrase), value
        return None


@dataclass(frozen=True, eq=False)
class Setting:
    """Words that tell when, where and on what occasion somebody spoke, and under which condition.

    head_first  modifiers follow their noun ("rapat kerja"); day_first: 1/7 is the first of July
    shifting    words that move a weekday by weeks: "next", "last"
    weekdays    names of days that CLDR does not have, Monday 0
    """

    places: frozenset[str]
    prepositions: frozenset[str]
    occasions: Phrases
    day_particles: frozenset[str]
    today: Phrases
    yesterday: Phrases
    shifting: frozenset[str]
    denials: Phrases
    conditions: frozenset[str]
    asking: frozenset[str]
    head_first: bool = False
    day_first: bool = True
    weekdays: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Lexicon:
    """One language. `kinds` are word classes; `before` maps a cue to its tier (strong, clause, joint or wish);
    `verbs` the same where there is a tree.
    """

    language: str
    suffix: str
    subject_first: bool
    single_marks: bool
    dash_dialogue: bool
    after: Phrases
    plain: Phrases
    before: Phrases
    verbs: Phrases
    according: Phrases
    relayed: Phrases
    predicate_prefixes: tuple[str, ...]
    verb_prefixes: tuple[str, ...]
    verb_circumfixes: tuple[tuple[str, str], ...]
    noun_circumfixes: tuple[tuple[str, str], ...]
    media: Mapping[str, frozenset[str]]
    media_cues: Phrases
    governments: Phrases
    places: Phrases
    palaces: Phrases
    kinds: Mapping[str, int]
    lead: frozenset[str]
    headline: frozenset[str]
    predicates: frozenset[str]
    predicate_stops: frozenset[str]
    subordinates: frozenset[str]
    complementisers: frozenset[str]
    far_complementisers: frozenset[str]
    purposes: frozenset[str]
    repeats: frozenset[str]
    objects: frozenset[str]
    agents: frozenset[str]
    relatives: frozenset[str]
    copulas: frozenset[str]
    role_prepositions: frozenset[str]
    negations: frozenset[str]
    manners: frozenset[str]
    clause_joints: frozenset[str]
    list_joints: frozenset[str]
    deictics: frozenset[str]
    abbreviations: frozenset[str]
    surnames: frozenset[str]
    relations: frozenset[str]
    sites: frozenset[str]
    given_names: frozenset[str]
    verblike_nouns: frozenset[str]
    serving: frozenset[str]
    things: frozenset[str]
    persons: frozenset[str]
    locatives: frozenset[str]
    topics: frozenset[str]
    headline_words: frozenset[str]
    tellings: frozenset[str]
    passives: frozenset[str]
    articles: frozenset[str]
    or_words: frozenset[str]
    relaying: frozenset[str]
    nicknames: frozenset[str]
    administrations: tuple[str, ...]
    setting: Setting
    nobodies: frozenset[str]
    focusing: frozenset[str]
    denying: frozenset[str]
    modals: frozenset[str]
    aspects: frozenset[str]
    sourcing: frozenset[str]
    accusing: frozenset[str]
    contrasts: frozenset[str]
    narrators: frozenset[str]
    embedding: frozenset[str]
    suppositions: frozenset[str]
    works: frozenset[str]
    questions: frozenset[str]
    masculine: frozenset[str]
    feminine: frozenset[str]
    masculine_names: frozenset[str]
    feminine_names: frozenset[str]
    definite: frozenset[str]
    nationals: frozenset[str]
    postnominals: frozenset[str]
    incumbent: frozenset[str]
    negative_suffixes: tuple[str, ...]
    plural_endings: tuple[str, ...]
    age_endings: tuple[str, ...]
    participle_endings: tuple[str, ...]


@cache
def lexicon(language: str) -> Lexicon:
    """The lexicon of a language tag ("id", "en-GB"); the generic one when there is no file for it."""
    code = re.split(r"[-_]", language.casefold(), maxsplit=1)[0]
    return _build(code if code in LANGUAGES else GENERIC)


@cache
def tables(name: str) -> Mapping[str, Any]:
    """The tables of one lexicon file."""
    return tomllib.loads((files(__name__) / f"{name}.toml").read_text(encoding="utf-8"))


@cache
def territories(language: str) -> Mapping[str, str]:
    """Lower-case country names to their ISO codes: CLDR's, with what newspapers write, capitals and palaces."""
    found: dict[str, str] = {}
    if language != GENERIC:
        names = Locale(language).territories
        found = {name.casefold(): code for code, name in names.items() if len(code) == 2 and code.isalpha()}
    for code, words in tables(language).get("governments", {}).items():
        found.update(dict.fromkeys(words, code))
    return found


@cache
def country_name(code: str, language: str) -> str:
    """What newspapers in a language call a country."""
    name = tables(language).get("names", {}).get(code)
    return str(name or Locale(language).territories.get(code, code))


def _build(name: str) -> Lexicon:
    data = tables(name)
    cues, words, speakers, media = data["cues"], data["words"], data["speakers"], data["media"]
    sets = {
        "lead": cues, "headline": cues, "predicates": cues, "predicate_stops": cues, "subordinates": cues,
        "complementisers": cues,
        "far_complementisers": cues, "purposes": cues, "repeats": cues, "objects": cues, "agents": words,
        "relatives": words, "copulas": words, "role_prepositions": words, "negations": words, "clause_joints": words,
        "list_joints": words, "deictics": words, "abbreviations": words, "surnames": words, "relations": speakers,
        "sites": words, "verblike_nouns": words, "manners": words, "given_names": words,
        "serving": speakers,
        "things": speakers, "persons": speakers, "locatives": words, "topics": words, "headline_words": words,
        "tellings": cues, "passives": cues, "articles": words, "or_words": words, "relaying": cues, "nicknames": words,
        "nobodies": words, "focusing": words, "denying": words, "modals": words, "aspects": cues, "sourcing": cues,
        "accusing": cues, "contrasts": words, "questions": words, "narrators": words, "suppositions": words,
        "works": words, "embedding": words,
        "masculine": speakers, "feminine": speakers, "masculine_names": speakers, "feminine_names": speakers,
        "definite": words, "nationals": speakers, "postnominals": speakers, "incumbent": speakers,
    }  # fmt: skip
    return Lexicon(
        language=name,
        suffix=cues.get("suffix", ""),
        subject_first=cues.get("subject_first", False),
        single_marks=cues.get("single_marks", False),
        dash_dialogue=cues.get("dash_dialogue", False),
        after=_phrases(cues.get("after", ())),
        plain=_phrases(cues.get("plain", ())),
        before=Phrases({cue: tier for tier in TIERS for cue in cues.get(tier, ())}),
        verbs=Phrases({cue: tier for tier, keys in _VERBS.items() for key in keys for cue in cues.get(key, ())}),
        according=_phrases(cues.get("according", ())),
        relayed=_phrases(cues.get("relayed", ())),
        predicate_prefixes=tuple(cues.get("predicate_prefixes", ())),
        verb_prefixes=tuple(cues.get("verb_prefixes", ())),
        noun_circumfixes=tuple((start, end) for start, end in words.get("noun_circumfixes", ())),
        verb_circumfixes=tuple((start, end) for start, end in cues.get("verb_circumfixes", ())),
        media={key: frozenset(value) for key, value in media.items()},
        media_cues=_phrases(media.get("cues", ())),
        governments=Phrases(territories(name)),
        places=_phrases(speakers.get("places", ())),
        palaces=_phrases(speakers.get("palaces", ())),
        kinds=_kinds(data),
        administrations=tuple(speakers.get("administrations", ())),
        setting=_setting(data.get("setting", {})),
        negative_suffixes=tuple(words.get("negative_suffixes", ())),
        plural_endings=tuple(words.get("plural_endings", ())),
        age_endings=tuple(words.get("age_endings", ())),
        participle_endings=tuple(words.get("participle_endings", ())),
        **{key: frozenset(table.get(key, ())) for key, table in sets.items()},
    )


def _setting(table: Mapping[str, Any]) -> Setting:
    sets = {
        key: frozenset[str](table.get(key, ()))
        for key in ("places", "prepositions", "day_particles", "shifting", "conditions", "asking")
    }
    phrases = {key: _phrases(table.get(key, ())) for key in ("occasions", "today", "yesterday", "denials")}
    kept = {key: table[key] for key in ("head_first", "day_first", "weekdays") if key in table}
    return Setting(**sets, **phrases, **kept)  # type: ignore[arg-type]


def _phrases(words: Iterable[str]) -> Phrases:
    return Phrases({word: word for word in words})


def _kinds(data: Mapping[str, Any]) -> dict[str, int]:
    kinds: dict[str, int] = {}
    for kind, table, key in _TABLES:
        for word in data[table].get(key, ()):
            kinds[word] = kinds.get(word, 0) | kind
    return kinds
