"""What Elasticsearch is sent, without a server: mappings, queries, verdicts, addresses."""

import json
from pathlib import Path
from typing import Any

import pytest

from deploy.elasticsearch.__main__ import texts
from pipeline.adapters.elasticsearch.compile import Compiler, request
from pipeline.adapters.elasticsearch.mapping import mappings, month, source, version
from pipeline.news.queries import parse
from schemas.documents import FAMILIES
from tests.indexed import DAY, alert, article, statement

DEPLOY = Path(__file__).parents[2] / "deploy" / "elasticsearch"


def test_the_templates_that_are_checked_in_are_those_of_the_schemas() -> None:
    assert {path.name: path.read_text(encoding="utf-8") for path in DEPLOY.glob("*.json")} == texts(), "make templates"


@pytest.mark.parametrize("document", [article(entity=("A", "", "B")), statement(), alert()])
def test_everything_that_is_sent_is_mapped(document: Any) -> None:
    family = next(name for name, kind in FAMILIES.items() if isinstance(document, kind))
    sent = json.loads(source(family, document))
    assert set(_paths(sent)) <= set(_fields(mappings(family)["properties"]))
    assert sent["id"] == document.id


def _paths(value: dict[str, Any], above: str = "") -> list[str]:
    return [
        path
        for name, inner in value.items()
        for path in (_paths(inner, f"{above}{name}.") if isinstance(inner, dict) else [above + name])
    ]


def _fields(properties: dict[str, Any], above: str = "") -> list[str]:
    return [
        path
        for name, field in properties.items()
        for path in (_fields(field["properties"], f"{above}{name}.") if "properties" in field else [above + name])
    ]


def test_derived_fields() -> None:
    made = json.loads(source("articles", article(entity=("Lembah Hijau", "", "B"), text="", section="")))["search"]
    assert made["words"]["entity"] == "lembah hijau ¶ ¶ b"
    assert made["words"]["rest"] == ["menteri bicara", "harian bantara", "lembah hijau ¶ ¶ b"]
    assert made["stems"]["rest"] == "id·bicara id·teri"
    assert not {"text", "section", "standfirst"} & set(made["filled"])
    assert made["moments"]["published"] == made["at"] == DAY.timestamp() * 1_000_000


def test_a_version_changes_with_the_mapping() -> None:
    assert len({version(family) for family in FAMILIES}) == 3


def test_the_month_is_that_of_fetching() -> None:
    assert [month(document) for document in (article(month="1999-01"), alert(month="1999-01"))] == ["2022-01"] * 2


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("language:id", {"term": {"language": "id"}}),
        ("url:*a\\*b?", {"wildcard": {"url": {"value": "*a\\*b?"}}}),
        ("title:anak-an*", {"match_phrase_prefix": {"search.words.title": {
            "query": "anak an", "analyzer": "whitespace", "max_expansions": 50_000}}}),
        ('title:"satu } dua"', {"match_phrase": {"search.words.title": {
            "query": "satu dua", "analyzer": "whitespace"}}}),
        ("published:2022", {"range": {"search.moments.published": {
            "gte": 1_640_995_200_000_000, "lt": 1_672_531_200_000_000}}}),
        ("statements:>2 -language:id", {"bool": {
            "filter": [{"range": {"statements": {"gt": 2.0}}}], "must_not": [{"term": {"language": "id"}}]}}),
        ("_exists_:of", {"term": {"search.filled": "of"}}),
    ],
)  # fmt: skip
def test_queries(query: str, wanted: dict[str, Any]) -> None:
    assert Compiler("articles").where(parse(query, "articles").tree) == wanted


def test_words_everywhere_are_sought_in_two_fields_and_their_stems() -> None:
    made = Compiler("articles").where(parse("bicara", "articles").tree)["bool"]["should"]
    assert [next(iter(next(iter(one.values())))) for one in made] == [
        "search.words.text", "search.words.rest", "search.stems.text", "search.stems.rest",
    ]  # fmt: skip


def test_scores_stay_exact() -> None:
    words = parse(" ".join(f"kata{n}" for n in range(40)), "articles")
    boosts = [one["constant_score"]["boost"] for one in request(words, scored=True)["bool"]["should"]]
    assert 0 < sum(boosts) < 2**24
    assert request(words, scored=False)["bool"]["should"] == []
