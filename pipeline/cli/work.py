"""`pantau work`: the workers of agents whose topics are on Kafka."""

import ctypes
import gc
import os
import resource
import signal
import sys
import threading
from typing import Annotated

import typer

from agents import FLOW
from pipeline.cli.installation import Installation
from pipeline.cli.output import installation, notes
from pipeline.errors import Misuse
from pipeline.flow import Agent
from pipeline.runners.workers import MEMORY_BYTES

_DEATH_OF_PARENT = 1
"""PR_SET_PDEATHSIG of prctl(2)."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("work", epilog="Example: pantau work clean extract --processes 4")(work)


def work(
    context: typer.Context,
    agents: Annotated[list[str] | None, typer.Argument(help="Names of agents; all without it.")] = None,
    processes: Annotated[int, typer.Option(min=1, max=256, help="Worker processes for each agent.")] = 1,
    slot: Annotated[int | None, typer.Option(min=0, help="Run only this one process, without a supervisor.")] = None,
) -> None:
    """Run agents on Kafka until Ctrl-C: each in processes of its own, which are started again when they end.

    The topics must be there (`pantau topics create`). Start it on as many machines as you like; more processes for an
    agent than its topic has partitions stand by.
    """
    house = installation(context)
    chosen = _chosen(agents or [])
    if slot is None:
        _supervise(house, chosen, processes)
    elif len(chosen) == 1:
        _work(house, chosen[0], slot)
    else:
        raise Misuse("--slot runs one process: name the one agent that it is for")


def _chosen(names: list[str]) -> list[Agent]:
    known = {agent.name: agent for agent in FLOW}
    for name in names:
        if name not in known:
            raise Misuse(f"there is no agent {name!r}: there are {', '.join(known)}")
    return [known[name] for name in names] or list(FLOW)


def _supervise(house: Installation, agents: list[Agent], processes: int) -> None:
    from pipeline.runners.faust.supervisor import Command, supervise  # noqa: PLC0415 - as below

    house.check_topics()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    port = house.settings.metrics_port
    commands = {}
    for place, (slot, agent) in enumerate((slot, agent) for slot in range(processes) for agent in agents):
        argv = [sys.executable, "-m", "pipeline.cli", "--home", str(house.settings.home), "work", agent.name]
        environment = os.environ | {"PANTAU_METRICS_PORT": str(port + place if port else 0)}
        commands[f"{agent.name}-{slot}"] = Command([*argv, "--slot", str(slot)], environment)
    notes.print(f"{len(commands)} worker processes in {house.settings.home}; Ctrl-C ends them")
    code = supervise(commands, stop)
    gc.freeze()  # a last collection of what is left would take seconds on a busy machine
    if code:
        raise typer.Exit(code)


def _work(house: Installation, agent: Agent, slot: int) -> None:
    """Be one worker. It ends with the process that started it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DEATH_OF_PARENT, signal.SIGTERM)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    with house.worker(agent, slot) as worker:
        worker.run()
