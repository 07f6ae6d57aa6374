"""The ledger: statements per CPU second while it grows, with 5,000 speakers and one who speaks a twentieth of all."""

import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import accumulate, islice
from pathlib import Path
from random import Random
from typing import NamedTuple

from agents.attribute import attribute
from pipeline.adapters.sqlite.broker import SqliteBroker
from pipeline.flow import Emit
from schemas.statement import StatementMade, StatementRecorded
from tests.invented import SYLLABLES, made

SPEAKERS, BUSIEST = 5000, 0.05
WORDS, TOPIC, LENGTH = 20_000, 600, (8, 40)
"""Words that there are, words that one speaker uses, and how many a statement has."""
REPEATED, CHANGED = 0.4, 0.1
"""The share of statements that say again what was said in the three days before, and of their words that are others."""
RECENT = 40
DAYS = 365
ROUND, SAMPLE = 200, 4000
"""Statements in one transaction, and those that a speed is measured over."""


class Point(NamedTuple):
    """What a ledger of so many utterances costs: statements per CPU second, and bytes of disk for each utterance."""

    utterances: int
    speed: float
    disk: float


def report(sizes: Sequence[int], seconds: float) -> None:
    """Print the cost at each size; what is not reached in so many seconds is left out."""
    print(f"\nledger: {SPEAKERS:,} speakers, the busiest with {BUSIEST:.0%} of all statements")
    print("  utterances   statements/CPU s   KB of disk/utterance")
    points = list(grown(sizes, seconds))
    for point in points:
        print(f"  {point.utterances:10,}   {point.speed:16,.0f}   {point.disk / 1024:20.2f}")
    if len(points) > 1:
        print(f"  the cost grew {points[0].speed / points[-1].speed:.2f}-fold (goal: at most 1.5), goal 3,000/s")
    print(f"  memory of the process at most: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


def grown(sizes: Sequence[int], seconds: float) -> Iterator[Point]:
    """A ledger on SQLite at each size, measured over the statements that come next."""
    end = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as folder:
        broker = SqliteBroker(Path(folder) / "pantau.db")
        coming, utterances = said(max(sizes), 7), 0
        for size in sizes:
            while utterances < size:
                utterances += _recorded(broker, list(islice(coming, ROUND)))
                if time.monotonic() > end:
                    return
            sample = list(islice(coming, SAMPLE))
            started = time.process_time()
            utterances += sum(_recorded(broker, sample[at : at + ROUND]) for at in range(0, SAMPLE, ROUND))
            took = time.process_time() - started
            disk = sum(file.stat().st_size for file in Path(folder).iterdir())
            yield Point(utterances, SAMPLE / took, disk / utterances)


def _recorded(broker: SqliteBroker, statements: Sequence[StatementMade]) -> int:
    """How many of them opened an utterance."""
    opened = 0
    with broker.transaction():
        state = broker.state("attribute")
        for statement in statements:
            outcome = attribute(statement, state=state)
            assert isinstance(outcome, Emit)
            (record,) = outcome.records
            assert isinstance(record, StatementRecorded)
            opened += record.utterance.novelty == "new"
    return opened


def said(utterances: int, seed: int) -> Iterator[StatementMade]:
    """Invented statements without end; so many utterances take about a year."""
    random = Random(seed)
    words = ["".join(random.choices(SYLLABLES, k=random.randint(2, 4))) for _ in range(WORDS)]
    often = list(accumulate(1 / rank for rank in range(1, TOPIC + 1)))
    weights = list(accumulate([BUSIEST] + [(1 - BUSIEST) / (SPEAKERS - 1)] * (SPEAKERS - 1)))
    recent: dict[int, list[str]] = {}  # of texts, not of lists of words, which the garbage collector would look through
    number = 0
    while True:
        speaker = random.choices(range(SPEAKERS), cum_weights=weights)[0]
        known = recent.setdefault(speaker, [])
        if known and random.random() < REPEATED:
            again = random.choice(known[-5:]).split()
            text = " ".join(word if random.random() > CHANGED else random.choice(words) for word in again)
        else:
            topic = random.choices(range(TOPIC), cum_weights=often, k=random.randint(*LENGTH))
            text = " ".join(words[(speaker * 37 + place) % WORDS] for place in topic)
            known.append(text)
            del known[:-RECENT]
        days = DAYS * (1 - REPEATED) * number / utterances
        yield made(f"s{number}", text, days=days, speaker_id=f"person:{speaker}", outlet=f"o{number % 50}")
        number += 1
