"""Invented sentences of foreign news with their mentions, made from the lists in templates.toml.

They teach where an office ends and a name begins ("Presiden Ukraina" | "Volodymyr Zelensky"), which the annotated sets,
older and domestic, hardly show: without them the model reads such a group as one mention.
"""

import random
import re
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel import Locale

from pipeline.evaluation.conll import Sentence
from pipeline.evaluation.mentions import Mention

MATERIAL = Path(__file__).with_name("templates.toml")
FREQUENT = 0.65  # share of countries drawn from the frequent ones
PUBLIC = 0.35  # share of names of real office holders; the others are invented
SLOT = re.compile(r"\{(\w+)\}|\[([^\]]+)\]")
PHRASES = {"RC": "offices_country", "RO": "offices_organisation", "V": "verbs"}
NAMED = {"K": ("cities", "LOC"), "O": ("organisations", "ORG"), "M": ("media", "ORG"), "MU": ("media_signed", "ORG")}
NO_COUNTRIES = {"ZZ", "EU", "UN", "EZ", "QO", "XA", "XB"}  # CLDR's codes for groups and tests


@lru_cache(maxsize=1)
def material() -> dict[str, Any]:
    """The lists of templates.toml."""
    return tomllib.loads(MATERIAL.read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def countries() -> list[str]:
    """Indonesian names of all countries, as in Unicode CLDR."""
    named: dict[str, str] = dict(Locale("id").territories)
    codes = sorted(code for code in named if len(code) == 2 and code not in NO_COUNTRIES)
    return [named[code].partition(" (")[0] for code in codes]


class Writer:
    """One sentence in the making: text so far, its mentions, and the dice."""

    def __init__(self, dice: random.Random) -> None:
        self.dice, self.text = dice, ""
        self.mentions: list[Mention] = []

    def fill(self, template: str) -> None:
        """Append the template, every slot replaced."""
        at = 0
        for slot in SLOT.finditer(template):
            self.text += template[at : slot.start()]
            if slot[2]:
                self.organisation_of_country(slot[2])
            else:
                self.put(slot[1])
            at = slot.end()
        self.text += template[at:]

    def put(self, slot: str) -> None:
        """Append what belongs into one slot."""
        if slot == "B":
            self.fill(self.content())
        elif slot == "D":
            self.text += f"{self.dice.randint(1, 28)}/{self.dice.randint(1, 12)}/20{self.dice.randint(14, 25)}"
        elif slot == "OA":
            self.organisation_with_short_name()
        elif slot in PHRASES:
            self.text += self.dice.choice(material()[PHRASES[slot]])
        else:
            self.mention(*self.drawn(slot))

    def drawn(self, slot: str) -> tuple[str, str]:
        """A name for a slot and its label."""
        if slot == "L":
            return self.country(), "LOC"
        if slot in {"P", "S"}:
            return self.person(whole=slot == "P"), "PER"
        if slot == "KU":
            return self.dice.choice(material()["cities"]).upper(), "LOC"
        names, label = NAMED[slot]
        return self.dice.choice(material()[names]), label

    def mention(self, name: str, label: str) -> None:
        """Append a name as a mention."""
        self.mentions.append(Mention(len(self.text), len(self.text) + len(name), label))
        self.text += name

    def country(self) -> str:
        """A country, mostly one that is often in the news."""
        often = self.dice.random() < FREQUENT
        names: list[str] = material()["frequent_countries"] if often else countries()
        return self.dice.choice(names)

    def person(self, *, whole: bool) -> str:
        """A full name, or what a second mention calls the same person: the last word of it."""
        lists = material()
        if self.dice.random() < PUBLIC:
            name: str = self.dice.choice(lists["people"])
            return name if whole else name.rsplit(maxsplit=1)[-1]
        surname: str = self.dice.choice(lists["surnames"])
        return f"{self.dice.choice(lists['given'])} {surname}" if whole else surname

    def organisation_with_short_name(self) -> None:
        """Organisasi Kesehatan Dunia (WHO): two mentions."""
        name, short = self.dice.choice(material()["organisations_short"])
        self.mention(name, "ORG")
        self.text += " ("
        self.mention(short, "ORG")
        self.text += ")"

    def organisation_of_country(self, template: str) -> None:
        """Kementerian Luar Negeri Rusia: one mention, the country is part of it."""
        self.mention(template.replace("{L}", self.country()), "ORG")

    def content(self) -> str:
        """What is being said; with a capital where a sentence or a quotation begins."""
        content: str = self.dice.choice(material()["contents"])
        begins = self.text.endswith(('"', "“", ": ")) or not self.text
        return content[0].upper() + content[1:] if begins and content[0] != "{" else content


def sentences(count: int, seed: int, kind: str = "sentences") -> Iterator[Sentence]:
    """`count` sentences, or `lines` around the text of an article; the same seed gives the same ones."""
    dice = random.Random(seed)
    for _ in range(count):
        writer = Writer(dice)
        writer.fill(dice.choice(material()[kind]))
        yield Sentence(writer.text[0].upper() + writer.text[1:], tuple(writer.mentions))
