"""The gate to the network: which addresses Pantau may call, when others choose them.

URLs of webhooks and of articles come from people and pages. A name is resolved once; when any of its addresses is not
public the call is refused, and the connection goes to an address that was checked, never to the name again. So neither
a name that points inside nor one that changes its mind (DNS rebinding) reaches what is not on the public internet.
Decisions are made on the resolved address alone: 127.1, 0x7f.1 and 2130706433 are all 127.0.0.1 then. Python's
`is_global` calls some special ranges public (the IANA registries of RFC 6890 and RFC 9637 list them), so they are
named.
"""

import asyncio
import ipaddress
import os
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpcore

from pipeline.errors import PantauError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_DENIED = tuple(
    map(
        ipaddress.ip_network,
        (
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
            "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16",
            "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
            "::/128", "::1/128", "::/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64",
            "100:0:0:1::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fc00::/7",
            "fe80::/10", "fec0::/10", "ff00::/8",
        ),
    )
)  # fmt: skip
"""64:ff9b::/96, 2002::/16 and 2001::/23 (with Teredo) carry IPv4 addresses to gateways; they are refused whole."""


class Forbidden(PantauError):
    """An address that may not be called; the sentence names it and the setting that would permit it."""


def public(address: str) -> bool:
    """Whether an address, written in any form, is one of the public internet."""
    try:
        found: Address = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    same = (network for network in _DENIED if network.version == found.version)
    return found.is_global and not any(found in network for network in same)


def permitted(environment: Mapping[str, str] = os.environ) -> frozenset[str]:
    """The hosts of PANTAU_PRIVATE_HOSTS, which may have any address."""
    return frozenset(filter(None, environment.get("PANTAU_PRIVATE_HOSTS", "").casefold().replace(",", " ").split()))


def system(host: str, port: int) -> list[str]:
    """The addresses that the operating system knows."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


Resolve = Callable[[str, int], Iterable[str]]
"""The addresses of a host. Raises OSError when there is none."""


def addresses(host: str, port: int, hosts: frozenset[str] | None = None, resolve: Resolve = system) -> list[str]:
    """The addresses of a host, all of which may be called.

    hosts  names that may have any address, those of PANTAU_PRIVATE_HOSTS when left out

    Raises Forbidden when one of them is not public, OSError when the host has none.
    """
    found = list(resolve(host, port))
    if host.casefold() in (permitted() if hosts is None else hosts):
        return found
    inside = [address for address in found if not public(address)]
    if inside:
        raise Forbidden(
            f"{host} has the address {inside[0]}, which is not on the public internet: if that is meant, add {host} to "
            "PANTAU_PRIVATE_HOSTS"
        )
    return found


def _checked(host: str, port: int, hosts: frozenset[str] | None, resolve: Resolve) -> list[str]:
    """What `addresses` says, in the errors of httpcore; at least one address."""
    try:
        found = addresses(host, port, hosts, resolve)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise httpcore.ConnectError(f"{host} has no address ({why})") from error
    if not found:
        raise httpcore.ConnectError(f"{host} has no address")
    return found


class Gate(httpcore.NetworkBackend):
    """Connects httpcore to addresses that were checked. A connection lives `seconds` at most, whatever it does."""

    def __init__(self, seconds: float, hosts: frozenset[str] | None = None, resolve: Resolve = system) -> None:
        self._seconds, self._hosts, self._resolve = seconds, hosts, resolve
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """See httpcore. Raises Forbidden for a host that may not be called."""
        end = time.monotonic() + self._seconds
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in _checked(host, port, self._hosts, self._resolve):
            try:
                stream = self._plain.connect_tcp(address, port, _left(end), None, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Bounded(stream, end)
        raise failure

    def sleep(self, seconds: float) -> None:
        """See httpcore."""
        time.sleep(seconds)


class AsyncGate(httpcore.AsyncNetworkBackend):
    """The same for many connections at once on an event loop. `threads` resolve names; how long a connection lives is
    left to its user. `timeout` is for the name and all its addresses together.
    """

    def __init__(
        self, threads: ThreadPoolExecutor, hosts: frozenset[str] | None = None, resolve: Resolve = system
    ) -> None:
        self._threads, self._hosts, self._resolve = threads, hosts, resolve
        self._plain = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """See httpcore. Raises Forbidden for a host that may not be called."""
        try:
            async with asyncio.timeout(timeout):
                return await self._connect(host, port, timeout, socket_options)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(f"{host} takes no connection in {timeout:g} s") from error

    async def _connect(
        self, host: str, port: int, timeout: float | None, socket_options: Iterable[Any] | None
    ) -> httpcore.AsyncNetworkStream:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, _checked, host, port, self._hosts, self._resolve)
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        share = timeout / len(found) if timeout else None  # one that swallows everything leaves time for the next
        for address in found:
            try:
                return await self._plain.connect_tcp(address, port, share, None, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def sleep(self, seconds: float) -> None:
        """See httpcore."""
        await asyncio.sleep(seconds)


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("it takes too long")
    return left


class _Bounded(httpcore.NetworkStream):
    """A stream that ends at an instant: a server that sends a byte a second is cut off as well."""

    def __init__(self, stream: httpcore.NetworkStream, end: float) -> None:
        self._stream, self._end = stream, end

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._end))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._end))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, _left(self._end))
        return _Bounded(secured, self._end)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def pool(seconds: float, hosts: frozenset[str] | None = None, resolve: Resolve = system) -> httpcore.ConnectionPool:
    """A client that calls only what may be called. It follows no redirect, reads no proxy from the environment and
    keeps no connection.
    """
    return httpcore.ConnectionPool(max_keepalive_connections=0, network_backend=Gate(seconds, hosts, resolve))
