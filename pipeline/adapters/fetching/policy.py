"""What a fetcher may do, and how long and how much."""

import ssl
from dataclasses import dataclass
from datetime import timedelta

from pipeline import __version__
from pipeline.news.crawling.robots import BYTES_MAX, TOKEN
from pipeline.settings import Settings


@dataclass(frozen=True)
class Limits:
    """How much of a body is read, in bytes.

    packed  as it travels; `plain` unpacked
    cut     whether more than that is cut off rather than refused
    """

    packed: int = 10 * 10**6
    plain: int = 20 * 10**6
    cut: bool = False


PAGE = Limits()
ROBOTS = Limits(BYTES_MAX, BYTES_MAX, cut=True)


@dataclass(frozen=True)
class Policy:
    """What a fetcher may do.

    contact     a URL for site owners, in the User-Agent
    ports       ports besides 80 and 443
    delay       between two requests to one host
    connect     seconds for the name and the connection, and as many again for TLS
    first_byte  seconds until the headers are there, connection included
    whole       seconds until the body is there, all included; time in line for the host does not count
    at_once     requests at the same time, each to another host
    trust       whose certificates are believed; None is everybody whom certifi lists
    """

    contact: str | None = None
    ports: frozenset[int] = frozenset()
    delay: timedelta = timedelta(seconds=2)
    connect: float = 10.0
    first_byte: float = 20.0
    whole: float = 60.0
    at_once: int = 64
    trust: ssl.SSLContext | None = None

    @classmethod
    def of(cls, settings: Settings) -> "Policy":
        """The policy of the settings."""
        return cls(settings.contact, settings.fetch_ports, timedelta(seconds=settings.fetch_delay))

    @property
    def agent(self) -> str:
        """The User-Agent: product, version, and where to complain."""
        return f"{TOKEN}/{__version__} (+{self.contact})" if self.contact else f"{TOKEN}/{__version__}"
