"""One installation of Pantau: its settings, and its parts, each opened when it is first asked for."""

import contextlib
import fcntl
import os
import shutil
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import cached_property, partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.adapters import open_port
from pipeline.adapters.channels import Channels
from pipeline.adapters.checked_watch import channel_fault
from pipeline.adapters.clock import SystemClock
from pipeline.adapters.heard import Ledger, LedgerSearch
from pipeline.adapters.memory import MemoryState
from pipeline.broker import Broker, Care, Served, Topics, Wanted
from pipeline.errors import Misuse, Unavailable
from pipeline.flow import Agent
from pipeline.frontier import Frontier
from pipeline.metrics import Meters
from pipeline.news.queries import parse
from pipeline.ports import CHANGING, READING, Catalog, CatalogEditor, Clock, Pages, Recogniser, Search, State
from pipeline.runners.embedded import EmbeddedRunner
from pipeline.runners.intake import Intake
from pipeline.runners.workers import Pool
from pipeline.settings import Settings

if TYPE_CHECKING:
    from pipeline.adapters.fetching import Fetcher
    from pipeline.runners.crawl.crawler import Crawler


def flow() -> tuple[Agent, ...]:
    """The whole flow. Loaded when it is first asked for: its libraries take longer than most commands."""
    loaded: tuple[Agent, ...] = import_module("agents").FLOW
    return loaded


def seeds() -> Path:
    """The folder of seeds: inside the package when it is installed, beside it in a checkout."""
    package = Path(__file__).parent.parent
    inside = package / "seeds"
    return inside if inside.is_dir() else package.parent / "seeds"


class Installation:
    """The parts of one home folder. The first command in a fresh folder creates it, with a catalog to edit."""

    def __init__(
        self, settings: Settings, catalog: Path | None = None, clock: Clock | None = None, durable: bool = False
    ) -> None:
        """`catalog` is the folder that a fresh catalog is copied from. `durable`: what is written to the topics
        outlives a loss of power from the end of each transaction on, which costs some milliseconds.
        """
        self.settings, self._durable = settings, durable
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
        opened: Topics = open_port("broker", self.settings.broker, home=self.settings.home, durable=self._durable)
        return opened

    @cached_property
    def index(self) -> Any:
        """The search index; it serves both the Index and the Search port."""
        self.prepare()
        return open_port("index", self.settings.index)

    @property
    def ledger(self) -> Ledger:
        """The utterances of the index, as people corrected them."""
        return Ledger(self.index, self.catalog)

    @property
    def search(self) -> Search:
        """The reading side of the index, which knows utterances by all their ids."""
        return LedgerSearch(self.index, lambda: self.ledger)

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
    def reading_catalog(self) -> Catalog:
        """The catalog for what only looks: it makes no home folder, and where there is none takes that of the seeds."""
        folder = self.settings.home / "catalog"
        own = self.settings.catalog != f"file://{folder.absolute()}" or folder.exists()
        return _catalog(self.settings if own else replace(self.settings, catalog=f"file://{self._origin.absolute()}"))

    @property
    def state(self) -> State:
        """An empty memory, which nobody else sees: what is measured starts with it."""
        return MemoryState()

    @cached_property
    def recogniser(self) -> Recogniser:
        """The models that find names; a process loads the one of a language with its first article in it."""
        opened: Recogniser = open_port("recogniser", self.settings.recogniser)
        return opened

    @cached_property
    def intake(self) -> Intake:
        """The way in."""
        return Intake(self.broker, self.pages, self.clock)

    def ports(self, names: Collection[str] = READING | CHANGING) -> dict[str, Any]:
        """What steps may ask for, but what they remember: the ports of these names, and no other is opened."""
        opened: dict[str, Callable[[], Any]] = {
            "clock": lambda: self.clock,
            "pages": lambda: self.pages,
            "catalog": lambda: self.catalog,
            "recogniser": lambda: self.recogniser,
            "index": lambda: self.index,
            "notify": lambda: Channels(self.settings.home),
        }
        return {name: port() for name, port in opened.items() if name in names}

    @contextmanager
    def runner(self, workers: int) -> Iterator[EmbeddedRunner]:
        """A runner of the whole flow, with this many worker processes. Only one may run on a home folder.

        Raises Misuse where the topics are on servers: there each agent has workers of its own.
        """
        broker = self.broker
        if not isinstance(broker, Broker):
            where = self.settings.broker
            raise Misuse(f"the topics are at {where}, where `pantau work` runs the flow: start it instead")
        ports = self.ports()
        self.catalog.snapshot()
        with self.alone(self.settings.home / "runner.lock"), self.pool(workers) as pool:
            yield EmbeddedRunner(flow(), broker, ports, self.meters, pool, self.index.flush, self.remember)

    @cached_property
    def frontier(self) -> Frontier:
        """What the crawler remembers."""
        self.prepare()
        opened: Frontier = open_port("frontier", f"sqlite:{self.settings.home / 'frontier.db'}")
        return opened

    @property
    def fetcher(self) -> "Fetcher":
        """A new fetcher; use it in `async with`."""
        from pipeline.adapters.fetching import Fetcher, Policy  # noqa: PLC0415 - most commands do without its libraries

        return Fetcher(Policy.of(self.settings))

    @asynccontextmanager
    async def crawler(self) -> AsyncIterator["Crawler"]:
        """A crawler of the catalog's sources. Raises Busy when another one crawls for this home folder."""
        from pipeline.runners.crawl.crawler import Crawler  # noqa: PLC0415 - as above
        from pipeline.runners.crawl.herald import Herald, Telling  # noqa: PLC0415
        from pipeline.runners.crawl.parts import Parts  # noqa: PLC0415
        from pipeline.runners.crawl.reading import ConfinedReader  # noqa: PLC0415
        from pipeline.runners.crawl.sampling import Sampler  # noqa: PLC0415

        self.prepare()
        self.catalog.snapshot()
        for channel in self.settings.source_channels:
            if fault := channel_fault(channel):
                raise Misuse(f"PANTAU_SOURCE_CHANNELS: {fault}")
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.alone(self.settings.home / "crawl.lock"))
            reader = stack.enter_context(contextlib.closing(ConfinedReader()))
            async with self.fetcher as web:
                parts = Parts(
                    self.frontier, web, reader, SystemClock(), self.meters, self.settings.fetch_ports,
                    told_at=f"{public}/hubs" if (public := self.settings.public_url) else None,
                )  # fmt: skip
                herald = Herald(self.broker, Telling(self.settings.source_channels, self.settings.source_report))
                sampler = Sampler(self.broker, self.intake, lambda: self.search)
                yield Crawler(parts, self.catalog, self.intake, herald=herald, sampler=sampler)

    def twin(self) -> "Installation":
        """The same installation for another thread: its files are opened anew, its metrics are the same."""
        made = Installation(self.settings, self._origin, self.clock)
        made.meters = self.meters
        return made

    @property
    def remember(self) -> timedelta:
        """How long agents remember what may be forgotten."""
        return timedelta(days=self.settings.remember_days)

    @contextmanager
    def pool(self, workers: int) -> Iterator[Pool | None]:
        """So many processes for steps that only read; None for 0."""
        pool = Pool(workers, partial(reading_parts, self.settings)) if workers else None
        try:
            yield pool
        finally:
            if pool:
                pool.close()

    @contextmanager
    def alone(self, path: Path) -> Iterator[None]:
        """Hold the lock of a runner. It goes with the process, however that ends. Raises Busy when another has it."""
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

    @property
    def program(self) -> str:
        """The command that runs the flow here."""
        return "pantau work" if isinstance(self.broker, Served) else "pantau run"

    @property
    def served(self) -> Served:
        """The topics, where they are on servers. Raises Misuse where they are in a file."""
        broker = self.broker
        if not isinstance(broker, Served):
            raise Misuse(
                f"the topics are in {self.settings.broker}, where `pantau run` runs the flow: "
                "for Kafka set PANTAU_BROKER to kafka://host:port"
            )
        return broker

    def topics(self) -> list[Wanted]:
        """The topics on servers as they have to be."""
        return self.served.wanted(flow())

    def admin(self) -> Care:
        """A connection for their care."""
        return self.served.admin()

    def check_topics(self) -> None:
        """Raise Misuse, naming the cure, unless all topics are as they have to be."""
        with contextlib.closing(self.admin()) as admin:
            admin.check(self.topics())

    def article_id(self, text: str) -> str:
        """The id of an article that is named by its id or its URL."""
        return self.intake.article_id(text) if "://" in text else text

    def workers(self, asked: int | None) -> int:
        """How many worker processes to use: as asked, as set, else one a core up to eight."""
        if asked is not None:
            return asked
        return self.settings.workers if self.settings.workers is not None else min(8, os.cpu_count() or 1)


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
