"""Listens, in a thread of its own, until it is told to end."""

import contextlib
import logging
import resource
import socket
import threading
from collections.abc import Iterator
from ipaddress import ip_address
from typing import NamedTuple

import uvicorn

from pipeline.errors import Misuse, Unavailable
from pipeline.serving.app import app
from pipeline.serving.desk import Desk
from pipeline.serving.parts import Parts
from pipeline.serving.protocol import CONNECTIONS, HEAD_BYTES, Connection

LOG = logging.getLogger("pantau.serving")
END_SECONDS = 8
"""What requests at work have to end when the server does."""
_FILES = 3 * CONNECTIONS


class Address(NamedTuple):
    """Where to listen. Port 0 is any that is free."""

    host: str
    port: int


def loopback(host: str) -> bool:
    """Whether only programs on this machine reach a host. Raises Misuse for a name that cannot be found."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Misuse(
            f"there is no address {host!r} here ({error}): write 127.0.0.1, or 0.0.0.0 for every one"
        ) from error
    return all(ip_address(str(address[4][0]).partition("%")[0]).is_loopback for address in found)


class Running(NamedTuple):
    """A server at work."""

    url: str
    thread: threading.Thread

    @property
    def alive(self) -> bool:
        """Whether it still answers; it ends by itself only when something nobody expected happens."""
        return self.thread.is_alive()


@contextlib.contextmanager
def serving(parts: Parts, address: Address) -> Iterator[Running]:
    """A server over these parts, until the end of the block. Raises Unavailable when the port is not free."""
    listening = _bound(address)
    _allow_files()
    desk = Desk(parts.broker, parts.intake)
    server = uvicorn.Server(_config(parts, desk))
    thread = threading.Thread(target=server.run, args=([listening],), name="serving", daemon=True)
    host, port = listening.getsockname()[:2]
    try:
        thread.start()
        yield Running(f"http://{f'[{host}]' if ':' in host else host}:{port}", thread)
    finally:
        server.should_exit = True
        thread.join()
        desk.close()


def _config(parts: Parts, desk: Desk) -> uvicorn.Config:
    return uvicorn.Config(
        app(parts, desk),
        loop="asyncio",
        http=Connection,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        h11_max_incomplete_event_size=HEAD_BYTES,
        timeout_graceful_shutdown=END_SECONDS,
    )


def _bound(address: Address) -> socket.socket:
    try:
        family = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server(address, family=family, backlog=2048)
    except OSError as error:
        raise Unavailable(
            f"cannot listen on {address.host} port {address.port} ({error.strerror}): "
            "set PANTAU_SERVE_PORT or --port to another one"
        ) from error


def _allow_files() -> None:
    """Let this process have as many connections as it takes, and files beside them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < _FILES:
        with contextlib.suppress(ValueError, OSError):  # fewer connections are then at work at once
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(_FILES, hard), hard))
