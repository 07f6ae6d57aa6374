"""What deploy/ promises: it names only what exists, pins every image, keeps secrets in files, and runs as nobody."""

import configparser
import json
import re
import shutil
import stat
import subprocess
import tomllib
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from agents import FLOW
from pipeline.settings import VARIABLES

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
AGENTS = {agent.name: agent for agent in FLOW}


PINNED = re.compile(r".+:v?\d+\.\d+[\w.+-]*(@sha256:[0-9a-f]{64})?")
SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|(?<!ACCESS_)KEY|CREDENTIAL", re.IGNORECASE)
OURS = (DEPLOY / name for name in ("docker", "compose", "kubernetes", "prometheus", "grafana", "systemd"))
FILES = sorted(path for folder in OURS for path in folder.rglob("*") if path.is_file())


def run(*argv: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)


def short(path: Path) -> str:
    return str(path.relative_to(DEPLOY))


def settings_of(text: str) -> set[str]:
    return set(re.findall(r"PANTAU_[A-Z_]+[A-Z]", text))


# Every file


@pytest.mark.parametrize("path", [p for p in FILES if p.suffix in (".yml", ".yaml", ".json")], ids=short)
def test_every_file_parses(path: Path) -> None:
    if path.name.endswith(".template.yaml"):
        return
    text = path.read_text(encoding="utf-8")
    found = [json.loads(text)] if path.suffix == ".json" else list(yaml.safe_load_all(text))
    assert all(isinstance(document, dict) and document for document in found)


@pytest.mark.parametrize("path", FILES, ids=short)
def test_only_settings_that_exist_are_named(path: Path) -> None:
    assert settings_of(path.read_text(encoding="utf-8")) <= set(VARIABLES)


# The image

DOCKERFILE = (DEPLOY / "docker" / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")
STAGES = re.split(r"^(?=FROM )", DOCKERFILE, flags=re.MULTILINE)[1:]


def test_the_image_is_pinned_and_runs_as_nobody() -> None:
    assert all(PINNED.fullmatch(stage.split()[1]) for stage in STAGES)
    user = re.findall(r"^USER (\d+):\d+$", STAGES[-1], re.MULTILINE)
    assert user
    assert int(user[-1]) >= 10000
    assert "HEALTHCHECK" in STAGES[-1]


def test_packages_are_installed_by_hash_and_nothing_is_compiled() -> None:
    installs = re.findall(r"\binstall (--.*)", STAGES[0])
    from_registry = [line for line in installs if "--no-index" not in line]
    assert len(from_registry) == 2
    assert all("--require-hashes" in line and "--only-binary :all:" in line for line in from_registry)
    assert not re.search(r"apt-get|pip install|gcc|COPY --from=build /(?!opt/pantau)", STAGES[-1])


def test_the_build_context_holds_what_is_copied_and_no_more() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    let_in = {line[1:].rstrip("/") for line in lines if line.startswith("!")}
    copied = {
        source for line in re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE) for source in line.split()
    }
    assert lines[1] == "*"
    assert copied - {"${LOCK}"} == let_in - {"requirements*.lock"}
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"]
    assert {*needed["wheel"]["packages"], *needed["wheel"]["force-include"]} <= copied


def test_the_lock_of_the_image_holds_the_servers_and_agrees_with_the_product() -> None:
    [name] = re.findall(r"^ARG LOCK=(\S+)$", STAGES[0], re.MULTILINE)
    pins = [
        dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / lock).read_text("utf-8"), re.MULTILINE))
        for lock in (name, "requirements.lock")
    ]
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    wanted = {re.split(r"[=<>]", package)[0] for extra in ("kafka", "elasticsearch", "s3") for package in extras[extra]}
    assert wanted <= pins[0].keys()
    assert pins[1].items() <= pins[0].items()


def test_build_tools_are_locked() -> None:
    wanted = (DEPLOY / "docker" / "build.in").read_text(encoding="utf-8").split()
    locked = (DEPLOY / "docker" / "build.lock").read_text(encoding="utf-8")
    assert all(f"{name} \\\n    --hash=sha256:" in locked for name in wanted)


# Compose

COMPOSE = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
JOBS = ("access", "bucket", "topics", "indices", "pantau")
"""Services that end: others wait for their end, or a person does."""


def service(test: Any) -> Any:
    return pytest.mark.parametrize("name", SERVICES)(test)


@service
def test_every_service_is_pinned_and_hardened(name: str) -> None:
    found = SERVICES[name]
    assert PINNED.fullmatch(found["image"])
    assert found["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in found["security_opt"]
    assert not {"privileged", "network_mode", "pid", "devices", "cap_add"} & found.keys() or name == "access"
    assert name == "access" or "mem_limit" in found


@service
def test_ports_are_on_loopback(name: str) -> None:
    assert all(
        re.fullmatch(r"127\.0\.0\.1:\$\{[A-Z]+_PORT:-\d+\}:\d+", port) for port in SERVICES[name].get("ports", [])
    )


@service
def test_services_say_whether_they_are_well(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    if name in JOBS:
        assert check == {"disable": True}
        assert SERVICES[name]["restart"] != "unless-stopped"
    else:
        assert check["test"][0] in ("CMD", "CMD-SHELL")
        assert {"interval", "timeout", "retries", "start_period"} <= check.keys()


@service
def test_services_wait_for_what_they_need(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        wanted = "service_completed_successfully" if other in JOBS else "service_healthy"
        assert how == {"condition": wanted}


@service
def test_no_secret_is_in_the_environment(name: str) -> None:
    for variable, value in SERVICES[name].get("environment", {}).items():
        if SECRET.search(variable):
            assert variable.endswith("_FILE")
            assert value.startswith(("/run/secrets/", "/run/keys/"))
        assert not re.search(r"//[^/@\s]+:[^/@\s]+@", str(value))


@service
def test_what_a_service_uses_is_declared(name: str) -> None:
    found = SERVICES[name]
    secrets = {secret if isinstance(secret, str) else secret["source"] for secret in found.get("secrets", [])}
    volumes = {volume.split(":")[0] for volume in found.get("volumes", []) if volume[0] not in "./$"}
    assert secrets <= COMPOSE["secrets"].keys()
    assert volumes <= COMPOSE["volumes"].keys()
    assert set(found["networks"]) <= COMPOSE["networks"].keys()
    folders = [volume.split(":")[0] for volume in found.get("volumes", []) if volume[0] == "."]
    assert all((DEPLOY / "compose" / folder).exists() for folder in folders)


def test_every_agent_has_a_worker() -> None:
    workers = {name: found["command"] for name, found in SERVICES.items() if "work" in found.get("command", [])}
    assert workers == {name: ["work", name, "--slot", "0"] for name in AGENTS}
    assert all(SERVICES[name]["read_only"] for name in workers)


def test_only_those_with_a_port_or_channels_reach_outside() -> None:
    outside = {name for name, found in SERVICES.items() if "outside" in found["networks"]}
    assert outside == {name for name, found in SERVICES.items() if "ports" in found} | {"deliver", "crawl"}
    assert COMPOSE["networks"]["inside"] == {"internal": True}


def test_the_example_environment_names_every_variable() -> None:
    text = (DEPLOY / "compose" / "compose.yaml").read_text(encoding="utf-8")
    example = (DEPLOY / "compose" / ".env.example").read_text(encoding="utf-8")
    used = dict(re.findall(r"(?<!\$)\$\{([A-Z_]+):-([^}]*)\}", text))
    assert used == dict(re.findall(r"^([A-Z_]+)=(.*)$", example, re.MULTILINE))


def test_secrets_are_made_once_and_never_committed(tmp_path: Path) -> None:
    if run("id", "-u").stdout.strip() not in ("0", "1000"):
        pytest.skip("secrets/create.sh runs as user 1000 or root only")
    script = shutil.copy(DEPLOY / "compose" / "secrets" / "create.sh", tmp_path)
    first = run("bash", str(script))
    assert first.returncode == 0, first.stderr
    made = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    declared = {Path(secret["file"]).name for secret in COMPOSE["secrets"].values()}
    assert made.keys() == declared | {"create.sh"}
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "elastic_password").stat().st_mode) == 0o400
    passwords = [made[name] for name in declared if name.endswith("_password")]
    assert len(set(passwords)) == len(passwords)
    assert all(re.fullmatch(r"[0-9a-f]{48}", password) for password in passwords)
    assert f'user_pantau="{made["kafka_password"]}"' in made["kafka_jaas"]
    (identity,) = json.loads(made["s3_identities"])["identities"]
    keys = {"accessKey": SERVICES["clean"]["environment"]["PANTAU_S3_ACCESS_KEY"], "secretKey": made["s3_secret_key"]}
    assert identity["credentials"] == [keys]
    assert yaml.safe_load(made["kibana.yml"])["elasticsearch.password"] == made["kibana_password"]
    assert run("bash", str(script)).returncode == 0
    assert made == {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    tracked = run("git", "ls-files", "deploy/compose/secrets").stdout.split()
    assert {Path(path).name for path in tracked} <= {".gitignore", "README.md", "create.sh"}


def test_compose_accepts_its_file() -> None:
    if not shutil.which("docker") or run("docker", "compose", "version").returncode:
        pytest.skip("there is no docker with the compose plugin")
    found = run("docker", "compose", "--profile", "*", "config", "--quiet", cwd=DEPLOY / "compose")
    assert found.returncode == 0, found.stderr


# Kubernetes

KUBERNETES = DEPLOY / "kubernetes"
KINDS = {
    "Namespace": "v1",
    "ServiceAccount": "v1",
    "ConfigMap": "v1",
    "NetworkPolicy": "networking.k8s.io/v1",
    "Job": "batch/v1",
    "Deployment": "apps/v1",
    "PodDisruptionBudget": "policy/v1",
    "ScaledObject": "keda.sh/v1alpha1",
    "TriggerAuthentication": "keda.sh/v1alpha1",
}


def objects() -> Iterator[dict[str, Any]]:
    kustomization = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text(encoding="utf-8"))
    for name in kustomization["resources"]:
        yield from yaml.safe_load_all((KUBERNETES / name).read_text(encoding="utf-8"))


OBJECTS = list(objects())


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    return {found["metadata"]["name"]: found for found in OBJECTS if found["kind"] == kind}


def test_objects_are_of_known_kinds_and_named_once() -> None:
    assert all(KINDS[found["kind"]] == found["apiVersion"] for found in OBJECTS)
    names = [(found["kind"], found["metadata"]["name"]) for found in OBJECTS]
    assert len(set(names)) == len(names)


def test_every_file_of_kubernetes_is_used() -> None:
    listed = set(yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text(encoding="utf-8"))["resources"])
    found = {str(path.relative_to(KUBERNETES)) for path in KUBERNETES.rglob("*.yaml")}
    assert found == listed | {"kustomization.yaml", "agent.template.yaml"}


def test_agents_are_as_the_template_makes_them() -> None:
    spec = spec_from_file_location("render", KUBERNETES / "render.py")
    assert spec
    assert spec.loader
    render = module_from_spec(spec)
    spec.loader.exec_module(render)
    made = {f"{agent.name}.yaml": render.page(agent) for agent in FLOW}
    found = {path.name: path.read_text(encoding="utf-8") for path in (KUBERNETES / "agents").iterdir()}
    assert found == made, "run PYTHONPATH=. python deploy/kubernetes/render.py"


def test_every_agent_has_its_deployment_budget_and_scaler() -> None:
    for kind in ("Deployment", "PodDisruptionBudget", "ScaledObject"):
        assert of_kind(kind).keys() == AGENTS.keys()
    assert all(found["spec"]["scaleTargetRef"]["name"] == name for name, found in of_kind("ScaledObject").items())


def pods() -> dict[str, dict[str, Any]]:
    return {name: found["spec"]["template"] for kind in ("Deployment", "Job") for name, found in of_kind(kind).items()}


@pytest.mark.parametrize("name", pods())
def test_pods_run_as_nobody_with_limits(name: str) -> None:
    spec = pods()[name]["spec"]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["automountServiceAccountToken"] is False
    [container] = spec["containers"]
    context = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
    assert container["securityContext"] == context
    assert {"cpu", "memory"} <= container["resources"]["requests"].keys()
    assert "memory" in container["resources"]["limits"]
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in spec["volumes"]}
    assert not any(SECRET.search(v["name"]) and not v["name"].endswith("_FILE") for v in container["env"])


@pytest.mark.parametrize("name", AGENTS)
def test_an_agent_works_under_its_labels_and_probes(name: str) -> None:
    found = of_kind("Deployment")[name]
    labels = found["spec"]["template"]["metadata"]["labels"]
    assert found["spec"]["selector"]["matchLabels"] == labels
    assert of_kind("PodDisruptionBudget")[name]["spec"]["selector"]["matchLabels"] == labels
    assert "replicas" not in found["spec"], "the scaler would be overruled at every apply"
    [container] = found["spec"]["template"]["spec"]["containers"]
    assert container["args"] == ["work", name, "--slot", "0"]
    ports = {port["name"] for port in container["ports"]}
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container[probe]["httpGet"]["port"] in ports
    mounted = {volume["name"] for volume in found["spec"]["template"]["spec"]["volumes"]}
    assert ("pages-key" in mounted) == ("pages" in AGENTS[name].ports)
    assert ("search-key" in mounted) == ("index" in AGENTS[name].ports)


@pytest.mark.parametrize("name", AGENTS)
def test_scaling_follows_the_lag_of_all_that_an_agent_reads(name: str) -> None:
    spec = of_kind("ScaledObject")[name]["spec"]
    url = urlsplit(of_kind("ConfigMap")["pantau"]["data"]["PANTAU_BROKER"])
    partitions = int(parse_qs(url.query)["partitions"][0])
    assert 1 <= spec["minReplicaCount"] <= spec["maxReplicaCount"] <= partitions
    assert [trigger["metadata"]["topic"] for trigger in spec["triggers"]] == [t.name for t in AGENTS[name].reads]
    for trigger in spec["triggers"]:
        assert trigger["type"] == "kafka"
        assert trigger["metadata"]["bootstrapServers"] == url.netloc
        assert trigger["metadata"]["consumerGroup"] == name
        assert trigger["authenticationRef"]["name"] in of_kind("TriggerAuthentication")


def test_the_network_is_closed_unless_opened() -> None:
    policies = of_kind("NetworkPolicy")
    assert policies["default-deny"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    open_ended = {
        name
        for name, policy in policies.items()
        for rule in policy["spec"].get("egress", []) + policy["spec"].get("ingress", [])
        if not rule.get("ports") or not (rule.get("to") or rule.get("from"))
    }
    assert not open_ended
    internet = [name for name, policy in policies.items() if "ipBlock" in json.dumps(policy)]
    assert internet == ["channels"]
    assert policies["channels"]["spec"]["podSelector"]["matchLabels"] == {"app.kubernetes.io/component": "deliver"}
    [chosen] = policies["elasticsearch"]["spec"]["podSelector"]["matchExpressions"]
    assert set(chosen["values"]) <= pods().keys()


def test_kubernetes_holds_no_secret() -> None:
    assert "Secret" not in {found["kind"] for found in OBJECTS}
    for values in of_kind("ConfigMap").values():
        assert not any(SECRET.search(name) for name in values["data"])


def test_kustomize_builds_with_a_pinned_image() -> None:
    if not shutil.which("kubectl"):
        pytest.skip("there is no kubectl")
    built = run("kubectl", "kustomize", str(KUBERNETES))
    assert built.returncode == 0, built.stderr
    found = list(yaml.safe_load_all(built.stdout))
    assert len(found) == len(OBJECTS)
    images = set(re.findall(r"^\s*image: (\S+)$", built.stdout, re.MULTILINE))
    assert len(images) == 1
    assert PINNED.fullmatch(images.pop())
    assert {f["metadata"].get("namespace") for f in found if f["kind"] != "Namespace"} == {"pantau"}


# One machine

UNIT = DEPLOY / "systemd" / "pantau.service"


def test_the_unit_runs_the_flow_as_nobody() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(UNIT, encoding="utf-8")
    found = unit["Service"]
    assert found["ExecStart"].split()[1:] == ["run"]
    assert found["User"] not in ("root", "0")
    assert f"PANTAU_HOME=/var/lib/{found['StateDirectory']}" in found["Environment"].split()
    assert found["CapabilityBoundingSet"] == ""
    assert (found["ProtectSystem"], found["NoNewPrivileges"]) == ("strict", "yes")


def test_systemd_finds_the_unit_well_closed() -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("there is no systemd-analyze")
    found = run("systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", str(UNIT))
    if "unrecognized option" in found.stderr:
        pytest.skip("systemd is older than 250, which has no --offline")
    assert found.returncode == 0, found.stdout
