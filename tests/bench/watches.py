"""What watches cost: CPU time for a statement by their number, and the preview of one over a large ledger.

Watches of four kinds, in equal parts: on one of 500 officials, on an office, on a name about something, and on anyone
about something. Words are drawn as in a language, few of them often and many seldom (Zipf), so that some queries meet
many statements.
"""

import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random

from pipeline.adapters.sqlite.index import SqliteIndex
from pipeline.news import preview as previews
from pipeline.news import watching
from pipeline.news.documents import statement_document
from schemas.catalog import Edit, Official, Role, Snapshot, Watch
from schemas.documents import StatementDocument
from schemas.statement import StatementRecorded, Utterance
from tests.invented import DAY, SYLLABLES, made

SIZES = (10, 100, 1000, 10_000)
STATEMENTS = 2000
PEOPLE = 500
CORRECTED = 500


def measure(ledger: int) -> None:
    """Print the figures; the preview is measured over a ledger of so many statements."""
    random = Random(7)
    vocabulary = ["".join(random.choices(SYLLABLES, k=random.randint(2, 4))) for _ in range(20_000)]
    weights = [1 / rank for rank in range(1, len(vocabulary) + 1)]
    officials = tuple(
        Official(id=f"o{n}", name=f"Nama O{n}", roles=(Role(title=f"Jabatan {n}", since=date(2020, 1, 1)),))
        for n in range(PEOPLE)
    )
    spoken = list(statements(random, vocabulary, weights, STATEMENTS))
    print(f"{STATEMENTS} statements of {PEOPLE} officials; CPU time for each, and how many watches it concerns")
    for size in SIZES:
        plan = watching.plan(Snapshot(officials=officials, watches=tuple(watches(Random(size), vocabulary, size))))
        start = time.process_time()
        found = sum(len(watching.concerned(statement_document(recorded), plan)) for recorded in spoken)
        took = (time.process_time() - start) / STATEMENTS * 1000
        print(f"{size:7} watches: {took:6.3f} ms, {found / STATEMENTS:6.2f} concerned")
    preview(random, vocabulary, weights, officials, ledger)


def preview(
    random: Random, vocabulary: list[str], weights: list[float], officials: tuple[Official, ...], ledger: int
) -> None:
    """Fill an index and look back on all of it, for a watch on anyone and for one on an official; of the utterances
    `CORRECTED` pairs were merged.
    """
    with tempfile.TemporaryDirectory() as folder:
        index = SqliteIndex(Path(folder) / "index.db")
        for number, recorded in enumerate(statements(random, vocabulary, weights, ledger)):
            index.put("statements", statement_document(recorded))
            if number % 5000 == 0:
                index.flush()
        index.flush()
        snapshot = Snapshot(officials=officials, edits=tuple(map(merged, range(CORRECTED))))
        for watch in (
            Watch(id="anyone", name="A", about=" OR ".join(vocabulary[40:43])),
            Watch(id="one", name="B", who=("o7",)),
            Watch(id="all", name="C", who=tuple(f"o{n}" for n in range(PEOPLE)), about=vocabulary[60]),
        ):
            began, start = time.perf_counter(), time.process_time()
            query = previews.query(watch, snapshot)
            found = (one for one in index.export("statements", query) if isinstance(one, StatementDocument))
            about = {hit.id for hit in index.export("statements", watch.about)} if watch.about else None
            days = previews.Days(DAY - timedelta(days=1), DAY + timedelta(days=91))
            seen = previews.preview(watch, snapshot, found, days, about)
            cpu, wall = time.process_time() - start, time.perf_counter() - began
            print(
                f"preview of {watch.id} over {ledger} statements: {cpu:.2f} s CPU, {wall:.2f} s in all;"
                f" {seen.heard} heard, {len(seen.alerts)} alerts"
            )
        index.close()


def merged(number: int) -> Edit:
    """A correction that makes one of two utterances."""
    names = (f"s{number}.1", f"s{number + CORRECTED}.1")
    return Edit(id=f"e{number}", at=DAY, by="bench", why="", kind="merge", utterances=names, statements=names)


def statements(random: Random, vocabulary: list[str], weights: list[float], count: int) -> Iterator[StatementRecorded]:
    """Statements of 25 words within 90 days, each an utterance of its own."""
    for number in range(count):
        text = " ".join(random.choices(vocabulary, weights, k=25))
        who = f"o{random.randrange(PEOPLE)}"
        found = made(
            f"s{number}.1", text, official=who, speaker_id=who, speaker=f"Nama {who.upper()}",
            days=random.random() * 90, outlet="warta.example",
        )  # fmt: skip
        place = Utterance(utterance_id=f"s{number}.1", novelty="new", first_seen=DAY)
        yield StatementRecorded(statement=found.statement, carrier=found.carrier, utterance=place)


def watches(random: Random, vocabulary: list[str], count: int) -> Iterator[Watch]:
    """So many watches. What they are about is a word that is neither among the most frequent nor alone."""
    for number in range(count):
        word, other = (vocabulary[random.randrange(50, 5000)] for _ in range(2))
        kinds = (
            {"who": (f"o{random.randrange(PEOPLE)}",)},
            {"who": (f"role:Jabatan {random.randrange(PEOPLE)}",), "about": f"{word} OR {other}"},
            {"who": (f"Nama O{random.randrange(PEOPLE)}",), "about": f"text:{word}"},
            {"about": f'{word} AND ({other} OR language:id) AND NOT "{word} {other}"'},
        )
        yield Watch(id=f"w{number}", name="W", **kinds[number % 4])
