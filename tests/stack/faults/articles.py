"""Small invented articles of which it is known what has to become of them, in whatever order they are handled.

Each has one quotation, in words that chance made, so that no two articles are alike by accident. Every tenth is a
copy of one shortly before it, with another ending, in another outlet. The order decides which of the two is taken for
the copy, and which of the two statements opens the utterance; that they are linked, that they share an utterance, and
that a watch is told of it once does not depend on it. So the expectation is computed, and compared without an order.
"""

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline.news.urls import article_id
from pipeline.ports import Search
from pipeline.runners.intake import Arrival
from schemas.documents import FAMILIES
from schemas.page import Hints

DAY = datetime(2030, 5, 1, 6, tzinfo=UTC)
COPIES = 10
"""One article of so many is a copy, with another ending, of one of the five before it."""
NAMES = (
    "Ratna Widuri", "Bagas Kelana", "Dewi Anggita", "Surya Permana", "Intan Maheswari", "Galih Pranata",
    "Laras Handayani", "Yoga Darmawan", "Citra Lestari", "Bima Santika", "Nadia Prameswari", "Rangga Wibisana",
)  # fmt: skip
WATCHED = NAMES[::2]
INDONESIAN = """
jembatan pelabuhan lembah sungai panen sawah nelayan pasar terminal kereta bandara gudang kapal jalan hutan kebun
sekolah rumah sakit listrik air bersih irigasi bendungan waduk pupuk benih ikan garam kopi teh karet kelapa padi
jagung kedelai ternak sapi kambing unggas telur susu madu rotan bambu kayu batu pasir semen baja aspal beton atap
dinding pintu jendela halaman taman lapangan stadion museum perpustakaan laboratorium kantor bengkel pabrik koperasi
bank tabungan pinjaman anggaran pajak retribusi subsidi bantuan dana hibah tender kontrak proyek jadwal laporan
audit survei peta data angka grafik rencana usulan rapat sidang komisi panitia
"""
ENGLISH = """
bridge harbour valley river harvest field fishery market terminal railway airport warehouse vessel road forest
garden school clinic power water irrigation reservoir fertiliser seed salt coffee rubber coconut maize cattle
poultry honey bamboo timber gravel cement steel asphalt concrete roof wall door window yard park stadium museum
library laboratory office workshop factory cooperative savings loan budget levy subsidy grant tender contract
project schedule report audit survey map data figure chart plan proposal meeting hearing committee panel ferry
tunnel canal pier crane depot turbine pump valve cable sensor antenna satellite radar beacon compass anchor
"""
WORDS = {"id": INDONESIAN.split(), "en": ENGLISH.split()}
SYLLABLES = [one + other for one in "bgjklmnprsvz" for other in "aeiou"]
SAID = ["".join(random.Random(number).choices(SYLLABLES, k=4)) for number in range(4_000)]
"""Words of no language: twelve of so many, and no two quotations of one speaker have half of their words in common."""
OPENING = {"id": "Soal {} dan {} dibahas hari itu.", "en": "The {} and the {} were discussed that day."}
QUOTED = {"id": '"{}," kata {} kemarin.', "en": '"{}," said {} yesterday.'}
LAST = {"id": "{} menjadi {} tahun depan.", "en": "{} will become {} next year."}
# No five words that all articles have stand side by side: five in a row are what copies are found by.


@dataclass(frozen=True)
class Story:
    """Article number `number` as it goes in, and what has to be found in it."""

    number: int
    revision: int = 1

    @property
    def original(self) -> int:
        """The number of the article whose text it has: its own, but for a copy."""
        earlier = 5 + self.number // COPIES % 2  # of either language in turn
        return self.number - earlier if self.number % COPIES == COPIES - 1 else self.number

    @property
    def url(self) -> str:
        return f"https://kabar{self.number % 7}.example/{self.number}"

    @property
    def id(self) -> str:
        return article_id(self.url, b"")

    @property
    def language(self) -> str:
        return "en" if self.original % 2 else "id"

    @property
    def speaker(self) -> str:
        return NAMES[self.original // 2 % len(NAMES)]

    @property
    def quote(self) -> str:
        """What is said in it, without the comma that ends it."""
        return self._parts()[1]

    def arrival(self) -> Arrival:
        """The page as it goes in."""
        opening, quote, last, title = self._parts()
        text = f"{opening}\n\n{QUOTED[self.language].format(quote, self.speaker)}\n\n{last}\n"
        published = DAY + timedelta(minutes=self.original % 10_000)
        hints = Hints(
            title=title, published=published.isoformat(), language=self.language, outlet=f"Kabar {self.number % 7}"
        )
        return Arrival(text.encode(), "text/plain", "upload", "utf-8", self.url, None, hints, published)

    def _parts(self) -> tuple[str, str, str, str]:
        """A revision has none of the words of the quotation before: else it might be a rewording of it."""
        before = set(Story(self.number, self.revision - 1).quote.split()) if self.revision > 1 else ()
        said, words = [word for word in SAID if word not in before], WORDS[self.language]
        chance = random.Random(self.original * 1000 + self.revision)
        quote = " ".join(chance.sample(said, 12))
        first, second, title = (" ".join(chance.sample(words, count)) for count in (9, 9, 5))
        ending = [" ".join(random.Random(-self.number).sample(words, 5)) for _ in range(2)]
        opening, last = OPENING[self.language], LAST[self.language]
        return opening.format(first, second), quote, last.format(*ending).capitalize(), title


@dataclass(frozen=True)
class Outcome:
    """What became of articles, without what depends on the order in which they were handled.

    articles    id and revision of each
    links       pairs of articles, of which one is linked to the other
    statements  article, revision, speaker and words of each, and whether a later revision withdrew it
    utterances  the articles that share one; those with an utterance of their own are left out
    alerts      of each alert: the watched speaker and the words
    """

    articles: list[tuple[str, int]]
    links: set[frozenset[str]]
    statements: list[tuple[str, int, str, str, bool]]
    utterances: set[frozenset[str]]
    alerts: list[tuple[str, str]]

    def beyond(self, other: "Outcome") -> list[tuple[str, Any]]:
        """What is here and not, or less often, in the other."""
        mine, theirs = self._counted(), other._counted()
        return sorted((mine - theirs).elements(), key=str)

    def _counted(self) -> Counter[tuple[str, Any]]:
        return Counter((name, one) for name, found in vars(self).items() for one in found)


def expected(stories: Iterable[Story], before: Iterable[Story] = ()) -> Outcome:
    """What has to become of articles when every copy is among them with its original.

    `before` are their earlier revisions. What of them has a later one leaves its alerts and its withdrawn statement.
    """
    found = list(stories)
    revisions = {story.number: story.revision for story in found}
    withdrawn = [story for story in before if revisions.get(story.number, 0) > story.revision]
    pairs = {frozenset((story.id, Story(story.original).id)) for story in found if story.original != story.number}
    return Outcome(
        articles=sorted((story.id, story.revision) for story in found),
        links=pairs,
        statements=sorted(
            [(story.id, story.revision, story.speaker, story.quote, False) for story in found]
            + [(story.id, revisions[story.number], story.speaker, story.quote, True) for story in withdrawn]
        ),
        utterances=pairs,
        alerts=sorted({(s.speaker, s.quote) for s in (*before, *found) if s.speaker in WATCHED}),
    )


def found(search: Search, stories: Iterable[Story]) -> Outcome:
    """What became of articles, as the search index shows it."""
    ids = {story.id for story in stories}
    everything: dict[str, list[Any]] = {family: list(search.export(family, "")) for family in FAMILIES}
    articles = [one for one in everything["articles"] if one.id in ids]
    statements, alerts = ([one for one in everything[name] if one.article in ids] for name in ("statements", "alerts"))
    carriers: dict[str, set[str]] = {}
    for one in statements:
        if not one.withdrawn:
            carriers.setdefault(one.utterance, set()).add(one.article)
    return Outcome(
        articles=sorted((one.id, one.revision) for one in articles),
        links={frozenset((one.id, one.of)) for one in articles if one.of},
        statements=sorted(
            (one.article, one.revision, one.speaker, one.text.rstrip(","), bool(one.withdrawn)) for one in statements
        ),
        utterances={frozenset(group) for group in carriers.values() if len(group) > 1},
        alerts=sorted((one.speaker, one.text.rstrip(",")) for one in alerts),
    )


def write_catalog(folder: Path) -> None:
    """Officials of these names, and a watch on every second one of them, which tells the feed."""
    folder.mkdir(parents=True, exist_ok=True)
    officials = "".join(f"- id: {_slug(name)}\n  name: {name}\n" for name in NAMES)
    watches = "".join(f"- id: {_slug(name)}\n  name: {name}\n  who: [{_slug(name)}]\n" for name in WATCHED)
    (folder / "officials.yaml").write_text(officials)
    (folder / "watches.yaml").write_text(watches)
    (folder / "sources.toml").write_text("")


def _slug(name: str) -> str:
    return name.lower().replace(" ", "-")
