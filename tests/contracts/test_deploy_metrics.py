"""What watches Pantau: rules and panels name only what workers expose, and every alert is shown to fire."""

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from agents import FLOW
from pipeline.broker import Standing
from pipeline.flow import Failure
from pipeline.metrics import OUTCOMES, Meters

DEPLOY = Path(__file__).parents[2] / "deploy"
AGENTS = {agent.name for agent in FLOW}
SERVICES = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text(encoding="utf-8"))["services"]


def exposed() -> dict[str, set[str]]:
    """Every series that a worker exposes, with its labels."""
    meters = Meters()
    meters.record("a", "in", "", 1)
    meters.took("a", 0.1)
    meters.healed("a", 1, 1)
    meters.stand(Standing("a", "t", 0, 0, datetime(2026, 1, 1, tzinfo=UTC), 0), 0.0)
    meters.looked("read")
    meters.listed(1)
    meters.fetched("new")
    meters.behind(1, 1.0)
    meters.sources({"silent": 1})
    meters.hub("told")
    meters.uploaded({"new": 1}, 1)
    series: dict[str, set[str]] = {}
    for family in meters.registry.collect():
        for sample in family.samples:
            series.setdefault(sample.name, set()).update(sample.labels)
    return series


SERIES = exposed() | {"up": set()}
TARGET = {"job", "instance"}
REASONS = {"", *(str(reason) for agent in FLOW for reason in agent.reasons), *map(str, Failure)}
VALUES = {"agent": AGENTS, "outcome": {*OUTCOMES}, "reason": REASONS, "job": {"pantau"}}
VALUES["topic"] = {topic.name for agent in FLOW for topic in agent.reads}
WORDS = {"and", "or", "unless", "offset", "bool", "inf", "nan"}
SELECTOR = re.compile(r"\b([a-zA-Z_:][\w:]*)\b(?!\s*\()\s*(?:\{([^}]*)\})?")
GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
MATCHER = re.compile(r'\s*(\w+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)')


def faults(expression: str) -> list[str]:
    """What an expression of PromQL names that no worker exposes."""
    found: list[str] = []
    groups = {label.strip() for group in GROUPING.findall(expression) for label in group.split(",")}
    rest = re.sub(r"\[[^\]]*\]|\boffset\s+\w+", " ", GROUPING.sub(" ", expression))
    labels = {"le", *TARGET}
    for name, matchers in SELECTOR.findall(rest):
        if name in WORDS:
            continue
        if name not in SERIES:
            found.append(f"no metric {name}")
            continue
        labels |= SERIES[name]
        found += _wrong(name, matchers)
    return found + [f"no label {label}" for label in groups - labels]


def _wrong(name: str, matchers: str) -> Iterator[str]:
    if MATCHER.sub("", matchers).strip():
        yield f"cannot read {{{matchers}}}"
    for label, how, value in MATCHER.findall(matchers):
        if label not in SERIES[name] | TARGET:
            yield f"{name} has no label {label}"
        choices = value.split("|") if "~" in how else [value]
        if label in VALUES and not value.startswith("$") and set(choices) - VALUES[label]:
            yield f"{label} is never {value}"


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load((DEPLOY / "prometheus" / "rules.yml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


DASHBOARD = json.loads((DEPLOY / "grafana" / "dashboards" / "pantau.json").read_text(encoding="utf-8"))
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
EXPRESSIONS = {f"rule {rule['alert']}": rule["expr"] for rule in alerts()} | {
    f"panel {panel['id']}{target['refId']}": target["expr"] for panel in PANELS for target in panel["targets"]
}


@pytest.mark.parametrize("place", EXPRESSIONS)
def test_expressions_name_only_what_workers_expose(place: str) -> None:
    assert faults(EXPRESSIONS[place]) == []


@pytest.mark.parametrize(
    "expression",
    [
        "pantau_records",
        "sum by (agent) (rate(pantau_record_total[5m]))",
        'pantau_lag{partition="1"}',
        'sum by (le) (rate(pantau_step_seconds_bucket{agent="cleaning"}[5m]))',
        'pantau_records_total{outcome="rejected"}',
        'pantau_records_total{reason=~"refused|unheard-of"}',
        "sum by (reason) (pantau_lag)",
        "pantau_lag > 0 unless pantau_seen",
        "pantau_step_seconds",
    ],
)
def test_a_wrong_expression_is_seen(expression: str) -> None:
    assert faults(expression)


def test_alerts_say_what_happened_and_what_to_do() -> None:
    names = [rule["alert"] for rule in alerts()]
    assert len(set(names)) == len(names)
    for rule in alerts():
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert {"summary", "action"} == rule["annotations"].keys()
        assert rule["annotations"]["action"].endswith(".")
    tests = yaml.safe_load((DEPLOY / "prometheus" / "rules_test.yml").read_text(encoding="utf-8"))["tests"]
    fired = {case["alertname"] for test in tests for case in test["alert_rule_test"] if case["exp_alerts"]}
    assert fired == set(names)


def test_prometheus_finds_every_worker() -> None:
    jobs = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))["scrape_configs"]
    [found] = [job for job in jobs if job["job_name"] == "pantau"]
    assert set(found["dns_sd_configs"][0]["names"]) == AGENTS | {"crawl", "serve"}


@pytest.mark.parametrize(
    "command", ["check rules rules.yml", "test rules rules_test.yml", "check config --syntax-only prometheus.yml"]
)
def test_promtool_is_content(command: str) -> None:
    if not shutil.which("promtool"):
        pytest.skip("there is no promtool (Debian: apt-get install prometheus)")
    argv = ["promtool", *shlex.split(command)]
    found = subprocess.run(argv, cwd=DEPLOY / "prometheus", capture_output=True, text=True, timeout=60, check=False)
    assert found.returncode == 0, found.stdout + found.stderr


def test_the_dashboard_is_whole() -> None:
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)
    variables = {variable["name"]: variable["type"] for variable in DASHBOARD["templating"]["list"]}
    assert variables == {"datasource": "datasource", "agent": "query"}
    used = set(re.findall(r"\$\{?([a-z]+)\b", json.dumps(DASHBOARD["panels"])))
    assert used == variables.keys()
    for panel in PANELS:
        assert panel["title"]
        assert panel["description"]
        assert all(target["datasource"]["uid"] == "${datasource}" for target in panel["targets"])
        references = [target["refId"] for target in panel["targets"]]
        assert len(set(references)) == len(references) > 0


def test_panels_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert place["x"] + place["w"] <= 24
        assert not cells & taken
        taken |= cells


def test_grafana_finds_its_dashboard_and_its_data() -> None:
    folder = DEPLOY / "grafana" / "provisioning"
    [source] = yaml.safe_load((folder / "datasources" / "prometheus.yaml").read_text(encoding="utf-8"))["datasources"]
    assert urlsplit(source["url"]).hostname in SERVICES
    [provider] = yaml.safe_load((folder / "dashboards" / "pantau.yaml").read_text(encoding="utf-8"))["providers"]
    mounted = f"../grafana/dashboards:{provider['options']['path']}:ro"
    assert mounted in SERVICES["grafana"]["volumes"]
