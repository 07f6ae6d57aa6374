"""The address of an Elasticsearch in a URL, its client, and what its errors mean for people.

    elasticsearch+https://user:password@one:9200,two:9200/pantau?ca=/etc/pantau/ca.crt&patience=60
    elasticsearch+https://one:9200/pantau?api_key=...

The path is what the names of all indices begin with ("pantau" when there is none).
"""

import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from elastic_transport import TlsError
from elasticsearch import (
    ApiError,
    ConnectionTimeout,
    Elasticsearch,
    TransportError,
    UnsupportedProductError,
)

from pipeline.errors import Misuse, Unavailable
from pipeline.settings import secret

TIMEOUT = 30.0
"""Seconds to wait for an answer."""
PATIENCE = 60.0
"""Seconds to try again while nothing succeeds; a node needs about half of it to start."""
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 5.0
"""Seconds. A pause is a random part of what doubles from the first to the longest ("full jitter")."""
OPTIONS = ("api_key", "ca", "patience")

_PREFIX = re.compile(r"[a-z0-9][a-z0-9_.-]{0,99}")
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Address:
    """Where Elasticsearch is, what the names of indices begin with, and how long to wait for it in seconds."""

    hosts: tuple[str, ...]
    prefix: str
    login: tuple[str, str] | None = field(repr=False)
    api_key: str | None = field(repr=False)
    ca: str | None
    patience: float

    def __str__(self) -> str:
        """The hosts, without what is secret."""
        return ", ".join(self.hosts)


def read(url: str | Path) -> Address:
    """The address in a URL. Raises Misuse, without repeating a password."""
    parts = urlsplit(str(url))
    scheme = parts.scheme.rpartition("+")[2]
    login, _, hosts = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    options = dict(parse_qsl(parts.query))
    prefix = parts.path.strip("/") or "pantau"
    if not hosts:
        raise Misuse("PANTAU_INDEX names no server: write elasticsearch+https://host:9200/pantau")
    if unknown := [name for name in options if name not in OPTIONS]:
        raise Misuse(f"the URL of Elasticsearch has no option {unknown[0]!r}: there are {', '.join(OPTIONS)}")
    if not _PREFIX.fullmatch(prefix):
        raise Misuse(f"{prefix!r} cannot begin the name of an index: use small letters, digits, - and _")
    ca = options.get("ca")
    if ca and not Path(ca).is_file():
        raise Misuse(f"there is no file {ca}: write the path of the certificate authority after ca=")
    return Address(
        hosts=tuple(f"{scheme}://{_with_port(host)}" for host in hosts.split(",")),
        prefix=prefix,
        login=(unquote(user), unquote(password)) if login else None,
        api_key=options.get("api_key") or secret("PANTAU_ELASTICSEARCH_API_KEY"),
        ca=ca,
        patience=_seconds(options.get("patience")),
    )


def _with_port(host: str) -> str:
    return host if re.search(r":\d+$", host) else f"{host}:9200"


def _seconds(text: str | None) -> float:
    if text is None:
        return PATIENCE
    if not re.fullmatch(r"\d{1,5}(\.\d+)?", text):
        raise Misuse(f"patience is {text!r}: write seconds, for example 60")
    return float(text)


def connect(address: Address) -> Elasticsearch:
    """A client. It tries nothing again by itself: `Patience` does."""
    secrets: dict[str, Any] = {"basic_auth": address.login} if address.login else {}
    secrets |= {"api_key": address.api_key} if address.api_key else {}
    secrets |= {"ca_certs": address.ca} if address.ca else {}
    try:
        return Elasticsearch(
            list(address.hosts), request_timeout=TIMEOUT, max_retries=0, retry_on_timeout=False, **secrets
        )
    except (ValueError, OSError) as error:
        raise Misuse(f"the URL of Elasticsearch cannot be used ({error}): correct PANTAU_INDEX") from error


def passing(error: Exception) -> bool:
    """Whether the same request may succeed in a while."""
    if isinstance(error, TlsError | UnsupportedProductError):
        return False
    if isinstance(error, ApiError):
        return error.status_code in (408, 429) or error.status_code >= 500
    return isinstance(error, TransportError)


class Patience:
    """Tries again what may succeed in a while, with full jitter, until nothing has succeeded for some seconds."""

    def __init__(self, address: Address) -> None:
        self._address, self._failures, self._since = address, 0, 0.0

    def progress(self, complete: bool = True) -> None:
        """Something succeeded; `complete`: nothing was put off."""
        self._failures = 0 if complete else 1
        self._since = time.monotonic()

    def pause(self, error: Exception | str) -> None:
        """Wait before the next attempt. Raises Unavailable when the patience is over."""
        now = time.monotonic()
        self._since = self._since if self._failures else now
        if now - self._since >= self._address.patience:
            self._failures = 0
            raise (
                translation(error, self._address) if isinstance(error, Exception) else unavailable(self._address, error)
            )
        time.sleep(random.uniform(0, min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**self._failures)))
        self._failures += 1

    def ask(self, call: Callable[[], _Result]) -> _Result:
        """The answer to a request that may be sent several times. Raises Unavailable."""
        while True:
            try:
                answer = call()
            except (ApiError, TransportError) as error:
                if not passing(error):
                    raise translation(error, self._address) from error
                self.pause(error)
            else:
                self.progress()
                return answer


@contextmanager
def translated(address: Address) -> Iterator[None]:
    """Turn the client's errors into sentences."""
    try:
        yield
    except (ApiError, TransportError) as error:
        raise translation(error, address) from error


def translation(error: Exception, address: Address) -> Unavailable:
    """What an error of the client means for people."""
    if isinstance(error, UnsupportedProductError):
        return Unavailable(f"what answers at {address} is no Elasticsearch: correct PANTAU_INDEX")
    if isinstance(error, ApiError):
        return _answered(error, address)
    if isinstance(error, TlsError):
        return Unavailable(
            f"the certificate of {address} is not trusted: add ?ca=FILE with its authority to PANTAU_INDEX"
        )
    if isinstance(error, ConnectionTimeout):
        return Unavailable(
            f"Elasticsearch at {address} did not answer within {TIMEOUT:.0f} s: look at its load, then go on"
        )
    return Unavailable(f"no Elasticsearch answers at {address}: start it, or correct PANTAU_INDEX")


def _answered(error: ApiError, address: Address) -> Unavailable:
    if error.status_code == 401:
        return Unavailable(
            f"Elasticsearch at {address} refuses the password or API key: correct it in PANTAU_INDEX or "
            "PANTAU_ELASTICSEARCH_API_KEY_FILE"
        )
    if error.status_code == 403:
        return denied(address, reason(error))
    return unavailable(address, f"{error.status_code} {reason(error)}")


def denied(address: Address, why: str) -> Unavailable:
    """The error for a right that is missing."""
    return Unavailable(
        f"Elasticsearch at {address} does not allow this ({why}): give the user or API key the privileges on "
        f"{address.prefix}-* that deploy/elasticsearch/README.md lists"
    )


def unavailable(address: Address, why: str) -> Unavailable:
    """The error for a server that answers and cannot be used."""
    return Unavailable(f"Elasticsearch at {address} cannot be used now ({why}): look at its log and health, then go on")


def reason(error: ApiError) -> str:
    """The server's own words."""
    body = error.body
    found = body.get("error") if isinstance(body, dict) else None
    if isinstance(found, dict):
        causes = [found, *found.get("root_cause", [])]
        return str(next((cause["reason"] for cause in reversed(causes) if cause.get("reason")), error.message))[:300]
    return str(error.message)[:300]
