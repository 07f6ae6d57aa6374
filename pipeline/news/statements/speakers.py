"""Who a mention means: pronouns, surnames, roles and capitals, resolved in reading order with a memory."""

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from pipeline.news.lexicons import Kind
from pipeline.news.officials import Link, RoleKey, Roster, role_key
from pipeline.news.statements.claims import Claim
from pipeline.news.statements.genders import Gender, gender, of_name
from pipeline.news.statements.names import Names, country
from pipeline.news.statements.phrases import Phrase, name_in
from pipeline.news.statements.tokens import Passage

_NAMED = 12
"""Persons and speakers before that a pronoun or an office can mean."""

_INTRODUCED_REACH = 300
_NAMED_REACH = 10
"""Tokens back to where somebody was introduced, and from there to their name: 'seorang pria, Budi Santoso,'."""

SpeakerKind = Literal["person", "organisation", "role", "unknown"]


@dataclass(frozen=True, slots=True)
class Speaker:
    """Someone who speaks. `reasons` leads from the mention to the name; `roles` are the concepts said of them."""

    name: str | None
    kind: SpeakerKind
    reasons: tuple[str, ...]
    link: Link | None = None
    roles: frozenset[str] = frozenset()

    def because(self, reason: str) -> "Speaker":
        """The same speaker, reached by one step more."""
        return replace(self, reasons=(reason, *self.reasons))


NOBODY = Speaker(None, "unknown", ("unknown",))


@dataclass
class Memory:
    """Who spoke last and who was talked about last, while an article is read from its start to its end."""

    names: Names
    roster: Roster
    on: date
    narrated: bool = False
    last: Speaker | None = None
    person: Speaker | None = None
    focus: Speaker | None = None
    group: Speaker | None = None
    seen: list[Speaker] = field(default_factory=list)
    named: list[Speaker] = field(default_factory=list)
    genders: dict[str, Gender] = field(default_factory=dict)
    roles: dict[str, RoleKey] = field(default_factory=dict)

    def speaker(self, passage: Passage, claim: Claim) -> Speaker:
        """Who said it. Remembered as the last speaker."""
        found = self._resolve(passage, claim)
        self.heard(found)
        return found

    def heard(self, speaker: Speaker) -> None:
        """Someone spoke."""
        if speaker.name is None:
            return
        plain = replace(speaker, reasons=speaker.reasons[-1:])
        self.last = plain
        if speaker.kind in ("person", "role"):
            self.person = self.focus = plain
        else:
            self.group = plain
        self.seen.append(plain)

    def spoke(self, speaker: Speaker) -> bool:
        """Whether somebody has made a statement already."""
        return any(speaker.name == earlier.name for earlier in self.seen)

    def _resolve(self, passage: Passage, claim: Claim) -> Speaker:
        if claim.phrase is None:
            if claim.suffix:
                return self._pronoun("suffix-pronoun", self.person or self.last or self.focus)
            if claim.cue:
                return NOBODY
            return self.last.because("continuation") if self.last else NOBODY
        if claim.phrase.pronoun:
            return self._by_pronoun(passage, claim.phrase, claim.rule)
        return self.phrase(passage, claim.phrase)

    def _by_pronoun(self, passage: Passage, phrase: Phrase, rule: str) -> Speaker:
        if self.narrated:
            return NOBODY
        if passage.kinds[phrase.first] & Kind.PLURAL:
            return self._pronoun("plural-pronoun", self.group)
        wanted = gender((passage.lower[phrase.first],), passage.lexicon)
        if wanted:
            return self._pronoun("pronoun", self._of_gender(passage, wanted))
        if rule == "cue-quote":
            return self._pronoun("pronoun", self._undisputed())
        near = self.person if rule.startswith(("quote", "clause")) else self.focus
        return self._pronoun("pronoun", near or self.person or self.last or self.focus)

    def _undisputed(self) -> Speaker | None:
        """The person who was talked about last, unless somebody else spoke last: a story's "he" may be anybody."""
        found = {
            speaker.name: speaker
            for speaker in (self.focus, self.person, self.last)
            if speaker and (speaker.kind in {"person", "role"} or speaker is self.focus)
        }
        return next(iter(found.values())) if len(found) == 1 else None

    def _of_gender(self, passage: Passage, wanted: Gender) -> Speaker | None:
        """The last person of whom nothing says otherwise; from then on the gender is known."""
        for speaker in (self.focus, self.person, self.last, *reversed(self.named[-_NAMED:])):
            if speaker is None or speaker.name is None or speaker.kind not in {"person", "role"}:
                continue
            told = self.genders.get(speaker.name) or self._told(passage, speaker)
            if told in {wanted, None}:
                self.genders[speaker.name] = wanted
                return speaker
        return None

    @staticmethod
    def _told(passage: Passage, speaker: Speaker) -> Gender | None:
        name = (speaker.name or "").casefold()
        if speaker.kind == "role":
            return gender(name.split(), passage.lexicon)
        return of_name(name, passage.lexicon)

    def mention(self, passage: Passage, first: int, end: int) -> None:
        """Somebody was named in passing: the last ones can be meant by a pronoun."""
        name = self.names.full(passage.slice(first, end))
        self.named.append(self._linked(Speaker(name, "person", ("name",))))

    @staticmethod
    def _pronoun(reason: str, speaker: Speaker | None) -> Speaker:
        return speaker.because(reason) if speaker else NOBODY

    def phrase_or_pronoun(self, passage: Passage, phrase: Phrase) -> Speaker:
        """Who a noun phrase or a pronoun means."""
        return self._by_pronoun(passage, phrase, "") if phrase.pronoun else self.phrase(passage, phrase)

    def phrase(self, passage: Passage, phrase: Phrase) -> Speaker:
        """Who a noun phrase means."""
        if phrase.name:
            return self._by_name(passage, phrase)
        if phrase.several:
            return self._several(passage, phrase)
        if self._national(passage, phrase):
            return self.focus.because("the-same") if self.focus else NOBODY
        if passage.lower[phrase.first] in passage.lexicon.administrations:
            return self._administration(passage, phrase)
        place = country(passage, phrase.first, phrase.end)
        if place:
            return self._linked(Speaker(place, "organisation", ("country",)))
        return self._again(passage, phrase) or self._by_role(passage, phrase) or self._by_text(passage, phrase)

    def _administration(self, passage: Passage, phrase: Phrase) -> Speaker:
        """'pemerintahan Presiden AS Joe Biden' is no person: 'Pemerintahan Joe Biden'."""
        name = name_in(passage, phrase.first + 1, phrase.end)
        if name is None:
            return self._by_text(passage, phrase)
        person = self._linked(Speaker(self.names.full(passage.slice(*name)), "person", ()))
        head = passage.lexicon.administrations[0].capitalize()
        return Speaker(f"{head} {person.name}", "organisation", ("administration",))

    def _by_name(self, passage: Passage, phrase: Phrase) -> Speaker:
        assert phrase.name is not None
        short = passage.slice(*phrase.name)
        name = self._full(short)
        reasons = ("name",) if name == short else ("short-name", "full-name")
        roles = role_key(passage.slice(*phrase.role)) if phrase.role else frozenset()
        found = self._linked(Speaker(name, "person", reasons, roles=roles))
        self._learn(passage, phrase, found)
        return found

    def _full(self, short: str) -> str:
        """The fullest name; but an official's own name or alias is nobody else's short name."""
        name, link = self.names.full(short), self.roster.named(short)
        own = link is not None and link.reason != "surname" and self.roster.named(name) is None
        return short if own else name

    def _learn(self, passage: Passage, phrase: Phrase, speaker: Speaker) -> None:
        """What a mention says of a person: "Mrs", "actress", an office."""
        assert phrase.name is not None
        assert speaker.name is not None
        told = gender(passage.lower[phrase.first : phrase.name[0]], passage.lexicon)
        if told:
            self.genders.setdefault(speaker.name, told)
        self.roles[speaker.name] = self.roles.get(speaker.name, frozenset()) | speaker.roles

    def _national(self, passage: Passage, phrase: Phrase) -> bool:
        """'the German' is the person of the sentence before."""
        return (
            phrase.end - phrase.first == 2
            and passage.lower[phrase.first] in passage.lexicon.definite
            and passage.lower[phrase.first + 1] in passage.lexicon.nationals
        )

    def _linked(self, speaker: Speaker) -> Speaker:
        """The same speaker under the official's name when one is tracked."""
        link = self.roster.named(speaker.name) if speaker.name else None
        if link is None:
            return speaker
        kind: SpeakerKind = "person" if link.official.kind == "person" else "organisation"
        name = link.official.name
        reasons = (*speaker.reasons, f"official-{link.reason}")
        return replace(speaker, name=name, kind=kind, link=link, reasons=reasons)

    def _several(self, passage: Passage, phrase: Phrase) -> Speaker:
        """'Amerika Serikat dan NATO' -> 'Amerika Serikat; NATO'."""
        joint = next(
            (at for at in range(phrase.first, phrase.end) if passage.lower[at] in passage.lexicon.list_joints),
            phrase.end,
        )
        parts = [(phrase.first, joint), (joint + 1, phrase.end)]
        found = [country(passage, a, b) or self._one(passage, a, b) for a, b in parts if a < b]
        return Speaker("; ".join(name for name in found if name), "organisation", ("list",))

    def _one(self, passage: Passage, first: int, end: int) -> str:
        """One of a list: a person or a body."""
        name = name_in(passage, first, end)
        text = passage.slice(*name) if name else ""
        return self.names.full(text) if text and self.names.person(text) else self._body(passage.slice(first, end))

    def _body(self, text: str) -> str:
        """The name of a body: the official's, else its fullest in the article."""
        full = self.names.body(text)
        link = self.roster.named(full) or self.roster.named(text)
        return link.official.name if link else full

    def _again(self, passage: Passage, phrase: Phrase) -> Speaker | None:
        """'petinggi NATO tersebut': the last speaker of whom this was said, else the last one."""
        if passage.lower[phrase.end - 1] not in passage.lexicon.deictics:
            return None
        if not self.person:
            return self._inside(passage, phrase)
        if self.person.kind == "person" and _described_before(passage, phrase):
            return None
        key = role_key(passage.slice(phrase.first, phrase.end)) - {"former", "leader", "official"}
        fits = [speaker for speaker in reversed(self.seen) if key & speaker.roles and speaker.kind != "organisation"]
        if not fits and not _describes(passage, phrase) and not passage.kinds[phrase.first] & Kind.ROLE:
            return None
        return (fits[0] if fits else self.person).because("the-same")

    def _inside(self, passage: Passage, phrase: Phrase) -> Speaker | None:
        """'pemilik nama asli Budi Santoso ini': the name in a description, where nobody was named before it."""
        name = name_in(passage, phrase.first, phrase.end - 1) if _describes(passage, phrase) else None
        if name is None or not self.names.person(passage.slice(*name)):
            return None
        return self._by_name(passage, phrase._replace(name=name))

    def _by_role(self, passage: Passage, phrase: Phrase) -> Speaker | None:
        """Who holds the office. An official whom the article does not name goes by the article's words."""
        if phrase.role is None:
            return None
        text = self.names.expanded(self._bare(passage, phrase))
        key = role_key(text)
        other = role_key(self.names.role_names.get(key) or self.names.spelt(text))
        holder = self.names.holder(key) or self.names.holder(other)
        if holder:
            return self._linked(Speaker(holder, "person", ("role-in-article", "name"), roles=key))
        link = self.roster.holder(key, self.on)
        if link is None:
            return self._definite(passage, phrase, key)
        reasons = ("role", "role-in-office")
        if self.names.mentions(link.official.name):
            return Speaker(link.official.name, "person", reasons, link, key)
        return Speaker(self._role_name(text, key), "role", reasons, link, key)

    def _definite(self, passage: Passage, phrase: Phrase, key: RoleKey) -> Speaker | None:
        """'the singer': the last person of whom this was said, else the one of the sentence before if no office is
        known of them. Never for words of many, nor for those who speak for another.
        """
        if not _one_person(passage, phrase):
            return None
        for speaker in reversed(self.seen[-_NAMED:]):
            known = self.roles.get(speaker.name or "", frozenset()) if speaker.kind == "person" else frozenset[str]()
            if key & known or (speaker.kind == "role" and key and key <= speaker.roles):
                return speaker.because("the-same")
        near, lexicon, words = self.focus, passage.lexicon, passage.lower[phrase.first : phrase.end]
        if near is None or near.kind != "person" or self.roles.get(near.name or ""):
            return None
        told, wanted = self._told(passage, near), gender(words, lexicon)
        if not lexicon.incumbent.isdisjoint(words) or (told and wanted and told != wanted):
            return None
        return near.because("the-same")

    @staticmethod
    def _bare(passage: Passage, phrase: Phrase) -> str:
        """The words of a phrase without its article and its deictic: 'seorang pejabat senior', 'ketua komisi itu'."""
        first, end = phrase.first, phrase.end
        first += end - first > 1 and passage.lower[first] in passage.lexicon.articles
        end -= end - first > 1 and passage.lower[end - 1] in passage.lexicon.deictics
        return passage.slice(first, end)

    def _role_name(self, text: str, key: RoleKey) -> str:
        """The office in the fullest words of the article."""
        name = self.names.role_names.get(key, text)
        return name if len(name) >= len(text) else text

    def _by_text(self, passage: Passage, phrase: Phrase) -> Speaker:
        text = passage.slice(phrase.first, phrase.end)
        alias = self.names.people.get(text.casefold())
        if alias is None and passage.tree and self.names.person(text):
            alias = text
        if alias:
            return self._linked(Speaker(self.names.full(alias), "person", ("short-name", "full-name")))
        bare = self._bare(passage, phrase)
        article = passage.lower[phrase.first] in passage.lexicon.articles
        if phrase.role and passage.kinds[min(phrase.first + article, phrase.end - 1)] & Kind.ROLE:
            text = bare if article else self.names.expanded(bare)
            key = role_key(text)
            return Speaker(self._role_name(text, key), "role", ("role",), roles=key)
        if bare != text and " " not in bare:
            bare = self.names.expanded(bare)  # 'kementerian itu'
        return self._linked(Speaker(self.names.body(bare), "organisation", ("name",)))


def _described_before(passage: Passage, phrase: Phrase) -> bool:
    """Whether a word for somebody without a name takes up an earlier one: 'seorang perempuan datang. Perempuan itu'."""
    head, lexicon = passage.lower[phrase.first], passage.lexicon
    if head not in lexicon.persons:
        return False
    for at in range(phrase.first - 1, max(0, phrase.first - _INTRODUCED_REACH), -1):
        if passage.lower[at] == head and passage.lower[at - 1] in lexicon.articles:
            return not any(passage.named(near) for near in range(at + 1, min(at + _NAMED_REACH, phrase.first)))
    return False


def _describes(passage: Passage, phrase: Phrase) -> bool:
    """Whether a phrase without a name is about a person already named: 'ibu dua anak itu'."""
    deictic = passage.lower[phrase.end - 1] in passage.lexicon.deictics
    return deictic and phrase.name is None and passage.lower[phrase.first] in passage.lexicon.persons


def _one_person(passage: Passage, phrase: Phrase) -> bool:
    """Whether a phrase is one known person's office or age, and nothing more: 'the singer', 'the 43-year-old'."""
    lexicon, words = passage.lexicon, passage.lower[phrase.first : phrase.end]
    kinds = [passage.kinds[at] for at in range(phrase.first, phrase.end)]
    person = words[-1].endswith(lexicon.age_endings) or any(kind & Kind.ROLE for kind in kinds)
    known = words[0] in lexicon.definite and not words[-1].endswith(lexicon.plural_endings)
    return person and known and not any(kind & (Kind.PREP | Kind.PLACE | Kind.ORG) for kind in kinds)
