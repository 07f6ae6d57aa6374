"""What is expected of the articles comes out of an undisturbed run without any server, whatever the order."""

import random
from pathlib import Path

import pytest

from pipeline.cli.installation import Installation
from pipeline.settings import load
from tests.stack.faults.articles import Story, expected, found, write_catalog


@pytest.mark.parametrize("seed", [1, 2])
def test_the_expectation_holds_in_any_order(tmp_path: Path, seed: int) -> None:
    stories = [Story(number) for number in range(200)]
    revised = [Story(number, 2) for number in range(100)]
    write_catalog(tmp_path / "catalog")
    house = Installation(load({"PANTAU_RECOGNISER": "none:"}, tmp_path / "home"), tmp_path / "catalog")
    for some in (stories, revised):
        shuffled = random.Random(seed).sample(some, len(some))
        house.intake.take([story.arrival() for story in shuffled])
    with house.runner(0) as runner:
        runner.drain()
    assert found(house.search, stories) == expected([*revised, *stories[100:]], before=stories)
