"""`pantau work`: the workers of agents whose topics are on Kafka."""

import contextlib
import ctypes
import gc
import logging
import os
import resource
import secrets
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.installation import Installation, flow
from pipeline.cli.output import installation, notes
from pipeline.errors import Misuse
from pipeline.flow import Agent
from pipeline.runners.faust.supervisor import Command, supervise

if TYPE_CHECKING:
    from pipeline.runners.faust.app import Worker

LOG = logging.getLogger("pantau.worker")
_MEMORY_BYTES = 3 << 30
"""Address space of a worker, which keeps one that runs wild from taking the machine with it."""
_DEATH_OF_PARENT = 1
"""PR_SET_PDEATHSIG of prctl(2)."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("work", epilog="Example: pantau work clean extract --processes 4")(work)


def work(
    context: typer.Context,
    agents: Annotated[list[str] | None, typer.Argument(help="Names of agents; all without it.")] = None,
    processes: Annotated[int, typer.Option(min=1, max=256, help="Worker processes for each agent.")] = 1,
    together: Annotated[bool, typer.Option("--together", help="All of these agents in one process.")] = False,
    slot: Annotated[int | None, typer.Option(min=0, help="Run only this one process, without a supervisor.")] = None,
) -> None:
    """Run agents on Kafka until Ctrl-C: each in processes of its own, which are started again when they end.

    With --together a process runs all of them: that takes less memory, but what ends one ends all. The topics must be
    there (`pantau topics create`). Start it on as many machines as you like; more processes for an agent than its topic
    has partitions stand by.
    """
    house = installation(context)
    chosen = _chosen(agents or [])
    if slot is None:
        _supervise(house, [chosen] if together else [[agent] for agent in chosen], processes)
    elif together or len(chosen) == 1:
        _work(house, chosen, slot)
    else:
        raise Misuse("--slot runs one process: name the one agent that it is for, or say --together")


def _chosen(names: list[str]) -> list[Agent]:
    known = {agent.name: agent for agent in flow()}
    for name in names:
        if name not in known:
            raise Misuse(f"there is no agent {name!r}: there are {', '.join(known)}")
    return [known[name] for name in names] or list(flow())


def _supervise(house: Installation, teams: list[list[Agent]], processes: int) -> None:
    """Keep `processes` processes of each team running."""
    house.check_topics()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    port = house.settings.metrics_port
    commands = {}
    for place, (slot, team) in enumerate((slot, team) for slot in range(processes) for team in teams):
        names = [agent.name for agent in team]
        argv = [sys.executable, "-m", "pipeline.cli", "--home", str(house.settings.home), "work", *names]
        environment = os.environ | {"PANTAU_METRICS_PORT": str(port + place if port else 0)}
        together = ["--together"] if len(team) > 1 else []
        commands[f"{'+'.join(names)}-{slot}"] = Command([*argv, *together, "--slot", str(slot)], environment)
    notes.print(f"{len(commands)} worker processes in {house.settings.home}; Ctrl-C ends them")
    code = supervise(commands, stop)
    gc.freeze()  # a last collection of what is left would take seconds on a busy machine
    if code:
        raise typer.Exit(code)


def _work(house: Installation, agents: list[Agent], slot: int) -> None:
    """Be one worker process. It ends with the process that started it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DEATH_OF_PARENT, signal.SIGTERM)
    most = _MEMORY_BYTES * len(agents)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    house.check_topics()
    from pipeline.runners.faust.app import run  # noqa: PLC0415 - late, because the packages are in an extra

    house.catalog.snapshot()
    with contextlib.ExitStack() as stack:
        workers = [stack.enter_context(_worker(house, agent, slot)) for agent in agents]
        _serve_metrics(house)
        run(workers)


@contextlib.contextmanager
def _worker(house: Installation, agent: Agent, slot: int) -> Iterator["Worker"]:
    """The worker of one agent in one slot of this home folder. Raises Busy when that slot is taken."""
    from pipeline.adapters.kafka.broker import KafkaBroker  # noqa: PLC0415 - as above
    from pipeline.runners.faust.app import Post, Worker  # noqa: PLC0415 - as above

    broker = house.served
    assert isinstance(broker, KafkaBroker), "Faust runs on Kafka"
    folder = house.settings.home / "work" / f"{agent.name}-{slot}"
    folder.mkdir(parents=True, exist_ok=True)
    with house.alone(folder / "lock"):
        member = f"{_node(house.settings.home)}-{agent.name}-{slot}"
        post = Post(agent, slot, member, folder, house.remember)
        with house.pool(1 if agent.movable else 0) as pool:
            yield Worker(post, broker.address, house.ports(agent.ports | {"clock"}), house.meters, pool)


def _node(home: Path) -> str:
    """A name of this home folder that no other has, made once."""
    path = home / "node"
    with contextlib.suppress(FileExistsError), path.open("x", encoding="ascii") as file:
        file.write(secrets.token_hex(6))
    return path.read_text(encoding="ascii")


def _serve_metrics(house: Installation) -> None:
    port = house.settings.metrics_port
    try:
        if port:
            house.meters.serve(house.settings.metrics_host, port)
    except OSError as error:
        LOG.warning("no /metrics on port %d", port, extra={"error": str(error)})
