"""What the server is made of, given to it by whoever starts it."""

from pathlib import Path
from typing import NamedTuple

from pipeline.broker import Topics
from pipeline.frontier import Frontier
from pipeline.metrics import Meters
from pipeline.ports import CatalogEditor, Clock, Search
from pipeline.runners.intake import Intake


class Parts(NamedTuple):
    """The parts of an installation that answer requests. Nobody else uses these objects, and `broker` and `intake`
    only the thread of the desk.
    """

    home: Path
    broker: Topics
    intake: Intake
    search: Search
    catalog: CatalogEditor
    clock: Clock
    frontier: Frontier
    meters: Meters
