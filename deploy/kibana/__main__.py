"""Writes Kibana's saved objects from one description: `python -m deploy.kibana`.

Import them with Stack Management > Saved Objects > Import, or POST /api/saved_objects/_import.
The formats are those of Kibana 8.9; later ones change them by themselves.
"""

import json
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pipeline.news.queries.tree import FIELDS

FILE = Path(__file__).parent / "pantau.ndjson"
WIDTH = 48
"""Columns of a dashboard."""
VERSIONS = {"index-pattern": "8.0.0", "dashboard": "8.9.0"}
"""The oldest format of each type that Kibana still changed by itself into later ones."""
CORE = "8.8.0"
COUNT = "count"
TIMES = {"articles": "published", "statements": "published", "alerts": "raised"}
"""The time field of each data view."""


class Panel(NamedTuple):
    """One picture: how many documents there are, how many over time, or how many for each of the most frequent values.

    by      the field whose values are counted; in a picture over time they are the colours
    only    a KQL query that narrows the documents
    """

    title: str
    family: str
    kind: Literal["number", "time", "top"]
    width: int
    by: str | None = None
    only: str = ""


class Dashboard(NamedTuple):
    """Pictures in rows from left to right; a row ends where the next picture has no room."""

    id: str
    title: str
    about: str
    panels: tuple[Panel, ...]


HEIGHTS = {"number": 6, "time": 12, "top": 12}
DASHBOARDS = (
    Dashboard("coverage", "Pantau: coverage", "What was read, from where, and how much of it is copies.", (
        Panel("Articles", "articles", "number", 12),
        Panel("Originals", "articles", "number", 12, only='copy: "original"'),
        Panel("Copies", "articles", "number", 12, only='not copy: "original"'),
        Panel("Without a speaker", "articles", "number", 12, only="not speaker.keyword: *"),
        Panel("Articles by language", "articles", "time", 24, "language"),
        Panel("Articles by kind of copy", "articles", "time", 24, "copy"),
        Panel("Outlets", "articles", "top", 16, "outlet"),
        Panel("People and places", "articles", "top", 16, "entity"),
        Panel("Sections", "articles", "top", 16, "section"),
    )),
    Dashboard("statements", "Pantau: who says what", "Statements, their speakers, and how new they are.", (
        Panel("Statements", "statements", "number", 12),
        Panel("New utterances", "statements", "number", 12, only='novelty: "new"'),
        Panel("Direct quotes", "statements", "number", 12, only='kind: "direct"'),
        Panel("Of tracked officials", "statements", "number", 12, only="official: *"),
        Panel("Statements by novelty", "statements", "time", 24, "novelty"),
        Panel("Statements by kind", "statements", "time", 24, "kind"),
        Panel("Speakers", "statements", "top", 16, "speaker"),
        Panel("Outlets", "statements", "top", 16, "outlet"),
        Panel("Verbs and phrases of saying", "statements", "top", 16, "cue"),
    )),
    Dashboard("alerts", "Pantau: alerts", "What users were told, and why.", (
        Panel("Alerts", "alerts", "number", 12),
        Panel("Alerts by watch", "alerts", "time", 36, "watch"),
        Panel("Watches", "alerts", "top", 16, "watch"),
        Panel("Reasons", "alerts", "top", 16, "reason"),
        Panel("Speakers", "alerts", "top", 16, "speaker"),
    )),
)  # fmt: skip


def countable(family: str, name: str) -> str:
    """The field of Elasticsearch that counts the values of a field."""
    return f"{name}.keyword" if FIELDS[family][name].kind == "name" else name


def objects() -> list[dict[str, Any]]:
    """All saved objects: a data view for each family, then the dashboards."""
    return [*map(_view, TIMES), *map(_dashboard, DASHBOARDS)]


def text() -> str:
    """The file that Kibana imports."""
    return "".join(json.dumps(one, ensure_ascii=False, sort_keys=True) + "\n" for one in objects())


def _view(family: str) -> dict[str, Any]:
    name = f"pantau-{family}"
    return _object("index-pattern", name, {"title": name, "name": name, "timeFieldName": TIMES[family]}, [])


def _dashboard(dashboard: Dashboard) -> dict[str, Any]:
    panels, references = [], []
    for number, (panel, place) in enumerate(zip(dashboard.panels, places(dashboard.panels), strict=True)):
        panels.append(_panel(panel, str(number), place))
        inner = _reference(panel, str(number))
        references.append(inner | {"name": f"{number}:{inner['name']}"})
    attributes = {
        "title": dashboard.title,
        "description": dashboard.about,
        "panelsJSON": json.dumps(panels, ensure_ascii=False),
        "optionsJSON": json.dumps({"useMargins": True, "syncColors": True, "hidePanelTitles": False}),
        "kibanaSavedObjectMeta": {"searchSourceJSON": json.dumps({"query": _kql(""), "filter": []})},
        "timeRestore": False,
    }
    return _object("dashboard", f"pantau-{dashboard.id}", attributes, references)


def places(panels: tuple[Panel, ...]) -> list[dict[str, int]]:
    """Where the pictures stand, row by row."""
    found, x, y, row = [], 0, 0, 0
    for panel in panels:
        if x + panel.width > WIDTH:
            x, y, row = 0, y + row, 0
        height = HEIGHTS[panel.kind]
        found.append({"x": x, "y": y, "w": panel.width, "h": height})
        x, row = x + panel.width, max(row, height)
    return found


def _panel(panel: Panel, number: str, place: dict[str, int]) -> dict[str, Any]:
    layer = _layer(number)
    attributes = {
        "title": panel.title,
        "type": "lens",
        "visualizationType": {"number": "lnsMetric", "time": "lnsXY", "top": "lnsDatatable"}[panel.kind],
        "references": [_reference(panel, number)],
        "state": {
            "query": _kql(panel.only),
            "filters": [],
            "datasourceStates": {"formBased": {"layers": {layer: _columns(panel)}}},
            "visualization": _visualization(panel, layer),
            "internalReferences": [],
            "adHocDataViews": {},
        },
    }  # fmt: skip
    return {
        "type": "lens",
        "title": panel.title,
        "panelIndex": number,
        "gridData": place | {"i": number},
        "embeddableConfig": {"attributes": attributes, "enhancements": {}},
    }


def _reference(panel: Panel, number: str) -> dict[str, str]:
    """Lens finds the data view of a layer by this name."""
    name = f"indexpattern-datasource-layer-{_layer(number)}"
    return {"type": "index-pattern", "id": f"pantau-{panel.family}", "name": name}


def _layer(number: str) -> str:
    return f"layer{number}"


def _kql(query: str) -> dict[str, str]:
    return {"query": query, "language": "kuery"}


def _columns(panel: Panel) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    if panel.by:
        columns["values"] = _terms(panel.family, panel.by)
    if panel.kind == "time":
        columns["time"] = {
            "label": TIMES[panel.family], "dataType": "date", "operationType": "date_histogram", "isBucketed": True,
            "sourceField": TIMES[panel.family], "scale": "interval",
            "params": {"interval": "auto", "includeEmptyRows": True, "dropPartials": False},
        }  # fmt: skip
    columns[COUNT] = {
        "label": panel.family, "customLabel": True, "dataType": "number", "operationType": "count",
        "isBucketed": False, "scale": "ratio", "sourceField": "___records___", "params": {"emptyAsNull": False},
    }  # fmt: skip
    return {"columns": columns, "columnOrder": list(columns), "incompleteColumns": {}}


def _terms(family: str, name: str) -> dict[str, Any]:
    return {
        "label": name, "customLabel": True, "dataType": "string", "operationType": "terms", "isBucketed": True,
        "scale": "ordinal", "sourceField": countable(family, name),
        "params": {
            "size": 10, "orderBy": {"type": "column", "columnId": COUNT}, "orderDirection": "desc",
            "otherBucket": True, "missingBucket": False, "parentFormat": {"id": "terms"},
        },
    }  # fmt: skip


def _visualization(panel: Panel, layer: str) -> dict[str, Any]:
    if panel.kind == "number":
        return {"layerId": layer, "layerType": "data", "metricAccessor": COUNT}
    if panel.kind == "top":
        columns = [{"columnId": "values"}, {"columnId": COUNT}]
        return {"layerId": layer, "layerType": "data", "columns": columns}
    drawn = {
        "layerId": layer,
        "layerType": "data",
        "seriesType": "bar_stacked",
        "xAccessor": "time",
        "accessors": [COUNT],
    }
    return {
        "preferredSeriesType": "bar_stacked",
        "legend": {"isVisible": True, "position": "right"},
        "valueLabels": "hide",
        "layers": [drawn | ({"splitAccessor": "values"} if panel.by else {})],
    }


def _object(kind: str, id: str, attributes: dict[str, Any], references: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "type": kind, "id": id, "attributes": attributes, "references": references,
        "coreMigrationVersion": CORE, "typeMigrationVersion": VERSIONS[kind],
    }  # fmt: skip


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
