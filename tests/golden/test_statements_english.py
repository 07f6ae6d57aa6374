"""Gates on invented English articles. Those in `held` were marked before any rule was written, and no rule was made
for them.
"""

import time
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agents.extract import recognised
from pipeline.evaluation.statements import LOOSE, Score, found_in, judged_at, score
from pipeline.news.extraction import extract
from pipeline.news.officials import Roster
from pipeline.ports import Recogniser
from schemas.statement import Statement
from tests.agents.test_extract import Fixed
from tests.golden.annotated import annotated, article

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what spaCy's dependencies deprecate is not ours
    from pipeline.adapters.models import NoRecogniser, SpacyRecogniser

ENGLISH = Path(__file__).parent / "english"
NOBODY = Roster(())
NO_CATALOG = Fixed()
DAY = datetime(2022, 5, 26, tzinfo=UTC)


@pytest.fixture(scope="module")
def models() -> SpacyRecogniser:
    return SpacyRecogniser()


def reached(folder: str, models: Recogniser) -> Score:
    cases = list(annotated(ENGLISH / folder, "en"))
    found = [found_in(case, NO_CATALOG, models) for case in cases]
    return score(judged_at(cases, found, LOOSE))


@pytest.mark.parametrize(
    ("folder", "f", "speaker"), [("development", 0.97, 0.97), ("held", 0.9, 0.9)], ids=["development", "held"]
)
def test_english_articles(folder: str, f: float, speaker: float, models: SpacyRecogniser, record_property: Any) -> None:
    figures = reached(folder, models)
    record_property("score", figures._asdict())
    assert figures.f >= f
    assert figures.speaker >= speaker
    assert figures.direct >= 0.97
    assert figures.kind >= 0.97


def test_rules_alone_still_find_most() -> None:
    figures = reached("development", NoRecogniser())
    assert figures.f >= 0.85
    assert figures.speaker >= 0.7


def found(text: str, models: SpacyRecogniser) -> tuple[Statement, ...]:
    one = article("a1", "", text, DAY, "en")
    return extract(one, NOBODY, *recognised(one, models)).statements


SENTENCES = {
    "the clause goes on behind another verb": (
        "Doctors at the Central Hospital said the boy was stable and warned that the next days would be critical.",
        [
            ("doctors at the Central Hospital", "the boy was stable"),
            ("doctors at the Central Hospital", "the next days would be critical"),
        ],
    ),
    "the writer goes on": (
        "The mayor, Anna Bell, said the bridge was safe, while the tunnel stayed closed.",
        [("Anna Bell", "the bridge was safe")],
    ),
    "a relative clause": (
        "Anna Bell, who warned that the bridge was unsafe, left the meeting early.",
        [("Anna Bell", "the bridge was unsafe")],
    ),
    "apposition": (
        "The operator, Northline, said it would hire 120 people before the summer.",
        [("Northline", "it would hire 120 people before the summer")],
    ),
    "two groups": (
        "Businesses and residents said the plan was bad.",
        [("Businesses and residents", "the plan was bad")],
    ),
    "two speakers": (
        "Prime Minister Anna Bell and Chancellor Tim Rowe said the plan would work.",
        [("Anna Bell; Tim Rowe", "the plan would work")],
    ),
    "a source behind the medium": (
        "Reuters reported on Friday, citing a senior diplomat, that the talks had failed.",
        [("senior diplomat", "the talks had failed")],
    ),
    "the last in the sentence": (
        "Three people were killed when a bus overturned near Leeds, firefighters said on Tuesday.",
        [("firefighters", "Three people were killed when a bus overturned near Leeds")],
    ),
    "around the attribution": (
        "The bridge, Smith said, would open to lorries in May.",
        [("Smith", "would open to lorries in May")],
    ),
    "pronouns by gender": (
        "Anna Bell met Tom Rowe. She said the plan was good. He said the plan was bad.",
        [("Anna Bell", "the plan was good"), ("Tom Rowe", "the plan was bad")],
    ),
    "not said": (
        "Bell did not say when. She declined to say whether the plan was dead. Nobody said the plan was dead.",
        [],
    ),
    "perhaps said": ("Did Bell say the plan was dead? If Bell says the plan is dead, her party wins.", []),
    "would be said": ("Bell would say anything that her party wanted to hear.", []),
    "a goal that denies": ("A late goal denied Luton Town what would have been a huge point.", []),
    "a title": ("Her new book, “The Salt Year”, tells the story of two sisters from the islands.", []),
}


@pytest.mark.parametrize("case", SENTENCES)
def test_constructions(case: str, models: SpacyRecogniser) -> None:
    text, expected = SENTENCES[case]
    told = [((s.speaker or "").casefold(), s.text) for s in found(text, models)]
    assert told == [(speaker.casefold(), said) for speaker, said in expected]


@pytest.mark.parametrize(
    ("text", "speaker", "quoted"),
    [
        ("“We are tired,” laughed Anna Bell.", "Anna Bell", "We are tired,"),
        ("Anna Bell went home. “We are tired,” she shrugged.", "Anna Bell", "We are tired,"),
        ("Anna Bell shakes her head: “We never saw such a storm.”", "Anna Bell", "We never saw such a storm."),
        ("‘We are tired,’ said Anna Bell. ‘The workers’ demands are fair.’", "Anna Bell", "We are tired,"),
        ("“Critics”, Anna Bell says, “like old women.”", "Anna Bell", "Critics"),
    ],
)  # fmt: skip
def test_quotations(text: str, speaker: str, quoted: str, models: SpacyRecogniser) -> None:
    first, *rest = found(text, models)
    assert (first.kind, first.speaker, first.text) == ("direct", speaker, quoted)
    assert {one.speaker for one in rest} <= {speaker}


def test_the_medium_that_was_told(models: SpacyRecogniser) -> None:
    (one,) = found("“We are tired,” Anna Bell told the Northern Post on Monday.", models)
    assert (one.speaker, one.medium) == ("Anna Bell", "Northern Post")


def test_long_and_odd_texts_take_time_in_proportion(models: SpacyRecogniser) -> None:
    def seconds(size: int) -> float:
        text = "“We are (tired,” said Bell that U.S. he said, she said: ‘no’ \n" * (size // 60)
        one = article("a1", "", text, DAY, "en")
        spans, parses = recognised(one, models)
        start = time.process_time()
        extract(one, NOBODY, spans, parses)
        return time.process_time() - start

    seconds(600)
    assert seconds(24_000) < 12 * seconds(6_000) + 0.2
