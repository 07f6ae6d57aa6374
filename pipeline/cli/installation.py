"""One installation of Pantau: its settings, and its parts, each opened when it is first asked for."""

import contextlib
import fcntl
import logging
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from importlib import import_module
from pathlib import Path
from typing import Any

from pipeline.adapters import open_port
from pipeline.adapters.channels import Channels
from pipeline.adapters.clock import SystemClock
from pipeline.broker import Broker, Topics
from pipeline.errors import Misuse, Unavailable
from pipeline.flow import Agent
from pipeline.metrics import Meters
from pipeline.news.queries import parse
from pipeline.news.urls import article_id
from pipeline.ports import CatalogEditor, Clock, Pages, Recogniser, Search
from pipeline.runners.embedded import EmbeddedRunner
from pipeline.runners.intake import Intake
from pipeline.runners.workers import Pool
from pipeline.settings import Settings


def flow() -> tuple[Agent, ...]:
    """The whole flow. Loaded when it is first asked for: its libraries take longer than most commands."""
    loaded: tuple[Agent, ...] = import_module("agents").FLOW
    return loaded


LOG = logging.getLogger("pantau.installation")


def seeds() -> Path:
    """The folder of seeds: inside the package when it is installed, beside it in a checkout."""
    package = Path(__file__).parent.parent
    inside = package / "seeds"
    return inside if inside.is_dir() else package.parent / "seeds"


class Installation:
    """The parts of one home folder. The first command in a fresh folder creates it, with a catalog to edit."""

    def __init__(self, settings: Settings, catalog: Path | None = None, clock: Clock | None = None) -> None:
        """`catalog` is the folder that a fresh catalog is copied from."""
        self.settings = settings
        self._origin = catalog or seeds()
        self.clock = clock or SystemClock()
        self.meters = Meters()

    def prepare(self) -> None:
        """Create the home folder and its catalog where they are missing."""
        home = self.settings.home
        try:
            home.mkdir(parents=True, exist_ok=True)
            folder = home / "catalog"
            folder.mkdir(exist_ok=True)
            for name in ("officials.yaml", "watches.yaml", "sources.toml"):
                if not (folder / name).exists() and (self._origin / name).exists():
                    shutil.copyfile(self._origin / name, folder / name)
        except OSError as error:
            raise Unavailable(
                f"cannot write in {home}: {error.strerror}; choose another folder with --home or PANTAU_HOME"
            ) from error

    @cached_property
    def broker(self) -> Topics:
        """Topics and state."""
        self.prepare()
        opened: Topics = open_port("broker", self.settings.broker, home=self.settings.home)
        return opened

    @cached_property
    def index(self) -> Any:
        """The search index; it serves both the Index and the Search port."""
        self.prepare()
        return open_port("index", self.settings.index)

    @property
    def search(self) -> Search:
        """The reading side of the index."""
        searching: Search = self.index
        return searching

    @cached_property
    def pages(self) -> Pages:
        """The page store."""
        self.prepare()
        opened: Pages = open_port("pages", self.settings.pages)
        return opened

    @cached_property
    def catalog(self) -> CatalogEditor:
        """Officials, watches and sources."""
        self.prepare()
        return _catalog(self.settings)

    @cached_property
    def recogniser(self) -> Recogniser:
        """The models that find names; a process loads the one of a language with its first article in it."""
        opened: Recogniser = open_port("recogniser", self.settings.recogniser)
        return opened

    @cached_property
    def intake(self) -> Intake:
        """The way in."""
        return Intake(self.broker, self.pages, self.clock)

    def ports(self) -> dict[str, Any]:
        """Everything that steps may ask for, but what they remember."""
        return {
            "clock": self.clock,
            "pages": self.pages,
            "catalog": self.catalog,
            "recogniser": self.recogniser,
            "index": self.index,
            "notify": Channels(self.settings.home),
        }

    @contextmanager
    def runner(self, workers: int) -> Iterator[EmbeddedRunner]:
        """A runner of the whole flow, with this many worker processes. Only one may run on a home folder.

        Raises Elsewhere where the topics are on servers: there each agent has workers of its own.
        """
        broker = self.broker
        if not isinstance(broker, Broker):
            where = self.settings.broker
            raise Elsewhere(f"the topics are at {where}, where `pantau work` runs the flow: start it instead")
        ports = self.ports()
        self.catalog.snapshot()
        with self._alone(self.settings.home / "runner.lock"):
            pool = Pool(workers, partial(reading_parts, self.settings)) if workers else None
            try:
                yield EmbeddedRunner(flow(), broker, ports, self.meters, pool, self.index.flush)
            finally:
                if pool:
                    pool.close()

    @contextmanager
    def _alone(self, path: Path) -> Iterator[None]:
        """Hold the lock of a runner. It goes with the process, however that ends."""
        with path.open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                file.seek(0)
                raise Busy(self.settings.home, file.read().strip()) from error
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield

    def topics(self) -> list[Any]:
        """The topics on Kafka as they have to be. Raises Misuse where topics are in a file."""
        from pipeline.adapters.kafka.admin import wanted  # noqa: PLC0415 - as in `_address`

        return wanted(flow(), self._address())

    def admin(self) -> Any:
        """A connection for the care of topics."""
        from pipeline.adapters.kafka.admin import Admin  # noqa: PLC0415 - as in `_address`

        return Admin(self._address())

    def check_topics(self) -> None:
        """Raise Misuse, naming the cure, unless all topics are as they have to be."""
        with contextlib.closing(self.admin()) as admin:
            admin.check(self.topics())

    def _address(self) -> Any:
        if isinstance(self.broker, Broker):
            raise Misuse(
                f"the topics are in {self.settings.broker}, where `pantau run` runs the flow: "
                "for Kafka set PANTAU_BROKER to kafka://host:port"
            )
        # Here and above the import is late, because the packages are in an extra.
        from pipeline.adapters.kafka.address import parse  # noqa: PLC0415

        return parse(self.settings.broker)

    @contextmanager
    def worker(self, agent: Agent, slot: int) -> Iterator[Any]:
        """The worker of one agent in one slot of this home folder. Raises Busy when that slot is taken."""
        from pipeline.runners.faust.app import Post, Worker  # noqa: PLC0415 - as in `_address`

        address = self._address()
        self.check_topics()
        self.catalog.snapshot()
        folder = self.settings.home / "work" / f"{agent.name}-{slot}"
        folder.mkdir(parents=True, exist_ok=True)
        with self._alone(folder / "lock"):
            self._serve_metrics()
            member = f"{self._node()}-{agent.name}-{slot}"
            yield Worker(Post(agent, slot, member, folder), address, self.ports(), self.meters)

    def _node(self) -> str:
        """A name of this home folder that no other has, made once."""
        path = self.settings.home / "node"
        with contextlib.suppress(FileExistsError), path.open("x", encoding="ascii") as file:
            file.write(secrets.token_hex(6))
        return path.read_text(encoding="ascii")

    def _serve_metrics(self) -> None:
        port = self.settings.metrics_port
        try:
            if port:
                self.meters.serve(self.settings.metrics_host, port)
        except OSError as error:
            LOG.warning("no /metrics on port %d", port, extra={"error": str(error)})

    def article_id(self, text: str) -> str:
        """The id of an article that is named by its id or its URL."""
        return article_id(text, b"") if "://" in text else text

    def workers(self, asked: int | None) -> int:
        """How many worker processes to use: as asked, as set, else one a core up to eight."""
        if asked is not None:
            return asked
        return self.settings.workers if self.settings.workers is not None else min(8, os.cpu_count() or 1)


class Elsewhere(Unavailable):
    """The flow of this installation is run by workers, not by one runner."""


class Busy(Unavailable):
    """Another runner is at work in this home folder; `holder` names it."""

    def __init__(self, home: Path, process: str) -> None:
        self.holder = f"another Pantau (process {process or 'unknown'})"
        super().__init__(f"{self.holder} already runs in {home}: wait for it, end it, or choose another --home")


def reading_parts(settings: Settings) -> tuple[Sequence[Agent], Mapping[str, Any]]:
    """The flow and the ports that only read, for a worker process."""
    recogniser: Recogniser = open_port("recogniser", settings.recogniser)
    recogniser.read("", "id")  # its model takes seconds to load, which no message should be charged with
    ports = {
        "clock": SystemClock(),
        "pages": open_port("pages", settings.pages),
        "catalog": _catalog(settings),
        "recogniser": recogniser,
    }
    return flow(), ports


def _catalog(settings: Settings) -> CatalogEditor:
    opened: CatalogEditor = open_port("catalog", settings.catalog, check=check_about)
    return opened


def check_about(query: str) -> None:
    """Raise BadQuery when a watch's query cannot be used."""
    parse(query, "statements")
