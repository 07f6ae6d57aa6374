"""The vocabulary of the flow, and the rule that no one asks which backend is at work."""

import re
from enum import StrEnum
from pathlib import Path

import pytest

from agents import FLOW
from pipeline.errors import Misuse
from pipeline.flow import Agent, Drop, Emit, check
from pipeline.ports import State
from schemas.page import PageFetched
from schemas.topics import ARTICLES_CLEANED, DEAD_LETTERS, PAGES_FETCHED, TOPICS

ROOT = Path(__file__).parents[2]


class Why(StrEnum):
    BORING = "boring"


def test_the_flow_is_whole() -> None:
    check(FLOW)
    assert {topic for agent in FLOW for topic in agent.reads} == set(TOPICS) - {DEAD_LETTERS}


def test_an_agent_is_named_by_a_verb_and_lives_in_a_file_of_that_name() -> None:
    for agent in FLOW:
        assert (ROOT / "agents" / f"{agent.name}.py").is_file()
        assert agent.step.__module__ == f"agents.{agent.name}"
        assert agent.step.__name__ == agent.name


def test_only_steps_that_just_read_may_move_to_another_process() -> None:
    assert [agent.name for agent in FLOW if agent.movable] == ["clean", "extract"]


def test_what_cannot_run_is_refused() -> None:
    def strange(page: PageFetched, *, telepathy: State) -> Emit | Drop:
        return Drop(Why.BORING)

    def plain(page: PageFetched) -> Emit | Drop:
        return Drop(Why.BORING)

    agent = Agent("strange", (PAGES_FETCHED,), (), strange, Why)
    with pytest.raises(Misuse, match="'telepathy'; there are catalog, clock"):
        check([agent])
    twice = Agent("plain", (PAGES_FETCHED,), (), plain, Why)
    with pytest.raises(Misuse, match="two agents are called 'plain'"):
        check([twice, twice])
    with pytest.raises(Misuse, match="articles-cleaned, which no agent reads"):
        check([Agent("plain", (PAGES_FETCHED,), (ARTICLES_CLEANED,), plain, Why)])


def test_nothing_but_the_table_of_backends_knows_their_schemes() -> None:
    asking = re.compile(r"""(startswith|==|in)\s*\(?\s*["'](sqlite|kafka|elasticsearch|s3|file):?""")
    for path in [*ROOT.glob("pipeline/**/*.py"), *ROOT.glob("agents/*.py")]:
        assert not asking.search(path.read_text(encoding="utf-8")), f"{path} asks which backend is at work"
