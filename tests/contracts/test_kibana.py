"""Kibana's saved objects: every reference leads somewhere, every field is mapped, no picture covers another."""

import json
import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest

from deploy.kibana.__main__ import DASHBOARDS, FILE, TIMES, VERSIONS, WIDTH, Panel, countable, objects, text
from pipeline.adapters.elasticsearch.index import ElasticsearchIndex
from pipeline.adapters.elasticsearch.mapping import mappings
from tests.indexed import alert, article, statement

PANELS = [panel for dashboard in DASHBOARDS for panel in dashboard.panels]
ACCESSORS = {"columnId", "metricAccessor", "xAccessor", "splitAccessor"}
AGGREGATED = {"keyword", "date", "double"}


def mapped(family: str) -> dict[str, str]:
    """The type of each field as Kibana sees it."""
    found = {}
    for name, field in mappings(family)["properties"].items():
        found |= {name: field.get("type", "object")}
        found |= {f"{name}.{sub}": inner["type"] for sub, inner in field.get("fields", {}).items()}
    return found


def walk(value: Any) -> Iterator[tuple[str, Any]]:
    """All names with their values, at any depth."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name, inner
            yield from walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner)


def panels(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(dashboard["attributes"]["panelsJSON"])
    return found


def dashboards() -> list[dict[str, Any]]:
    return [one for one in objects() if one["type"] == "dashboard"]


def test_the_file_that_is_checked_in_is_that_of_the_description() -> None:
    assert FILE.read_text(encoding="utf-8") == text(), "make templates"


def test_every_reference_leads_somewhere() -> None:
    known = [(one["type"], one["id"]) for one in objects()]
    assert len(set(known)) == len(known)
    for one in objects():
        assert {(reference["type"], reference["id"]) for reference in one["references"]} <= set(known)
        assert one["typeMigrationVersion"] == VERSIONS[one["type"]]
    for dashboard in dashboards():
        outer = {(reference["name"], reference["id"]) for reference in dashboard["references"]}
        inner = {
            (f"{panel['panelIndex']}:{reference['name']}", reference["id"])
            for panel in panels(dashboard)
            for reference in panel["embeddableConfig"]["attributes"]["references"]
        }
        assert outer == inner
        assert len(outer) == len(panels(dashboard))


def test_every_field_is_mapped_and_can_be_aggregated() -> None:
    for dashboard in dashboards():
        for panel in panels(dashboard):
            attributes = panel["embeddableConfig"]["attributes"]
            family = attributes["references"][0]["id"].removeprefix("pantau-")
            used = {value for name, value in walk(attributes) if name == "sourceField"} - {"___records___"}
            assert {mapped(family)[name] for name in used} <= AGGREGATED
    for panel in PANELS:
        assert {mapped(panel.family)[name] for name in re.findall(r"([\w.]+):", panel.only)} <= AGGREGATED
    assert all(mapped(family)[name] == "date" for family, name in TIMES.items())


def test_every_column_of_a_picture_is_there() -> None:
    for dashboard in dashboards():
        for panel in panels(dashboard):
            state = panel["embeddableConfig"]["attributes"]["state"]
            [(layer, columns)] = state["datasourceStates"]["formBased"]["layers"].items()
            shown = {value for name, value in walk(state["visualization"]) if name in ACCESSORS}
            assert shown <= set(columns["columns"]) == set(columns["columnOrder"])
            assert {value for name, value in walk(state["visualization"]) if name == "layerId"} == {layer}


def test_no_picture_covers_another_or_leaves_the_page() -> None:
    for dashboard in dashboards():
        places = [panel["gridData"] for panel in panels(dashboard)]
        assert all(place["x"] + place["w"] <= WIDTH for place in places)
        for one, other in combinations(places, 2):
            aside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
            assert aside or one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]


@pytest.mark.stack
def test_every_picture_shows_something(elasticsearch_index: str) -> None:
    index = ElasticsearchIndex(elasticsearch_index)
    index.put("articles", article(entity=("Lembah",), section="Politik"))
    index.put("articles", article("a2", copy="derived", speaker=("Ratna",)))
    index.put("statements", statement(official="ratna-widuri"))
    index.put("alerts", alert())
    assert index.count("articles") == 2
    for panel in PANELS:
        answer = index.client.search(index=f"{index.address.prefix}-{panel.family}", **_asked(panel))
        assert answer["hits"]["total"]["value"] > 0, panel.title
        for name, found in answer.get("aggregations", {}).items():
            assert found["buckets"], (panel.title, name)
    index.close()


def _asked(panel: Panel) -> dict[str, Any]:
    """What Kibana asks for a picture; KQL as simple as ours reads the same in Lucene's syntax."""
    groups: dict[str, Any] = {}
    if panel.by:
        groups["values"] = {"terms": {"field": countable(panel.family, panel.by), "size": 10}}
    if panel.kind == "time":
        groups["time"] = {"auto_date_histogram": {"field": TIMES[panel.family], "buckets": 50}}
    query = {"query_string": {"query": panel.only.replace("not ", "NOT ") or "*"}}
    return {"query": query, "aggs": groups, "size": 0} if groups else {"query": query, "size": 0}
