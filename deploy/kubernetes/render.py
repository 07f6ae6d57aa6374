"""Writes agents/*.yaml from the flow: a Deployment, a PodDisruptionBudget and a ScaledObject for each agent.

    PYTHONPATH=. python deploy/kubernetes/render.py

The addresses of Kafka come from settings.yaml, so that they are written in one place.
"""

from pathlib import Path
from string import Template
from typing import NamedTuple
from urllib.parse import urlsplit

import yaml

from agents import FLOW
from pipeline.flow import Agent

HERE = Path(__file__).parent


class Size(NamedTuple):
    """What one pod of an agent asks for, how many there may be, and the lag that one pod is expected to carry.

    cpu in cores, memory and disk as Kubernetes writes them; a process has one thread for steps, so more than one core
    is of no use to it. `lag` counts messages: KEDA starts one pod for so many.
    """

    cpu: str
    memory: str
    memory_limit: str
    disk: str
    pods: int
    lag: int


SIZES = {
    "clean": Size("500m", "768Mi", "3Gi", "1Gi", 12, 500),
    # One owner a language: more pods than languages have nothing to do.
    "dedupe": Size("250m", "512Mi", "3Gi", "8Gi", 4, 5000),
    "extract": Size("500m", "768Mi", "3Gi", "1Gi", 12, 500),
    "attribute": Size("250m", "512Mi", "3Gi", "8Gi", 6, 2000),
    "alert": Size("100m", "384Mi", "3Gi", "4Gi", 4, 2000),
    "deliver": Size("100m", "384Mi", "3Gi", "1Gi", 4, 200),
    "index": Size("250m", "512Mi", "3Gi", "1Gi", 4, 2000),
}


def brokers() -> str:
    """The servers in PANTAU_BROKER of settings.yaml."""
    settings = yaml.safe_load((HERE / "settings.yaml").read_text(encoding="utf-8"))
    return urlsplit(str(settings["data"]["PANTAU_BROKER"])).netloc


def page(agent: Agent) -> str:
    """The file of one agent."""
    size, extra = SIZES[agent.name], _extra(agent)
    values = size._asdict() | {"agent": agent.name, "mounts": extra[0], "volumes": extra[1], "settings": extra[2]}
    text = Template((HERE / "agent.template.yaml").read_text(encoding="utf-8")).substitute(values)
    return text + "".join(_trigger(agent, topic.name, size) for topic in agent.reads)


def _extra(agent: Agent) -> tuple[str, str, str]:
    """Mounts, volumes and settings that only agents with certain ports have."""
    if "pages" in agent.ports:
        return (
            "            - {name: pages-key, mountPath: /run/pages, readOnly: true}\n",
            "        - {name: pages-key, secret: {secretName: pantau-pages, defaultMode: 0440}}\n",
            "            - {name: PANTAU_S3_SECRET_KEY_FILE, value: /run/pages/secret-key}\n",
        )
    if "index" in agent.ports:
        return (
            "            - {name: search-key, mountPath: /run/keys, readOnly: true}\n",
            "        - {name: search-key, secret: {secretName: pantau-elasticsearch, defaultMode: 0440}}\n",
            "            - {name: PANTAU_ELASTICSEARCH_API_KEY_FILE, value: /run/keys/api-key}\n",
        )
    return "", "", ""


def _trigger(agent: Agent, topic: str, size: Size) -> str:
    return f"""    - type: kafka
      metadata:
        bootstrapServers: {brokers()}
        consumerGroup: {agent.name}
        topic: {topic}
        lagThreshold: "{size.lag}"
        offsetResetPolicy: earliest
      authenticationRef: {{name: pantau-kafka}}
"""


def write() -> None:
    """Write all files anew."""
    for agent in FLOW:
        (HERE / "agents" / f"{agent.name}.yaml").write_text(page(agent), encoding="utf-8")


if __name__ == "__main__":
    write()
